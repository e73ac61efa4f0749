"""Comparisons in words: one sentence for what is so, then what can be done about it."""

from inspector_app.domain.explaining.histories import explain_histories
from inspector_app.domain.explaining.remedies import patch_name, patch_snippet
from inspector_app.domain.explaining.replays import explain

__all__ = ["explain", "explain_histories", "patch_name", "patch_snippet"]

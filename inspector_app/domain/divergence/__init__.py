"""Where two sequences of commands part, and how much that matters.

`replays` compares a replay with its history; `histories` compares two histories, with no code.
"""

from inspector_app.domain.divergence.histories import (
    Fork,
    HistoriesCompared,
    compare_histories,
)
from inspector_app.domain.divergence.replays import compare
from inspector_app.domain.divergence.runs import RecordedRun, Reset
from inspector_app.domain.divergence.verdicts import (
    Change,
    Comparison,
    Difference,
    Legal,
    Verdict,
    Weight,
    first_divergence,
)

__all__ = [
    "Change",
    "Comparison",
    "Difference",
    "Fork",
    "HistoriesCompared",
    "Legal",
    "RecordedRun",
    "Reset",
    "Verdict",
    "Weight",
    "compare",
    "compare_histories",
    "first_divergence",
]

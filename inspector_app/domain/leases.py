"""Who may work on something now: a lease in its row, whose epoch fences an earlier holder off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inspector_app.domain.errors import InspectorError


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by `holder` (a process) until `until`; each claim makes a greater `epoch`.

    A holder that was stopped for a while may still believe in an older lease: whatever it
    writes names its epoch, and the row no longer has that one.
    """

    holder: str
    epoch: int
    until: datetime

    def is_over(self, now: datetime) -> bool:
        """Tell whether somebody else may claim it."""
        return self.until <= now


class LeaseLost(InspectorError):
    """Somebody else has claimed the work meanwhile; nothing more may be written under it."""

    title = "Another process has taken this over"

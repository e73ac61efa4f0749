"""What is kept encrypted, as it lies in the database: who turns keys goes through all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """One sealed value, and the primary key of its row."""

    row: tuple[object, ...]
    sealed: bytes = field(repr=False)


class Secrets(Protocol):
    """Every column that is declared as sealed; `place` is its table and name."""

    def places(self) -> Sequence[str]: ...
    async def after(
        self, place: str, row: tuple[object, ...] | None, *, limit: int
    ) -> Sequence[Kept]:
        """Read values of a place by primary key, those after `row`."""
        ...

    async def replace(self, place: str, kept: Kept, sealed: bytes) -> bool:
        """Put `sealed` where `kept` still stands; False when somebody changed it since."""
        ...

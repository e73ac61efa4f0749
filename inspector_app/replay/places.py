"""Which event of the history a command stands for, when today's code asks in another order."""

from __future__ import annotations

from collections.abc import Sequence

from .commands import Command


class Places:
    """Gives each original command to at most one of the replayed ones."""

    def __init__(self, originals: Sequence[Command]) -> None:
        self._taken: set[int] = set()
        self._by_task: dict[int, list[Command]] = {}
        self._by_name: dict[tuple[str, str], list[Command]] = {}
        for each in originals:
            self._by_task.setdefault(each.task, []).append(each)
            self._by_name.setdefault((each.kind, each.name), []).append(each)

    def in_task(self, task: int) -> list[Command]:
        return self._by_task.get(task, [])

    def alike(self, command: Command) -> list[Command]:
        """Return what the history holds of a command's kind and name, in its order."""
        return self._by_name.get((command.kind, command.name), [])

    def take(self, command: Command) -> int | None:
        """Return the event a command stands for; None where the history has none left for it.

        Of those not taken yet: one that is equal and of its task, one of its task, an equal one
        of a later task, any of a later one.
        """
        left = [
            each
            for each in self.alike(command)
            if each.event_id not in self._taken
            and each.task >= command.task
            and (command.kind == "child" or each.id == command.id)
        ]
        if not left:
            return None
        identity = command.identity()

        def worse(each: Command) -> tuple[bool, bool]:
            return each.task != command.task, each.identity() != identity

        found = min(left, key=worse).event_id
        if found is not None:
            self._taken.add(found)
        return found

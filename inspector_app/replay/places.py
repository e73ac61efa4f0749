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

    def take(self, command: Command, *, equal: bool) -> Command | None:
        """Return the original that a command stands for; None if it is new.

        An equal one, of its task at best; or else, unless only an `equal` one will do, one that
        comes next in its task and has other attributes. It may be that one, changed, or a new
        one before it: nobody knows.
        """
        left = [
            each
            for each in self.alike(command)
            if each.event_id not in self._taken
            and each.task >= command.task
            and (command.kind == "child" or each.id == command.id)
        ]
        identity = command.identity()
        same = [each for each in left if each.identity() == identity]
        found = next((each for each in same if each.task == command.task), None)
        if found is None and not equal:
            found = next((each for each in left if self._comes_next(each, command.task)), None)
        if found is None:
            found = next(iter(same), None)
        if found is not None and found.event_id is not None:
            self._taken.add(found.event_id)
        return found

    def _comes_next(self, original: Command, task: int) -> bool:
        if original.kind == "local_activity":  # noted where it ends, so its place says nothing
            return original.task == task
        expected = (
            each
            for each in self.in_task(task)
            if each.event_id not in self._taken and each.kind not in {"local_activity", "patch"}
        )
        return original is next(expected, None)

"""Patches: the way that Temporal provides for changing code under running workflows."""

from __future__ import annotations

from collections.abc import Sequence

from inspector_app.domain.commands import Command, Record
from inspector_app.domain.divergence.verdicts import Legal


def without_patches(record: Record) -> tuple[list[Command], list[Command], Legal]:
    """Take out the patches that both sides agree on, in the SDK's own terms."""
    made = {each.name: each for each in record.original if each.kind == "patch"}
    asked = {each.name: each for each in record.replayed if each.kind == "patch"}
    deprecated: list[str] = []
    settled: set[str] = set()
    for name, marker in made.items():
        was = bool(marker.attributes.get("deprecated"))
        if name not in asked and was:
            deprecated.append(name)
            settled.add(name)
        elif name in asked:
            settled.add(name)
            if bool(asked[name].attributes.get("deprecated")) and not was:
                deprecated.append(name)
    for name, command in asked.items():
        if name not in made and bool(command.attributes.get("deprecated")):
            deprecated.append(name)
            settled.add(name)
    refused = tuple(each for each in record.refused_patches if each.id not in made)

    def rest(commands: Sequence[Command]) -> list[Command]:
        return [each for each in commands if each.kind != "patch" or each.name not in settled]

    return rest(record.original), rest(record.replayed), Legal(refused, tuple(deprecated))

"""`inspector secrets …`: the keys that what is secret at rest is kept under."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.services.secrets import Place
from inspector_app.settings import load_settings

commands = typer.Typer(help="What is kept encrypted, and its keys.", no_args_is_help=True)


@commands.command()
def rotate(*, as_json: AsJson = False) -> None:
    """Put everything under the newest key; begin again if it was interrupted.

    Exit 1 when something is under none of the keys that are set.
    """

    async def work() -> list[Place]:
        from inspector_app.adapters.db.key_check import keep_newest_key

        async with opened() as services:
            places = await services.secrets.rotate(whoever_runs_this())
        if not any(place.lost for place in places):
            settings = load_settings()
            await keep_newest_key(settings.database_url, settings.secret_keys)
        return places

    places = asyncio.run(work())
    moved, lost = sum(each.older for each in places), sum(each.lost for each in places)
    words = (
        f"{moved} re-encrypted; the older keys are needed no more." if not lost else _lost(lost)
    )
    content = {"well": not lost, "re_encrypted": moved, "places": _shown(places)}
    answer(content, words, as_json=as_json)
    if lost:
        raise typer.Exit(NOT_SO)


@commands.command()
def verify(*, as_json: AsJson = False) -> None:
    """Open everything; exit 1 when something is not under the newest key, or under none."""

    async def work() -> list[Place]:
        async with opened(migrate=False) as services:
            return await services.secrets.look(whoever_runs_this())

    places = asyncio.run(work())
    older, lost = sum(each.older for each in places), sum(each.lost for each in places)
    words = f"{sum(each.newest for each in places)} under the newest key"
    words += f", {older} under older ones: run inspector secrets rotate." if older else "."
    words += f"\n{_lost(lost)}" if lost else ""
    content = {"well": not older and not lost, "places": _shown(places)}
    answer(content, words, as_json=as_json)
    if older or lost:
        raise typer.Exit(NOT_SO)


def _lost(number: int) -> str:
    return f"{number} can be opened with none of the keys: give the one they were kept under back."


def _shown(places: list[Place]) -> list[dict[str, object]]:
    return [asdict(place) for place in places]

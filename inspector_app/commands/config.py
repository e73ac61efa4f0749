"""`inspector config …`."""

from __future__ import annotations

import asyncio
import os
from dataclasses import fields
from typing import Annotated

import typer

from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.domain.errors import NotReached
from inspector_app.services.ports import Call
from inspector_app.settings import Settings, SettingsError, load_settings, unknown_names

commands = typer.Typer(help="The operator's configuration.", no_args_is_help=True)


@commands.command()
def check(*, as_json: AsJson = False) -> None:
    """Say what is set, or everything that is wrong with it (exit 1)."""
    problems = [f"{name}: there is no such setting." for name in unknown_names(os.environ)]
    shown: dict[str, str] = {}
    try:
        shown = _shown(load_settings())
    except SettingsError as error:
        problems = error.problems + problems
    words = "\n".join(problems or [f"{name} = {value}" for name, value in shown.items()])
    answer(
        {"valid": not problems, "problems": problems, "settings": shown}, words, as_json=as_json
    )
    if problems:
        raise typer.Exit(NOT_SO)


@commands.command()
def reach(
    url: Annotated[str, typer.Argument(help="As it would be set in the app.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Call a URL as Inspector calls what is set in the app; exit 1 and why if it does not."""
    from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound

    async def call() -> int:
        outbound = HttpxOutbound(GuardedTransport(load_settings().outbound_allow))
        try:
            return (await outbound.send(Call(method="GET", url=url))).status
        finally:
            await outbound.close()

    try:
        status = asyncio.run(call())
    except NotReached as error:
        content = {"reached": False, "permanent": error.permanent, "why": error.detail}
        answer(content, f"{error.detail} {error.hint}".strip(), as_json=as_json)
        raise typer.Exit(NOT_SO) from error
    answer({"reached": True, "status": status}, f"It answers {status}.", as_json=as_json)


def _shown(settings: Settings) -> dict[str, str]:
    shown: dict[str, str] = {}
    for field in fields(settings):
        value: object = getattr(settings, field.name)
        if not field.repr:  # a secret, or an address that may carry one
            value = "set" if value else "not set"
        elif field.name == "providers":
            value = ", ".join(f"{each.key} ({each.settings.kind})" for each in settings.providers)
        elif isinstance(value, tuple):
            value = ", ".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - networks
        shown[field.name] = str(value)
    return shown

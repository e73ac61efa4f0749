"""`inspector user …`: accounts, as the operator makes them."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Annotated

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.terminal import AsJson, answer
from inspector_app.domain.permissions import Role
from inspector_app.services.accounts import Accounts

commands = typer.Typer(help="Accounts.", no_args_is_help=True)

Username = Annotated[str, typer.Option("--username")]


def _told_once(accounts: Accounts, one_time: str) -> str:
    hours = accounts.one_time_lasts // timedelta(hours=1)
    return f"One-time password, shown only now and good for {hours} h: {one_time}"


@commands.command()
def create(
    *,
    username: Username,
    tenant: Annotated[str, typer.Option()],
    role: Annotated[Role, typer.Option()],
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password; it need not be changed."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an account; without --password-stdin a one-time password is printed once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work() -> None:
        async with opened() as services:
            person, one_time = await services.accounts.create_person(
                whoever_runs_this(), username, tenant_slug=tenant, role=role, password=password
            )
        words = f"{person.username} is {role} of {tenant}."
        if one_time:
            words += f" {_told_once(services.accounts, one_time)}"
        answer(
            {
                "id": str(person.id),
                "username": person.username,
                "tenant": tenant,
                "role": role.value,
                "one_time_password": one_time,
            },
            words,
            as_json=as_json,
        )

    asyncio.run(work())


@commands.command()
def reset(*, username: Username, as_json: AsJson = False) -> None:
    """Give a new one-time password; every session of theirs ends."""

    async def work() -> None:
        async with opened() as services:
            one_time = await services.accounts.reset(whoever_runs_this(), username)
        answer(
            {"username": username, "one_time_password": one_time},
            f"{username}'s sessions and personal tokens have ended. "
            + _told_once(services.accounts, one_time),
            as_json=as_json,
        )

    asyncio.run(work())


@commands.command()
def disable(*, username: Username, as_json: AsJson = False) -> None:
    """Keep somebody out, from their next event on."""

    async def work() -> None:
        async with opened() as services:
            ended = await services.accounts.disable(whoever_runs_this(), username)
        answer(
            {"username": username, "disabled": True, "sessions_ended": ended},
            f"{username} is out; sessions ended: {ended}.",
            as_json=as_json,
        )

    asyncio.run(work())

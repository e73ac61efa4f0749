"""`inspector token …`: service tokens, and the keys that sign JWTs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.terminal import AsJson, answer, tell
from inspector_app.domain.permissions import Role
from inspector_app.domain.tokens import USUAL_DAYS, TokenOrder

commands = typer.Typer(help="Tokens that programs act with.", no_args_is_help=True)


@commands.command()
def create(
    *,
    tenant: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option(help="What the audit log calls it.")],
    role: Annotated[Role, typer.Option(help="The most it may do.")],
    expires_days: Annotated[int, typer.Option(help="At most 366.")] = USUAL_DAYS,
    as_json: AsJson = False,
) -> None:
    """Make a service token of a tenant; stdout holds it, this once."""

    async def work() -> None:
        async with opened() as services:
            made, text = await services.tokens.create_for(
                whoever_runs_this(), tenant, TokenOrder(name, role, expires_days)
            )
        content = {
            "id": str(made.id),
            "kind": made.kind.value,
            "tenant": tenant,
            "name": made.name,
            "role": made.role.value,
            "scopes": sorted(made.scopes),
            "expires_at": made.expires_at.isoformat(timespec="milliseconds"),
            "token": text,
        }
        if not as_json:
            tell(f"{name} is {role} of {tenant} until {made.expires_at:%F}. Shown only now:")
        answer(content, text, as_json=as_json)

    asyncio.run(work())


@commands.command("rotate-key")
def rotate_key(*, as_json: AsJson = False) -> None:
    """Sign JWTs with a new key; twice at once ends every JWT there is."""

    async def work() -> None:
        async with opened() as services:
            key = await services.jwts.rotate(whoever_runs_this())
        answer(
            {"key": key},
            f"JWTs are signed with {key} now; what the key before signed ends by itself.",
            as_json=as_json,
        )

    asyncio.run(work())

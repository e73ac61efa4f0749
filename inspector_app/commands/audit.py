"""`inspector audit …`: checks and exports the chains."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.domain.audit import Verdict, hashed_text
from inspector_app.domain.errors import NotFound
from inspector_app.domain.ids import TenantId
from inspector_app.domain.tenancy import Tenant
from inspector_app.services.registry import Services

commands = typer.Typer(help="The audit log.", no_args_is_help=True)


@commands.command()
def verify(*, as_json: AsJson = False) -> None:
    """Recompute every chain; exit 1 and the place of the first break if one does not fit."""

    async def work() -> bool:
        async with opened() as services:
            actor = whoever_runs_this()
            found = await services.audit.verify_all(actor)
            tenants = await services.tenancy.tenants(actor)
        items = [_item(_name(chain, tenants), verdict) for chain, verdict in found.items()]
        whole = all(verdict.first_break is None for verdict in found.values())
        words = "\n".join(
            _words(_name(chain, tenants), verdict) for chain, verdict in found.items()
        )
        answer({"whole": whole, "chains": items}, words or "No entry yet.", as_json=as_json)
        return whole

    if not asyncio.run(work()):
        raise typer.Exit(NOT_SO)


@commands.command()
def export(
    *,
    tenant: Annotated[str, typer.Option(help="Its slug; empty: the installation's chain.")] = "",
) -> None:
    """Print a whole chain as JSON lines, oldest first; the export itself is recorded.

    Its last member is `hash`: the SHA-256 of the line as it stands without this member.
    """

    async def work() -> None:
        async with opened() as services:
            chain = await _chain(services, tenant)
            async for entry in services.audit.export(whoever_runs_this(), chain):
                hashed = hashed_text(entry.chain, entry.seq, entry.record, entry.previous)
                sys.stdout.write(f'{hashed[:-1]},"hash":"{entry.hash}"}}\n')

    try:
        asyncio.run(work())
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _chain(services: Services, slug: str) -> TenantId | None:
    if not slug:
        return None
    tenants = await services.tenancy.tenants(whoever_runs_this())
    found = next((each.id for each in tenants if each.slug == slug), None)
    if found is None:
        raise NotFound(f"There is no tenant {slug!r}.", hint="inspector tenant list")
    return found


def _name(chain: TenantId | None, tenants: list[Tenant]) -> str:
    if chain is None:
        return "installation"
    return next((each.slug for each in tenants if each.id == chain), str(chain))


def _item(name: str, verdict: Verdict) -> dict[str, object]:
    broken = verdict.first_break
    return {
        "chain": name,
        "entries": verdict.entries,
        "head": verdict.head,
        "first_break": {"seq": broken.seq, "reason": broken.reason} if broken else None,
    }


def _words(name: str, verdict: Verdict) -> str:
    broken = verdict.first_break
    if broken is None:
        return f"{name}: whole, {verdict.entries} entries, head {verdict.head}"
    return f"{name}: BROKEN at entry {broken.seq}: {broken.reason}"

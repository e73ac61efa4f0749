"""`inspector audit …`: checks and exports the chains."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated

import typer

from inspector_app.commands.house import opened, whoever_runs_this
from inspector_app.commands.offline import verify_export
from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.domain.audit import name_of
from inspector_app.domain.chains import Verdict
from inspector_app.domain.errors import Invalid, NotFound
from inspector_app.domain.exports import json_line
from inspector_app.domain.ids import TenantId
from inspector_app.domain.tenancy import Tenant
from inspector_app.services.registry import Services

commands = typer.Typer(help="The audit log.", no_args_is_help=True)
_Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoints",
        help="A file of checkpoints and cuts that was kept elsewhere; may be given repeatedly.",
    ),
]


@commands.command()
def verify(
    *,
    checkpoints: _Files = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", help="Check this export (JSON lines) instead, without a database."
        ),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", help="With --export: what signed the checkpoints (PEM)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every chain and compare it with its checkpoints; exit 1 if one does not fit."""
    told = [line for path in checkpoints or () for line in _read(path).splitlines()]
    if export is not None:
        pem = _read(public_key) if public_key else ""
        found = verify_export(export, told, pem)
        _say({name_of(chain): each for chain, each in found.items()}, as_json=as_json)
        return
    if public_key is not None:
        raise Invalid(
            "--public-key goes with --export: over a database its own keys are believed.",
            hint="inspector audit verify --export FILE --checkpoints FILE --public-key FILE",
        )

    async def work() -> dict[str, Verdict]:
        async with opened() as services:
            actor = whoever_runs_this()
            found = await services.audit.verify_all(actor, told)
            tenants = await services.tenancy.tenants(actor)
        return {_name(chain, tenants): verdict for chain, verdict in found.items()}

    _say(asyncio.run(work()), as_json=as_json)


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
            async for entry in await services.audit.export_chain(whoever_runs_this(), chain):
                sys.stdout.write(f"{json_line(entry)}\n")

    _print(work)


@commands.command()
def seals(
    *,
    tenant: Annotated[str, typer.Option(help="Its slug; empty: the installation's chain.")] = "",
) -> None:
    """Print a chain's signed checkpoints and cuts, oldest first, as they are sent elsewhere."""

    async def work() -> None:
        async with opened() as services:
            chain = await _chain(services, tenant)
            for line in await services.seals.lines(whoever_runs_this(), chain):
                sys.stdout.write(f"{line}\n")

    _print(work)


@commands.command()
def key(*, as_json: AsJson = False) -> None:
    """Print the public keys that sign checkpoints, the newest first (PEM); none before one."""

    async def work() -> None:
        async with opened() as services:
            found = await services.seals.keys(whoever_runs_this())
        items = [{"id": each.id, "pem": each.pem} for each in found]
        words = "".join(each.pem for each in found).rstrip()
        answer({"items": items}, words or "No checkpoint was signed yet.", as_json=as_json)

    asyncio.run(work())


@commands.command("rotate-key")
def rotate_key(*, as_json: AsJson = False) -> None:
    """Sign checkpoints with a new key; what was signed before stays good."""

    async def work() -> None:
        async with opened() as services:
            made = await services.seals.rotate(whoever_runs_this())
        answer({"id": made.id, "pem": made.pem}, made.pem.rstrip(), as_json=as_json)

    asyncio.run(work())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error


def _print(work: Callable[[], Coroutine[None, None, None]]) -> None:
    try:
        asyncio.run(work())
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(found: dict[str, Verdict], *, as_json: bool) -> None:
    whole = all(verdict.first_break is None for verdict in found.values())
    items = [_item(name, verdict) for name, verdict in found.items()]
    words = "\n".join(_words(name, verdict) for name, verdict in found.items())
    answer({"whole": whole, "chains": items}, words or "No entry yet.", as_json=as_json)
    if not whole:
        raise typer.Exit(NOT_SO)


async def _chain(services: Services, slug: str) -> TenantId | None:
    if not slug:
        return None
    tenants = await services.tenancy.tenants(whoever_runs_this())
    found = next((each.id for each in tenants if each.slug == slug), None)
    if found is None:
        raise NotFound(f"There is no tenant {slug!r}.", hint="inspector tenant list")
    return found


def _name(chain: TenantId | None, tenants: list[Tenant]) -> str:
    return next((each.slug for each in tenants if each.id == chain), name_of(chain))


def _item(name: str, verdict: Verdict) -> dict[str, object]:
    broken, cut = verdict.first_break, verdict.cut
    return {
        "chain": name,
        "entries": verdict.entries,
        "head": verdict.head,
        "checkpoints": verdict.checkpoints,
        "sealed": verdict.sealed,
        "cut": {"up_to": cut.seq, "at": cut.at} if cut else None,
        "first_break": {"seq": broken.seq, "reason": broken.reason} if broken else None,
    }


def _words(name: str, verdict: Verdict) -> str:
    broken, cut = verdict.first_break, verdict.cut
    if broken is not None:
        return f"{name}: BROKEN at entry {broken.seq}: {broken.reason}"
    told = f"{name}: whole, {verdict.entries} entries, head {verdict.head}"
    if verdict.checkpoints:
        some = "1 checkpoint" if verdict.checkpoints == 1 else f"{verdict.checkpoints} checkpoints"
        told += f"; fits {some}, the last of entry {verdict.sealed}"
    else:
        told += "; no checkpoint yet: an end cut off together with its head would not be found"
    if cut is not None:
        told += f"; entries up to {cut.seq} removed on {cut.at:%Y-%m-%d}, sealed"
    return told

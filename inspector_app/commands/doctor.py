"""`inspector doctor`."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass

import typer

from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.data_folder import open_data_folder
from inspector_app.domain.errors import Conflict, InspectorError
from inspector_app.frontend import bundle
from inspector_app.frontend_build import is_current
from inspector_app.services.feeds import Standing
from inspector_app.settings import Settings

commands = typer.Typer()

_ROOM = 500 * 2**20
"""Bytes free below which a disk is soon full."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `id` stays the same, for scripts and for docs/operating.md."""

    id: str
    name: str
    well: bool
    detail: str
    hint: str = ""


@commands.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at everything Inspector needs; exit 1 when something is missing."""
    findings = asyncio.run(_look())
    well = all(finding.well for finding in findings)
    words = "\n".join(_line(finding) for finding in findings)
    content = {"well": well, "findings": [asdict(finding) for finding in findings]}
    answer(content, words, as_json=as_json)
    if not well:
        raise typer.Exit(NOT_SO)


def _line(finding: Finding) -> str:
    head = f"{'well ' if finding.well else 'WRONG'} {finding.id}  {finding.name}: {finding.detail}"
    return f"{head}\n            {finding.hint}" if finding.hint else head


async def _look() -> list[Finding]:
    findings = [_frontend()]
    try:
        settings = open_data_folder()
    except InspectorError as error:
        return [*findings, _wrong("I02", "configuration", error)]
    public = f"people open {settings.public_url}"
    findings += [Finding("I02", "configuration", True, public), _data_folder(settings)]
    try:
        findings += [finding async for finding in _inside(settings)]
    except InspectorError as error:
        findings.append(_wrong("I04", "database", error))
    return findings


def _frontend() -> Finding:
    if is_current():
        return Finding("I01", "frontend", True, str(bundle().root))
    missing = "not built, or older than its sources"
    return Finding("I01", "frontend", False, missing, "make run builds it.")


def _data_folder(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    told = f"{settings.data_dir}, {free // 2**20:,} MiB free"
    hint = "" if free > _ROOM else "Free some space before the disk is full."
    return Finding("I03", "data folder", free > _ROOM, told, hint)


async def _inside(settings: Settings) -> AsyncGenerator[Finding]:
    from inspector_app.adapters.cipher import FernetCipher
    from inspector_app.adapters.db.key_check import require_known_key
    from inspector_app.adapters.db.migrations import pending
    from inspector_app.commands.house import opened, whoever_runs_this

    if await pending(settings.database_url, bundle().migrations):
        yield Finding(
            "I04", "database", False, "not in this version's form", "Run: inspector migrate"
        )
        return
    async with opened(migrate=False) as services:
        actor = whoever_runs_this()
        clusters = await services.tenancy.clusters(actor)
        yield Finding("I04", "database", True, f"migrated; clusters: {len(clusters)}")
        if settings.redis_url:
            yield _redis(there=await services.tries.shared())
        try:
            keys = settings.secret_keys
            await require_known_key(settings.database_url, keys, FernetCipher(keys).opens)
        except Conflict as error:
            yield _wrong("I05", "secret key", error)
        else:
            yield Finding("I05", "secret key", True, "is the one this database was used with")
        for standing in await services.feeds.standings(actor):
            yield _audit_sink(standing, late=standing.is_late(services.clock()))
        for cluster in clusters:
            name = f"cluster {cluster.name} at {cluster.address}"
            try:
                await services.tenancy.test_cluster(actor, cluster.name)
            except InspectorError as error:
                yield _wrong("I07", name, error)
            else:
                yield Finding("I07", name, True, "answers")


def _audit_sink(standing: Standing, *, late: bool) -> Finding:
    name = f"audit log to {standing.name}"
    if not standing.unsent or standing.waiting_since is None:
        return Finding("I08", name, True, "has taken everything")
    told = f"{standing.unsent:,} wait since {standing.waiting_since:%Y-%m-%d %H:%M} UTC"
    if standing.failing_since is not None:
        told += f"; failing since {standing.failing_since:%Y-%m-%d %H:%M} UTC: {standing.failure}"
    hint = "Nothing is lost: it is sent once the target takes it and a server runs."
    return Finding("I08", name, not late, told, hint if late else "")


def _redis(*, there: bool) -> Finding:
    if there:
        return Finding("I06", "redis", True, "answers")
    away = "does not answer: without it no page works"
    hint = "Check INSPECTOR_REDIS_URL and that Redis runs."
    return Finding("I06", "redis", False, away, hint)


def _wrong(ident: str, name: str, error: InspectorError) -> Finding:
    def line(text: str) -> str:
        return text.replace("\n", " ").strip()

    return Finding(ident, name, False, line(error.detail), line(error.hint))

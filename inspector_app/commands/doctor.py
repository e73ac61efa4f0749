"""`inspector doctor`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass

import typer

from inspector_app.commands.terminal import NOT_SO, AsJson, answer
from inspector_app.data_folder import open_data_folder
from inspector_app.domain.errors import InspectorError
from inspector_app.frontend import bundle
from inspector_app.frontend_build import is_current
from inspector_app.settings import Settings

commands = typer.Typer()

_REDIS_AWAY = (
    "does not answer: without it no page works. Check INSPECTOR_REDIS_URL and that Redis runs."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    well: bool
    detail: str


@commands.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at everything Inspector needs; exit 1 when something is missing."""
    findings = asyncio.run(_look())
    well = all(finding.well for finding in findings)
    words = "\n".join(
        f"{'well ' if finding.well else 'WRONG'}  {finding.name}: {finding.detail}"
        for finding in findings
    )
    content = {"well": well, "findings": [asdict(finding) for finding in findings]}
    answer(content, words, as_json=as_json)
    if not well:
        raise typer.Exit(NOT_SO)


async def _look() -> list[Finding]:
    findings = [_frontend()]
    try:
        settings = open_data_folder()
    except InspectorError as error:
        return [*findings, _wrong("configuration", error)]
    findings.append(Finding("configuration", True, f"people open {settings.public_url}"))
    findings.append(Finding("data folder", True, str(settings.data_dir)))
    try:
        findings += [finding async for finding in _inside(settings)]
    except InspectorError as error:
        findings.append(_wrong("database", error))
    return findings


def _frontend() -> Finding:
    if is_current():
        return Finding("frontend", True, str(bundle().root))
    return Finding("frontend", False, "not built, or older than its sources: make run builds it")


async def _inside(settings: Settings) -> AsyncGenerator[Finding]:
    from inspector_app.adapters.db.key_check import require_known_key
    from inspector_app.adapters.db.migrations import pending
    from inspector_app.commands.house import opened, whoever_runs_this

    if await pending(settings.database_url, bundle().migrations):
        yield Finding("database", False, "not in this version's form: inspector migrate")
        return
    async with opened(migrate=False) as services:
        actor = whoever_runs_this()
        clusters = await services.tenancy.clusters(actor)
        yield Finding("database", True, f"migrated; clusters: {len(clusters)}")
        if settings.redis_url:
            there = await services.tries.shared()
            yield Finding("redis", there, "answers" if there else _REDIS_AWAY)
        await require_known_key(settings.database_url, settings.secret_keys)
        for cluster in clusters:
            name = f"cluster {cluster.name} at {cluster.address}"
            try:
                await services.tenancy.test_cluster(actor, cluster.name)
            except InspectorError as error:
                yield _wrong(name, error)
            else:
                yield Finding(name, True, "answers")


def _wrong(name: str, error: InspectorError) -> Finding:
    return Finding(name, False, f"{error.detail} {error.hint}".replace("\n", " ").strip())

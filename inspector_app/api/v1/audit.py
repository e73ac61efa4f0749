"""The tenant's audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime
from starlette.responses import StreamingResponse

from inspector_app.api.actor import TENANT_HEADER, CurrentActor, actor_of
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.v1.audit_models import ChainVerdict, Entries, EntryOut, SealLines
from inspector_app.api.v1.workflows import PageSize, PageToken, number_of
from inspector_app.domain.audit import Entry
from inspector_app.domain.exports import Format, csv_head, csv_rows, json_line
from inspector_app.domain.identity import Actor
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.services.ports import EntryFilter

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

Word = Annotated[str, Query(max_length=1000)]
Moment = Annotated[AwareDatetime | None, Query(description="RFC 3339, with its zone")]
_LINES = 200
"""Entries sent as one piece."""
_MEDIA = {Format.JSONL: "application/x-ndjson", Format.CSV: "text/csv; charset=utf-8"}


def wanted_entries(  # noqa: PLR0913 - each is a filter of its own
    *,
    text: Annotated[
        str, Query(max_length=1000, description='Words and "phrases" that stand in an entry')
    ] = "",
    by: Annotated[
        str, Query(alias="actor", max_length=64, description="Who acted, or for whom")
    ] = "",
    action: Annotated[
        str, Query(max_length=100, description="What its action or permission begins with")
    ] = "",
    outcome: Word = "",
    target: Annotated[str, Query(max_length=1000, description="The target's id")] = "",
    ns: Word = "",
    workflow_id: Word = "",
    address: Word = "",
    session: Annotated[str, Query(max_length=64, description="Of a session or token")] = "",
    request_id: Word = "",
    since: Moment = None,
    until: Moment = None,
) -> EntryFilter:
    """Parse which entries."""
    return EntryFilter(
        text=text,
        actor=by,
        action=action,
        outcome=outcome,
        target=target,
        namespace=ns,
        workflow_id=workflow_id,
        address=address,
        session=session,
        request_id=request_id,
        since=since,
        until=until,
    )


Wanted = Annotated[EntryFilter, Depends(wanted_entries)]


async def actor_by_link(
    request: Request,
    header: Annotated[str, Header(alias=TENANT_HEADER)] = "",
    tenant: Annotated[
        str, Query(max_length=64, description="As the header: a link sends none")
    ] = "",
) -> Actor:
    """Look up who follows a link of a page."""
    return await actor_of(request, header or tenant)


@router.get("", responses=documented(401, 403, 422, 503))
@needs(Permission.AUDIT_READ)
async def entries(
    actor: CurrentActor,
    wanted: Wanted,
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Entries:
    """Read entries, newest first; the reading is recorded itself."""
    before = None if page_token is None else number_of(page_token)
    page = await registry.services().audit.entries(
        actor, replace(wanted, before_seq=before), limit=page_size
    )
    return Entries(
        items=[EntryOut.of(entry) for entry in page.entries],
        next_page_token=str(page.next_before_seq) if page.next_before_seq else None,
        total=page.total,
    )


@router.get(
    "/export",
    responses={
        **documented(401, 403, 422, 503),
        200: {"content": {media.partition(";")[0]: {} for media in _MEDIA.values()}},
    },
    response_class=StreamingResponse,
)
@needs(Permission.AUDIT_EXPORT)
async def export(
    actor: Annotated[Actor, Depends(actor_by_link)],
    wanted: Wanted,
    written: Annotated[
        Format,
        Query(
            alias="format",
            description="JSON lines carry what is hashed, and their hash. In CSV, what a "
            "spreadsheet would take for a formula has an apostrophe in front.",
        ),
    ] = Format.JSONL,
) -> StreamingResponse:
    """Read every entry that the filters name, oldest first; the export is recorded itself."""
    found = await registry.services().audit.export(actor, wanted)
    day = f"{registry.services().clock():%Y-%m-%d}"
    name = f"audit-{actor.tenant_slug}-{day}.{written}"
    return StreamingResponse(
        _pieces(found, written),
        media_type=_MEDIA[written],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/verify", responses=documented(401, 403, 503))
@needs(Permission.AUDIT_VERIFY, kind=Kind.HEAVY)
async def verify(actor: CurrentActor) -> ChainVerdict:
    """Recompute the tenant's whole chain, and compare it with its checkpoints."""
    return ChainVerdict.of(await registry.services().audit.verify(actor, actor.tenant))


@router.get("/seals", responses=documented(401, 403, 503))
@needs(Permission.AUDIT_VERIFY)
async def seals(actor: CurrentActor) -> SealLines:
    """Read the chain's signed checkpoints and cuts, and the keys that check them.

    Kept elsewhere, they prove later what stood in the log: `inspector audit verify --export`.
    """
    desk = registry.services().seals
    return SealLines(
        seals=await desk.lines(actor, actor.tenant),
        public_keys=[key.pem for key in await desk.keys(actor)],
    )


async def _pieces(found: AsyncIterator[Entry], written: Format) -> AsyncIterator[str]:
    """Write entries a few hundred at a time: whoever is slow to read holds no more than that."""
    if written is Format.CSV:
        yield csv_head()
    piece: list[Entry] = []
    async for entry in found:
        piece.append(entry)
        if len(piece) == _LINES:
            yield _written(piece, written)
            piece = []
    if piece:
        yield _written(piece, written)


def _written(piece: list[Entry], written: Format) -> str:
    if written is Format.CSV:
        return csv_rows(piece)
    return "".join(f"{json_line(entry)}\n" for entry in piece)

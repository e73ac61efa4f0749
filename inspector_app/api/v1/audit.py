"""The tenant's audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.v1.models import ChainVerdict, Entries, EntryOut
from inspector_app.api.v1.workflows import PageSize, PageToken, number_of
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.services.ports import EntryFilter

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

Word = Annotated[str, Query(max_length=1000)]


@router.get("", responses=documented(401, 403, 422, 503))
@needs(Permission.AUDIT_READ)
async def entries(
    actor: CurrentActor,
    text: Word = "",
    by: Annotated[str, Query(alias="actor", max_length=64)] = "",
    outcome: Word = "",
    ns: Word = "",
    workflow_id: Word = "",
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Entries:
    """Read entries, newest first; the reading is recorded itself."""
    wanted = EntryFilter(
        text=text,
        actor=by,
        outcome=outcome,
        namespace=ns,
        workflow_id=workflow_id,
        before_seq=None if page_token is None else number_of(page_token),
    )
    page = await registry.services().audit.entries(actor, wanted, limit=page_size)
    return Entries(
        items=[EntryOut.of(entry) for entry in page.entries],
        next_page_token=str(page.next_before_seq) if page.next_before_seq else None,
        total=page.total,
    )


@router.get("/verify", responses=documented(401, 403, 503))
@needs(Permission.AUDIT_VERIFY, kind=Kind.HEAVY)
async def verify(actor: CurrentActor) -> ChainVerdict:
    """Recompute the tenant's whole chain."""
    found = await registry.services().audit.verify(actor, actor.tenant)
    broken = found.first_break
    return ChainVerdict(
        whole=broken is None,
        entries=found.entries,
        head=found.head,
        first_break={"seq": broken.seq, "reason": broken.reason} if broken else None,
    )

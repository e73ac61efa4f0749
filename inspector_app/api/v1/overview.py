"""What the tenant's namespaces do now, in numbers."""

from __future__ import annotations

from fastapi import APIRouter

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.v1.models import Model, Time
from inspector_app.domain.limits import Kind
from inspector_app.domain.overview import Closed, NamespaceNow, Overview
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1", tags=["overview"])


class ClosedOut(Model):
    """Runs that ended; `failure_share` is of failed and timed out ones, 0 to 1."""

    completed: int
    failed: int
    timed_out: int
    other: int
    total: int
    failure_share: float | None

    @classmethod
    def of(cls, closed: Closed) -> ClosedOut:
        """From the domain's value."""
        return cls(
            completed=closed.completed,
            failed=closed.failed,
            timed_out=closed.timed_out,
            other=closed.other,
            total=closed.total,
            failure_share=closed.share,
        )


class StepOut(Model):
    """Runs that closed within five minutes from `at` on."""

    at: Time
    closed: ClosedOut


class NamespaceNowOut(Model):
    """One namespace; with `trouble` its server gave no numbers, and all are 0."""

    slug: str
    cluster: str
    at: Time
    running: int
    paused: int
    stuck: int
    last_hour: ClosedOut
    trouble: str

    @classmethod
    def of(cls, now: NamespaceNow) -> NamespaceNowOut:
        """From the domain's value."""
        return cls(
            slug=now.slug,
            cluster=now.cluster,
            at=now.at,
            running=now.running,
            paused=now.paused,
            stuck=now.stuck,
            last_hour=ClosedOut.of(now.closed),
            trouble=now.trouble,
        )


class OverviewOut(Model):
    """The tenant's namespaces, one by one and added up; `steps` are those counted so far."""

    counted_at: Time | None
    last_hour: ClosedOut
    steps: list[StepOut]
    namespaces: list[NamespaceNowOut]

    @classmethod
    def of(cls, overview: Overview) -> OverviewOut:
        """From the domain's value."""
        return cls(
            counted_at=overview.counted_at,
            last_hour=ClosedOut.of(overview.closed),
            steps=[
                StepOut(at=each.at, closed=ClosedOut.of(each.closed)) for each in overview.steps
            ],
            namespaces=[NamespaceNowOut.of(each) for each in overview.namespaces],
        )


@router.get("/overview", responses=documented(401, 403, 503))
@needs(Permission.RUN_READ, kind=Kind.HEAVY)
async def overview(actor: CurrentActor) -> OverviewOut:
    """Count every namespace of the tenant; shared by all who ask within five seconds."""
    return OverviewOut.of(await registry.services().overview.look(actor))

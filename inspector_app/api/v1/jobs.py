"""What Inspector does by itself: how it goes, and asking for it now."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.models import Act, Model, Seconds, Time
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.services.jobs import JobView

router = APIRouter(prefix="/api/v1/admin/jobs", tags=["jobs"])


class JobOut(Model):
    """A job. `state` is waiting, running, done, failed or interrupted."""

    name: str
    title: str
    does: str
    every: Seconds
    state: str
    failure: str
    due_at: Time
    started_at: Time | None
    ended_at: Time | None
    took: Seconds | None
    lag: Seconds
    missed: int
    holder: str
    epoch: int

    @classmethod
    def of(cls, view: JobView) -> JobOut:
        """From the service's value."""
        job, course = view.job, view.course
        return cls(
            name=job.name,
            title=job.title,
            does=job.does,
            every=job.every,
            state=view.standing.value,
            failure=course.failure,
            due_at=course.due_at,
            started_at=course.started_at,
            ended_at=course.ended_at,
            took=course.took,
            lag=course.lag,
            missed=course.missed,
            holder=course.lease.holder,
            epoch=course.lease.epoch,
        )


class Jobs(Model):
    """Every job."""

    items: list[JobOut]
    next_page_token: None = None


@router.get("", responses=documented(401, 403, 503))
@needs(Permission.JOB_READ)
async def list_jobs(actor: CurrentActor) -> Jobs:
    """List the jobs of the installation, with how each has gone."""
    return Jobs(items=[JobOut.of(view) for view in await registry.services().jobs.all(actor)])


@router.post(
    "/{name}/run",
    response_model=JobOut,
    responses=documented(400, 401, 403, 404, 413, 422, 503),
)
@needs(Permission.JOB_RUN)
async def run_job(
    request: Request, actor: CurrentActor, name: str, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Make a job due now; it starts within seconds."""

    async def ask() -> JobOut:
        return JobOut.of(await registry.services().jobs.ask(actor, name, act.reason))

    return await once(request, actor, key, ask)

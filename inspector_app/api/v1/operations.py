"""Bulk work: counted, started, watched, stopped."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import AwareDatetime, Field, JsonValue, model_validator
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.models import Act, Model, Time
from inspector_app.api.v1.workflows import (
    Namespace,
    PageSize,
    PageToken,
    Visibility,
    number_of,
)
from inspector_app.domain.ids import OperationId, RunId, WorkflowId
from inspector_app.domain.limits import Kind
from inspector_app.domain.operations import (
    FASTEST,
    MOST_TARGETS,
    USUAL_PACE,
    Aim,
    Item,
    ItemOutcome,
    Order,
    parse_operation_id,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Action
from inspector_app.services import registry
from inspector_app.services.operations import Watched

router = APIRouter(prefix="/api/v1/operations", tags=["operations"])

_READS = documented(401, 403, 404, 422, 503)
_ACTS = documented(400, 401, 403, 404, 409, 413, 422, 502, 503)
Outcome = Literal["waiting", "started", "done", "skipped", "failed"]
Verb = Literal["pause", "resume", "signal", "cancel", "terminate"]


class MatchesOut(Model):
    """What an operation would touch: confirm `count`, and say `as_of` when it was counted."""

    count: int
    as_of: Time
    most: int


class RunNamed(Model):
    """One run."""

    workflow_id: Annotated[str, Field(min_length=1, max_length=1000)]
    run_id: Annotated[str, Field(min_length=1, max_length=64)]


class Start(Act):
    """What is to be done, to the runs of `query` or to those named in `runs`."""

    action: Verb
    confirmed: Annotated[
        int, Field(ge=0, le=MOST_TARGETS, description="The number of runs that was shown.")
    ]
    as_of: Annotated[
        AwareDatetime, Field(description="When they were counted: later runs are left alone.")
    ]
    query: Annotated[str, Field(max_length=8000)] = ""
    runs: Annotated[tuple[RunNamed, ...], Field(max_length=MOST_TARGETS)] = ()
    signal: Annotated[str, Field(max_length=1000)] = ""
    args: tuple[JsonValue, ...] = ()
    pace: Annotated[int, Field(ge=1, le=FASTEST, description="Runs a second.")] = USUAL_PACE
    force: bool = False

    @model_validator(mode="after")
    def _one_way_only(self) -> Start:
        if self.query and self.runs:
            raise ValueError("give query or runs, not both")
        return self

    def order(self) -> Order:
        """Parse it."""
        return Order(
            action=_ACTIONS[self.action],
            reason=self.reason,
            confirmed=self.confirmed,
            as_of=self.as_of,
            query=self.query,
            aims=tuple(
                Aim(WorkflowId(each.workflow_id), RunId(each.run_id)) for each in self.runs
            ),
            signal_name=self.signal,
            signal_args=self.args,
            pace=self.pace,
            force=self.force,
        )


class ProgressOut(Model):
    """How many runs have which outcome."""

    waiting: int
    started: int
    done: int
    skipped: int
    failed: int


class OperationOut(Model):
    """An operation and how far it is; `digest` is the SHA-256 of its frozen set."""

    id: UUID
    ns: str
    action: str
    reason: str
    query: str
    signal: str
    total: int
    digest: str
    pace: int
    by: str
    state: str
    note: str
    created_at: Time
    ended_at: Time | None
    progress: ProgressOut

    @classmethod
    def of(cls, watched: Watched) -> OperationOut:
        """From the domain's values."""
        found = watched.operation
        return cls(
            id=found.id,
            ns=found.namespace,
            action=found.deed.action.value,
            reason=found.deed.reason,
            query=found.query,
            signal=found.deed.signal_name,
            total=found.total,
            digest=found.digest,
            pace=found.pace,
            by=found.by,
            state=found.state.value,
            note=found.note,
            created_at=found.created_at,
            ended_at=found.ended_at,
            progress=ProgressOut(
                **{each.value: watched.progress.of(each) for each in ItemOutcome}
            ),
        )


class Operations(Model):
    """The tenant's, newest first."""

    items: list[OperationOut]
    next_page_token: str | None


class ItemOut(Model):
    """What became of one run."""

    number: int
    workflow_id: str
    run_id: str
    outcome: str
    detail: str
    at: Time | None

    @classmethod
    def of(cls, item: Item) -> ItemOut:
        """From the domain's value."""
        return cls(
            number=item.number,
            workflow_id=item.aim.workflow_id,
            run_id=item.aim.run_id,
            outcome=item.outcome.value,
            detail=item.detail,
            at=item.at,
        )


class Items(Model):
    """In the order of the frozen set."""

    items: list[ItemOut]
    next_page_token: str | None


_ACTIONS: dict[str, Action] = {action.value: action for action in Action}
Wanted = Annotated[UUID, Path()]


@router.get("", responses=_READS)
@needs(Permission.OPERATION_READ)
async def list_operations(
    actor: CurrentActor, page_size: PageSize = 50, page_token: PageToken = None
) -> Operations:
    """List operations, newest first."""
    before = None if page_token is None else parse_operation_id(page_token)
    found, more = await registry.services().operations.page(actor, before=before, limit=page_size)
    return Operations(
        items=[OperationOut.of(each) for each in found],
        next_page_token=str(more) if more else None,
    )


@router.get("/count", responses=_ACTS)
@needs(Permission.OPERATION_START, kind=Kind.HEAVY)
async def count(
    actor: CurrentActor, ns: Namespace, action: Verb, query: Visibility = ""
) -> MatchesOut:
    """Count the runs that match `query` and admit `action`."""
    found = await registry.services().operations.count(actor, ns, _ACTIONS[action], query)
    return MatchesOut(count=found.count, as_of=found.as_of, most=MOST_TARGETS)


@router.post("", response_model=OperationOut, responses=_ACTS)
@needs(Permission.OPERATION_START)
async def start(
    request: Request, actor: CurrentActor, ns: Namespace, act: Start, key: IdempotencyKey = ""
) -> Response:
    """Freeze the targets and begin; refused when they are more than was confirmed."""
    desk = registry.services().operations

    async def answer() -> OperationOut:
        accepted = await desk.start(actor, ns, act.order())
        return OperationOut.of(await desk.one(actor, accepted.id))

    return await once(request, actor, key, answer)


@router.get("/{operation}", responses=_READS)
@needs(Permission.OPERATION_READ)
async def one_operation(actor: CurrentActor, operation: Wanted) -> OperationOut:
    """Read one, with how far it is."""
    return OperationOut.of(await registry.services().operations.one(actor, OperationId(operation)))


@router.get("/{operation}/items", responses=_READS)
@needs(Permission.OPERATION_READ)
async def list_items(
    actor: CurrentActor,
    operation: Wanted,
    outcome: Outcome | None = None,
    page_size: PageSize = 200,
    page_token: PageToken = None,
) -> Items:
    """List what became of its runs."""
    after = -1 if page_token is None else number_of(page_token) - 1
    found, more = await registry.services().operations.items(
        actor,
        OperationId(operation),
        outcome=ItemOutcome(outcome) if outcome else None,
        after=after,
        limit=page_size,
    )
    return Items(
        items=[ItemOut.of(each) for each in found],
        # From 1, as every list's: item 0 is a number that no token may be.
        next_page_token=None if more is None else str(more + 1),
    )


@router.post("/{operation}/cancel", response_model=OperationOut, responses=_ACTS)
@needs(Permission.OPERATION_CANCEL)
async def cancel(
    request: Request, actor: CurrentActor, operation: Wanted, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Stop it; what is in flight ends, the rest is left alone."""
    desk = registry.services().operations

    async def answer() -> OperationOut:
        stopped = await desk.cancel(actor, OperationId(operation), act.reason)
        return OperationOut.of(stopped)

    return await once(request, actor, key, answer)


@router.post("/{operation}/resume", response_model=OperationOut, responses=_ACTS)
@needs(Permission.OPERATION_START)
async def resume(
    request: Request, actor: CurrentActor, operation: Wanted, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Let a stopped one go on with the runs it left alone."""
    desk = registry.services().operations

    async def answer() -> OperationOut:
        going_on = await desk.go_on(actor, OperationId(operation), act.reason)
        return OperationOut.of(going_on)

    return await once(request, actor, key, answer)

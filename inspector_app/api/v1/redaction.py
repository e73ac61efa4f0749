"""Redaction rules: what is hidden, from whom, and what a role would see."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.models import Act, Model, Time
from inspector_app.api.v1.run_models import RunDetail
from inspector_app.api.v1.workflows import Ref
from inspector_app.domain.ids import RuleId
from inspector_app.domain.paths import LONGEST_PATH
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.redaction import (
    LONGEST_NAME,
    LONGEST_PATTERN,
    Rule,
    RuleKind,
    RuleOrder,
)
from inspector_app.services import registry
from inspector_app.services.redaction import Draft, RuleChange, SeenBy

router = APIRouter(prefix="/api/v1/redaction", tags=["redaction"])

_READS = documented(401, 403, 404, 422, 502, 503)
_ACTS = documented(400, 401, 403, 404, 409, 413, 422, 503)
Kind = Literal["path", "pattern"]
RoleName = Literal["observer", "developer", "admin"]
Wanted = Annotated[UUID, Path()]
_LONGEST = max(LONGEST_PATH, LONGEST_PATTERN)


class NewRule(Model):
    """What is to be hidden: `path` names values, `pattern` (RE2) finds pieces of text.

    It is hidden from the role `up_to` and those below it.
    """

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    kind: Kind
    expression: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    up_to: RoleName = "observer"

    def order(self) -> RuleOrder:
        """Parse it."""
        return RuleOrder(self.name, RuleKind(self.kind), self.expression, Role(self.up_to))


class RuleOut(NewRule):
    """A rule; `version` goes with every change."""

    id: UUID
    version: int
    changed_by: str
    changed_at: Time

    @classmethod
    def of(cls, rule: Rule) -> RuleOut:
        """From the domain's value."""
        return cls(
            id=rule.id,
            name=rule.name,
            kind=rule.kind.value,
            expression=rule.expression,
            up_to=rule.up_to.value,
            version=rule.version,
            changed_by=rule.changed_by,
            changed_at=rule.changed_at,
        )


class Rules(Model):
    """All of them, by name; the list is short."""

    items: list[RuleOut]
    next_page_token: str | None = None


class RuleAct(Act):
    """A change of the rule as it was seen in `version`."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]

    def change(self, rule: UUID) -> RuleChange:
        """Parse it."""
        return RuleChange(RuleId(rule), self.version, self.reason)


class RuleChanged(RuleAct, NewRule):
    """What the rule shall be."""


class Removed(Model):
    """What is left of a rule that was removed."""


class SeenOut(Model):
    """A run as the role would see it; `hidden_by` says how often each rule hid something."""

    run: RunDetail
    input: str
    result: str
    failure: str
    hidden_by: dict[str, int]

    @classmethod
    def of(cls, seen: SeenBy) -> SeenOut:
        """From the domain's values."""
        return cls(
            run=RunDetail.of_run(seen.run),
            input=seen.data.input,
            result=seen.data.result,
            failure=seen.data.failure,
            hidden_by=seen.hidden_by,
        )


@router.get("/rules", responses=_READS)
@needs(Permission.REDACTION_READ)
async def list_rules(actor: CurrentActor) -> Rules:
    """List the tenant's rules."""
    return Rules(
        items=[RuleOut.of(each) for each in await registry.services().redaction.rules(actor)]
    )


@router.post("/rules", response_model=RuleOut, responses=_ACTS)
@needs(Permission.REDACTION_WRITE)
async def add_rule(
    request: Request, actor: CurrentActor, new: NewRule, key: IdempotencyKey = ""
) -> Response:
    """Hide something from now on."""

    async def act() -> RuleOut:
        return RuleOut.of(await registry.services().redaction.add(actor, new.order()))

    return await once(request, actor, key, act)


@router.post("/rules/{rule}/change", response_model=RuleOut, responses=_ACTS)
@needs(Permission.REDACTION_WRITE)
async def change_rule(
    request: Request,
    actor: CurrentActor,
    rule: Wanted,
    new: RuleChanged,
    key: IdempotencyKey = "",
) -> Response:
    """Replace a rule."""

    async def act() -> RuleOut:
        desk = registry.services().redaction
        return RuleOut.of(await desk.change(actor, new.change(rule), new.order()))

    return await once(request, actor, key, act)


@router.post("/rules/{rule}/remove", response_model=Removed, responses=_ACTS)
@needs(Permission.REDACTION_WRITE)
async def remove_rule(
    request: Request, actor: CurrentActor, rule: Wanted, why: RuleAct, key: IdempotencyKey = ""
) -> Response:
    """Show again what a rule hid."""

    async def act() -> Removed:
        await registry.services().redaction.remove(actor, why.change(rule))
        return Removed()

    return await once(request, actor, key, act)


@router.get("/seen", responses=_READS)
@needs(Permission.REDACTION_READ)
async def seen_by(
    actor: CurrentActor,
    ref: Ref,
    role: RoleName = "observer",
    kind: Kind = "path",
    expression: Annotated[
        str, Query(max_length=_LONGEST, description="Of a rule that is only tried")
    ] = "",
) -> SeenOut:
    """Show a run as a role would see it, with one more rule if `expression` is given."""
    draft = None
    if expression:
        draft = Draft(RuleOrder("this rule", RuleKind(kind), expression, Role(role)))
    return SeenOut.of(await registry.services().redaction.seen_by(actor, ref, Role(role), draft))

"""The people of a tenant, as its admins keep them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.me import Sessions
from inspector_app.api.v1.models import Act, Model, Time
from inspector_app.api.v1.workflows import PageSize, PageToken
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import PersonId, SessionId
from inspector_app.domain.people import Change, Colleague
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services import registry
from inspector_app.services.people import PeopleDesk

router = APIRouter(prefix="/api/v1", tags=["people"])


_READS = documented(401, 403, 404, 409, 422, 503)
_ACTS = documented(400, 401, 403, 404, 409, 413, 422, 503)
Wanted = Annotated[UUID, Path()]
RoleName = Literal["observer", "developer", "admin"]
_ROLES: dict[str, Role] = {role.value: role for role in Role}


class GivenRole(Model):
    """A role that a provider's mapping gives, and the group it gives it for."""

    role: str
    group: str


class PersonOut(Model):
    """A person of the tenant. `version` goes with every change; of a shared account no use shows.

    `role` is the highest of `by_hand` and `by_mapping`. `one_time_password` is answered once, by
    what made it; a repetition answers without it. It opens until `one_time_until`.
    """

    id: UUID
    username: str
    role: str
    version: int
    disabled: bool
    must_change_password: bool
    one_time_until: Time | None
    shared: bool
    second_step: bool
    provider: str
    signed_in_at: Time | None
    last_used_at: Time | None
    live_sessions: int
    by_hand: str | None
    by_mapping: list[GivenRole]
    one_time_password: str | None = None

    @classmethod
    def of(cls, found: Colleague) -> PersonOut:
        """From the domain's value."""
        return cls(
            id=found.person.id,
            username=found.person.username,
            role=found.role.value,
            version=found.version,
            disabled=found.person.disabled,
            must_change_password=found.person.must_change_password,
            one_time_until=found.person.one_time_until,
            shared=found.shared,
            second_step=found.second_step,
            provider=found.provider,
            signed_in_at=found.signed_in_at,
            last_used_at=found.seen_at,
            live_sessions=found.live_sessions,
            by_hand=found.by_hand.value if found.by_hand else None,
            by_mapping=[
                GivenRole(role=each.role.value, group=each.group) for each in found.mapped
            ],
        )


class PeopleOut(Model):
    """The tenant's, by user name."""

    items: list[PersonOut]
    next_page_token: str | None


class NewPerson(Model):
    """Who is to be let in, and as what."""

    username: Annotated[str, Field(max_length=200)]
    role: RoleName


class PersonAct(Act):
    """A change of the person as they were seen in `version`."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]

    def change(self, person: UUID) -> Change:
        """Parse it."""
        return Change(PersonId(person), self.version, self.reason)


class RoleAct(PersonAct):
    """Another role."""

    role: RoleName


class Nothing(Model):
    """What is left of who was removed."""


@router.get("/people", responses=_READS)
@needs(Permission.PEOPLE_READ)
async def list_people(
    actor: CurrentActor, page_size: PageSize = 50, page_token: PageToken = None
) -> PeopleOut:
    """List the tenant's people, by user name."""
    found, more = await registry.services().people.page(
        actor, after=page_token or "", limit=page_size
    )
    return PeopleOut(items=[PersonOut.of(each) for each in found], next_page_token=more)


@router.get("/people/{person}", responses=_READS)
@needs(Permission.PEOPLE_READ)
async def one_person(actor: CurrentActor, person: Wanted) -> PersonOut:
    """Read one."""
    return PersonOut.of(await registry.services().people.one(actor, PersonId(person)))


@router.get("/people/{person}/sessions", responses=_READS)
@needs(Permission.PEOPLE_READ)
async def list_sessions(actor: CurrentActor, person: Wanted) -> Sessions:
    """List where somebody is signed in."""
    found = await registry.services().people.sessions(actor, PersonId(person))
    return Sessions.of(found, actor)


@router.post("/people", response_model=PersonOut, responses=_ACTS)
@needs(Permission.PEOPLE_WRITE)
async def add_person(
    request: Request, actor: CurrentActor, new: NewPerson, key: IdempotencyKey = ""
) -> Response:
    """Let somebody in, with a one-time password."""
    return await _once_told(
        request,
        actor,
        key,
        lambda: registry.services().people.add(actor, new.username, _ROLES[new.role]),
    )


@router.post("/people/{person}/role", response_model=PersonOut, responses=_ACTS)
@needs(Permission.PEOPLE_WRITE)
async def change_role(
    request: Request, actor: CurrentActor, person: Wanted, act: RoleAct, key: IdempotencyKey = ""
) -> Response:
    """Give another role; their sessions go on under other tokens."""
    return await _changed(
        request,
        actor,
        key,
        lambda: registry.services().people.change_role(
            actor, act.change(person), _ROLES[act.role]
        ),
    )


@router.post("/people/{person}/remove", status_code=204, responses=_ACTS)
@needs(Permission.PEOPLE_WRITE)
async def remove_person(
    request: Request, actor: CurrentActor, person: Wanted, act: PersonAct, key: IdempotencyKey = ""
) -> Response:
    """Take somebody out of the tenant."""

    async def answer() -> Nothing:
        await registry.services().people.remove(actor, act.change(person))
        return Nothing()

    await once(request, actor, key, answer)
    return Response(status_code=204)


@router.post("/people/{person}/reset", response_model=PersonOut, responses=_ACTS)
@needs(Permission.PEOPLE_WRITE)
async def reset_person(
    request: Request, actor: CurrentActor, person: Wanted, act: PersonAct, key: IdempotencyKey = ""
) -> Response:
    """Give a one-time password instead of password, second step, sessions and tokens."""
    desk = registry.services().people
    return await _once_told(request, actor, key, lambda: desk.reset(actor, act.change(person)))


def _account_deed(
    path: str,
    name: str,
    says: str,
    deed: Callable[[PeopleDesk, Actor, Change], Awaitable[Colleague]],
) -> None:
    """Serve one deed that needs nothing but the person and why."""

    async def act_on(
        request: Request,
        actor: CurrentActor,
        person: Wanted,
        act: PersonAct,
        key: IdempotencyKey = "",
    ) -> Response:
        desk = registry.services().people
        return await _changed(request, actor, key, lambda: deed(desk, actor, act.change(person)))

    router.add_api_route(
        f"/people/{{person}}/{path}",
        needs(Permission.PEOPLE_WRITE)(act_on),
        methods=["POST"],
        name=name,
        description=says,
        response_model=PersonOut,
        responses=_ACTS,
    )


_account_deed(
    "disable", "disable_person", "Keep somebody out, from their next event on.", PeopleDesk.disable
)
_account_deed("enable", "enable_person", "Let somebody in again.", PeopleDesk.enable)
_account_deed("sign-out", "sign_person_out", "End every session of somebody.", PeopleDesk.sign_out)


@router.post("/people/{person}/sessions/{session}/end", response_model=PersonOut, responses=_ACTS)
@needs(Permission.PEOPLE_WRITE)
async def end_session(
    request: Request,
    actor: CurrentActor,
    person: Wanted,
    session: Wanted,
    act: PersonAct,
    key: IdempotencyKey = "",
) -> Response:
    """End one session of somebody."""
    desk = registry.services().people
    return await _changed(
        request,
        actor,
        key,
        lambda: desk.end_session(actor, act.change(person), SessionId(session)),
    )


async def _changed(
    request: Request, actor: Actor, key: str, act: Callable[[], Awaitable[Colleague]]
) -> Response:
    async def answer() -> PersonOut:
        return PersonOut.of(await act())

    return await once(request, actor, key, answer)


async def _once_told(
    request: Request, actor: Actor, key: str, act: Callable[[], Awaitable[tuple[Colleague, str]]]
) -> Response:
    """Answer with the one-time password; what is kept for a repetition is without it."""
    told: list[PersonOut] = []

    async def answer() -> PersonOut:
        found, one_time = await act()
        person = PersonOut.of(found)
        told.append(person.model_copy(update={"one_time_password": one_time}))
        return person

    kept = await once(request, actor, key, answer)
    return Response(told[0].model_dump_json(), media_type="application/json") if told else kept

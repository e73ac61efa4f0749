"""The people page's state: a page of people, one opened, and the question that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid, ProofRequired
from inspector_app.domain.ids import PersonId, SessionId
from inspector_app.domain.people import Change, Colleague, no_such_person
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.kit.sessions import SignedIn, signed_in
from inspector_app.ui.session import Notice, SessionState, milliseconds, now

PAGE_SIZE = 50
_TOLD = {
    "role": "has another role now",
    "remove": "is removed",
    "disable": "is disabled",
    "enable": "may sign in again",
    "reset": "has a one-time password",
    "sign_out": "is signed out everywhere",
    "end": "is signed out of one browser",
}
QUESTIONS = ("add", *_TOLD)


@dataclass(frozen=True)
class PersonRow:
    """A person of the tenant; times in epoch milliseconds."""

    ident: str
    username: str
    role: str
    version: int
    state: str
    shared: bool
    second_step: bool
    one_time_until: int | None
    provider: str
    signed_in: int | None
    seen: int | None
    sessions: int
    myself: bool
    by_hand: str
    mapped: list[str]
    """What each mapping gives: "admin, for the group platform-core"."""
    href: str


class PeopleState(SessionState):
    """The tenant's people, by name."""

    rows: list[PersonRow] = []
    opened: PersonRow | None = None
    sessions: list[SignedIn] = []
    next_href: str = ""
    plain_href: str = ""
    here: str = ""
    """This page's own address: where a proof leads back to."""
    asking: str = ""
    """Which question is open, one of QUESTIONS, or ""."""
    asked_session: str = ""
    must_prove: bool = False
    second_step: bool = False
    """Whether the admin proves by a code."""
    reason_error: str = ""
    name_error: str = ""
    problem: Notice | None = None
    one_time: str = ""
    """A one-time password, shown until this page is loaded or closed."""
    one_time_of: str = ""
    one_time_until: int | None = None
    one_time_lasts: str = ""
    """In words, as it is set."""
    ready: bool = False

    @rx.event
    @requires(Permission.PEOPLE_READ)
    async def load(self) -> None:
        """Read what the address asks for."""
        self._opens()
        self.asking, self.one_time = "", ""
        self.here = routes.people(
            self.tenant, after=self._parameter("after"), person=self._parameter("person")
        )
        await self._read()

    @rx.event
    @requires(Permission.PEOPLE_READ)
    async def ask_about(self, question: str, session: str = "") -> None:
        """Open a question; nothing is done yet."""
        self._clear()
        self.asking = question if question in QUESTIONS else ""
        self.asked_session = session
        self.reason_error, self.name_error, self.problem = "", "", None
        hours = registry.services().people.one_time_lasts // timedelta(hours=1)
        self.one_time_lasts = f"{hours} hour{'s' * (hours != 1)}"
        self.must_prove, self.second_step = await self._proof()

    @rx.event
    @requires(Permission.PEOPLE_READ)
    async def shut(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the question."""
        if not is_open:
            self.asking = ""

    @rx.event
    @requires(Permission.PEOPLE_READ)
    async def forget_one_time(self) -> None:
        """Take the one-time password from the screen, for good."""
        self.one_time, self.one_time_of = "", ""

    @rx.event
    @requires(Permission.PEOPLE_WRITE)
    async def add(self, form: dict[str, str]) -> None:
        """Let somebody in."""
        self.name_error, self.problem = "", None
        try:
            found, one_time = await registry.services().people.add(
                self._actor, form.get("username", ""), _role(form)
            )
        except Invalid as error:
            self.name_error = error.detail
        except InspectorError as error:
            self._refuse(error)
        else:
            self.asking = ""
            self._tell_once(found, one_time)
            await self._read()

    @rx.event
    @requires(Permission.PEOPLE_WRITE)
    async def answer(self, form: dict[str, str]) -> None:
        """Do what the open question asks, to the person who is opened."""
        self.reason_error, self.problem = "", None
        try:
            told = await self._do(form)
        except Invalid as error:
            self.reason_error = error.detail
        except InspectorError as error:
            self._refuse(error)
        else:
            self.asking = ""
            await self._read()
            self.notice = Notice("completed", told, "")

    async def _do(self, form: dict[str, str]) -> str:
        desk, actor, row = registry.services().people, self._actor, self.opened
        if row is None:
            raise no_such_person()
        change = Change(_person(row.ident), row.version, form.get("reason", ""))
        match self.asking:
            case "role":
                await desk.change_role(actor, change, _role(form))
            case "end":
                await desk.end_session(actor, change, _session(self.asked_session))
            case "reset":
                self._tell_once(*await desk.reset(actor, change))
            case _:
                deeds = {
                    "remove": desk.remove,
                    "disable": desk.disable,
                    "enable": desk.enable,
                    "sign_out": desk.sign_out,
                }
                if self.asking not in deeds:
                    raise Invalid("Choose what is to be done.", field="reason")
                await deeds[self.asking](actor, change)
        return f"{row.username} {_TOLD[self.asking]}."

    def _tell_once(self, found: Colleague, one_time: str) -> None:
        self.one_time, self.one_time_of = one_time, found.person.username
        self.one_time_until = milliseconds(found.person.one_time_until)

    def _refuse(self, error: InspectorError) -> None:
        self.must_prove = isinstance(error, ProofRequired)
        self.problem = Notice("failed", error.title, error.detail, error.hint)

    async def _read(self) -> None:
        desk, actor = registry.services().people, self._actor
        found, more = await desk.page(actor, after=self._parameter("after"), limit=PAGE_SIZE)
        names = await self._names_of_providers()
        self.rows = [self._row(each, names) for each in found]
        wanted = self._parameter("person")
        self.opened, self.sessions = None, []
        if wanted and (opened := await self._opened(wanted)) is not None:
            self.opened = self._row(opened, names)
            if not opened.shared:
                self.sessions = [
                    signed_in(each, actor.session, names)
                    for each in await desk.sessions(actor, opened.person.id)
                ]
        self.plain_href = routes.people(self.tenant)
        self.next_href = routes.people(self.tenant, after=more) if more else ""
        self.ready = True

    async def _opened(self, wanted: str) -> Colleague | None:
        shown = next((row for row in self.rows if row.ident == wanted), None)
        try:
            return await registry.services().people.one(self._actor, _person(wanted))
        except InspectorError as error:
            if shown is None and self.notice is None and not self.asking:
                self._show(error)
            return None

    def _row(self, each: Colleague, names: Mapping[str, str]) -> PersonRow:
        ident, person = str(each.person.id), each.person
        return PersonRow(
            ident=ident,
            username=person.username,
            role=each.role.value,
            version=each.version,
            state=each.state(now()).value,
            shared=each.shared,
            second_step=each.second_step,
            one_time_until=milliseconds(person.one_time_until),
            provider=names.get(each.provider, each.provider),
            signed_in=milliseconds(each.signed_in_at),
            seen=milliseconds(each.seen_at),
            sessions=each.live_sessions,
            myself=person.id == self._actor.person,
            by_hand=each.by_hand.value if each.by_hand else "",
            mapped=[f"{one.role}, for the group {one.group}" for one in each.mapped],
            href=routes.people(self.tenant, after=self._parameter("after"), person=ident),
        )


def _role(form: dict[str, str]) -> Role:
    wanted = form.get("role", "")
    if wanted not in set(Role):
        raise Invalid("Choose a role.", field="role")
    return Role(wanted)


def _person(text: str) -> PersonId:
    try:
        return PersonId(UUID(text))
    except ValueError:
        raise no_such_person() from None


def _session(text: str) -> SessionId:
    try:
        return SessionId(UUID(text))
    except ValueError:
        raise Invalid("Choose a session.", field="session") from None

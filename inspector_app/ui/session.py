"""The State that holds the session and what it may do; every feature's State is its child."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

import orjson
import reflex as rx
from reflex_base.registry import RegistrationContext
from starlette.requests import cookie_parser

from inspector_app.domain.errors import (
    InspectorError,
    Invalid,
    SignInRequired,
    StorageUnavailable,
    SwitchedOff,
    Unreachable,
)
from inspector_app.domain.identity import LOCAL, Actor, ActorKind
from inspector_app.domain.ids import RequestId
from inspector_app.domain.permissions import HELD
from inspector_app.services import registry
from inspector_app.settings import load_settings
from inspector_app.ui import routes

T = TypeVar("T")
SESSION_COOKIE = "inspector_session"
NOTICE_COOKIE = "inspector_notice"
_TONES = {"completed", "drift", "failed"}
"""What the last HTTP form answered: base64url JSON, kept for one page."""


@dataclass(frozen=True)
class Place:
    """A namespace or tenant one can switch to."""

    slug: str
    name: str
    detail: str
    href: str


@dataclass(frozen=True)
class Notice:
    """What the reader should know, where they look. `tone` is one of theme.TONES."""

    tone: str
    title: str
    text: str
    hint: str = ""


@dataclass(frozen=True)
class Outage:
    """A server that does not answer; times in epoch milliseconds."""

    title: str
    text: str
    address: str
    since: int
    next_try: int


ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS, name="anonymous", address="", request_id=RequestId(""))


def milliseconds(at: datetime | None) -> int | None:
    """Epoch milliseconds: what the browser's clock counts in."""
    return None if at is None else int(at.timestamp() * 1000)


class SessionState(rx.State):
    """Who is signed in, as the middleware found out at this very event.

    Backend variables decide; the public ones only carry what a screen may show.
    """

    _owner: tuple[str, str, str] = ("", "", "")
    """Session, tenant and role this state was filled for; another owner finds it empty."""
    _actor: Actor = ANONYMOUS
    _socket: str = ""
    """The connection whose cookie named the owner; `router` names the newest one, which may be
    somebody else's with a stolen client token and no event sent yet."""
    _turn: tuple[str, str] = ("", "")
    """Names the newest loop in the background and its page: only that one goes on. Never the same
    name twice, so that a loop from before a reset finds that it is over."""

    _passing: bool = False
    """Whether the notice says what went wrong with following."""

    username: str = ""
    role: str = ""
    tenant: str = ""
    tenant_name: str = ""
    tenants: list[Place] = []
    namespace: str = ""
    namespaces: list[Place] = []
    permissions: list[str] = []
    csrf: str = ""
    proof_at: str = ""
    """The name of the provider that asks for a proof itself; "" where a form of ours does."""
    notice: Notice | None = None
    _answered: tuple[str, str] = ("", "")
    """Which answer of a form was shown last, and on which page."""
    outage: Outage | None = None
    live: bool = True
    """Whether pages follow what happens."""

    def _cookie(self, name: str) -> str | None:
        # The headers are those of the websocket's handshake; scripts cannot set HttpOnly ones.
        # Starlette's parser, as for HTTP: the standard library's stops at a cookie that it finds
        # malformed, and other apps on the same host may have set one.
        found = cookie_parser(self.router.headers.cookie)
        return found.get(load_settings().cookie_prefix + name)

    def _here(self) -> str:
        """The page's own address, to come back to."""
        url = self.router.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def _parameter(self, name: str) -> str:
        value = self.router.url.query_parameters.get(name, "")
        return value if isinstance(value, str) else ""

    def _tenant_of_page(self) -> str:
        parts = self.router.url.path.split("/")
        return parts[2] if len(parts) > 2 and parts[1] == "t" else ""  # noqa: PLR2004

    async def _identify(self, *, active: bool) -> Actor:
        """Look the session up on the server; never trust what the client says of itself."""
        return await registry.services().sessions.resolve(
            self._cookie(SESSION_COOKIE),
            tenant_slug=self._tenant_of_page(),
            address=self.router.session.client_ip,
            request_id=str(uuid4()),
            active=active,
        )

    def _take_turn(self) -> tuple[str, str]:
        """Begin a loop in the background; the one before it ends at its next step."""
        self._turn = (uuid4().hex, self.router.url.path)
        return self._turn

    def _has_turn(self, turn: tuple[str, str]) -> bool:
        """Whether a loop's page is still the one on show, and nobody began it anew."""
        return turn == (self._turn[0], self.router.url.path) and self._connected()

    def _connected(self) -> bool:
        """Whether the browser's socket that this state was filled for is still there."""
        sockets = RegistrationContext.get().app.event_namespace
        token = self.router.session.client_token
        return sockets is not None and sockets.sid_to_token.get(self._socket) == token

    async def _still_mine(self) -> bool:
        """Whether who opened this state still has their session, tenant and role.

        For background work, within `async with self`: no middleware runs between its steps.
        """
        if not self._connected():
            return False
        actor = await self._identify(active=False)
        return _owner_of(actor) == self._owner

    async def _heard(
        self, watch: AsyncIterator[T | InspectorError | None], turn: tuple[str, str]
    ) -> AsyncGenerator[T | InspectorError | None]:
        """Pass on what a watch says while the page is on show and its owner's, for a loop.

        SignInRequired is the last thing said when it is no longer. While our own database is
        away nobody can tell: the page says so, and the newest of what came is passed on after.
        """
        missed: T | InspectorError | None = None
        async for said in watch:
            async with self:
                if not self._has_turn(turn):
                    return
                mine = None
                with self._despite_outage():
                    mine = await self._still_mine()
            if mine is None:
                missed = said or missed
                continue
            if not mine:
                yield SignInRequired()
                return
            yield said or missed
            missed = None

    async def _give_to(self, actor: Actor) -> None:
        """Make `actor` the owner; what another owner left behind is reset first."""
        owner = _owner_of(actor)
        if owner != self._owner:
            self._forget()
            if actor.signed_in:
                await self._introduce(actor)
            self._owner = owner
        self._actor = actor
        self._socket = self.router.session.session_id

    def _forget(self) -> None:
        """Empty every State of this client."""
        root = self._get_root_state()
        hydrated = root.is_hydrated
        root.reset()
        root.is_hydrated = hydrated

    def _is_from_owner(self) -> bool:
        """Whether this very connection has been found to be the owner's."""
        return self._socket == self.router.session.session_id

    async def _introduce(self, actor: Actor) -> None:
        """Fill what the shell shows of a person: all of it, or nothing when it cannot be read."""
        tenancy = registry.services().tenancy
        known = not actor.must_change_password
        memberships = await tenancy.memberships(actor) if known else []
        namespaces = await tenancy.namespaces(actor) if known and actor.role else []
        self.username = actor.name
        self.role = actor.role or ""
        self.tenant = actor.tenant_slug
        self.permissions = sorted(HELD[actor.role]) if actor.role else []
        there = None
        if actor.provider != LOCAL.provider:
            there = await registry.services().provider_offers.asks_there(actor)
        self.proof_at = there.name if there else ""
        self.csrf = registry.services().sessions.csrf(self._cookie(SESSION_COOKIE) or "")
        self.tenants = [
            Place(each.tenant.slug, each.tenant.name, each.role, routes.overview(each.tenant.slug))
            for each in memberships
        ]
        self.tenant_name = next(
            (each.name for each in self.tenants if each.slug == actor.tenant_slug), ""
        )
        self.namespaces = [
            Place(
                each.slug,
                each.name,
                each.cluster.name,
                routes.workflows(actor.tenant_slug, namespace=each.slug),
            )
            for each in namespaces
        ]

    async def _proof(self) -> tuple[bool, bool]:
        """Tell whether who acts has to prove now who they are, and whether by a code.

        The second is said though no proof is due yet: one may be, when the deed is done.
        """
        by_code = (await registry.services().second_steps.of(self._actor)).on
        return self._actor.must_prove(now()), by_code

    def _opens(self) -> str:
        """Begin a page: with what the form before it answered; returns its namespace."""
        self._clear()
        self._show_last_answer()
        return self._choose_namespace()

    def _choose_namespace(self) -> str:
        """Take the namespace from the address, else the tenant's first; "" where it has none."""
        asked = self._parameter("ns")
        first = self.namespaces[0].slug if self.namespaces else ""
        self.namespace = asked or self.namespace or first
        return self.namespace

    def _show(self, error: InspectorError) -> None:
        """Turn an error into what the page says about it."""
        match error:
            case Unreachable():
                self.outage = Outage(
                    error.title,
                    error.detail,
                    error.address,
                    milliseconds(error.since) or 0,
                    milliseconds(error.next_try) or 0,
                )
            case SwitchedOff():
                self.notice = Notice("drift", error.title, error.detail, error.hint)
            case Invalid():
                self.notice = Notice("failed", error.title, error.detail, error.hint)
            case _:
                self.notice = Notice("failed", error.title, error.detail, error.hint)

    def _show_passing(self, error: InspectorError) -> None:
        """Show what went wrong with following, until it goes well again."""
        self._show(error)
        self._passing = True

    def _goes_well(self) -> None:
        """Take back what `_show_passing` said."""
        self.outage = None
        if self._passing:
            self.notice, self._passing = None, False

    async def _names_of_providers(self) -> dict[str, str]:
        """Read what to call the ways to sign in, by what a session keeps of them."""
        found = await registry.services().provider_offers.applying(self._actor, self.tenant)
        return {LOCAL.provider: "password"} | {each.key: each.name for each in found}

    def _show_last_answer(self) -> dict[str, str] | None:
        """Show what the form posted before this page answered, and return its fields."""
        raw = self._cookie(NOTICE_COOKIE)
        if not raw:
            return None
        try:
            found = orjson.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        except (binascii.Error, ValueError):
            return None
        if not isinstance(found, dict):
            return None
        page = self.router.url.path.rstrip("/")
        if self._answered[0] == raw and self._answered[1] != page:
            return None  # told on the page before
        self._answered = (raw, page)
        answer = {str(key): str(value) for key, value in found.items()}
        tone = answer.get("tone", "")
        tone = tone if tone in _TONES else "failed"
        self.notice = Notice(tone, answer.get("message", ""), "", answer.get("hint", ""))
        return answer

    @contextmanager
    def _despite_outage(self) -> Generator[None]:
        """For loops that look again: say that our own database is away, and take it back."""
        try:
            yield
        except StorageUnavailable as error:
            self._show_passing(error)
        else:
            self._storage_answers()

    def _storage_answers(self) -> None:
        """Take back what was said while our own database was away."""
        if self.notice is not None and self.notice.title == StorageUnavailable.title:
            self.notice, self._passing = None, False

    def _clear(self) -> None:
        self._passing = True
        self._goes_well()


async def beats(seconds: float) -> AsyncGenerator[None]:
    """Say nothing, again and again: a watch for what can only be looked at."""
    while True:
        await asyncio.sleep(seconds)
        yield None


def _owner_of(actor: Actor) -> tuple[str, str, str]:
    return (str(actor.session or ""), actor.tenant_slug, actor.role or "")


def now() -> datetime:
    """The time in UTC, from the wired clock."""
    return registry.services().clock().astimezone(UTC)

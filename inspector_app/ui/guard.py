"""Every public method of a State is an endpoint that any client can call by name.

So each declares the permission it needs, and this middleware, which runs before every
handler, background ones included, lets through what is declared and allowed, nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import ParamSpec, TypeVar

import reflex as rx
import structlog
from reflex.istate.proxy import StateProxy
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext
from structlog.contextvars import bind_contextvars

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import (
    InspectorError,
    PasswordChangeRequired,
    SignInRequired,
    StorageUnavailable,
)
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.session import SessionState

log = structlog.get_logger(__name__)

ASK_AGAIN = 1.0
"""Seconds until a page asks again what our own database was not there for."""
_MARK = "__inspector_declared__"
P = ParamSpec("P")
R = TypeVar("R")
Answer = rx.event.EventSpec | None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a handler declared. `passive` events (polling) never keep a session alive."""

    permission: Permission
    passive: bool = False


def requires(
    permission: Permission, *, passive: bool = False
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R | Answer]]]:
    """Declare a handler's permission; stands between `@rx.event` and the handler.

    What the handler raises as InspectorError becomes a notice on its page; a session that ended
    since the guard looked leads to sign-in.
    """

    def declare(handler: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R | Answer]]:
        if inspect.isasyncgenfunction(handler) or not inspect.iscoroutinefunction(handler):
            raise TypeError(f"{handler.__qualname__} must be a plain coroutine function")

        @functools.wraps(handler)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Answer:
            begun, outcome = perf_counter(), "done"
            try:
                return await handler(*args, **kwargs)
            except InspectorError as error:
                outcome = "refused"
                state = args[0]
                if not isinstance(state, SessionState):
                    raise
                if isinstance(state, StateProxy):  # a background handler, outside its lock
                    async with state:
                        return _answer(state, error)
                return _answer(state, error)
            except Exception:
                outcome = "failed"
                raise
            finally:
                _tell(handler.__qualname__, outcome, perf_counter() - begun, quiet=passive)

        setattr(guarded, _MARK, Declared(permission, passive))
        return guarded

    return declare


def _way_on(session: SessionState, error: InspectorError) -> rx.event.EventSpec | None:
    """Where an error is put right on another page, and leads back from."""
    match error:
        case PasswordChangeRequired():
            return rx.redirect(routes.SETUP)
        case SignInRequired():
            return rx.redirect(routes.login(session._here()))
        case _:
            return None


def _answer(session: SessionState, error: InspectorError) -> Answer:
    """Lead to where an error is put right, or show it where the reader is."""
    if (on := _way_on(session, error)) is None:
        session._show(error)
    return on


def _tell(handler: str, outcome: str, seconds: float, *, quiet: bool) -> None:
    """Count an event, and log it unless it is one that a page sends by itself."""
    registry.services().meter.event(handler, outcome, seconds)
    if not quiet:
        log.info("event", handler=handler, outcome=outcome, milliseconds=round(seconds * 1000, 1))


_OWN = Declared(Permission.PUBLIC, passive=True)
REFLEX_OWN: dict[str, Declared] = {
    # Reflex's own handlers that every page needs: they carry no data of ours before the
    # middleware has matched the state with its owner.
    "State.hydrate": _OWN,
    "State.hydrate_and_load": _OWN,
    "State.set_is_hydrated": _OWN,
    "OnLoadInternalState.on_load_internal": _OWN,
    "OnLoadInternalState.set_is_hydrated": _OWN,
    "FrontendEventExceptionState.handle_frontend_exception": _OWN,
}
"""Everything else that Reflex registers (`setvar`, `update_vars_internal`) is refused."""


def declared(name: str) -> Declared | None:
    """Return what the handler registered as `name` declared, or None: then nobody may call it."""
    registered = RegistrationContext.get().event_handlers.get(name)
    if registered is None:
        return None
    fn = registered.handler.fn
    mark = getattr(fn, _MARK, None)
    return mark if isinstance(mark, Declared) else REFLEX_OWN.get(fn.__qualname__)


class EventGuard(Middleware):
    """Looks the session up at every event, gives the state to its owner, lets in or refuses."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let `event` run, an update to refuse it (Reflex's contract)."""
        del app
        root = state._get_root_state()
        session = await root.get_state(SessionState)
        wants = declared(event.name)
        target = Target(kind="handler", id=event.name)
        try:
            actor = await session._identify(active=wants is not None and not wants.passive)
            bind_contextvars(
                request_id=actor.request_id,
                actor=str(actor.person or actor.kind),
                tenant=str(actor.tenant or ""),
            )
            await session._give_to(actor)
            permission = wants.permission if wants else Permission.OPERATOR
            await registry.services().rates.take(Kind.EVENT, actor)
            await registry.services().door.authorise(actor, permission, target)
        except InspectorError as error:
            if (on := _way_on(session, error)) is not None:
                return await self._refusal(root, on)
            if not session._is_from_owner():  # and the database does not say who it is instead
                session._forget()
            session._show(error)
            if isinstance(error, StorageUnavailable) and wants and _by_itself(event, wants):
                # Nobody will ask again by hand: the page does, until our database is back.
                await asyncio.sleep(ASK_AGAIN)
                return await self._refusal(root, Event(event.name, payload=event.payload))
            return await self._refusal(root)
        return None

    @staticmethod
    async def _refusal(root: BaseState, *events: rx.event.EventSpec | Event) -> StateUpdate:
        delta = await root._get_resolved_delta()
        root._clean()
        return StateUpdate(delta=delta, events=Event.from_event_type(list(events)))


def _by_itself(event: Event, wants: Declared) -> bool:
    """Whether a page sends this by itself: what it loads, and what it follows."""
    return wants.passive or event.name.endswith(".load")


def on_fault(exception: Exception) -> None:
    """Log what a handler did not expect: its kind and place; its message may hold a payload."""
    place = traceback.extract_tb(exception.__traceback__)[-1:]
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in place]
    log.error("event_failed", kind=type(exception).__name__, where=where)

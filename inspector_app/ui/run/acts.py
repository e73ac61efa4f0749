"""The dialogs of a run: what is asked, what was typed, and the deed itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
import reflex as rx

from inspector_app.domain.audit import REASON_MAX
from inspector_app.domain.errors import InspectorError, Invalid
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Action, Done, RunRef, Status, check_signal
from inspector_app.services import registry
from inspector_app.ui.guard import requires
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import Warned
from inspector_app.ui.session import Notice
from inspector_app.ui.theme import STATUS

_DONE = {
    Action.PAUSE: "The run is paused.",
    Action.RESUME: "The run goes on.",
    Action.SIGNAL: "The signal was sent.",
    Action.CANCEL: "Cancelling was asked for.",
    Action.TERMINATE: "The run was terminated.",
}
Act = Callable[[Actor, RunRef, str], Awaitable[Done | Warned]]


class ActState(RunState):
    """At most one dialog is open; what was typed in it stays until it closes."""

    _warned_of: tuple[str, list[object]] = ("", [])
    """The very signal the reader was warned of: sent again unchanged, it goes."""

    action: str = ""
    busy: bool = False
    problem: Notice | None = None
    reason_error: str = ""
    signal_name: str = ""
    signal_key: int = 0
    """Changes when a name is filled in for the reader, so that the field takes it."""
    name_error: str = ""
    args_error: str = ""
    warned: Warned = Warned()

    @rx.event
    @requires(Permission.RUN_READ)
    async def ask(self, action: str) -> rx.event.EventSpec | None:
        """Open the dialog for `action`; nothing is done yet."""
        self._close()
        if action not in set(Action):
            return None
        self.action = action
        asks = action == Action.SIGNAL and not self.handlers_known
        return RunState.ask_handlers if asks else None

    @rx.event
    @requires(Permission.RUN_READ)
    async def ask_signal(self, name: str) -> rx.event.EventSpec:
        """Open the signal dialog with `name` filled in: what an agent takes for a pause."""
        self._close()
        self.action, self.signal_name = Action.SIGNAL.value, name[:1000]
        self.signal_key += 1
        return RunState.ask_handlers

    @rx.event
    @requires(Permission.RUN_READ)
    async def shut(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the dialog, unless its deed is under way."""
        if not is_open and not self.busy:
            self._close()

    @rx.event
    @requires(Permission.RUN_READ)
    async def typed_reason(self, reason: str) -> None:
        """Check the reason while it is written."""
        self.reason_error = _reason_error(reason)

    @rx.event
    @requires(Permission.RUN_READ)
    async def typed_name(self, name: str) -> None:
        """A name that changed was not warned of yet."""
        self.name_error = "" if name.strip() else "Name the signal."
        # Typing is reported when it rests, so it may arrive after the warning it led to.
        if name.strip() != self._warned_of[0]:
            self.warned = Warned()

    @rx.event
    @requires(Permission.RUN_READ)
    async def typed_args(self, text: str) -> None:
        """Check the arguments while they are written."""
        arguments, self.args_error = _parse_arguments(text)
        if arguments != self._warned_of[1]:
            self.warned = Warned()

    @rx.event
    @requires(Permission.RUN_READ)
    async def take_suggestion(self) -> None:
        """Fill in the declared name that is nearest to what was typed."""
        self.signal_name, self.warned, self.name_error = self.warned.suggestion, Warned(), ""
        self.signal_key += 1

    @rx.event(background=True)
    @requires(Permission.RUN_PAUSE)
    async def pause(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Hold the run natively."""
        return await self._act(Action.PAUSE, form, registry.services().workflows.pause)

    @rx.event(background=True)
    @requires(Permission.RUN_RESUME)
    async def resume(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Let a paused run go on."""
        return await self._act(Action.RESUME, form, registry.services().workflows.resume)

    @rx.event(background=True)
    @requires(Permission.RUN_CANCEL)
    async def cancel(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Ask the run to cancel itself."""
        return await self._act(Action.CANCEL, form, registry.services().workflows.cancel)

    @rx.event(background=True)
    @requires(Permission.RUN_TERMINATE)
    async def terminate(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Stop the run at once."""
        return await self._act(Action.TERMINATE, form, registry.services().workflows.terminate)

    @rx.event(background=True)
    @requires(Permission.RUN_SIGNAL)
    async def signal(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Send a signal; one that may do harm only when it was warned of and sent again."""
        name = form.get("name", "").strip()
        arguments, args_error = _parse_arguments(form.get("args", ""))
        async with self:
            self.name_error = "" if name else "Name the signal."
            self.args_error = args_error
            force = bool(self.warned.message) and self._warned_of == (name, arguments)
            self._warned_of, known = (name, arguments), self._handlers
            if self.name_error or args_error:
                self.reason_error = _reason_error(form.get("reason", ""))
                return None

        async def send(actor: Actor, ref: RunRef, reason: str) -> Done | Warned:
            desk = registry.services().workflows
            warning = None if force else await desk.check_signal(actor, ref, name, arguments)
            if warning is not None and not warning.certain and known.known:
                # Nobody answers now (a paused run does not), but the workflow did before.
                warning = check_signal(name, len(arguments), known)
            if warning is not None and warning.certain:
                return Warned(warning.message, warning.suggestion)
            return await desk.signal(actor, ref, name, arguments, reason, force=force)

        return await self._act(Action.SIGNAL, form, send)

    def _close(self) -> None:
        self.action, self.busy, self.problem = "", False, None
        self.reason_error, self.name_error, self.args_error = "", "", ""
        self.signal_name, self.warned = "", Warned()

    async def _act(
        self, action: Action, form: dict[str, str], act: Act
    ) -> rx.event.EventSpec | None:
        """Do it outside the state's lock, then show what the server says of the run."""
        reason = form.get("reason", "")
        async with self:
            self.reason_error, self.problem = _reason_error(reason), None
            ref, actor, owner = self._ref, self._actor, self._owner
            if self.reason_error or self.busy or ref is None:
                return None
            self.busy = True
        # What is said when something nobody foresaw is raised: it is logged, and the page goes on.
        answer: Done | Warned | InspectorError = InspectorError(
            "Inspector itself failed.", hint="The audit tab says how far it came."
        )
        after: rx.event.EventSpec | None = None
        try:
            answer = await act(actor, ref, reason)
        except InspectorError as error:
            answer = error
        finally:
            async with self:
                if self._owner == owner and self._ref == ref:
                    self.busy = False
                    after = self._answer(action, answer)
        return after

    def _answer(
        self, action: Action, answer: Done | Warned | InspectorError
    ) -> rx.event.EventSpec | None:
        """Say what happened where the reader looks."""
        match answer:
            case Warned():
                self.warned = answer
                return None
            case Invalid(field="name"):
                self.name_error = answer.detail
                return None
            case Invalid(field="args"):
                self.args_error = answer.detail
                return None
            case Invalid(field="reason"):
                self.reason_error = answer.detail
                return None
            case InspectorError():
                self.problem = Notice("failed", answer.title, answer.detail, answer.hint)
                return None
            case Done():
                self._close()
                self._trail_stale = True
                self.notice = _done(action, answer)
                return RunState.follow


def _done(action: Action, done: Done) -> Notice | None:
    """What the page says of it; a pause that came undone has its own notice, with a button."""
    if done.run.pause_came_undone:
        return None
    held = action is not Action.PAUSE or done.run.status is Status.PAUSED
    return Notice(
        "completed",
        _DONE[action] if held else "The pause was asked for.",
        done.notice or f"The server reports {STATUS[done.run.status].word}.",
        " ".join(warning.message for warning in done.warnings),
    )


def _reason_error(reason: str) -> str:
    if not reason.strip():
        return "Say why: it is kept in the audit log."
    if len(reason.strip()) > REASON_MAX:
        return f"At most {REASON_MAX} characters; this has {len(reason.strip())}."
    return ""


def _parse_arguments(text: str) -> tuple[list[object], str]:
    """Read arguments: nothing, one JSON value, or an array of them; and what is wrong, or ""."""
    if not text.strip():
        return [], ""
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return [], f"This is not JSON ({place}). Text needs double quotes."
    return (value if isinstance(value, list) else [value]), ""

"""The rules, the form of one with what it does to a sample, and the question before one goes."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid, ProofRequired
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.redaction import (
    Rule,
    RuleKind,
    RuleOrder,
    no_such_rule,
    parse_rule_id,
)
from inspector_app.services import registry
from inspector_app.services.redaction import Draft, RuleChange
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import Notice, SessionState, milliseconds

SAMPLE = """{
  "customer": {"name": "Ada", "email": "ada@example.com"},
  "note": "pays by 4111 1111 1111 1111"
}"""
_FIELDS = {"name", "expression", "reason"}
_WHO = {
    Role.OBSERVER: "Observers",
    Role.DEVELOPER: "Observers, developers",
    Role.ADMIN: "Everybody",
}
_TOLD = {
    "add": "is in force: what is on show already changes with its next news.",
    "change": "is changed.",
    "remove": "is removed; what it hid shows again.",
}


@dataclass(frozen=True)
class RuleRow:
    """A rule; when it was changed in epoch milliseconds."""

    ident: str
    name: str
    kind: str
    expression: str
    up_to: str
    hidden_from: str
    version: int
    changed_by: str
    changed: int | None


class RedactionState(SessionState):
    """The tenant's rules, by name."""

    rows: list[RuleRow] = []
    here: str = ""
    """This page's own address: where a proof leads back to."""
    asking: str = ""
    """Which question is open: "add", "change", "remove", or ""."""
    chosen: RuleRow | None = None
    kind: str = RuleKind.PATH.value
    expression: str = ""
    up_to: str = Role.OBSERVER.value
    sample: str = SAMPLE
    shown: str = ""
    """The sample as `up_to` would see it."""
    wrong: dict[str, str] = {}
    """What is wrong with a field of the form, by its name."""
    form_key: int = 0
    must_prove: bool = False
    second_step: bool = False
    """Whether the admin proves by a code."""
    problem: Notice | None = None
    ready: bool = False

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def load(self) -> None:
        """List the rules."""
        self._opens()
        self.asking, self.here = "", routes.redaction(self.tenant)
        await self._read()

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def ask_rule(self, question: str, ident: str = "") -> None:
        """Open a question, about the rule `ident` if it is not about a new one."""
        self._clear()
        self.chosen = next((row for row in self.rows if row.ident == ident), None)
        known = question == "add" or (question in _TOLD and self.chosen is not None)
        self.asking = question if known else ""
        row = self.chosen
        self.kind, self.expression, self.up_to = (
            (row.kind, row.expression, row.up_to)
            if row
            else (RuleKind.PATH.value, "", Role.OBSERVER.value)
        )
        self.wrong, self.problem, self.form_key = {}, None, self.form_key + 1
        self.must_prove, self.second_step = await self._proof()
        await self._try()

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def shut_rule(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the question."""
        if not is_open:
            self.asking = ""

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def typed_kind(self, kind: str) -> None:
        """Take another kind of rule."""
        self.kind = kind if kind in set(RuleKind) else RuleKind.PATH.value
        await self._try()

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def typed_expression(self, text: str) -> None:
        """Show what the path or pattern hides in the sample while it is written."""
        self.expression = text
        await self._try()

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def typed_role(self, role: str) -> None:
        """Show the sample as another role sees it."""
        self.up_to = role if role in set(Role) else Role.OBSERVER.value
        await self._try()

    @rx.event
    @requires(Permission.REDACTION_READ)
    async def typed_sample(self, text: str) -> None:
        """Take another sample."""
        self.sample = text
        await self._try()

    @rx.event
    @requires(Permission.REDACTION_WRITE)
    async def keep_rule(self, form: dict[str, str]) -> None:
        """Do what the open question asks."""
        self.wrong, self.problem = {}, None
        try:
            name = await self._do(form)
        except Invalid as error:
            field = error.field if error.field in _FIELDS else "name"
            self.wrong = {field: f"{error.detail} {error.hint}".strip()}
        except InspectorError as error:
            self.must_prove = isinstance(error, ProofRequired)
            self.problem = Notice("failed", error.title, error.detail, error.hint)
        else:
            told, self.asking = _TOLD[self.asking], ""
            await self._read()
            self.notice = Notice("completed", f"The rule “{name}” {told}", "")

    async def _do(self, form: dict[str, str]) -> str:
        desk, actor, row = registry.services().redaction, self._actor, self.chosen
        order = self._order(form.get("name", ""))
        if self.asking == "add":
            return (await desk.add(actor, order)).name
        if row is None or self.asking not in _TOLD:
            raise no_such_rule()
        change = RuleChange(parse_rule_id(row.ident), row.version, form.get("reason", ""))
        if self.asking == "change":
            return (await desk.change(actor, change, order)).name
        await desk.remove(actor, change)
        return row.name

    def _order(self, name: str) -> RuleOrder:
        return RuleOrder(name, RuleKind(self.kind), self.expression, Role(self.up_to))

    async def _try(self) -> None:
        """Show the sample with the rule of the form; what is wrong with it stands at its field."""
        row, draft = self.chosen, None
        if self.expression:
            draft = Draft(self._order("this rule"), parse_rule_id(row.ident) if row else None)
        self.wrong = {name: said for name, said in self.wrong.items() if name != "expression"}
        try:
            self.shown = await registry.services().redaction.try_on(
                self._actor, self.sample, Role(self.up_to), draft
            )
        except Invalid as error:
            field = error.field if error.field in {"expression", "sample"} else "expression"
            self.wrong = {**self.wrong, field: f"{error.detail} {error.hint}".strip()}
            self.shown = ""

    async def _read(self) -> None:
        found = await registry.services().redaction.rules(self._actor)
        self.rows = [_row(each) for each in found]
        self.ready = True


def _row(rule: Rule) -> RuleRow:
    return RuleRow(
        ident=str(rule.id),
        name=rule.name,
        kind=rule.kind.value,
        expression=rule.expression,
        up_to=rule.up_to.value,
        hidden_from=_WHO[rule.up_to],
        version=rule.version,
        changed_by=rule.changed_by,
        changed=milliseconds(rule.changed_at),
    )

"""Redaction rules: kept by a tenant's admins, tried before they go, and made into veils."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import orjson

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import Invalid
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import RuleId, TenantId, new_id
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.redaction import (
    Rule,
    RuleKind,
    RuleOrder,
    check_order,
    check_room,
    check_version,
    digest_of,
    no_such_rule,
)
from inspector_app.domain.veils import OPEN, Veil
from inspector_app.domain.workflows import Run, RunData, RunRef
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, Patterns, Work, Workflows
from inspector_app.services.showing import show_data, show_run, written

LONGEST_SAMPLE = 64 * 1024
"""Characters of a text that rules are tried on."""
_KEPT = 256


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Which rule, as which version it was seen, and why it is changed."""

    rule: RuleId
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that is not kept yet; it stands in for `replaces`, if that is given."""

    order: RuleOrder
    replaces: RuleId | None = None


@dataclass(frozen=True, slots=True)
class SeenBy:
    """A run as a role would see it; `hidden_by` says how often each rule hid something."""

    run: Run
    data: RunData
    hidden_by: dict[str, int]


class RedactionDesk:
    """The rules, through the door, and the veils that every reading service lays over."""

    def __init__(
        self, door: Door, clock: Clock, patterns: Patterns, workflows: Workflows | None = None
    ) -> None:
        self._door = door
        self._clock = clock
        self._patterns = patterns
        self._workflows = workflows
        self._veils: OrderedDict[tuple[TenantId, str], Veil] = OrderedDict()

    async def veil(self, actor: Actor) -> Veil:
        """Read what is hidden from `actor` at this moment; nothing from Inspector itself.

        Raises:
            StorageUnavailable: The rules cannot be read; then nothing may be shown.
        """
        if actor.tenant is None:
            return OPEN
        async with self._door.enter(
            actor, Permission.PUBLIC, Target("redaction", ""), record=False
        ) as work:
            return await self.veil_within(work, actor)

    async def veil_within(self, work: Work, actor: Actor) -> Veil:
        """Read the same in the caller's transaction."""
        if actor.tenant is None:
            return OPEN
        rules = await work.rules.of(actor.tenant)
        return self._veil(actor.tenant, [rule for rule in rules if rule.hides_from(actor.role)])

    async def rules(self, actor: Actor) -> tuple[Rule, ...]:
        """List the tenant's rules, by name."""
        target = Target("redaction", "")
        async with self._door.enter(
            actor, Permission.REDACTION_READ, target, record=False
        ) as work:
            return tuple(await work.rules.of(_tenant_of(actor)))

    async def add(self, actor: Actor, order: RuleOrder) -> Rule:
        """Hide something from now on, in what is on show already at its next change.

        Raises:
            Invalid: A name, path or pattern that cannot be.
            Conflict: There are too many rules, or one of this name.
        """
        await self._door.authorise(
            actor, Permission.REDACTION_WRITE, Target("redaction", order.name)
        )
        order, now = self._checked(order), self._clock()
        rule = Rule(
            id=RuleId(new_id(now)),
            tenant=_tenant_of(actor),
            name=order.name,
            kind=order.kind,
            expression=order.expression,
            up_to=order.up_to,
            version=1,
            changed_by=actor.name,
            changed_at=now,
        )
        async with self._door.enter(
            actor,
            Permission.REDACTION_WRITE,
            Target("redaction", str(rule.id)),
            action="redaction.add",
            detail=_told(rule),
        ) as work:
            check_room(await _locked(work, rule.tenant), rule.name)
            await work.rules.add(rule)
        return rule

    async def change(self, actor: Actor, change: RuleChange, order: RuleOrder) -> Rule:
        """Replace a rule.

        Raises:
            NotFound: It is not there, or another tenant's: the same; audited.
            Invalid, Conflict: As `add`; or somebody else changed it meanwhile.
        """
        await self._door.authorise(
            actor, Permission.REDACTION_WRITE, Target("redaction", str(change.rule))
        )
        order = self._checked(order)
        found = await self._find(actor, change.rule)
        rule = replace(
            found,
            name=order.name,
            kind=order.kind,
            expression=order.expression,
            up_to=order.up_to,
            version=found.version + 1,
            changed_by=actor.name,
            changed_at=self._clock(),
        )
        detail = f"{_told(rule)}; before: {_told(found)}"
        async with self._changing(actor, change, "redaction.change", detail) as (work, rules):
            check_room(rules, rule.name, besides=rule.id)
            await work.rules.change(rule)
        return rule

    async def remove(self, actor: Actor, change: RuleChange) -> None:
        """Show again what a rule hid.

        Raises:
            NotFound: It is not there, or another tenant's: the same; audited.
            Conflict: Somebody else changed it meanwhile.
        """
        await self._door.authorise(
            actor, Permission.REDACTION_WRITE, Target("redaction", str(change.rule))
        )
        found = await self._find(actor, change.rule)
        async with self._changing(actor, change, "redaction.remove", _told(found)) as (work, _):
            await work.rules.remove(found)

    async def try_on(self, actor: Actor, sample: str, role: Role, draft: Draft | None) -> str:
        """Return a pasted text as `role` would see it as a payload, with the draft's rule, too.

        Raises:
            Invalid: A rule that cannot be, or a sample that is too long.
        """
        if len(sample) > LONGEST_SAMPLE:
            raise Invalid(f"At most {LONGEST_SAMPLE // 1024} KiB to try on.", field="sample")
        veil = await self._tried(actor, role, draft)
        try:
            given: object = orjson.loads(sample)
        except orjson.JSONDecodeError:
            return veil.text(sample)
        return written(veil.value(given))

    async def seen_by(self, actor: Actor, ref: RunRef, role: Role, draft: Draft | None) -> SeenBy:
        """Return a run as `role` would see it, with the draft's rule, too.

        Raises:
            Invalid: A rule that cannot be.
            NotFound: No such run or namespace.
        """
        veil = await self._tried(actor, role, draft)
        target = Target("run", ref.workflow_id, ref.namespace, ref.run_id)
        place = await self._door.look(actor, Permission.RUN_READ, target)
        assert self._workflows is not None
        run, data = await asyncio.gather(
            self._workflows.describe(place, ref), self._workflows.data(place, ref)
        )
        shown, told = show_run(veil, run), show_data(veil, data)
        text = repr((shown, told))
        hidden = {name: text.count(by) for name, by in veil.marks.items() if by in text}
        return SeenBy(shown, told, hidden)

    async def _tried(self, actor: Actor, role: Role, draft: Draft | None) -> Veil:
        """Make the veil of a role that is not the actor's: an admin sees no more by it.

        Whatever hides from an admin hides from every role, so trying shows nothing new.
        """
        rules = [rule for rule in await self.rules(actor) if rule.hides_from(role)]
        if draft is not None:
            order = self._checked(draft.order)
            rules = [
                rule for rule in rules if rule.id != draft.replaces or rule.hides_from(actor.role)
            ]
            tried = Rule(
                id=draft.replaces or RuleId(new_id(self._clock())),
                tenant=_tenant_of(actor),
                name=order.name,
                kind=order.kind,
                expression=order.expression,
                up_to=order.up_to,
                version=0,
                changed_by=actor.name,
                changed_at=self._clock(),
            )
            rules += [tried] if tried.hides_from(role) else []
        return Veil(rules, self._patterns.compile)

    def _veil(self, tenant: TenantId, rules: Sequence[Rule]) -> Veil:
        """Find the veil of these rules, or compile it."""
        if not rules:
            return OPEN
        key = (tenant, digest_of(rules))
        veil = self._veils.get(key)
        if veil is None:
            veil = self._veils[key] = Veil(rules, self._patterns.compile)
            if len(self._veils) > _KEPT:
                self._veils.popitem(last=False)
        self._veils.move_to_end(key)
        return veil

    def _checked(self, order: RuleOrder) -> RuleOrder:
        order = check_order(order)
        if order.kind is RuleKind.PATTERN:
            self._patterns.check(order.expression)
        return order

    async def _find(self, actor: Actor, rule: RuleId) -> Rule:
        found = next((each for each in await self.rules(actor) if each.id == rule), None)
        if found is None:
            permission, why = Permission.REDACTION_WRITE, "no such rule in the tenant"
            target = Target("redaction", str(rule))
            await self._door.refuse(actor, permission, target, permission.value, why)
            raise no_such_rule()
        return found

    @asynccontextmanager
    async def _changing(
        self, actor: Actor, change: RuleChange, action: str, detail: str
    ) -> AsyncGenerator[tuple[Work, list[Rule]]]:
        """Open the transaction of a change, of a rule that nobody else has changed meanwhile."""
        async with self._door.enter(
            actor,
            Permission.REDACTION_WRITE,
            Target("redaction", str(change.rule)),
            action=action,
            reason=check_reason(change.reason),
            detail=detail,
        ) as work:
            rules = await _locked(work, _tenant_of(actor))
            found = next((rule for rule in rules if rule.id == change.rule), None)
            if found is None:
                raise no_such_rule()
            check_version(found, change.version)
            yield work, rules


async def _locked(work: Work, tenant: TenantId) -> list[Rule]:
    """Read the rules; nobody else changes any before this transaction ends."""
    await work.colleagues.lock(tenant)
    return await work.rules.of(tenant)


def _tenant_of(actor: Actor) -> TenantId:
    assert actor.tenant is not None  # or the door had not let them in
    return actor.tenant


def _told(rule: Rule) -> str:
    return f"{rule.name!r} hides {rule.kind} {rule.expression!r} up to {rule.up_to}"

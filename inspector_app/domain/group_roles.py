"""From the groups a provider names to roles in tenants: one mapping for every kind of provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inspector_app.domain.errors import Invalid
from inspector_app.domain.permissions import Role
from inspector_app.domain.tenancy import check_slug

MOST_RULES = 500
_LONGEST = 500
_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Who is in a group that matches has at least this role in the tenant (its slug)."""

    group: str
    """A group's name; `*` stands for any characters, or none."""
    tenant: str
    role: Role


@dataclass(frozen=True, slots=True)
class GroupMapping:
    """What groups are worth.

    Attributes:
        rules: All that match count; in a tenant the highest role wins.
        required: Who is in no group that matches does not get in at all; "" asks for none.
        strict: Who gets no role by a rule does not get in, whatever role they were given by hand.
    """

    rules: tuple[GroupRule, ...] = ()
    required: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """A role that a rule gives, and the group it gives it for."""

    role: Role
    rule: GroupRule
    group: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mapping makes of somebody's groups.

    Attributes:
        roles: By tenant slug.
        refusal: Why they don't get in, or "".
    """

    roles: Mapping[str, Mapped]
    refusal: str = ""


def judge(mapping: GroupMapping, groups: Iterable[str]) -> Verdict:
    """Say which roles somebody in `groups` has, and whether they get in."""
    theirs = sorted(set(groups))
    if mapping.required and not any(matches(mapping.required, each) for each in theirs):
        return Verdict({}, f"they are not in the required group {mapping.required!r}")
    roles: dict[str, Mapped] = {}
    for rule in mapping.rules:
        group = next((each for each in theirs if matches(rule.group, each)), None)
        best = roles.get(rule.tenant)
        if group is not None and (best is None or _RANK[rule.role] > _RANK[best.role]):
            roles[rule.tenant] = Mapped(rule.role, rule, group)
    if mapping.strict and not roles:
        return Verdict({}, "none of their groups gives them a role")
    return Verdict(roles)


def highest(first: Role | None, second: Role | None) -> Role | None:
    """The higher of two roles; None is none."""
    found = [role for role in (first, second) if role is not None]
    return max(found, key=_RANK.__getitem__, default=None)


def matches(pattern: str, group: str) -> bool:
    """Tell whether `group` is what `pattern` says; linear in its length for each `*`."""
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == group
    *middle, tail = rest
    if len(group) < len(head) + len(tail) or not group.startswith(head):
        return False
    at, end = len(head), len(group) - len(tail)
    for part in middle:
        found = group.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return group.endswith(tail)


def parse_mapping(
    rules: Sequence[Mapping[str, str]], *, required: str, strict: bool, only_tenant: str = ""
) -> GroupMapping:
    """Make a mapping of plain values, as a form, a file or the API gives them.

    With `only_tenant` the provider is that tenant's own, and gives no role in another.

    Raises:
        Invalid: A rule is none, or there are too many.
    """
    if len(rules) > MOST_RULES:
        raise Invalid(f"A mapping has at most {MOST_RULES} rules.", field="rules")
    parsed = tuple(
        _parse_rule(number, rule, only_tenant) for number, rule in enumerate(rules, start=1)
    )
    if len(required) > _LONGEST:
        raise Invalid(f"A group has at most {_LONGEST} characters.", field="required")
    return GroupMapping(rules=parsed, required=required.strip(), strict=strict)


def _parse_rule(number: int, rule: Mapping[str, str], only_tenant: str) -> GroupRule:
    group, tenant = rule.get("group", "").strip(), rule.get("tenant", "").strip() or only_tenant
    where = f"rules.{number}"
    if not group or len(group) > _LONGEST:
        raise Invalid(
            f"Rule {number} names no group, or one of over {_LONGEST} characters.",
            field=where,
        )
    if only_tenant and tenant != only_tenant:
        raise Invalid(
            f"Rule {number} gives a role in {tenant!r}: a tenant's own provider gives roles in "
            f"{only_tenant!r} only.",
            field=where,
        )
    try:
        role = Role(rule.get("role", ""))
    except ValueError:
        raise Invalid(
            f"Rule {number} gives the role {rule.get('role', '')[:40]!r}; "
            f"there are {', '.join(Role)}.",
            field=where,
        ) from None
    return GroupRule(group, check_slug(tenant, field=where), role)

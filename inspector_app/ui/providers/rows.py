"""What the page of sign-in providers shows of each, and what its forms say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

from inspector_app.domain.group_roles import parse_mapping
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import (
    SETTINGS,
    ProviderKind,
    Settings,
    Shape,
    shown,
)
from inspector_app.domain.provider_walks import Walked
from inspector_app.domain.providers import Provider, ProviderOrder
from inspector_app.services.ports import ProviderUse
from inspector_app.services.provider_offers import Offered
from inspector_app.services.provider_trials import WouldBe
from inspector_app.ui import routes
from inspector_app.ui.session import milliseconds

KINDS = {
    ProviderKind.OIDC: "OpenID Connect",
    ProviderKind.OAUTH2: "OAuth 2",
    ProviderKind.SAML: "SAML",
    ProviderKind.LDAP: "LDAP",
}
SECRETS = {
    "client_secret": "Client secret",
    "bind_password": "Password of the service account",
}
"""What a form asks for; SAML's keys are made here."""
RULE_GROUP, RULE_ROLE = "rule-group-", "rule-role-"
"""Begin the names of a rule's two fields; its ident follows."""


@dataclass(frozen=True)
class ProviderRow:
    """A provider in the list; `last` in epoch milliseconds. Without `href` it is everybody's."""

    slug: str
    name: str
    kind: str
    state: str
    managed: bool
    rules: int
    people: int
    last: int | None
    version: int
    href: str
    test_href: str = ""
    """Where a test by signing in begins; "" where a form asks for a password instead."""


@dataclass(frozen=True)
class RuleRow:
    """A rule on the form; what is typed stays in the browser until it is sent."""

    ident: str
    group: str
    role: str


@dataclass(frozen=True)
class StepRow:
    """A step of a try."""

    words: str
    passed: str
    detail: str
    hint: str


@dataclass(frozen=True)
class AddressRow:
    """What is entered at the provider. `parts` make the address: a line may end after each."""

    label: str
    url: str
    parts: list[str]


@dataclass(frozen=True)
class WouldBeRow:
    """Who somebody would be: as one sentence, and the rule or refusal behind it."""

    lets_in: bool
    told: str
    why: str
    groups: list[str]


def row_of(found: Provider, use: ProviderUse | None) -> ProviderRow:
    """One of the tenant's own."""
    return ProviderRow(
        slug=found.slug,
        name=found.name,
        kind=KINDS[found.kind],
        state="on" if found.enabled else "off",
        managed=found.managed,
        rules=len(found.mapping.rules),
        people=use.people if use else 0,
        last=milliseconds(use.last) if use else None,
        version=found.version,
        href=routes.providers(found.tenant_slug, provider=found.slug),
        test_href=routes.test_elsewhere(found.kind, found.key),
    )


def everybodys(found: Offered) -> ProviderRow:
    """One of the installation's, of which a tenant is told no more than its sign-in page is."""
    kind = KINDS[found.kind]
    return ProviderRow(found.key, found.name, kind, "on", True, 0, 0, None, 0, "")


def values_of(settings: Settings | None, kind: ProviderKind) -> dict[str, str]:
    """What stands in each field of the form; of a new one its defaults. A switch is "on" or ""."""
    return {
        each.name: _text(getattr(settings, each.name) if settings else each.default)
        for each in fields(SETTINGS[kind])
    }


def ordered(
    form: Mapping[str, str], *, kind: ProviderKind, slug: str, tenant: str, rules: list[str]
) -> ProviderOrder:
    """Parse the form; `rules` are the idents of those on it, in order.

    Raises:
        Invalid: Names the field.
    """
    given = {
        each.name: _given(shown(each).shape, form.get(each.name, ""))
        for each in fields(SETTINGS[kind])
    }
    mapping = parse_mapping(
        [
            {
                "group": form.get(RULE_GROUP + each, ""),
                "role": form.get(RULE_ROLE + each, ""),
            }
            for each in rules
        ],
        required=form.get("required", ""),
        strict=bool(form.get("strict")),
        only_tenant=tenant,
    )
    asked = [name for name in SETTINGS[kind].secrets if name in SECRETS]
    return ProviderOrder(
        slug=slug,
        name=form.get("name", ""),
        settings=parse_settings(kind, given),
        mapping=mapping,
        tenant=tenant,
        secrets={name: form[name] for name in asked if form.get(name)},
        enabled=bool(form.get("enabled")),
        link_by_email=bool(form.get("link_by_email")),
    )


def address_of(label: str, url: str) -> AddressRow:
    """An address, to be broken before its slashes."""
    return AddressRow(label, url, re.findall(r"\w+://[^/]*|/[^/]*", url))


def step_of(each: Walked) -> StepRow:
    """A step as it is shown."""
    return StepRow(each.step.words, each.passed.value, each.detail, each.hint)


def would_be_of(found: WouldBe, tenant: str) -> WouldBeRow:
    """Say who somebody would be in the tenant."""
    groups = list(found.groups)
    if found.verdict.refusal:
        return WouldBeRow(False, "They would not get in", found.verdict.refusal, groups)
    mapped = found.verdict.roles.get(tenant)
    if mapped is None:
        why = "No rule names a group of theirs: they get in with a role by hand only."
        return WouldBeRow(False, "They would have no role", why, groups)
    why = f"The group {mapped.group!r} is what the rule for {mapped.rule.group!r} asks for."
    return WouldBeRow(True, f"This person would be {ROLES[mapped.role]}", why, groups)


ROLES = {Role.OBSERVER: "an observer", Role.DEVELOPER: "a developer", Role.ADMIN: "an admin"}


def _text(value: object) -> str:
    match value:
        case tuple():
            return "\n".join(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - of texts
        case bool():
            return "on" if value else ""
        case _:
            return "" if value is MISSING else str(value)


def _given(shape: Shape, text: str) -> object:
    match shape:
        case Shape.SWITCH:
            return bool(text)
        case Shape.NUMBER:
            return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else text  # noqa: PLR2004 - levels
        case _:
            return text

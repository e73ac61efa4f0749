"""The shapes of sign-in providers. Secrets come in and never go out: only their names do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Annotated, Literal

from pydantic import Field

from inspector_app.api.v1.models import Act, Model, Time
from inspector_app.domain.group_roles import MOST_RULES, GroupRule, parse_mapping
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import SETTINGS, ProviderKind
from inspector_app.domain.provider_walks import Passed, Walked
from inspector_app.domain.providers import Provider, ProviderOrder
from inspector_app.services.ports import ProviderUse
from inspector_app.services.provider_trials import Registered, WouldBe

Kind = Literal["oidc", "oauth2", "saml", "ldap"]
RoleName = Literal["observer", "developer", "admin"]
_LONGEST = 500
Value = str | bool | int | list[str]
_TOLD = " ".join(
    f"{kind.value}: {', '.join(each.name for each in fields(of))}; secret {', '.join(of.secrets)}."
    for kind, of in SETTINGS.items()
)


class GroupRuleOut(Model):
    """Who is in a group that matches (`*`: any characters) has at least the role."""

    group: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    role: RoleName

    @classmethod
    def of(cls, rule: GroupRule) -> GroupRuleOut:
        """From the domain's value."""
        return cls(group=rule.group, role=rule.role.value)


class WantedProvider(Model):
    """What a provider shall be. `secrets` that are not given stay; "" takes one away.

    Attributes:
        rules: All that match count, the highest role wins.
        required_group: Who is in none that matches does not get in; "" asks for none.
        strict: Who gets no role by a rule does not get in.
    """

    name: Annotated[str, Field(min_length=1, max_length=64, description="On the button")]
    kind: Kind
    settings: Annotated[dict[str, Value], Field(max_length=40, description=_TOLD)]
    secrets: dict[str, str] = Field(default_factory=dict, max_length=4, repr=False)
    rules: list[GroupRuleOut] = Field(default_factory=list, max_length=MOST_RULES)
    required_group: Annotated[str, Field(max_length=_LONGEST)] = ""
    strict: bool = False
    enabled: bool = True
    link_by_email: Annotated[
        bool, Field(description="A verified e-mail makes somebody who has it already")
    ] = False

    def order(self, slug: str, tenant: str) -> ProviderOrder:
        """Parse it.

        Raises:
            Invalid: Names the field.
        """
        return ProviderOrder(
            slug=slug,
            name=self.name,
            settings=parse_settings(ProviderKind(self.kind), self.settings),
            mapping=parse_mapping(
                [{"group": each.group, "role": each.role} for each in self.rules],
                required=self.required_group,
                strict=self.strict,
                only_tenant=tenant,
            ),
            tenant=tenant,
            secrets=self.secrets,
            enabled=self.enabled,
            link_by_email=self.link_by_email,
        )


class NewProvider(WantedProvider, Act):
    """A provider that is to be; `slug` is its part of addresses, for good."""

    slug: Annotated[str, Field(min_length=1, max_length=64)]


class ProviderAct(Act):
    """A change of the provider as it was seen in `version`."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class ProviderChanged(WantedProvider, ProviderAct):
    """What the provider shall be now."""


class RegisteredOut(Model):
    """An address to enter at the provider, to the letter."""

    label: str
    url: str


class ProviderOut(Model):
    """A provider. `secrets_set` names what is set; `managed` is the operator's file's.

    `people` came by it, the last one at `last_sign_in_at`.
    """

    slug: str
    key: str
    name: str
    kind: Kind
    settings: dict[str, Value]
    secrets_set: list[str]
    rules: list[GroupRuleOut]
    required_group: str
    strict: bool
    enabled: bool
    link_by_email: bool
    managed: bool
    version: int
    registered: list[RegisteredOut]
    people: int = 0
    last_sign_in_at: Time | None = None

    @classmethod
    def of(cls, found: Provider, registered: Iterable[Registered]) -> ProviderOut:
        """From the domain's value."""
        return cls(
            slug=found.slug,
            key=found.key,
            name=found.name,
            kind=found.kind.value,
            settings={
                each.name: _plain(getattr(found.settings, each.name))
                for each in fields(found.settings)
            },
            secrets_set=list(found.has),
            rules=[GroupRuleOut.of(each) for each in found.mapping.rules],
            required_group=found.mapping.required,
            strict=found.mapping.strict,
            enabled=found.enabled,
            link_by_email=found.link_by_email,
            managed=found.managed,
            version=found.version,
            registered=[RegisteredOut(label=each.label, url=each.url) for each in registered],
        )

    def used(self, use: ProviderUse | None) -> ProviderOut:
        """Say who came by it."""
        if use is None:
            return self
        return self.model_copy(update={"people": use.people, "last_sign_in_at": use.last})


class ProvidersOut(Model):
    """The tenant's own."""

    items: list[ProviderOut]
    next_page_token: str | None = None


class ProviderRemoved(Model):
    """What is left of a provider that was removed."""


class TrialStepOut(Model):
    """A step of a sign-in, and what became of it."""

    step: str
    words: str
    passed: Literal["done", "failed", "not come to", "by sign-in"]
    detail: str
    hint: str


class TrialOut(Model):
    """How far a try came; `by sign-in` are steps that only a person walks."""

    works: bool
    steps: list[TrialStepOut]

    @classmethod
    def of(cls, steps: Iterable[Walked]) -> TrialOut:
        """From the domain's values."""
        found = [
            TrialStepOut(
                step=each.step.value,
                words=each.step.words,
                passed=each.passed.value,
                detail=each.detail,
                hint=each.hint,
            )
            for each in steps
        ]
        return cls(works=all(each.passed != Passed.FAILED.value for each in found), steps=found)


class WouldBeAsked(Model):
    """Somebody's groups; or, of a directory, their name there."""

    groups: list[Annotated[str, Field(max_length=_LONGEST)]] = Field(
        default_factory=list, max_length=1000
    )
    username: Annotated[str, Field(max_length=200)] = ""


class MappedRoleOut(Model):
    """A role, and the group and rule that give it."""

    tenant: str
    role: RoleName
    group: str
    rule: str


class WouldBeOut(Model):
    """Who somebody would be; `refusal` says why they would not get in, "" that they would."""

    groups: list[str]
    roles: list[MappedRoleOut]
    refusal: str

    @classmethod
    def of(cls, found: WouldBe) -> WouldBeOut:
        """From the domain's value."""
        return cls(
            groups=list(found.groups),
            roles=[
                MappedRoleOut(
                    tenant=tenant, role=each.role.value, group=each.group, rule=each.rule.group
                )
                for tenant, each in sorted(found.verdict.roles.items())
            ],
            refusal=found.verdict.refusal,
        )


def _plain(value: Value | tuple[str, ...]) -> Value:
    return list(value) if isinstance(value, tuple) else value

"""Each setting of each kind of provider is set by a form, over the API and in the file alike."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from inspector_app import provider_file
from inspector_app.api.v1.provider_models import ProviderOut, WantedProvider
from inspector_app.domain.ids import ProviderId, new_id
from inspector_app.domain.provider_settings import SETTINGS, ProviderKind, Shape, shown
from inspector_app.domain.providers import Provider
from inspector_app.ui.providers.rows import RULE_GROUP, RULE_ROLE, SECRETS, ordered
from tests.fixtures.database import Time

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
ODD: dict[str, object] = {
    "servers": ["ldap://one.example.com", "ldaps://two.example.com:6360"],
    "people_filter": "(&(objectClass=user)(mail={username}))",
    "groups": ["https://git.example.com/teams {organization.login}/{slug}"],
    "contexts": ["urn:one", "urn:two"],
    "member_attributes": ["uniqueMember", "memberUid"],
}
"""What a setting may be where the word for its shape will not do."""
USUAL: dict[Shape, object] = {
    Shape.TEXT: "odd",
    Shape.URL: "https://odd.example.com/x",
    Shape.LINES: ["odd", "even"],
    Shape.NUMBER: 3,
    Shape.PEM: PEM,
}
RULE = {"group": "odd-*", "role": "developer"}


def odd(kind: ProviderKind) -> dict[str, object]:
    """A value for every setting, none of them the default."""
    found: dict[str, object] = {}
    for each in fields(SETTINGS[kind]):
        shape = shown(each).shape
        usual = not each.default if shape is Shape.SWITCH else USUAL[shape]
        found[each.name] = ODD.get(each.name, usual)
    return found


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def by_api(kind, wanted):
    order = WantedProvider(
        name="Odd",
        kind=kind.value,
        settings=wanted,
        secrets={},
        rules=[RULE],
        required_group="odd",
        strict=True,
        enabled=False,
        link_by_email=True,
    )
    return order.order("odd", "acme")


def by_form(kind, wanted):
    typed = {
        name: "\n".join(value)
        if isinstance(value, list)
        else ("on" if value else "")
        if isinstance(value, bool)
        else str(value)
        for name, value in wanted.items()
    }
    typed |= {"name": "Odd", "required": "odd", "strict": "on", "link_by_email": "on"}
    typed |= {f"{RULE_GROUP}1": RULE["group"], f"{RULE_ROLE}1": RULE["role"]}
    return ordered(typed, kind=kind, slug="odd", tenant="acme", rules=["1"])


def by_file(kind, wanted, folder):
    problems: list[str] = []
    table = {
        "slug": "odd",
        "name": "Odd",
        "kind": kind.value,
        "tenant": "acme",
        "required_group": "odd",
        "strict": True,
        "enabled": False,
        "link_by_email": True,
        "rule": [RULE],
        SETTINGS[kind].secrets[0]: "s3cret",
        **wanted,
    }
    (order,) = provider_file.read([table], {}, folder, problems)
    assert problems == []
    return order


@pytest.mark.parametrize("kind", ProviderKind)
def test_every_setting_of_a_kind_is_set_by_form_api_and_file_alike(kind, tmp_path):
    wanted = odd(kind)
    defaults = {each.name: each.default for each in fields(SETTINGS[kind])}
    assert all(
        defaults[name] is MISSING or plain(defaults[name]) != wanted[name] for name in wanted
    )
    orders = [by_api(kind, wanted), by_form(kind, wanted), by_file(kind, wanted, tmp_path)]
    for order in orders:
        got = {
            each.name: plain(getattr(order.settings, each.name)) for each in fields(order.settings)
        }
        assert got == wanted
        mapping = order.mapping
        (rule,) = mapping.rules
        assert (rule.group, rule.tenant, rule.role.value) == ("odd-*", "acme", "developer")
        assert (mapping.required, mapping.strict) == ("odd", True)
        assert (order.key, order.name) == ("acme.odd", "Odd")
        assert (order.enabled, order.link_by_email) == (False, True)


@pytest.mark.parametrize("kind", ProviderKind)
def test_what_is_set_reads_the_same_over_the_api_and_never_a_secret(kind):
    order = by_api(kind, odd(kind))
    provider = Provider(
        id=ProviderId(new_id(Time()())),
        tenant=None,
        tenant_slug="acme",
        slug="odd",
        name="Odd",
        settings=order.settings,
        mapping=order.mapping,
        enabled=False,
        link_by_email=True,
        version=1,
        has=SETTINGS[kind].secrets,
    )
    found = ProviderOut.of(provider, ())
    assert found.settings == odd(kind)
    assert (found.required_group, found.strict, found.link_by_email) == ("odd", True, True)
    assert found.secrets_set == list(SETTINGS[kind].secrets)


def test_a_form_asks_for_every_secret_but_the_keys_that_are_made_here():
    asked = {name for each in SETTINGS.values() for name in each.secrets} - {"sp_keys"}
    assert set(SECRETS) == asked

"""Settings of identity providers: what is accepted, and what is said of the rest."""

from __future__ import annotations

import pytest

from inspector_app.domain.errors import Invalid
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import (
    SETTINGS,
    LdapSettings,
    OidcSettings,
    ProviderKind,
    SamlSettings,
)
from inspector_app.domain.providers import check_provider_name, check_provider_slug, realm_of

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
GOOD: dict[ProviderKind, dict[str, object]] = {
    ProviderKind.OIDC: {"issuer": "https://login.example.com/realm", "client_id": "inspector"},
    ProviderKind.OAUTH2: {
        "authorize_url": "https://git.example.com/authorize",
        "token_url": "https://git.example.com/token",
        "user_url": "https://git.example.com/user",
        "client_id": "inspector",
    },
    ProviderKind.SAML: {
        "entity_id": "urn:idp",
        "sso_url": "https://idp.example.com/sso",
        "certificates": PEM,
    },
    ProviderKind.LDAP: {
        "servers": ["ldaps://ldap.internal:636"],
        "bind_dn": "uid=svc",
        "people_base": "dc=example",
    },
}


@pytest.mark.parametrize("kind", ProviderKind)
def test_what_must_be_set_is_enough_and_each_of_it_is_asked_for(kind: ProviderKind) -> None:
    good = GOOD[kind]
    assert parse_settings(kind, good).kind is kind
    for name in good:
        with pytest.raises(Invalid, match="missing") as refused:
            parse_settings(kind, {key: value for key, value in good.items() if key != name})
        assert refused.value.field == name


@pytest.mark.parametrize("kind", ProviderKind)
def test_a_setting_that_nobody_knows_is_refused(kind: ProviderKind) -> None:
    with pytest.raises(Invalid, match="no setting 'colour'"):
        parse_settings(kind, GOOD[kind] | {"colour": "red"})


def test_every_kind_has_settings_and_names_its_secrets() -> None:
    assert set(SETTINGS) == set(ProviderKind)
    assert all(each.secrets for each in SETTINGS.values())


def test_lines_come_as_a_list_or_a_text() -> None:
    for given in ("openid\n\n groups ", ["openid", "", " groups "]):
        found = parse_settings(ProviderKind.OIDC, GOOD[ProviderKind.OIDC] | {"scopes": given})
        assert isinstance(found, OidcSettings)
        assert found.scopes == ("openid", "groups")


def test_encryption_is_asked_for_and_sign_ins_from_there_are_not_taken_unless_set() -> None:
    found = parse_settings(ProviderKind.SAML, GOOD[ProviderKind.SAML])
    assert isinstance(found, SamlSettings)
    assert (found.encrypted, found.unasked) == (True, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com",
        "http://127.0.0.1.evil.test",
        "ftp://login.example.com",
        "https://",
        "https://user:pw@login.example.com",
        "https://login.example.com/#x",
        "https://login.example.com/a b",
        "https://login.example.com:99999",
        "https://[::1",
        "javascript:alert(1)",
        "//login.example.com",
        "https://lögin.example.com",
        "https://" + "a" * 3000,
    ],
)
def test_an_address_is_https(url: str) -> None:
    with pytest.raises(Invalid, match="https address") as refused:
        parse_settings(ProviderKind.OIDC, GOOD[ProviderKind.OIDC] | {"issuer": url})
    assert refused.value.field == "issuer"


@pytest.mark.parametrize("url", ["http://localhost:7510", "http://127.0.0.1:1", "http://[::1]:1"])
def test_on_this_machine_http_will_do(url: str) -> None:
    found = parse_settings(ProviderKind.OIDC, GOOD[ProviderKind.OIDC] | {"issuer": url})
    assert isinstance(found, OidcSettings)
    assert found.issuer == url


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"servers": ["ldap://ldap.internal"]}, "servers"),
        ({"servers": ["ldaps://a", "ldap://b"]}, "servers"),
        ({"servers": ["ldapi:///x"]}, "servers"),
        ({"servers": ["ldaps://u@h"]}, "servers"),
        ({"servers": ["ldaps://h/dc=example"]}, "servers"),
        ({"servers": ["ldaps://h?x"]}, "servers"),
        ({"servers": ["ldaps://h:99999"]}, "servers"),
        ({"servers": ["ldaps://[::1"]}, "servers"),
        ({"servers": ["ldaps://a b"]}, "servers"),
        ({"servers": ["https://h"]}, "servers"),
        ({"people_filter": "(uid=*)"}, "people_filter"),
        ({"people_filter": "(|(uid={username})(mail={username}))"}, "people_filter"),
        ({"people_filter": "({username}=x)"}, "people_filter"),
        ({"people_filter": "(uid=x){username}"}, "people_filter"),
        ({"id_attribute": "a)(b"}, "id_attribute"),
        ({"member_attributes": ["member", "a=*)(b"]}, "member_attributes"),
        ({"nesting": 21}, "nesting"),
        ({"nesting": "5"}, "nesting"),
        ({"start_tls": "yes"}, "start_tls"),
        ({"certificates": "-----BEGIN PRIVATE KEY-----"}, "certificates"),
        ({"certificates": PEM + "\n-----BEGIN PRIVATE KEY-----"}, "certificates"),
        ({"bind_dn": "uid=svc\nx"}, "bind_dn"),
    ],
)
def test_a_directory_is_asked_safely_or_not_at_all(change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_settings(ProviderKind.LDAP, GOOD[ProviderKind.LDAP] | change)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "people_filter",
    [
        "(uid={username})",
        "(&(objectClass=user)(sAMAccountName={username})(!(userAccountControl:1.2.3:=2)))",
        "(userPrincipalName={username}@corp.example)",
    ],
)
def test_a_filter_compares_something_with_the_name(people_filter: str) -> None:
    change: dict[str, object] = {"people_filter": people_filter}
    found = parse_settings(ProviderKind.LDAP, GOOD[ProviderKind.LDAP] | change)
    assert isinstance(found, LdapSettings)
    assert found.people_filter == people_filter


def test_start_tls_makes_ldap_safe() -> None:
    change = {"servers": "ldap://ldap.internal:389", "start_tls": True}
    found = parse_settings(ProviderKind.LDAP, GOOD[ProviderKind.LDAP] | change)
    assert isinstance(found, LdapSettings)
    assert found.servers == ("ldap://ldap.internal:389",)


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "a b"])
def test_a_scope_is_a_scope(scope: str) -> None:
    with pytest.raises(Invalid, match="no scope"):
        parse_settings(ProviderKind.OIDC, GOOD[ProviderKind.OIDC] | {"scopes": [scope]})


def test_local_is_taken_and_names_are_one_line() -> None:
    with pytest.raises(Invalid, match="local"):
        check_provider_slug("local")
    assert check_provider_slug("corp-1") == "corp-1"
    for name in ("", " ", "a\nb", "n" * 65):
        with pytest.raises(Invalid):
            check_provider_name(name)


def test_ids_that_a_directory_makes_up_itself_are_nobody_elses_and_others_are_below_a_base() -> (
    None
):
    def realm(**change: object) -> str:
        return realm_of(parse_settings(ProviderKind.LDAP, GOOD[ProviderKind.LDAP] | change))

    moved: dict[str, object] = {"people_base": "dc=elsewhere"}
    assert realm() == realm(**moved) == realm(id_attribute="objectGUID")
    assert realm(id_attribute="uid") != realm(id_attribute="uid", **moved)


@pytest.mark.parametrize("bad", ["mfa", "urn:a b", "urn:ä", "https://x\x01", ":x", "urn:"])
def test_a_context_is_a_uri(bad: str) -> None:
    good = ("urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken", "https://refeds.org/mfa")
    raw = GOOD[ProviderKind.SAML]
    found = parse_settings(ProviderKind.SAML, raw | {"contexts": "\n".join(good)})
    assert isinstance(found, SamlSettings)
    assert found.contexts == good
    with pytest.raises(Invalid, match="AuthnContextClassRef") as refused:
        parse_settings(ProviderKind.SAML, raw | {"contexts": [good[0], bad]})
    assert refused.value.field == "contexts"


@pytest.mark.parametrize(
    "line",
    [
        "https://git.example.com/orgs",
        "https://git.example.com/orgs {login}",
        "https://git.example.com/teams {organization.login}/{slug}",
        "http://localhost:9000/teams team {id}",
    ],
)
def test_groups_are_an_address_and_what_to_make_of_an_entry(line: str) -> None:
    raw = GOOD[ProviderKind.OAUTH2]
    assert parse_settings(ProviderKind.OAUTH2, raw | {"groups": [line]})


@pytest.mark.parametrize(
    "line",
    [
        "teams {slug}",
        "http://git.example.com/teams {slug}",
        "https://a:b@git.example.com/teams {slug}",
        "ftp://git.example.com/teams {slug}",
        "https://git.example.com/teams {slug",
        "https://git.example.com/teams slug}",
        "https://git.example.com/teams {}",
        "https://git.example.com/teams {slug!r}",
        "https://git.example.com/teams {slug:>9}",
        "https://git.example.com/teams everybody",
    ],
)
def test_groups_that_could_not_be_read_are_refused_before_anybody_signs_in(line: str) -> None:
    raw = GOOD[ProviderKind.OAUTH2]
    with pytest.raises(Invalid) as refused:
        parse_settings(ProviderKind.OAUTH2, raw | {"groups": [line]})
    assert refused.value.field == "groups"


@pytest.mark.parametrize(
    ("kind", "field"),
    [(ProviderKind.OAUTH2, "subject_field"), (ProviderKind.SAML, "id_attribute")],
)
def test_people_are_others_once_something_else_names_them(kind: ProviderKind, field: str) -> None:
    """A user name of digits would else be whoever has that number for an id."""
    one, other = (parse_settings(kind, GOOD[kind] | {field: each}) for each in ("login", "uid"))
    assert len({realm_of(each) for each in (one, other, parse_settings(kind, GOOD[kind]))}) == 3

"""Sign-in providers in the operator's file: what is read, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import LdapSettings, OidcSettings
from inspector_app.settings import SettingsError, read_settings, unknown_names

CORP = """
[[provider]]
slug = "corp"
name = "Example Corp"
kind = "oidc"
issuer = "https://login.example.com/realms/staff"
client_id = "inspector"
scopes = ["openid", "groups"]
required_group = "staff"
"""
RULE = """
[[provider.rule]]
group = "platform-*"
tenant = "acme"
role = "developer"
"""
AD = """
[[provider]]
slug = "ad"
name = "Directory"
kind = "ldap"
tenant = "acme"
servers = ["ldaps://ad.example.com:636"]
bind_dn = "cn=inspector"
people_base = "ou=people"
bind_password_file = "ad.secret"
nesting = 3

[[provider.rule]]
group = "admins"
role = "admin"
"""
SAML = """
[[provider]]
slug = "idp"
name = "IdP"
kind = "saml"
entity_id = "https://idp.example.com"
sso_url = "https://idp.example.com/sso"
certificates = "-----BEGIN CERTIFICATE-----\\nMA==\\n-----END CERTIFICATE-----"
"""


@pytest.fixture
def written(tmp_path):
    """Write the file; returns what is read of it, or the lines that say what is wrong."""

    def write(text, **environ):
        (tmp_path / "inspector.toml").write_text(text)
        (tmp_path / "ad.secret").write_text("s3cret\n")
        (tmp_path / "corp.secret").write_text("from a file\n")
        try:
            return read_settings(environ, tmp_path).providers
        except SettingsError as error:
            return error.problems

    return write


def test_tables_are_read_with_their_rules_and_secrets(written):
    corp, ad = written(CORP + RULE + AD)
    assert isinstance(corp.settings, OidcSettings)
    assert (corp.key, corp.enabled, corp.settings.scopes) == ("corp", True, ("openid", "groups"))
    (rule,) = corp.mapping.rules
    assert (rule.group, rule.tenant, rule.role) == ("platform-*", "acme", Role.DEVELOPER)
    assert corp.mapping.required == "staff"
    assert isinstance(ad.settings, LdapSettings)
    assert (ad.key, ad.settings.nesting) == ("acme.ad", 3)
    assert ad.mapping.rules[0].tenant == "acme", "a tenant's own needs not say so"
    assert ad.secrets == {"bind_password": "s3cret"}
    assert "s3cret" not in repr(ad)


def test_a_secret_of_the_environment_wins(written):
    name = "INSPECTOR_PROVIDER_CORP_CLIENT_SECRET"
    (corp,) = written(CORP + 'client_secret_file = "corp.secret"\n')
    assert corp.secrets == {"client_secret": "from a file"}
    (corp,) = written(CORP + 'client_secret_file = "corp.secret"\n', **{name: "typed"})
    assert corp.secrets == {"client_secret": "typed"}
    (corp,) = written(CORP, **{f"{name}_FILE": "corp.secret"})
    assert corp.secrets == {"client_secret": "from a file"}
    assert unknown_names({name: "typed"}) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            CORP.replace("issuer", "isuer"),
            "provider 1 in inspector.toml (corp), isuer: There is no such setting (there are",
        ),
        (
            CORP.replace('issuer = "https', 'issuer = "http'),
            "provider 1 in inspector.toml (corp), issuer: Issuer is an https address",
        ),
        (CORP.replace("oidc", "oicd"), "provider 1 in inspector.toml (corp), kind: It must be"),
        (CORP + CORP, "provider 2 in inspector.toml (corp), slug: There is a provider 'corp'"),
        (
            CORP + RULE.replace("developer", "owner"),
            "provider 1 in inspector.toml (corp), rules.1: Rule 1 gives the role 'owner'",
        ),
        (
            CORP + 'client_secret_file = "nowhere"\n',
            "provider 1 in inspector.toml (corp), client_secret_file: 'nowhere' cannot be read.",
        ),
        (
            AD + RULE.replace("acme", "other"),
            "provider 1 in inspector.toml (ad), rules.2: Rule 2 gives a role in 'other'",
        ),
        (CORP + 'enabled = "yes"\n', "provider 1 in inspector.toml (corp), enabled: It must be"),
        (SAML, "provider 1 in inspector.toml (idp), sp_keys: Our private key"),
        ("[provider]\nslug = 'corp'\n", "provider in inspector.toml: it must be tables"),
        ("provider = [1]\n", "provider 1 in inspector.toml: it must be a table"),
    ],
)
def test_a_wrong_file_stops_the_start_with_one_sentence_naming_the_place(written, text, line):
    (problem,) = written(text)
    assert problem.startswith(line)
    assert "s3cret" not in problem


def test_a_secret_for_nobody_is_a_slip(written):
    (problem,) = written(CORP, INSPECTOR_PROVIDER_CROP_CLIENT_SECRET="typed")
    assert problem == (
        "INSPECTOR_PROVIDER_CROP_CLIENT_SECRET: no provider in inspector.toml has this secret."
    )


def test_a_secret_in_two_places_is_refused(written):
    both = CORP + 'client_secret = "typed"\nclient_secret_file = "corp.secret"\n'
    (problem,) = written(both)
    assert "client_secret and client_secret_file are both set: keep one." in problem

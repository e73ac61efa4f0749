"""Sign-in providers as the operator's file sets them: one `[[provider]]` table each.

[[provider]]
slug = "corp"
name = "Example Corp"
kind = "oidc"
issuer = "https://login.example.com/realms/staff"
client_id = "inspector"
client_secret_file = "/run/secrets/corp"

[[provider.rule]]
group = "platform-*"
tenant = "acme"
role = "developer"
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final, cast

from inspector_app.domain.errors import Invalid
from inspector_app.domain.group_roles import GroupMapping, parse_mapping
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import SETTINGS, ProviderKind, Settings
from inspector_app.domain.providers import (
    ProviderOrder,
    check_provider_name,
    check_provider_slug,
    check_secrets,
    check_within,
    key_of,
)
from inspector_app.domain.tenancy import check_slug

PREFIX: Final = "INSPECTOR_PROVIDER_"
"""Begins the names of variables that hold a provider's secret."""
_TEXTS = ("slug", "name", "kind", "tenant", "required_group")
_SWITCHES = {"enabled": True, "link_by_email": False, "strict": False}
Table = Mapping[str, object]


def variable_of(key: str, secret: str) -> str:
    """Name the variable of a secret: INSPECTOR_PROVIDER_ACME_CORP_CLIENT_SECRET."""
    plain = key.replace(".", "_").replace("-", "_")
    return f"{PREFIX}{plain}_{secret}".upper()


def read(
    found: object, environ: Mapping[str, str], folder: Path, problems: list[str]
) -> tuple[ProviderOrder, ...]:
    """Parse the tables; what is wrong with one is added to `problems`, a line each.

    Paths are relative to `folder`. Of a secret there is `…_file` or the secret itself in the
    table, or a variable (`variable_of`, or that with `_FILE`), which wins.
    """
    if not isinstance(found, list):
        problems.append("provider in inspector.toml: it must be tables, written [[provider]].")
        return ()
    read_names: set[str] = set()
    orders: dict[str, ProviderOrder] = {}
    for number, table in enumerate(cast("list[object]", found), start=1):
        where = f"provider {number} in inspector.toml"
        if not isinstance(table, dict):
            problems.append(f"{where}: it must be a table, written [[provider]].")
            continue
        one = _One(cast("dict[str, object]", table), environ, folder)
        try:
            order = one.order(set(orders))
            orders[order.key] = order
        except Invalid as error:
            field = f", {error.field}" if error.field else ""
            named = f" ({one.text('slug')[:64]})" if one.text("slug") else ""
            hint = f" {error.hint}" if error.hint else ""
            problems.append(f"{where}{named}{field}: {error.detail}{hint}")
        read_names |= one.read
    problems.extend(
        f"{name}: no provider in inspector.toml has this secret."
        for name in sorted(environ)
        if name.startswith(PREFIX) and environ[name] and name not in read_names
    )
    return tuple(orders.values())


class _One:
    """One table; `read` has the names of the variables that it may have a secret in."""

    def __init__(self, table: Table, environ: Mapping[str, str], folder: Path) -> None:
        self._table = table
        self._environ = environ
        self._folder = folder
        self.read: set[str] = set()

    def text(self, name: str) -> str:
        value = self._table.get(name, "")
        return value if isinstance(value, str) else ""

    def order(self, taken: Container[str]) -> ProviderOrder:
        for name in _TEXTS:
            if not isinstance(self._table.get(name, ""), str):
                raise Invalid("It must be a text.", field=name)
        slug, tenant = check_provider_slug(self.text("slug")), self.text("tenant")
        if tenant:
            check_slug(tenant, field="tenant")
        if key_of(tenant, slug) in taken:
            raise Invalid(f"There is a provider {key_of(tenant, slug)!r} already.", field="slug")
        shape = SETTINGS[self._kind()]
        secrets = {
            name: value
            for name in shape.secrets
            if (value := self._secret(key_of(tenant, slug), name))
        }
        if shape.kind is ProviderKind.SAML and not secrets:
            raise Invalid(
                "Our private key and its certificate are missing.",
                field="sp_keys",
                hint="Give sp_keys_file: PEM, made by `openssl req -x509 -newkey rsa:3072`.",
            )
        order = ProviderOrder(
            slug=slug,
            name=check_provider_name(self.text("name")),
            settings=self._settings(shape),
            mapping=self._mapping(tenant),
            tenant=tenant,
            secrets=secrets,
            enabled=self._switch("enabled"),
            link_by_email=self._switch("link_by_email"),
        )
        check_secrets(order, None)
        check_within(order)
        return order

    def _kind(self) -> ProviderKind:
        try:
            return ProviderKind(self.text("kind"))
        except ValueError:
            raise Invalid(f"It must be one of {', '.join(ProviderKind)}.", field="kind") from None

    def _settings(self, shape: type[Settings]) -> Settings:
        ours = {*_TEXTS, *_SWITCHES, "rule"}
        ours |= {name for each in shape.secrets for name in (each, f"{each}_file")}
        if missing := [name for name in self._table if name not in ours | _named(shape)]:
            names = ", ".join(sorted(ours | _named(shape)))
            raise Invalid(f"There is no such setting (there are {names}).", field=missing[0])
        given = {name: value for name, value in self._table.items() if name not in ours}
        return parse_settings(shape.kind, given)

    def _mapping(self, tenant: str) -> GroupMapping:
        rules = self._table.get("rule", [])
        if not isinstance(rules, list):
            raise Invalid("Rules are tables, written [[provider.rule]].", field="rule")
        parsed: list[dict[str, str]] = []
        for number, each in enumerate(cast("list[object]", rules), start=1):
            where = f"rule {number}"
            if not isinstance(each, dict):
                raise Invalid("Rules are tables, written [[provider.rule]].", field=where)
            rule = cast("dict[str, object]", each)
            if set(rule) - {"group", "tenant", "role"}:
                raise Invalid("A rule has group, tenant and role only.", field=where)
            parsed.append({name: str(value) for name, value in rule.items()})
        required = self.text("required_group")
        strict = self._switch("strict")
        return parse_mapping(parsed, required=required, strict=strict, only_tenant=tenant)

    def _switch(self, name: str) -> bool:
        value = self._table.get(name, _SWITCHES[name])
        if not isinstance(value, bool):
            raise Invalid("It must be true or false.", field=name)
        return value

    def _secret(self, key: str, name: str) -> str:
        variable = variable_of(key, name)
        in_file = f"{variable}_FILE"
        self.read |= {variable, in_file}
        text, path = self._environ.get(variable, ""), self._environ.get(in_file, "")
        if text and path:
            raise Invalid(f"{variable} and {in_file} are both set: keep one.", field=name)
        if text:
            return text
        if path:
            return self._content(path, in_file)
        given, from_file = self.text(name), self.text(f"{name}_file")
        if given and from_file:
            raise Invalid(f"{name} and {name}_file are both set: keep one.", field=name)
        return self._content(from_file, f"{name}_file") if from_file else given

    def _content(self, path: str, field: str) -> str:
        try:
            content = (self._folder / path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            raise Invalid(f"{path!r} cannot be read.", field=field) from None
        if not content:
            raise Invalid(f"{path!r} is empty.", field=field)
        return content


def _named(shape: type[Settings]) -> set[str]:
    return {each.name for each in fields(shape)}

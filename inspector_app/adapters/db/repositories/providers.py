"""Sign-in providers that were set in the app."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select

from inspector_app.adapters.db.provider_tables import ProviderRow
from inspector_app.adapters.db.tables import TenantRow
from inspector_app.domain.errors import Invalid
from inspector_app.domain.group_roles import GroupMapping, parse_mapping
from inspector_app.domain.ids import ProviderId, TenantId
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import Provider
from inspector_app.services.ports import KeptProvider

log = structlog.get_logger(__name__)


class SqlProviders:
    """See ports.Providers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[KeptProvider]:
        query = (
            select(ProviderRow, TenantRow.slug)
            .outerjoin(TenantRow, col(TenantRow.id) == col(ProviderRow.tenant))
            .order_by(col(ProviderRow.key))
        )
        found: list[KeptProvider] = []
        for row, slug in await self._session.execute(query):
            try:
                found.append(_to_kept(row, slug or ""))
            except Invalid as error:
                # One that another version wrote must not shut everybody out of the others.
                log.warning("provider_left_out", provider=row.key, why=error.detail)
        return found

    async def by_key(self, key: str) -> KeptProvider | None:
        query = (
            select(ProviderRow, TenantRow.slug)
            .outerjoin(TenantRow, col(TenantRow.id) == col(ProviderRow.tenant))
            .where(ProviderRow.key == key)
        )
        found = (await self._session.execute(query)).one_or_none()
        return _to_kept(found[0], found[1] or "") if found else None

    async def hold(self, key: str, *, to_change: bool = False) -> None:
        # SQLite leaves it out, as in `colleagues.lock`.
        row = select(ProviderRow.id).where(ProviderRow.key == key)
        await self._session.execute(row.with_for_update(read=not to_change))

    async def put(self, kept: KeptProvider, now: datetime) -> None:
        provider = kept.provider
        await self._session.merge(
            ProviderRow(
                id=provider.id,
                key=provider.key,
                tenant=provider.tenant,
                slug=provider.slug,
                kind=provider.kind.value,
                name=provider.name,
                settings=json.dumps(asdict(provider.settings)),
                secrets=kept.sealed,
                has=" ".join(provider.has),
                mapping=_written(provider.mapping),
                enabled=provider.enabled,
                link_by_email=provider.link_by_email,
                version=provider.version,
                changed_at=now,
            )
        )
        await self._session.flush()

    async def remove(self, provider: ProviderId) -> None:
        await self._session.execute(delete(ProviderRow).where(col(ProviderRow.id) == provider))


def _written(mapping: GroupMapping) -> str:
    rules = [
        {"group": rule.group, "tenant": rule.tenant, "role": rule.role.value}
        for rule in mapping.rules
    ]
    return json.dumps({"rules": rules, "required": mapping.required, "strict": mapping.strict})


def _to_kept(row: ProviderRow, tenant_slug: str) -> KeptProvider:
    mapping = json.loads(row.mapping)
    provider = Provider(
        id=ProviderId(row.id),
        tenant=TenantId(row.tenant) if row.tenant else None,
        tenant_slug=tenant_slug,
        slug=row.slug,
        name=row.name,
        settings=parse_settings(ProviderKind(row.kind), json.loads(row.settings)),
        mapping=parse_mapping(
            mapping["rules"], required=mapping["required"], strict=mapping["strict"]
        ),
        enabled=row.enabled,
        link_by_email=row.link_by_email,
        version=row.version,
        has=tuple(row.has.split()),
    )
    return KeptProvider(provider, row.secrets)

"""What SAML has besides settings: a provider's metadata read, and our keys with it changed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.providers import ACTS, READS, Wanted
from inspector_app.api.v1.saml_models import DescribeAsked, DescribedOut, KeysAct, KeysOut
from inspector_app.domain.permissions import Permission
from inspector_app.domain.signing_in import KeyStep
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1/providers", tags=["providers"])

_CALLS = documented(400, 401, 403, 409, 413, 422, 502, 503)


@router.post("/describe", response_model=DescribedOut, responses=_CALLS)
@needs(Permission.PROVIDER_WRITE)
async def describe_provider(
    request: Request, actor: CurrentActor, asked: DescribeAsked, key: IdempotencyKey = ""
) -> Response:
    """Read a SAML provider's metadata into settings; nothing of it is kept."""

    async def answer() -> DescribedOut:
        found = await registry.services().saml_setup.describe(
            actor, metadata=asked.metadata, url=asked.url
        )
        return DescribedOut.of(found)

    return await once(request, actor, key, answer)


@router.get("/{provider}/keys", responses=READS)
@needs(Permission.PROVIDER_READ)
async def provider_keys(actor: CurrentActor, provider: Wanted) -> KeysOut:
    """Read which certificates of ours are in our metadata for a SAML provider."""
    services = registry.services()
    found = await services.providers.one(actor, provider)
    return KeysOut.of(await services.saml_setup.keys(actor, provider), found.version)


@router.post("/{provider}/keys", response_model=KeysOut, responses=ACTS)
@needs(Permission.PROVIDER_WRITE)
async def turn_provider_keys(
    request: Request,
    actor: CurrentActor,
    provider: Wanted,
    act: KeysAct,
    key: IdempotencyKey = "",
) -> Response:
    """Take a step of changing our keys with a SAML provider: prepare, use, drop."""

    async def answer() -> KeysOut:
        setup = registry.services().saml_setup
        turned = await setup.turn_keys(
            actor, provider, KeyStep(act.step), version=act.version, reason=act.reason
        )
        return KeysOut.of(await setup.keys(actor, provider), turned.version)

    return await once(request, actor, key, answer)

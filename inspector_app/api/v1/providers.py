"""Sign-in providers of the tenant: how its people come in who sign in elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.provider_models import (
    NewProvider,
    ProviderAct,
    ProviderChanged,
    ProviderOut,
    ProviderRemoved,
    ProvidersOut,
    TrialOut,
    WouldBeAsked,
    WouldBeOut,
)
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.providers import Provider, ProviderOrder, order_of
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1/providers", tags=["providers"])

READS = documented(401, 403, 404, 422, 502, 503)
ACTS = documented(400, 401, 403, 404, 409, 413, 422, 503)
Wanted = Annotated[
    str, Path(pattern="^[a-z0-9-]{1,64}$", description="The provider's slug in the tenant")
]
Switch = Literal["enable", "disable"]


@router.get("", responses=READS)
@needs(Permission.PROVIDER_READ)
async def list_providers(actor: CurrentActor) -> ProvidersOut:
    """List the tenant's own, by slug; the list is short."""
    found = await registry.services().providers.all(actor)
    uses = await registry.services().provider_trials.used(actor, found)
    return ProvidersOut(items=[_out(each).used(uses.get(each.key)) for each in found])


@router.get("/{provider}", responses=READS)
@needs(Permission.PROVIDER_READ)
async def one_provider(actor: CurrentActor, provider: Wanted) -> ProviderOut:
    """Read one."""
    found = await registry.services().providers.one(actor, provider)
    uses = await registry.services().provider_trials.used(actor, [found])
    return _out(found).used(uses.get(found.key))


@router.post("", response_model=ProviderOut, responses=ACTS)
@needs(Permission.PROVIDER_WRITE)
async def add_provider(
    request: Request, actor: CurrentActor, new: NewProvider, key: IdempotencyKey = ""
) -> Response:
    """Let people sign in by another provider."""
    return await _put(request, actor, key, lambda: _ordered(actor, new), None, new.reason)


@router.post("/{provider}/change", response_model=ProviderOut, responses=ACTS)
@needs(Permission.PROVIDER_WRITE)
async def change_provider(
    request: Request,
    actor: CurrentActor,
    provider: Wanted,
    new: ProviderChanged,
    key: IdempotencyKey = "",
) -> Response:
    """Replace what is set; secrets that are not given stay as they are."""

    async def ordered() -> ProviderOrder:
        await registry.services().provider_trials.check_may_set(actor, provider)
        return new.order(provider, actor.tenant_slug)

    return await _put(request, actor, key, ordered, new.version, new.reason)


def _switch(word: Switch, name: str, says: str) -> None:
    """Serve switching on, or off."""

    async def switch_provider(
        request: Request,
        actor: CurrentActor,
        provider: Wanted,
        act: ProviderAct,
        key: IdempotencyKey = "",
    ) -> Response:
        async def ordered() -> ProviderOrder:
            await registry.services().provider_trials.check_may_set(actor, provider)
            found = await registry.services().providers.one(actor, provider)
            return order_of(found, enabled=word == "enable")

        return await _put(request, actor, key, ordered, act.version, act.reason)

    router.add_api_route(
        f"/{{provider}}/{word}",
        needs(Permission.PROVIDER_WRITE)(switch_provider),
        methods=["POST"],
        name=name,
        description=says,
        response_model=ProviderOut,
        responses=ACTS,
    )


_switch("enable", "enable_provider", "Offer it on the sign-in page.")
_switch("disable", "disable_provider", "Offer it no more; the sessions it opened end.")


@router.post("/{provider}/remove", response_model=ProviderRemoved, responses=ACTS)
@needs(Permission.PROVIDER_WRITE)
async def remove_provider(
    request: Request,
    actor: CurrentActor,
    provider: Wanted,
    act: ProviderAct,
    key: IdempotencyKey = "",
) -> Response:
    """Forget it, who came by it, and the roles it gave; its sessions end."""

    async def answer() -> ProviderRemoved:
        await registry.services().providers.remove(
            actor, provider, version=act.version, reason=act.reason
        )
        return ProviderRemoved()

    return await once(request, actor, key, answer)


@router.post("/{provider}/test", response_model=TrialOut, responses=ACTS)
@needs(Permission.PROVIDER_READ)
async def try_provider(
    request: Request, actor: CurrentActor, provider: Wanted, key: IdempotencyKey = ""
) -> Response:
    """Walk what can be walked of a sign-in without a person; says which step failed, and why."""

    async def answer() -> TrialOut:
        return TrialOut.of(await registry.services().provider_trials.walk(actor, provider))

    return await once(request, actor, key, answer)


@router.post("/{provider}/would-be", response_model=WouldBeOut, responses=ACTS)
@needs(Permission.PROVIDER_READ)
async def would_be(
    request: Request,
    actor: CurrentActor,
    provider: Wanted,
    asked: WouldBeAsked,
    key: IdempotencyKey = "",
) -> Response:
    """Say who somebody would be: by their groups, or by their name in a directory."""

    async def answer() -> WouldBeOut:
        found = await registry.services().provider_trials.would_be(
            actor, provider, groups=asked.groups, username=asked.username
        )
        return WouldBeOut.of(found)

    return await once(request, actor, key, answer)


async def _ordered(actor: Actor, new: NewProvider) -> ProviderOrder:
    await registry.services().provider_trials.check_may_set(actor)
    return new.order(new.slug, actor.tenant_slug)


async def _put(
    request: Request,
    actor: Actor,
    key: str,
    ordered: Callable[[], Awaitable[ProviderOrder]],
    version: int | None,
    reason: str,
) -> Response:
    async def answer() -> ProviderOut:
        found = await registry.services().providers.put(
            actor, await ordered(), version=version, reason=reason
        )
        return _out(found)

    return await once(request, actor, key, answer)


def _out(found: Provider) -> ProviderOut:
    return ProviderOut.of(found, registry.services().provider_trials.registered(found))

"""Tokens: made, shown once, looked up at every request, revoked."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from typing import Final
from weakref import WeakValueDictionary

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import (
    Conflict,
    Invalid,
    NotFound,
    StorageUnavailable,
    TooMany,
    WrongToken,
)
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import PersonId, RequestId, TenantId, TokenId, new_id
from inspector_app.domain.limits import WRONG, place_of
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.tokens import (
    MOST_LIVE,
    Claims,
    Token,
    TokenKind,
    TokenOrder,
    check_order,
    digest,
    fits,
    lower,
    new_secret,
    parse_token,
    parse_token_id,
    written,
)
from inspector_app.services.door import Door
from inspector_app.services.jwts import JwtDesk
from inspector_app.services.ports import Clock, KnownToken, Meter, Tries, Work
from inspector_app.services.sessions import TOUCH_EVERY
from inspector_app.services.unmetered import UNMETERED

_LONGEST: Final = 4096
"""Characters of a bearer token that are looked at."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a bearer brought: `known` once it proved to hold it, `why` it opens nothing."""

    known: KnownToken | None = None
    claims: Claims | None = None
    why: str = ""


class TokenDesk:
    """Tokens, through the door. The secret itself is never stored."""

    def __init__(
        self, door: Door, clock: Clock, tries: Tries, jwts: JwtDesk, meter: Meter = UNMETERED
    ) -> None:
        self._door = door
        self._clock = clock
        self._tries = tries
        self._jwts = jwts
        self._meter = meter
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def resolve(
        self, given: str, *, tenant_slug: str, address: str, request_id: str
    ) -> Actor:
        """Find who acts with a token or a JWT, with the authority it has at this moment.

        `tenant_slug` may only repeat the token's own tenant; in another one it has no role.

        Raises:
            WrongToken: It opens nothing; audited.
            TooMany: So did many others from this address; a good one is never kept waiting.
        """
        nobody = Actor(
            ActorKind.ANONYMOUS, "anonymous", address, RequestId(request_id), provider="token"
        )
        now = self._clock()
        target = Target("token", "")
        async with self._door.enter(nobody, Permission.PUBLIC, target, record=False) as work:
            seen = await self._look_up(work, given)
        if seen.known is None or seen.why:
            await self._refuse(nobody, seen)
            raise WrongToken
        token = seen.known.token
        if token.last_used_at is None or now - token.last_used_at >= TOUCH_EVERY:
            # A database that takes no writes for now must not keep programs from reading.
            with suppress(StorageUnavailable):
                async with self._door.enter(
                    nobody, Permission.PUBLIC, target, record=False, write=True
                ) as work:
                    await work.tokens.touch(token.id, now)
        actor = _actor(nobody, seen.known, seen.claims)
        if tenant_slug and tenant_slug != actor.tenant_slug:
            return replace(actor, tenant=None, tenant_slug="", role=None)
        return actor

    async def create(self, actor: Actor, kind: TokenKind, order: TokenOrder) -> tuple[Token, str]:
        """Make a token in the actor's tenant; returns it and its text, which is shown once.

        Raises:
            Invalid: A name, life or scope that cannot be, or a role above the person's own.
            Conflict: There are too many already.
        """
        personal = kind is TokenKind.PERSONAL
        permission = Permission.TOKEN_OWN if personal else Permission.TOKEN_MANAGE
        await self._door.authorise(actor, permission, Target("token", order.name))
        assert actor.tenant is not None  # or the door had not let them in
        assert actor.role is not None
        if personal and lower(order.role, actor.role) is not order.role:
            raise Invalid(
                f"Your own role is {actor.role}: a token of yours has no more.", field="role"
            )
        person = actor.person if personal else None
        return await self._make(actor, permission, actor.tenant, person, order)

    async def create_for(
        self, actor: Actor, tenant_slug: str, order: TokenOrder
    ) -> tuple[Token, str]:
        """Make a service token of a tenant, as the operator.

        Raises:
            NotFound: No such tenant.
            Invalid: A name, life or scope that cannot be.
            Conflict: There are too many already.
        """
        target = Target("tenant", tenant_slug)
        async with self._door.enter(actor, Permission.OPERATOR, target, record=False) as work:
            tenant = await work.tenants.by_slug(tenant_slug)
        if tenant is None:
            raise NotFound(f"There is no tenant {tenant_slug!r}.", hint="inspector tenant list")
        return await self._make(actor, Permission.OPERATOR, tenant.id, None, order)

    async def _make(
        self,
        actor: Actor,
        permission: Permission,
        tenant: TenantId,
        person: PersonId | None,
        order: TokenOrder,
    ) -> tuple[Token, str]:
        kind = TokenKind.SERVICE if person is None else TokenKind.PERSONAL
        now = self._clock()
        token = Token(
            id=TokenId(new_id(now)),
            kind=kind,
            tenant=tenant,
            person=person,
            name=order.name,
            role=order.role,
            scopes=check_order(order),
            created_by=actor.name,
            created_at=now,
            expires_at=order.ends_at(now),
        )
        secret = new_secret()
        # The operator's deeds stand in the installation's chain, a person's in their tenant's.
        async with self._door.enter(
            actor,
            permission,
            Target("token", str(token.id)),
            action="token.create",
            detail=f"{kind} token {token.name!r}, {token.role}, until {token.expires_at:%F}: "
            + " ".join(sorted(token.scopes)),
        ) as work:
            if await work.tokens.live(tenant, person, now) >= MOST_LIVE:
                raise Conflict(
                    f"There are {MOST_LIVE} live tokens already.", hint="Revoke one first."
                )
            await work.tokens.add(token, digest(secret))
        return token, written(kind, token.id, secret)

    async def mine(
        self, actor: Actor, *, before: TokenId | None, limit: int
    ) -> tuple[tuple[Token, ...], TokenId | None]:
        """List the person's own tokens in their tenant, newest first, those revoked left out."""
        target = Target("token", f"of {actor.name}")
        async with self._door.enter(actor, Permission.SESSION_OWN, target, record=False) as work:
            return await _page(work, actor, actor.person, before, limit)

    async def of_tenant(
        self, actor: Actor, *, before: TokenId | None, limit: int
    ) -> tuple[tuple[Token, ...], TokenId | None]:
        """List every token of the tenant, personal ones too, those revoked left out."""
        target = Target("token", "")
        async with self._door.enter(actor, Permission.TOKEN_READ, target, record=False) as work:
            return await _page(work, actor, None, before, limit)

    async def revoke(self, actor: Actor, token: TokenId) -> Token:
        """End a token, and every JWT it was exchanged for, at its next request.

        Raises:
            Denied: It is not the person's own, or not there, and they are no admin.
            NotFound: It is not there, or another tenant's.
        """
        target = Target("token", str(token))
        async with self._door.enter(actor, Permission.SESSION_OWN, target, record=False) as work:
            found = await work.tokens.get(actor.tenant, token) if actor.tenant else None
        own = found is not None and found.person == actor.person
        permission = Permission.SESSION_OWN if own else Permission.TOKEN_MANAGE
        async with self._door.enter(
            actor,
            permission,
            target,
            action="token.revoke",
            detail=f"{found.kind} token {found.name!r}" if found else "",
        ) as work:
            if found is None:
                raise NotFound("There is no such token here.")
            now = self._clock()
            await work.tokens.revoke(token, now)
        return replace(found, revoked_at=found.revoked_at or now)

    async def _look_up(self, work: Work, given: str) -> _Seen:
        """Find what a bearer brought, and whether it opens anything now."""
        if len(given) > _LONGEST:
            return _Seen(why="too long for a token")
        claims: Claims | None = None
        if parsed := parse_token(given):
            known = await work.tokens.find(parsed[0])
            if known is None or not fits(parsed[1], known.secret_hash):
                return _Seen(why="an unknown token")
        else:
            claims, why = await self._jwts.read(work, given)
            if claims is None:
                return _Seen(why=why)
            known = await work.tokens.find(parse_token_id(claims.token))
            if known is None or not _belong(claims, known):
                return _Seen(why="a JWT whose token is another's, or gone")
        return _Seen(known, claims, self._refusal(known))

    def _refusal(self, known: KnownToken) -> str:
        if why := known.token.refusal(self._clock()):
            return why
        if known.token.person is None:
            return ""
        if known.person is None or known.person.disabled:
            return "the person's account is disabled"
        return "" if known.role else "the person no longer belongs to the tenant"

    async def _refuse(self, nobody: Actor, seen: _Seen) -> None:
        """Write down and count what opened nothing; more than a few from an address wait.

        A token that was good once says so in its tenant's chain, everything else in the
        installation's.
        """
        self._meter.refused("token")
        place = place_of(nobody.address)
        key = ("token", place)
        async with self._turns.setdefault(place, asyncio.Lock()):
            if wait := await self._tries.wait(WRONG, key):
                why = "too many wrong tokens from this address"
                target = Target("token", "")
                await self._door.refuse(nobody, Permission.PUBLIC, target, "token.use", why)
                raise TooMany(
                    f"Too many wrong tokens from your address. Wait {ceil(wait / 60)} min.",
                    retry_after=wait,
                    hint="A valid token works at once.",
                )
            await self._tries.add(WRONG, key)
            who = _actor(nobody, seen.known, seen.claims) if seen.known else nobody
            target = Target("token", str(who.token or ""))
            await self._door.note_failure(who, Permission.PUBLIC, target, "token.use", seen.why)


async def _page(
    work: Work, actor: Actor, person: PersonId | None, before: TokenId | None, limit: int
) -> tuple[tuple[Token, ...], TokenId | None]:
    if actor.tenant is None:
        return (), None
    found = await work.tokens.of(actor.tenant, person=person, before=before, limit=limit + 1)
    shown = tuple(found[:limit])
    return shown, (shown[-1].id if len(found) > limit else None)


def _belong(claims: Claims, known: KnownToken) -> bool:
    """Tell whether a JWT's subject and tenant are still its token's."""
    token = known.token
    subject = str(token.person or token.id)
    return (claims.subject, claims.tenant) == (subject, str(token.tenant))


def _actor(nobody: Actor, known: KnownToken, claims: Claims | None) -> Actor:
    """Who acts: with the token's role, the person's of now and the JWT's, whichever is least."""
    token, person = known.token, known.person
    role: Role | None = token.role
    scopes = token.scopes
    if person is not None:
        role = lower(role, known.role) if known.role else None
    if claims is not None:
        role = lower(role, claims.role) if role else None
        scopes &= claims.scopes
    return replace(
        nobody,
        kind=ActorKind.TOKEN if claims is None else ActorKind.JWT,
        name=person.username if person else token.name,
        person=token.person,
        provider=f"{token.kind} token {token.name}",
        tenant=token.tenant,
        tenant_slug=known.tenant.slug,
        role=role,
        must_change_password=person.must_change_password if person else False,
        token=token.id,
        scopes=scopes,
        behalf=person.username if person else "",
    )

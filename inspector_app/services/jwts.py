"""Short-lived JWTs that a token is exchanged for, and the keys that sign them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import cast

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict
from inspector_app.domain.identity import SYSTEM, Actor
from inspector_app.domain.ids import new_id
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tokens import JWT_LIFE, Claims, SigningKey
from inspector_app.services.door import Door
from inspector_app.services.ports import Cipher, Clock, Jwts, Work

KEY_LIFE = timedelta(days=30)
"""A signing key older than this is followed by a new one."""
_KEPT = 2
"""The current key, and the one before it: what it signed is good until it expires."""


class JwtDesk:
    """Signs and reads JWTs. A key is never cached: a rotation counts at the next request."""

    def __init__(
        self, door: Door, clock: Clock, jwts: Jwts, cipher: Cipher, public_url: str
    ) -> None:
        self._door = door
        self._clock = clock
        self._jwts = jwts
        self._cipher = cipher
        self._issuer = public_url
        self._audience = f"{public_url}/api/v1"

    async def exchange(self, actor: Actor) -> tuple[str, Claims]:
        """Sign a JWT with the authority the token has now; it ends with the token.

        Raises:
            Denied, SignInRequired: It is no token that asks: a JWT makes no other.
        """
        target = Target("token", str(actor.token or ""))
        await self._door.authorise(actor, Permission.TOKEN_EXCHANGE, target)
        assert actor.role is not None  # or the door had not let them in
        now = self._clock()
        moment = int(now.timestamp())
        claims = Claims(
            issuer=self._issuer,
            audience=self._audience,
            subject=str(actor.person or actor.token),
            tenant=str(actor.tenant),
            token=str(actor.token),
            role=actor.role,
            scopes=actor.scopes or frozenset(),
            id=str(new_id(now)),
            issued_at=moment,
            not_before=moment,
            expires_at=moment + int(JWT_LIFE.total_seconds()),
        )
        async with self._door.enter(
            actor, Permission.TOKEN_EXCHANGE, target, detail=f"JWT {claims.id}"
        ) as work:
            key, private = await self._current(work)
        return self._jwts.sign(claims, key, private), claims

    async def read(self, work: Work, text: str) -> tuple[Claims | None, str]:
        """Read a JWT; without claims the second says what is wrong with it."""
        claims = self._jwts.read(text, await work.signing_keys.newest(_KEPT))
        if claims is None:
            return None, "neither a token nor a JWT of ours"
        why = claims.refusal(issuer=self._issuer, audience=self._audience, now=self._clock())
        return (None, why) if why else (claims, "")

    async def public_keys(self) -> list[dict[str, str]]:
        """Read the JSON Web Keys that sign or signed what may still be good."""
        target = Target("key", "")
        async with self._door.enter(SYSTEM, Permission.OPERATOR, target, record=False) as work:
            found = await work.signing_keys.newest(_KEPT)
        return [cast("dict[str, str]", json.loads(key.public)) for key in found]

    async def rotate(self, actor: Actor) -> str:
        """Sign with a new key from now on; returns its id.

        What the key before signed is good until it expires; a second rotation ends it at once.
        """
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("key", ""), action="key.rotate"
        ) as work:
            key, _ = await self._fresh(work)
        return key

    async def _current(self, work: Work) -> tuple[str, str]:
        """Return the key to sign with and its private half; makes one when it is time."""
        for key in await work.signing_keys.newest(1):
            if self._clock() - key.created_at < KEY_LIFE:
                # Sealed under a secret that is no longer set: a new key costs nothing.
                with suppress(Conflict):
                    return key.id, self._cipher.unseal(key.sealed)
        return await self._fresh(work)

    async def _fresh(self, work: Work) -> tuple[str, str]:
        ident, public, private = self._jwts.new_key()
        # After the one before it, whatever the clock says: it may have been set back.
        before = [key.created_at for key in await work.signing_keys.newest(1)]
        at = max([self._clock(), *(each + timedelta(microseconds=1) for each in before)])
        key = SigningKey(ident, public, self._cipher.seal(private), at)
        await work.signing_keys.add(key, keep=_KEPT)
        return ident, private

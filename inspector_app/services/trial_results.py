"""What a test of a sign-in found: sealed, for minutes, for the session that tested, once."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import cast

from inspector_app.domain.admission import Standing
from inspector_app.domain.audit import Target
from inspector_app.domain.errors import NotFound
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.provider_walks import Passed, Walked
from inspector_app.domain.providers import Provider
from inspector_app.domain.signing_in import UNDER_WAY, Step
from inspector_app.domain.trial_sign_ins import Gets, Said, Tested, Would
from inspector_app.services.door import Door
from inspector_app.services.ports import Cipher, Clock
from inspector_app.services.providers import provider_permission

_ANY = Target("session", "")
_BYTES = 32


class TrialResults:
    """Keeps results for the page that shows them, and which SAML answers a test waits for."""

    def __init__(self, door: Door, clock: Clock, cipher: Cipher) -> None:
        self._door = door
        self._clock = clock
        self._cipher = cipher

    async def leave(self, admin: Actor, provider: Provider, tested: Tested) -> str:
        """Keep a result for the session of `admin`; returns the handle of it."""
        handle = secrets.token_urlsafe(_BYTES)
        await self._keep(admin, provider, _place(admin, handle), _written(tested))
        return handle

    async def fetch(self, admin: Actor, slug: str, handle: str) -> Tested:
        """Hand out what is under a handle, once, and to the session that tested alone.

        Raises:
            NotFound: It is another session's, was read before, or too long ago.
            Denied: The actor may not see providers any more.
        """
        target = Target("provider", slug)
        async with self._door.enter(
            admin, Permission.PROVIDER_READ, target, record=False, write=True
        ) as work:
            found = await work.taken_once.fetch(_place(admin, handle), self._clock())
        if found is None:
            raise NotFound(
                "The result of this test is not there any more.",
                hint="It is shown once, in the browser that tested. Test again.",
            )
        return _read(json.loads(self._cipher.unseal(found[1])))

    async def expect(self, admin: Actor, provider: Provider, relay: str) -> None:
        """Wait for the answer with this RelayState: it comes without a cookie."""
        await self._keep(admin, provider, _hashed(f"test {relay}"), "")

    async def expects(self, visitor: Actor, provider: Provider, relay: str) -> bool:
        """Tell, once, whether a test waits for the answer with this RelayState."""
        if not relay:
            return False
        async with self._door.enter(
            visitor, Permission.PUBLIC, _ANY, record=False, write=True
        ) as work:
            found = await work.taken_once.fetch(_hashed(f"test {relay}"), self._clock())
        return found is not None and found[0] == provider.id

    async def _keep(self, admin: Actor, provider: Provider, place: str, content: str) -> None:
        target = Target("provider", provider.key)
        permission = provider_permission(admin, Permission.PROVIDER_READ)
        async with self._door.enter(admin, permission, target, record=False, write=True) as work:
            until = self._clock() + UNDER_WAY
            await work.taken_once.leave(place, provider.id, self._cipher.seal(content), until)


def _place(admin: Actor, handle: str) -> str:
    """Where it lies: another session that has the handle finds, and takes, nothing."""
    return _hashed(f"tested {admin.session} {handle}")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(tested: Tested) -> str:
    said, would = tested.said, tested.would
    gets = would.gets if would else ()
    return json.dumps(
        [
            [[each.step, each.passed, each.detail, each.hint] for each in tested.steps],
            said and [said.subject, said.username, said.email, said.email_verified, said.groups],
            would and [would.standing, would.username, would.disabled],
            [[each.tenant, each.role, each.group, each.rule] for each in gets],
        ]
    )


def _read(content: Sequence[object]) -> Tested:
    """Read what `_written` wrote."""
    steps, said, would, gets = content
    return Tested(
        tuple(
            Walked(Step(step), Passed(passed), detail, hint)
            for step, passed, detail, hint in cast("list[list[str]]", steps)
        ),
        _said(cast("tuple[str, str, str, bool, list[str]] | None", said)),
        _would(cast("tuple[str, str, bool] | None", would), cast("list[list[str]]", gets)),
    )


def _said(found: tuple[str, str, str, bool, list[str]] | None) -> Said | None:
    if found is None:
        return None
    subject, username, email, verified, groups = found
    return Said(subject, username, email, verified, tuple(groups))


def _would(found: tuple[str, str, bool] | None, gets: list[list[str]]) -> Would | None:
    if found is None:
        return None
    standing, username, disabled = found
    roles = tuple(Gets(tenant, Role(role), group, rule) for tenant, role, group, rule in gets)
    return Would(Standing(standing), username, roles, disabled)

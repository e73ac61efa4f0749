"""The one place that authorises, opens a unit of work and audits.

Nobody else calls `Database.begin`, so nothing skips it (docs/adr). Reads pass it too,
authorised and not recorded: a page view must not cost a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inspector_app.domain.audit import Outcome, Record, Target
from inspector_app.domain.errors import (
    Denied,
    InspectorError,
    NotFound,
    PasswordChangeRequired,
    SignInRequired,
)
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.permissions import Permission, lowest_role
from inspector_app.domain.tenancy import Namespace
from inspector_app.services.ports import Clock, Database, Work

DENIAL_WINDOW = timedelta(minutes=1)
"""Further denials of one actor, address and permission within it are counted, not chained."""
_MOST_COUNTED = 10_000


@dataclass(slots=True)
class _Flood:
    since: datetime
    actor: Actor
    first: Record
    more: int = 0


class Door:
    """Lets actors in, or not, and writes down who did what."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._floods: dict[tuple[str, str, Permission], _Flood] = {}

    @asynccontextmanager
    async def enter(
        self,
        actor: Actor,
        permission: Permission,
        target: Target,
        *,
        action: str = "",
        reason: str = "",
        record: bool = True,
        write: bool = False,
    ) -> AsyncGenerator[Work]:
        """Open one transaction for `actor`; with `record`, its audit entry commits with it.

        Never await anything outside within the block. `action` defaults to the permission.
        `write` without `record` is for housekeeping that nobody asks about afterwards, such as
        a session's last use.

        Raises:
            Denied, SignInRequired, PasswordChangeRequired: Not let in; audited.
            StorageUnavailable: The database does not take it; nothing was done.
        """
        await self.authorise(actor, permission, target)
        async with self._database.begin(write=record or write) as work:
            yield work
            if record:
                entry = self._record(actor, permission, target, Outcome.DONE)
                entry = replace(entry, action=action or permission.value, reason=reason)
                await work.audit.append(actor.tenant, entry)

    @asynccontextmanager
    async def reach(
        self, actor: Actor, permission: Permission, target: Target, *, reason: str
    ) -> AsyncGenerator[Namespace]:
        """Do one thing outside: commits the intent before the block, the outcome after it.

        Yields the namespace of `target`; no transaction is open within the block.

        Raises:
            Denied, SignInRequired, PasswordChangeRequired, NotFound: Not let in; audited.
            StorageUnavailable: The intent could not be written; nothing was done.
        """
        namespace = await self.look(actor, permission, target)
        intent = replace(self._record(actor, permission, target, Outcome.INTENT), reason=reason)
        async with self._database.begin(write=True) as work:
            entry = await work.audit.append(actor.tenant, intent)
        outcome, detail = Outcome.UNKNOWN, "interrupted before the answer came"
        try:
            yield namespace
            outcome, detail = Outcome.DONE, ""
        except InspectorError as error:
            outcome, detail = Outcome.FAILED, error.title
            raise
        finally:
            closing = replace(
                intent, at=self._clock(), outcome=outcome, detail=detail, intent=entry.seq
            )
            # Shielded: a cancelled request must not leave the intent without its outcome.
            await asyncio.shield(self._append(actor, closing))

    async def look(self, actor: Actor, permission: Permission, target: Target) -> Namespace:
        """Authorise a read of the outside and find the namespace `target` names.

        Raises:
            Denied, SignInRequired, PasswordChangeRequired: Not let in; audited.
            NotFound: No such namespace, or another tenant's: nobody can tell which; audited.
        """
        await self.authorise(actor, permission, target)
        found: Namespace | None = None
        if actor.tenant is not None:
            async with self._database.begin(write=False) as work:
                found = await work.tenants.namespace(actor.tenant, target.namespace)
        if found is None:
            await self._deny(actor, permission, target, "no such namespace in the tenant")
            raise NotFound(
                f"There is no namespace {target.namespace[:80]!r} here.",
                hint="Choose one in the sidebar, or ask the operator to grant it to your tenant.",
            )
        return found

    async def authorise(self, actor: Actor, permission: Permission, target: Target) -> None:
        """Let `actor` pass or raise, with the denial audited.

        Raises:
            Denied: Signed in, but the role does not hold `permission`.
            SignInRequired: Nobody is signed in.
            PasswordChangeRequired: Only the password may be changed now.
        """
        if actor.may(permission):
            return
        if actor.kind is ActorKind.ANONYMOUS:
            await self._deny(actor, permission, target, "not signed in")
            raise SignInRequired
        if actor.must_change_password:
            await self._deny(actor, permission, target, "one-time password not changed yet")
            raise PasswordChangeRequired
        await self._deny(actor, permission, target, f"role {actor.role or 'none'} may not")
        needs = lowest_role(permission)
        who = f"The role {needs} may." if needs else "Only the operator may, on the command line."
        raise Denied(
            f"Your role, {actor.role or 'none'}, may not do this ({permission}).",
            needs=needs or "operator",
            hint=f"{who} An admin of your organisation can give it to you.",
        )

    async def _deny(self, actor: Actor, permission: Permission, target: Target, why: str) -> None:
        """Chain the first denial of a kind in a minute, count the others into the next one."""
        now = self._clock()
        key = (str(actor.person or actor.name), actor.address, permission)
        flood = self._floods.get(key)
        if flood and now - flood.since < DENIAL_WINDOW:
            flood.more += 1
            return
        record = self._record(actor, permission, target, Outcome.DENIED)
        record = replace(record, detail=why, repeated=flood.more if flood else 0)
        self._floods.pop(key, None)
        if len(self._floods) >= _MOST_COUNTED:
            await self.close()
        self._floods[key] = _Flood(now, actor, record)
        await self._append(actor, record)

    async def note_failure(
        self, actor: Actor, permission: Permission, target: Target, action: str, detail: str
    ) -> None:
        """Chain an attempt that failed before anything was done, such as a wrong password."""
        record = self._record(actor, permission, target, Outcome.FAILED)
        await self._append(actor, replace(record, action=action, detail=detail))

    async def close(self) -> None:
        """Chain the denials that were only counted so far, so that no count is lost."""
        floods, self._floods = self._floods, {}
        for flood in floods.values():
            if flood.more:
                record = replace(flood.first, at=self._clock(), repeated=flood.more)
                await self._append(flood.actor, replace(record, detail="counted denials"))

    async def _append(self, actor: Actor, record: Record) -> None:
        async with self._database.begin(write=True) as work:
            await work.audit.append(actor.tenant, record)

    def _record(
        self, actor: Actor, permission: Permission, target: Target, outcome: Outcome
    ) -> Record:
        return Record(
            at=self._clock(),
            actor_kind=actor.kind.value,
            actor_id=str(actor.person or ""),
            actor_name=actor.name,
            role=actor.role or "",
            provider=actor.provider,
            session=str(actor.session or ""),
            address=actor.address,
            permission=permission,
            action=permission.value,
            target=target,
            reason="",
            outcome=outcome,
            detail="",
            request_id=actor.request_id,
        )

"""The one place that authorises, opens a unit of work and audits.

Nobody else calls `Database.begin`, so nothing skips it (docs/adr). Reads pass it too,
authorised and not recorded: a page view must not cost a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from inspector_app.domain.audit import Outcome, Record, Target
from inspector_app.domain.errors import (
    Denied,
    InspectorError,
    NotFound,
    PasswordChangeRequired,
    ProofRequired,
    RenewalRequired,
    SignInRequired,
    StorageUnavailable,
    Unreachable,
)
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import TenantId
from inspector_app.domain.limits import place_of
from inspector_app.domain.permissions import NEEDS_PROOF, Permission, lowest_role
from inspector_app.domain.tenancy import Namespace
from inspector_app.services.floods import Due, Floods
from inspector_app.services.ports import Clock, Database, Meter, Work
from inspector_app.services.unmetered import UNMETERED

log = structlog.get_logger(__name__)

_LONGEST = 1000
"""Characters of one text in an entry; a workflow id has no more."""


class Door:
    """Lets actors in, or not, and writes down who did what."""

    def __init__(self, database: Database, clock: Clock, meter: Meter = UNMETERED) -> None:
        self._database = database
        self._clock = clock
        self._meter = meter
        self._floods = Floods()
        self._settling: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def enter(
        self,
        actor: Actor,
        permission: Permission,
        target: Target,
        *,
        action: str = "",
        reason: str = "",
        detail: str = "",
        record: bool = True,
        write: bool = False,
    ) -> AsyncGenerator[Work]:
        """Open one transaction for `actor`; with `record`, its audit entry commits with it.

        Never await anything outside within the block. `action` defaults to the permission.
        `write` without `record` is for housekeeping that nobody asks about afterwards, such as
        a session's last use.

        Raises:
            Denied, SignInRequired, PasswordChangeRequired: Not let in; audited.
            NotFound: The block found nothing of the tenant's to touch; audited as a denial.
            StorageUnavailable: The database does not take it; nothing was done.
        """
        await self.authorise(actor, permission, target)
        try:
            async with self._database.begin(write=record or write) as work:
                yield work
                if not record:
                    return
                done = replace(
                    self._record(actor, permission, target, Outcome.DONE),
                    action=action or permission.value,
                    reason=_written(reason),
                    detail=_written(detail),
                )
                await work.audit.append(actor.tenant, done)
        except NotFound as error:
            # Another tenant's, or nobody's: nobody can tell which, and either is a denial.
            if permission is not Permission.OPERATOR:
                await self._deny(actor, permission, target, error.detail)
            raise
        self._tell(actor.tenant, done)

    @asynccontextmanager
    async def reach(
        self, actor: Actor, permission: Permission, target: Target, *, reason: str
    ) -> AsyncGenerator[Namespace]:
        """Do one thing outside: commits the intent before the block, the outcome after it.

        Yields the namespace of `target`; no transaction is open within the block.

        Raises:
            Denied, SignInRequired, PasswordChangeRequired, NotFound: Not let in; audited.
            StorageUnavailable: The intent could not be written, and nothing was done; or, as
                its words say, it was done and only the outcome could not.
        """
        namespace = await self.look(actor, permission, target)
        intent = self._record(actor, permission, target, Outcome.INTENT)
        intent = replace(intent, reason=_written(reason))
        async with self._database.begin(write=True) as work:
            entry = await work.audit.append(actor.tenant, intent)
        self._tell(actor.tenant, intent)
        outcome, detail = Outcome.UNKNOWN, "interrupted before the answer came"
        try:
            yield namespace
            outcome, detail = Outcome.DONE, ""
        except Unreachable:
            detail = "the server did not answer: it may have been done"
            raise
        except InspectorError as error:
            outcome, detail = Outcome.FAILED, error.title
            raise
        finally:
            closing = replace(
                intent, at=self._clock(), outcome=outcome, detail=detail, intent=entry.seq
            )
            # Shielded: a cancelled request must not leave the intent without its outcome.
            settling = asyncio.create_task(self._settle(actor.tenant, closing))
            self._settling.add(settling)
            settling.add_done_callback(self._settling.discard)
            await asyncio.shield(settling)

    async def look(self, actor: Actor, permission: Permission, target: Target) -> Namespace:
        """Authorise a read of the outside and find the namespace `target` names.

        Raises:
            Denied, SignInRequired, PasswordChangeRequired: Not let in; audited.
            NotFound: No such namespace, or another tenant's: nobody can tell which; audited.
        """
        async with self.looking(actor, permission, target) as (found, _):
            return found

    @asynccontextmanager
    async def looking(
        self, actor: Actor, permission: Permission, target: Target
    ) -> AsyncGenerator[tuple[Namespace, Work]]:
        """Do as `look` does, and read with it what else is needed before the outside is asked."""
        await self.authorise(actor, permission, target)
        if actor.tenant is not None:
            async with self._database.begin(write=False) as work:
                found = await work.tenants.namespace(actor.tenant, target.namespace)
                if found is not None:
                    yield found, work
                    return
        await self._deny(actor, permission, target, "no such namespace in the tenant")
        raise NotFound(
            f"There is no namespace {target.namespace[:80]!r} here.",
            hint="Choose one in the sidebar, or ask the operator to grant it to your tenant.",
        )

    async def authorise(self, actor: Actor, permission: Permission, target: Target) -> None:
        """Let `actor` pass or raise, with the denial audited.

        Raises:
            Denied: Signed in, but the role does not hold `permission`.
            SignInRequired: Nobody is signed in.
            RenewalRequired: The session's token is to be renewed first.
            PasswordChangeRequired: Only the password may be changed now.
            ProofRequired: `permission` needs a password or code given lately.
        """
        if actor.may(permission):
            if permission in NEEDS_PROOF and actor.must_prove(self._clock()):
                await self._deny(actor, permission, target, "no password or code given lately")
                raise ProofRequired
            return
        if actor.must_renew:
            # No denial: the next request comes with the token it is given.
            raise RenewalRequired
        if actor.kind is ActorKind.ANONYMOUS:
            await self._deny(actor, permission, target, "not signed in")
            raise SignInRequired
        if actor.must_change_password:
            await self._deny(actor, permission, target, "one-time password not changed yet")
            raise PasswordChangeRequired
        await self._deny(actor, permission, target, f"role {actor.role or 'none'} may not")
        needs = lowest_role(permission)
        if (actor.signed_in or actor.by_token) and actor.role is None:
            raise Denied(
                "There is no such tenant here, or you do not belong to it.",
                needs=needs or "operator",
                hint="Switch to one of yours in the sidebar, or ask an admin of that tenant.",
            )
        if actor.by_token:
            raise Denied(
                f"This token, with the role {actor.role}, may not do this ({permission}).",
                needs=needs or "operator",
                hint="Its scopes were chosen when it was made; make another one if it needs more.",
            )
        who = f"The role {needs} may." if needs else "Only the operator may, on the command line."
        raise Denied(
            f"Your role, {actor.role}, may not do this ({permission}).",
            needs=needs or "operator",
            hint=f"{who} An admin of your organisation can give it to you.",
        )

    async def _deny(self, actor: Actor, permission: Permission, target: Target, why: str) -> None:
        """Chain the first denial of a kind in a minute, count the others into the next one."""
        await self.refuse(actor, permission, target, permission.value, why)

    async def refuse(
        self, actor: Actor, permission: Permission, target: Target, action: str, why: str
    ) -> None:
        """Write a denial down: the first of a kind in a minute; the others are counted."""
        record = replace(
            self._record(actor, permission, target, Outcome.DENIED), action=action, detail=why
        )
        who = str(actor.token or actor.person or actor.name)
        kind = (who, place_of(actor.address), permission.value)
        await self._chain(self._floods.see(actor.tenant, record, self._clock(), kind))

    async def note_failure(
        self, actor: Actor, permission: Permission, target: Target, action: str, detail: str
    ) -> None:
        """Chain an attempt that failed before anything was done, such as a wrong password."""
        record = self._record(actor, permission, target, Outcome.FAILED)
        record = replace(record, action=action, detail=detail)
        await self._chain(self._floods.see(actor.tenant, record, self._clock(), None))

    async def chain_counted(self) -> None:
        """Chain the refusals that were only counted and whose minute is over.

        Raises:
            StorageUnavailable: They could not be written; a later call tries again.
        """
        await self._chain(self._floods.over(self._clock()))

    async def close(self) -> None:
        """Wait for outcomes on their way, and chain all that was only counted so far.

        Raises:
            StorageUnavailable: They could not be written; a later call tries again.
        """
        if self._settling:
            await asyncio.wait(self._settling)
        await self._chain(self._floods.over(self._clock(), all_of_them=True))

    async def _chain(self, due: list[Due]) -> None:
        if not due:
            return
        try:
            await self._append(*((each.flood.chain, each.record) for each in due))
        except StorageUnavailable:
            self._floods.back(due)
            raise

    async def _settle(self, chain: TenantId | None, closing: Record) -> None:
        """Chain how an intent ended."""
        try:
            await self._append((chain, closing))
        except StorageUnavailable as error:
            raise StorageUnavailable(
                f"The action ended ({closing.outcome}), but that could not be written down.",
                hint="Look at the run before you repeat it; the audit log shows the intent.",
            ) from error

    async def _append(self, *records: tuple[TenantId | None, Record]) -> None:
        async with self._database.begin(write=True) as work:
            for chain, record in records:
                await work.audit.append(chain, record)
        for chain, record in records:
            self._tell(chain, record)

    def _tell(self, chain: TenantId | None, record: Record) -> None:
        """Count and log what is written down: by ids, without names, reasons or targets."""
        self._meter.door(record.permission, record.outcome)
        log.info(
            "audited",
            permission=record.permission.value,
            outcome=record.outcome.value,
            actor=record.actor_id or record.actor_kind,
            tenant=str(chain or ""),
            request_id=record.request_id,
        )

    def _record(
        self, actor: Actor, permission: Permission, target: Target, outcome: Outcome
    ) -> Record:
        return Record(
            at=self._clock(),
            actor_kind=actor.kind.value,
            actor_id=str(actor.person or actor.token or ""),
            actor_name=_written(actor.name),
            role=actor.role or "",
            provider=actor.provider,
            session=str(actor.session or actor.token or ""),
            address=actor.address,
            permission=permission,
            action=permission.value,
            target=Target(
                target.kind,
                _written(target.id),
                _written(target.namespace),
                _written(target.run),
            ),
            reason="",
            outcome=outcome,
            detail="",
            request_id=actor.request_id,
            behalf=actor.behalf,
        )


def _written(text: str) -> str:
    """Make a text from outside fit to be kept: no half characters, no NUL, not endless."""
    kept = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - 1] + "…"

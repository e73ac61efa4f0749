"""Lets in who signed in elsewhere: finds or makes the person, and gives roles by the mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector_app.domain.admission import (
    Identity,
    Standing,
    compared,
    email_of,
    has_place,
    linked,
    names_for,
    no_place,
)
from inspector_app.domain.group_roles import Mapped, Verdict, judge
from inspector_app.domain.identity import Person
from inspector_app.domain.ids import PersonId, TenantId, new_id
from inspector_app.domain.providers import Provider, realm_of
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from inspector_app.services.ports import Clock, Work
from inspector_app.services.provider_book import ProviderBook


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who came in; or, with a `refusal`, who did not, which takes roles by mapping away.

    Attributes:
        told: What was made of their groups, for the audit log.
        standing: What they were found to be.
    """

    person: Person | None
    told: str
    refusal: SignInFault | None = None
    standing: Standing = Standing.NOBODY


class Admission:
    """Judged at every sign-in, within the caller's transaction, which commits refusals, too."""

    def __init__(self, clock: Clock, book: ProviderBook) -> None:
        self._clock = clock
        self._book = book

    async def admit(self, work: Work, provider: Provider, claimed: Claimed) -> Admitted:
        """Say who somebody is here, with the roles that their groups give from now on.

        People are known by provider, realm and subject, so another e-mail or name changes
        nothing. Somebody new is linked by a verified e-mail only where that is switched on.

        Raises:
            SignInFault: Nobody can tell whose account it is, or it is a disabled one's.
        """
        verdict = judge(provider.mapping, claimed.groups)
        roles = await self._roles(work, provider, verdict)
        realm = realm_of(provider.settings)
        known = await work.identities.get(provider.id, realm, claimed.subject)
        told = _told(verdict)
        person = await work.people.get(known.person) if known else None
        standing = Standing.KNOWN
        if person is None:
            if verdict.refusal:
                return Admitted(None, told, SignInFault(Step.ROLES, verdict.refusal))
            person, standing = await self._link(work, provider, claimed), Standing.LINKED
            if person is not None:
                told += f"; linked to {person.username} by e-mail"
        if person is None:
            if not has_place(provider, roles.keys()):
                return Admitted(None, told, no_place())
            person, standing = await self._new(work, claimed), Standing.NEW
            told += "; a new person"
        if person.disabled:
            shut_out = SignInFault(Step.WHO, "Their account here is disabled.")
            return Admitted(person, told, shut_out, standing)
        refusal = await self._give(work, provider, person, verdict, roles)
        if refusal is not None:
            await work.provider_sessions.end(provider.key, self._clock(), subject=claimed.subject)
            return Admitted(person, told, refusal, standing)
        await work.identities.put(
            Identity(
                provider=provider.id,
                realm=realm,
                subject=claimed.subject,
                person=person.id,
                username=claimed.username,
                email=compared(claimed.email),
                email_verified=claimed.email_verified,
                signed_in_at=self._clock(),
            )
        )
        # Linked or given a place elsewhere: what they were before may have changed.
        return Admitted(await work.people.get(person.id), told, standing=standing)

    async def _give(
        self,
        work: Work,
        provider: Provider,
        person: Person,
        verdict: Verdict,
        roles: Mapping[TenantId, Mapped],
    ) -> SignInFault | None:
        """Give the roles of now and take those of before; says why they get in nowhere."""
        theirs = {each.tenant.id for each in await work.tenants.memberships(person.id)}
        for tenant in sorted(theirs | roles.keys()):
            await work.colleagues.lock(tenant)
        changed = await work.mapped_roles.set(person.id, provider.id, roles, now=self._clock())
        if provider.mapping.strict and not verdict.refusal:
            named = await self._tenants_named(work, provider)
            changed = await work.mapped_roles.drop_by_hand(person.id, named) or changed
        if changed:
            await work.sessions.make_due(person.id)
        after = {each.tenant.id for each in await work.tenants.memberships(person.id)}
        if verdict.refusal:
            return SignInFault(Step.ROLES, verdict.refusal)
        if not has_place(provider, after):
            return no_place()
        if theirs and after - theirs:
            # Whoever gave them a password in one tenant must not get into the next with it.
            await self._end_other_ways(work, person.id)
        return None

    async def _roles(
        self, work: Work, provider: Provider, verdict: Verdict
    ) -> dict[TenantId, Mapped]:
        """Find the tenants of a verdict; those that are not there any more give nothing."""
        found: dict[TenantId, Mapped] = {}
        for slug, mapped in verdict.roles.items():
            tenant = await work.tenants.by_slug(slug)
            if tenant is not None and provider.tenant in {None, tenant.id}:
                found[tenant.id] = mapped
        return found

    async def _tenants_named(self, work: Work, provider: Provider) -> list[TenantId]:
        slugs = {rule.tenant for rule in provider.mapping.rules}
        found = [await work.tenants.by_slug(slug) for slug in sorted(slugs)]
        return [each.id for each in found if each and provider.tenant in {None, each.id}]

    async def _link(self, work: Work, provider: Provider, claimed: Claimed) -> Person | None:
        """Find whom a verified e-mail means; from then on they come in by the provider alone.

        A name in a list vouches for nothing: who made the account may have a password of it.
        """
        email = email_of(claimed)
        if not provider.link_by_email or not email:
            return None
        trusted = [
            each.id
            for each in await self._book.all(work)
            if each.tenant is None or each.tenant == provider.tenant
        ]
        found = await work.identities.with_email(email, local=True, providers=trusted)
        person = linked(provider, found)
        if person is None:
            return None
        await self._end_other_ways(work, person)
        return await work.people.get(person)

    async def _new(self, work: Work, claimed: Claimed) -> Person:
        for name in names_for(claimed):
            if await work.people.by_username(name) is None:
                now = self._clock()
                person = Person(
                    PersonId(new_id(now)), name, disabled=False, must_change_password=False
                )
                await work.people.add(person, "", now)
                return person
        raise AssertionError("names do not end")

    async def _end_other_ways(self, work: Work, person: PersonId) -> None:
        """Leave them no password, no session and no token of before."""
        now = self._clock()
        await work.people.set_password(person, "", one_time_until=None)
        await work.second_factors.forget(person)
        await work.sessions.revoke_all(person, now)
        await work.tokens.revoke_all(person, now)


def _told(verdict: Verdict) -> str:
    given = [
        f"{each.role} of {tenant} by {each.group!r}" for tenant, each in verdict.roles.items()
    ]
    return ", ".join(given) or "no role by mapping"

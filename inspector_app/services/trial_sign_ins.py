"""Testing a provider by signing in: the same way as everybody's, and at its end nobody is in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from inspector_app.domain.admission import check_claimed
from inspector_app.domain.audit import Target
from inspector_app.domain.errors import SignInRequired, WrongCredentials
from inspector_app.domain.group_roles import judge
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.provider_walks import walked_by_a_person
from inspector_app.domain.providers import Provider, key_of, realm_of
from inspector_app.domain.sign_in_places import tested_path
from inspector_app.domain.signing_in import Claimed, SignInFault, SignInRefused, Step
from inspector_app.domain.trial_sign_ins import Said, Tested, Would
from inspector_app.services.admission import Admission, Admitted
from inspector_app.services.arrivals import Arrivals
from inspector_app.services.directories import DirectorySignIn
from inspector_app.services.door import Door
from inspector_app.services.elsewhere import Departure, SignInElsewhere
from inspector_app.services.entering import Entrance
from inspector_app.services.ports import Work
from inspector_app.services.provider_book import Entry
from inspector_app.services.providers import ProviderDesk
from inspector_app.services.tickets import Ticket
from inspector_app.services.trial_results import TrialResults

ACTION = "provider.test"


class _Undone(Exception):
    """Takes a transaction back."""


class TrialSignIns:
    """For who may see providers, of their own tenant's, switched on or off.

    Nothing stays of a test but its entry in the audit log and, for minutes, its result.
    """

    def __init__(
        self,
        door: Door,
        desk: ProviderDesk,
        entrance: Entrance,
        elsewhere: SignInElsewhere,
        arrivals: Arrivals,
        directories: DirectorySignIn,
        admission: Admission,
        results: TrialResults,
    ) -> None:
        self._door = door
        self._desk = desk
        self._entrance = entrance
        self._elsewhere = elsewhere
        self._arrivals = arrivals
        self._directories = directories
        self._admission = admission
        self._results = results

    async def begin(self, admin: Actor, kind: ProviderKind, key: str) -> Departure:
        """Say where the browser of `admin` goes; to the result, where it cannot go there.

        Raises:
            SignInRequired, Denied: The actor may not, or has no session to bind the test to.
            NotFound: It is not there, another tenant's, or of another kind; audited.
        """
        entry = await self._entry(admin, kind, key)
        provider = entry.provider
        try:
            begun = await self._elsewhere.begun(entry)
        except SignInFault as fault:
            return Departure(await self._end(admin, provider, fault), "")
        if kind is ProviderKind.SAML:
            await self._results.expect(admin, provider, begun.kept["state"])
        realm = realm_of(provider.settings)
        ticket = Ticket(key, realm, begun.kept, testing=str(admin.session))
        return Departure(begun.url, self._entrance.tickets.seal(ticket))

    def is_test(self, ticket: str) -> bool:
        """Tell whether a browser's ticket is of a test."""
        return bool(self._entrance.tickets.tester_of(ticket))

    async def finish(
        self, admin: Actor, kind: ProviderKind, key: str, *, ticket: str, answer: Mapping[str, str]
    ) -> str:
        """Take the `answer` that the browser came back with; returns the path of the result.

        Raises:
            SignInRequired, Denied, NotFound: As `begin`, which may be some time ago.
            SignInRefused: Another session began the test.
        """
        entry = await self._entry(admin, kind, key)
        await self._check_theirs(admin, entry.provider, ticket)
        try:
            opened = self._opened(admin, entry.provider, ticket)
            found = await self._elsewhere.claimed(entry, opened, answer)
        except SignInFault as fault:
            return await self._end(admin, entry.provider, fault)
        return await self._end(admin, entry.provider, found)

    async def finish_arrived(self, admin: Actor, key: str, *, ticket: str, handle: str) -> str:
        """Take what arrived by SAML under `handle`; else as `finish`."""
        entry = await self._entry(admin, ProviderKind.SAML, key)
        await self._check_theirs(admin, entry.provider, ticket)
        try:
            opened = self._opened(admin, entry.provider, ticket)
            word = await self._arrivals.word(admin, entry.provider, handle)
            word.check_asked(opened)
        except SignInFault as fault:
            return await self._end(admin, entry.provider, fault)
        return await self._end(admin, entry.provider, word.claimed)

    async def with_password(self, admin: Actor, slug: str, username: str, password: str) -> Tested:
        """Bind to a directory as whose password this is; it is kept nowhere.

        Raises:
            Denied, NotFound: As `begin`.
            TooMany: The name or the address has used up its tries for now.
        """
        key = key_of(admin.tenant_slug, slug)
        entry = await self._entry(admin, ProviderKind.LDAP, key)
        try:
            found = await self._directories.told(admin, entry, username, password, action=ACTION)
        except WrongCredentials as error:
            found = SignInFault(Step.WHO, error.why or error.detail, hint=error.hint)
        except SignInFault as fault:
            found = fault
        return await self._tested(admin, entry.provider, found)

    async def result(self, admin: Actor, slug: str, handle: str) -> Tested:
        """Read what a test found; once.

        Raises:
            NotFound: It is another session's, was read before, or too long ago.
        """
        return await self._results.fetch(admin, slug, handle)

    async def _entry(self, admin: Actor, kind: ProviderKind, key: str) -> Entry:
        entry = await self._desk.entry(admin, key, kind)
        if admin.session is None:
            raise SignInRequired("A test needs a browser that is signed in.")
        return entry

    async def _check_theirs(self, admin: Actor, provider: Provider, ticket: str) -> None:
        """Tell nothing to whoever is signed in by now in the browser of who began."""
        if self._entrance.tickets.tester_of(ticket) == str(admin.session):
            return
        fault = SignInFault(Step.ANSWER, "Another session began this test, or none did.")
        await self._note(admin, provider, fault)
        raise SignInRefused(provider.name, fault)

    def _opened(self, admin: Actor, provider: Provider, ticket: str) -> Ticket:
        return self._entrance.opened(ticket, provider, testing=str(admin.session))

    async def _end(self, admin: Actor, provider: Provider, found: Claimed | SignInFault) -> str:
        """Write down and keep what came of it; returns the path of the result."""
        tested = await self._tested(admin, provider, found)
        return tested_path(provider, await self._results.leave(admin, provider, tested))

    async def _tested(
        self, admin: Actor, provider: Provider, found: Claimed | SignInFault
    ) -> Tested:
        if isinstance(found, Claimed):
            try:
                check_claimed(found)
            except SignInFault as fault:
                found = fault  # what cannot be kept cannot be shown
        if isinstance(found, SignInFault):
            await self._note(admin, provider, found)
            return Tested(walked_by_a_person(provider.kind, found, told=False))
        said = Said(found.subject, found.username, found.email, found.email_verified, found.groups)
        would, fault, told = None, None, ""
        try:
            admitted, would = await self._judged(admin, provider, found)
            fault, told = admitted.refusal, admitted.told
        except SignInFault as error:
            fault = error
        if fault is None:
            detail = f"passed by {found.username!r}: {told}"
            async with self._door.enter(
                admin, Permission.PROVIDER_READ, _of(provider), action=ACTION, detail=detail
            ):
                pass
        else:
            fault.who = found.username
            await self._note(admin, provider, fault)
        return Tested(walked_by_a_person(provider.kind, fault, told=True), said, would)

    async def _note(self, admin: Actor, provider: Provider, fault: SignInFault) -> None:
        who = f" (of {fault.who!r})" if fault.who else ""
        await self._door.note_failure(
            admin,
            Permission.PROVIDER_READ,
            _of(provider),
            ACTION,
            f"{fault.step}: {fault.detail}{who}",
        )

    async def _judged(
        self, admin: Actor, provider: Provider, claimed: Claimed
    ) -> tuple[Admitted, Would]:
        """Admit them as a sign-in does, and take all of it back.

        What would be done is found by doing it: a copy of those rules would be another opinion.
        """
        found: tuple[Admitted, Would] | None = None
        with suppress(_Undone):
            async with self._door.enter(
                admin, Permission.PROVIDER_READ, _of(provider), record=False, write=True
            ) as work:
                admitted = await self._admission.admit(work, provider, claimed)
                found = admitted, await _would(work, provider, claimed, admitted)
                raise _Undone
        assert found is not None  # or the block had raised something else
        return found


async def _would(work: Work, provider: Provider, claimed: Claimed, admitted: Admitted) -> Would:
    """Say what they would be in the provider's tenant, and nothing of any other."""
    person = admitted.person
    if person is None:
        return Would(admitted.standing, "", None)
    if admitted.refusal is not None:
        return Would(admitted.standing, person.username, None, disabled=person.disabled)
    found = await work.tenants.memberships(person.id)
    role = next((each.role for each in found if each.tenant.id == provider.tenant), None)
    mapped = judge(provider.mapping, claimed.groups).roles.get(provider.tenant_slug)
    if mapped is None or mapped.role is not role:
        return Would(admitted.standing, person.username, role)
    return Would(
        admitted.standing, person.username, role, group=mapped.group, rule=mapped.rule.group
    )


def _of(provider: Provider) -> Target:
    return Target("provider", provider.key)

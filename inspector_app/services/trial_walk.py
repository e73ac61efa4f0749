"""A sign-in walked as a test: the way there, the answer, and who it would let in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from inspector_app.domain.admission import check_claimed
from inspector_app.domain.audit import Target
from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.group_roles import judge
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.provider_walks import walked_by_a_person
from inspector_app.domain.providers import Provider, realm_of
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from inspector_app.domain.trial_sign_ins import Gets, Said, Tested, Would
from inspector_app.services.admission import Admission, Admitted
from inspector_app.services.arrivals import Arrivals
from inspector_app.services.directories import DirectorySignIn
from inspector_app.services.door import Door
from inspector_app.services.elsewhere import Departure, SignInElsewhere
from inspector_app.services.entering import Entrance
from inspector_app.services.ports import Work
from inspector_app.services.provider_book import Entry
from inspector_app.services.providers import provider_permission
from inspector_app.services.tickets import Ticket
from inspector_app.services.trial_results import TrialResults

ACTION = "provider.test"


class _Undone(Exception):
    """Takes a transaction back."""


class TrialWalk:
    """By the same code as everybody's sign-in; nothing stays of it but its audit entry.

    A tester is whom a test belongs to: a session by its id, or who waits at a terminal.
    """

    def __init__(
        self,
        door: Door,
        entrance: Entrance,
        elsewhere: SignInElsewhere,
        arrivals: Arrivals,
        directories: DirectorySignIn,
        admission: Admission,
        results: TrialResults,
    ) -> None:
        self._door = door
        self._entrance = entrance
        self._elsewhere = elsewhere
        self._arrivals = arrivals
        self._directories = directories
        self._admission = admission
        self._results = results

    async def begun(self, actor: Actor, entry: Entry, tester: str) -> Departure:
        """Say where a browser goes, with the ticket that names the `tester`.

        Raises:
            SignInFault: The provider does not answer, or is a directory.
        """
        provider = entry.provider
        begun = await self._elsewhere.begun(entry)
        if provider.kind is ProviderKind.SAML:
            await self._results.expect(actor, provider, begun.kept["state"])
        ticket = Ticket(provider.key, realm_of(provider.settings), begun.kept, testing=tester)
        return Departure(begun.url, self._entrance.tickets.seal(ticket))

    def tester_of(self, ticket: str) -> str:
        """Name the tester of a browser's ticket; "" where it is of no test."""
        return self._entrance.tickets.tester_of(ticket)

    async def by_answer(
        self, actor: Actor, entry: Entry, tester: str, ticket: str, answer: Mapping[str, str]
    ) -> Tested:
        """Say what comes of the `answer` a browser came back with.

        Of SAML that is the `handle` of what arrived.
        """
        try:
            opened = self._entrance.opened(ticket, entry.provider, testing=tester)
            if entry.provider.kind is ProviderKind.SAML:
                word = await self._arrivals.word(actor, entry.provider, answer.get("handle", ""))
                word.check_asked(opened)
                found = word.claimed
            else:
                found = await self._elsewhere.claimed(entry, opened, answer)
        except SignInFault as fault:
            found = fault
        return await self.tested(actor, entry.provider, found)

    async def by_password(
        self, actor: Actor, entry: Entry, username: str, password: str
    ) -> Tested:
        """Say what comes of a password of the directory; it is kept nowhere.

        Raises:
            TooMany: The name or the address has used up its tries for now.
        """
        try:
            found = await self._directories.told(actor, entry, username, password, action=ACTION)
        except WrongCredentials as error:
            found = SignInFault(Step.WHO, error.why or error.detail, hint=error.hint)
        except SignInFault as fault:
            found = fault
        return await self.tested(actor, entry.provider, found)

    async def tested(
        self, actor: Actor, provider: Provider, found: Claimed | SignInFault
    ) -> Tested:
        """Say how each step went that led to `found`, and write down that it was tested."""
        if isinstance(found, Claimed):
            try:
                check_claimed(found)
            except SignInFault as fault:
                found = fault  # what cannot be kept cannot be shown
        if isinstance(found, SignInFault):
            await self.note(actor, provider, found)
            return Tested(walked_by_a_person(provider.kind, found, told=False))
        said = Said(found.subject, found.username, found.email, found.email_verified, found.groups)
        would, fault, told = None, None, ""
        try:
            admitted, would = await self._judged(actor, provider, found)
            fault, told = admitted.refusal, admitted.told
        except SignInFault as error:
            fault = error
        if fault is None:
            detail = f"passed by {found.username!r}: {told}"
            async with self._door.enter(
                actor, _permission(actor), _of(provider), action=ACTION, detail=detail
            ):
                pass
        else:
            fault.who = found.username
            await self.note(actor, provider, fault)
        return Tested(walked_by_a_person(provider.kind, fault, told=True), said, would)

    async def note(self, actor: Actor, provider: Provider, fault: SignInFault) -> None:
        """Write down that a test failed, and where."""
        who = f" (of {fault.who!r})" if fault.who else ""
        await self._door.note_failure(
            actor,
            _permission(actor),
            _of(provider),
            ACTION,
            f"{fault.step}: {fault.detail}{who}",
        )

    async def _judged(
        self, actor: Actor, provider: Provider, claimed: Claimed
    ) -> tuple[Admitted, Would]:
        """Admit them as a sign-in does, and take all of it back.

        What would be done is found by doing it: a copy of those rules would be another opinion.
        """
        found: tuple[Admitted, Would] | None = None
        with suppress(_Undone):
            async with self._door.enter(
                actor, _permission(actor), _of(provider), record=False, write=True
            ) as work:
                admitted = await self._admission.admit(work, provider, claimed)
                found = admitted, await _would(work, provider, claimed, admitted)
                raise _Undone
        assert found is not None  # or the block had raised something else
        return found


async def _would(work: Work, provider: Provider, claimed: Claimed, admitted: Admitted) -> Would:
    """Say what they would be; of a tenant's provider in its tenant, and nothing of any other."""
    person = admitted.person
    if person is None:
        return Would(admitted.standing, "")
    if admitted.refusal is not None:
        return Would(admitted.standing, person.username, disabled=person.disabled)
    verdict = judge(provider.mapping, claimed.groups).roles
    gets: list[Gets] = []
    for each in await work.tenants.memberships(person.id):
        if provider.tenant not in {None, each.tenant.id}:
            continue
        mapped = verdict.get(each.tenant.slug)
        if mapped is None or mapped.role is not each.role:
            gets.append(Gets(each.tenant.slug, each.role))
        else:
            gets.append(Gets(each.tenant.slug, each.role, mapped.group, mapped.rule.group))
    return Would(admitted.standing, person.username, tuple(gets))


def _permission(actor: Actor) -> Permission:
    return provider_permission(actor, Permission.PROVIDER_READ)


def _of(provider: Provider) -> Target:
    return Target("provider", provider.key)

"""Testing a provider by signing in: the same way as everybody's, and at its end nobody is in."""

from __future__ import annotations

from collections.abc import Mapping

from inspector_app.domain.errors import SignInRequired
from inspector_app.domain.identity import Actor
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import key_of
from inspector_app.domain.sign_in_places import tested_path
from inspector_app.domain.signing_in import SignInFault, SignInRefused, Step
from inspector_app.domain.trial_sign_ins import Tested
from inspector_app.services.elsewhere import Departure
from inspector_app.services.provider_book import Entry
from inspector_app.services.providers import ProviderDesk
from inspector_app.services.trial_results import TrialResults
from inspector_app.services.trial_walk import TrialWalk


class TrialSignIns:
    """For who may see providers, of their own tenant's, switched on or off.

    Nothing stays of a test but its entry in the audit log and, for minutes, its result.
    """

    def __init__(self, desk: ProviderDesk, walk: TrialWalk, results: TrialResults) -> None:
        self._desk = desk
        self._walk = walk
        self._results = results

    async def begin(self, admin: Actor, kind: ProviderKind, key: str) -> Departure:
        """Say where the browser of `admin` goes; to the result, where it cannot go there.

        Raises:
            SignInRequired, Denied: The actor may not, or has no session to bind the test to.
            NotFound: It is not there, another tenant's, or of another kind; audited.
        """
        entry = await self._entry(admin, kind, key)
        try:
            return await self._walk.begun(admin, entry, str(admin.session))
        except SignInFault as fault:
            tested = await self._walk.tested(admin, entry.provider, fault)
            return Departure(await self._left(admin, entry, tested), "")

    def is_test(self, ticket: str) -> bool:
        """Tell whether a browser's ticket is of a test, whosoever."""
        return bool(self._walk.tester_of(ticket))

    async def finish(
        self, admin: Actor, kind: ProviderKind, key: str, *, ticket: str, answer: Mapping[str, str]
    ) -> str:
        """Take the `answer` that the browser came back with; returns the path of the result.

        Raises:
            SignInRequired, Denied, NotFound: As `begin`, which may be some time ago.
            SignInRefused: Another session began the test.
        """
        entry = await self._entry(admin, kind, key)
        tester = str(admin.session)
        if self._walk.tester_of(ticket) != tester:
            # Nothing is told to whoever is signed in by now in the browser of who began.
            fault = SignInFault(Step.ANSWER, "Another session began this test, or none did.")
            await self._walk.note(admin, entry.provider, fault)
            raise SignInRefused(entry.provider.name, fault)
        tested = await self._walk.by_answer(admin, entry, tester, ticket, answer)
        return await self._left(admin, entry, tested)

    async def with_password(self, admin: Actor, slug: str, username: str, password: str) -> Tested:
        """Bind to a directory as whose password this is; it is kept nowhere.

        Raises:
            Denied, NotFound: As `begin`.
            TooMany: The name or the address has used up its tries for now.
        """
        key = key_of(admin.tenant_slug, slug)
        entry = await self._entry(admin, ProviderKind.LDAP, key)
        return await self._walk.by_password(admin, entry, username, password)

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

    async def _left(self, admin: Actor, entry: Entry, tested: Tested) -> str:
        handle = await self._results.leave(admin, entry.provider, tested)
        return tested_path(entry.provider, handle)

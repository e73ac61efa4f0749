"""What is done over one connection to a directory; every method waits, so call it in a thread."""

from __future__ import annotations

import secrets
import socket
from dataclasses import replace

import structlog

from inspector_app.adapters.identity.ldap_calls import Calls
from inspector_app.adapters.identity.ldap_people import (
    Person,
    claimed,
    find_people,
    look_around,
)
from inspector_app.adapters.identity.ldap_refusals import Bound, refusal_of, warning_of
from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.provider_settings import LdapSettings
from inspector_app.domain.signing_in import Claimed, SignInFault, Step

log = structlog.get_logger(__name__)


class Session:
    """A connection in use.

    Args:
        wire: Secured already; becomes the session's own.
        seconds: What one operation may take.
        secret: The service account's password.
    """

    def __init__(
        self, wire: socket.socket, seconds: float, settings: LdapSettings, secret: str
    ) -> None:
        self._calls = Calls(wire, seconds)
        self._settings = settings
        self._secret = secret

    def close(self) -> None:
        """End it."""
        self._calls.close()

    def look(self) -> None:
        """See ports.Directory."""
        self._serve()
        look_around(self._calls, self._settings)

    def find(self, username: str) -> Claimed:
        """See ports.Directory."""
        self._serve()
        found = find_people(self._calls, self._settings, username)
        if len(found) != 1:
            raise WrongCredentials(
                "More than one entry has this name." if found else "Nobody has this name."
            )
        return claimed(self._calls, self._settings, found[0])

    def sign_in(self, username: str, password: str) -> Claimed:
        """See ports.Directory; who is not there takes as many calls as who is."""
        self._serve()
        found = find_people(self._calls, self._settings, username)
        if len(found) > 1:
            log.warning("ldap_name_not_unique", filter=self._settings.people_filter)
        if len(found) != 1:
            nobody = f"cn={secrets.token_hex(16)},{self._settings.people_base}"
            self._calls.bind(nobody, password, Step.WHO)
            raise WrongCredentials("Name and password do not match.")
        bound = self._prove(found[0], password)
        self._serve()
        theirs = claimed(self._calls, self._settings, found[0])
        return replace(theirs, warning=warning_of(bound))

    def _serve(self) -> None:
        """Be the service account: it alone searches."""
        if not self._secret:
            raise SignInFault(Step.BIND, "The service account has no password here.")
        refusal = refusal_of(self._calls.bind(self._settings.bind_dn, self._secret, Step.BIND))
        if refusal is not None:
            why = refusal.detail or "Its name or password is wrong."
            raise SignInFault(Step.BIND, f"The service account: {why}", hint=refusal.hint)

    def _prove(self, person: Person, password: str) -> Bound:
        bound = self._calls.bind(person.dn, password, Step.WHO)
        refusal = refusal_of(bound)
        if refusal is None:
            return bound
        if refusal.proven:
            raise SignInFault(
                Step.WHO, refusal.detail, hint=refusal.hint, who=person.username, told=True
            )
        # Nobody has proven anything: that an account is locked would say that it is there.
        raise WrongCredentials("Name and password do not match.", why=refusal.detail)

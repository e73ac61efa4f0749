"""A directory, OpenLDAP's or Active Directory's: search as the service account, then bind."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import structlog

from inspector_app.adapters.identity.ldap_wire import Server, Wires, server_of
from inspector_app.adapters.names import Resolve, of_the_system
from inspector_app.domain.addresses import Network
from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.provider_settings import LdapSettings
from inspector_app.domain.signing_in import Claimed, SignInFault, Step

if TYPE_CHECKING:
    from inspector_app.adapters.identity.ldap_session import Session

log = structlog.get_logger(__name__)

AT_ONCE, OF_TENANT, AT_ONE = 8, 6, 4
"""Connections, and threads that wait on them; how many of them go to all directories of a tenant,
and to one directory: further sign-ins wait, and what is slow does not hold up others'."""
_RESTED = 30.0
"""Seconds that a server which did not answer is asked after the others."""
_LONGEST_NAME, _LONGEST_PASSWORD = 256, 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: somebody waits in front of a browser.

    Attributes:
        connect: For an address to be connected to, and for TLS.
        operation: For one bind, or one page of a search.
        whole: For all of it, further servers and the wait for a connection included.
    """

    connect: float = 3.0
    operation: float = 5.0
    whole: float = 15.0


class LdapDirectory:
    """See ports.Directory; needs the extra `[ldap]`, and says so where it is missing.

    Args:
        allowed: Networks that may be called though they are not global.
        monotonic: Seconds since whenever.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        resolve: Resolve = of_the_system,
        patience: Patience = Patience(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wires = Wires(allowed, resolve, patience.connect)
        self._patience = patience
        self._monotonic = monotonic
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._turns_of = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(OF_TENANT))
        self._turns_at = defaultdict[tuple[str, ...], asyncio.Semaphore](
            lambda: asyncio.Semaphore(AT_ONE)
        )
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ldap")
        self._rests_until: dict[str, float] = {}

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def look(self, settings: LdapSettings, secret: str, *, whose: str = "") -> None:
        await self._asked(settings, secret, whose, lambda session: session.look())

    async def find(
        self, settings: LdapSettings, secret: str, username: str, *, whose: str = ""
    ) -> Claimed:
        if not _could_be(username):
            raise WrongCredentials("Nobody has such a name.")
        return await self._asked(settings, secret, whose, lambda session: session.find(username))

    async def sign_in(
        self,
        settings: LdapSettings,
        secret: str,
        username: str,
        password: str,
        *,
        whose: str = "",
    ) -> Claimed:
        # Before anything: a bind with an empty password succeeds, as nobody (RFC 4513, 5.1.2).
        if not _could_be(username) or not _could_open(password):
            raise WrongCredentials("Name and password do not match.")
        return await self._asked(
            settings, secret, whose, lambda session: session.sign_in(username, password)
        )

    async def _asked(
        self, settings: LdapSettings, secret: str, whose: str, work: Callable[[Session], T]
    ) -> T:
        """Do `work` on the first server that can: one after the other, in their order."""
        open_session = _installed()
        servers = [server_of(each, settings) for each in settings.servers]
        faults: list[SignInFault] = []

        def begun(wire: socket.socket) -> Session:
            return open_session(wire, self._patience.operation, settings, secret)

        try:
            async with asyncio.timeout(self._patience.whole), AsyncExitStack() as turns:
                await turns.enter_async_context(self._turns_at[(whose, *settings.servers)])
                if whose:
                    await turns.enter_async_context(self._turns_of[whose])
                await turns.enter_async_context(self._turns)
                for server in sorted(servers, key=self._rests):
                    try:
                        async with self._wires.open(server, settings.certificates) as wire:
                            return await self._in_a_thread(begun, wire, work)
                    except SignInFault as fault:
                        if not fault.passing and fault.step is not Step.REACH:
                            raise
                        self._rests_until[server.text] = self._monotonic() + _RESTED
                        log.warning("ldap_server_away", server=server.text, why=fault.detail)
                        faults.append(fault)
        except TimeoutError as error:
            raise SignInFault(
                Step.REACH,
                f"The directory took longer than {self._patience.whole:g} seconds.",
                passing=True,
            ) from error
        raise _joined(faults)

    async def _in_a_thread(
        self,
        begun: Callable[[socket.socket], Session],
        wire: socket.socket,
        work: Callable[[Session], T],
    ) -> T:
        def worked() -> T:
            session = begun(wire)
            try:
                return work(session)
            finally:
                session.close()

        return await asyncio.get_running_loop().run_in_executor(self._threads, worked)

    def _rests(self, server: Server) -> bool:
        return self._rests_until.get(server.text, 0.0) > self._monotonic()


def _installed() -> type[Session]:
    """What speaks LDAP, where it is."""
    try:
        from inspector_app.adapters.identity.ldap_session import Session
    except ImportError as error:
        raise SignInFault(
            Step.REACH,
            "This installation cannot speak LDAP: python-ldap is missing.",
            hint="pip install 'inspector-app[ldap]'; on Debian after apt-get install gcc "
            "python3-dev libldap2-dev libsasl2-dev.",
        ) from error
    return Session


def _joined(faults: Sequence[SignInFault]) -> SignInFault:
    """All that went wrong, server by server."""
    *_, last = faults
    return SignInFault(
        last.step,
        " ".join(each.detail for each in faults),
        passing=any(each.passing for each in faults),
        hint=last.hint,
    )


def _could_be(username: str) -> bool:
    """Whether it is worth asking: what nobody is called is not looked up."""
    return 0 < len(username) <= _LONGEST_NAME and username.isprintable()


def _could_open(password: str) -> bool:
    """Whether it may leave this machine: a server that ends it at a NUL may find it empty."""
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= _LONGEST_PASSWORD and "\0" not in password

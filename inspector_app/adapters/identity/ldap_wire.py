"""The way to a directory: an address that was looked at, TLS that was verified, no clear text.

libldap gets one end of a socket pair, and never learns a name. So no ldaprc, no environment
variable and no TLS library of its own decides whom to believe; what does not hold of a
certificate can be said in words; and when the wire is cut, whatever thread waits on it ends.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from inspector_app.adapters.names import Resolve, addresses_of
from inspector_app.domain.addresses import Address, Network
from inspector_app.domain.errors import NotReached
from inspector_app.domain.provider_settings import LdapSettings
from inspector_app.domain.signing_in import SignInFault, Step

_PORTS: Final = {"ldaps": 636, "ldap": 389}
_USUAL: Final = frozenset({389, 636, 3268, 3269})
_MOST_TRIED: Final = 4
_PART, _MOST_BYTES = 64 * 1024, 32 * 1024 * 1024

# RFC 4511, 4.14: an ExtendedRequest, message 1, with the OID of StartTLS.
_START_TLS: Final = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
# Its answer up to the result code; Active Directory writes every length in five bytes.
_STARTED: Final = re.compile(
    rb"\x02\x01\x01\x78(?:[\x00-\x7f]|\x81.|\x82..|\x84....)\x0a\x01(.)", re.DOTALL
)
_LONG, _MOST_ANSWERED = 0x80, 1024


@dataclass(frozen=True, slots=True)
class Server:
    """One of a directory's servers, as it stands in the settings."""

    text: str
    host: str
    port: int
    start_tls: bool


def server_of(text: str, settings: LdapSettings) -> Server:
    """Read `ldaps://host:port`, or `ldap://…` where StartTLS is on.

    Raises:
        SignInFault: Passwords would go out in clear text, or it is no server.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in _PORTS or not host:
        raise SignInFault(Step.REACH, f"{text[:80]!r} is no ldaps://host:port.")
    if parts.scheme == "ldap" and not settings.start_tls:
        raise SignInFault(Step.REACH, f"{text} would send passwords in clear text.")
    start_tls = parts.scheme == "ldap"
    return Server(text, host, _PORTS[parts.scheme] if port is None else port, start_tls)


class Wires:
    """Opens connections to servers.

    Args:
        allowed: Networks that may be called though they are not global.
        resolve: Looks a name up; once for each connection.
        seconds: What an address may take to be connected to, and TLS to be agreed on.
    """

    def __init__(self, allowed: Sequence[Network], resolve: Resolve, seconds: float) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._seconds = seconds

    @asynccontextmanager
    async def open(self, server: Server, certificates: str) -> AsyncGenerator[socket.socket]:
        """Yield a socket to talk LDAP over; its end is cut when the block is left.

        Raises:
            SignInFault: There is no way there, or TLS does not hold.
        """
        far_reader, far_writer = await self._secured(server, certificates)
        ours, theirs = socket.socketpair()
        # Or libldap would wait without end for the rest of an answer that has begun.
        theirs.setblocking(False)
        near_reader, near_writer = await asyncio.open_connection(sock=ours)
        carriers = [
            asyncio.create_task(_carry(far_reader, near_writer)),
            asyncio.create_task(_carry(near_reader, far_writer)),
        ]
        try:
            yield theirs
        finally:
            for each in carriers:
                each.cancel()
            near_writer.transport.abort()
            far_writer.transport.abort()
            theirs.close()
            await asyncio.gather(*carriers, return_exceptions=True)

    async def _secured(
        self, server: Server, certificates: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a looked-at address, and agree on TLS with who bears the server's name."""
        trusted = await asyncio.to_thread(_trusting, certificates)
        try:
            addresses = await addresses_of(
                server.host,
                server.port,
                allowed=self._allowed,
                plain=False,
                resolve=self._resolve,
                usual=_USUAL,
            )
        except NotReached as error:
            raise _unreached(
                server, error.detail, passing=not error.permanent, hint=error.hint
            ) from error
        plain = await self._connected(server, addresses[:_MOST_TRIED])
        try:
            async with asyncio.timeout(self._seconds):
                if server.start_tls:
                    await _start_tls(server, plain)
                # Only now is a reader put upon it: what came before TLS is never taken for
                # what came inside.
                return await asyncio.open_connection(
                    sock=plain, ssl=trusted, server_hostname=server.host
                )
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise _unverified(server, error, given=bool(certificates)) from error
        except ssl.SSLError as error:
            plain.close()
            reason = f"it does not speak TLS as we do ({error.reason or 'no reason given'})"
            raise _unreached(server, f"{reason}.") from error
        except (TimeoutError, OSError) as error:
            plain.close()
            raise _unreached(server, self._why(error)) from error
        except BaseException:
            plain.close()
            raise

    async def _connected(self, server: Server, addresses: Sequence[Address]) -> socket.socket:
        failure: Exception | None = None
        for address in addresses:
            family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004 - IP's
            found = socket.socket(family, socket.SOCK_STREAM)
            found.setblocking(False)
            try:
                async with asyncio.timeout(self._seconds):
                    await asyncio.get_running_loop().sock_connect(
                        found, (str(address), server.port)
                    )
            except (TimeoutError, OSError) as error:
                found.close()
                failure = error
            except BaseException:
                found.close()
                raise
            else:
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return found
        assert failure is not None
        raise _unreached(server, self._why(failure)) from failure

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError) and not error.errno:
            return f"It does not answer within {self._seconds:g} seconds."
        # asyncio's own words for it are those of a traceback: "Connect call failed ('::1', 636)".
        number = error.errno if isinstance(error, OSError) else None
        words = os.strerror(number) if number and number > 0 else "the connection broke off"
        return f"{words[:1].upper()}{words[1:]}."


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until there are no more, or too many."""
    carried = 0
    with suppress(OSError):
        while carried < _MOST_BYTES and (part := await reader.read(_PART)):
            carried += len(part)
            writer.write(part)
            await writer.drain()
    writer.close()


async def _start_tls(server: Server, plain: socket.socket) -> None:
    """Ask for TLS, and read exactly the answer: it comes in clear text, so it is little."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(plain, _START_TLS)
    head = await _exactly(plain, 2)
    length = head[1]
    if length > _LONG:
        length = int.from_bytes(await _exactly(plain, length - _LONG))
    if head[0] != _START_TLS[0] or length == _LONG or length > _MOST_ANSWERED:
        raise _unreached(server, "What it answers is not LDAP.")
    answered = _STARTED.match(await _exactly(plain, length))
    if answered is None:
        raise _unreached(server, "What it answers to StartTLS is no answer to it.")
    if answered[1] != b"\x00":
        raise _unreached(
            server,
            f"It refuses StartTLS ({answered[1][0]}).",
            hint="Use ldaps://, or set up TLS on the server.",
        )


async def _exactly(plain: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = await asyncio.get_running_loop().sock_recv(plain, count - len(found))
        if not part:
            raise ConnectionResetError
        found += part
    return found


@lru_cache(maxsize=16)
def _trusting(certificates: str) -> ssl.SSLContext:
    """Believe these authorities alone; without any, the system's."""
    try:
        context = ssl.create_default_context(cadata=certificates or None)
    except ssl.SSLError as error:
        raise SignInFault(
            Step.REACH, "The CA certificates cannot be read.", hint="They are PEM."
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _unverified(
    server: Server, error: ssl.SSLCertVerificationError, *, given: bool
) -> SignInFault:
    reason = error.verify_message.rstrip(".")
    whose = "CA certificates of this provider" if given else "system's CA certificates"
    hint = f"It is verified by the {whose}."
    why = f"Its certificate is not believed: {reason}."
    return _unreached(server, why, passing=False, hint=hint)


def _unreached(server: Server, why: str, *, passing: bool = True, hint: str = "") -> SignInFault:
    return SignInFault(Step.REACH, f"{server.text}: {why}", passing=passing, hint=hint)

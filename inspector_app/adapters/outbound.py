"""The one way out over HTTP: resolves once, looks at every address, connects to what it saw.

No other file imports httpx (import-linter holds it). A client of somebody else's making takes
`GuardedTransport` as its transport, with `trust_env=False`.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

import httpcore
import httpx

from inspector_app.adapters.names import Resolve, addresses_of, of_the_system, refusal
from inspector_app.domain.addresses import Network, why_no_host
from inspector_app.domain.errors import NotReached
from inspector_app.services.ports import Meter
from inspector_app.services.ports.outbound import MOST_ANSWERED, PATIENCE, Answer, Call
from inspector_app.services.unmetered import UNMETERED

_LIMITS: Final = "inspector.limits"
_CONNECT_SECONDS: Final = 5.0  # an address, so that a silent one leaves time for the next
_MOST_TRIED: Final = 4
_CONNECTIONS, _IDLE, _IDLE_SECONDS = 200, 20, 15.0
_PORTS = range(1, 65536)
_REDIRECTS = range(300, 400)
_OURS: Final = {b"host", b"accept-encoding", b"connection", b"transfer-encoding", b"upgrade"}


@dataclass(frozen=True, slots=True)
class _Limits:
    seconds: float = PATIENCE
    most: int = MOST_ANSWERED


class GuardedTransport(httpx.AsyncBaseTransport):
    """Answers a request, or raises NotReached and says why.

    Args:
        allowed: Networks that may be called though they are not global.
        resolve: Looks a name up; once for each connection.
        tls: Whom to believe; None is what the system and Mozilla's list do.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        meter: Meter = UNMETERED,
    ) -> None:
        self._meter = meter
        self._tls = tls
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}
        self._backends = {
            scheme: _Pinned(allowed, resolve or of_the_system, plain=scheme == "http")
            for scheme in ("http", "https")
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx; `request.extensions` may carry the limits of this call."""
        began = time.monotonic()
        outcome = "failed"
        try:
            answer = await self._handle(request)
            outcome = "answered"
        except NotReached as error:
            outcome = "refused" if error.permanent else "failed"
            raise
        finally:
            self._meter.called(outcome, time.monotonic() - began)
        return answer

    async def aclose(self) -> None:
        """Close what is open."""
        for pool in self._pools.values():
            await pool.aclose()

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        limits: _Limits = request.extensions.get(_LIMITS, _Limits())
        deadline = asyncio.get_running_loop().time() + limits.seconds
        url = _checked(request.url)
        # Host says what the URL says, whatever a caller wrote; and nothing comes compressed,
        # or a small body could be a large one.
        headers = [pair for pair in request.headers.raw if pair[0].lower() not in _OURS]
        headers += [(b"Host", request.url.netloc), (b"Accept-Encoding", b"identity")]
        asked = httpcore.Request(
            request.method,
            url,
            headers=headers,
            content=cast("AsyncIterable[bytes]", request.stream),
        )
        with _explained(limits):
            async with asyncio.timeout_at(deadline):
                answer = await self._pool(request.url.scheme).handle_async_request(asked)
        try:
            _look_at(answer, limits)
        except NotReached:
            await answer.aclose()
            raise
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer, limits, deadline)
        )

    def _pool(self, scheme: str) -> httpcore.AsyncConnectionPool:
        # When it is first needed: reading the list of authorities takes a start's time.
        if scheme not in self._pools:
            self._pools[scheme] = httpcore.AsyncConnectionPool(
                ssl_context=(self._tls or _usual_tls()) if scheme == "https" else None,
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_IDLE,
                keepalive_expiry=_IDLE_SECONDS,
                network_backend=self._backends[scheme],
            )
        return self._pools[scheme]


class HttpxOutbound:
    """See ports.Outbound."""

    def __init__(self, transport: GuardedTransport) -> None:
        self._transport = transport

    async def send(self, call: Call) -> Answer:
        """Make one call; keeps no cookie and no credentials between calls."""
        limits = {_LIMITS: _Limits(call.seconds, call.most)}
        try:
            request = httpx.Request(
                call.method, call.url, headers=call.headers, content=call.body, extensions=limits
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise refusal("it is no URL, or a header is not plain ASCII") from error
        answer = await self._transport.handle_async_request(request)
        try:
            body = await answer.aread()
        finally:
            await answer.aclose()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(status=answer.status_code, headers=headers, body=body)

    async def close(self) -> None:
        """Close what is open."""
        await self._transport.aclose()


class _Pinned(httpcore.AsyncNetworkBackend):
    """Opens connections: to an address that was looked at, never to a name.

    The pool above it knows the name alone, and so do TLS (SNI, the certificate) and Host.
    """

    def __init__(self, allowed: Sequence[Network], resolve: Resolve, *, plain: bool) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._plain = plain
        self._network = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve `host`, refuse it if any of its addresses is refused, connect to one."""
        del timeout, local_address, socket_options
        addresses = await addresses_of(
            host, port, allowed=self._allowed, plain=self._plain, resolve=self._resolve
        )
        failure: Exception | None = None
        for address in addresses[:_MOST_TRIED]:
            try:
                return await self._network.connect_tcp(str(address), port, _CONNECT_SECONDS)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure


class _Body(httpx.AsyncByteStream):
    """Reads an answer's body, up to the limits."""

    def __init__(self, answer: httpcore.Response, limits: _Limits, deadline: float) -> None:
        self._answer = answer
        self._limits = limits
        self._deadline = deadline

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        taken = 0
        parts = aiter(self._answer.aiter_stream())
        while True:
            with _explained(self._limits):
                async with asyncio.timeout_at(self._deadline):
                    part = await anext(parts, None)
            if part is None:
                return
            taken += len(part)
            if taken > self._limits.most:
                raise _too_long(self._limits)
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


def _checked(url: httpx.URL) -> httpcore.URL:
    """Return what httpcore is to call, parsed by nobody twice."""
    host = url.raw_host.decode("ascii")
    if url.scheme not in {"http", "https"}:
        raise refusal("its URL begins with neither https:// nor http://")
    if url.userinfo:
        raise refusal("a URL that holds a user name or password is not called")
    if reason := why_no_host(host):
        raise refusal(reason)
    if url.port is not None and url.port not in _PORTS:
        raise refusal(f"there is no port {url.port}")
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _look_at(answer: httpcore.Response, limits: _Limits) -> None:
    headers = httpx.Headers(answer.headers)
    if answer.status in _REDIRECTS and "location" in headers:
        raise refusal(
            "it answers with a redirect, and none is followed",
            hint="Give the address that it leads to, if that is the one you mean.",
        )
    if answer.status < 200:  # noqa: PLR2004 - HTTP's own: another protocol is offered
        raise refusal("it answers with something else than HTTP")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise refusal("it answers compressed, though it was asked not to")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.most:
        raise _too_long(limits)


@contextmanager
def _explained(limits: _Limits) -> Generator[None]:
    """Raise NotReached for what httpcore raises."""
    try:
        yield
    except TimeoutError as error:
        detail = f"It did not answer, and whole, within {limits.seconds:g} seconds."
        raise NotReached(detail, permanent=False) from error
    except httpcore.LocalProtocolError as error:
        raise refusal("a header of the call is none that HTTP knows") from error
    except httpcore.ProtocolError as error:
        raise NotReached("What it answers is not HTTP.", permanent=False) from error
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        why = str(error) or "it stays silent"
        raise NotReached(f"It cannot be connected to: {why}.", permanent=False) from error
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        raise NotReached("The connection broke off.", permanent=False) from error


def _too_long(limits: _Limits) -> NotReached:
    return NotReached(f"Its answer is longer than {limits.most} bytes.", permanent=True)


def _usual_tls() -> ssl.SSLContext:
    """Believe Mozilla's list (or SSL_CERT_FILE), and what the system believes besides."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context

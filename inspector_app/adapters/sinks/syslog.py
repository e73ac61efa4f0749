"""Syslog over TCP or TLS: RFC 5424 messages in the frames of RFC 6587 and RFC 5425."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Sequence
from datetime import UTC

from inspector_app.domain.errors import Invalid, NotTaken
from inspector_app.services.ports import Line

CONNECT_SECONDS = 5.0
SEND_SECONDS = 10.0
"""For a batch; and as long again until the other side says by closing that it has it all."""
_AUDIT = 13 * 8
"""The facility "log audit"."""
_SEVERITY = {"denied": 4, "unknown": 4, "failed": 5}
"""Warning, warning, notice; everything else is informational."""
_INFORMATIONAL = 6
_APP = "inspector"


class SyslogSink:
    """See ports.Sink.

    Plain syslog acknowledges nothing. So each batch has a connection of its own, which we end
    and the server then closes: it does so in order only once it has read everything. What is
    not confirmed so is sent again.

    Args:
        host, port: Of the server.
        tls: None: without; else its certificate is checked by this.
        here: What stands as HOSTNAME.
    """

    def __init__(
        self, ident: str, host: str, port: int, *, tls: ssl.SSLContext | None, here: str
    ) -> None:
        self.id = ident
        self.name = f"syslog{'+tls' if tls else ''} {host}:{port}"
        self._address = (host, port)
        self._tls = tls
        self._here = here

    async def take(self, lines: Sequence[Line]) -> None:
        content = b"".join(framed(message(each, self._here)) for each in lines)
        try:
            await asyncio.to_thread(self._send, content)
        except (OSError, ValueError) as error:
            raise NotTaken(
                f"The syslog server {self.name} did not take everything: {error}.",
                hint="Check that it runs, reads TCP with octet counting, and is not full.",
            ) from error

    def _send(self, content: bytes) -> None:
        with socket.create_connection(self._address, CONNECT_SECONDS) as plain:
            if self._tls is None:
                plain.settimeout(SEND_SECONDS)
                plain.sendall(content)
                plain.shutdown(socket.SHUT_WR)
                _until_closed(plain)
                return
            with self._tls.wrap_socket(plain, server_hostname=self._address[0]) as secret:
                secret.settimeout(SEND_SECONDS)
                secret.sendall(content)
                secret.unwrap()  # waits for the other side's own goodbye (RFC 5425, 4.4)


def message(line: Line, here: str) -> bytes:
    """Write one message (RFC 5424); its text is JSON in ASCII, so that no encoding matters."""
    priority = _AUDIT + _SEVERITY.get(line.outcome, _INFORMATIONAL)
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = json.dumps(json.loads(line.text), separators=(",", ":"))
    return f"<{priority}>1 {at} {here} {_APP} - {line.kind} - {text}".encode("ascii")


def framed(content: bytes) -> bytes:
    """Put the length before it."""
    return b"%d %s" % (len(content), content)


def trusting(ca: str, certificate: str) -> ssl.SSLContext:
    """Make what checks a server's certificate: by `ca` (a PEM file), or as the machine does.

    Args:
        ca: "" for what the machine trusts.
        certificate: A PEM file with our own certificate and its key; "" for none.

    Raises:
        Invalid: One of the files cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca or None)
        if certificate:
            context.load_cert_chain(certificate)
    except OSError as error:
        raise Invalid(
            f"The certificates of a syslog target cannot be read ({ca} {certificate}): {error}.",
            hint="Check ca and cert in INSPECTOR_AUDIT_STREAM and INSPECTOR_AUDIT_CHECKPOINTS.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _until_closed(server: socket.socket) -> None:
    """Wait for the end that says it has read everything; a reset says that it has not."""
    until = time.monotonic() + SEND_SECONDS
    while server.recv(4096):
        if time.monotonic() > until:
            raise TimeoutError("it does not close the connection")

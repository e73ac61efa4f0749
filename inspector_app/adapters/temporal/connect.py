"""One connection a cluster: time limits, back-off, and the server's errors in our words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode, WorkflowService

from inspector_app.domain.errors import Invalid, NotFound, Refused, Unreachable
from inspector_app.domain.tenancy import Cluster
from inspector_app.services.ports import Clock

TIMEOUT = timedelta(seconds=5)
"""No call waits longer; a page would rather say that the server does not answer."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=15)
_SILENT = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED}
_CUT = "transport error"
"""What a call hears whose connection ends under it, with the status UNKNOWN: no server says so."""
T = TypeVar("T")


@dataclass(slots=True)
class _Silence:
    """A server that did not answer: until `next_try` nobody waits for it again."""

    since: datetime
    next_try: datetime
    pause: timedelta
    why: str


class Clusters:
    """Clients by address, made at the first call; none is ever waited for at start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clients: dict[str, Client] = {}
        self._silences: dict[str, _Silence] = {}

    async def call(self, cluster: Cluster, method: Callable[[WorkflowService], Awaitable[T]]) -> T:
        """Call the server; fails at once while it is silent, until its next try is due.

        Raises:
            Unreachable: It does not answer, or the next try is not due.
            NotFound, Invalid, Refused: It answered with an error.
        """
        silence = self._silences.get(cluster.address)
        if silence and self._clock() < silence.next_try:
            raise self._unreachable(cluster, silence)
        try:
            answer = await method(await self._service(cluster))
        except RPCError as error:
            if error.status not in _SILENT and error.message != _CUT:
                self._silences.pop(cluster.address, None)
                raise _explain(error) from error
            raise self._silent(cluster, error.message) from error
        except RuntimeError as error:
            # What the connector raises when nothing listens.
            raise self._silent(cluster, str(error)) from error
        self._silences.pop(cluster.address, None)
        return answer

    async def is_up(self, cluster: Cluster) -> None:
        """Raise Unreachable unless the server answers."""
        await self.call(
            cluster, lambda server: server.get_system_info(GetSystemInfoRequest(), timeout=TIMEOUT)
        )

    def forgive(self, cluster: Cluster) -> None:
        """Forget a silence that was not the server's own: a worker that did not answer."""
        self._silences.pop(cluster.address, None)

    async def close(self) -> None:
        """Let every connection go."""
        self._clients.clear()

    async def _service(self, cluster: Cluster) -> WorkflowService:
        client = self._clients.get(cluster.address)
        if client is None:
            client = await Client.connect(cluster.address, lazy=True, identity="inspector")
            self._clients[cluster.address] = client
        return client.workflow_service

    def _silent(self, cluster: Cluster, why: str) -> Unreachable:
        now, before = self._clock(), self._silences.get(cluster.address)
        pause = min(before.pause * 2, _LONGEST_PAUSE) if before else _FIRST_PAUSE
        silence = _Silence(before.since if before else now, now + pause, pause, _plain(why))
        self._silences[cluster.address] = silence
        return self._unreachable(cluster, silence)

    @staticmethod
    def _unreachable(cluster: Cluster, silence: _Silence) -> Unreachable:
        return Unreachable(
            f"The Temporal server of {cluster.name} does not answer: {silence.why}.",
            address=cluster.address,
            since=silence.since,
            next_try=silence.next_try,
            hint="Inspector tries again by itself. Is the server running, and the address right?",
        )


def _plain(why: str) -> str:
    text = why.lower()
    if "refused" in text or "connect error" in text:
        return "the connection was refused"
    if "deadline" in text or "timeout" in text or "timed out" in text or "cancel" in text:
        return f"no answer within {TIMEOUT.seconds} s"
    if "dns" in text or "lookup" in text:
        return "the name does not resolve"
    return "the connection failed"


def _explain(error: RPCError) -> NotFound | Invalid | Refused:
    """Say a server's refusal in our words, with its own message."""
    message = error.message.strip() or error.status.name.lower().replace("_", " ")
    match error.status:
        case RPCStatusCode.NOT_FOUND:
            return NotFound(message, hint="Check the address; what is over may be deleted by now.")
        case RPCStatusCode.INVALID_ARGUMENT:
            field = "page_token" if "token" in message.lower() else "query"
            return Invalid(message, field=field)
        case RPCStatusCode.RESOURCE_EXHAUSTED:
            return Refused(
                message, hint="The server limits how often it may be asked; wait a bit."
            )
        case RPCStatusCode.PERMISSION_DENIED | RPCStatusCode.UNAUTHENTICATED:
            return Refused(message, hint="Inspector's own credentials do not allow this.")
        case _:
            return Refused(message)

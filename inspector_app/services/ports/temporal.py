"""The Temporal server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Protocol

from inspector_app.domain.histories import EventPage, RawEvent
from inspector_app.domain.ids import EventId
from inspector_app.domain.refusals import TaskFailure
from inspector_app.domain.tenancy import Cluster, Namespace
from inspector_app.domain.workflows import (
    Capabilities,
    Handlers,
    RawData,
    Run,
    RunPage,
    RunRef,
    StatusCounts,
)


class Workflows(Protocol):
    """A Temporal server, per namespace.

    Every method may raise Unreachable, NotFound (unknown namespace or run), Invalid
    (`field="query"`, `"page_token"`) or Refused.
    """

    async def page(
        self, namespace: Namespace, query: str, *, page_size: int, page_token: str | None
    ) -> RunPage: ...
    async def counts(self, namespace: Namespace, query: str) -> StatusCounts: ...
    async def describe(self, namespace: Namespace, run: RunRef) -> Run: ...
    async def data(self, namespace: Namespace, run: RunRef) -> RawData: ...
    async def handlers(self, namespace: Namespace, run: RunRef) -> Handlers: ...
    async def capabilities(self, namespace: Namespace) -> Capabilities: ...
    async def pause(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None: ...
    async def resume(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None: ...
    async def signal(
        self,
        namespace: Namespace,
        run: RunRef,
        name: str,
        args: list[object],
        *,
        identity: str,
        request_id: str,
    ) -> None: ...
    async def cancel(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None: ...
    async def terminate(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str
    ) -> None: ...
    async def acted(
        self, namespace: Namespace, run: RunRef, identity: str, since: datetime
    ) -> bool:
        """Tell whether the history, from `since` on, holds an event by `identity`."""
        ...

    async def is_up(self, cluster: Cluster) -> None:
        """Raise Unreachable unless the server answers."""
        ...


class Histories(Protocol):
    """Histories of runs, fetched raw, cached once closed, served as rows.

    What it gives is for `services/showing.py`: nothing is hidden or cut yet.
    """

    async def page(
        self, namespace: Namespace, run: RunRef, *, start: EventId, size: int
    ) -> EventPage:
        """Rows from event `start` on. The first page comes before the rest is fetched."""
        ...

    async def event(self, namespace: Namespace, run: RunRef, event: EventId) -> RawEvent: ...

    async def task_failure(self, namespace: Namespace, run: RunRef) -> TaskFailure | None:
        """Why the run's last workflow task failed, None if it did not (or was only reset)."""
        ...

    def follow(self, namespace: Namespace, run: RunRef) -> AsyncGenerator[int]:
        """Say how many events there are, each time there are more; ends with the run.

        Waits at the server, so nothing is asked again and again. While somebody follows, `page`
        answers from what is here.
        """
        ...

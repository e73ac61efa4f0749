"""A webhook: lines by POST, as newline-delimited JSON."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import httpx

from inspector_app.domain.errors import NotTaken
from inspector_app.services.ports import Line

SECONDS = 15.0
"""Until the answer must be there."""
Clients = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Makes a client for one batch: guarded, without redirects."""


class WebhookSink:
    """See ports.Sink. Any 2xx says that everything was taken.

    `Inspector-Batch` is the same when a batch is sent again, so that it can be told.
    """

    def __init__(
        self, ident: str, url: str, clients: Clients, *, authorization: str | None = None
    ) -> None:
        parts = httpx.URL(url)
        self.id = ident
        self.name = f"webhook {parts.netloc.decode()}"
        self._url = url
        self._clients = clients
        self._headers: Mapping[str, str] = {
            "Content-Type": "application/x-ndjson",
            "User-Agent": "Inspector",
            **({"Authorization": authorization} if authorization else {}),
        }

    async def take(self, lines: Sequence[Line]) -> None:
        content = "".join(f"{each.text}\n" for each in lines).encode("utf-8", "surrogatepass")
        batch = hashlib.sha256("\n".join(each.id for each in lines).encode()).hexdigest()[:32]
        headers = {**self._headers, "Inspector-Batch": batch}
        try:
            async with asyncio.timeout(SECONDS), self._clients() as client:
                sending = client.stream("POST", self._url, content=content, headers=headers)
                async with sending as answer:  # its body is nobody's concern, however long
                    status, taken = answer.status_code, answer.is_success
        except (httpx.HTTPError, OSError) as error:  # a timeout is an OSError
            raise NotTaken(
                f"{self.name} does not answer: {type(error).__name__}.",
                hint="Check its address, and that Inspector may reach it.",
            ) from error
        if not taken:
            raise NotTaken(
                f"{self.name} answered {status}.",
                hint="It must answer 2xx once it has the lines; redirects are not followed.",
            )

"""A webhook: lines by POST, as newline-delimited JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from inspector_app.domain.errors import NotReached, NotTaken
from inspector_app.services.ports import Call, Line, Outbound

_TAKEN = range(200, 300)


class WebhookSink:
    """See ports.Sink. Any 2xx says that everything was taken.

    `Inspector-Batch` is the same when a batch is sent again, so that it can be told.
    """

    def __init__(
        self, ident: str, url: str, outbound: Outbound, *, authorization: str | None = None
    ) -> None:
        self.id = ident
        self.name = f"webhook {urlsplit(url).netloc}"
        self._url = url
        self._outbound = outbound
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
            answer = await self._outbound.send(
                Call(method="POST", url=self._url, headers=headers, body=content)
            )
        except NotReached as error:
            raise NotTaken(f"{self.name}: {error.detail}", hint=error.hint) from error
        if answer.status not in _TAKEN:
            raise NotTaken(
                f"{self.name} answered {answer.status}.",
                hint="It must answer 2xx once it has the lines.",
            )

"""What acts is done once per Idempotency-Key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request
from starlette.responses import Response

from inspector_app.domain.identity import Actor
from inspector_app.services import registry

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="The same key with the same content answers the same again, for a day.",
    ),
]


async def once(
    request: Request, actor: Actor, key: str, answer: Callable[[], Awaitable[str]]
) -> Response:
    """Answer the JSON of `answer`, or what was answered to the same request before."""
    content = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = await registry.services().repeats.once(
        actor, key, content + await request.body(), answer
    )
    return Response(body, media_type="application/json")

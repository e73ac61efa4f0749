"""What acts is done once per Idempotency-Key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request
from pydantic import BaseModel
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
    request: Request, actor: Actor, key: str, act: Callable[[], Awaitable[BaseModel]]
) -> Response:
    """Act, unless the same request came before under `key`; answers what `act` did then."""

    async def answer() -> str:
        return (await act()).model_dump_json()

    content = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body = await registry.services().repeats.once(
        actor, key, content + await request.body(), answer
    )
    return Response(body, media_type="application/json")

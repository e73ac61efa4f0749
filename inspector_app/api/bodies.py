"""Bodies of requests as they stream in: how long, how slow and how deep they may be."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

MOST_BODY: Final = 2**20
"""Bytes of a request's body."""
MOST_SECONDS: Final = 30.0
"""That a body may take to come in whole."""
MOST_DEPTH: Final = 64
"""Of JSON: objects and lists within each other."""
TOO_LARGE: Final = 413
_MOST_DRAINED, _DRAIN_SECONDS = 16 * MOST_BODY, 2.0
_MARK: Final = re.compile(rb'\\.?|["\[\]{}]', re.DOTALL)


class Body:
    """Passes a body on; an HTTPException once it is too long, too slow or too deep.

    FastAPI passes an HTTPException on; anything else it would call a bad body.
    """

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive = receive
        self._taken = 0
        self._whole = False
        self._until: float | None = None
        self._depth = _Depth() if "json" in headers.get("content-type", "").lower() else None

    async def receive(self) -> Message:
        """Take the next piece, or wait for the client to go once there is none."""
        if self._whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + MOST_SECONDS
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._next()
        except TimeoutError as error:
            raise HTTPException(
                408,
                f"The body did not come in whole within {MOST_SECONDS:g} seconds",
                headers={"Connection": "close"},
            ) from error
        if self._taken > MOST_BODY:
            raise HTTPException(TOO_LARGE, "Body too large")
        if self._depth and self._depth.of(message.get("body", b"")) > MOST_DEPTH:
            raise HTTPException(400, f"The body's JSON is more than {MOST_DEPTH} levels deep")
        return message

    async def drain(self) -> None:
        """Read on for a moment: who is still sending would lose the answer with the connection."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._whole and self._taken < _MOST_DRAINED:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message


class _Depth:
    """How deep JSON goes, told from its pieces without reading it as JSON."""

    def __init__(self) -> None:
        self._depth = 0
        self._deepest = 0
        self._in_text = False
        self._escaped = False

    def of(self, piece: bytes) -> int:
        """Look at the next piece; return the greatest depth so far."""
        # A backslash at a piece's end takes the first byte of the next.
        start = 1 if self._escaped and piece else 0
        self._escaped = self._escaped and not piece
        for found in _MARK.finditer(piece, start):
            mark = found[0]
            if mark == b'"':
                self._in_text = not self._in_text
            elif mark[0] == ord("\\"):
                self._escaped = len(mark) == 1
            elif not self._in_text:
                self._depth += 1 if mark in b"[{" else -1
                self._deepest = max(self._deepest, self._depth)
                if self._deepest > MOST_DEPTH:
                    break
        return self._deepest

"""Asking an identity provider: JSON comes back, or a fault that says what came instead."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote, urlencode, urlsplit

import orjson

from inspector_app.domain.errors import NotReached
from inspector_app.domain.signing_in import SignInFault, Step
from inspector_app.services.ports import Answer, Call, Outbound

Json = dict[str, object]
PATIENCE = 10.0
"""Seconds: somebody waits in front of a browser."""
_TEMPORARY = {429, 500, 502, 503, 504}
_LONGEST, _LONGEST_LINK = 200, 4000
_NEXT = re.compile(r'<([^<>"]+)>;[^,<]*rel="?next"?')


class Asking:
    """Calls a provider's addresses."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def get(self, url: str, step: Step, *, token: str = "", method: str = "GET") -> object:
        """Read JSON; with `token` as its bearer."""
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = b""
        if method == "POST":
            headers["Content-Type"], body = "application/json", b'{"securityEnabledOnly":false}'
        call = Call(method=method, url=url, headers=headers, body=body, seconds=PATIENCE)
        return _json(url, await self._well(call, step), step)

    async def page(
        self, url: str, step: Step, *, token: str, of: str
    ) -> tuple[object, str | None]:
        """Read one page of a list; returns it and the next one's address (RFC 8288).

        The token goes nowhere else than to the host that `of` names.
        """
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        call = Call(method="GET", url=url, headers=headers, seconds=PATIENCE)
        answer = await self._well(call, step)
        found = _NEXT.search(answer.headers.get("link", "")[:_LONGEST_LINK])
        following = found[1] if found else None
        if following and urlsplit(following)[:2] != urlsplit(of)[:2]:
            raise SignInFault(step, f"{where(url)} goes on at another host.")
        return _json(url, answer, step), following

    async def post(
        self,
        url: str,
        step: Step,
        form: Mapping[str, str],
        *,
        basic: tuple[str, str] | None = None,
    ) -> Json:
        """Send a form, `basic` as RFC 6749, 2.3.1 writes it; read a JSON object.

        What a server says in an `error` is part of the fault.
        """
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if basic:
            pair = ":".join(quote(each, safe="") for each in basic)
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        body = urlencode(form).encode()
        answer = await self._send(
            Call(method="POST", url=url, headers=headers, body=body, seconds=PATIENCE), step
        )
        if answer.status in _TEMPORARY:
            raise _not_well(url, answer, step)
        found = as_object(_json(url, answer, step), step, url)
        if "error" in found or answer.status != 200:  # noqa: PLR2004 - as above
            said = " ".join(str(found.get(name, "")) for name in ("error", "error_description"))
            raise SignInFault(step, f"{where(url)} refuses: {_short(said) or answer.status}.")
        return found

    async def _well(self, call: Call, step: Step) -> Answer:
        answer = await self._send(call, step)
        if answer.status != 200:  # noqa: PLR2004 - anything else is not what was asked for
            raise _not_well(call.url, answer, step)
        return answer

    async def _send(self, call: Call, step: Step) -> Answer:
        try:
            return await self._outbound.send(call)
        except NotReached as error:
            raise SignInFault(
                Step.REACH if step in {Step.DISCOVER, Step.KEYS} else step,
                f"{where(call.url)} is not reached: {error.detail}",
                passing=True,
                hint=error.hint,
            ) from error


def as_object(found: object, step: Step, url: str) -> Json:
    """Accept a JSON object."""
    if not isinstance(found, dict):
        raise SignInFault(step, f"{where(url)} answers with JSON that is no object.")
    return cast("Json", found)


def where(url: str) -> str:
    """An address without its query, for people."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:_LONGEST]


def _not_well(url: str, answer: Answer, step: Step) -> SignInFault:
    return SignInFault(
        step,
        f"{where(url)} answers {answer.status}.",
        passing=answer.status in _TEMPORARY,
    )


def _json(url: str, answer: Answer, step: Step) -> object:
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        kind = answer.headers.get("content-type", "something").split(";")[0]
        raise SignInFault(
            step,
            f"{where(url)} answers with {kind[:80]}, which is no JSON.",
            hint="Often it is a sign-in page, or an error page of a proxy before it.",
        ) from None


def _short(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"

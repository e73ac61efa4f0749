"""What an OpenID provider publishes: its description and its keys, kept for a while."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, KeySet

from inspector_app.adapters.identity.asking import Asking, Json, as_object, where
from inspector_app.domain.errors import Invalid
from inspector_app.domain.provider_parsing import check_url
from inspector_app.domain.signing_in import SignInFault, Step
from inspector_app.services.ports import Clock

DESCRIPTION_KEPT = timedelta(hours=1)
KEYS_KEPT = timedelta(minutes=10)
"""A key that was withdrawn is believed no longer than this."""
KEYS_AGAIN = timedelta(seconds=10)
"""An unknown key id has the keys read again, this often at most."""
_MOST_KEYS = 50
_ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512")
"""Never `none`, and never one whose key is the client's secret."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider says of itself (OpenID Connect Discovery 1.0; RFC 9207)."""

    issuer: str
    authorize: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    algorithms: tuple[str, ...]
    secret_in_form: bool
    """Whether the token endpoint takes the secret in the form only."""
    names_itself: bool
    """Whether its answers to browsers name the issuer: then one that does not is another's."""


@dataclass(slots=True)
class _Kept:
    description: Description | None = None
    described_at: datetime | None = None
    keys: Mapping[str, Key] = field(default_factory=dict[str, Key])
    keys_at: datetime | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    fault: SignInFault | None = None
    faults: int = 0


class Documents:
    """Reads them once for all who sign in."""

    def __init__(self, asking: Asking, clock: Clock) -> None:
        self._asking = asking
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def description(self, issuer: str, *, anew: bool = False) -> Description:
        """Read what the provider says of itself; its issuer must be the one asked, to the letter.

        Raises:
            SignInFault: It is away, answers something else, or is another issuer.
        """
        kept = self._of(issuer)
        async with _turn(kept):
            fresh = _younger(kept.described_at, DESCRIPTION_KEPT, self._clock())
            if kept.description is None or anew or not fresh:
                url = issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = as_object(await self._asking.get(url, Step.DISCOVER), Step.DISCOVER, url)
                kept.description = _parse(found, issuer)
                kept.described_at = self._clock()
            return kept.description

    async def key(self, described: Description, kid: str | None) -> Key:
        """Find the key that a token names; one that names none fits where there is one only.

        Raises:
            SignInFault: There is none such, or the keys cannot be read.
        """
        kept = self._of(described.issuer)
        async with _turn(kept):
            now = self._clock()
            if not _younger(kept.keys_at, KEYS_KEPT, now) or (
                _choose(kept.keys, kid) is None and not _younger(kept.keys_at, KEYS_AGAIN, now)
            ):
                kept.keys = await self._read_keys(described.keys)
                kept.keys_at = now
            found = _choose(kept.keys, kid)
        if found is None:
            raise SignInFault(
                Step.WHO,
                f"The token names a key that {where(described.keys)} does not have.",
                hint="If the provider has just changed its keys, try again in a moment.",
                passing=True,
            )
        return found

    async def read_keys(self, described: Description) -> int:
        """Read the keys anew; returns how many there are to verify signatures with."""
        kept = self._of(described.issuer)
        async with _turn(kept):
            kept.keys, kept.keys_at = await self._read_keys(described.keys), self._clock()
            return len(kept.keys)

    def _of(self, issuer: str) -> _Kept:
        return self._kept.setdefault(issuer, _Kept())

    async def _read_keys(self, url: str) -> Mapping[str, Key]:
        found = as_object(await self._asking.get(url, Step.KEYS), Step.KEYS, url)
        listed = found.get("keys")
        if not isinstance(listed, list) or not listed:
            raise SignInFault(Step.KEYS, f"{where(url)} lists no keys.")
        keys: dict[str, Key] = {}
        for number, each in enumerate(cast("list[object]", listed)[:_MOST_KEYS]):
            # Keys of kinds nobody here knows, or for encryption, may stand among them.
            if isinstance(each, dict) and (key := _to_key(cast("Json", each))) is not None:
                keys[str(cast("Json", each).get("kid", f"#{number}"))] = key
        if not keys:
            raise SignInFault(Step.KEYS, f"{where(url)} lists no key that signs RS, PS or ES.")
        return keys


@asynccontextmanager
async def _turn(kept: _Kept) -> AsyncGenerator[None]:
    """Let one read for all who wait; what it failed of, nobody of them waits for once more."""
    before = kept.faults
    async with kept.turn:
        if kept.fault is not None and kept.faults != before:
            fault = kept.fault
            raise SignInFault(fault.step, fault.detail, passing=fault.passing, hint=fault.hint)
        try:
            yield
        except SignInFault as fault:
            kept.fault, kept.faults = fault, kept.faults + 1
            raise
        kept.fault = None


def _choose(keys: Mapping[str, Key], kid: str | None) -> Key | None:
    if kid is not None:
        return keys.get(kid)
    return next(iter(keys.values())) if len(keys) == 1 else None


def _to_key(raw: Json) -> Key | None:
    if raw.get("use", "sig") != "sig" or raw.get("kty") not in {"RSA", "EC"}:
        return None
    public = {name: value for name, value in raw.items() if name not in {"d", "p", "q", "oth"}}
    try:
        with warnings.catch_warnings():
            # What the library only warns of, such as RSA of 1024 bits, signs nobody in.
            warnings.simplefilter("error", SecurityWarning)
            return KeySet.import_key_set({"keys": [public]}).keys[0]  # pyright: ignore[reportArgumentType] - checked there
    except (JoseError, SecurityWarning, ValueError, TypeError, KeyError):
        return None


def _younger(at: datetime | None, age: timedelta, now: datetime) -> bool:
    """Whether something is that young; what lies ahead (a clock that was put back) is not."""
    return at is not None and timedelta() <= now - at < age


def _parse(found: Json, issuer: str) -> Description:
    said = found.get("issuer")
    if said != issuer:
        raise SignInFault(
            Step.DISCOVER,
            f"The provider calls itself {str(said)[:200]!r}, and is set up as {issuer!r}.",
            hint="They must be equal to the letter, a slash at the end included.",
        )
    algorithms = _words(found, "id_token_signing_alg_values_supported") or ("RS256",)
    methods = _words(found, "token_endpoint_auth_methods_supported") or ("client_secret_basic",)
    known = tuple(each for each in algorithms if each in _ALGORITHMS)
    if not known:
        raise SignInFault(
            Step.DISCOVER,
            f"The provider signs with {', '.join(algorithms)[:200]}, and none of it is accepted.",
            hint=f"Accepted are {', '.join(_ALGORITHMS)}.",
        )
    return Description(
        issuer=issuer,
        authorize=_address(found, "authorization_endpoint"),
        token=_address(found, "token_endpoint"),
        keys=_address(found, "jwks_uri"),
        userinfo=_address(found, "userinfo_endpoint", optional=True),
        end_session=_address(found, "end_session_endpoint", optional=True),
        algorithms=known,
        secret_in_form="client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _words(found: Json, name: str) -> tuple[str, ...]:
    listed = found.get(name)
    if not isinstance(listed, list):
        return ()
    return tuple(each for each in cast("list[object]", listed) if isinstance(each, str))


def _address(found: Json, name: str, *, optional: bool = False) -> str:
    given = found.get(name)
    if given is None and optional:
        return ""
    try:
        return check_url(str(given), field=name, label=name)
    except Invalid as error:
        raise SignInFault(Step.DISCOVER, error.detail) from error

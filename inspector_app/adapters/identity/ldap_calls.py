"""LDAP operations through libldap, one connection at a time; each waits, so call it in a thread.

The one file that imports python-ldap, which the extra `[ldap]` brings.
"""

# python-ldap makes its names as it is imported, and may be missing: no checker sees through it.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import socket
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import ldap
from ldap.controls.libldap import SimplePagedResultsControl
from ldap.controls.ppolicy import PasswordPolicyControl
from ldap.dn import str2dn
from ldap.filter import escape_filter_chars
from ldap.ldapobject import SimpleLDAPObject
from pyasn1.error import PyAsn1Error

from inspector_app.adapters.identity.ldap_refusals import Bound, Policy, plainly
from inspector_app.domain.signing_in import SignInFault, Step

PAGE = 200
"""Entries that are asked for at once."""
_MOST_ENTRIES: Final = 10_000
_AGAIN: Final = (
    ldap.SERVER_DOWN,
    ldap.CONNECT_ERROR,
    ldap.TIMEOUT,
    ldap.TIMELIMIT_EXCEEDED,
    ldap.BUSY,
    ldap.UNAVAILABLE,
    ldap.DECODING_ERROR,
)
"""Another server, or the same one later, may do better."""

Dn = tuple[tuple[tuple[str, str], ...], ...]
"""A DN's parts from the leaf up, each of one attribute or more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: its DN, and its attributes by name in lower case."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]

    def values(self, name: str) -> tuple[str, ...]:
        """What an attribute says, as far as it is text."""
        found = self.attributes.get(name.lower(), ())
        decoded = (each.decode(errors="replace") for each in found)
        return tuple(each for each in decoded if "\ufffd" not in each)

    def value(self, name: str) -> str:
        """The first of its values, or ""."""
        return next(iter(self.values(name)), "")


class Calls:
    """Operations over a wire that is secured already.

    Args:
        wire: Becomes libldap's own.
        seconds: What one operation may take.
    """

    def __init__(self, wire: socket.socket, seconds: float) -> None:
        # The name is libldap's to show; it connects to nothing.
        found = SimpleLDAPObject("ldap://directory", fileno=wire.detach())
        found.set_option(ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3)
        found.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
        found.set_option(ldap.OPT_DEREF, ldap.DEREF_NEVER)
        found.set_option(ldap.OPT_RESTART, ldap.OPT_OFF)
        found.set_option(ldap.OPT_NETWORK_TIMEOUT, seconds)
        found.set_option(ldap.OPT_TIMEOUT, seconds)
        found.timeout = seconds
        self._ldap = found
        self._seconds = seconds

    def close(self) -> None:
        """Say goodbye."""
        with suppress(ldap.LDAPError):  # it went first
            self._ldap.unbind_ext_s()

    def bind(self, dn: str, password: str, step: Step) -> Bound:
        """Bind, and say how that ended.

        An empty DN or password would bind as nobody, and succeed (RFC 4513, 5.1): both are
        refused here, whoever asks.
        """
        if not dn or not password or "\0" in password:
            raise SignInFault(step, "A bind without a name or a password proves nothing.")
        asked = [PasswordPolicyControl()]
        with _explained(step, dn):
            try:
                sent = self._ldap.simple_bind(dn, password, serverctrls=asked)
                *_, controls = self._ldap.result3(sent, timeout=self._seconds)
            except _AGAIN:
                raise
            except ldap.LDAPError as error:
                told = _told(error)
                if (code := told.get("result")) is None:
                    raise
                raw = told.get("ctrls") or ()
                return Bound(int(code), str(told.get("info", "")), _policy_in(raw))
            said = next(
                (each for each in controls if isinstance(each, PasswordPolicyControl)), None
            )
            if said is None:
                return Bound(0)
            ends_in, grace = said.timeBeforeExpiration, said.graceAuthNsRemaining
            return Bound(0, "", _policy(said.error), ends_in, grace)

    def search(
        self,
        base: str,
        matching: str,
        attributes: Sequence[str],
        step: Step,
        *,
        most: int = _MOST_ENTRIES,
    ) -> list[Entry]:
        """Find entries at and below `base`, page by page; those beyond `most` are not read.

        References to other servers are left where they are.
        """
        paging = SimplePagedResultsControl(criticality=False, size=min(PAGE, most), cookie="")
        found: list[Entry] = []
        with _explained(step, base):
            while True:
                sent = self._ldap.search_ext(
                    base,
                    ldap.SCOPE_SUBTREE,
                    matching,
                    list(attributes),
                    serverctrls=[paging],
                    timeout=self._seconds,
                )
                _kind, read, _id, controls = self._ldap.result3(sent, timeout=self._seconds)
                found += _entries(read)
                cookies = [
                    each.cookie for each in controls if isinstance(each, SimplePagedResultsControl)
                ]
                if not cookies or not cookies[0] or len(found) >= most:
                    return found[:most]
                paging.cookie = cookies[0]

    def read(self, dn: str, attributes: Sequence[str], step: Step) -> Entry | None:
        """Read one entry; None where there is none, or not for us."""
        with _explained(step, dn), suppress(ldap.NO_SUCH_OBJECT):
            sent = self._ldap.search_ext(
                dn, ldap.SCOPE_BASE, attrlist=list(attributes), timeout=self._seconds
            )
            _kind, read, *_ = self._ldap.result3(sent, timeout=self._seconds)
            return next(iter(_entries(read)), None)
        return None


def escaped(text: str) -> str:
    """Make `text` a value in a filter, whatever is in it (RFC 4515)."""
    return str(escape_filter_chars(text))


def normalised(dn: str) -> Dn:
    """Read a DN, so that two ways to write it are equal; () is none.

    Letter case and outer spaces count for nothing, as in the attributes that DNs are made of.
    """
    try:
        parts = str2dn(dn)
    except ldap.LDAPError:
        return ()
    return tuple(
        tuple(sorted((name.lower(), value.strip().casefold()) for name, value, _ in each))
        for each in parts
    )


def _entries(read: Sequence[tuple[str | None, Mapping[str, Sequence[bytes]]]]) -> list[Entry]:
    """What a search found; a reference to another server has no DN."""
    return [
        Entry(dn, {name.lower(): found for name, found in values.items()})
        for dn, values in read
        if dn is not None
    ]


def _policy_in(raw: Sequence[tuple[str, bool, bytes]]) -> Policy | None:
    """What the controls of a refused bind say: python-ldap leaves them undecoded."""
    for oid, _critical, value in raw:
        if oid == PasswordPolicyControl.controlType and value:
            control = PasswordPolicyControl()
            control.decodeControlValue(value)
            return _policy(control.error)
    return None


def _policy(error: int | None) -> Policy | None:
    return Policy(error) if error in set(Policy) else None


def _told(error: Exception) -> Mapping[str, object]:
    found = error.args[0] if error.args else {}
    return found if isinstance(found, dict) else {"desc": str(found)}


@contextmanager
def _explained(step: Step, about: str) -> Generator[None]:
    """Raise a SignInFault for what libldap raises."""
    try:
        yield
    except ldap.TIMEOUT as error:
        raise SignInFault(step, "The directory does not answer in time.", passing=True) from error
    except (ldap.SERVER_DOWN, ldap.CONNECT_ERROR) as error:
        raise SignInFault(step, "The connection broke off.", passing=True) from error
    except ldap.NO_SUCH_OBJECT as error:
        raise SignInFault(step, f"There is no {about[:200]!r} there.") from error
    except ldap.REFERRAL as error:
        raise SignInFault(
            step,
            "The directory refers to another server, and no referral is followed.",
            hint="Name the server that holds this part, or Active Directory's global catalog.",
        ) from error
    except ldap.FILTER_ERROR as error:
        raise SignInFault(step, "The filter is not one.") from error
    except PyAsn1Error as error:
        raise SignInFault(step, "What it answers is not LDAP.", passing=True) from error
    except ldap.LDAPError as error:
        told = _told(error)
        words = " ".join(str(told.get(each, "")) for each in ("desc", "info"))
        passing = isinstance(error, _AGAIN)
        raise SignInFault(
            step, f"The directory says: {plainly(words)}.", passing=passing
        ) from error

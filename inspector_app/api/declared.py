"""Every route declares its permission; a test walks the whole tree and fails on one without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission

_MARK = "__inspector_permission__"
_KIND = "__inspector_rate__"
_READS = {"GET", "HEAD", "OPTIONS"}
F = TypeVar("F", bound=Callable[..., object])


def needs(permission: Permission, *, kind: Kind | None = None) -> Callable[[F], F]:
    """Declare the permission of an endpoint; stands directly over the function.

    The service behind it asks the door for the same permission: this is its public word.
    `kind` is the rate it counts against; None goes by the method.
    """

    def declare(endpoint: F) -> F:
        setattr(endpoint, _MARK, permission)
        setattr(endpoint, _KIND, kind)
        return endpoint

    return declare


def declared_permission(endpoint: object) -> Permission | None:
    """Return what an endpoint declared, or None."""
    found = getattr(endpoint, _MARK, None)
    return found if isinstance(found, Permission) else None


def kind_of(endpoint: object, method: str) -> Kind:
    """Return which rate a request counts against."""
    found = getattr(endpoint, _KIND, None)
    usual = Kind.READ if method in _READS else Kind.ACT
    return found if isinstance(found, Kind) else usual

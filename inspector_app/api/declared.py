"""Every route declares its permission; a test walks the whole tree and fails on one without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from inspector_app.domain.permissions import Permission

_MARK = "__inspector_permission__"
F = TypeVar("F", bound=Callable[..., object])


def needs(permission: Permission) -> Callable[[F], F]:
    """Declare the permission of an endpoint; stands directly over the function.

    The service behind it asks the door for the same permission: this is its public word.
    """

    def declare(endpoint: F) -> F:
        setattr(endpoint, _MARK, permission)
        return endpoint

    return declare


def declared_permission(endpoint: object) -> Permission | None:
    """Return what an endpoint declared, or None."""
    found = getattr(endpoint, _MARK, None)
    return found if isinstance(found, Permission) else None

"""Who may do what: the one list of permissions, and what each role holds."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A person's role in one tenant; each holds what the one before it holds."""

    OBSERVER = "observer"
    DEVELOPER = "developer"
    ADMIN = "admin"


class Permission(StrEnum):
    """`resource:action`, named at the point of use."""

    PUBLIC = "public"
    """Needs no session: sign-in, health."""
    SESSION_OWN = "session:own"
    """Any signed-in person, about themselves: account, sessions, password, log-out."""
    SELF = "self"
    """Whoever is known, a person or a token: who they are, what they were answered before."""
    SESSION_SECURE = "session:secure"
    """Any signed-in person, about the second step of their own sign-in."""

    NAMESPACE_READ = "namespace:read"
    RUN_READ = "run:read"
    RUN_PAUSE = "run:pause"
    RUN_RESUME = "run:resume"
    RUN_SIGNAL = "run:signal"
    RUN_CANCEL = "run:cancel"
    RUN_TERMINATE = "run:terminate"
    OPERATION_READ = "operation:read"
    OPERATION_START = "operation:start"
    """Bulk work; the permission of its action is needed besides."""
    OPERATION_CANCEL = "operation:cancel"
    ALERT_READ = "alert:read"
    AUDIT_READ = "audit:read"
    AUDIT_VERIFY = "audit:verify"
    AUDIT_EXPORT = "audit:export"
    JOB_READ = "job:read"
    JOB_RUN = "job:run"
    TOKEN_OWN = "token:own"  # noqa: S105 - a permission
    """Make tokens that act as oneself; listing and revoking one's own needs no role."""
    TOKEN_MANAGE = "token:manage"  # noqa: S105 - a permission
    """Make the tenant's service tokens; revoke every token of the tenant."""
    TOKEN_READ = "token:read"  # noqa: S105 - a permission
    """List every token of the tenant."""
    TOKEN_EXCHANGE = "token:exchange"  # noqa: S105 - a permission
    """A token itself, for a JWT; no role holds it."""
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    REDACTION_READ = "redaction:read"
    """What is hidden, from whom, and what a role would see."""
    REDACTION_WRITE = "redaction:write"
    PROVIDER_READ = "provider:read"
    """How the tenant's people may sign in elsewhere, and what a mapping makes of whom."""
    PROVIDER_WRITE = "provider:write"
    """The tenant's own providers; the installation's are the operator's."""

    METRICS_READ = "metrics:read"
    """Prometheus: a token of its own, or loopback."""
    OPERATOR = "operator"
    """The command line on the installation's own machine; no role holds it."""


_OBSERVER = frozenset(
    {
        Permission.NAMESPACE_READ,
        Permission.RUN_READ,
        Permission.OPERATION_READ,
        Permission.ALERT_READ,
    }
)
_DEVELOPER = _OBSERVER | {
    Permission.RUN_PAUSE,
    Permission.RUN_RESUME,
    Permission.RUN_SIGNAL,
    Permission.RUN_CANCEL,
    Permission.RUN_TERMINATE,
    Permission.OPERATION_START,
    Permission.OPERATION_CANCEL,
    Permission.TOKEN_OWN,
}
_ADMIN = _DEVELOPER | {
    Permission.AUDIT_READ,
    Permission.AUDIT_VERIFY,
    Permission.AUDIT_EXPORT,
    Permission.JOB_READ,
    Permission.JOB_RUN,
    Permission.TOKEN_MANAGE,
    Permission.TOKEN_READ,
    Permission.PEOPLE_READ,
    Permission.PEOPLE_WRITE,
    Permission.REDACTION_READ,
    Permission.REDACTION_WRITE,
    Permission.PROVIDER_READ,
    Permission.PROVIDER_WRITE,
}

HELD: dict[Role, frozenset[Permission]] = {
    Role.OBSERVER: _OBSERVER,
    Role.DEVELOPER: _DEVELOPER,
    Role.ADMIN: _ADMIN,
}

NEEDS_PROOF = frozenset(
    {
        Permission.SESSION_SECURE,
        Permission.PEOPLE_WRITE,
        Permission.TOKEN_OWN,
        Permission.TOKEN_MANAGE,
        Permission.REDACTION_WRITE,
        Permission.PROVIDER_WRITE,
    }
)
"""What an open session alone does not open: who acts has proved lately that it is them.

A token outlives the session it was made in: who finds a browser open must not get one.
"""


def holds(role: Role, permission: Permission) -> bool:
    """Tell whether `role` holds `permission`."""
    return permission in HELD[role]


def lowest_role(permission: Permission) -> Role | None:
    """The least role that holds `permission`, or None where no role does."""
    return next((role for role in Role if holds(role, permission)), None)


def matrix() -> str:
    """Write who may do what as docs/security/permissions.md has it."""
    head = ["permission", *(role.value for role in Role), "proof"]
    lines = [
        "# Who may do what",
        "Written by `make permissions`; a test compares. *Proof*: a password or code given within",
        "15 minutes. `public` needs no session, `session:…` is any signed-in person's about",
        "themselves, `operator` the command line's, `metrics:read` Prometheus's own token's.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    for permission in Permission:
        held = ["yes" if holds(role, permission) else "" for role in Role]
        cells = [f"`{permission}`", *held, "yes" if permission in NEEDS_PROOF else ""]
        lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"

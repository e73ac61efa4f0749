"""In whose name an operation goes on, and whether they may still do it."""

from __future__ import annotations

from datetime import datetime

from inspector_app.domain.ids import PersonId, TokenId
from inspector_app.domain.operations import Operation
from inspector_app.domain.permissions import holds
from inspector_app.services.ports import Work


async def may_no_longer(work: Work, operation: Operation, now: datetime) -> str:
    """Say why who started it may not do this any more, "" if they may."""
    refused = ""
    if operation.token is not None:
        refused = await _token_refused(work, operation, operation.token, now)
    if not refused and operation.person is not None:
        refused = await _person_refused(work, operation, operation.person)
    return refused


async def _token_refused(work: Work, operation: Operation, ident: TokenId, now: datetime) -> str:
    whose = "The token of" if operation.person else "The service token"
    known = await work.tokens.find(ident)
    if known is None or known.token.refusal(now):
        return f"{whose} {operation.by}, with which it was started, is expired or revoked."
    if not known.token.reaches(operation.deed.permission):
        return f"{whose} {operation.by}, with which it was started, may not do this."
    return ""


async def _person_refused(work: Work, operation: Operation, ident: PersonId) -> str:
    by, person = operation.by, await work.people.get(ident)
    if person is None or person.disabled:
        return f"The account of {by} is disabled."
    if person.must_change_password:
        return f"{by} has a one-time password, and is to choose their own first."
    memberships = await work.tenants.memberships(ident)
    role = next((each.role for each in memberships if each.tenant.id == operation.tenant), None)
    if role is None:
        return f"{by} no longer belongs to the tenant."
    if not holds(role, operation.deed.permission):
        return f"{by} is now {role} and may not do this."
    return ""

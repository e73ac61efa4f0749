"""Tokens on a screen: one's own, or every one of the tenant."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid, ProofRequired
from inspector_app.domain.permissions import Permission, Role, holds
from inspector_app.domain.tokens import (
    USUAL_DAYS,
    Token,
    TokenKind,
    TokenOrder,
    grantable,
    lower,
    parse_scopes,
    parse_token_id,
)
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import Notice, SessionState, milliseconds, now

_PAGE_SIZE, _MOST = 50, 1000
_FIELDS = {"name", "role", "days", "scopes"}


@dataclass(frozen=True)
class TokenRow:
    """A token without its secret; times in epoch milliseconds."""

    ident: str
    kind: str
    name: str
    owner: str
    role: str
    scopes: str
    reach: str
    created: int | None
    expires: int | None
    used: int | None
    expired: bool


class TokensState(SessionState):
    """The list, the form for a new one, and the new one's text, which is shown once."""

    rows: list[TokenRow] = []
    of_tenant: bool = False
    """Which list: the tenant's, where new ones are service tokens, or one's own."""
    next_href: str = ""
    asking: str = ""
    """Which question is open: "new", "revoke", or ""."""
    role_chosen: str = ""
    roles_offered: list[str] = []
    scopes_offered: list[str] = []
    wrong: dict[str, str] = {}
    """What is wrong with a field of the form, by its name."""
    problem: Notice | None = None
    fresh: str = ""
    """The text of the token just made; gone when the dialog closes or a page loads."""
    to_revoke: TokenRow | None = None
    must_prove: bool = False
    second_step: bool = False
    here: str = ""
    tokens_ready: bool = False

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def load_mine(self) -> None:
        """List one's own tokens in this tenant."""
        await self._open(of_tenant=False)

    @rx.event
    @requires(Permission.TOKEN_READ)
    async def load_tenants(self) -> None:
        """List every token of the tenant."""
        self._opens()
        await self._open(of_tenant=True)

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def ask_new(self) -> None:
        """Open the form, or what must be proved before; nothing is done yet."""
        self.must_prove, self.second_step = await self._proof()
        own = self._actor.role or Role.OBSERVER
        offered = [role for role in Role if self.of_tenant or lower(role, own) is role]
        self.roles_offered = [role.value for role in offered]
        self._offer(Role.OBSERVER)
        self.asking, self.problem, self.wrong, self.fresh = "new", None, {}, ""

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def choose_role(self, role: str) -> None:
        """Offer what a token of this role may have."""
        if role in self.roles_offered:
            self._offer(Role(role))

    @rx.event
    @requires(Permission.TOKEN_OWN)
    async def create(self, form: dict[str, str]) -> None:
        """Make it and show its text, this once."""
        self.problem, self.wrong = None, {}
        days = form.get("days", "")
        order = TokenOrder(
            name=form.get("name", "").strip(),
            role=Role(self.role_chosen) if self.role_chosen in set(Role) else Role.OBSERVER,
            days=int(days) if days.isdecimal() and len(days) < 5 else USUAL_DAYS,  # noqa: PLR2004 - none is that long
            scopes=parse_scopes(each for each in self.scopes_offered if each in form),
        )
        try:
            _, self.fresh = await registry.services().tokens.create(
                self._actor, self._kind(), order
            )
        except Invalid as error:
            field = error.field if error.field in _FIELDS else "name"
            self.wrong = {field: error.detail}
            return
        except InspectorError as error:
            self._refuse(error)
            return
        self.asking = ""
        await self._read()

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def ask_revoke(self, ident: str) -> None:
        """Ask before a token is ended."""
        self.to_revoke = next((row for row in self.rows if row.ident == ident), None)
        self.asking, self.problem = ("revoke" if self.to_revoke else ""), None
        self.must_prove = False  # one's own needs none
        if self.of_tenant:
            self.must_prove, self.second_step = await self._proof()

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def revoke(self) -> None:
        """End the token that was asked about."""
        wanted = parse_token_id(self.to_revoke.ident if self.to_revoke else "")
        try:
            await registry.services().tokens.revoke(self._actor, wanted)
        except ProofRequired as error:
            self._refuse(error)
            return
        self.asking, self.to_revoke = "", None
        await self._read()

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def shut_tokens(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the dialog, and forget the new token's text."""
        if not is_open:
            self.asking, self.fresh = "", ""

    def _refuse(self, error: InspectorError) -> None:
        self.must_prove = isinstance(error, ProofRequired)
        self.problem = Notice("failed", error.title, error.detail, error.hint)

    async def _open(self, *, of_tenant: bool) -> None:
        self.asking, self.fresh, self.of_tenant = "", "", of_tenant
        self.here = routes.tokens(self.tenant) if of_tenant else routes.account(self.tenant)
        await self._read()
        self.tokens_ready = True

    async def _read(self) -> None:
        desk = registry.services().tokens
        page = self._parameter("page") if self.of_tenant else ""
        before = parse_token_id(page) if page else None
        # One person has a bounded number; a tenant's people have them by pages.
        read, limit = (desk.of_tenant, _PAGE_SIZE) if self.of_tenant else (desk.mine, _MOST)
        found, more = await read(self._actor, before=before, limit=limit)
        self.rows = [_row(each) for each in found]
        self.next_href = routes.tokens(self.tenant, page=str(more)) if more else ""

    def _kind(self) -> TokenKind:
        return TokenKind.SERVICE if self.of_tenant else TokenKind.PERSONAL

    def _offer(self, role: Role) -> None:
        self.role_chosen = role.value
        self.scopes_offered = sorted(grantable(role))


def _row(token: Token) -> TokenRow:
    whole = token.scopes >= grantable(token.role)
    acts = any(not holds(Role.OBSERVER, each) for each in token.scopes)
    return TokenRow(
        ident=str(token.id),
        kind=token.kind.value,
        name=token.name,
        owner=token.created_by,
        role=token.role.value,
        scopes=", ".join(sorted(token.scopes)),
        reach="all of its role"
        if whole
        else f"{len(token.scopes)} {'' if acts else 'reading '}"
        f"scope{'s' * (len(token.scopes) != 1)}",
        created=milliseconds(token.created_at),
        expires=milliseconds(token.expires_at),
        used=milliseconds(token.last_used_at),
        expired=bool(token.refusal(now())),
    )

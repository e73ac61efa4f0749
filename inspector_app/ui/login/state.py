"""What the sign-in pages show of a failed try."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import SessionState


@dataclass(frozen=True)
class Way:
    """A provider's button."""

    name: str
    href: str


class LoginState(SessionState):
    """The form itself posts to `/auth/local/login`: only HTTP may set an HttpOnly cookie."""

    typed_username: str = ""
    next_page: str = ""
    wanted_tenant: str = ""
    step: str = ""
    """"code" where the password was right and a code is to come, "renew" where the session goes
    on under another token."""
    renew_href: str = ""
    offered: list[Way] = []
    """Where else one can sign in."""
    directory: str = ""
    """The name of the directory whose password is asked for; "" of our own accounts."""
    own_href: str = ""
    post_to: str = routes.SIGN_IN_POST

    @rx.event
    @requires(Permission.PUBLIC)
    async def load(self) -> rx.event.EventSpec | None:
        """Show what the last try answered; go on at once when somebody is signed in."""
        self._clear()
        self.next_page = self._parameter("next")
        self.step = self._parameter("step")
        parts = self.router.url.path.split("/")
        self.wanted_tenant = parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - /login/{tenant}
        await self._offer()
        if self._actor.must_renew:
            self.step, self.renew_href = "renew", routes.renew(self.next_page)
            return None
        if (answer := self._show_last_answer()) is not None:
            self.typed_username = answer.get("username", "")
            return None
        if self._actor.must_change_password:
            return rx.redirect(routes.SETUP)
        if self._actor.signed_in and self.tenants:
            return rx.redirect(self.tenants[0].href)
        return None

    async def _offer(self) -> None:
        """Show what applies here: links, since a form may not be redirected to another site."""
        found = await registry.services().provider_offers.applying(self._actor, self.wanted_tenant)
        page = routes.login(self.next_page, tenant=self.wanted_tenant)
        chosen = self._parameter("with")
        self.offered, self.directory, self.own_href = [], "", ""
        self.post_to = routes.SIGN_IN_POST
        for each in found:
            by_form = each.kind is ProviderKind.LDAP
            if by_form and each.key == chosen:
                self.directory, self.post_to, self.own_href = each.name, each.path, page
                continue
            href = (
                routes.login(self.next_page, tenant=self.wanted_tenant, by=each.key)
                if by_form
                else routes.begin_elsewhere(each.path, self.next_page)
            )
            self.offered.append(Way(each.name, href))

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def load_setup(self) -> rx.event.EventSpec | None:
        """Show the password form to who must replace a one-time password."""
        self._clear()
        self._show_last_answer()
        if not self._actor.must_change_password and self.tenants:
            return rx.redirect(self.tenants[0].href)
        return None

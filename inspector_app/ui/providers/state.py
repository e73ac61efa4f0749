"""The tenant's sign-in providers, the form of one, and what a try and a dry run say."""

from __future__ import annotations

import asyncio

import reflex as rx

from inspector_app.domain.errors import Conflict, InspectorError, Invalid, ProofRequired
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import Provider, no_such_provider, order_of
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.kit.form import field_id
from inspector_app.ui.providers.rows import (
    AddressRow,
    ProviderRow,
    RuleRow,
    StepRow,
    WouldBeRow,
    address_of,
    everybodys,
    ordered,
    row_of,
    step_of,
    values_of,
    would_be_of,
)
from inspector_app.ui.session import Notice, SessionState

PATIENCE = 8
"""Seconds for a try: a State's lock in Redis lasts ten."""
PANEL = "provider-panel"
"""The id of its panel's heading. It is focused to be seen: `scroll_to` would need `eval`."""
_WAITS = {"walk", "password", "person", "metadata"}
_TOLD = {
    "enable": "is on the sign-in page again.",
    "disable": "is switched off; the sessions it opened have ended.",
    "remove": "is removed; its sessions and the roles it gave have ended.",
}


class ProvidersState(SessionState):
    """The list, or the one that the address names."""

    rows: list[ProviderRow] = []
    opened: ProviderRow | None = None
    kind: str = ""
    """Of the provider whose form is shown, an old or a new one; "" shows the list."""
    values: dict[str, str] = {}
    rules: list[RuleRow] = []
    has: list[str] = []
    """Names of the secrets that are set."""
    addresses: list[AddressRow] = []
    wrong: dict[str, str] = {}
    """What is wrong with a field of the form, by its name."""
    form_key: int = 0
    filled: int = 0
    """Grows when metadata fills in the settings that it says: they alone are shown anew."""
    asking: str = ""
    """Which question is open: "enable", "disable", "remove", or ""."""
    steps: list[StepRow] = []
    """Of the last try; none yet."""
    works: bool = False
    would: WouldBeRow | None = None
    would_error: str = ""
    by_name: bool = False
    """Whether `would_error` concerns the name that was looked up."""
    waiting: str = ""
    """What the page waits for: one of `_WAITS`, or ""."""
    here: str = ""
    """This page's own address: where a proof leads back to."""
    list_href: str = ""
    new_hrefs: dict[str, str] = {}
    must_prove: bool = False
    second_step: bool = False
    """Whether the admin proves by a code."""
    problem: Notice | None = None
    stale: bool = False
    """Whether the form was refused because somebody else changed the provider."""
    ready: bool = False

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def load(self) -> None:
        """Show the list, the provider that the address names, or the form of a new one."""
        self._opens()
        wanted, new = self._parameter("provider"), self._parameter("new")
        self.here = routes.providers(self.tenant, provider=wanted, new=new)
        self.list_href = routes.providers(self.tenant)
        self.new_hrefs = {
            kind.value: routes.providers(self.tenant, new=kind.value) for kind in ProviderKind
        }
        self.asking, self.steps, self.would, self.would_error = "", [], None, ""
        self.waiting = ""
        await self._read()
        self.must_prove, self.second_step = await self._proof()

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def add_group_rule(self) -> None:
        """Put another rule on the form."""
        last = int(self.rules[-1].ident) + 1 if self.rules else 0
        self.rules = [*self.rules, RuleRow(str(last), "", Role.OBSERVER.value)]

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def drop_group_rule(self, ident: str) -> None:
        """Take a rule from the form."""
        self.rules = [each for each in self.rules if each.ident != ident]

    @rx.event
    @requires(Permission.PROVIDER_WRITE)
    async def keep_provider(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Do what the form says; a new provider's own page comes next."""
        self.wrong, self.problem, self.stale = {}, None, False
        row = self.opened
        try:
            order = ordered(
                form,
                kind=_kind(self.kind),
                slug=row.slug if row else form.get("slug", ""),
                tenant=self.tenant,
                rules=[each.ident for each in self.rules],
            )
            found = await registry.services().providers.put(
                self._actor,
                order,
                version=row.version if row else None,
                reason=form.get("reason", ""),
            )
        except Invalid as error:
            self._point_at(error)
            return self._to_what_is_wrong()
        except InspectorError as error:
            self._refuse(error)
            self.stale = row is not None and isinstance(error, Conflict)
            return rx.set_focus(PANEL) if self.must_prove else None
        else:
            if row is None:
                return rx.redirect(routes.providers(self.tenant, provider=found.slug))
            await self._read()
            self.notice = Notice("completed", f"“{found.name}” is changed.", "")
        # What was done is said above the form, and whoever did it stands below.
        return rx.set_focus(PANEL)

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def ask_provider(self, question: str) -> None:
        """Open a question about the provider that is shown."""
        self._clear()
        self.asking = question if question in _TOLD and self.opened else ""
        self.wrong, self.problem = {}, None
        self.must_prove, self.second_step = await self._proof()

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def shut_provider(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the question."""
        if not is_open:
            self.asking = ""

    @rx.event
    @requires(Permission.PROVIDER_WRITE)
    async def answer_provider(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Do what the open question asks."""
        self.wrong, self.problem = {}, None
        question, row = self.asking, self.opened
        try:
            if row is None or question not in _TOLD:
                raise no_such_provider()
            await self._do(question, row, form.get("reason", ""))
        except Invalid as error:
            self._point_at(error)
        except InspectorError as error:
            self._refuse(error)
        else:
            self.asking = ""
            if question == "remove":
                return rx.redirect(routes.providers(self.tenant))
            await self._read()
            self.notice = Notice("completed", f"“{row.name}” {_TOLD[question]}", "")
        return None

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def wait_for(self, what: str) -> None:
        """Say what is asked that may take seconds, and afterwards, by "", that nothing is."""
        self.waiting = what if what in _WAITS else ""

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def try_provider(self) -> None:
        """Walk what can be walked of a sign-in, as it is kept."""
        self._clear()
        self.steps = []
        if self.opened is None:
            return
        trials = registry.services().provider_trials
        try:
            async with asyncio.timeout(PATIENCE):
                found = await trials.walk(self._actor, self.opened.slug)
        except TimeoutError:
            text = f"It did not answer within {PATIENCE} seconds."
            self.notice = Notice("failed", "The provider is too slow to tell", text)
        else:
            self.steps = [step_of(each) for each in found]
            self.works = all(each.passed != "failed" for each in self.steps)

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def try_person(self, form: dict[str, str]) -> None:
        """Say who somebody would be."""
        self.would, self.would_error = None, ""
        if self.opened is None:
            return
        groups = [each.strip() for each in form.get("groups", "").split("\n") if each.strip()]
        username = form.get("username", "").strip()
        self.by_name = bool(username)
        try:
            async with asyncio.timeout(PATIENCE):
                found = await registry.services().provider_trials.would_be(
                    self._actor, self.opened.slug, groups=groups, username=username
                )
        except TimeoutError:
            self.would_error = f"The directory did not answer within {PATIENCE} seconds."
        except InspectorError as error:
            self.would_error = f"{error.detail} {error.hint}".strip()
        else:
            self.would = would_be_of(found, self.tenant)

    async def _do(self, question: str, row: ProviderRow, reason: str) -> None:
        desk, actor = registry.services().providers, self._actor
        if question == "remove":
            await desk.remove(actor, row.slug, version=row.version, reason=reason)
            return
        found = await desk.one(actor, row.slug)
        order = order_of(found, enabled=question == "enable")
        await desk.put(actor, order, version=row.version, reason=reason)

    async def _read(self) -> None:
        """Read the list, and the one that is opened."""
        services, actor = registry.services(), self._actor
        found = await services.providers.all(actor)
        uses = await services.provider_trials.used(actor, found)
        offered = await services.provider_offers.applying(actor, self.tenant)
        own = {each.key for each in found}
        self.rows = [
            *(row_of(each, uses.get(each.key)) for each in found),
            *(everybodys(each) for each in offered if each.key not in own),
        ]
        wanted, new = self._parameter("provider"), self._parameter("new")
        self.opened, self.kind = None, ""
        if wanted:
            try:
                one = await services.providers.one(actor, wanted)
            except InspectorError as error:
                self._show(error)
            else:
                self.opened = row_of(one, uses.get(one.key))
                self._fill(one.kind, one)
        elif new in set(ProviderKind):
            self._fill(ProviderKind(new), None)
        self.ready = True

    def _fill(self, kind: ProviderKind, found: Provider | None) -> None:
        self.kind, self.wrong, self.problem, self.stale = kind.value, {}, None, False
        self.form_key += 1
        self.values = values_of(found.settings if found else None, kind) | {
            "name": found.name if found else "",
            "required": found.mapping.required if found else "",
            "strict": "on" if found and found.mapping.strict else "",
            "enabled": "" if found and not found.enabled else "on",
            "link_by_email": "on" if found and found.link_by_email else "",
        }
        rules = found.mapping.rules if found else ()
        self.rules = [
            RuleRow(str(number), each.group, each.role.value) for number, each in enumerate(rules)
        ]
        self.has = list(found.has) if found else []
        addresses = registry.services().provider_trials.registered(found) if found else ()
        self.addresses = [address_of(each.label, each.url) for each in addresses]

    def _point_at(self, error: Invalid) -> None:
        """Say at its field what is wrong."""
        field = error.field.partition(".")[0]
        self.wrong = {field: f"{error.detail} {error.hint}".strip()}
        if field not in {*self.values, *self.has, "slug", "reason", "rules"} | _SECRET_FIELDS:
            self.problem = Notice("failed", error.title, error.detail, error.hint)

    def _to_what_is_wrong(self) -> rx.event.EventSpec | None:
        """Lead to the first field that is wrong, which may be far above the button."""
        if self.problem is not None:
            return None  # it stands beside the button
        name = next(iter(self.wrong), "")
        return rx.set_focus(field_id(form_ident(self.kind), name))

    def _refuse(self, error: InspectorError) -> None:
        self.must_prove = isinstance(error, ProofRequired)
        self.problem = Notice("failed", error.title, error.detail, error.hint)


def slowly(what: str, *asks: rx.event.EventType[()]) -> list[rx.event.EventType[()]]:
    """Show what is waited for while a page `asks` for it: a handler tells nothing in between."""
    return [ProvidersState.wait_for(what), *asks, ProvidersState.wait_for("")]


_SECRET_FIELDS = {"client_secret", "bind_password"}


def form_ident(kind: str) -> str:
    """The id of the form of a provider of this kind."""
    return f"provider-{kind}"


def _kind(text: str) -> ProviderKind:
    if text not in set(ProviderKind):
        raise Invalid("Choose what kind of provider it is.", field="kind")
    return ProviderKind(text)

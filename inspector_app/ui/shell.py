"""What stands around every page: sidebar, top bar, palette, help, and the reader's clock."""

from __future__ import annotations

import reflex as rx
from reflex_base.style import set_color_mode

from inspector_app.ui import routes
from inspector_app.ui.kit.controls import Child, button, icon_button, link, menu, opens, post_form
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.icons import icon, mark
from inspector_app.ui.kit.time import ZoneName
from inspector_app.ui.session import Place, SessionState

Crumb = tuple[Child, rx.Var[str] | str]

_KEYS = (
    ("⌘ K", "Search, or jump to a place"),
    ("/", "Go to the filter"),
    ("j  k", "Next row, previous row"),
    ("Enter", "Open the row"),
    ("g o", "Go to the overview"),
    ("g w", "Go to workflows"),
    ("g b", "Go to operations (bulk work)"),
    ("g a", "Go to the audit log"),
    ("g p", "Go to your account"),
    ("?", "These keys"),
    ("Esc", "Close what is open"),
)


def _tenant_path(page: str) -> rx.Var[str]:
    # Without a tenant the page is about to be left: sign-in knows where to.
    path = rx.Var.create("/t/") + SessionState.tenant + f"/{page}"
    return rx.cond(SessionState.tenant, path, routes.LOGIN)


def _workflows_path() -> rx.Var[str]:
    namespace = rx.cond(SessionState.namespace, "?ns=" + SessionState.namespace, "")
    return _tenant_path("workflows") + namespace


_PLACES = (
    ("overview", "Overview", "layout-dashboard", lambda: _tenant_path("overview")),
    ("workflows", "Workflows", "workflow", _workflows_path),
    ("operations", "Operations", "list-checks", lambda: _tenant_path("operations")),
    ("audit", "Audit", "scroll-text", lambda: _tenant_path("audit")),
)
_CONFIGURE = (
    ("tokens", "Tokens", "key-round", "token:read", lambda: _tenant_path("admin/tokens")),
    ("people", "People", "users", "people:read", lambda: _tenant_path("people")),
    (
        "providers",
        "Sign-in",
        "log-in",
        "provider:read",
        lambda: _tenant_path("admin/providers"),
    ),
    (
        "redaction",
        "Redaction",
        "eye-off",
        "redaction:read",
        lambda: _tenant_path("admin/redaction"),
    ),
    ("jobs", "Jobs", "repeat", "job:read", lambda: _tenant_path("admin/jobs")),
)
"""Places that only who holds the permission is shown."""


def _place_item(place: rx.Var[Place], current: rx.Var[str]) -> rx.Component:
    return link(
        rx.el.span(place.name, class_name="med trunc"),
        rx.el.span(place.detail, class_name="t3 s11 trunc"),
        to=place.href,
        class_name="menu-item two",
        aria_current=rx.cond(place.slug == current, "true", "false"),
    )


def _scope() -> rx.Component:
    chosen = rx.cond(SessionState.namespace, SessionState.namespace, "No namespace")
    return rx.fragment(
        rx.el.button(
            rx.el.b(chosen, class_name="trunc"),
            rx.el.span(SessionState.tenant_name, class_name="trunc"),
            icon("chevrons-up-down", 14),
            class_name="scope",
            type="button",
            aria_label="Switch namespace or tenant",
            **opens("scope-menu"),
        ),
        menu(
            "scope-menu",
            rx.el.div("Namespaces", class_name="menu-h"),
            rx.foreach(
                SessionState.namespaces,
                lambda place: _place_item(place, SessionState.namespace),
            ),
            rx.cond(
                SessionState.namespaces.length() == 0,
                rx.el.p("The operator has granted none yet.", class_name="menu-note"),
            ),
            rx.cond(
                SessionState.tenants.length() > 1,
                rx.fragment(
                    rx.el.div("Tenants", class_name="menu-h"),
                    rx.foreach(
                        SessionState.tenants,
                        lambda place: _place_item(place, SessionState.tenant),
                    ),
                ),
            ),
            css="at-scope",
        ),
    )


def sign_out_form() -> rx.Component:
    """The only way out is a POST that carries the CSRF token."""
    return post_form(
        rx.el.button(icon("log-out", 14), "Sign out", type="submit", class_name="menu-item"),
        to=routes.SIGN_OUT_POST,
        csrf=SessionState.csrf,
    )


def _theme_item(mode: str, name: str, word: str) -> rx.Component:
    return rx.el.button(
        icon(name, 14), word, type="button", class_name="menu-item", on_click=set_color_mode(mode)
    )


def _person() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.button(
                rx.el.span(SessionState.username[:1].upper(), class_name="avatar"),
                rx.el.span(
                    rx.el.span(SessionState.username, class_name="med trunc"),
                    rx.el.span(SessionState.role, class_name="t3 s11"),
                    class_name="who",
                ),
                type="button",
                class_name="person",
                aria_label="Your menu",
                **opens("person-menu"),
            ),
            icon_button("keyboard", "Keyboard shortcuts", custom_attrs={"data-open": "help"}),
            class_name="side-foot",
        ),
        menu(
            "person-menu",
            link(
                icon("user-round", 14),
                "Account and sessions",
                to=_tenant_path("account"),
                class_name="menu-item",
                custom_attrs={"data-go": "account"},
            ),
            rx.el.div("Theme", class_name="menu-h"),
            _theme_item("light", "sun", "Light"),
            _theme_item("dark", "moon", "Dark"),
            _theme_item("system", "monitor", "As the system"),
            rx.el.div(class_name="menu-line"),
            sign_out_form(),
            css="at-person",
        ),
    )


def _sidebar(page: str) -> rx.Component:
    def place(ident: str, word: str, name: str, to: rx.Var[str]) -> rx.Component:
        return link(
            icon(name),
            word,
            to=to,
            aria_current="page" if ident == page else rx.Var("undefined"),
            custom_attrs={"data-go": ident},
        )

    held = SessionState.permissions
    return rx.el.aside(
        rx.el.div(mark(), "Inspector", class_name="brand"),
        _scope(),
        rx.el.nav(
            *(place(ident, word, name, path()) for ident, word, name, path in _PLACES),
            class_name="nav",
            aria_label="Main",
        ),
        rx.cond(
            held.contains("job:read"),
            rx.fragment(
                rx.el.div("Configure", class_name="nav-h"),
                rx.el.nav(
                    *(
                        rx.cond(held.contains(needs), place(ident, word, name, path()))
                        for ident, word, name, needs, path in _CONFIGURE
                    ),
                    class_name="nav",
                    aria_label="Configure",
                ),
            ),
        ),
        _person(),
        class_name="side",
    )


def _zone_item(zone: str, word: str) -> rx.Component:
    return rx.el.button(
        word,
        type="button",
        role="menuitemradio",
        class_name="menu-item",
        custom_attrs={"data-zone": zone},
    )


def _clock() -> rx.Component:
    return rx.fragment(
        rx.el.button(
            icon("globe", 14),
            ZoneName.create(),
            type="button",
            class_name="btn ghost hide-n",
            aria_label="Time zone",
            **opens("zone-menu"),
        ),
        menu(
            "zone-menu",
            rx.el.div("Times in", class_name="menu-h"),
            _zone_item("UTC", "UTC"),
            _zone_item("local", "This browser's zone"),
            rx.el.div(
                rx.el.label("Another zone", html_for="zone-name", class_name="t3 s12"),
                rx.el.input(
                    id="zone-name",
                    class_name="input",
                    placeholder="Europe/Berlin",
                    auto_complete="off",
                    spell_check=False,
                ),
                class_name="menu-field",
            ),
            rx.el.div("Written as", class_name="menu-h"),
            *(
                rx.el.button(
                    word,
                    type="button",
                    role="menuitemradio",
                    class_name="menu-item",
                    custom_attrs={"data-form": form},
                )
                for form, word in (("absolute", "14:03:11"), ("relative", "28 m ago"))
            ),
            css="at-clock",
        ),
    )


def _crumbs(crumbs: tuple[Crumb, ...]) -> rx.Component:
    *before, (title, _) = crumbs
    parts: list[rx.Component] = []
    for word, to in before:
        parts += [link(word, to=to), icon("chevron-right", 14)]
    return rx.el.div(*parts, rx.el.h1(title, class_name="trunc"), class_name="crumbs")


def _top(crumbs: tuple[Crumb, ...], live: rx.Component) -> rx.Component:
    return rx.el.header(
        icon_button("menu", "Menu", css="ghost menu-btn", custom_attrs={"data-side": ""}),
        _crumbs(crumbs),
        rx.el.span(class_name="grow"),
        live,
        _clock(),
        rx.el.button(
            icon("search", 14),
            rx.el.span("Search or jump to", class_name="grow hide-n"),
            rx.el.span("⌘K", class_name="kbd hide-n"),
            type="button",
            class_name="search",
            aria_label="Search or jump to",
            custom_attrs={"data-open": "palette"},
        ),
        class_name="top",
    )


def _palette() -> rx.Component:
    def item(word: Child, to: rx.Var[str] | str, name: str) -> rx.Component:
        return link(icon(name, 14), word, to=to, custom_attrs={"data-command": "go"})

    return rx.el.dialog(
        rx.el.input(
            class_name="input",
            placeholder="A place, or a workflow's id or type",
            aria_label="Search or jump to",
            auto_complete="off",
            spell_check=False,
        ),
        rx.el.div(
            *(item(word, path(), name) for _, word, name, path in _PLACES),
            *(
                rx.cond(SessionState.permissions.contains(needs), item(word, path(), name))
                for _, word, name, needs, path in _CONFIGURE
            ),
            item("Account and sessions", _tenant_path("account"), "user-round"),
            rx.foreach(
                SessionState.namespaces,
                lambda place: item("Namespace " + place.name, place.href, "server"),
            ),
            rx.el.button(
                icon("search", 14),
                "Runs with id or type ",
                rx.el.b(),
                type="button",
                custom_attrs={"data-command": "search"},
            ),
            class_name="commands",
        ),
        id="palette",
        class_name="dialog palette",
        aria_label="Search or jump to",
    )


def _help() -> rx.Component:
    return rx.el.dialog(
        rx.el.h2("Keyboard shortcuts", class_name="dialog-h"),
        rx.el.div(
            *(
                rx.el.div(
                    rx.el.span(word, class_name="grow"),
                    rx.el.span(keys, class_name="kbd"),
                    class_name="row",
                )
                for keys, word in _KEYS
            ),
            class_name="dialog-b keys",
        ),
        rx.el.div(button("Close", custom_attrs={"data-close": ""}), class_name="dialog-f"),
        id="help",
        class_name="dialog",
        aria_label="Keyboard shortcuts",
    )


def shell(
    *children: rx.Component,
    page: str,
    crumbs: tuple[Crumb, ...],
    live: rx.Component | None = None,
) -> rx.Component:
    """A page of the control room.

    Args:
        children: The page's panels, top to bottom.
        page: The place in the sidebar it belongs to.
        crumbs: (word, address) from the outermost; the last is the page's `h1`.
        live: The switch of a page that follows what happens (kit/live.py).
    """
    return rx.el.div(
        _sidebar(page),
        rx.el.div(
            _top(crumbs, live or rx.fragment()),
            rx.el.main(notice(SessionState.notice), *children, class_name="page"),
            class_name="body",
        ),
        _palette(),
        _help(),
        class_name="shell",
    )

"""The sign-in page and the page for a one-time password."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.identity import PASSWORD_MIN
from inspector_app.ui import routes
from inspector_app.ui.kit.controls import field, icon_button, post_form
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.icons import mark
from inspector_app.ui.login.state import LoginState

_TRACKS = (88, 156, 224, 292, 360, 564, 632)
_PARTING = 428


def _picture() -> rx.Component:
    """Two tracks side by side, many times; one of them parts."""
    tracks = [
        rx.el.path(
            d=f"M{x} 0V900M{x + 26} 0V900"
            + "".join(f"M{x} {y}h26" for y in range(40 + index * 17 % 44, 900, 44)),
            stroke="var(--border-1)",
            stroke_width="1.5",
        )
        for index, x in enumerate(_TRACKS)
    ]
    x = _PARTING
    return rx.el.div(
        rx.el.svg(
            *tracks,
            rx.el.path(
                d="".join(f"M{x} {y}h26" for y in range(40, 393, 44)),
                stroke="var(--border-2)",
                stroke_width="1.5",
            ),
            rx.el.path(d=f"M{x} 0V900", stroke="var(--text-1)", stroke_width="2"),
            rx.el.path(
                d=f"M{x + 26} 0V392c0 60 42 70 42 132V900",
                stroke="var(--failed)",
                stroke_width="2",
            ),
            rx.el.circle(
                cx=f"{x + 26}",
                cy="396",
                r="5",
                fill="var(--bg-canvas)",
                stroke="var(--failed)",
                stroke_width="2",
            ),
            view_box="0 0 720 900",
            fill="none",
            custom_attrs={"preserveAspectRatio": "xMidYMid slice"},
            aria_hidden="true",
        ),
        class_name="login-art",
    )


def _password(
    name: str, label: str, complete: str, *, hint: str = "", **props: object
) -> rx.Component:
    control = rx.el.div(
        rx.el.input(
            id=name,
            name=name,
            type="password",
            required=True,
            auto_complete=complete,
            class_name="bare",
            **props,
        ),
        icon_button("eye", "Show or hide the password", custom_attrs={"data-reveal": ""}),
        class_name="input with-end",
    )
    return field(label, control, html_for=name, hint=hint)


def _frame(*children: rx.Component, to: str, csrf: rx.Var[str] | None = None) -> rx.Component:
    return _beside_picture(post_form(_brand(), *children, to=to, csrf=csrf))


def _beside_picture(content: rx.Component) -> rx.Component:
    return rx.el.main(_picture(), rx.el.div(content, class_name="login-f"), class_name="login")


def _brand() -> rx.Component:
    return rx.el.div(mark(), "Inspector", class_name="brand")


def login_page() -> rx.Component:
    """Sign in with a local account; who has a second step brings a code then."""
    return rx.match(LoginState.step, ("code", _code()), ("renew", _renew()), _name_and_password())


def _renew() -> rx.Component:
    """Go by the document itself: only HTTP can set the cookie, and a new socket brings it."""
    href = LoginState.renew_href
    return _beside_picture(
        rx.el.div(
            rx.el.meta(http_equiv="refresh", content=rx.Var.create("0;url=") + href),
            _brand(),
            rx.el.div(
                rx.el.h1("One moment"),
                rx.el.p("Your session goes on under a new key, because your role has changed."),
                class_name="login-h",
            ),
            rx.el.a("Go on", href=href, class_name="btn primary lg"),
            class_name="stack",
        )
    )


def _code() -> rx.Component:
    return _frame(
        rx.el.div(
            rx.el.h1("One more step"),
            rx.el.p("The code of your authenticator app, or one of your recovery codes."),
            class_name="login-h",
        ),
        notice(LoginState.notice),
        rx.el.input(type="hidden", name="next", value=LoginState.next_page, read_only=True),
        field(
            "Code",
            rx.el.input(
                id="code",
                name="code",
                class_name="input mono",
                required=True,
                auto_focus=True,
                auto_complete="one-time-code",
                spell_check=False,
            ),
            html_for="code",
        ),
        rx.el.button("Sign in", type="submit", class_name="btn primary lg"),
        rx.el.p(rx.el.a("Begin again", href=routes.LOGIN, class_name="link"), class_name="s12"),
        to=routes.SECOND_STEP_POST,
    )


def _name_and_password() -> rx.Component:
    tenant = LoginState.wanted_tenant
    return _frame(
        rx.el.div(
            rx.el.h1(rx.cond(tenant, "Sign in to " + tenant, "Sign in")),
            rx.cond(
                LoginState.directory,
                rx.el.p("With your password of ", LoginState.directory, "."),
                rx.cond(~LoginState.next_page, rx.el.p("With your Inspector account.")),
            ),
            rx.cond(
                LoginState.next_page,
                rx.el.p(
                    rx.el.span("Then on to", class_name="nowrap"),
                    rx.el.span(
                        LoginState.next_page, class_name="mono trunc", title=LoginState.next_page
                    ),
                ),
            ),
            class_name="login-h",
        ),
        notice(LoginState.notice),
        rx.el.input(type="hidden", name="next", value=LoginState.next_page, read_only=True),
        field(
            "User name",
            rx.el.input(
                id="username",
                name="username",
                class_name="input",
                required=True,
                auto_complete="username",
                auto_focus=LoginState.typed_username == "",
                spell_check=False,
                custom_attrs={"autoCapitalize": "none"},
                default_value=LoginState.typed_username,
                key=LoginState.typed_username,
            ),
            html_for="username",
        ),
        # The name that was typed stands there still: what is to be typed anew is the password.
        _password(
            "password",
            "Password",
            "current-password",
            auto_focus=LoginState.typed_username != "",
            key=LoginState.typed_username,
        ),
        rx.el.button("Sign in", type="submit", class_name="btn primary lg"),
        _elsewhere(),
        rx.el.p("Every attempt is kept in the audit log.", class_name="t3 s12"),
        to=LoginState.post_to,
    )


def _elsewhere() -> rx.Component:
    """Where else one can sign in, below the form."""

    def way(name: rx.Var[str] | str, href: rx.Var[str]) -> rx.Component:
        # Without `reload_document` the router takes it for a page of ours.
        return rx.el.a(name, href=href, reload_document=True, class_name="btn lg")

    return rx.cond(
        LoginState.offered | LoginState.directory,
        rx.el.nav(
            rx.el.div("or with", class_name="or"),
            rx.cond(LoginState.directory, way("Inspector account", LoginState.own_href)),
            rx.foreach(LoginState.offered, lambda each: way(each.name, each.href)),
            class_name="stack tight",
            aria_label="Other ways to sign in",
        ),
    )


def setup_page() -> rx.Component:
    """Replace the one-time password that was printed once."""
    return _frame(
        rx.el.div(
            rx.el.h1("Choose your password"),
            rx.el.p("You signed in with a one-time password. It works this once only."),
            class_name="login-h",
        ),
        notice(LoginState.notice),
        rx.el.input(
            type="text",
            name="username",
            value=LoginState.username,
            auto_complete="username",
            read_only=True,
            hidden=True,
        ),
        _password("current", "One-time password", "current-password"),
        _password(
            "new",
            "New password",
            "new-password",
            hint=f"At least {PASSWORD_MIN} characters. Other sessions end.",
        ),
        rx.el.button("Save and go on", type="submit", class_name="btn primary lg"),
        to=routes.PASSWORD_POST,
        csrf=LoginState.csrf,
    )

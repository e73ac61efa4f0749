"""The list of tokens and its dialogs, for both pages that show them."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.controls import button, copy_button, field, link
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.feedback import empty, notice
from inspector_app.ui.kit.form import form, submit
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.proof import proof
from inspector_app.ui.kit.time import moment
from inspector_app.ui.session import SessionState
from inspector_app.ui.tokens.state import TokenRow, TokensState

State = TokensState
_FORM, _REVOCATION = "token-form", "token-revocation"
_PROVE = "Prove that it is you"
_LIVES = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (366, "1 year"))


def _row(row: rx.Var[TokenRow]) -> rx.Component:
    ends = rx.cond(
        row.expired,
        rx.el.span(icon("circle-x", 14), "Expired", class_name="badge st-failed"),
        moment(row.expires, "in"),
    )
    owner = rx.cond(
        row.kind == "service",
        rx.el.span("Service", class_name="tag", title="Made by " + row.owner),
        row.owner,
    )
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon("key-round", 14), row.name, class_name="row"),
            title=row.name,
            class_name="name",
        ),
        rx.cond(State.of_tenant, rx.el.td(owner, class_name="hide-n"), rx.fragment()),
        rx.el.td(row.role, class_name="hide-n"),
        rx.el.td(row.reach, title=row.scopes, class_name="t2 hide-n"),
        rx.el.td(moment(row.created), class_name="r hide-n"),
        rx.el.td(rx.cond(row.used, moment(row.used, "relative"), "Never"), class_name="r used"),
        rx.el.td(ends, class_name="r status"),
        rx.el.td(
            button(
                "Revoke",
                css="sm danger-quiet",
                on_click=State.ask_revoke(row.ident),
                aria_label="Revoke " + row.name,
            ),
            class_name="r started",
        ),
    )


def _table() -> rx.Component:
    def head(word: str, css: str = "", width: str = "auto") -> rx.Component:
        return rx.el.th(word, class_name=css, width=width)

    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                head("Name"),
                rx.cond(State.of_tenant, head("Whose", "hide-n", "144px"), rx.fragment()),
                head("Role", "hide-n", "112px"),
                head("Scopes", "hide-n", "160px"),
                head("Made", "r hide-n", "132px"),
                head("Last used", "r", "112px"),
                head("Expires", "r", "112px"),
                head("", "r", "104px"),
            )
        ),
        rx.el.tbody(rx.foreach(State.rows, _row)),
        class_name="tbl stacked tokens",
    )


def _scope(name: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", class_name="check", name=name, default_checked=True),
        rx.el.span(name, class_name="mono trunc"),
        class_name="row",
        key=State.role_chosen + name,
    )


def _form() -> rx.Component:
    name = rx.el.input(
        id="token-name",
        name="name",
        class_name="input",
        auto_complete="off",
        placeholder="nightly report",
        max_length=64,
        aria_invalid=rx.cond(State.wrong["name"], "true", "false"),
    )
    role = rx.el.select(
        rx.foreach(State.roles_offered, lambda each: rx.el.option(each, value=each)),
        id="token-role",
        name="role",
        class_name="input",
        value=State.role_chosen,
        on_change=State.choose_role,
    )
    days = rx.el.select(
        *(rx.el.option(word, value=str(number)) for number, word in _LIVES),
        id="token-days",
        name="days",
        class_name="input",
        default_value="90",
    )
    wrong = State.wrong["scopes"]
    scopes = rx.el.fieldset(
        rx.el.legend("Scopes", class_name="label"),
        rx.el.div(rx.foreach(State.scopes_offered, _scope), class_name="scopes"),
        rx.cond(wrong, rx.el.span(icon("circle-x", 12), wrong, class_name="err", role="alert")),
        class_name="field plain",
    )
    return form(
        _FORM,
        field("Name", name, html_for="token-name", error=State.wrong["name"]),
        rx.el.div(
            field("Role, at most", role, html_for="token-role", error=State.wrong["role"]),
            field("Expires after", days, html_for="token-days", error=State.wrong["days"]),
            class_name="cols two",
        ),
        scopes,
        on_submit=State.create,
    )


def _new() -> rx.Component:
    explained = rx.cond(
        State.of_tenant,
        "It acts for the organisation, whoever comes and goes.",
        "It acts as you, here, with your role of the moment at most.",
    )
    shown = rx.fragment(
        _once(),
        rx.el.div(
            rx.el.code(State.fresh, class_name="mono grow fresh", id="fresh-token"),
            copy_button(State.fresh, "token"),
            class_name="row secret",
        ),
    )
    return dialog(
        is_open=State.asking == "new",
        on_open_change=State.shut_tokens,
        title=rx.cond(
            State.must_prove,
            _PROVE,
            rx.cond(
                State.fresh,
                "Copy the token now",
                rx.cond(State.of_tenant, "New service token", "New personal token"),
            ),
        ),
        body=(
            notice(State.problem),
            rx.cond(
                State.must_prove,
                _proof(_FORM),
                rx.cond(State.fresh, shown, rx.fragment(rx.el.p(explained), _form())),
            ),
        ),
        footer=(
            rx.cond(
                State.fresh,
                button("Done", css="primary", on_click=State.shut_tokens(False)),
                rx.fragment(
                    button("Cancel", on_click=State.shut_tokens(False)),
                    _goes_on(_FORM, submit(_FORM, "Create token")),
                ),
            ),
        ),
    )


def _proof(of: str) -> rx.Component:
    return proof(
        csrf=SessionState.csrf,
        back=State.proof_leads_to,
        by_code=State.by_code,
        ident=f"{of}-proof",
    )


def _goes_on(of: str, deed: rx.Component) -> rx.Component:
    return rx.cond(State.must_prove, submit(f"{of}-proof", "Go on"), deed)


def _once() -> rx.Component:
    """Say that the text is not kept."""
    return rx.el.p(
        "It is shown this once: Inspector keeps only a digest of it. Send it as ",
        rx.el.code("Authorization: Bearer …", class_name="mono"),
        ".",
    )


def _revoke() -> rx.Component:
    return dialog(
        is_open=State.asking == "revoke",
        on_open_change=State.shut_tokens,
        title=rx.cond(
            State.must_prove, _PROVE, rx.Var.create("Revoke ") + State.to_revoke.name + "?"
        ),
        body=(
            notice(State.problem),
            rx.cond(
                State.must_prove,
                _proof(_REVOCATION),
                rx.el.p(
                    "What uses it is refused from its next request on, and so is every JWT it "
                    "was exchanged for. Bulk work that it started stops. It cannot be undone."
                ),
            ),
        ),
        footer=(
            button("Keep it", on_click=State.shut_tokens(False)),
            _goes_on(_REVOCATION, button("Revoke token", css="danger", on_click=State.revoke)),
        ),
    )


def tokens_panel(*, title: str, about: str, nothing: str) -> rx.Component:
    """The panel with the list; `nothing` stands where there is none yet."""
    may = SessionState.permissions.contains(Permission.TOKEN_OWN.value)
    new = rx.el.button(
        icon("plus", 14),
        "New token",
        type="button",
        class_name="btn sm",
        disabled=~may,
        title=rx.cond(may, "", "Needs the role developer"),
        on_click=State.ask_new,
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title),
            rx.el.span(about, class_name="t3 grow trunc hide-n"),
            rx.el.span(class_name="grow"),
            new,
            class_name="panel-h",
        ),
        rx.cond(
            State.rows.length() > 0,
            _table(),
            rx.cond(State.tokens_ready, empty("key-round", "No token yet", nothing)),
        ),
        rx.cond(
            State.next_href,
            rx.el.div(
                rx.el.span(class_name="grow"),
                link("Older ones", to=State.next_href, class_name="link"),
                class_name="panel-f",
            ),
        ),
        _new(),
        _revoke(),
        class_name="panel",
        aria_label=title,
    )

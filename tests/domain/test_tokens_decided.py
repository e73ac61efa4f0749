"""What a token looks like and how far it reaches, without anything else at hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from inspector_app.domain.errors import Invalid, NotFound
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import RequestId, TokenId, new_id
from inspector_app.domain.permissions import HELD, Permission, Role
from inspector_app.domain.tokens import (
    TokenKind,
    TokenOrder,
    check_order,
    grantable,
    lower,
    new_secret,
    parse_scopes,
    parse_token,
    parse_token_id,
    written,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SCANNED = re.compile(r"insp_(pat|svc)_[0-9a-f]{32}_[0-9A-Za-z]{49}")


def text(kind=TokenKind.PERSONAL):
    ident, secret = TokenId(new_id(NOW)), new_secret()
    return ident, secret, written(kind, ident, secret)


@pytest.mark.parametrize("kind", TokenKind)
def test_a_token_reads_back_and_a_scanner_finds_it_in_any_text(kind):
    ident, secret, token = text(kind)
    assert parse_token(token) == (ident, secret)
    assert SCANNED.search(f"export T='{token}';")[0] == token


def test_a_token_with_one_letter_changed_is_none():
    _, _, token = text()
    for place in range(len(token)):
        other = "b" if token[place] != "b" else "c"
        assert parse_token(token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize(
    "junk",
    ["", "insp_pat__", "insp_pat_" + "0" * 32 + "_" + "a" * 49, "a.b.c", "ї" * 91],
)
def test_junk_is_no_token(junk):
    assert parse_token(junk) is None


def test_no_two_secrets_are_alike():
    assert len({new_secret() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("role", Role)
def test_a_token_never_holds_what_makes_tokens(role):
    assert not grantable(role) & {Permission.TOKEN_OWN, Permission.TOKEN_MANAGE}
    assert grantable(role) < HELD[role] or role is Role.OBSERVER


def test_without_scopes_a_token_has_all_its_role_may_have():
    order = TokenOrder("ci", Role.DEVELOPER)
    assert check_order(order) == grantable(Role.DEVELOPER)


WRONG = [
    (TokenOrder("", Role.OBSERVER), "name"),
    (TokenOrder("a\nb", Role.OBSERVER), "name"),
    (TokenOrder("x" * 65, Role.OBSERVER), "name"),
    (TokenOrder("ci", Role.OBSERVER, days=0), "days"),
    (TokenOrder("ci", Role.OBSERVER, days=367), "days"),
    (TokenOrder("ci", Role.OBSERVER, scopes=frozenset()), "scopes"),
    (TokenOrder("ci", Role.OBSERVER, scopes=frozenset({Permission.RUN_PAUSE})), "scopes"),
    (TokenOrder("ci", Role.ADMIN, scopes=frozenset({Permission.TOKEN_MANAGE})), "scopes"),
    (TokenOrder("ci", Role.ADMIN, scopes=frozenset({Permission.OPERATOR})), "scopes"),
]


@pytest.mark.parametrize(("order", "field"), WRONG)
def test_an_order_that_cannot_be_is_refused_with_its_field(order, field):
    with pytest.raises(Invalid) as refused:
        check_order(order)
    assert refused.value.field == field


def test_a_scope_that_is_no_permission_and_an_id_that_is_none_are_said():
    with pytest.raises(Invalid):
        parse_scopes(["run:read", "run:everything"])
    with pytest.raises(NotFound):
        parse_token_id("nothing")


def test_the_lesser_role_counts():
    assert lower(Role.ADMIN, Role.OBSERVER) is lower(Role.OBSERVER, Role.ADMIN) is Role.OBSERVER


@pytest.mark.parametrize("kind", [ActorKind.TOKEN, ActorKind.JWT])
@pytest.mark.parametrize("permission", Permission)
def test_a_token_may_what_both_its_role_and_its_scopes_hold(kind, permission):
    scopes = frozenset({Permission.RUN_READ, Permission.RUN_PAUSE, Permission.AUDIT_READ})
    actor = Actor(kind, "x", "", RequestId(""), role=Role.DEVELOPER, scopes=scopes)
    wanted = {Permission.PUBLIC, Permission.SELF, Permission.RUN_READ, Permission.RUN_PAUSE}
    if kind is ActorKind.TOKEN:
        wanted.add(Permission.TOKEN_EXCHANGE)
    assert actor.may(permission) == (permission in wanted)


def test_an_order_ends_so_many_days_from_now():
    assert TokenOrder("ci", Role.OBSERVER, days=7).ends_at(NOW) - NOW == timedelta(days=7)

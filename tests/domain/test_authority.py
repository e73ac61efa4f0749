"""Names, passwords, roles: what is decided without anything else at hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inspector_app.domain.errors import Invalid
from inspector_app.domain.identity import (
    SESSION_IDLE,
    SESSION_LIFETIME,
    SYSTEM,
    Actor,
    ActorKind,
    Origin,
    Session,
    check_password,
    check_username,
    is_live,
    session_ends_at,
)
from inspector_app.domain.ids import PersonId, RequestId, SessionId, new_id
from inspector_app.domain.permissions import HELD, Permission, Role, holds, lowest_role, matrix
from inspector_app.domain.tenancy import check_address, check_namespace, check_slug

MATRIX = Path(__file__).resolve().parents[2] / "docs/security/permissions.md"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACTS = {
    Permission.RUN_PAUSE,
    Permission.RUN_RESUME,
    Permission.RUN_SIGNAL,
    Permission.RUN_CANCEL,
    Permission.RUN_TERMINATE,
}


def actor(kind=ActorKind.PERSON, role=None, *, must_change=False):
    return Actor(kind, "x", "", RequestId(""), role=role, must_change_password=must_change)


def session(created, seen):
    return Session(
        SessionId(new_id(created)),
        PersonId(new_id(created)),
        "",
        "",
        created,
        seen,
        created,
    )


def test_each_role_holds_what_the_one_before_holds():
    assert HELD[Role.OBSERVER] < HELD[Role.DEVELOPER] < HELD[Role.ADMIN]


def test_the_printed_matrix_is_what_roles_hold():
    assert MATRIX.read_text() == matrix(), "run: make permissions"


def test_an_observer_holds_no_permission_to_act():
    assert not ACTS & HELD[Role.OBSERVER]
    assert HELD[Role.DEVELOPER] >= ACTS


def test_the_least_role_is_named_and_none_for_what_only_the_operator_may():
    assert lowest_role(Permission.RUN_READ) is Role.OBSERVER
    assert lowest_role(Permission.RUN_CANCEL) is Role.DEVELOPER
    assert lowest_role(Permission.AUDIT_READ) is Role.ADMIN
    assert lowest_role(Permission.OPERATOR) is None


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_person_may_what_their_role_holds_and_nothing_before_the_password_is_changed(
    role, permission
):
    always = permission in {
        Permission.PUBLIC,
        Permission.SELF,
        Permission.SESSION_OWN,
        Permission.SESSION_SECURE,
    }
    assert actor(role=role).may(permission) == (always or holds(role, permission))
    assert actor(role=role, must_change=True).may(permission) == always


@pytest.mark.parametrize("permission", Permission)
def test_nobody_may_only_what_is_public(permission):
    assert actor(ActorKind.ANONYMOUS).may(permission) == (permission is Permission.PUBLIC)


@pytest.mark.parametrize("permission", sorted(ACTS | {Permission.RUN_READ, Permission.AUDIT_READ}))
def test_the_operator_sets_up_and_does_not_act_on_runs(permission):
    assert actor(ActorKind.OPERATOR).may(Permission.OPERATOR)
    assert not actor(ActorKind.OPERATOR).may(permission)
    assert SYSTEM.may(permission)


@pytest.mark.parametrize(
    ("created_ago", "seen_ago", "live"),
    [
        (timedelta(0), timedelta(0), True),
        (SESSION_IDLE, SESSION_IDLE - timedelta(seconds=1), True),
        (SESSION_IDLE, SESSION_IDLE, False),
        (SESSION_LIFETIME - timedelta(seconds=1), timedelta(0), True),
        (SESSION_LIFETIME, timedelta(0), False),
    ],
)
def test_a_session_ends_by_idling_or_by_age(created_ago, seen_ago, live):
    assert is_live(session(NOW - created_ago, NOW - seen_ago), NOW) == live


@pytest.mark.parametrize(
    ("left", "live"),
    [(timedelta(seconds=1), True), (timedelta(0), False), (timedelta(days=99), True)],
)
def test_a_session_ends_no_later_than_the_one_at_its_provider(left, live):
    opened = replace(session(NOW, NOW), origin=Origin("corp", until=NOW + left))
    assert is_live(opened, NOW) == live
    assert session_ends_at(opened) <= session_ends_at(session(NOW, NOW))


@pytest.mark.parametrize("name", ["ana", " Ana ", "a", "a.b-c_d@e.org", "9" * 64])
def test_a_user_name_is_kept_in_lower_case(name):
    assert check_username(name) == name.strip().lower()


@pytest.mark.parametrize("name", ["", " ", "-a", "a b", "ä", "a" * 65, "a\n", "a/b", "<b>"])
def test_a_user_name_that_is_none_is_refused(name):
    with pytest.raises(Invalid) as refused:
        check_username(name if name != "a\n" else "a\nb")
    assert refused.value.field == "username"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 to 256"),
        ("x" * 257, "12 to 256"),
        ("myname is Joanna 7", "user name"),
        ("JOANNA-joanna-1", "user name"),
        ("aaaabbbbcccc", "five different"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password, why):
    with pytest.raises(Invalid, match=why):
        check_password(password, "joanna", is_common=lambda _: False)


@pytest.mark.parametrize("password", ["correct horse", "пароль без конца", "🤖🦊🐝🐙🐳🦉🐢" * 2])
def test_any_long_password_will_do(password):
    assert check_password(password, "joanna", is_common=lambda _: False) == password


def test_a_short_user_name_within_a_password_is_chance():
    assert check_password("a correct horse", "a", is_common=lambda _: False)


@pytest.mark.parametrize("slug", ["a", "demo", "team-7", "0", "a" * 48])
def test_a_slug_stands_in_addresses(slug):
    assert check_slug(slug, field="tenant") == slug


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a/b", "a" * 49, "a\n", "é"])
def test_a_slug_that_cannot_stand_in_addresses_is_refused(slug):
    with pytest.raises(Invalid) as refused:
        check_slug(slug, field="tenant")
    assert refused.value.field == "tenant"


@pytest.mark.parametrize("address", ["127.0.0.1:7233", "temporal.svc:1", "[::1]:65535"])
def test_an_address_is_a_host_and_a_port(address):
    assert check_address(address) == address


@pytest.mark.parametrize(
    "address", ["", "host", "host:", ":7233", "host:0", "host:65536", "http://host:1", "a b:1"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(Invalid) as refused:
        check_address(address)
    assert refused.value.field == "address"


def test_a_namespace_is_named_as_temporal_names_it():
    assert check_namespace("my.ns_1-prod") == "my.ns_1-prod"
    for name in ("", "a", "a b", "a" * 256):
        with pytest.raises(Invalid):
            check_namespace(name)


def test_our_ids_sort_by_time_and_are_version_7():
    ids = [new_id(NOW + timedelta(milliseconds=number)) for number in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}

"""What somebody's groups are worth: the highest role of all rules that match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector_app.domain.errors import Invalid
from inspector_app.domain.group_roles import (
    MOST_RULES,
    GroupMapping,
    GroupRule,
    highest,
    judge,
    matches,
    parse_mapping,
)
from inspector_app.domain.permissions import Role

RULES = (
    GroupRule("app-observers", "demo", Role.OBSERVER),
    GroupRule("app-*", "demo", Role.DEVELOPER),
    GroupRule("*-admins", "demo", Role.ADMIN),
    GroupRule("CN=Ops,*", "acme", Role.ADMIN),
)


def roles(*groups: str, mapping: GroupMapping = GroupMapping(RULES)) -> dict[str, Role]:  # noqa: B008 - frozen
    return {tenant: mapped.role for tenant, mapped in judge(mapping, groups).roles.items()}


def test_the_highest_role_wins_in_each_tenant_whatever_the_order() -> None:
    assert roles("app-observers", "app-admins") == {"demo": Role.ADMIN}
    assert roles("app-admins", "app-observers") == {"demo": Role.ADMIN}
    assert roles("CN=Ops,OU=Groups,DC=x", "app-x") == {"acme": Role.ADMIN, "demo": Role.DEVELOPER}


def test_who_is_in_no_group_that_matches_has_no_role() -> None:
    assert roles() == {}
    assert roles("APP-ADMINS", "xapp", "CN=Ops") == {}


def test_a_verdict_names_the_rule_and_the_group_it_was_given_for() -> None:
    found = judge(GroupMapping(RULES), ["app-x"]).roles["demo"]
    assert (found.rule, found.group) == (RULES[1], "app-x")


def test_without_the_required_group_nobody_gets_in_however_high_their_role() -> None:
    mapping = GroupMapping(RULES, required="staff-*")
    refused = judge(mapping, ["app-admins"])
    assert "staff-*" in refused.refusal
    assert refused.roles == {}
    assert judge(mapping, ["app-admins", "staff-berlin"]).refusal == ""


def test_strict_keeps_out_who_gets_no_role_and_lenient_lets_them_in_without_one() -> None:
    assert judge(GroupMapping(RULES, strict=True), ["other"]).refusal
    assert not judge(GroupMapping(RULES, strict=True), ["app-x"]).refusal
    lenient = judge(GroupMapping(RULES), ["other"])
    assert (lenient.refusal, lenient.roles) == ("", {})


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_a_star_stands_for_anything(pattern: str, group: str) -> None:
    as_regex = ".*".join(map(re.escape, pattern.split("*")))
    assert matches(pattern, group) == bool(re.fullmatch(as_regex, group, re.DOTALL))


def test_five_hundred_groups_and_rules_of_many_stars_are_judged() -> None:
    mapping = GroupMapping(tuple(GroupRule("*a" * 200, "demo", Role.ADMIN) for _ in range(20)))
    assert judge(mapping, ["a" * 150 + str(n) for n in range(500)]).roles == {}


def test_highest_of_none_is_none() -> None:
    assert highest(None, None) is None
    assert highest(Role.OBSERVER, None) is Role.OBSERVER
    assert highest(Role.OBSERVER, Role.ADMIN) is Role.ADMIN


def test_a_tenants_own_provider_gives_no_role_elsewhere() -> None:
    rule = {"group": "x", "tenant": "other", "role": "admin"}
    with pytest.raises(Invalid, match="'demo' only"):
        parse_mapping([rule], required="", strict=False, only_tenant="demo")
    own = parse_mapping(
        [{"group": "x", "role": "admin"}], required="", strict=False, only_tenant="demo"
    )
    assert own.rules == (GroupRule("x", "demo", Role.ADMIN),)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"group": "", "tenant": "demo", "role": "admin"}, "no group"),
        ({"group": "g" * 501, "tenant": "demo", "role": "admin"}, "no group"),
        ({"group": "g", "tenant": "demo", "role": "owner"}, "observer, developer, admin"),
        ({"group": "g", "tenant": "De mo", "role": "admin"}, "a-z"),
        ({"group": "g", "tenant": "demo"}, "observer, developer, admin"),
    ],
)
def test_a_rule_that_is_none_is_refused_by_its_number(rule: dict[str, str], says: str) -> None:
    fine = {"group": "x", "tenant": "demo", "role": "admin"}
    with pytest.raises(Invalid, match=says) as refused:
        parse_mapping([fine, rule], required="", strict=False)
    assert refused.value.field == "rules.2"


def test_too_many_rules_are_refused() -> None:
    fine = {"group": "x", "tenant": "demo", "role": "admin"}
    with pytest.raises(Invalid, match=str(MOST_RULES)):
        parse_mapping([fine] * (MOST_RULES + 1), required="", strict=False)

"""What rules hide, and what is no rule."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector_app.adapters.patterns import Re2Patterns
from inspector_app.domain.errors import Conflict, Invalid, NotFound
from inspector_app.domain.ids import RuleId, TenantId
from inspector_app.domain.paths import LONGEST_PATH, MOST_STEPS, parse_path
from inspector_app.domain.permissions import Role
from inspector_app.domain.redaction import (
    LONGEST_PATTERN,
    MOST_RULES,
    Rule,
    RuleKind,
    RuleOrder,
    check_order,
    check_room,
    check_version,
    digest_of,
    parse_rule_id,
)
from inspector_app.domain.veils import LONGEST_TEXT, TOO_DEEP, TOO_LONG, Given, Veil

RE2 = Re2Patterns()
CANARY = "Kanarie-77/é"


def a_rule(expression, kind=RuleKind.PATH, name="it", up_to=Role.OBSERVER, number=1):
    at = datetime(2026, 11, 25, tzinfo=UTC)
    ident, tenant = RuleId(UUID(int=number)), TenantId(UUID(int=9))
    return Rule(ident, tenant, name, kind, expression, up_to, 1, "noor", at)


def paths(*expressions):
    return Veil([a_rule(each) for each in expressions])


def patterns(*expressions, names=()):
    named = names or ["it"] * len(expressions)
    rules = [
        a_rule(each, RuleKind.PATTERN, name) for each, name in zip(expressions, named, strict=True)
    ]
    return Veil(rules, RE2.compile)


GONE = "[hidden: it]"
CASES = [
    ("$.card", {"card": 4111, "name": "Ada"}, {"card": GONE, "name": "Ada"}),
    ("card", {"card": [1, 2], "in": {"card": 1}}, {"card": GONE, "in": {"card": 1}}),
    ("$..card", {"in": [{"card": 1}], "card": None}, {"in": [{"card": GONE}], "card": GONE}),
    ("$.to[*].mail", {"to": [{"mail": 1}, {"mail": 2}]}, {"to": [{"mail": GONE}] * 2}),
    ("$.to[1]", {"to": [1, 2, 3]}, {"to": [1, GONE, 3]}),
    ("$[0]", ["a", "b"], [GONE, "b"]),
    ('$["a.b"].c', {"a.b": {"c": 1}, "a": {"b": 2}}, {"a.b": {"c": GONE}, "a": {"b": 2}}),
    ('$["say \\"no\\""]', {'say "no"': 1}, {'say "no"': GONE}),
    ("$.grün", {"gru\u0308n": 1}, {"gru\u0308n": GONE}),
    ("$.*", {"a": 1, "b": {"c": 2}}, {"a": GONE, "b": GONE}),
    ("$..a..b", {"a": {"x": {"b": 1}}, "b": 2}, {"a": {"x": {"b": GONE}}, "b": 2}),
    ("$", {"a": 1}, GONE),
    ("$", "plain", GONE),
    ("$.none", {"a": 1}, {"a": 1}),
    ("$.a.b", {"a": "text"}, {"a": "text"}),
]


@pytest.mark.parametrize(("path", "value", "shown"), CASES)
def test_a_path_hides_what_it_names_and_nothing_beside_it(path, value, shown):
    assert paths(path).value(value) == shown


NO_PATHS = (
    *("", "$.", "a b", "$.a[", "$[-1]", "$['a']", "$.a..", "..", "$[1.5]", '$["a', "$$", "a]"),
    *("$x", "*x", ".", '$["\\q"]', "$[1234567890]", "x" * (LONGEST_PATH + 1)),
    "a" + ".a" * MOST_STEPS,
)


@pytest.mark.parametrize("text", NO_PATHS)
def test_what_is_no_path_is_refused_with_words(text):
    with pytest.raises(Invalid) as refused:
        parse_path(text)
    assert refused.value.field == "expression"
    assert refused.value.detail


def test_the_start_of_a_path_may_be_left_out():
    assert parse_path("a[*].b") == parse_path("$.a[*].b") == parse_path('$["a"][*]["b"]')


def test_a_pattern_hides_what_it_finds_wherever_it_stands():
    veil = patterns(r"\d{4}-\d{4}", "(?i)secret[a-z]*")
    value = {"n": 7, "no": ["say 1234-5678 now", None, True], "SecretKey": "x"}
    assert veil.value(value) == {
        "n": 7,
        "no": [f"say {GONE} now", None, True],
        GONE: "x",
    }
    assert patterns("^42$").value([42, 4.5, 421]) == [GONE, 4.5, 421]


def test_where_two_patterns_meet_one_mark_stands_for_both():
    veil = patterns("abc+", "bcd", names=["first", "second"])
    assert veil.text("xabcdx") == "x[hidden: first]x"
    assert veil.text("bcd abc") == "[hidden: second] [hidden: first]"


def test_names_that_are_hidden_do_not_swallow_one_another():
    shown = patterns("[a-z]+@x").value({"ada@x": 1, "bob@x": 2})
    assert shown == {GONE: 1, f"{GONE} (2)": 2}


def disguised(text):
    inner = json.dumps({"mail": text})
    yield "plain", text
    yield "json in a string", inner
    yield "json twice", json.dumps(inner)
    yield "escaped within a text", "said: " + json.dumps(text)
    yield "base64", base64.b64encode(text.encode()).decode()
    yield "base64 unpadded", base64.b64encode(text.encode()).decode().rstrip("=")
    yield "base64url in a text", f"x {base64.urlsafe_b64encode(text.encode() * 2).decode()} y"
    yield "base64 of json", base64.b64encode(inner.encode()).decode()
    yield "percent", f"?q={quote(text, safe='')}"
    yield "percent of base64", quote(base64.b64encode(text.encode()).decode(), safe="")


def spelled(text):
    """How a text may stand in what is sent."""
    raw = base64.b64encode(text.encode()).decode().rstrip("=")
    return {text, json.dumps(text)[1:-1], quote(text, safe=""), raw, raw.replace("/", "_")}


@pytest.mark.parametrize(("how", "text"), list(disguised(CANARY)), ids=lambda each: each[:20])
def test_another_spelling_hides_nothing_from_a_pattern(how, text):
    veil = patterns("Kanarie-77/é")
    for shown in (veil.text(text), veil.value(text), veil.value({"a": [text]})):
        assert not [each for each in spelled(CANARY) if each in str(shown)], how
        assert GONE in str(shown)


@pytest.mark.parametrize(
    "text",
    [
        '{"in": {"mail": "x"}}',
        base64.b64encode(b'{"in": {"mail": "x"}}').decode(),
        quote('{"in": {"mail": "x"}}'),
        json.dumps('{"in": {"mail": "x"}}'),
        '{"mail": "x", "mail": 1}',
        '[{"mail": "a"}, {"mail": "\\u0078", "b": 1}]',
    ],
)
def test_another_spelling_hides_nothing_from_a_path(text):
    shown = str(paths("$..mail").value({"deep": [text]}))
    assert GONE in shown
    assert '"x"' not in shown


def test_a_name_that_stands_twice_shows_neither_by_chance():
    shown = patterns("hush").value('{"a": "\\u0068ush", "a": "b"}')
    assert "0068" not in shown
    assert shown == '{"a": "b"}'


def test_what_nothing_hides_in_stays_as_it_is_to_the_letter():
    veil = patterns("nowhere+")
    for text in (
        '{ "a" :1}',
        "aGVsbG8gd29ybGQhIQ==",
        "100% of\\n",
        "019ab2c4-77aa-7001-8a2f-e41d",
        "hé \U0001f600",
        '"quoted"',
        "[not json",
    ):
        assert veil.text(text) == text
        assert veil.value({"k": text}) == {"k": text}


def test_a_payload_begins_every_path_anew_wherever_it_stands():
    event = {
        "eventId": "5",
        "attributes": {
            "card": "not a payload's",
            "input": {"payloads": [Given({"card": 1, "x": 2}), Given([{"card": 3}])]},
            "memo": {"fields": {"card": Given("c"), "y": Given("z")}},
            "failure": {"message": "m", "cause": {"message": "n"}},
        },
    }
    shown = paths("$.card", "$..message").tree(event)
    assert shown == {
        "eventId": "5",
        "attributes": {
            "card": "not a payload's",
            "input": {"payloads": [{"card": GONE, "x": 2}, [{"card": 3}]]},
            "memo": {"fields": {"card": GONE, "y": "z"}},
            "failure": {"message": GONE, "cause": {"message": GONE}},
        },
    }
    everything = paths("$").tree(event)["attributes"]
    assert everything["input"] == {"payloads": [GONE, GONE]}
    assert everything["memo"]["fields"] == {"card": GONE, "y": GONE}
    assert everything["failure"] == GONE
    assert Veil().tree(event)["attributes"]["input"]["payloads"][0] == {"card": 1, "x": 2}


def test_a_failure_is_a_document_with_a_message():
    for path in ("$", "$.message", "$..message", "$.*"):
        assert paths(path).failure("it broke") == GONE
    assert paths("$.card").failure("it broke") == "it broke"
    assert patterns("br[a-z]+").failure("it broke") == f"it {GONE}"
    assert paths("$").failure("") == ""


def test_a_member_of_a_map_goes_by_its_name():
    assert paths("$.mail").member("mail", ["a"]) == GONE
    assert paths("$..in").member("mail", {"in": 1}) == {"in": GONE}
    assert paths("$.in").member("mail", {"in": 1}) == {"in": GONE}
    assert paths("$.mail").member("other", "a") == "a"


def nested(depth, inside):
    for _ in range(depth):
        inside = [inside]
    return inside


def test_what_cannot_be_looked_into_is_hidden_whole():
    veil = patterns("hush")
    assert TOO_DEEP in str(veil.value(nested(400, "hush")))
    assert "hush" not in str(veil.value(nested(400, "hush")))
    assert veil.text("[" * 100_000) in {TOO_DEEP, "[" * 100_000}
    assert veil.text("[" * 5000 + '"hush"' + "]" * 5000).count("hush") == 0
    assert veil.text("x" * (LONGEST_TEXT + 1)) == TOO_LONG
    assert veil.text("half \ud800 hush") == f"half ? {GONE}"


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time():
    veil = patterns(r"(a+)+$", r"(x|x)*y+")
    assert veil.text("a" * 200_000 + "!") == "a" * 200_000 + "!"


@pytest.mark.parametrize(
    "pattern",
    ["(", r"(a)\1", "(?=a)b", "x{5000}", "a*", "", "(((\\pL{1,100}){1,100}){1,9})", "\ud800"],
)
def test_what_re2_does_not_take_or_says_nothing_is_refused_with_words(pattern):
    with pytest.raises(Invalid) as refused:
        RE2.check(pattern)
    assert refused.value.field == "expression"
    assert refused.value.detail


def test_a_quotation_does_not_swallow_the_next_pattern():
    veil = patterns(r"\Qa+b", r"c+|(d)")
    assert veil.text("a+b cc d") == f"{GONE} {GONE} {GONE}"


def test_patterns_too_large_to_join_are_looked_for_one_by_one():
    many = [f"hush{n}[a-z]{{900}}" for n in range(60)]
    veil = patterns(*many)
    assert veil.text("hush59" + "x" * 900) == GONE
    assert veil.text("nothing") == "nothing"


def order(**changes):
    fields = {"name": "it", "kind": RuleKind.PATH, "expression": "$.a", "up_to": Role.OBSERVER}
    return RuleOrder(**{**fields, **changes})


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 61},
        {"name": "a]b"},
        {"name": "a\nb"},
        {"name": "a\u202eb"},
        {"expression": ""},
        {"expression": "$."},
        {"kind": RuleKind.PATTERN, "expression": ""},
        {"kind": RuleKind.PATTERN, "expression": "x" * (LONGEST_PATTERN + 1)},
    ],
)
def test_an_order_that_cannot_be_names_its_field(wrong):
    with pytest.raises(Invalid) as refused:
        check_order(order(**wrong))
    assert refused.value.field == next(iter(set(wrong) - {"kind"}))


def test_an_order_is_tidied():
    assert check_order(order(name=" e-mail ", expression=" a.b ")) == order(
        name="e-mail", expression="a.b"
    )
    spaces = order(kind=RuleKind.PATTERN, expression=" a ")
    assert check_order(spaces) == spaces


def test_there_is_room_for_so_many_rules_and_each_name_once():
    rules = [a_rule("$.a", name=f"n{n}", number=n) for n in range(MOST_RULES)]
    with pytest.raises(Conflict, match="already"):
        check_room(rules, "another")
    check_room(rules, "n0", besides=RuleId(UUID(int=0)))
    check_room(rules[1:], "another")
    with pytest.raises(Conflict, match="named 'n3'"):
        check_room(rules[1:], "n3")
    with pytest.raises(Conflict, match="meanwhile"):
        check_version(rules[0], 2)
    check_version(rules[0], 1)
    with pytest.raises(NotFound):
        parse_rule_id("x")


def test_a_rule_hides_from_its_role_and_those_below():
    hidden = {
        up_to: [role for role in (None, *Role) if a_rule("$.a", up_to=up_to).hides_from(role)]
        for up_to in Role
    }
    assert hidden == {
        Role.OBSERVER: [None, Role.OBSERVER],
        Role.DEVELOPER: [None, Role.OBSERVER, Role.DEVELOPER],
        Role.ADMIN: [None, *Role],
    }


def test_a_digest_tells_rules_apart():
    some = {digest_of([a_rule("$.a")]), digest_of([a_rule("$.b")]), digest_of([])}
    some |= {digest_of([a_rule("$.a", RuleKind.PATTERN)]), digest_of([a_rule("$.a", name="b")])}
    assert len(some) == 5
    assert digest_of([]) == ""


QUERIES = [
    ("", ""),
    ("WorkflowType = 'Mail' AND StartTime > '2026-01-01T00:00:00Z'", ""),
    ("ExecutionStatus IN ('Running', \"Failed\") OR NOT (HistoryLength >= 5)", ""),
    ("WorkflowId STARTS_WITH 'CustomerMail'", ""),
    ("WorkflowId = 'it''s Customer = 1'", ""),
    ("CustomerMail = 'x'", "CustomerMail"),
    ("`CustomerMail` IS NOT NULL", "CustomerMail"),
    ("WorkflowId='a' or CustomerMail LIKE 'b'", "CustomerMail"),
    ("WorkflowId = 'a\\' OR CustomerMail = ' OR ''", "Not understood"),
    ("WorkflowId = 'a' -- ' \n AND CustomerMail = 'x'", "Not understood"),
    ("WorkflowId = 'a' /* ' */ AND CustomerMail = 'x'", "Not understood"),
    ("HistoryLength > 1-- '\nAND CustomerMail > 'x'", "Not understood"),
    ("`Customer`.`Mail` = 'x'", "Not understood|Customer"),
    ("CustomerMail = 'x", "Not understood|CustomerMail"),
    ("WorkflowId = 'x' ; @a", "Not understood"),
]


@pytest.mark.parametrize(("query", "refused"), QUERIES)
def test_a_query_cannot_ask_for_what_is_hidden(query, refused):
    for veil in (paths("$.CustomerMail"), paths("$..CustomerMail"), paths("$"), patterns("@x")):
        if refused:
            with pytest.raises(Invalid, match=refused) as error:
                veil.check_query(query)
            assert error.value.field == "query"
        else:
            veil.check_query(query)
    Veil().check_query(query)


def test_a_path_leaves_other_attributes_to_search_by():
    paths("$.CustomerMail").check_query("CustomerCity = 'Bern'")
    with pytest.raises(Invalid):  # what a pattern may find in it, nobody can say beforehand
        patterns("@x").check_query("CustomerCity = 'Bern'")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def planted(value, canary):
    """Put the canary everywhere in a value, in many spellings."""
    match value:
        case dict():
            return {key: planted(each, canary) for key, each in value.items()} | {canary: canary}
        case list():
            return [*(planted(each, canary) for each in value), *dict(disguised(canary)).values()]
        case str():
            return f"{value} {canary} {value}"
        case _:
            return value


@given(JSON)
def test_no_value_holds_what_a_pattern_finds_once_the_veil_is_over_it(value):
    veil = patterns("Kanarie-77/é")
    shown = json.dumps(veil.value(planted(value, CANARY)), ensure_ascii=False)
    for each in spelled(CANARY):
        assert each not in shown
    again = veil.value(json.loads(shown))
    assert json.dumps(again, ensure_ascii=False) == shown


@given(JSON)
def test_what_holds_nothing_hidden_comes_through_unchanged(value):
    assert patterns("Kanarie-77/é").value(value) == value
    assert paths("$.Kanarie[3].x").value(value) == value
    assert Veil().value(value) == value


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_around_it_hides_no_canary(before, after):
    shown = patterns("Kanarie-77/é").text(before + CANARY + after)
    assert CANARY not in shown


@given(st.text(max_size=60))
def test_any_path_parses_or_is_refused(text):
    try:
        parsed = parse_path(text)
    except Invalid:
        return
    assert Veil([a_rule(text)]).value({"a": [1]}) is not None
    assert len(parsed.steps) <= MOST_STEPS

"""Rules kept by admins, tried before they go, and what they lay over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.errors import Conflict, Denied, Invalid, NotFound, ProofRequired
from inspector_app.domain.histories import FAILURE_KEPT, EventKind, EventRow, EventTone
from inspector_app.domain.identity import PROOF_LASTS, SYSTEM
from inspector_app.domain.ids import EventId
from inspector_app.domain.permissions import Role
from inspector_app.domain.redaction import MOST_RULES, RuleKind, RuleOrder
from inspector_app.domain.veils import OPEN, TOO_LONG
from inspector_app.domain.workflows import Handler, Handlers, RawData
from inspector_app.services.ports import EntryFilter
from inspector_app.services.redaction import LONGEST_SAMPLE, Draft, RuleChange
from inspector_app.services.showing import CUT, show_data, show_handlers, show_row


def order(expression="$..card", kind=RuleKind.PATH, name="cards", up_to=Role.OBSERVER):
    return RuleOrder(name, kind, expression, up_to)


def pattern(expression, **changes):
    return order(expression, RuleKind.PATTERN, **changes)


@pytest.fixture
async def people(house):
    return {name: (await house.signs_in(name))[1] for name in ("ivo", "ana", "noor", "eve")}


async def actions(house, actor):
    entries = await house.entries(actor.tenant)
    found = [each.record for each in entries if each.record.target.kind == "redaction"]
    return [(each.action, each.outcome.value) for each in found]


async def test_a_rule_hides_from_its_role_in_its_tenant_until_it_goes(house, people):
    desk, noor = house.redaction, people["noor"]
    rule = await desk.add(noor, order(" $..card ", name=" cards "))
    assert (rule.name, rule.expression, rule.version) == ("cards", "$..card", 1)
    shown = {who: (await desk.veil(people[who])).value({"card": 1}) for who in people}
    assert shown.pop("ivo") == {"card": "[hidden: cards]"}
    assert list(shown.values()) == [{"card": 1}] * 3
    assert await desk.rules(people["eve"]) == ()
    change = RuleChange(rule.id, 1, "developers too")
    changed = await desk.change(noor, change, order(up_to=Role.DEVELOPER, name="pay"))
    assert (changed.version, await desk.rules(noor)) == (2, (changed,))
    assert (await desk.veil(people["ana"])).value({"card": 1}) == {"card": "[hidden: pay]"}
    await desk.remove(noor, RuleChange(rule.id, 2, "no more"))
    assert await desk.veil(people["ivo"]) is OPEN
    assert await actions(house, noor) == [
        (f"redaction.{verb}", "done") for verb in ("add", "change", "remove")
    ]
    details = [e.record.detail for e in await house.entries(noor.tenant) if e.record.detail]
    assert "'pay' hides path '$..card' up to developer; before: 'cards'" in "".join(details)


async def test_inspector_itself_and_whoever_has_no_role_are_opposites(house, people):
    await house.redaction.add(people["noor"], order("$", up_to=Role.OBSERVER))
    assert await house.redaction.veil(SYSTEM) is OPEN
    nobody = replace(people["noor"], role=None)
    assert (await house.redaction.veil(nobody)).value(1) == "[hidden: cards]"


async def test_only_admins_who_proved_it_lately_keep_rules(house, people):
    desk, noor = house.redaction, people["noor"]
    rule = await desk.add(noor, order())
    for who in ("ivo", "ana"):
        for act in (
            desk.add(people[who], order(name="x")),
            desk.change(people[who], RuleChange(rule.id, 1, "x"), order()),
            desk.remove(people[who], RuleChange(rule.id, 1, "x")),
            desk.rules(people[who]),
            desk.try_on(people[who], "{}", Role.OBSERVER, None),
        ):
            with pytest.raises(Denied):
                await act
    with pytest.raises(NotFound):
        await desk.change(people["eve"], RuleChange(rule.id, 1, "x"), order())
    with pytest.raises(NotFound):
        await desk.remove(people["eve"], RuleChange(rule.id, 1, "x"))
    house.time.pass_by(seconds=PROOF_LASTS.total_seconds() + 1)
    with pytest.raises(ProofRequired):
        await desk.remove(noor, RuleChange(rule.id, 1, "x"))
    assert [each.id for each in await desk.rules(noor)] == [rule.id]


async def test_two_admins_on_one_rule_and_names_taken_are_told(house, people):
    desk, noor = house.redaction, people["noor"]
    rule = await desk.add(noor, order())
    await desk.change(noor, RuleChange(rule.id, 1, "one"), order("$.a"))
    for act in (
        desk.change(noor, RuleChange(rule.id, 1, "two"), order("$.b")),
        desk.remove(noor, RuleChange(rule.id, 1, "two")),
        desk.add(noor, order("$.c")),
    ):
        with pytest.raises(Conflict):
            await act
    with pytest.raises(Invalid) as refused:
        await desk.remove(noor, RuleChange(rule.id, 2, " "))
    assert refused.value.field == "reason"
    (kept,) = await desk.rules(noor)
    assert kept.expression == "$.a"


async def test_evil_rules_are_refused_at_the_edge(house, people):
    desk, noor = house.redaction, people["noor"]
    for wrong in (
        order("$."),
        pattern("(a"),
        pattern(r"(a)\1"),
        pattern("a*"),
        pattern("x" * 1001),
        order(name="a\nb"),
    ):
        with pytest.raises(Invalid) as refused:
            await desk.add(noor, wrong)
        assert refused.value.detail
        with pytest.raises(Invalid):
            await desk.try_on(noor, "{}", Role.OBSERVER, Draft(wrong))
    for number in range(MOST_RULES):
        await desk.add(noor, order(name=f"n{number}"))
    with pytest.raises(Conflict, match="already"):
        await desk.add(noor, order(name="one more"))
    assert len(await desk.rules(noor)) == MOST_RULES


async def test_a_rule_is_tried_before_it_is_kept(house, people):
    desk, noor = house.redaction, people["noor"]
    rule = await desk.add(noor, order("$.a"))
    sample = '{"a": 1, "b": "x@y"}'
    draft = Draft(pattern("[a-z]@[a-z]", name="mail"))

    async def tried(role, draft=None, text=sample):
        return await desk.try_on(noor, text, role, draft)

    assert '"a": "[hidden: cards]"' in await tried(Role.OBSERVER)
    assert '"a": 1' in await tried(Role.DEVELOPER)
    both = await tried(Role.OBSERVER, draft)
    assert "[hidden: cards]" in both
    assert "[hidden: mail]" in both
    instead = await tried(Role.OBSERVER, Draft(order("$.b", name="new"), rule.id))
    assert '"a": 1' in instead
    assert "[hidden: new]" in instead
    assert await tried(Role.OBSERVER, draft, "not json, x@y") == "not json, [hidden: mail]"
    with pytest.raises(Invalid) as refused:
        await tried(Role.OBSERVER, None, "x" * (LONGEST_SAMPLE + 1))
    assert refused.value.field == "sample"


async def test_what_hides_from_admins_too_cannot_be_tried_away(house, people):
    desk, noor = house.redaction, people["noor"]
    rule = await desk.add(noor, order("$.a", up_to=Role.ADMIN))
    for role in Role:
        for draft in (None, Draft(order("$.b", name="new"), rule.id)):
            assert '"a": 1' not in await desk.try_on(noor, '{"a": 1}', role, draft)


async def test_an_answer_kept_under_a_key_is_not_given_again_under_other_rules(house, people):
    ana, times = people["ana"], []

    async def act():
        times.append(1)
        return '{"memo": "secret"}'

    assert await house.repeats.once(ana, "key-1", b"x", act) == '{"memo": "secret"}'
    assert await house.repeats.once(ana, "key-1", b"x", act) == '{"memo": "secret"}'
    await house.redaction.add(people["noor"], order("$", up_to=Role.DEVELOPER))
    with pytest.raises(Conflict, match="hidden"):
        await house.repeats.once(ana, "key-1", b"x", act)
    assert times == [1]


async def test_what_people_wrote_in_the_audit_log_is_hidden_as_well(house, people):
    desk, noor = house.redaction, people["noor"]
    await desk.add(noor, pattern("hush[0-9]+", up_to=Role.ADMIN))
    rule = await desk.add(noor, order(name="other"))
    await desk.remove(noor, RuleChange(rule.id, 1, "it is hush77"))
    page = await house.audit.entries(noor, EntryFilter(), limit=5)
    assert page.entries[0].record.reason == "it is [hidden: cards]"


def test_texts_are_cut_after_the_veil_not_before():
    shown = show_data(OPEN, RawData(("x" * CUT,), ({"a": 1}, 2)))
    assert (len(shown.input), shown.input_cut, shown.result_cut) == (CUT, True, False)
    assert shown.result == '[\n  {\n    "a": 1\n  },\n  2\n]'


async def test_a_failure_is_hidden_before_it_is_cut_to_a_line(house, people):
    await house.redaction.add(people["noor"], pattern("(?s)BEGIN.*END"))
    veil = await house.redaction.veil(people["ivo"])
    failure = "x " * 95 + "BEGIN abc\ndef END"
    row = EventRow(
        EventId(1),
        house.time(),
        "ActivityTaskFailed",
        EventKind.ACTIVITY,
        EventTone.FAILED,
        "greet",
        f"{failure}, retry",
        failure,
    )
    assert show_row(OPEN, row).note == f"{'x ' * 95}BEGIN abc, retry"
    assert "abc" not in show_row(veil, row).note
    long = replace(row, note="y" * FAILURE_KEPT, failure="y" * FAILURE_KEPT)
    assert show_row(veil, long).note == TOO_LONG
    assert show_row(OPEN, long).note == "y" * 200


async def test_what_a_workflow_says_of_itself_is_hidden_too(house, people):
    await house.redaction.add(people["noor"], pattern("hush"))
    veil = await house.redaction.veil(people["ivo"])
    handlers = (Handler("a", "says hush"),)
    found = Handlers(
        known=True, signals=handlers, current_details="at hush", reason="no hush answered"
    )
    assert "hush" not in repr(show_handlers(veil, found))
    assert show_handlers(OPEN, found) is found

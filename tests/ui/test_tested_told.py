"""What the page of a provider says of a test by signing in."""

from __future__ import annotations

import pytest

from inspector_app.domain import trial_sign_ins
from inspector_app.domain.admission import Standing
from inspector_app.domain.permissions import Role
from inspector_app.ui.providers.tested import result_of

SAID = trial_sign_ins.Said("s-1", "alice", "a@example.test", email_verified=False, groups=())


def told(would=None, **said):
    fields = {name: getattr(SAID, name) for name in ("subject", "username", "email", "groups")}
    found = trial_sign_ins.Said(**{**fields, "email_verified": False, **said})
    return result_of(trial_sign_ins.Tested((), found, would))


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        (Standing.KNOWN, "Known here as alice."),
        (Standing.LINKED, "Linked by the verified e-mail to alice, who comes in by this then."),
        (Standing.NEW, "New here, as alice."),
    ],
)
def test_who_it_would_be_is_a_sentence_with_where_the_role_comes_from(standing, sentence):
    ruled = trial_sign_ins.Gets("demo", Role.OBSERVER, "staff-nl", "staff*")
    by_rule = trial_sign_ins.Would(standing, "alice", (ruled,))
    by_hand = trial_sign_ins.Would(standing, "alice", (trial_sign_ins.Gets("demo", Role.ADMIN),))
    assert told(by_rule).would.told == "This person would be an observer"
    assert told(by_rule).would.why == (
        f"{sentence} The group 'staff-nl' is what the rule for 'staff*' asks for."
    )
    assert told(by_hand).would.why == (
        f"{sentence} The role was given by hand, or by another provider."
    )


def test_who_would_not_get_in_is_said_to_be_unknown_or_disabled():
    nobody = told(trial_sign_ins.Would(Standing.NOBODY, "")).would
    disabled = told(trial_sign_ins.Would(Standing.KNOWN, "alice", disabled=True)).would
    assert (nobody.told, nobody.why) == ("This person would not get in", "Not known here.")
    assert disabled.why == "Known here as alice. The account is disabled."


def test_claims_that_did_not_come_read_none_and_a_thousand_groups_are_counted():
    facts = {each.label: each.value for each in told(email="").facts}
    assert (facts["E-mail"], facts["Groups"]) == ("none", "none")
    many = told(groups=tuple(f"g{number}" for number in range(1100)))
    facts = {each.label: each.value for each in many.facts}
    assert facts["E-mail"] == "a@example.test, not verified"
    assert facts["Groups"].endswith("g98, g99 and 1,000 more")

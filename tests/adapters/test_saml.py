"""SAML against a provider that lies: the truth gets in, not one lie does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from xmlsec import constants

from inspector_app.adapters.identity.saml_documents import written
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from tests.fixtures.lying_saml import (
    SETTINGS,
    LyingSaml,
    accepting_plain,
    own_pair,
    pair,
)
from tests.fixtures.saml_attacks import ATTACKS, STRONG
from tests.fixtures.saml_tricks import Attack, at, both, does, says, set_to

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"

_UNASKED = {
    "unsigned": set_to(".//saml:SubjectConfirmationData", "InResponseTo", None),
    "enveloped": set_to(".", "InResponseTo", None),
}


async def test_who_signed_in_there_is_who_they_say_over_saml() -> None:
    found = await LyingSaml().comes_back()
    assert replace(found.claimed, hint="") == Claimed(
        subject="alice",
        username="alice",
        email="alice@example.test",
        email_verified=False,
        groups=("app-admins",),
        session="session-1",
    )
    assert found.answers == "_request"
    assert found.id.startswith("_")
    assert "hint" not in repr(found)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_a_forged_response_gets_nobody_in(attack: Attack) -> None:
    idp = LyingSaml()
    assert (await idp.comes_back()).claimed.subject == "alice"
    attack(idp)
    with pytest.raises(SignInFault) as refused:
        await idp.comes_back()
    assert refused.value.step in {Step.ANSWER, Step.WHO, Step.STRENGTH, Step.GROUPS}
    assert "python3-saml" not in refused.value.detail


def _rotating(number: int) -> Attack:
    both = pair(0).certificate + pair(1).certificate
    return lambda idp: (
        does(settings=replace(SETTINGS, certificates=both))(idp),
        does(keys=pair(number))(idp),
    )


TRUTHS: dict[str, Callable[[LyingSaml], object]] = {
    "in plain text, where that is accepted": accepting_plain,
    "only the assertion signed": does(sign_response=False),
    "the old certificate while two rotate": _rotating(0),
    "the new certificate while two rotate": _rotating(1),
    "encrypted for our old key": lambda idp: (
        setattr(idp, "encrypt_for", own_pair()),
        setattr(idp, "place", replace(idp.place, keys=own_pair(2) + own_pair())),
    ),
    "AES-GCM of 128 bits": does(cipher=constants.TransformAes128Gcm),
    "AES-CBC": does(cipher=constants.TransformAes256Cbc),
    "SHA-512": does(method=constants.TransformRsaSha512, digest=constants.TransformSha512),
    "a curve": does(
        keys=pair(curve=True),
        method=constants.TransformEcdsaSha256,
        settings=replace(SETTINGS, certificates=pair(curve=True).certificate),
    ),
    "late by less than clocks may differ": lambda idp: setattr(
        idp,
        "unsigned",
        set_to("saml:Conditions", "NotOnOrAfter", written(idp.now - timedelta(seconds=25))),
    ),
    "early by less than clocks may differ": at(25, "early"),
    "confirmed late by less than clocks may differ": lambda idp: setattr(
        idp,
        "unsigned",
        set_to(
            ".//saml:SubjectConfirmationData",
            "NotOnOrAfter",
            written(idp.now - timedelta(seconds=25)),
        ),
    ),
    "confirmed early by less than clocks may differ": lambda idp: setattr(
        idp,
        "unsigned",
        set_to(
            ".//saml:SubjectConfirmationData",
            "NotBefore",
            written(idp.now + timedelta(seconds=25)),
        ),
    ),
    "its name encrypted, too": does(hide_name=True),
    "its name alone encrypted": both(accepting_plain, does(hide_name=True)),
    "its name encrypted for our old key": lambda idp: (
        both(accepting_plain, does(hide_name=True, encrypt_for=own_pair()))(idp),
        setattr(idp, "place", replace(idp.place, keys=own_pair(2) + own_pair())),
    ),
    "signed in as is asked for": does(settings=replace(SETTINGS, contexts=(STRONG, PASSWORD))),
    "500 groups": does(groups=[f"group-{n:03} of the whole company" for n in range(500)]),
    "5,000 groups": does(groups=[f"group-{n}" for n in range(5000)]),
    "a name with odd characters": says(subject="Zoë &amp; &lt;Ø&gt; 名前"),
}


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
async def test_the_truth_gets_in_however_it_is_said(truth: Attack) -> None:
    idp = LyingSaml()
    truth(idp)
    found = await idp.comes_back()
    assert found.claimed.username
    assert len(found.claimed.groups) == len(idp.groups)

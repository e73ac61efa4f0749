"""Who a SAML assertion is about, to the letter: nobody becomes somebody else by a space."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_saml import SETTINGS, LyingSaml, Node
from tests.fixtures.saml_tricks import one

BY_UID = replace(SETTINGS, id_attribute="uid")
PADDED = ["alice ", " alice", "alice\n", "alice\u00a0", "\u2003alice"]


@pytest.mark.parametrize("settings", [SETTINGS, BY_UID], ids=["NameID", "attribute"])
@pytest.mark.parametrize("subject", PADDED)
async def test_who_has_a_space_around_their_id_is_not_who_has_none(subject, settings) -> None:
    idp = LyingSaml(settings=settings)
    assert (await idp.comes_back()).claimed.subject == "alice"
    idp.says = {"subject": subject}
    with pytest.raises(SignInFault) as refused:
        await idp.comes_back()
    assert refused.value.step is Step.WHO


def _also_called(name: str):
    def change(root: Node) -> None:
        (attribute,) = (each for each in root.iter("{*}Attribute") if each.get("Name") == "uid")
        first = one(attribute, "saml:AttributeValue")
        other = type(first).makeelement(first, first.tag)
        other.text = name
        attribute.insert(0, other)

    return change


async def test_who_has_two_ids_is_nobody() -> None:
    idp = LyingSaml(settings=BY_UID, unsigned=_also_called("bob"))
    with pytest.raises(SignInFault, match="no one id"):
        await idp.comes_back()


async def test_a_group_with_a_space_at_its_end_is_another_one() -> None:
    found = await LyingSaml(groups=("admins ", "staff", " ")).comes_back()
    assert found.claimed.groups == ("admins ", "staff")


async def test_an_address_there_counts_as_verified_only_where_an_admin_says_so() -> None:
    """Else whoever writes another one's into their profile is found by it at the next provider."""
    idp = LyingSaml()
    said = (await idp.comes_back()).claimed
    assert (said.email, said.email_verified) == ("alice@example.test", False)
    idp.settings = replace(SETTINGS, trust_email=True)
    assert (await idp.comes_back()).claimed.email_verified
    idp.settings = replace(idp.settings, email_attribute="none")
    assert not (await idp.comes_back()).claimed.email_verified

"""What admins do of SAML besides settings: metadata read for the form, and our keys changed."""

from __future__ import annotations

import pytest

from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound
from inspector_app.domain.addresses import EVERYWHERE
from inspector_app.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    NotReached,
    ProofRequired,
)
from inspector_app.domain.group_roles import GroupMapping
from inspector_app.domain.providers import ProviderOrder
from inspector_app.domain.signing_in import KeyStep
from inspector_app.services.ports import Answer
from tests.fixtures.elsewhere import ADMINS, OIDC
from tests.fixtures.federation import Federation
from tests.fixtures.lying_saml import ISSUER, NAMES, SETTINGS, own_pair
from tests.fixtures.receiver import plainly, receiving
from tests.fixtures.saml_metadata import published

PLACE = f"{ISSUER}/metadata"


@pytest.fixture
def federation(house) -> Federation:
    return Federation(house)


@pytest.fixture
async def noor(house):
    """An admin of demo."""
    return (await house.signs_in("noor"))[1]


def serves(federation, body, status=200):
    """Have the provider's metadata at its address."""
    answer = Answer(status=status, headers={}, body=body.encode())
    federation.provider.answers["/saml/metadata"] = answer


async def test_metadata_is_read_as_given_or_fetched_and_nothing_is_kept(federation, noor):
    given = await federation.saml_setup.describe(noor, metadata=published(0))
    assert given.settings["entity_id"] == ISSUER
    serves(federation, "\ufeff" + published(0, 1))
    fetched = await federation.saml_setup.describe(noor, url=f" {PLACE}?token=s3cret ")
    assert len(fetched.certificates) == 2
    assert await federation.providers.all(noor) == []
    (told,) = [
        entry.record
        for entry in await federation.house.entries(noor.tenant)
        if entry.record.action == "provider.describe"
    ]
    assert told.detail == "at idp.example.test", "who had what called is written down"


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({}, "metadata", "or the address"),
        ({"metadata": "<a/>", "url": PLACE}, "url", "or the address"),
        ({"metadata": "<a/>"}, "metadata", "no SAML metadata"),
        ({"url": "http://idp.example.test/metadata"}, "url", "https address"),
        ({"url": "file:///etc/passwd"}, "url", "https address"),
        ({"url": PLACE}, "url", "no well-formed XML"),
    ],
)
async def test_what_cannot_be_read_is_said_at_its_field(federation, noor, asked, field, says):
    serves(federation, "<html><p>Sign in")
    with pytest.raises(Invalid, match=says) as refused:
        await federation.saml_setup.describe(noor, **asked)
    assert refused.value.field == field


async def test_an_address_that_does_not_answer_as_it_should_says_so(federation, noor):
    serves(federation, published(0), status=404)
    with pytest.raises(Invalid, match="answers with 404"):
        await federation.saml_setup.describe(noor, url=PLACE)
    federation.provider.away = True
    with pytest.raises(NotReached):
        await federation.saml_setup.describe(noor, url=PLACE)


async def test_metadata_comes_by_the_guarded_way_out_and_no_further_than_its_size(house, noor):
    async with receiving() as server:
        url = f"http://127.0.0.1:{server.port}/metadata"
        for allowed, body, refusal in (
            ((), b"", "not called"),
            (EVERYWHERE, published(0).encode(), ""),
            (EVERYWHERE, b" " * 600_000, "longer than 524288 bytes"),
        ):
            server.behave = plainly(body)
            outbound = HttpxOutbound(GuardedTransport(allowed))
            setup = Federation(house).sets_up(outbound)
            if refusal:
                with pytest.raises(NotReached, match=refusal):
                    await setup.describe(noor, url=url)
            else:
                assert (await setup.describe(noor, url=url)).settings["entity_id"] == ISSUER
            await outbound.close()
        assert len(server.requests) == 2, "where it may not go, nothing was asked"


async def test_only_who_may_set_providers_has_anything_called(federation, house, noor):
    _, ana = await house.signs_in("ana")
    for asked in ({"url": PLACE}, {"metadata": published(0)}):
        with pytest.raises(Denied):
            await federation.saml_setup.describe(ana, **asked)
    house.time.pass_by(hours=1)
    for asked in ({"url": PLACE}, {"metadata": published(0)}):
        with pytest.raises(ProofRequired):
            await federation.saml_setup.describe(noor, **asked)
    assert federation.provider.asked == []


async def test_keys_change_in_steps_that_are_audited_and_never_shown(federation):
    provider = await federation.meets()
    assert provider.has == ("sp_keys",)
    operator, desk = federation.house.operator, federation.saml_setup
    first = federation.certificate
    for number, (step, same) in enumerate(
        ((KeyStep.PREPARE, True), (KeyStep.USE, False), (KeyStep.DROP, False)), start=1
    ):
        done = await desk.turn_keys(operator, "idp", step, version=number, reason="yearly")
        assert done.version == number + 1
        root = await federation.reads_metadata()
        assert (federation.certificate == first) is same
        signing = root.findall("*/md:KeyDescriptor[@use='signing']", NAMES)
        assert len(signing) == (1 if step is KeyStep.DROP else 2)
        await federation.returns()
        detail = (await federation.house.entries(None))[-1].record.detail
        assert "PRIVATE" not in str(done) + detail
    with pytest.raises(Conflict):
        await desk.turn_keys(operator, "idp", KeyStep.USE, version=1, reason="yearly")


async def test_only_who_may_set_providers_changes_keys(federation):
    await federation.meets(tenant="demo")
    _, noor = await federation.house.signs_in("noor")
    _, ana = await federation.house.signs_in("ana")
    _, eve = await federation.house.signs_in("eve", tenant="other")
    desk = federation.saml_setup
    for who, refusal in ((ana, Denied), (eve, NotFound)):
        with pytest.raises(refusal):
            await desk.turn_keys(who, "idp", KeyStep.PREPARE, version=1, reason="yearly")
    await desk.turn_keys(noor, "idp", KeyStep.PREPARE, version=1, reason="yearly")


async def test_our_certificates_are_shown_with_the_one_in_use_and_the_next_step(federation):
    await federation.meets(tenant="demo")
    _, noor = await federation.house.signs_in("noor")
    desk = federation.saml_setup
    version, first = 1, (await desk.keys(noor, "idp")).held[0]
    for step, wanted, used in (
        (KeyStep.PREPARE, (KeyStep.USE, KeyStep.DROP), True),
        (KeyStep.USE, (KeyStep.DROP, KeyStep.USE), False),
        (KeyStep.USE, (KeyStep.USE, KeyStep.DROP), True),  # back to the old pair
        (KeyStep.DROP, (KeyStep.PREPARE,), True),
    ):
        federation.house.time.pass_by(minutes=1)
        await desk.turn_keys(noor, "idp", step, version=version, reason="yearly")
        version += 1
        found = await desk.keys(noor, "idp")
        assert found.steps == wanted
        assert (found.held[0] == first) is used
        published_now = await federation.reads_metadata("demo.idp")
        signing = published_now.findall("*/md:KeyDescriptor[@use='signing']", NAMES)
        assert len(signing) == len(found.held)


async def test_a_step_that_does_nothing_or_loses_a_pair_is_refused(federation):
    await federation.meets()
    operator, desk = federation.house.operator, federation.saml_setup
    for step in (KeyStep.USE, KeyStep.DROP):
        with pytest.raises(Conflict, match="one pair only") as refused:
            await desk.turn_keys(operator, "idp", step, version=1, reason="yearly")
        assert refused.value.hint == "Possible is: prepare."
    await desk.turn_keys(operator, "idp", KeyStep.PREPARE, version=1, reason="yearly")
    with pytest.raises(Conflict, match="another pair already"):
        await desk.turn_keys(operator, "idp", KeyStep.PREPARE, version=2, reason="yearly")


async def test_the_files_keys_are_shown_and_changed_there_only(federation, house):
    order = ProviderOrder("idp", "Idp", SETTINGS, GroupMapping(), secrets={"sp_keys": own_pair()})
    federation.opens_book((order,))
    found = await federation.saml_setup.keys(house.operator, "idp")
    assert (len(found.held), found.steps) == (1, ())
    with pytest.raises(Conflict, match="operator's file"):
        await federation.saml_setup.turn_keys(
            house.operator, "idp", KeyStep.PREPARE, version=1, reason="yearly"
        )


async def test_what_speaks_no_saml_has_no_keys_and_broken_ones_say_so(federation, noor):
    await federation.sets(ADMINS, settings=OIDC, by=noor, tenant="demo")
    await federation.sets(
        ADMINS, slug="idp", settings=SETTINGS, by=noor, tenant="demo", secrets={"sp_keys": "x"}
    )
    with pytest.raises(NotFound):
        await federation.saml_setup.keys(noor, "corp")
    with pytest.raises(Conflict, match="no key of ours"):
        await federation.saml_setup.keys(noor, "idp")

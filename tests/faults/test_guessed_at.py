"""Ten thousand wrong passwords: little work, a bounded log, and the account still opens."""

from __future__ import annotations

import pytest

from inspector_app.adapters.identity.local import Argon2Passwords
from inspector_app.domain.errors import InspectorError, TooMany, WrongCredentials
from inspector_app.services.floods import MOST_CHAINED
from tests.fixtures.database import PASSWORD


@pytest.fixture
def hashed(monkeypatch):
    """Count the passwords that were hashed: what a guess costs."""
    times = []
    verify = Argon2Passwords.verify

    async def counting(self, password, kept):
        times.append(1)
        return await verify(self, password, kept)

    monkeypatch.setattr(Argon2Passwords, "verify", counting)
    return times


async def guess(house, address, password="wrong"):
    return await house.local.sign_in(
        "ana", password, address=address, user_agent="", request_id=""
    )


async def test_from_one_address_ten_are_looked_at_and_the_account_opens_elsewhere(house, hashed):
    refusals = []
    before = len(await house.entries(None))
    for number in range(10_000):
        with pytest.raises(InspectorError) as refused:
            await guess(house, "10.6.6.6", f"wrong {number}")
        refusals.append(refused.type)
    assert refusals[:10] == [WrongCredentials] * 10
    assert set(refusals[10:]) == {TooMany}
    assert len(hashed) == 10
    assert await guess(house, "10.7.7.7", PASSWORD)
    await house.door.close()
    written = [entry.record for entry in (await house.entries(None))[before:]]
    assert len(written) < 20
    denied = [each for each in written if each.outcome == "denied"]
    assert (
        sum(1 + each.repeated for each in denied if not each.detail.startswith("counted"))
        + sum(each.repeated for each in denied if each.detail.startswith("counted"))
        == 10_000 - 10
    )


async def test_from_many_addresses_the_log_is_bounded_counts_all_and_the_account_opens(
    house, hashed
):
    before = len(await house.entries(None))
    for number in range(1_500):
        with pytest.raises(InspectorError):
            await guess(house, f"10.6.{number // 250}.{number % 250}")
    assert await guess(house, "10.7.7.7", PASSWORD)
    await house.door.close()
    written = [entry.record for entry in (await house.entries(None))[before:]]
    assert len(written) <= MOST_CHAINED + 5
    (many,) = [each for each in written if each.actor_name == "many"]
    assert many.repeated + sum(each.outcome == "failed" for each in written) - 1 == 1_500
    assert many.address == ""

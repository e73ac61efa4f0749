"""An acting request that is repeated acts once."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from inspector_app.domain.errors import Conflict, Invalid, Unreachable
from inspector_app.services.ports import Reply
from inspector_app.services.repeats import Repeats


class Acting:
    def __init__(self):
        self.times = 0

    async def __call__(self):
        self.times += 1
        await asyncio.sleep(0)
        return f'{{"time": {self.times}}}'


@pytest.fixture
def act():
    return Acting()


async def test_the_same_request_again_answers_the_same_and_acts_once(house, act):
    _, ana = await house.signs_in("ana")
    answers = [await house.repeats.once(ana, "key-1", b"same", act) for _ in range(3)]
    assert (answers, act.times) == (['{"time": 1}'] * 3, 1)


async def test_the_same_request_twice_at_once_acts_once(house, act):
    _, ana = await house.signs_in("ana")
    both = (house.repeats.once(ana, "key-1", b"same", act) for _ in range(5))
    assert set(await asyncio.gather(*both)) == {'{"time": 1}'}


async def test_a_key_used_for_something_else_is_refused(house, act):
    _, ana = await house.signs_in("ana")
    await house.repeats.once(ana, "key-1", b"this", act)
    with pytest.raises(Invalid, match="another request") as refused:
        await house.repeats.once(ana, "key-1", b"that", act)
    assert refused.value.field == "Idempotency-Key"
    with pytest.raises(Invalid, match="255"):
        await house.repeats.once(ana, "k" * 256, b"this", act)
    assert act.times == 1


async def test_a_key_is_its_persons_own_and_without_one_each_request_acts(house, act):
    _, ana = await house.signs_in("ana")
    _, eve = await house.signs_in("eve")
    for actor, key in ((ana, "k"), (eve, "k"), (ana, ""), (ana, ""), (await house.who(None), "k")):
        await house.repeats.once(actor, key, b"", act)
    assert act.times == 5


async def test_a_key_is_forgotten_after_a_day(house, act):
    _, ana = await house.signs_in("ana")
    await house.repeats.once(ana, "key-1", b"this", act)
    house.time.pass_by(hours=25)
    assert await house.repeats.once(ana, "key-1", b"that", act) == '{"time": 2}'


async def test_what_failed_may_be_tried_again_under_its_key(house, act):
    _, ana = await house.signs_in("ana")

    async def fail():
        raise Conflict("closed")

    with pytest.raises(Conflict):
        await house.repeats.once(ana, "key-1", b"this", fail)
    assert await house.repeats.once(ana, "key-1", b"this", act) == '{"time": 1}'


async def test_what_may_have_been_done_is_not_tried_again_under_its_key(house, act):
    _, ana = await house.signs_in("ana")
    now = house.time()

    async def falls_silent():
        raise Unreachable("silent", address="a:1", since=now, next_try=now)

    with pytest.raises(Unreachable):
        await house.repeats.once(ana, "key-1", b"this", falls_silent)
    with pytest.raises(Conflict, match="interrupted"):
        await house.repeats.once(ana, "key-1", b"this", act)
    assert act.times == 0


async def test_one_key_in_two_processes_at_once_acts_once(house, act):
    _, ana = await house.signs_in("ana")
    elsewhere = Repeats(house.door, house.time, house.redaction)

    async def meanwhile():
        with pytest.raises(Conflict, match="being worked on"):
            await elsewhere.once(ana, "key-1", b"same", act)
        return "{}"

    assert await house.repeats.once(ana, "key-1", b"same", meanwhile) == "{}"
    assert await elsewhere.once(ana, "key-1", b"same", act) == "{}"
    assert act.times == 0


async def test_what_was_begun_by_a_killed_process_is_not_done_again(house, act):
    _, ana = await house.signs_in("ana")
    who = f"{ana.person}/demo"
    async with house.database.begin(write=True) as work:
        digest = hashlib.sha256(b"same").hexdigest()
        begun = Reply(who, "key-1", digest, 0, "", house.time())
        await work.replies.begin(begun, forget_before=house.time())
    with pytest.raises(Conflict) as refused:
        await house.repeats.once(ana, "key-1", b"same", act)
    assert "Look whether it was done" in refused.value.hint
    assert act.times == 0

"""The audit log on its way out: everything, in order, at least once, and nobody waits for it."""

from __future__ import annotations

import asyncio
import json

import pytest

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import NotTaken
from inspector_app.domain.permissions import Permission
from inspector_app.services.feeds import BATCH, FeedDesk
from tests.fixtures.chains import CHAIN, insert, rows
from tests.fixtures.seals import DELIVER, Outside, does, seals


class Counting:
    def __init__(self):
        self.sent, self.behind = 0, {}

    def audited(self, _sink, lines):
        self.sent += lines

    def audit_behind(self, sink, lines, seconds):
        self.behind[sink] = (lines, seconds)


def feeds(house, *streams, sealed=(), meter=None):
    return FeedDesk(
        house.door, house.time, streams=streams, sealed=sealed, meter=meter or Counting()
    )


async def delivers(house, desk):
    return await does(house, DELIVER, desk.deliver)


async def act(house, actor):
    target = Target("run", "research/1", "default", "r")
    async with house.door.reach(actor, Permission.RUN_SIGNAL, target, reason="why"):
        pass


async def test_every_entry_of_every_chain_is_sent_in_order_and_once(house):
    _, ana = await house.signs_in("ana")
    insert(house.url, rows(2 * BATCH + 3))
    siem = Outside()
    desk = feeds(house, siem)
    await delivers(house, desk)
    await act(house, ana)
    await delivers(house, desk)
    assert await delivers(house, desk) == 0
    for chain in (CHAIN, ana.tenant):
        length = len(await house.entries(chain))
        assert siem.seqs(chain) == list(range(1, length + 1))
    line = next(each for each in siem.taken if each.chain == str(CHAIN))
    assert json.loads(line.text)["reason"] == "because"


async def test_one_that_is_away_gets_all_of_it_later_and_keeps_no_other_waiting(house):
    insert(house.url, rows(10))
    siem, other = Outside("siem"), Outside("other")
    desk = feeds(house, siem, other)
    siem.broken = True
    with pytest.raises(NotTaken):
        await delivers(house, desk)
    assert (siem.seqs(CHAIN), other.seqs(CHAIN)) == ([], list(range(1, 11)))
    _, ana = await house.signs_in("ana")
    await act(house, ana)  # nobody who acts notices
    siem.broken = False
    await delivers(house, desk)
    assert siem.seqs(CHAIN) == list(range(1, 11))
    assert siem.seqs(ana.tenant) == other.seqs(ana.tenant) != []


async def test_a_failure_is_told_with_its_beginning_until_it_is_over(house):
    insert(house.url, rows(10))
    siem = Outside("siem")
    meter = Counting()
    desk = feeds(house, siem, meter=meter)
    siem.broken = True
    for _ in range(2):
        with pytest.raises(NotTaken):
            await delivers(house, desk)
    (standing,) = await desk.standings(house.operator)
    assert standing.failure == "it is away"
    assert (house.time.now - standing.failing_since).total_seconds() == 600
    assert standing.is_late(house.time.now)
    length = sum([len(await house.entries(chain)) for chain in (None, CHAIN)])
    assert standing.unsent >= length
    await desk.measure()
    assert meter.behind["siem"][0] == standing.unsent
    assert meter.behind["siem"][1] > 0
    siem.broken = False
    await delivers(house, desk)
    (standing,) = await desk.standings(house.operator)
    assert (standing.unsent, standing.waiting_since, standing.failure) == (0, None, "")
    await desk.measure()
    assert meter.behind["siem"] == (0, 0.0)
    assert meter.sent == len(siem.taken)


async def test_what_was_sent_but_not_noted_is_sent_again(house):
    insert(house.url, rows(10))

    class Killed(Outside):
        async def take(self, lines):
            await super().take(lines)
            if self.broken is None:
                raise asyncio.CancelledError

    siem = Killed()
    siem.broken = None
    desk = feeds(house, siem)
    with pytest.raises(BaseException):  # noqa: B017, PT011 - as a kill would end it
        await delivers(house, desk)
    siem.broken = False
    house.time.pass_by(minutes=1)
    await delivers(house, feeds(house, siem))
    seqs = siem.seqs(CHAIN)
    assert sorted(set(seqs)) == list(range(1, 11))
    assert seqs[-10:] == list(range(1, 11))


async def test_a_target_that_is_new_gets_everything_from_the_start(house):
    insert(house.url, rows(10))
    await delivers(house, feeds(house, Outside("old")))
    new = Outside("new")
    await delivers(house, feeds(house, new))
    assert new.seqs(CHAIN) == list(range(1, 11))


async def test_checkpoints_go_where_checkpoints_go_and_entries_do_not(house):
    insert(house.url, rows(10))
    siem, safe = Outside("siem"), Outside("safe")
    desk = feeds(house, siem, sealed=[safe])
    await seals(house)
    await delivers(house, desk)
    assert {each.kind for each in siem.taken} == {"entry"}
    assert {each.kind for each in safe.taken} == {"checkpoint"}
    lines = [each.text for each in safe.taken if each.chain == str(CHAIN)]
    assert lines == await house.seals.lines(house.operator, CHAIN)
    assert await delivers(house, desk) == 0


async def test_an_entry_altered_beyond_reading_stops_its_own_chain_only(house):
    insert(house.url, rows(10))
    _, ana = await house.signs_in("ana")
    house.behind().does(
        "UPDATE audit_entries SET outcome = 'well' WHERE chain = :c AND seq = 5", c=str(CHAIN)
    )
    siem = Outside()
    with pytest.raises(Exception, match="Entry 5"):
        await delivers(house, feeds(house, siem))
    assert siem.seqs(ana.tenant)
    assert siem.seqs(CHAIN) == []


async def test_two_processes_send_each_entry_once_while_both_live(house):
    insert(house.url, rows(10))
    siem = Outside()
    await house.jobs.enlist()
    house.time.pass_by(minutes=10)
    tries = [house.jobs.run_if_due(DELIVER, feeds(house, siem).deliver) for _ in range(2)]
    assert sorted(await asyncio.gather(*tries)) == [False, True]
    assert siem.seqs(CHAIN) == list(range(1, 11))

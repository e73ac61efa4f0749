"""Retention and streaming of the audit log, killed in the middle."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from inspector_app.services.feeds import FeedDesk
from tests.fixtures.audit_child import at_work, sink_at
from tests.fixtures.chains import CHAIN, insert, rows
from tests.fixtures.receiving import syslog_server
from tests.fixtures.seals import DELIVER, SEAL, desk_of, does, seals
from tests.fixtures.temporal import waits_for

LENGTH = 1500


async def there(house):
    async with house.database.begin(write=False) as work:
        return await work.audit.first(CHAIN)


async def test_retention_killed_in_the_middle_leaves_a_whole_chain_and_ends_later(house):
    insert(house.url, rows(LENGTH))
    await seals(house)
    with at_work("cut", house.url):

        async def has_begun():
            return await there(house) > 1

        await waits_for(has_begun, what="the first removals", seconds=90)
    first = await there(house)
    assert 1 < first < LENGTH
    verdict = await house.audit.verify(house.operator, CHAIN)
    assert verdict.first_break is None
    assert verdict.cut.seq == LENGTH
    house.time.now = datetime.now(UTC) + timedelta(days=61)
    await does(house, SEAL, desk_of(house).tend)
    assert await there(house) == LENGTH + 1
    after = await house.audit.verify(house.operator, CHAIN)
    assert (after.first_break, after.cut) == (None, verdict.cut)


async def test_streaming_killed_in_the_middle_loses_nothing(house):
    insert(house.url, rows(LENGTH))
    with syslog_server() as server:

        def seqs():
            found = [json.loads(each.partition(" - entry - ")[2]) for each in server.frames]
            return [each["seq"] for each in found if each["chain"] == str(CHAIN)]

        with at_work("deliver", house.url, server.port):

            async def has_begun():
                return len(seqs()) > 50

            await waits_for(has_begun, what="the first entries", seconds=90)
        before = seqs()
        assert 0 < len(before) < LENGTH
        house.time.now = datetime.now(UTC) + timedelta(days=61)
        desk = FeedDesk(house.door, house.time, streams=[sink_at(server.port)])
        await does(house, DELIVER, desk.deliver)
        assert sorted(set(seqs())) == list(range(1, LENGTH + 1))
        again = len(seqs()) - LENGTH
        assert 0 <= again <= 10  # a batch that was taken and not noted any more

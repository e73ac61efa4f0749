"""A chain of a hundred thousand entries, tampered with by somebody who knows how it is made.

They rewrite hashes and the head where it helps them; the checkpoints they cannot sign.
"""

from __future__ import annotations

import pytest

from inspector_app.domain.seals import Seal, SealKind
from tests.fixtures.chains import CHAIN, insert, rows

LENGTH = 100_000
EVERY = 1000


@pytest.fixture(scope="module")
def made():
    return rows(LENGTH)


@pytest.fixture
async def sealed(house, made):
    """The chain with a checkpoint for each thousand entries, signed as the job does."""
    insert(house.url, made)
    async with house.database.begin(write=True) as work:
        key, private = await house.seals._signing_key(work)
        for row in made[EVERY - 1 :: EVERY]:
            seal = Seal(
                SealKind.CHECKPOINT, CHAIN, 1, row[2], row[-2], at=house.time.now, key=key.id
            )
            await work.seals.add(house.seals._signed(seal, private))
    return house


async def test_five_ways_of_tampering_are_found_and_named(sealed, made):
    house, behind = sealed, sealed.behind()

    def does(statement, **values):
        behind.does(statement, c=str(CHAIN), **values)

    def puts_back(*seqs):
        insert(house.url, [made[seq - 1] for seq in seqs])
        does(
            "UPDATE audit_heads SET seq = :n, hash = :h WHERE chain = :c", n=LENGTH, h=made[-1][-2]
        )

    async def found():
        verdict = await house.audit.verify(house.operator, CHAIN)
        return verdict.first_break.seq, verdict.first_break.reason

    # An edit.
    does("UPDATE audit_entries SET reason = 'other' WHERE chain = :c AND seq = 4321")
    assert await found() == (4321, "its content was altered")
    does("UPDATE audit_entries SET reason = 'because' WHERE chain = :c AND seq = 4321")

    # A deletion in the middle.
    does("DELETE FROM audit_entries WHERE chain = :c AND seq IN (5000, 5001)")
    assert await found() == (5000, "entries 5000 to 5001 are missing")
    puts_back(5000, 5001)

    # Two in each other's place.
    swap = "UPDATE audit_entries SET seq = :to WHERE chain = :c AND seq = :of"
    for of, to in ((6000, -1), (6007, 6000), (-1, 6007)):
        does(swap, of=of, to=to)
    seq, why = await found()
    assert (seq, "reordered" in why) == (6000, True)
    for of, to in ((6000, -1), (6007, 6000), (-1, 6007)):
        does(swap, of=of, to=to)

    # The beginning cut off, without a seal.
    does("DELETE FROM audit_entries WHERE chain = :c AND seq <= 500")
    seq, why = await found()
    assert (seq, "entries 1 to 500 are missing, and no sealed cut" in why) == (1, True)
    puts_back(*range(1, 501))

    # The end cut off together with its head.
    does("DELETE FROM audit_entries WHERE chain = :c AND seq > 99500")
    last = made[99_499]
    does("UPDATE audit_heads SET seq = :n, hash = :h WHERE chain = :c", n=last[2], h=last[-2])
    seq, why = await found()
    assert (seq, "the chain's end is missing" in why) == (99_501, True)
    assert "names 100000 entries" in why

    # All from the 30,501st written anew: every hash and the head fit.
    does("DELETE FROM audit_entries WHERE chain = :c AND seq > 30500")
    insert(house.url, rows(600, first=30_501, previous=made[30_499][-2], reason="forged"))
    seq, why = await found()
    assert (seq, "between 30001 and 31000" in why) == (31_000, True)

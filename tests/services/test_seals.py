"""Checkpoints and cuts: what they prove, and what they find."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import text

from inspector_app.adapters.cipher import FernetCipher
from inspector_app.adapters.signatures import Ed25519Signatures
from inspector_app.domain.audit import Altered, Target
from inspector_app.domain.chains import Checker
from inspector_app.domain.errors import Denied, Invalid
from inspector_app.domain.permissions import Permission
from inspector_app.domain.seals import SealKind, SignedSeal, known, read_seal, signed_text
from inspector_app.services.seals import PIECE
from tests.fixtures.chains import CHAIN, insert, rows
from tests.fixtures.database import KEYS
from tests.fixtures.seals import desk_of, does, seals

MONTH = timedelta(days=30)


async def act(house, actor, number=1):
    target = Target("run", f"research/{number}", "default", "r")
    async with house.door.reach(actor, Permission.RUN_SIGNAL, target, reason="why"):
        pass


async def cut(house, desk):
    """Let a retention of a month pass over everything there is, and the cut happen."""
    await seals(house, desk)
    house.time.pass_by(days=31)
    return await seals(house, desk)


def rewrite(house, made):
    """Put other rows where a chain was, its head included."""
    house.behind().does("DELETE FROM audit_entries WHERE chain = :c", c=str(CHAIN))
    insert(house.url, made)


async def broken(house, told=()):
    return (await house.audit.verify(house.operator, CHAIN, told)).first_break


async def test_a_checkpoint_names_where_each_chain_stands(house):
    _, ana = await house.signs_in("ana")
    await act(house, ana)
    await seals(house)
    found = await house.audit.verify_all(house.operator)
    assert {None, ana.tenant} <= set(found)
    for verdict in found.values():
        assert verdict.first_break is None
        assert (verdict.checkpoints, verdict.sealed) == (1, verdict.entries)
    await act(house, ana)
    later = await house.audit.verify(house.operator, ana.tenant)
    assert (later.entries, later.sealed) == (
        found[ana.tenant].entries + 2,
        found[ana.tenant].entries,
    )


async def test_nothing_new_is_not_sealed_again(house):
    await seals(house)
    assert await does(house, "seal-audit", house.seals.tend) == 0


async def test_a_long_chain_gets_a_checkpoint_every_thousand_entries(house):
    insert(house.url, rows(2 * PIECE + 5))
    await seals(house)
    lines = await house.seals.lines(house.operator, CHAIN)
    assert [read_seal(line).seal.seq for line in lines] == [PIECE, 2 * PIECE, 2 * PIECE + 5]


async def test_an_end_cut_off_with_its_head_is_found_by_the_checkpoint(house):
    insert(house.url, made := rows(40))
    await seals(house)
    rewrite(house, made[:30])
    found = await broken(house)
    assert (found.seq, "names 40 entries" in found.reason) == (31, True)


async def test_a_chain_written_anew_is_found_by_the_checkpoint(house):
    insert(house.url, made := rows(40))
    await seals(house)
    again = rows(10, first=31, previous=made[29][-2], reason="another")
    rewrite(house, made[:30] + again)
    found = await broken(house)
    assert (found.seq, "written anew" in found.reason) == (40, True)


async def test_a_whole_chain_that_is_gone_is_missed(house):
    insert(house.url, rows(5))
    await seals(house)
    for table in ("audit_entries", "audit_heads"):
        house.behind().does(f"DELETE FROM {table} WHERE chain = :c", c=str(CHAIN))
    found = (await house.audit.verify_all(house.operator))[CHAIN].first_break
    assert (found.seq, "end is missing" in found.reason) == (1, True)


async def test_what_was_kept_elsewhere_convicts_who_removed_the_checkpoints_too(house):
    insert(house.url, made := rows(40))
    await seals(house)
    kept = await house.seals.lines(house.operator, CHAIN)
    house.behind().does("DELETE FROM audit_seals")
    rewrite(house, rows(40, reason="all of it anew"))
    assert await broken(house) is None
    assert "written anew" in (await broken(house, kept)).reason
    rewrite(house, made)
    assert await broken(house, kept) is None


async def test_checkpoints_of_somebody_elses_key_prove_nothing(house):
    insert(house.url, rows(10))
    await seals(house)
    (line,) = await house.seals.lines(house.operator, CHAIN)
    forger = Ed25519Signatures()
    private = forger.new_key()
    content = read_seal(line).seal
    forged = replace(content, key=forger.public_of(private).id, hash="f" * 64)
    slipped_in = SignedSeal(forged, forger.sign(private, signed_text(forged))).line
    house.behind().does(
        "UPDATE audit_seals SET line = :l WHERE chain = :c", l=slipped_in, c=str(CHAIN)
    )
    found = await broken(house)
    assert (found.seq, "not known" in found.reason) == (10, True)
    own_name = SignedSeal(
        replace(forged, key=content.key), forger.sign(private, signed_text(forged))
    ).line
    house.behind().does(
        "UPDATE audit_seals SET line = :l WHERE chain = :c", l=own_name, c=str(CHAIN)
    )
    assert "signature" in (await broken(house)).reason
    with pytest.raises(Altered):
        await seals(house)


async def test_a_key_slipped_into_the_table_is_not_believed(house):
    insert(house.url, rows(10))
    await seals(house)
    forger = Ed25519Signatures()
    public = forger.public_of(forger.new_key())
    house.behind().does(
        "UPDATE audit_keys SET id = :i, sealed = :s", i=public.id, s=public.pem.encode()
    )
    assert await house.seals.keys(house.operator) == []
    assert "not known" in (await broken(house)).reason


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entries SET reason = 'x' WHERE chain = :c AND seq = 15",
        "DELETE FROM audit_entries WHERE chain = :c AND seq = 15",
        "UPDATE audit_heads SET seq = 12 WHERE chain = :c",
    ],
)
async def test_what_does_not_fit_is_not_signed_and_the_job_says_so(house, tampering):
    insert(house.url, made := rows(20))
    rewrite(house, made[:10])
    await seals(house)
    rewrite(house, made)
    if "heads" in tampering:
        rewrite(house, made[:10])
    house.behind().does(tampering, c=str(CHAIN))
    with pytest.raises(Altered):
        await seals(house)
    assert len(await house.seals.lines(house.operator, CHAIN)) == 1
    _, noor = await house.signs_in("noor")
    job = next(each for each in await house.jobs.all(noor) if each.job.name == "seal-audit")
    assert job.course.failure == "The audit log was altered"


async def test_one_tenants_broken_chain_keeps_no_other_from_being_sealed(house):
    _, ana = await house.signs_in("ana")
    insert(house.url, rows(3))
    house.behind().does("UPDATE audit_entries SET reason='x' WHERE chain = :c", c=str(CHAIN))
    with pytest.raises(Altered):
        await seals(house)
    assert len(await house.seals.lines(house.operator, ana.tenant)) == 1


async def test_a_new_key_signs_from_then_on_and_the_old_one_still_proves(house):
    insert(house.url, made := rows(10))
    rewrite(house, made[:5])
    await seals(house)
    new = await house.seals.rotate(house.operator)
    rewrite(house, made)
    await seals(house)
    lines = await house.seals.lines(house.operator, CHAIN)
    signed_by = [read_seal(line).seal.key for line in lines]
    assert signed_by[1] == new.id != signed_by[0]
    assert [key.id for key in await house.seals.keys(house.operator)] == signed_by[::-1]
    verdict = await house.audit.verify(house.operator, CHAIN)
    assert (verdict.first_break, verdict.checkpoints) == (None, 2)
    kept = house.behind()
    with kept.engine.begin() as connection:
        old = connection.execute(text("SELECT sealed FROM audit_keys WHERE retired")).scalar_one()
    assert "PRIVATE" not in FernetCipher(KEYS).unseal(bytes(old))


async def test_a_secret_that_is_lost_costs_a_new_key_and_is_told(house):
    insert(house.url, made := rows(10))
    rewrite(house, made[:5])
    await seals(house)
    other = desk_of(house, keys=("n" * 40,))
    rewrite(house, made)
    with pytest.raises(Altered, match="not signed"):
        await seals(house, other)


async def test_retention_removes_the_old_under_a_cut_and_the_chain_stays_whole(house):
    insert(house.url, rows(1200))
    desk = desk_of(house, retention=MONTH)
    await cut(house, desk)
    verdict = await house.audit.verify(house.operator, CHAIN)
    assert verdict.first_break is None
    assert (verdict.cut.seq, verdict.cut.first, verdict.cut.kind) == (1200, 1, SealKind.CUT)
    left = await house.entries(CHAIN)
    assert [(each.seq, each.record.action) for each in left] == [(1201, "audit.cut")]
    assert left[0].record.detail == "entries 1 to 1200 removed, older than 30 days"
    await seals(house, desk)
    assert (await house.audit.verify(house.operator, CHAIN)).sealed == 1201


async def test_what_is_younger_than_the_retention_stays(house):
    _, ana = await house.signs_in("ana")
    desk = desk_of(house, retention=MONTH)
    await act(house, ana)
    await seals(house, desk)
    house.time.pass_by(days=20)
    await act(house, ana, 2)
    await seals(house, desk)
    house.time.pass_by(days=15)
    before = await house.entries(ana.tenant)
    await seals(house, desk)
    left = await house.entries(ana.tenant)
    gone = {each.seq for each in before} - {each.seq for each in left}
    assert gone == set(range(1, min(each.seq for each in left)))
    assert {each.record.target.id for each in left} >= {"research/2"}
    assert "research/1" not in {each.record.target.id for each in left}
    assert (await house.audit.verify(house.operator, ana.tenant)).first_break is None


async def test_without_a_retention_nothing_is_removed(house):
    insert(house.url, rows(10))
    await seals(house)
    house.time.pass_by(days=4000)
    await seals(house)
    assert len(await house.entries(CHAIN)) == 10


async def test_a_beginning_that_is_gone_without_a_cut_is_found(house):
    insert(house.url, rows(50))
    await seals(house)
    house.behind().does("DELETE FROM audit_entries WHERE chain = :c AND seq <= 20", c=str(CHAIN))
    found = await broken(house)
    assert found.seq == 1
    assert "entries 1 to 20 are missing, and no sealed cut" in found.reason


async def test_more_gone_than_the_cut_says_is_found(house):
    insert(house.url, rows(50))
    desk = desk_of(house, retention=MONTH)
    await cut(house, desk)
    insert(
        house.url,
        rows(20, first=52, previous=(await house.entries(CHAIN))[-1].hash),
    )
    assert await broken(house) is None
    house.behind().does("DELETE FROM audit_entries WHERE chain = :c AND seq <= 55", c=str(CHAIN))
    found = await broken(house)
    assert (found.seq, "51 to 55 are missing" in found.reason) == (51, True)


async def test_an_altered_entry_is_kept_as_evidence_however_old(house):
    insert(house.url, rows(50))
    desk = desk_of(house, retention=MONTH)
    await seals(house, desk)
    house.behind().does(
        "UPDATE audit_entries SET reason = 'x' WHERE chain = :c AND seq = 7", c=str(CHAIN)
    )
    house.time.pass_by(days=31)
    with pytest.raises(Altered, match="Entry 7"):
        await seals(house, desk)
    assert len(await house.entries(CHAIN)) == 50


async def test_what_no_stream_has_taken_yet_is_not_removed(house):
    insert(house.url, rows(50))
    desk = desk_of(house, retention=MONTH, streams=("siem",))
    await cut(house, desk)
    assert len(await house.entries(CHAIN)) == 50
    async with house.database.begin(write=True) as work:
        await work.sinks.move("siem", str(CHAIN), 50)
    await seals(house, desk)
    assert [each.seq for each in await house.entries(CHAIN)] == [51]


async def test_a_chain_is_cut_once_a_day_at_most(house):
    _, ana = await house.signs_in("ana")
    desk = desk_of(house, retention=timedelta(days=1))
    for _ in range(4):
        await act(house, ana)
        await seals(house, desk)
        house.time.pass_by(hours=12)
    cuts = [each for each in await house.entries(ana.tenant) if each.record.action == "audit.cut"]
    assert len(cuts) <= 2


async def test_what_a_cut_sealed_is_whole_while_it_is_removed_and_so_is_the_rest(house):
    insert(house.url, rows(1200))
    desk = desk_of(house, retention=MONTH)
    await seals(house, desk)
    house.time.pass_by(days=31)

    async def only_the_cut(held):
        await desk.seal(held)
        await desk._seal_cut(held, CHAIN, MONTH)
        return 0

    await does(house, "seal-audit", only_the_cut)
    for left in (700, 1):
        house.behind().does(
            "DELETE FROM audit_entries WHERE chain = :c AND seq <= :n",
            c=str(CHAIN),
            n=1200 - left,
        )
        assert await broken(house) is None
    house.behind().does(
        "UPDATE audit_entries SET reason='x' WHERE chain = :c AND seq = 1200", c=str(CHAIN)
    )
    assert (await broken(house)).seq == 1200


async def test_a_cut_is_not_believed_of_anybody_else(house):
    insert(house.url, rows(50))
    await seals(house)
    (line,) = await house.seals.lines(house.operator, CHAIN)
    house.behind().does(
        "UPDATE audit_seals SET kind = 'cut', line = :l WHERE chain = :c",
        l=line.replace('"checkpoint"', '"cut"'),
        c=str(CHAIN),
    )
    house.behind().does("DELETE FROM audit_entries WHERE chain = :c AND seq <= 50", c=str(CHAIN))
    assert (await broken(house)).seq in {1, 50}
    with pytest.raises(Altered):
        await seals(house)


async def test_a_seal_is_one_line_that_anybody_can_check(house):
    await seals(house)
    (line,) = await house.seals.lines(house.operator, None)
    (key,) = await house.seals.keys(house.operator)
    content = json.loads(line)
    signed, _, _ = line.rpartition(',"signature":"')
    load_pem_public_key(key.pem.encode()).verify(
        bytes.fromhex(content["signature"]), (signed + "}").encode()
    )
    assert content["kind"] == "checkpoint"


@pytest.mark.parametrize(
    "line",
    ["", "x", "{}", "[]", "null", '{"v":1,"signature":"00"}', '{"v":2,"signature":"zz"}'],
)
def test_a_line_that_is_no_seal_is_refused_and_told(line):
    with pytest.raises(Invalid):
        read_seal(line)
    found = known([line], {}, Ed25519Signatures().fits)
    assert len(found.faults) == (1 if line else 0)


async def test_seals_are_for_admins_of_their_own_tenant(house):
    _, ana = await house.signs_in("ana")
    with pytest.raises(Denied):
        await house.seals.lines(ana, ana.tenant)
    _, eve = await house.signs_in("eve")
    with pytest.raises(Denied):
        await house.seals.lines(eve, ana.tenant)
    with pytest.raises(Denied):
        await house.seals.rotate(eve)


def test_an_empty_chain_without_seals_is_whole():
    assert Checker((0, "0" * 64)).verdict().first_break is None

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector_app.domain.audit import GENESIS, Target
from inspector_app.domain.chains import Checker
from inspector_app.domain.errors import Denied
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import RunRef
from inspector_app.services.ports import EntryFilter

RUN = Target("run", "research/1", "default", "r-1")


async def act(house, actor, number):
    target = Target("run", f"research/{number}", "default", f"r-{number}")
    async with house.door.reach(actor, Permission.RUN_SIGNAL, target, reason=f"why {number}"):
        pass


async def test_the_chain_of_what_happened_is_whole(house):
    _, ana = await house.signs_in("ana")
    for number in range(5):
        await act(house, ana, number)
    verdicts = await house.audit.verify_all(house.operator)
    assert all(verdict.first_break is None for verdict in verdicts.values())
    assert verdicts[ana.tenant].entries >= 10


async def test_many_at_once_leave_one_chain_without_gap(house):
    _, ana = await house.signs_in("ana")
    await asyncio.gather(*(act(house, ana, number) for number in range(20)))
    entries = await house.entries(ana.tenant)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert (await house.audit.verify(house.operator, ana.tenant)).first_break is None


@pytest.mark.parametrize(
    ("tampering", "place"),
    [
        ("UPDATE audit_entries SET reason = 'other' WHERE seq = 5 AND chain = :c", 5),
        ("UPDATE audit_entries SET outcome = 'done' WHERE seq = 4 AND chain = :c", 4),
        ("DELETE FROM audit_entries WHERE seq = 6 AND chain = :c", 6),
        ("DELETE FROM audit_entries WHERE seq >= 8 AND chain = :c", 8),
        ("UPDATE audit_entries SET hash = previous WHERE seq = 3 AND chain = :c", 3),
        ("DELETE FROM audit_heads WHERE chain = :c", None),
    ],
)
async def test_tampering_is_found_at_its_place(house, tampering, place):
    _, ana = await house.signs_in("ana")
    for number in range(5):
        await act(house, ana, number)
    other, chain = house.behind(), str(ana.tenant)
    if "outcome" in tampering:  # an intent turned into something done
        other.does("UPDATE audit_entries SET outcome='failed' WHERE seq=4 AND chain=:c", c=chain)
    else:
        other.does(tampering, c=chain)
    broken = (await house.audit.verify(house.operator, ana.tenant)).first_break
    assert broken is not None
    if place is not None:
        assert broken.seq == place


@settings(deadline=None)
@given(data=st.data())
async def test_any_single_change_of_a_chain_is_found(house_entries, data):
    entries = list(house_entries)
    head = entries[-1]
    at = data.draw(st.integers(0, len(entries) - 1))
    kind = data.draw(st.sampled_from(["delete", "swap", "edit", "truncate"]))
    if kind == "delete":
        del entries[at]
    elif kind == "swap":
        other = data.draw(st.integers(0, len(entries) - 1).filter(lambda n: n != at))
        entries[at], entries[other] = entries[other], entries[at]
    elif kind == "truncate":
        del entries[at:]
    else:
        from dataclasses import replace

        name = data.draw(st.sampled_from(["reason", "actor_name", "address", "detail"]))
        value = getattr(entries[at].record, name) + data.draw(
            st.text("aé 😀\n", min_size=1, max_size=5)
        )
        entries[at] = replace(entries[at], record=replace(entries[at].record, **{name: value}))
    checker = Checker((head.seq, head.hash))
    for entry in entries:
        if not checker.accept(entry):
            break
    broken = checker.verdict().first_break
    assert broken is not None
    assert broken.seq <= head.seq


@pytest.fixture(scope="module")
def house_entries():
    """A chain of thirty entries, made without a database."""
    from datetime import UTC, datetime, timedelta
    from uuid import UUID

    from inspector_app.domain.audit import Entry, Outcome, Record, chained_hash
    from inspector_app.domain.ids import EntryId, TenantId

    tenant, previous, found = TenantId(UUID(int=7)), GENESIS, []
    for seq in range(1, 31):
        record = Record(
            at=datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=seq),
            actor_kind="person",
            actor_id="",
            actor_name="ana",
            role="developer",
            provider="local",
            session="",
            address="10.0.0.1",
            permission=Permission.RUN_PAUSE,
            action="run:pause",
            target=RUN,
            reason=f"why {seq}",
            outcome=Outcome.DONE,
            detail="",
            request_id=str(seq),
        )
        entry = Entry(
            EntryId(UUID(int=seq)),
            tenant,
            seq,
            record,
            previous,
            chained_hash(tenant, seq, record, previous),
        )
        found.append(entry)
        previous = entry.hash
    return found


async def test_an_admin_reads_filters_and_pages_their_tenants_log(house):
    _, ana = await house.signs_in("ana")
    for number in range(3):
        await act(house, ana, number)
    _, noor = await house.signs_in("noor")
    page = await house.audit.entries(noor, EntryFilter(text="RESEARCH/1"), limit=10)
    assert {entry.record.target.id for entry in page.entries} == {"research/1"}
    first = await house.audit.entries(noor, EntryFilter(actor="ana"), limit=2)
    rest = await house.audit.entries(
        noor, EntryFilter(actor="ana", before_seq=first.next_before_seq), limit=50
    )
    seqs = [entry.seq for entry in (*first.entries, *rest.entries)]
    assert seqs == sorted(seqs, reverse=True)
    assert len(seqs) == first.total
    denied = await house.audit.entries(noor, EntryFilter(outcome="denied"), limit=10)
    assert denied.entries == ()


async def test_reading_the_log_is_recorded_itself(house):
    _, noor = await house.signs_in("noor")
    await house.audit.entries(noor, EntryFilter(), limit=10)
    assert (await house.entries(noor.tenant))[-1].record.action == "audit.read"


async def test_the_log_is_for_admins_of_its_own_tenant(house):
    _, ana = await house.signs_in("ana")
    with pytest.raises(Denied):
        await house.audit.entries(ana, EntryFilter(), limit=10)
    _, eve = await house.signs_in("eve")
    with pytest.raises(Denied):
        await house.audit.verify(eve, ana.tenant)
    theirs = await house.audit.entries(eve, EntryFilter(), limit=50)
    assert {entry.chain for entry in theirs.entries} == {eve.tenant}


async def test_everybody_in_the_tenant_sees_who_touched_a_run(house):
    _, ana = await house.signs_in("ana")
    await act(house, ana, 1)
    _, ivo = await house.signs_in("ivo")
    ref = RunRef("default", WorkflowId("research/1"), RunId("r-1"))
    found = await house.audit.of_run(ivo, ref, limit=10)
    assert [entry.record.outcome.value for entry in found] == ["done", "intent"]


async def test_an_export_gives_the_whole_chain_and_is_recorded(house):
    _, ana = await house.signs_in("ana")
    await act(house, ana, 1)
    exported = [
        entry async for entry in await house.audit.export_chain(house.operator, ana.tenant)
    ]
    assert [entry.seq for entry in exported] == list(range(1, len(exported) + 1))
    assert (await house.entries(None))[-1].record.action == "audit.export"

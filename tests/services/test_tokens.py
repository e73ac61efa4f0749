"""Tokens: what they may, and how soon that ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inspector_app.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    TooMany,
    WrongToken,
)
from inspector_app.domain.ids import TokenId, new_id
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.tokens import (
    MOST_LIVE,
    TokenKind,
    TokenOrder,
    new_secret,
    parse_token,
    written,
)
from inspector_app.jobs import tidy_tokens
from tests.fixtures.tokens import comes, personal, service


async def test_a_personal_token_acts_as_the_person_in_its_tenant(house):
    token, text = await personal(house)
    actor = await comes(house, text)
    assert (actor.kind, actor.name, actor.role) == ("token", "ana", Role.DEVELOPER)
    assert (actor.tenant_slug, actor.token) == ("demo", token.id)
    assert actor.may(Permission.RUN_PAUSE)
    assert not actor.may(Permission.SESSION_OWN)


async def test_a_token_has_at_most_the_role_and_scopes_it_was_made_with(house):
    _, text = await personal(house, "noor", Role.OBSERVER)
    assert not (await comes(house, text)).may(Permission.RUN_PAUSE)
    _, text = await personal(house, "noor", Role.ADMIN, scopes={Permission.AUDIT_READ})
    actor = await comes(house, text)
    assert actor.may(Permission.AUDIT_READ)
    assert not actor.may(Permission.RUN_READ)


async def test_nobody_makes_a_token_above_their_own_role(house):
    with pytest.raises(Invalid, match="Your own role is developer"):
        await personal(house, "ana", Role.ADMIN)
    with pytest.raises(Denied):
        await personal(house, "ivo", Role.OBSERVER)
    _, ana = await house.signs_in("ana")
    with pytest.raises(Denied):
        await house.tokens.create(ana, TokenKind.SERVICE, TokenOrder("x", Role.OBSERVER))


async def test_a_token_makes_no_tokens_and_ends_none(house):
    token, text = await personal(house, "noor", Role.ADMIN)
    actor = await comes(house, text)
    for kind in TokenKind:
        with pytest.raises(Denied, match="This token"):
            await house.tokens.create(actor, kind, TokenOrder("more", Role.OBSERVER))
    for refused in (
        house.tokens.revoke(actor, token.id),
        house.tokens.of_tenant(actor, before=None, limit=9),
    ):
        with pytest.raises(Denied):
            await refused


async def test_what_is_kept_does_not_hold_the_secret(house):
    token, text = await personal(house)
    _, secret = parse_token(text)
    async with house.database.begin(write=False) as work:
        kept = await work.tokens.find(token.id)
    assert secret not in repr(kept)
    assert secret not in repr(await house.entries(token.tenant))


async def role_of_ana(house, role):
    _, ana = await house.signs_in("ana")
    async with house.database.begin(write=True) as work:
        await work.tenants.set_role(ana.person, ana.tenant, role)


async def test_a_lowered_role_counts_at_the_next_request(house):
    _, text = await personal(house)
    await role_of_ana(house, Role.OBSERVER)
    actor = await comes(house, text)
    assert (actor.role, actor.may(Permission.RUN_PAUSE)) == (Role.OBSERVER, False)
    await role_of_ana(house, Role.ADMIN)
    assert (await comes(house, text)).role is Role.DEVELOPER


def out_of_the_tenant(house, _token):
    who = "(SELECT id FROM people WHERE username = 'ana')"
    house.behind().does(f"DELETE FROM memberships WHERE person = {who}")


async def disabled(house, _token):
    await house.accounts.disable(house.operator, "ana")


async def revoked(house, token):
    _, noor = await house.signs_in("noor")
    await house.tokens.revoke(noor, token.id)


async def expired(house, _token):
    house.time.pass_by(days=30)


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (out_of_the_tenant, "no longer belongs"),
        (disabled, "disabled"),
        (revoked, "revoked"),
        (expired, "expired"),
    ],
)
async def test_what_ends_a_token_counts_at_the_next_request_and_its_tenant_reads_why(
    house, happens, why
):
    token, text = await personal(house)
    assert await comes(house, text)
    if (pending := happens(house, token)) is not None:
        await pending
    with pytest.raises(WrongToken):
        await comes(house, text)
    last = (await house.entries(token.tenant))[-1].record
    assert (last.action, last.outcome, last.actor_name) == ("token.use", "failed", "ana")
    assert why in last.detail
    assert last.session == str(token.id)


async def test_a_one_time_password_holds_tokens_too(house):
    _, text = await personal(house)
    changing = "UPDATE people SET must_change_password = :yes WHERE username = 'ana'"
    house.behind().does(changing, yes=True)
    actor = await comes(house, text)
    assert not actor.may(Permission.RUN_READ)
    assert not actor.may(Permission.TOKEN_EXCHANGE)


async def test_a_service_token_belongs_to_the_tenant_and_outlives_who_made_it(house):
    _, noor = await house.signs_in("noor")
    order = TokenOrder("deploy bot", Role.DEVELOPER)
    token, text = await house.tokens.create(noor, TokenKind.SERVICE, order)
    await house.accounts.disable(house.operator, "noor")
    actor = await comes(house, text)
    assert (actor.name, actor.person, actor.token) == ("deploy bot", None, token.id)
    assert actor.may(Permission.RUN_SIGNAL)
    assert actor.may(Permission.OPERATION_START)


async def test_the_header_cannot_move_a_token_to_another_tenant(house):
    await house.accounts.create_person(
        house.operator, "ana", tenant_slug="other", role=Role.ADMIN, password=None
    )
    _, ana = await house.signs_in("ana", tenant="demo")
    _, text = await house.tokens.create(ana, TokenKind.PERSONAL, TokenOrder("ci", Role.DEVELOPER))
    assert (await comes(house, text, tenant="demo")).role is Role.DEVELOPER
    for tenant in ("other", "nowhere"):
        actor = await comes(house, text, tenant=tenant)
        assert (actor.tenant, actor.role) == (None, None)
        with pytest.raises(Denied, match="no such tenant here"):
            await house.tenancy.namespaces(actor)
    (mine,) = await house.tenancy.memberships(await comes(house, text))
    assert mine.tenant.slug == "demo"


def somebodys():
    return TokenId(new_id(datetime.now(UTC)))


def guess():
    return written(TokenKind.PERSONAL, somebodys(), new_secret())


async def test_wrong_tokens_are_audited_and_a_flood_of_them_has_to_wait(house):
    token, text = await personal(house)
    right_id = written(TokenKind.PERSONAL, token.id, new_secret())
    for _ in range(5):
        for wrong in (guess(), right_id):
            with pytest.raises(WrongToken):
                await comes(house, wrong, address="10.6.6.6")
    for _ in range(20):
        with pytest.raises(TooMany) as wait:
            await comes(house, guess(), address="10.6.6.6")
    assert wait.value.retry_after > 0
    written_down = [
        each.record for each in await house.entries(None) if each.record.action == "token.use"
    ]
    assert [each.outcome for each in written_down] == ["failed"] * 10 + ["denied"]
    # Neighbours behind the same address go on: no good token waits, no password neither.
    assert (await comes(house, text, address="10.6.6.6")).name == "ana"
    assert await house.signs_in("ivo", address="10.6.6.6")


async def test_the_last_use_is_kept_to_the_minute(house):
    _, text = await personal(house)
    _, ana = await house.signs_in("ana")

    async def last_used():
        (token,), _ = await house.tokens.mine(ana, before=None, limit=5)
        return token.last_used_at

    assert await last_used() is None
    await comes(house, text)
    first = await last_used()
    house.time.pass_by(seconds=30)
    await comes(house, text)
    assert await last_used() == first == house.time.now.replace(second=0)
    house.time.pass_by(seconds=30)
    await comes(house, text)
    assert await last_used() > first


async def test_people_see_their_own_tokens_and_admins_all_of_the_tenant(house):
    mine, _ = await personal(house, "ana", name="mine")
    robot, _ = await service(house)
    theirs, _ = await service(house, tenant="other", name="theirs")
    _, ana = await house.signs_in("ana")
    _, noor = await house.signs_in("noor")
    found, _ = await house.tokens.mine(ana, before=None, limit=9)
    assert [each.id for each in found] == [mine.id]
    first, more = await house.tokens.of_tenant(noor, before=None, limit=1)
    rest, end = await house.tokens.of_tenant(noor, before=more, limit=1)
    assert {each.id for each in (*first, *rest)} == {mine.id, robot.id}
    assert end is None
    with pytest.raises(Denied):
        await house.tokens.of_tenant(ana, before=None, limit=9)
    with pytest.raises(NotFound):
        await house.tokens.revoke(noor, theirs.id)
    for other in (robot.id, theirs.id, somebodys()):
        with pytest.raises(Denied):
            await house.tokens.revoke(ana, other)
    await role_of_ana(house, Role.OBSERVER)
    _, ana = await house.signs_in("ana")
    await house.tokens.revoke(ana, mine.id)
    assert await house.tokens.mine(ana, before=None, limit=9) == ((), None)


async def test_there_is_an_end_to_how_many_one_may_have(house):
    _, ana = await house.signs_in("ana")
    for _ in range(MOST_LIVE):
        await house.tokens.create(ana, TokenKind.PERSONAL, TokenOrder("x", Role.OBSERVER))
    with pytest.raises(Conflict, match="live tokens"):
        await house.tokens.create(ana, TokenKind.PERSONAL, TokenOrder("x", Role.OBSERVER))


async def test_the_audit_log_says_which_token_acted_for_whom(house):
    token, text = await personal(house, name="nightly")
    actor = await comes(house, text)
    with pytest.raises(Denied):
        await house.audit.verify(actor, actor.tenant)
    last = (await house.entries(token.tenant))[-1].record
    assert (last.actor_kind, last.actor_name, last.session) == ("token", "ana", str(token.id))
    assert last.provider == "personal token nightly"
    assert last.actor_id == str(actor.person)


async def test_what_ended_long_ago_is_removed_and_what_is_good_stays(house):
    gone, old = await personal(house, days=1)
    ended, _ = await service(house, days=200)
    good, text = await service(house, days=200)
    _, noor = await house.signs_in("noor")
    await house.tokens.revoke(noor, ended.id)
    house.time.pass_by(days=90)

    async def left():
        await house.jobs.enlist()
        await house.jobs.run_if_due(tidy_tokens.JOB.name, tidy_tokens.tick)
        async with house.database.begin(write=False) as work:
            return [bool(await work.tokens.get(noor.tenant, each.id)) for each in (gone, ended)]

    assert await left() == [True, True]
    house.time.pass_by(days=2)
    assert await left() == [False, False]
    assert (await comes(house, text)).token == good.id
    with pytest.raises(WrongToken):
        await comes(house, old)


async def test_an_answer_kept_for_one_token_is_not_given_to_another(house):
    times = []

    async def act():
        times.append(1)
        return f'"{len(times)}"'

    first, second = [await comes(house, (await personal(house))[1]) for _ in range(2)]
    robot = await comes(house, (await service(house))[1])
    answers = [
        await house.repeats.once(actor, "key", b"same", act)
        for actor in (first, first, second, robot, robot)
    ]
    assert answers == ['"1"', '"1"', '"2"', '"3"', '"3"']

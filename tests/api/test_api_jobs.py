from __future__ import annotations

import pytest

from inspector_app.jobs.ticks import JOBS, TICKS

PATH = "/api/v1/admin/jobs"
RUN = f"{PATH}/tidy-sessions/run"


@pytest.fixture
async def jobs(front):
    await front.house.jobs.enlist()
    return front


async def test_an_admin_lists_the_jobs(jobs):
    await jobs.house.jobs.run_if_due("tidy-sessions", TICKS["tidy-sessions"])
    noor = await jobs.signed_in("noor")
    body = (await noor.gets(PATH)).json()
    assert body["next_page_token"] is None
    assert [each["name"] for each in body["items"]] == [job.name for job in JOBS]
    job = next(each for each in body["items"] if each["name"] == "tidy-sessions")
    assert job["state"] == "done"
    assert job["every"] == 3600
    assert job["started_at"].endswith("Z")
    assert job["due_at"] > job["started_at"]
    assert (job["missed"], job["lag"], job["holder"], job["epoch"]) == (0, 0, "here", 1)


async def test_an_admin_asks_for_a_run_once_a_key(jobs):
    house = jobs.house
    await house.jobs.run_if_due("tidy-sessions", TICKS["tidy-sessions"])
    noor = await jobs.signed_in("noor")
    key = {"Idempotency-Key": "k-1"}
    said = await noor.acts(RUN, {"reason": "after the incident"}, headers=key)
    assert said.status_code == 200
    assert said.json()["due_at"] == said.json()["started_at"]  # the clock stands still
    assert (await noor.acts(RUN, {"reason": "after the incident"}, headers=key)).json() == (
        said.json()
    )
    (entry,) = await jobs.entries(action="job.run")
    assert (entry.reason, entry.target.id) == ("after the incident", "tidy-sessions")


async def test_what_is_asked_for_is_there_and_has_a_reason(jobs):
    noor = await jobs.signed_in("noor")
    gone = await noor.acts(f"{PATH}/sweep/run", {"reason": "x"})
    assert (gone.status_code, gone.headers["content-type"]) == (404, "application/problem+json")
    assert (await noor.acts(RUN, {"reason": " "})).json()["field"] == "reason"
    assert (await noor.acts(RUN, {})).status_code == 422


@pytest.mark.parametrize("who", ["ivo", "ana"])
async def test_jobs_are_for_admins(jobs, who):
    visitor = await jobs.signed_in(who)
    assert (await visitor.gets(PATH)).status_code == 403
    said = await visitor.acts(RUN, {"reason": "x"})
    assert (said.status_code, said.json()["needs"]) == (403, "admin")
    assert (await jobs.visitor().gets(PATH)).status_code == 401


async def test_what_one_tenant_asked_for_shows_no_other_who_and_why(jobs):
    noor = await jobs.signed_in("noor")
    await noor.acts(RUN, {"reason": "our own secret reason"})
    eve = await jobs.signed_in("eve")
    said = (await eve.gets(PATH)).text
    assert "noor" not in said
    assert "secret reason" not in said

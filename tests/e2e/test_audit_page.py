"""The audit log's page: narrowed, exported, checked."""

from __future__ import annotations

import csv
import json

from playwright.sync_api import expect


def test_an_admin_narrows_the_log_and_exports_what_is_left(visitor, app):
    noor = visitor()
    page = noor.signs_in("noor", at="/t/demo/audit")
    expect(page.locator("[data-row]").first).to_be_visible()
    page.get_by_text("Actor, action, target, time").click()
    page.get_by_label("Action begins with").fill("audit.")
    page.get_by_label("Actor, or for whom").fill("noor")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**/audit?**action=audit.**")
    expect(page.locator("[data-row]").first).to_contain_text("audit.read")
    # What narrows stays in sight, and in the fields.
    expect(page.get_by_label("Action begins with")).to_have_value("audit.")
    found = {}
    for word in ("JSON lines", "CSV"):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as begun:
            page.get_by_role("link", name=word).click()
        found[word] = begun.value
        page.keyboard.press("Escape")
    lines = found["JSON lines"].path().read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert {each["actor_name"] for each in records} == {"noor"}
    assert {each["action"] for each in records} <= {"audit.read", "audit.export"}
    with found["CSV"].path().open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["hash"] for row in rows][: len(lines)] == [each["hash"] for each in records]
    assert found["CSV"].suggested_filename.startswith("audit-demo-")
    noor.leaves()


def test_checking_tells_of_checkpoints(visitor, app):
    noor = visitor()
    page = noor.signs_in("noor", at="/t/demo/audit")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The chain is whole.")).to_be_visible()
    expect(page.get_by_text("checkpoint")).to_be_visible()
    noor.leaves()


def test_it_fits_a_telephone(visitor):
    noor = visitor(viewport={"width": 390, "height": 844})
    page = noor.signs_in("noor", at="/t/demo/audit?action=audit.")
    expect(page.get_by_label("Action begins with")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    noor.leaves()

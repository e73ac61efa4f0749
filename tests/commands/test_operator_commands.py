"""What the operator does on the command line, from an empty folder on."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.domain.errors import WrongCredentials
from inspector_app.services import feeds
from tests.fixtures.database import PASSWORD, Behind, House, Time
from tests.fixtures.seals import desk_of, seals


@pytest.fixture
def url(tmp_path, new_database):
    """Where the command keeps its data."""
    file = f"sqlite+aiosqlite:///{tmp_path / '.inspector' / 'inspector.db'}"
    return new_database.get("INSPECTOR_DATABASE_URL", file)


def signs_in(url, username, password):
    async def sign_in():
        database = SqlDatabase(url)
        try:
            _, person = await House(database, url, Time()).local.sign_in(
                username, password, address="", user_agent="", request_id=""
            )
        finally:
            await database.close()
        return person

    return asyncio.run(sign_in())


def refusal(done):
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("inspector: ")
    return done.stderr


def test_an_installation_is_set_up_by_command(answers, inspector, url):
    assert answers("tenant", "list") == {"items": []}
    made = answers("tenant", "create", "acme", "--name", "Acme Ltd")
    assert (made["slug"], made["name"]) == ("acme", "Acme Ltd")
    assert answers("cluster", "add", "prod", "--address", "127.0.0.1:1")["name"] == "prod"
    grant = ("namespace", "grant", "--tenant", "acme", "--cluster", "prod", "--name", "orders")
    assert answers(*grant)["slug"] == "orders"
    assert answers("namespace", "list")["items"] == [
        {"tenant": "acme", "slug": "orders", "cluster": "prod", "name": "orders"}
    ]
    assert "exactly one tenant" in refusal(inspector(*grant, "--slug", "again"))

    # The very first administrator, with a password that is shown once and must be changed.
    person = ("user", "create", "--tenant", "acme", "--role", "admin", "--username")
    one_time = answers(*person, "root")["one_time_password"]
    assert len(one_time) == 20
    assert signs_in(url, "root", one_time).must_change_password
    assert "already" in refusal(inspector(*person, "root"))

    # With --password-stdin nothing has to be changed, and nothing of it is printed.
    made = inspector(*person, "ana", "--password-stdin", said=PASSWORD + "\n")
    assert (made.returncode, PASSWORD in made.stdout + made.stderr) == (0, False)
    assert not signs_in(url, "ana", PASSWORD).must_change_password
    weak = inspector(*person, "eve", "--password-stdin", said="short\n")
    assert "12 to 256 characters" in refusal(weak)

    again = answers("user", "reset", "--username", "ana")["one_time_password"]
    assert signs_in(url, "ana", again).must_change_password
    assert answers("user", "disable", "--username", "ana")["disabled"]
    with pytest.raises(WrongCredentials):
        signs_in(url, "ana", again)
    assert "no person 'nobody'" in refusal(inspector("user", "reset", "--username", "nobody"))


def test_a_cluster_that_does_not_answer_is_exit_1(answers, inspector):
    answers("cluster", "add", "prod", "--address", "127.0.0.1:1")
    done = inspector("cluster", "test", "prod", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["answers"] is False
    assert "127.0.0.1:1" in done.stdout
    assert "no cluster 'other'" in refusal(inspector("cluster", "test", "other"))
    assert "host:port" in refusal(inspector("cluster", "add", "x", "--address", "nowhere"))


def test_wrong_use_is_exit_2(inspector):
    assert inspector("user", "create", "--username", "x").returncode == 2
    bad_role = ("user", "create", "--username", "x", "--tenant", "t", "--role", "king")
    assert inspector(*bad_role).returncode == 2
    nowhere = ("user", "create", "--username", "x", "--tenant", "t", "--role", "admin")
    assert "inspector tenant create t" in refusal(inspector(*nowhere))
    assert "no tenant 'x'" in refusal(inspector("audit", "export", "--tenant", "x"))


def test_the_audit_log_is_checked_and_its_first_break_is_named(answers, inspector, url):
    for slug in ("one", "two", "three"):
        answers("tenant", "create", slug)
    found = answers("audit", "verify")
    assert found["whole"]
    assert [chain["chain"] for chain in found["chains"]] == ["installation"]
    Behind(url).does("UPDATE audit_entries SET actor_name = 'somebody else' WHERE seq = 2")
    done = inspector("audit", "verify", "--json")
    assert done.returncode == 1
    (chain,) = json.loads(done.stdout)["chains"]
    assert (chain["entries"], chain["first_break"]["seq"]) == (1, 2)
    done = inspector("audit", "verify")
    assert done.returncode == 1
    assert "installation: BROKEN at entry 2: its content was altered" in done.stdout


def test_what_is_there_is_listed_for_people_and_for_programs(answers, inspector):
    assert "No cluster yet." in inspector("cluster", "list").stdout
    assert "Nothing is granted yet." in inspector("namespace", "list").stdout
    answers("cluster", "add", "prod", "--address", "127.0.0.1:1")
    (item,) = answers("cluster", "list")["items"]
    assert (item["name"], item["address"]) == ("prod", "127.0.0.1:1")
    assert inspector("cluster", "list").stdout == "prod\t127.0.0.1:1\n"


def test_one_tenants_chain_is_exported_by_its_slug(answers, inspector):
    answers("tenant", "create", "acme")
    done = inspector("audit", "export", "--tenant", "acme")
    assert (done.returncode, done.stdout) == (0, "")
    last = json.loads(inspector("audit", "export").stdout.splitlines()[-2])
    assert (last["action"], last["target_kind"]) == ("audit.export", "audit")


def test_an_exported_chain_can_be_recomputed_without_us(answers, inspector):
    for slug in ("one", "two"):
        answers("tenant", "create", slug, "--name", 'Zwölf 🦉 "quoted" \\ back')
    done = inspector("audit", "export")
    assert done.returncode == 0
    previous = "0" * 64
    for number, line in enumerate(done.stdout.splitlines(), start=1):
        entry = json.loads(line)
        text = line[: line.rindex(',"hash":')] + "}"
        assert (entry["seq"], entry["previous"]) == (number, previous)
        previous = hashlib.sha256(text.encode()).hexdigest()
        assert entry["hash"] == previous
    assert (number, entry["action"]) == (3, "audit.export")


def test_who_reads_only_the_start_of_an_export_gets_no_traceback(answers, tmp_path):
    for number in range(3):
        answers("tenant", "create", f"t{number}")
    command = f"'{sys.executable}' -m inspector_app audit export | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_token_is_made_and_told_once(inspector, answers):
    inspector("tenant", "create", "acme")
    words = ("token", "create", "--tenant", "acme", "--name", "ci", "--role", "developer")
    told = answers(*words, "--expires-days", "7")
    assert told["token"].startswith("insp_svc_")
    assert (told["role"], told["kind"], told["tenant"]) == ("developer", "service", "acme")
    plain = inspector(*words)
    assert plain.returncode == 0
    assert plain.stdout.strip().startswith("insp_svc_")
    assert plain.stdout.strip() != told["token"]
    assert "Shown only now" in plain.stderr
    for wrong in (
        ("--tenant", "nowhere", "--name", "ci", "--role", "admin"),
        ("--tenant", "acme", "--name", "", "--role", "admin"),
        ("--tenant", "acme", "--name", "ci", "--role", "owner"),
        ("--tenant", "acme", "--name", "ci", "--role", "admin", "--expires-days", "367"),
    ):
        assert inspector("token", "create", *wrong).returncode == 2, wrong


def test_the_key_of_jwts_is_rotated(answers):
    assert answers("token", "rotate-key")["key"] != answers("token", "rotate-key")["key"]


def test_an_export_is_checked_without_a_database(answers, inspector, tmp_path, url):
    for slug in ("one", "two"):
        answers("tenant", "create", slug)
    (secret,) = (tmp_path / ".inspector" / "secret.key").read_text().split()
    asyncio.run(sealed(url, secret))
    key = inspector("audit", "key").stdout
    kept, export = inspector("audit", "seals").stdout, inspector("audit", "export").stdout
    away = tmp_path / "away"
    away.mkdir()
    for name, text in (("key.pem", key), ("kept.jsonl", kept), ("export.jsonl", export)):
        (away / name).write_text(text)
    lines = export.splitlines(keepends=True)
    (away / "short.jsonl").write_text("".join(lines[:1]))
    (away / "edited.jsonl").write_text(export.replace('"one"', '"eno"'))
    (away / "forged.jsonl").write_text(kept.replace('"seq":2', '"seq":9'))

    def checks(name, *more):
        words = ("audit", "verify", "--json", "--export", f"away/{name}", *more)
        done = inspector(*words)
        return done.returncode, json.loads(done.stdout)

    by = ("--checkpoints", "away/kept.jsonl", "--public-key", "away/key.pem")
    code, found = checks("export.jsonl", *by)
    (chain,) = found["chains"]
    assert (code, found["whole"], chain["checkpoints"]) == (0, True, 1)
    # The end cut off: a chain without checkpoints cannot tell, one with them does.
    assert checks("short.jsonl")[0] == 0
    code, found = checks("short.jsonl", *by)
    assert (code, found["chains"][0]["first_break"]["seq"]) == (1, 2)
    assert checks("edited.jsonl")[0] == 1
    forged = ("--checkpoints", "away/forged.jsonl", *by[2:])
    code, found = checks("export.jsonl", *forged)
    assert (code, "signature" in found["chains"][0]["first_break"]["reason"]) == (1, True)
    assert checks("export.jsonl", *by[:2])[0] == 2
    assert checks("kept.jsonl")[0] == 1
    assert checks("nowhere.jsonl")[0] == 2
    # Over the database, what was kept elsewhere counts, too.
    assert inspector("audit", "verify", *by[:2]).returncode == 0
    behind = Behind(url)
    behind.does("DELETE FROM audit_seals")
    behind.does("DELETE FROM audit_entries WHERE seq > 1")
    behind.does("UPDATE audit_heads SET seq = 1, hash = (SELECT hash FROM audit_entries)")
    assert inspector("audit", "verify").returncode == 0
    assert "end is missing" in inspector("audit", "verify", *by[:2]).stdout


async def sealed(url, secret):
    """Sign where the chains stand, as a server does every five minutes."""
    time = Time()
    time.now = datetime.now(UTC)
    database = SqlDatabase(url)
    house = House(database, url, time)
    await seals(house, desk_of(house, keys=(secret,)))
    await database.close()


def test_a_new_key_for_checkpoints_is_printed(answers, inspector):
    assert "No checkpoint was signed yet." in inspector("audit", "key").stdout
    made = answers("audit", "rotate-key")
    assert made["pem"] == inspector("audit", "key").stdout
    assert answers("audit", "key")["items"] == [made]


def test_the_doctor_says_which_target_of_the_audit_log_is_behind(inspector, answers, monkeypatch):
    monkeypatch.setenv("INSPECTOR_AUDIT_STREAM", "syslog://127.0.0.1:1")
    answers("tenant", "create", "acme")

    def found():
        findings = json.loads(inspector("doctor", "--json").stdout)["findings"]
        return {each["name"]: each for each in findings if each["id"] == "I08"}

    stream = found()["audit log to syslog 127.0.0.1:1"]
    assert (stream["well"], "1 wait since" in stream["detail"]) == (True, True)
    monkeypatch.setattr(feeds, "BEHIND", timedelta())
    late = found()
    assert not late["audit log to syslog 127.0.0.1:1"]["well"]
    assert late["audit log to file audit-checkpoints.jsonl"]["well"]

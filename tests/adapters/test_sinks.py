"""Where the audit log is sent: what was taken is there, what was not is said."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import resource
import signal
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound
from inspector_app.adapters.sinks import syslog
from inspector_app.adapters.sinks.files import FileSink
from inspector_app.adapters.sinks.syslog import SyslogSink, trusting
from inspector_app.adapters.sinks.webhook import WebhookSink
from inspector_app.domain.errors import Invalid, NotTaken
from inspector_app.services.ports import Line
from tests.fixtures.receiving import certificate, hook, syslog_server

AT = datetime(2026, 11, 23, 12, 0, 0, 7, tzinfo=UTC)


def line(number=1, text="Zwölf 🦉\n", *, outcome="done"):
    content = json.dumps({"seq": number, "reason": text}, ensure_ascii=False)
    return Line(f"c/{number}", "entry", "c", number, AT, content, outcome)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(syslog, "SEND_SECONDS", 1.0)
    monkeypatch.setattr(syslog, "CONNECT_SECONDS", 1.0)


def to(server, tls=None):
    return SyslogSink("x", "127.0.0.1", server.port, tls=tls, here="inspector.example.com")


async def test_syslog_messages_are_those_of_rfc_5424():
    with syslog_server() as server:
        await to(server).take([line(1), line(2, outcome="denied")])
        first, second = server.frames
    pattern = r"<110>1 2026-11-23T12:00:00\.000007Z inspector\.example\.com inspector - entry - "
    assert re.match(pattern, first)
    assert second.startswith("<108>1 ")
    assert json.loads(first.partition(" - entry - ")[2]) == {"seq": 1, "reason": "Zwölf 🦉\n"}
    assert first.isascii()


async def test_many_lines_arrive_in_order():
    with syslog_server() as server:
        await to(server).take([line(number, "x" * 2000) for number in range(500)])
        seqs = [json.loads(each.partition(" - entry - ")[2])["seq"] for each in server.frames]
    assert seqs == list(range(500))


async def test_a_syslog_server_that_is_away_is_said():
    with syslog_server() as server:
        port = server.port
    with pytest.raises(NotTaken, match=str(port)):
        await SyslogSink("x", "127.0.0.1", port, tls=None, here="-").take([line()])


async def test_a_syslog_server_that_takes_nothing_is_not_waited_for():
    with syslog_server() as server:
        server.hang = True
        with pytest.raises(NotTaken):
            await to(server).take([line(number, "x" * 20_000) for number in range(500)])


async def test_a_syslog_server_that_dies_in_the_middle_has_not_taken_it():
    with syslog_server() as server:
        server.drop = True
        with pytest.raises(NotTaken):
            await to(server).take([line(number, "x" * 2000) for number in range(100)])


async def test_nobody_else_waits_for_a_slow_syslog_server():
    with syslog_server() as server:
        server.hang = True
        sending = asyncio.create_task(to(server).take([line()]))
        turns = 0
        while not sending.done():
            await asyncio.sleep(0)
            turns += 1
        assert isinstance(sending.exception(), NotTaken)
    assert turns > 100


async def test_syslog_over_tls_is_checked_by_its_certificate(tmp_path):
    ca, context = certificate(tmp_path)
    with syslog_server(context) as server:
        await to(server, trusting(str(ca), "")).take([line(number) for number in range(50)])
        assert len(server.frames) == 50
        with pytest.raises(NotTaken, match="certificate"):
            await to(server, trusting("", "")).take([line()])
        assert len(server.frames) == 50


async def test_a_certificate_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(Invalid, match=r"nowhere\.pem"):
        trusting(str(tmp_path / "nowhere.pem"), "")


def webhook(server, **more):
    reach = HttpxOutbound(GuardedTransport([ip_network("127.0.0.0/8")]))
    return WebhookSink("x", f"http://127.0.0.1:{server.server_port}/in?a=b", reach, **more)


async def test_a_webhook_gets_lines_a_stable_id_and_its_credential():
    with hook() as server:
        sink = webhook(server, authorization="Splunk abc")
        await sink.take([line(1), line(2)])
        await sink.take([line(1), line(2)])
        (path, headers, body), (_, again, _) = server.asked
    assert path == "/in?a=b"
    assert [json.loads(each)["seq"] for each in body.decode().splitlines()] == [1, 2]
    assert headers["Authorization"] == "Splunk abc"
    assert headers["Inspector-Batch"] == again["Inspector-Batch"]
    assert "a=b" not in sink.name


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_a_webhook_that_does_not_say_yes_has_not_taken_it(status):
    with hook() as server:
        server.status = status
        with pytest.raises(NotTaken, match=f"{status}|redirect"):
            await webhook(server).take([line()])
        assert len(server.asked) == 1


async def test_a_webhook_that_is_away_is_said():
    with hook() as server:
        sink = webhook(server)
    with pytest.raises(NotTaken):
        await sink.take([line()])


async def test_a_file_gets_a_line_each_and_is_its_owners(tmp_path):
    path = tmp_path / "deep" / "kept.jsonl"
    sink = FileSink("x", path)
    assert await sink.lines() == []
    await sink.take([line(1), line(2)])
    await sink.take([line(3)])
    assert [json.loads(each)["seq"] for each in await sink.lines()] == [1, 2, 3]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_half_a_line_of_who_was_killed_is_replaced(tmp_path):
    path = tmp_path / "kept.jsonl"
    sink = FileSink("x", path)
    await sink.take([line(1)])
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "rea')
    assert len(await sink.lines()) == 1
    await sink.take([line(2)])
    assert [json.loads(each)["seq"] for each in await sink.lines()] == [1, 2]


async def test_a_full_disk_leaves_no_half_line_and_is_said(tmp_path):
    path = tmp_path / "kept.jsonl"
    sink = FileSink("x", path)
    await sink.take([line(1)])
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    quiet = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # No write beyond so many bytes succeeds: the kernel's own full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
    try:
        with pytest.raises(NotTaken, match="cannot be written"):
            await sink.take([line(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, quiet)
    assert path.read_bytes() == before
    await sink.take([line(2)])
    assert len(await sink.lines()) == 2


async def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotTaken):
        await FileSink("x", tmp_path / "file" / "kept.jsonl").take([line()])


def _write(path, begin):
    async def work():
        for number in range(begin, begin + 100):
            await FileSink("x", path).take([line(number, "x" * 3000)])

    asyncio.run(work())


async def test_two_processes_that_write_at_once_mix_no_lines(tmp_path):
    path = tmp_path / "kept.jsonl"
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_write, args=(path, begin)) for begin in (0, 1000)]
    for each in both:
        each.start()
    for each in both:
        await asyncio.to_thread(each.join, 120)
    seqs = [json.loads(each)["seq"] for each in await FileSink("x", path).lines()]
    assert sorted(seqs) == [*range(100), *range(1000, 1100)]
    assert [each for each in seqs if each < 1000] == list(range(100))

from __future__ import annotations

import stat
from ipaddress import ip_network

import pytest

from inspector_app import data_folder, setting_values, settings
from inspector_app.domain.errors import Conflict, StorageUnavailable
from inspector_app.settings import SettingsError, read_settings, unknown_names

KEY = "k" * 32


def problems(environ, folder):
    with pytest.raises(SettingsError) as caught:
        read_settings(environ, folder)
    return caught.value.problems


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A first start in an empty folder."""
    monkeypatch.chdir(tmp_path)
    settings.load_settings.cache_clear()
    yield tmp_path
    settings.load_settings.cache_clear()


def test_nothing_set_is_a_loopback_installation_in_the_current_folder(tmp_path):
    found = read_settings({}, tmp_path)
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.data_dir == tmp_path / ".inspector"
    assert found.database_url == f"sqlite+aiosqlite:///{tmp_path}/.inspector/inspector.db"
    assert found.is_loopback
    assert found.metrics_open


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path):
    (tmp_path / "inspector.toml").write_text('port = 8101\nhost = "127.0.0.2"\n')
    found = read_settings({"INSPECTOR_PORT": "8102"}, tmp_path)
    assert (found.host, found.port) == ("127.0.0.2", 8102)
    assert found.public_url == "http://127.0.0.2:8102"


def test_every_error_is_reported_at_once_and_names_where_it_was_set(tmp_path):
    (tmp_path / "inspector.toml").write_text('prot = 1\noutbound_allow = ["ten"]\n')
    lines = problems(
        {
            "INSPECTOR_PORT": "80000",
            "INSPECTOR_HOST": "example",
            "INSPECTOR_DATABASE_URL": "mysql://root:hunter2@db/x",
        },
        tmp_path,
    )
    assert len(lines) == 5
    assert any(line.startswith("prot in inspector.toml: there is no such") for line in lines)
    assert any(line.startswith("outbound_allow in inspector.toml is 'ten'") for line in lines)
    assert any(line.startswith("INSPECTOR_PORT is '80000': it must be a number") for line in lines)
    assert any("INSPECTOR_HOST is 'example': it must be an IP address" in line for line in lines)
    assert not any("hunter2" in line for line in lines)


def test_a_secret_comes_from_a_file_too_and_never_shows(tmp_path):
    (tmp_path / "key").write_text(f"{KEY}new,{KEY}old\n")
    found = read_settings({"INSPECTOR_SECRET_KEY_FILE": "key"}, tmp_path)
    assert found.secret_keys == (f"{KEY}new", f"{KEY}old")
    assert KEY not in repr(found)


def test_a_secret_given_twice_or_from_a_missing_file_is_refused(tmp_path):
    (line,) = problems({"INSPECTOR_SECRET_KEY": KEY, "INSPECTOR_SECRET_KEY_FILE": "key"}, tmp_path)
    assert line == "INSPECTOR_SECRET_KEY and INSPECTOR_SECRET_KEY_FILE are both set: keep one."
    (line,) = problems({"INSPECTOR_METRICS_TOKEN_FILE": "nowhere"}, tmp_path)
    assert line.startswith("INSPECTOR_METRICS_TOKEN_FILE is 'nowhere', which cannot be read")


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://Inspector.Example.com/", "https://inspector.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_public_url_is_written_as_browsers_write_an_origin(tmp_path, given, normal):
    environ = {"INSPECTOR_PUBLIC_URL": given, "INSPECTOR_SECRET_KEY": KEY}
    assert read_settings(environ, tmp_path).public_url == normal


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("inspector.example.com", "must look like"),
        ("https://example.com/inspector", "bare address"),
        ("https://ana@example.com", "bare address"),
        ("https://example.com:99999", "Port out of range"),
        ("http://inspector.example.com", "need https"),
    ],
)
def test_a_public_url_that_cannot_work_is_refused(tmp_path, given, why):
    environ = {"INSPECTOR_PUBLIC_URL": given, "INSPECTOR_SECRET_KEY": KEY}
    (line,) = problems(environ, tmp_path)
    assert why in line


def test_listening_everywhere_needs_the_address_people_open(tmp_path):
    lines = problems({"INSPECTOR_HOST": "0.0.0.0"}, tmp_path)
    assert any("INSPECTOR_PUBLIC_URL is needed" in line for line in lines)


def test_a_secret_key_is_required_everywhere_but_on_loopback(tmp_path):
    (line,) = problems({"INSPECTOR_PUBLIC_URL": "https://example.com"}, tmp_path)
    assert line.startswith("INSPECTOR_SECRET_KEY is required")
    (line,) = problems({"INSPECTOR_SECRET_KEY": "short"}, tmp_path)
    assert line.startswith("INSPECTOR_SECRET_KEY: every key must have 32")


def test_metrics_want_a_token_as_soon_as_others_could_ask(tmp_path):
    proxied = {"INSPECTOR_TRUSTED_PROXIES": "127.0.0.1 10.0.0.0/8"}
    found = read_settings(proxied, tmp_path)
    assert found.trusted_proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    assert not found.metrics_open
    outside = {"INSPECTOR_HOST": "0.0.0.0", "INSPECTOR_PUBLIC_URL": "http://127.0.0.1:8000"}
    assert not read_settings(outside, tmp_path).metrics_open


def test_postgresql_needs_its_driver(tmp_path, monkeypatch):
    environ = {"INSPECTOR_DATABASE_URL": "postgresql://u:p@db/inspector"}
    monkeypatch.setattr(setting_values, "find_spec", lambda _: None)
    (line,) = problems(environ, tmp_path)
    assert line == (
        "INSPECTOR_DATABASE_URL: PostgreSQL needs its driver: pip install 'psycopg[binary]'."
    )
    monkeypatch.setattr(setting_values, "find_spec", lambda _: object())
    assert read_settings(environ, tmp_path).database_url == "postgresql+psycopg://u:p@db/inspector"


def test_a_file_that_is_no_toml_is_one_line(tmp_path):
    (tmp_path / "inspector.toml").write_text("port = = 1")
    (line,) = problems({}, tmp_path)
    assert "inspector.toml cannot be read" in line


def test_a_slip_of_the_hand_in_a_name_is_found():
    environ = {"INSPECTOR_PROT": "1", "INSPECTOR_PORT": "1", "INSPECTOR_REDIS_URL_FILE": "x"}
    assert unknown_names(environ) == ["INSPECTOR_PROT"]


def test_the_first_start_on_loopback_makes_a_key_that_only_its_owner_reads(fresh):
    found = data_folder.open_data_folder()
    path = fresh / ".inspector" / "secret.key"
    assert found.secret_keys == (path.read_text().strip(),)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    settings.load_settings.cache_clear()
    assert data_folder.open_data_folder().secret_keys == found.secret_keys


def test_a_key_that_others_can_read_stops_the_start(fresh):
    data_folder.open_data_folder()
    (fresh / ".inspector" / "secret.key").chmod(0o644)
    (line,) = problems({}, fresh)
    assert "can be read by others" in line


def test_a_broken_key_file_says_what_to_do(fresh):
    data_folder.open_data_folder()
    (fresh / ".inspector" / "secret.key").write_text("x")
    (line,) = problems({}, fresh)
    assert "restore it from a backup" in line


def test_a_data_folder_that_cannot_be_made_is_one_line(fresh, monkeypatch):
    (fresh / "file").touch()
    monkeypatch.setenv("INSPECTOR_DATA_DIR", "file/folder")
    with pytest.raises(StorageUnavailable, match="cannot be written to: Not a directory"):
        data_folder.open_data_folder()


def test_a_full_disk_stops_the_start_with_a_sentence(fresh, monkeypatch):
    usage = type("Usage", (), {"free": 2**20})
    monkeypatch.setattr(data_folder.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageUnavailable, match="is full: 1 MiB are free, 64 MiB are needed"):
        data_folder.open_data_folder()


def test_a_second_instance_is_kept_off_the_data_folder(tmp_path):
    with (
        data_folder.held(tmp_path),
        pytest.raises(Conflict, match=r"already runs on the data folder .* \(process \d+\)"),
        data_folder.held(tmp_path),
    ):
        pass
    with data_folder.held(tmp_path):
        pass


def test_where_the_audit_log_goes_is_parsed_and_shows_no_secret(tmp_path):
    found = read_settings(
        {
            "INSPECTOR_AUDIT_STREAM": "https://siem.example.com/in?key=s3cr3t, "
            "syslog+tls://logs.example.com?ca=/etc/ca.pem",
            "INSPECTOR_AUDIT_CHECKPOINTS": "file:/mnt/worm/kept.jsonl syslog://127.0.0.1:5514",
            "INSPECTOR_AUDIT_RETENTION_DAYS": "365",
            "INSPECTOR_AUDIT_WEBHOOK_AUTHORIZATION": "Splunk s3cr3t",
        },
        tmp_path,
    )
    hook, tls = found.audit_stream
    assert (hook.scheme, hook.place) == ("https", "siem.example.com")
    assert (tls.place, tls.port, tls.ca) == ("logs.example.com", 6514, "/etc/ca.pem")
    assert [each.place for each in found.audit_checkpoints] == [
        "/mnt/worm/kept.jsonl",
        "127.0.0.1",
    ]
    assert found.audit_retention.days == 365
    assert "s3cr3t" not in repr(found)
    assert read_settings({}, tmp_path).audit_retention is None


@pytest.mark.parametrize(
    "given",
    [
        "http://siem.example.com/in",
        "https://user:pass@siem.example.com/",
        "https://",
        "ftp://siem.example.com",
        "file:relative.jsonl",
        "file:/var/log/",
        "syslog://logs.example.com/path",
        "syslog://logs.example.com?ca=/etc/ca.pem",
        "syslog+tls://logs.example.com?verify=no",
        "syslog+tls://logs.example.com:99999",
        "https://a.example.com https://a.example.com",
    ],
)
def test_a_target_of_the_audit_log_that_cannot_be_is_refused(tmp_path, given):
    (line,) = problems({"INSPECTOR_AUDIT_STREAM": given}, tmp_path)
    assert line.startswith("INSPECTOR_AUDIT_STREAM")


@pytest.mark.parametrize("given", ["0", "-1", "x", "1.5", "99999999"])
def test_a_retention_is_a_number_of_days(tmp_path, given):
    (line,) = problems({"INSPECTOR_AUDIT_RETENTION_DAYS": given}, tmp_path)
    assert "days" in line


def test_a_header_that_would_be_two_is_refused(tmp_path):
    (line,) = problems({"INSPECTOR_AUDIT_WEBHOOK_AUTHORIZATION": "a\nb: c"}, tmp_path)
    assert "a" not in line.partition(":")[0].removeprefix("INSPECTOR_AUDIT_WEBHOOK_AUTHORIZATION")


def test_rates_are_set_as_they_are_shown(tmp_path):
    found = read_settings({"INSPECTOR_RATES": "read=5/second, heavy=off"}, tmp_path)
    shown = ", ".join(str(limit) for limit in found.rates)
    assert shown == (
        "read=5/second, act=600/minute, heavy=off, event=3000/minute, sign-in=300/minute"
    )
    (line,) = problems({"INSPECTOR_RATES": "read=often"}, tmp_path)
    assert line.startswith("INSPECTOR_RATES is 'read=often': it must be limits such as")

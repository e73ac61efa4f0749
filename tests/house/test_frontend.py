from __future__ import annotations

import base64
import gzip
import hashlib
import subprocess
import sys
import types

import pytest

from inspector_app import frontend, frontend_build
from inspector_app.domain.errors import InspectorError
from inspector_app.frontend import Bundle

ENV = (
    "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`,"
    "TRANSPORT:`websocket`};export{e as t};"
)
STATE = "const a=[`localhost`,`0.0.0.0`,`::`,`0:0:0:0:0:0:0:0`];export{a}"


@pytest.fixture
def built(tmp_path):
    """A built frontend in small, as Reflex 0.10.1 leaves it."""
    bundle = Bundle(tmp_path / ".web", tmp_path)
    assets = bundle.client / "assets"
    assets.mkdir(parents=True)
    for name, text in {"reflex-env-x.js": ENV, "context-x.js": STATE, "page-x.js": "1"}.items():
        (assets / name).write_text(text)
        (assets / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    return bundle


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository in small, with a build that only writes down that it ran."""
    for name in ("rxconfig.py", "inspector_app/inspector_app.py", "assets/a.css"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / "reflex.lock").mkdir()
    (tmp_path / "reflex.lock" / "bun.lock").write_text("{}")
    (tmp_path / "reflex.lock" / "package.json").write_text('{"a": 1}')
    builds = []

    def export(root):
        builds.append(root)
        (root / "web" / "build").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(frontend_build, "bundle", lambda: Bundle(tmp_path / ".web", tmp_path))
    monkeypatch.setattr(frontend_build, "_export", export)
    monkeypatch.setattr(frontend_build, "serve_any_address", lambda _: None)
    return types.SimpleNamespace(root=tmp_path, builds=builds)


def test_one_build_serves_the_address_the_page_was_loaded_from(built):
    frontend_build.serve_any_address(built.client)
    text = (built.client / "assets" / "reflex-env-x.js").read_text()
    assert "localhost" not in text
    assert "PING:location.origin+`/ping`" in text
    assert "EVENT:location.origin.replace(/^http/,`ws`)+`/_event`" in text
    assert "TRANSPORT:`websocket`" in text


def test_the_compressed_copy_is_rewritten_too(built):
    frontend_build.serve_any_address(built.client)
    for script in built.client.glob("assets/*.js"):
        packed = script.with_name(script.name + ".gz").read_bytes()
        assert gzip.decompress(packed).decode() == script.read_text()


def test_under_https_on_localhost_the_port_is_kept(built):
    frontend_build.serve_any_address(built.client)
    assert (built.client / "assets" / "context-x.js").read_text() == "const a=[];export{a}"


def test_another_reflex_whose_addresses_are_elsewhere_is_noticed(built):
    (built.client / "assets" / "reflex-env-x.js").write_text("var e={}")
    with pytest.raises(InspectorError, match="does not hold the addresses"):
        frontend_build.serve_any_address(built.client)


def test_every_inline_script_gets_its_csp_source_and_no_other(built):
    inline = 'window.a = "<b>&amp;";\n'
    (built.client / "index.html").write_text(
        f"<html><script>{inline}</script><script src='/x.js'></script>"
        f'<script type="module">import("y")</script></html>'
    )
    (built.client / "login").mkdir()
    (built.client / "login" / "index.html").write_text(f"<script>{inline}</script>")

    def source(text):
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    assert frontend.script_hashes(built) == {source(inline), source('import("y")')}


def test_nothing_is_built_twice_and_a_changed_page_builds_again(checkout):
    assert frontend_build.build()
    assert frontend_build.is_current()
    assert not frontend_build.build()
    (checkout.root / "assets" / "a.css").write_text("2")
    assert not frontend_build.is_current()
    assert frontend_build.build()
    assert len(checkout.builds) == 2


def test_a_build_that_fails_is_tried_again(checkout, monkeypatch):
    def fail(_):
        raise InspectorError("no")

    with monkeypatch.context() as broken:
        broken.setattr(frontend_build, "_export", fail)
        with pytest.raises(InspectorError):
            frontend_build.build()
    assert frontend_build.build()


@pytest.mark.parametrize("name", ["bun.lock", "package.json"])
def test_an_absent_lock_says_how_to_get_it_back(checkout, name):
    (checkout.root / "reflex.lock" / name).unlink()
    with pytest.raises(InspectorError, match=f"reflex.lock/{name} is missing") as caught:
        frontend_build.build()
    assert "make lock" in caught.value.hint


def test_a_build_never_changes_the_lock_in_the_repository(checkout, monkeypatch):
    def export(root):
        (root / "reflex.lock" / "bun.lock").write_text('{"more": 1}')
        (root / "web" / "build").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(frontend_build, "_export", export)
    with pytest.raises(InspectorError, match="other packages than the frontend's lock"):
        frontend_build.build()
    assert (checkout.root / "reflex.lock" / "bun.lock").read_text() == "{}"


def test_a_new_lock_is_made_from_a_clean_build_and_kept(checkout, monkeypatch):
    def export(root):
        assert not (root / "web").exists() or len(checkout.builds) == 2
        checkout.builds.append(root)
        (root / "web" / "build").mkdir(parents=True, exist_ok=True)
        (root / "reflex.lock").mkdir(exist_ok=True)
        (root / "reflex.lock" / "bun.lock").write_text("new")
        (root / "reflex.lock" / "package.json").write_text("{}")

    monkeypatch.setattr(frontend_build, "_export", export)
    frontend_build.renew_lock()
    assert (checkout.root / "reflex.lock" / "bun.lock").read_text() == "new"
    assert frontend_build.is_current()


def test_a_server_without_a_built_frontend_does_not_start(tmp_path):
    with pytest.raises(InspectorError, match="The built frontend is missing"):
        frontend.enter(Bundle(tmp_path, None), {})


def test_the_server_takes_nothing_of_reflex_from_outside(built, monkeypatch):
    monkeypatch.chdir(built.root)
    (built.client / "index.html").touch()
    environ = {"REFLEX_CORS_ALLOWED_ORIGINS": "*", "__REFLEX_X": "1", "HOME": "/h"}
    frontend.enter(built, environ)
    assert "REFLEX_CORS_ALLOWED_ORIGINS" not in environ
    assert "__REFLEX_X" not in environ
    assert environ["REFLEX_ENV_MODE"] == "prod"
    assert environ["HOME"] == "/h"


@pytest.mark.parametrize("foreign", [True, False])
def test_a_foreign_reflex_configuration_stops_the_start_with_one_line(tmp_path, foreign):
    if foreign:
        (tmp_path / "rxconfig.py").write_text(
            "import reflex as rx\n"
            "config = rx.Config(app_name='inspector_app', telemetry_enabled=False)\n"
        )
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from inspector_app import frontend; frontend.require_own_config(); print('on')",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "on" not in done.stdout.split()
    assert done.stderr.strip().splitlines()[-1].startswith("inspector: Reflex has read ")
    assert "inspector serve" in done.stderr
    assert "Traceback" not in done.stderr

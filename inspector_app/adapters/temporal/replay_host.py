"""The child-process host: user code is replayed behind walls, and only its report comes back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from inspector_app.domain.errors import Invalid

MEMORY: Final = 4 * 2**30
WRITTEN: Final = 256 * 2**20
"""Bytes of any one file, the report among them."""
COPIED: Final = 64 * 2**20
_LIMITS: Final = {
    "RLIMIT_AS": MEMORY,
    "RLIMIT_FSIZE": WRITTEN,
    "RLIMIT_NOFILE": 512,
    "RLIMIT_CORE": 0,
}
PROCESSOR_SHARE: Final = 4.0
"""Seconds of processor time for each second that a replay may take: it may use some threads."""
_THREADS: Final = 512
"""Threads and processes of a user that has no others."""
_FIRST_UID, _UIDS = 61_184, 4_000
"""Users that systemd, too, makes up as it goes: nobody owns anything by them."""
_SLACK: Final = 30.0
_SKIPPED: Final = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "*.pyc")


@dataclass(frozen=True, slots=True)
class Order:
    """One replay to run."""

    history: bytes
    workflow: str
    """`MODULE:CLASS`."""
    path: Path
    python: str
    sandboxed: bool
    converter: str
    seconds: float


class NotReplayed(Invalid):
    """The child came back with a reason instead of a report."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came back: the report, as JSON, and the walls that could not be had here."""

    report: object
    missing_walls: tuple[str, ...]


def replay_in_child(recorder: bytes, order: Order) -> Replayed:
    """Run the packed recorder on an order and return its report.

    Raises:
        NotReplayed: In one line, why there is none.
    """
    python = shutil.which(order.python)
    if python is None:
        raise NotReplayed(f"There is no Python at {order.python!r}: see --python.")
    python = str(Path(python).absolute())  # the child works in a folder of its own
    if not order.path.is_dir():
        raise NotReplayed(f"{str(order.path)!r} is no folder: see --path.")
    # Not ours, if we are root: one that nobody else goes by.
    uid = _FIRST_UID + os.getpid() % _UIDS if os.geteuid() == 0 else None
    with _scratch(uid) as folder, tempfile.TemporaryFile() as report:
        code = _reachable(order.path.resolve(), folder, uid)
        _hand_in(folder / "recorder.pyz", recorder)
        _hand_in(folder / "history", order.history)
        command = [
            *(python, "-I", "-B", str(folder / "recorder.pyz"), "record"),
            *(str(folder / "history"), order.workflow, "--path", str(code)),
            *("--converter", order.converter, "--to", str(report.fileno())),
            *([] if order.sandboxed else ["--unsandboxed"]),
        ]
        ended = _confined(command, folder, uid, order.seconds, report)
        found = _report(report, ended, order, (str(code), str(order.path.resolve())))
        return Replayed(found, tuple(_missing(ended, uid)))


def _missing(ended: dict[str, object], uid: int | None) -> Generator[str]:
    if not ended["no_network"]:
        yield "It could reach the network: this system gives no namespace for it."
    if uid is not None and not ended["other_user"]:
        yield "It ran as root: no other user can reach this Python here."


def _python_folders(python: str) -> list[str]:
    """Return what must be reached of a Python: its environment, and what that is made of."""
    found = {Path(python).absolute().parent.parent, Path(python).resolve().parent.parent}
    # An environment within another one is shown with it.
    return sorted(str(each) for each in found if not found & set(each.parents))


def _open_to_all(folder: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


@contextmanager
def _scratch(uid: int | None) -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="inspector-replay-", dir="/tmp"))
    try:
        folder.chmod(0o711)
        own = folder / "own"
        own.mkdir(mode=0o700)
        if uid is not None:
            os.chown(own, uid, uid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hand_in(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o444)


def _reachable(code: Path, folder: Path, uid: int | None) -> Path:
    """Return the code's folder as the child sees it: a copy if its user cannot go there."""
    if uid is None or (_open_to_all(code) and code.stat().st_mode & 0o004):
        return code
    copy, size = folder / "code", 0

    def closed(where: str, names: list[str]) -> set[str]:
        nonlocal size
        skipped = set(_SKIPPED(where, names))
        for name in set(names) - skipped:
            at = Path(where) / name
            # What is the owner's alone stays out of the child's reach in the copy, too.
            if at.is_symlink() or not (
                at.is_dir() or (at.is_file() and at.stat().st_mode & 0o044)
            ):
                skipped.add(name)
            elif at.is_file():
                size += at.stat().st_size
        if size > COPIED:
            raise NotReplayed(
                f"{str(code)!r} is closed to other users and too large to copy: name the folder"
                " of the workflow's module with --path."
            )
        return skipped

    shutil.copytree(code, copy, ignore=closed)
    for each in (copy, *copy.rglob("*")):
        each.chmod(0o555 if each.is_dir() else 0o444)
    return copy


def _confined(
    command: list[str], folder: Path, uid: int | None, seconds: float, report: IO[bytes]
) -> dict[str, object]:
    own = str(folder / "own")
    limits = _LIMITS | {"RLIMIT_CPU": int(seconds * PROCESSOR_SHARE) + 1}
    asked = {
        "command": command,
        "asked_by": os.getpid(),
        "scratch": str(folder),
        "folder": own,
        "uid": uid,
        "shown": _python_folders(command[0]),
        "seconds": seconds,
        # Our own user may have many processes already: only one that has none can be counted.
        "limits": limits if uid is None else limits | {"RLIMIT_NPROC": _THREADS},
        "environ": {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": own, "TMPDIR": own},
    }
    launcher = Path(__file__).with_name("confined.py")
    try:
        done = subprocess.run(  # noqa: S603 - our own launcher, its arguments as a list
            [sys.executable, "-I", str(launcher), json.dumps(asked)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(report.fileno(),),
            env={},
            check=True,
            timeout=seconds + _SLACK,
        )
        return cast("dict[str, object]", json.loads(done.stdout))
    except (subprocess.SubprocessError, json.JSONDecodeError):
        raise NotReplayed("The replay's own launcher failed: nothing was replayed.") from None


def _report(
    report: IO[bytes], ended: dict[str, object], order: Order, moved: tuple[str, str]
) -> object:
    report.seek(0)
    size, _, content = report.read().partition(b"\n")
    if size.isdigit() and len(content) == int(size):
        try:
            there, here = (json.dumps(each)[1:-1] for each in moved)
            found: object = json.loads(content.decode().replace(there, here))
        except ValueError:
            raise NotReplayed("The replay's report is no JSON: the code wrote into it.") from None
        if isinstance(found, dict) and "refused" in found:
            raise NotReplayed(str(cast("dict[str, object]", found)["refused"]))
        return cast("object", found)
    if not ended["in_time"]:
        raise NotReplayed(
            f"The replay did not end within {order.seconds:.0f} s: the code may loop, block or"
            " wait outside of Temporal's own calls (--time-limit gives it longer)."
        )
    if (number := ended["signal"]) is not None:
        name = signal.Signals(cast("int", number)).name
        raise NotReplayed(
            f"The replay was ended by {name}, as the system does when memory (4 GiB) or processor"
            " time runs out."
        )
    raise NotReplayed(
        f"The code ended the process (exit code {ended['code']}) before the replay was done."
    )

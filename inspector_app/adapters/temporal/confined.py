"""Runs one program behind walls: `python -I confined.py '{"command": [...], …}'`.

Standard library only and run by its path. It prints, as one JSON object, how the program ended.
The program gets namespaces of its own for network and processes where the kernel lets us, another
user when we are root, limits, and an end: it and whatever it started are gone when this returns.
So is the scratch folder, history and all, when whoever asked was killed and cannot remove it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_PDEATHSIG, _NO_NEW_PRIVS, _SUBREAPER = 1, 38, 36
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_GRACE: Final = 5.0
"""Seconds for the kernel to take away what was killed."""


def main() -> None:
    """Run the program that the first argument describes."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SUBREAPER, 1)
    walls = _walls(libc)
    if asked["uid"] is not None and not _show(libc, asked["shown"]):
        asked["uid"] = None
    started = os.fork()
    if not started:
        try:
            _become(libc, asked)
        finally:
            os._exit(127)
    status, in_time = _wait(started, asked["seconds"], asked["asked_by"])
    _sweep()
    if os.getppid() != asked["asked_by"]:
        shutil.rmtree(asked["scratch"], ignore_errors=True)
        return
    ended = {
        "in_time": in_time,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "no_network": bool(_NEWNET & walls),
        "other_user": asked["uid"] is not None,
    }
    sys.stdout.write(json.dumps(ended))


def _walls(libc: ctypes.CDLL) -> int:
    """Take what namespaces we may; return which."""
    wanted = _NEWNET | _NEWPID | _NEWIPC
    if os.geteuid() == 0:
        choices = (wanted | _NEWNS, wanted, _NEWNET)
        return next((each for each in choices if libc.unshare(each) == 0), 0)
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(_NEWUSER | wanted) != 0:
        return 0
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    return wanted


def _show(libc: ctypes.CDLL, folders: list[str]) -> bool:
    """Let another user reach folders below closed ones, such as a Python in root's home.

    In our own view of the mounts an empty folder lies on the closed one, with only these in it.
    """
    hidden: dict[Path, list[Path]] = {}
    for folder in map(Path, folders):
        closed = [each for each in (folder, *folder.parents) if not each.stat().st_mode & 0o001]
        if folder in closed:
            return False
        if closed:
            hidden.setdefault(closed[-1], []).append(folder)
    if not hidden:
        return True
    if libc.mount(None, b"/", None, _RECURSIVE | _PRIVATE, None) != 0:
        return False
    for closed, shown in hidden.items():
        kept = [(each, os.open(each, os.O_PATH)) for each in shown]
        if libc.mount(b"none", bytes(closed), b"tmpfs", 0, b"mode=0711") != 0:
            return False
        for folder, descriptor in kept:
            folder.mkdir(parents=True, exist_ok=True)
            source = f"/proc/self/fd/{descriptor}".encode()
            if libc.mount(source, bytes(folder), None, _BIND | _RECURSIVE, None) != 0:
                return False
            os.close(descriptor)
    return True


def _become(libc: ctypes.CDLL, asked: dict[str, Any]) -> None:
    """Turn into the program."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    for name, limit in asked["limits"].items():
        number = getattr(resource, name)
        _, most = resource.getrlimit(number)
        least = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(number, (least, least))
    if asked["uid"] is not None:
        os.setgroups([])
        os.setgid(asked["uid"])
        os.setuid(asked["uid"])
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PDEATHSIG, signal.SIGKILL)  # forgotten at every change of user: set last
    os.chdir(asked["folder"])
    os.umask(0o077)
    os.execve(asked["command"][0], asked["command"], asked["environ"])  # noqa: S606 - its arguments are a list


def _wait(process: int, seconds: float, asked_by: int) -> tuple[int, bool]:
    """Wait for a process; kill it when its time is over, or who asked for it is gone."""
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return status, True
        if time.monotonic() > until or os.getppid() != asked_by:
            os.kill(process, signal.SIGKILL)
            return os.waitpid(process, 0)[1], False
        time.sleep(0.01)


def _sweep() -> None:
    """Kill what the program left: its orphans are ours. A process namespace has none left."""
    until = time.monotonic() + _GRACE
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        for line in Path("/proc/self/task").glob("*/children"):
            for orphan in line.read_text().split():
                os.kill(int(orphan), signal.SIGKILL)
        time.sleep(0.01)


if __name__ == "__main__":
    main()

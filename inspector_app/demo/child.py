"""Child processes that never outlive this one, not even when it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

_GRACE: Final = 8.0  # seconds between asking a child to stop and stopping it
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


@contextlib.asynccontextmanager
async def child(*command: str, log: Path) -> AsyncGenerator[Process]:
    """Run `command` in a process group of its own until the block ends.

    Ctrl-C on a terminal thus reaches only this process, which stops its children in order.

    Args:
        command: Program and arguments.
        log: Where its stdout and stderr go; begun anew.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "inspector_app.demo.child", str(os.getpid()), *command),
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), _GRACE)
        if process.returncode is None:
            process.kill()
        await process.wait()


def _become(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # The parent may have gone before the line above.
    if os.getppid() != parent:
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the caller's own command, no shell


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])

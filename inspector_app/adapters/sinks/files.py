"""A file that lines are added to: each is on the disk when `take` returns."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inspector_app.domain.errors import NotTaken
from inspector_app.services.ports import Line


class FileSink:
    """See ports.Sink. One JSON object a line; several processes may write to it."""

    def __init__(self, ident: str, path: Path) -> None:
        self.id = ident
        self.name = f"file {path.name}"
        self._path = path

    async def take(self, lines: Sequence[Line]) -> None:
        content = "".join(f"{each.text}\n" for each in lines).encode("utf-8", "surrogatepass")
        try:
            await asyncio.to_thread(self._append, content)
        except OSError as error:
            raise NotTaken(
                f"{self._path} cannot be written: {error.strerror or error}.",
                hint="Make room on its disk, or let Inspector's user write there.",
            ) from error

    async def lines(self) -> list[str]:
        """Read every whole line; none where there is no file."""
        return await asyncio.to_thread(self._lines)

    def _append(self, content: bytes) -> None:
        with self._held() as file:
            begun = _whole_length(file)
            os.ftruncate(file, begun)  # the rest of one who was killed: it is sent again
            try:
                _write_all(file, content)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, begun)  # half a line on a full disk
                raise

    def _lines(self) -> list[str]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NotTaken(f"{self._path} cannot be read: {error.strerror or error}.") from error
        whole, _, _ = content.rpartition(b"\n")
        return whole.decode("utf-8", "replace").splitlines()

    @contextmanager
    def _held(self) -> Generator[int]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _whole_length(file: int) -> int:
    """Return where the last whole line ends."""
    end, block = os.fstat(file).st_size, 4096
    while end:
        begin = max(0, end - block)
        found = os.pread(file, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]

"""The data folder: made at the first start, held by one running instance."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from inspector_app.domain.errors import Conflict, StorageUnavailable
from inspector_app.settings import KEY_FILE, Settings, load_settings

_LOCK_FILE = "instance.lock"
_LEAST_FREE_BYTES = 64 * 2**20  # below that SQLite's next checkpoint may not fit


def open_data_folder() -> Settings:
    """Make the data folder and, on loopback at the first start, its secret key.

    Returns:
        The settings, now with a key.

    Raises:
        SettingsError: The configuration does not parse.
        StorageUnavailable: The folder cannot be written to, or the disk is full.
    """
    settings = load_settings()
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < _LEAST_FREE_BYTES:
            raise StorageUnavailable(
                f"The disk under {folder} is full: {free // 2**20} MiB are free, "
                f"{_LEAST_FREE_BYTES // 2**20} MiB are needed.",
                hint="Free some space, or set INSPECTOR_DATA_DIR to a folder that has it.",
            )
        if settings.secret_keys:
            _probe(folder)
            return settings
        _make_key(folder / KEY_FILE)
    except OSError as error:
        raise StorageUnavailable(
            f"The data folder {folder} cannot be written to: {error.strerror or error}.",
            hint="Give this user the right to write there, or set INSPECTOR_DATA_DIR.",
        ) from error
    load_settings.cache_clear()
    return load_settings()


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Keep a second instance off this data folder; let go when the process ends, however.

    Raises:
        Conflict: Another process holds it.
    """
    handle = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            raise Conflict(
                f"Inspector already runs on the data folder {folder} (process {holder}).",
                hint="Stop that one, or set INSPECTOR_DATA_DIR and INSPECTOR_PORT for a second.",
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _make_key(path: Path) -> None:
    # Exclusive, so that two first starts at once cannot end with two keys.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")


def _probe(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    probe.touch()
    probe.unlink()

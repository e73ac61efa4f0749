"""`inspector-replay.pyz`: recorder and comparison in one file, for the user's own environment."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Final

import inspector_app

_ROOT: Final = Path(inspector_app.__file__).parent
_PACKED: Final = (
    "__init__.py",
    "replay/*.py",
    "domain/__init__.py",
    "domain/ids.py",
    "domain/errors.py",
    "domain/alignment.py",
    "domain/commands.py",
    "domain/divergence/*.py",
    "domain/explaining/*.py",
    "domain/histories.py",
    "domain/refusals.py",
    "domain/sdk_messages.py",
    "domain/replay_answers.py",
    "commands/__init__.py",
    "commands/packed.py",
)
_MAIN: Final = """\
import os
import sys

try:
    import temporalio
except ImportError:
    said = f"{sys.executable} has no temporalio: name the Python of your workers."
    if "--to" not in sys.argv:
        print(said, file=sys.stderr)
        sys.exit(2)
    report = '{"refused": "%s"}' % said
    os.write(int(sys.argv[sys.argv.index("--to") + 1]), f"{len(report)}\\n{report}".encode())
    sys.exit(0)
if sys.argv[1:2] == ["record"]:
    del sys.argv[1]
    from inspector_app.replay.reporting import main
else:
    from inspector_app.commands.packed import main
main()
"""


def packed() -> bytes:
    """Return the file's content, the same for the same sources."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for pattern in _PACKED:
            for path in sorted(_ROOT.glob(pattern)):
                _write(archive, f"inspector_app/{path.relative_to(_ROOT)}", path.read_text())
        _write(archive, "__main__.py", _MAIN)
    return b"#!/usr/bin/env python3\n" + content.getvalue()


def _write(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)

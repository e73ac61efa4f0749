"""Where the built frontend is, and what the server must know of it.

Reflex reads `rxconfig.py` and finds its web folder only from the working directory, so both
live in one folder, the bundle: `.web/` in a checkout, `_bundle/` inside an installed package.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from inspector_app.domain.errors import InspectorError

_PACKAGE: Final = Path(__file__).resolve().parent
WEB: Final = "web"
"""Reflex's web folder, relative to the bundle."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What travels with the code: Reflex's configuration, migrations and the built pages.

    Attributes:
        root: The folder that Reflex must find itself in.
        checkout: The repository it belongs to; None in an installed package.
    """

    root: Path
    checkout: Path | None

    @property
    def config(self) -> Path:
        """Reflex's configuration file."""
        return self.root / "rxconfig.py"

    @property
    def client(self) -> Path:
        """The static files that browsers load."""
        return self.root / WEB / "build" / "client"

    @property
    def migrations(self) -> Path:
        """Alembic's scripts."""
        return (self.checkout or self.root) / "alembic"


def bundle() -> Bundle:
    """Find the bundle of the code that is running; a checkout's may not be built yet."""
    installed = _PACKAGE / "_bundle"
    repository = _PACKAGE.parent
    if (repository / "pyproject.toml").is_file() and (repository / "rxconfig.py").is_file():
        return Bundle(repository / ".web", repository)
    return Bundle(installed, None)


def enter(bundle: Bundle, environ: MutableMapping[str, str]) -> None:
    """Make this process Reflex's production server for `bundle`, before Reflex is imported.

    Raises:
        InspectorError: The built frontend is not there.
    """
    if not (bundle.client / "index.html").is_file():
        raise InspectorError(
            f"The built frontend is missing from {bundle.root}.",
            hint="Install the package again, or in a checkout: make run.",
        )
    # Any field of Reflex's configuration can be overridden from outside, its origins included.
    for name in [name for name in environ if name.startswith(("REFLEX_", "__REFLEX_"))]:
        del environ[name]
    environ.update(
        {
            "REFLEX_ENV_MODE": "prod",
            "REFLEX_WEB_WORKDIR": WEB,
            "__REFLEX_SKIP_COMPILE": "true",
            "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
            "REFLEX_CHECK_LATEST_VERSION": "false",
        }
    )
    os.chdir(bundle.root)


def require_own_config() -> None:
    """Stop unless Reflex has read our configuration.

    Started from another folder, Reflex silently takes what it finds there, or defaults that
    open the websocket to every origin.

    Raises:
        SystemExit: It has not; the one line says how to start instead.
    """
    from reflex.config import get_config

    get_config()
    ours = bundle().config.resolve()
    read = getattr(sys.modules.get("rxconfig"), "__file__", None)
    if read is None or Path(read).resolve() != ours:
        found = "no rxconfig.py" if read is None else read
        raise SystemExit(
            f"inspector: Reflex has read {found} instead of {ours}: "
            "start Inspector with `inspector serve`."
        )


def script_hashes(bundle: Bundle) -> frozenset[str]:
    """Return a CSP source (`'sha256-…'`) for every inline script in the built pages."""
    found: set[str] = set()
    for page in bundle.client.rglob("*.html"):
        scripts = _InlineScripts()
        scripts.feed(page.read_text(encoding="utf-8"))
        scripts.close()
        found |= scripts.sources
    return frozenset(found)


class _InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.sources: set[str] = set()
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and not any(name == "src" for name, _ in attrs):
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._text is not None:
            digest = hashlib.sha256("".join(self._text).encode()).digest()
            self.sources.add(f"'sha256-{base64.b64encode(digest).decode()}'")
            self._text = None

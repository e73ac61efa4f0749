"""Reflex's own configuration; everything an operator sets is in inspector_app/settings.py."""

import reflex as rx

from inspector_app.settings import load_settings

_settings = load_settings()

config = rx.Config(
    app_name="inspector_app",
    # The second line behind our own guard: exactly one origin may open the websocket.
    cors_allowed_origins=[_settings.public_url],
    # Memory for one process, Redis for several; never Reflex's default, which pickles to disk.
    state_manager_mode=rx.constants.StateManagerMode.REDIS
    if _settings.redis_url
    else rx.constants.StateManagerMode.MEMORY,
    redis_url=_settings.redis_url,
    # An event may wait as long as the database may take, and lose nothing.
    redis_lock_expiration=30_000,
    redis_lock_warning_threshold=20_000,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    disable_plugins=[rx.plugins.SitemapPlugin],
)

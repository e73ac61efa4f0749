"""The `inspector` command."""

from __future__ import annotations

import os
import sys
from typing import Final

import typer

from inspector_app import logs
from inspector_app.commands import (
    audit,
    config,
    doctor,
    openapi,
    providers,
    replay,
    secrets,
    serve,
    tenants,
    terminal,
    tokens,
    users,
)
from inspector_app.domain.errors import InspectorError

# A group without a name puts its commands at the top: `inspector serve`.
_GROUPS: Final[tuple[tuple[str | None, typer.Typer], ...]] = (
    (None, serve.commands),
    (None, doctor.commands),
    (None, openapi.commands),
    ("config", config.commands),
    ("tenant", tenants.tenants),
    ("cluster", tenants.clusters),
    ("namespace", tenants.namespaces),
    ("provider", providers.commands),
    ("user", users.commands),
    ("token", tokens.commands),
    ("audit", audit.commands),
    ("secrets", secrets.commands),
    ("replay", replay.commands),
)

app = typer.Typer(
    name="inspector",
    help="A control room for workflows on Temporal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _name, _commands in _GROUPS:
    app.add_typer(_commands, name=_name)


def run() -> None:
    """Run one command; a failure that Inspector explains is a line on stderr and exit 2."""
    logs.to_stderr(everything=False)
    try:
        app()
    except InspectorError as error:
        terminal.explain(error, as_json="--json" in sys.argv)
        sys.exit(terminal.WRONG_USE)


def main() -> None:
    """Run one command, and end the process with it.

    A connection that temporalio's core still tries may call back while Python takes itself apart,
    which would abort the process after its work is done: nobody is waited for.
    """
    try:
        run()
    except SystemExit as done:
        if isinstance(done.code, str):
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(done.code or 0)

"""`inspector openapi`."""

from __future__ import annotations

import typer

from inspector_app.commands.terminal import AsJson, answer

commands = typer.Typer()


@commands.command()
def openapi(*, as_json: AsJson = False) -> None:
    """Print the API's OpenAPI document as YAML."""
    import yaml

    from inspector_app.wiring import api

    document: dict[str, object] = api().openapi()
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=99)
    answer(document, text.rstrip("\n"), as_json=as_json)

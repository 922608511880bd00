"""``stream-bridge config``: about bridge.yaml itself."""

from __future__ import annotations

import typer

from bridge.cli.console.output import Console, ExitCode

app = typer.Typer(help="About bridge.yaml itself.", no_args_is_help=False)


@app.command()
def schema(context: typer.Context) -> int:
    """Print the JSON Schema of bridge.yaml, for editors."""
    from bridge.settings.schema import config_schema

    console: Console = context.obj
    console.write_json(config_schema())
    return ExitCode.OK

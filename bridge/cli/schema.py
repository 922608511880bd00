"""``stream-bridge schema``: the verbs around the registry of event schemas, a file for each group of them."""

from __future__ import annotations

import typer

app = typer.Typer(help="Event schemas: lint, prove compatibility, publish, generate.", no_args_is_help=True)

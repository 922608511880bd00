"""``stream-bridge schema``: the verbs around the registry of event schemas, a file for each group of them."""

from __future__ import annotations

import typer

from bridge.cli.schema.generate import asyncapi
from bridge.cli.schema.author import bump, new
from bridge.cli.schema.check import check
from bridge.cli.schema.codegen import codegen
from bridge.cli.schema.diff import changelog, diff
from bridge.cli.schema.impact import impact
from bridge.cli.schema.infer import infer
from bridge.cli.schema.lint import lint
from bridge.cli.schema.list import list_types, show
from bridge.cli.schema.lock import lock
from bridge.cli.schema.publish import publish
from bridge.cli.schema.test_live import try_events

app = typer.Typer(help="Event schemas: lint, prove compatibility, publish, generate.", no_args_is_help=True)
app.command()(lint)
app.command()(check)
app.command()(diff)
app.command()(changelog)
app.command()(new)
app.command()(bump)
app.command()(lock)
app.command("list")(list_types)
app.command()(show)
app.command()(publish)
app.command()(impact)
app.command("test-live")(try_events)
app.command()(codegen)
app.command()(asyncapi)
app.command()(infer)

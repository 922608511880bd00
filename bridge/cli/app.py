"""The command line: which verbs there are. Heavy parts are imported by the verb that needs them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated

import typer

from bridge import __version__
from bridge.cli.console.output import Console, ExitCode, report_defect, run_verb
from bridge.cli.events import pattern
from bridge.cli.events.tail import tail
from bridge.cli.quarantine import verbs as quarantine
from bridge.cli.quarantine.redrive import redrive
from bridge.cli.quarantine.retry import retry
from bridge.cli.reconcile import first_contact
from bridge.cli.reconcile import verbs as reconcile
from bridge.cli.records.invoke import invoke
from bridge.cli.records.render import render
from bridge.cli.schema import verbs as schema
from bridge.cli.setup import config, infra
from bridge.cli.setup.check import check
from bridge.cli.setup.init import init
from bridge.cli.stream.demo import demo
from bridge.cli.stream.doctor import doctor
from bridge.cli.stream.run import run as run_tables

app = typer.Typer(
    name="stream-bridge",
    help="DynamoDB stream changes as versioned, validated CloudEvents, with nothing lost in silence.",
    epilog="Exit codes: 0 ok, 1 error or bad usage, 2 differences found, 3 bad configuration, 4 partly done.",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(config.app, name="config")
app.add_typer(infra.app, name="infra")
app.add_typer(pattern.app, name="pattern")
quarantine.app.command("retry")(retry)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(schema.app, name="schema")
app.command()(init)
app.command()(check)
app.command()(doctor)
app.command()(render)
app.command()(invoke)
app.command()(tail)
app.command("run")(run_tables)
app.command()(redrive)
app.command()(first_contact.seed)
app.command()(first_contact.backfill)
app.command()(demo)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", envvar="STREAM_BRIDGE_DEBUG", help="Show tracebacks.")
    ] = False,
) -> None:
    console: Console = context.obj
    console.debug = debug
    if version:
        console.show(f"stream-bridge {__version__}")
        raise typer.Exit(ExitCode.OK)
    if context.invoked_subcommand is None:
        context.get_help()  # prints
        raise typer.Exit(ExitCode.ERROR)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and answer its exit code."""
    console = Console()

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if console.debug:
            sys.__excepthook__(kind, error, trace)
        else:
            report_defect(console, error)

    # Python ends with status 1 after the hook: the outermost handler, without a broad except.
    sys.excepthook = report
    # Not `app()`: that would put typer's own hook in place of ours.
    command = typer.main.get_command(app)
    words = None if arguments is None else list(arguments)
    return run_verb(
        console,
        lambda: command.main(words, prog_name="stream-bridge", standalone_mode=False, obj=console),
    )

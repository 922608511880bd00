"""The command line: which verbs there are. Heavy parts are imported by the verb that needs them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Annotated, Final

import typer

from bridge import __version__
from bridge.cli.console.output import Console, ExitCode, ended_by_signals, report_defect, run_verb
from bridge.cli.console.verbs import Group
from bridge.cli.events import pattern
from bridge.cli.events.tail import tail
from bridge.cli.quarantine import verbs as quarantine
from bridge.cli.quarantine.redrive import redrive
from bridge.cli.quarantine.retry import retry
from bridge.cli.reconcile import verbs as reconcile
from bridge.cli.records.invoke import invoke
from bridge.cli.records.render import render
from bridge.cli.schema.author import bump, new
from bridge.cli.schema.changelog import changelog
from bridge.cli.schema.check import check as check_schemas
from bridge.cli.schema.check import lint
from bridge.cli.schema.diff import diff
from bridge.cli.schema.generate import asyncapi, codegen
from bridge.cli.schema.impact import impact
from bridge.cli.schema.infer import infer
from bridge.cli.schema.list import list_types, show
from bridge.cli.schema.lock import lock
from bridge.cli.schema.publish import publish
from bridge.cli.schema.renumber import renumber
from bridge.cli.schema.test_live import try_events
from bridge.cli.schema.upcasts import upcasts
from bridge.cli.setup import infra
from bridge.cli.setup.check import check, print_schema
from bridge.cli.setup.init import init
from bridge.cli.stream.demo import demo
from bridge.cli.stream.doctor import doctor
from bridge.cli.stream.run import run as run_tables

Verb = Callable[..., int]

VERBS: Final[dict[str, Verb]] = {
    "init": init,
    "check": check,
    "doctor": doctor,
    "render": render,
    "invoke": invoke,
    "tail": tail,
    "run": run_tables,
    "redrive": redrive,
    "seed": reconcile.seed,
    "backfill": reconcile.backfill,
    "demo": demo,
}
GROUPS: Final[dict[str, tuple[str, dict[str, Verb]]]] = {
    "config": ("Print the JSON Schema of bridge.yaml.", {"schema": print_schema}),
    "infra": (
        "Render what the templates in infra/ need from the configuration.",
        {"render": infra.render, "diff": infra.diff},
    ),
    "quarantine": (
        "List, show and export quarantined records, which removes nothing, and retry them.",
        {
            "list": quarantine.list_entries,
            "show": quarantine.show,
            "export": quarantine.export,
            "retry": retry,
        },
    ),
    "reconcile": (
        "Compare a table with its ledger: find, confirm and re-emit missed changes.",
        {
            "plan": reconcile.plan,
            "run": reconcile.run,
            "resume": reconcile.resume,
            "status": reconcile.status,
            "report": reconcile.report,
        },
    ),
    "schema": (
        "Lint event schemas, prove that they are compatible, publish them and generate code.",
        {
            "lint": lint,
            "check": check_schemas,
            "diff": diff,
            "changelog": changelog,
            "new": new,
            "bump": bump,
            "renumber": renumber,
            "lock": lock,
            "list": list_types,
            "show": show,
            "publish": publish,
            "impact": impact,
            "test-live": try_events,
            "codegen": codegen,
            "asyncapi": asyncapi,
            "upcasts": upcasts,
            "infer": infer,
        },
    ),
}

app = Group(
    name="stream-bridge",
    help="Turn DynamoDB stream changes into versioned, validated CloudEvents. No change is lost in silence.",
    epilog="Exit codes: 0 ok, 1 error or bad usage, 2 differences found, 3 bad configuration, 4 partly done.",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, verb in VERBS.items():
    app.add(verb, name)
app.add_typer(pattern.app, name="pattern")
for name, (summary, verbs) in GROUPS.items():
    group = Group(help=summary, no_args_is_help=True)
    for verb_name, verb in verbs.items():
        group.add(verb, verb_name)
    app.add_typer(group, name=name)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
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
    """Run one command line (by default the process's own) and return its exit code."""
    console = Console()

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if console.debug:
            sys.__excepthook__(kind, error, trace)
        else:
            report_defect(console, error)

    # Python exits with status 1 after the hook: the outermost handler, without a broad except.
    sys.excepthook = report
    # Not `app()`: that would replace this hook with Typer's own.
    command = typer.main.get_command(app)
    words = None if arguments is None else list(arguments)
    with ended_by_signals():
        return run_verb(
            console,
            lambda: command.main(words, prog_name="stream-bridge", standalone_mode=False, obj=console),
        )

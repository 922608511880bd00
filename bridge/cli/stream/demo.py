"""``stream-bridge demo``: the main job on an embedded AWS, and a loss mended, watched live and checked."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, ExitCode, Output

if TYPE_CHECKING:
    from bridge.demo.checks import Check
    from bridge.demo.environment import DemoEnvironment
    from bridge.demo.recovery import Recovery

_PLAY_S = 6.0  # what a demonstration on a terminal may take longer, so that eyes can follow
_PAUSE_S = 0.1
_FEW_CHANGES = 10


def demo(
    context: typer.Context,
    changes: Annotated[int, typer.Option("--changes", min=1, max=2000, help="How many changes.")] = 60,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running at the end, to point tools at.")
    ] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Watch a table's changes reach a bus and a topic, on an AWS that lives in a child process.

    Then some changes are lost on purpose, and `reconcile` finds and tells them. Exits 0 only if every change
    is accounted for and what the subscribers have agrees with the tables, before the loss and after it.
    """
    from bridge.cli.console.live import ConsoleLines
    from bridge.cli.stream.demo_view import StageView
    from bridge.demo.environment import DemoEnvironment
    from bridge.demo.recovery import run_recovery
    from bridge.demo.workload import steps
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.edges.local.clock import SystemClock
    from bridge.edges.local.embedded import EmbeddedAws
    from bridge.wiring.clients import client_factory

    console: Console = context.obj
    clock = SystemClock()
    began_s = clock.monotonic()
    quiet_libraries()
    # Handing back and quarantine are part of the play and shown by it: only what is wrong is logged.
    telemetry = LineTelemetry(ConsoleLines(console), level="error")
    with (
        _ended_by_sigterm(),
        tempfile.TemporaryDirectory(prefix="stream-bridge-demo-") as folder,
        EmbeddedAws() as server,
        _environment(server.environ),
    ):
        view = StageView(console, changes)
        view.opening(server.endpoint_url, clock.monotonic() - began_s)
        clients = partial(client_factory, endpoint_url=server.endpoint_url)
        throttled_call = 1 if changes < _FEW_CHANGES else 2
        with DemoEnvironment(
            clients, Path(folder), view, telemetry, clock, throttled_call=throttled_call
        ) as stage:
            view.scenery(stage.resources)
            pause_s = min(_PAUSE_S, _PLAY_S / changes) if console.err.is_terminal else 0.0
            stage.write(steps(changes), pause_s=pause_s)
            stage.settle(changes)
            checks = stage.check(changes)
            view.quarantine(stage.quarantined())
            act = run_recovery(stage, view)
            checks += act.checks
            _report(console, view, stage, checks, act, output, took_s=clock.monotonic() - began_s)
            if keep:
                _keep(console, view, stage, server.environ)
    return ExitCode.OK if all(check.kept for check in checks) else ExitCode.ERROR


def _report(
    console: Console,
    view: Any,
    stage: DemoEnvironment,
    checks: list[Check],
    act: Recovery,
    output: Output,
    *,
    took_s: float,
) -> None:
    if output is Output.TEXT:
        view.verdict(stage.account, checks, took_s)
    else:
        account = stage.account
        console.write_json(
            {
                "ok": all(check.kept for check in checks),
                "account": {**asdict(account), "adds_up": account.adds_up},
                "subscribers": {each.name: len(each.events) for each in (stage.bus, stage.feed)},
                "throttled_calls": view.throttled_calls,
                "quarantined": [
                    {"record_id": entry.record_id, "table": entry.table, "reason": entry.reason}
                    for entry in stage.quarantined()
                ],
                "recovery": act.as_document(),
                "checks": [asdict(check) for check in checks],
                "took_s": round(took_s, 3),
            }
        )
    console.flush()


def _keep(console: Console, view: Any, stage: DemoEnvironment, environ: Mapping[str, str]) -> None:
    """The bridge goes on in its threads until Ctrl-C; what it publishes now stays in the queues."""
    from bridge.cli.console.live import progress_line

    view.tools(stage.resources, environ, stage.quarantine.path)
    console.flush()
    reported = stage.account
    try:
        while not stage.runners.wait(0.5):
            account = stage.account
            if account != reported:
                console.say(progress_line(account))
                reported = account
        stage.runners.stats()
    except KeyboardInterrupt:
        console.say("ending: the embedded AWS and all it held go away", style="dim")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the demonstration as Ctrl-C does, so that nothing is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Only these AWS variables: a profile, a region or credentials of the caller reach no client here."""
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in before:
        del os.environ[name]
    os.environ.update(environ)
    try:
        yield
    finally:
        for name in environ:
            os.environ.pop(name, None)
        os.environ.update(before)

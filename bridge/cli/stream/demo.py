"""``stream-bridge demo``: the bridge on an embedded AWS, and recovery from a loss, shown live and checked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.console.options import OutputOption
from bridge.cli.console.output import Console, Ended, ExitCode, Output

if TYPE_CHECKING:
    from bridge.demo.checks import Check
    from bridge.demo.environment import DemoEnvironment
    from bridge.demo.recovery import Recovery

_SLOWER_S = 6.0  # how much longer the demo may take on a terminal, so that people can follow
_PAUSE_S = 0.1
_FEW_CHANGES = 10


def demo(
    console: Console,
    changes: Annotated[int, typer.Option(min=1, max=2000, help="Changes to write.")] = 60,
    keep: Annotated[bool, typer.Option(help="Leave everything running at the end, for other tools.")] = False,
    output: OutputOption = Output.TEXT,
) -> int:
    """Publish the changes of tables to a bus and a topic, on an embedded AWS in a child process.

    Then some changes are lost on purpose, and `reconcile` finds and re-emits them. Exits 0 only if every
    change is accounted for and the subscribers' copies agree with the tables, before the loss and after it.
    """
    from bridge.cli.console.live import ConsoleLines
    from bridge.cli.stream.demo_view import DemoView
    from bridge.demo.environment import DemoEnvironment
    from bridge.demo.recovery import run_recovery
    from bridge.demo.workload import steps
    from bridge.edges.cloudwatch.telemetry import LineTelemetry, quiet_libraries
    from bridge.edges.local.clock import SystemClock
    from bridge.edges.local.embedded import EmbeddedAws
    from bridge.wiring.clients import client_factory

    clock = SystemClock()
    began_s = clock.monotonic()
    quiet_libraries()
    # Returned and quarantined records are part of the demo, which shows them: only errors are logged.
    telemetry = LineTelemetry(ConsoleLines(console), level="error")
    with (
        tempfile.TemporaryDirectory(prefix="stream-bridge-demo-") as folder,
        EmbeddedAws() as server,
        _environment(server.environ),
    ):
        view = DemoView(console, changes)
        view.started(server.endpoint_url, clock.monotonic() - began_s)
        clients = partial(client_factory, endpoint_url=server.endpoint_url)
        throttled_call = 1 if changes < _FEW_CHANGES else 2
        with DemoEnvironment(
            clients, Path(folder), view, telemetry, clock, throttled_call=throttled_call
        ) as running:
            view.resources(running.resources)
            pause_s = min(_PAUSE_S, _SLOWER_S / changes) if console.err.is_terminal else 0.0
            running.write(steps(changes), pause_s=pause_s)
            running.settle(changes)
            checks = running.check(changes)
            view.quarantine(running.quarantined())
            recovery = run_recovery(running, view)
            checks += recovery.checks
            _report(console, view, running, checks, recovery, output, took_s=clock.monotonic() - began_s)
            if keep:
                _keep(console, view, running, server.environ)
    return ExitCode.OK if all(check.kept for check in checks) else ExitCode.ERROR


def _report(
    console: Console,
    view: Any,
    running: DemoEnvironment,
    checks: list[Check],
    recovery: Recovery,
    output: Output,
    *,
    took_s: float,
) -> None:
    from bridge.demo.environment import single_table

    if output is Output.TEXT:
        view.verdict(running.account, checks, took_s)
    else:
        account = running.account
        console.write_json(
            {
                "ok": all(check.kept for check in checks),
                "account": {**asdict(account), "adds_up": account.adds_up},
                "subscribers": {each.name: len(each.events) for each in (running.bus, running.feed)},
                "single_table": single_table(running),
                "throttled_calls": view.throttled_calls,
                "quarantined": [
                    {"record_id": entry.record_id, "table": entry.table, "reason": entry.reason}
                    for entry in running.quarantined()
                ],
                "recovery": recovery.as_document(),
                "checks": [asdict(check) for check in checks],
                "took_s": round(took_s, 3),
            }
        )
    console.flush()


def _keep(console: Console, view: Any, running: DemoEnvironment, environ: Mapping[str, str]) -> None:
    """The bridge continues in its threads until Ctrl-C; what it publishes now stays in the queues."""
    from bridge.cli.console.live import progress_line
    from bridge.demo.kept import keep

    view.tools(keep(running, environ))
    console.flush()
    reported = running.account
    try:
        while not running.runners.wait(0.5):
            account = running.account
            if account != reported:
                console.say(progress_line(account))
                reported = account
        running.runners.stats()
    except (KeyboardInterrupt, Ended):
        console.say("stopping: the embedded AWS and all its data are removed", style="dim")


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Set only these AWS variables: no client here gets a profile, a region or credentials of the caller."""
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

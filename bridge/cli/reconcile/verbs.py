"""``stream-bridge reconcile``, ``seed`` and ``backfill``: what is done for a whole table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cli.console.options import OutputOption, check_writable
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.reconcile.build import build, stored_report, stored_state
from bridge.cli.reconcile.options import Backfilled, Given, HtmlOption, Planned, Resumed, Run, Seeded, Stored
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.reconcile import Mode


def plan(
    console: Console, given: Planned, html: HtmlOption = None, output: OutputOption = Output.TEXT
) -> int:
    """Find and confirm missed changes, and publish nothing.

    Exits 2 when changes were missed, or when something could not be compared.
    """
    return _work(console, given, "plan", output, html)


def run(console: Console, given: Run, html: HtmlOption = None, output: OutputOption = Output.TEXT) -> int:
    """Find, confirm and re-emit missed changes. Exits 4 when some of them could not be published."""
    return _work(console, given, "run", output, html)


def resume(
    console: Console, given: Resumed, html: HtmlOption = None, output: OutputOption = Output.TEXT
) -> int:
    """Continue the run that was interrupted, of any kind, after the last page that is done."""
    return _work(console, given, "run", output, html, resumed=True)


def seed(console: Console, given: Seeded, output: OutputOption = Output.TEXT) -> int:
    """Write ledger rows for the items of a table that existed before the bridge. Publishes no event."""
    return _work(console, given, "seed", output)


def backfill(console: Console, given: Backfilled, output: OutputOption = Output.TEXT) -> int:
    """Publish every item of a table as a snapshot event.

    Without --max-emit the number of events is not limited.
    """
    return _work(console, given, "backfill", output)


def status(console: Console, given: Stored, output: OutputOption = Output.TEXT) -> int:
    """Show the progress of a table's latest run. Reads only the place where runs are stored."""
    name, found, history = stored_state(given)
    if output is Output.JSON:
        console.write_json({"table": name, "run": found.as_document() if found else None, **history})
        return ExitCode.OK
    if found is None:
        console.show(f"{name}: no run yet")
        return ExitCode.OK
    where = (
        "is complete"
        if found.phase == "done"
        else f"is in phase {found.phase}; `reconcile resume` continues it"
    )
    console.show(f"{name}: {found.mode} {found.run} {where}")
    last = history["last_complete"]
    age = "none" if last is None else f"{last['age_s'] / 3600:.1f} h ago"
    console.show(f"last complete reconciliation: {age}")
    return ExitCode.OK


def report(
    console: Console, given: Stored, html: HtmlOption = None, output: OutputOption = Output.TEXT
) -> int:
    """Show the report of the latest run that ended or was stopped."""
    name, found = stored_report(given)
    if found is None:
        console.fail(f"{name} has no report yet", "`stream-bridge reconcile plan` makes one")
        return ExitCode.ERROR
    _show(console, found, output, html)
    return ExitCode.OK


def _work(
    console: Console,
    given: Given,
    mode: Mode,
    output: Output,
    html: Path | None = None,
    *,
    resumed: bool = False,
) -> int:
    """Run ``mode`` to its end, or until a signal stops it, and show its report. Returns the exit code."""
    from threading import Event

    from bridge.cli.console.live import calm_collector, stopped_by_signals
    from bridge.cli.reconcile.view import ProgressLine

    if html is not None:
        check_writable("--html", html)
    reconciler, options = build(console, given, mode, resumed=resumed)
    stop = Event()
    note = "finished work is saved; `stream-bridge reconcile resume` continues"
    steps = reconciler.steps(mode, options, resume=resumed, take_over=given.take_over)
    with (
        calm_collector(),
        stopped_by_signals(stop.set, console, finished=note) as signals,
        ProgressLine(console) as line,
    ):
        for progress in steps:
            if progress.notice:
                console.say(progress.notice, style="yellow")
                continue
            line.report(progress)
            if stop.is_set():
                steps.close()  # type: ignore[attr-defined]
                return 128 + signals[0]
    found = reconciler.report() or {}
    _show(console, found, output, html)
    if found["unsent"]:
        return ExitCode.PARTLY
    # What could not be compared is no difference, but it must not be taken for "matching".
    open_ends = found["blocked"]["count"] or found["not_comparable"]
    if found["mode"] == "plan" and (sum(found["missed"].values()) or open_ends):
        return ExitCode.DIFFERENCES
    return ExitCode.PARTLY if open_ends else ExitCode.OK


def _show(console: Console, found: dict[str, Any], output: Output, html: Path | None) -> None:
    """Print a report in the requested form; also write it as a page if ``html`` is given."""
    from rich.text import Text

    from bridge.cli.reconcile.view import report_lines, style_of
    from bridge.reconcile.page import render_page

    if output is Output.JSON:
        console.write_json(found)
    else:
        first, *rest = report_lines(found)
        console.show(Text(first, style=style_of(found)), *rest)
    if html is not None:  # last: what was found and sent is shown even if the page cannot be written
        try:
            html.write_text(render_page(found), encoding="utf-8")
        except OSError as error:
            raise BridgeError(
                f"{html}: the page cannot be written: {error.strerror}",
                hint="the run itself ended as shown above; `stream-bridge reconcile report --html FILE` "
                "writes the page again",
            ) from error

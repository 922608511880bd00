"""A reconciliation under way in a terminal: begun, watched, stopped, and what it found shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cli.console.collector import calm_collector
from bridge.cli.console.output import Console, ExitCode, Output
from bridge.cli.reconcile.build import Given, build

if TYPE_CHECKING:
    from bridge.reconcile import Mode


def work(
    console: Console,
    given: Given,
    mode: Mode,
    output: Output,
    html: Path | None,
    *,
    take_over: bool,
    resumed: bool = False,
) -> int:
    """A run of ``mode`` to its end, or until it is stopped; its report shown. Answers the exit code."""
    from threading import Event

    from bridge.cli.console.live import stopped_by_signals
    from bridge.cli.reconcile.view import ProgressLine

    reconciler, options = build(console, given, mode, resumed=resumed)
    stop = Event()
    note = "what is done is kept; `stream-bridge reconcile resume` goes on"
    steps = reconciler.steps(mode, options, resume=resumed, take_over=take_over)
    with (
        calm_collector(),
        stopped_by_signals(stop.set, console, finished=note),
        ProgressLine(console) as line,
    ):
        for progress in steps:
            if progress.notice:
                console.say(progress.notice, style="yellow")
                continue
            line.report(progress)
            if stop.is_set():
                steps.close()  # type: ignore[attr-defined]
                return ExitCode.PARTLY
    found = reconciler.report() or {}
    show(console, found, output, html)
    if found["unsent"]:
        return ExitCode.PARTLY
    # What could not be compared is no difference, but nobody may take it for "in step".
    open_ends = found["blocked"]["count"] or found["not_comparable"]
    if found["mode"] == "plan" and (sum(found["missed"].values()) or open_ends):
        return ExitCode.DIFFERENCES
    return ExitCode.PARTLY if open_ends else ExitCode.OK


def show(console: Console, found: dict[str, Any], output: Output, html: Path | None) -> None:
    """A report, in the form that is asked for, and as a page where there is to be one."""
    from bridge.cli.reconcile.view import report_lines
    from bridge.reconcile.page import render_page

    if html is not None:
        html.write_text(render_page(found), encoding="utf-8")
    if output is Output.JSON:
        console.write_json(found)
    else:
        console.show(*report_lines(found))

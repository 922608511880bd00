"""A reconciliation on a terminal and in a log: its progress and its report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from bridge.cli.console.live import LINE_EVERY_S, StatusLine
from bridge.cli.console.output import Console, plural
from bridge.reconcile import Progress
from bridge.reconcile.page import headline, undecided

_PHASES = {
    "table": "reading the table",
    "ledger": "reading the ledger",
    "keys": "reading the keys",
    "wait": "waiting for changes in flight, seconds",
    "confirm": "reading again",
    "emit": "publishing",
    "seed": "writing ledger rows",
    "backfill": "publishing snapshots",
}


class ProgressLine(StatusLine):
    """The progress of the current phase."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._phase = ""
        self._since_s = 0.0
        self._from = 0

    def report(self, progress: Progress) -> None:
        now_s = time.monotonic()
        if progress.phase != self._phase:
            self._phase, self._since_s, self._from = progress.phase, now_s, progress.done
            self._due_s = now_s + LINE_EVERY_S
        self.update(progress_line(progress, progress.done - self._from, now_s - self._since_s))


def progress_line(progress: Progress, done_since: int, seconds: float) -> str:
    """Rate and remaining time are of this phase in this process."""
    what = _PHASES.get(progress.phase, progress.phase)
    parts = [f"{what}: {progress.done:,}" + (f" of about {progress.about:,}" if progress.about else "")]
    if progress.about:
        parts.append(f"{min(1.0, progress.done / progress.about):.0%}")
    rate = done_since / seconds if seconds > 0 else 0.0
    if progress.phase != "wait" and rate > 0:
        parts.append(f"{rate:,.0f}/s")
        if progress.about > progress.done:
            parts.append(f"{_span(int((progress.about - progress.done) / rate))} left")
    parts += [f"{count:,} {_words(name)}" for name, count in progress.found.items()]
    if progress.units:
        parts.append(f"{progress.units:,.0f} read units")
    return ", ".join(parts)


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes}:{seconds:02d} min"


def _words(name: str) -> str:
    return name.replace("_", " ")


def style_of(report: Mapping[str, Any]) -> str:
    """Green only for an all-clear."""
    if report["stopped"] or sum(report["missed"].values()) or report["blocked"]["count"]:
        return "red"
    return "green" if report["complete"] and not undecided(report) else "yellow"


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """A report as text."""
    cost = report["cost"]
    missed = "  ".join(f"{kind} {count:,}" for kind, count in report["missed"].items())
    lines = [
        headline(report),
        f"  compared {plural(report['compared'], 'item')} and {plural(report['rows'], 'ledger row')}",
        "  "
        + ", ".join(f"{_words(name)} {report[name]:,}" for name in ("matching", "filtered", "in_flight")),
        f"  missed: {missed}",
    ]
    lines += [f"    {name}: {count:,}" for name, count in report["by_type"].items()]
    for entity, counts in report.get("by_entity", {}).items():
        found = "  ".join(f"{_words(name)} {count:,}" for name, count in counts.items())
        lines.append(f"  entity {entity}: {found}")
    if unselected := report.get("no_entity"):
        lines.append(f"  of no entity, or of one that is not selected: {plural(unselected, 'item')}")
    if report["reemitted"]:
        sent = "  ".join(f"{kind} {count:,}" for kind, count in report["reemitted"].items())
        lines.append(f"  re-emitted: {sent} ({plural(report['events'], 'event')})")
    for name in (
        "without_event",
        "gaps",
        "overtaken",
        "unsent",
        "undecodable",
        "skipped",
        "not_selected",
        "not_comparable",
        "refreshed",
        "snapshots",
    ):
        if report[name]:
            lines.append(f"  {_words(name)}: {report[name]:,}")
    lines += [f"  {note}" for note in report.get("notes", ())]
    for reason, count in report["blocked"]["by_reason"].items():
        lines.append(f"  blocked: {reason} {count:,}")
    lines += [
        f"    key {each['key_hash']} {each['type']}: {each['hint']}"
        for each in report["blocked"]["examples"][:5]
    ]
    lines.append(
        f"  cost: {cost['table_read_units']:,.1f} read units of the table, about "
        f"{cost['ledger_read_units_estimated']:,.0f} of the ledger: {cost['money']:.4f} {cost['currency']} "
        "at on-demand prices"
    )
    last = report["last_complete"]
    if last is not None:
        lines.append(f"  last complete run before: {last['age_s'] / 3600:.1f} h ago ({last['mode']})")
    return lines

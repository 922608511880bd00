"""What a run found and did, as one JSON document; and the short history of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bridge.ports.run_store import Document
from bridge.reconcile.counts import Counts
from bridge.reconcile.options import Price
from bridge.reconcile.state import RunState

HISTORY_MAX: Final = 200
KINDS: Final = ("insert", "modify", "remove")
GAPS_NOTE: Final = (
    "gaps: changes were lost and overtaken by later ones. Those told the whole item, but types on changed "
    "attributes may not have heard of what was lost; from now on, ledger.keep: fields would tell"
)


def build_report(
    state: RunState,
    counts: Counts,
    history: Sequence[Document],
    *,
    now_s: float,
    price: Price,
    whole: bool,
    limits: Mapping[str, int],
) -> dict[str, Any]:
    """``whole``: the run looked at everything and every type. ``history`` are earlier runs, oldest first."""
    complete = state.phase == "done"
    read_units = counts.units["read_units"] + counts.units["ledger_units"]
    return {
        "format": 1,
        "table": state.table,
        "run": state.run,
        "mode": state.mode,
        "phase": state.phase,
        "complete": complete,
        "whole": whole and not counts["other_fingerprint_version"],
        "stopped": state.stopped,
        "started": iso(state.started),
        "ended": iso(state.ended or now_s),
        "duration_s": round((state.ended or now_s) - state.started, 3),
        "scanned": counts["scanned"],
        "rows": counts["rows"],
        "matching": counts["matching"],
        "filtered": counts["filtered"],
        "suspects": counts["suspects"],
        "in_flight": counts["in_flight"],
        "missed": {kind: counts[f"missed_{kind}"] for kind in KINDS},
        "without_event": counts["without_event"],
        "not_selected": counts["not_selected"],
        "gaps": counts["gaps"],
        "other_fingerprint_version": counts["other_fingerprint_version"],
        "refreshed": counts["refreshed"],
        "notes": _notes(state.table, counts),
        "by_type": dict(sorted(counts.types.items())),
        "emitted": {
            kind: counts[f"emitted_{kind}"] for kind in (*KINDS, "snapshot") if counts[f"emitted_{kind}"]
        },
        "events": counts["events"],
        "settled": counts["settled"],
        "overtaken": counts["overtaken"],
        "unsent": counts["unsent"],
        "blocked": {
            "count": counts["blocked"],
            "by_reason": dict(sorted(counts.blocked.items())),
            "examples": counts.examples,
        },
        "undecodable": counts["undecodable"],
        "skipped": counts["skipped"],
        "limits": dict(limits),
        "cost": {
            "table_read_units": round(counts.units["read_units"], 1),
            "ledger_read_units_estimated": round(counts.units["ledger_units"], 1),
            "ledger_write_units_estimated": counts["settled"] + counts["overtaken"],
            "money": round(price.cost(read_units, counts["settled"] + counts["overtaken"]), 6),
            "currency": price.currency,
        },
        "last_complete": last_complete(history, now_s),
        "history": [dict(each) for each in history],
    }


def _notes(table: str, counts: Counts) -> list[str]:
    notes = [GAPS_NOTE] if counts["gaps"] else []
    return (
        [*notes, fingerprint_version_note(table, counts["other_fingerprint_version"])]
        if counts["other_fingerprint_version"]
        else notes
    )


def fingerprint_version_note(table: str, rows: int) -> str:
    """What is to be said of rows whose fingerprints were made by another recipe, and what mends it."""
    return (
        f"{rows:,} rows of {table} were settled under another diff.ignore, redact or hash_key: whether their "
        "items changed since cannot be seen, so they are neither in step nor missed. What is there and what "
        "is gone was compared. A change that comes by the stream writes its row anew. To be done with it, "
        "reconcile once with the configuration of before, where it is still known, and then "
        f"`stream-bridge seed --refresh --table {table}`, which takes these items as told as they are now "
        f"and sends nothing; or `stream-bridge backfill --table {table}`, which sends every item"
    )


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """The line that stays of a run."""
    names = ("run", "mode", "complete", "whole", "stopped", "ended", "scanned", "matching", "in_flight")
    short = {name: report[name] for name in names}
    short |= {f"missed_{kind}": report["missed"][kind] for kind in KINDS}
    return short | {"emitted": sum(report["emitted"].values()), "blocked": report["blocked"]["count"]}


def last_complete(history: Sequence[Document], now_s: float) -> dict[str, Any] | None:
    """The newest run that looked at everything and ended, and its age in seconds."""
    for each in reversed(history):
        if each.get("complete") and each.get("whole") and each.get("mode") in ("plan", "run"):
            ended = str(each["ended"])
            age_s = now_s - datetime.fromisoformat(ended).timestamp()
            return {"run": each["run"], "mode": each["mode"], "ended": ended, "age_s": round(age_s)}
    return None


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

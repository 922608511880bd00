"""The report of a run as one JSON document, and the short history of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bridge.ports.run_store import Document
from bridge.reconcile.counts import KINDS, Counts
from bridge.reconcile.options import Price
from bridge.reconcile.state import RunState

HISTORY_MAX: Final = 200
GAPS_NOTE: Final = (
    "gaps: changes were lost and overtaken by later ones. The later events carry the whole item, but rules "
    "on changed attributes may have missed the lost changes. From now on, ledger.keep: fields would show them"
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
    """``whole``: the run covered every item and every type. ``history`` are earlier runs, oldest first."""
    table_units, ledger_units = counts.units["read_units"], counts.units["ledger_units"]
    written = counts["settled"] + counts["overtaken"]
    return {
        "format": 1,
        "table": state.table,
        "run": state.run,
        "mode": state.mode,
        "phase": state.phase,
        "complete": state.phase == "done",
        "whole": whole and not counts["not_comparable"],
        "stopped": state.stopped,
        "started": iso(state.started),
        "ended": iso(state.ended or now_s),
        "duration_s": round((state.ended or now_s) - state.started, 3),
        **{name: counts[name] for name in ("compared", "rows", "matching", "filtered")},
        **{name: counts[name] for name in ("differing", "in_flight")},
        "missed": {kind: counts[f"missed_{kind}"] for kind in KINDS},
        **{
            name: counts[name]
            for name in ("without_event", "not_selected", "gaps", "not_comparable", "refreshed")
        },
        "notes": _notes(state.table, counts),
        "by_type": dict(sorted(counts.types.items())),
        **({"by_entity": _by_entity(counts)} if counts.entities else {}),
        **({"no_entity": counts["no_entity"]} if counts["no_entity"] else {}),
        "reemitted": {kind: counts[f"reemitted_{kind}"] for kind in KINDS if counts[f"reemitted_{kind}"]},
        **{name: counts[name] for name in ("snapshots", "events", "settled", "overtaken", "unsent")},
        "blocked": {
            "count": counts["blocked"],
            "by_reason": dict(sorted(counts.blocked.items())),
            "examples": counts.examples,
        },
        **{name: counts[name] for name in ("undecodable", "skipped")},
        "limits": dict(limits),
        "cost": {
            "table_read_units": round(table_units, 1),
            "ledger_read_units_estimated": round(ledger_units, 1),
            "ledger_write_units_estimated": written,
            "money": round(price.cost(table_units + ledger_units, written), 6),
            "currency": price.currency,
        },
        "last_complete": last_complete(history, now_s),
        "history": [dict(each) for each in history],
    }


def _by_entity(counts: Counts) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, count in sorted(counts.entities.items()):
        entity, _, what = name.partition(" ")
        found.setdefault(entity, {})[what] = count
    return found


def _notes(table: str, counts: Counts) -> list[str]:
    notes = [GAPS_NOTE] if counts["gaps"] else []
    if rows := counts["not_comparable"]:
        notes.append(not_comparable_note(table, rows))
    return notes


def not_comparable_note(table: str, rows: int) -> str:
    """What rows of another fingerprint version mean, and how to fix them."""
    return (
        f"{plural(rows, 'row')} of {table} {'was' if rows == 1 else 'were'} settled under another "
        "diff.ignore, redact or hash_key. Whether these items changed since cannot be seen, so they count "
        "neither as matching nor as missed; inserts and removes were compared. The next change of an item on "
        "the stream writes its row again. To fix all of them: reconcile once with the earlier configuration, "
        f"if you still have it, and then run `stream-bridge seed --refresh --table {table}`, which records "
        "these items as they are now and sends nothing; or run "
        f"`stream-bridge backfill --table {table}`, which sends every item"
    )


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """The line of a run in the history."""
    names = ("run", "mode", "complete", "whole", "stopped", "ended", "compared", "matching", "in_flight")
    short = {name: report[name] for name in names}
    short |= {f"missed_{kind}": report["missed"][kind] for kind in KINDS}
    reemitted = sum(report["reemitted"].values())
    blocked = report["blocked"]["count"]
    return short | {"reemitted": reemitted, "snapshots": report["snapshots"], "blocked": blocked}


def last_complete(history: Sequence[Document], now_s: float) -> dict[str, Any] | None:
    """The newest run that covered everything and ended, and its age in seconds."""
    for each in reversed(history):
        if each.get("complete") and each.get("whole") and each.get("mode") in ("plan", "run"):
            ended = str(each["ended"])
            age_s = now_s - datetime.fromisoformat(ended).timestamp()
            return {"run": each["run"], "mode": each["mode"], "ended": ended, "age_s": round(age_s)}
    return None


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

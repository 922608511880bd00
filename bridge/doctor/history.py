"""What may have been missed: a new stream, a changed mapping, no reconciliation for a long time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bridge.core.generation import bare_label, generation_of
from bridge.doctor.finding import Context, Finding, Severity, duration
from bridge.ports.setup import EventSource, MappingFacts, Settled

RECONCILED_AT_LEAST_EVERY_S: Final = 36 * 3600
"""One run each night, and half a day more in case one fails."""


def judge_label(
    context: Context, source: EventSource, settled: Settled, reconciled_s: float | None
) -> Finding:
    """A stream that is switched off and on gets a new label; changes in between are in neither stream.
    ``reconciled_s``: when the last complete reconciliation ended, seconds since the epoch."""

    def finding(severity: Severity, message: str, fix: str = "") -> Finding:
        return Finding("stream-label", context.table, severity, message, fix)

    # Rows by seed and backfill of items that no stream record has reached yet have no label.
    labels = sorted({bare_label(label) for label in settled.labels} - {""})
    older = [label for label in labels if label < source.label]
    newer = [label for label in labels if label > source.label]
    count = f"{settled.rows} ledger {'row' if settled.rows == 1 else 'rows'}"
    seen = f"all {count}" if settled.whole else f"the first {count}"
    if newer:
        text = f"the ledger knows stream {newer[-1]}, but the table's stream is the older {source.label}"
        return finding("problem", text, "check that region, account and ledger.table belong to this table")
    if not older:
        text = f"stream {source.label} is the only one in {seen}" if settled.rows else "no ledger row yet"
        return finding("ok", text)
    began_s = _seconds(source.label)
    if reconciled_s is not None and began_s is not None and reconciled_s > began_s:
        return finding("ok", f"stream {source.label} is newer than {older[-1]}; a reconciliation ran since")
    return finding(
        "problem",
        f"the stream was switched off and on: {source.label} follows {older[-1]} (in {seen}). Changes in "
        "between are in neither stream. A reconciliation is due",
        context.reconcile(),
    )


def judge_comparable(context: Context, settled: Settled) -> Finding:
    """Rows that were settled under another hash_key, diff.ignore or redact: a reconciliation compares none
    of their items."""
    rows = f"{settled.rows} ledger {'row' if settled.rows == 1 else 'rows'}"
    seen = rows if settled.whole else f"the first {rows}"
    if not settled.not_comparable:
        return Finding("ledger-rows", context.table, "ok", f"{seen}: all can be compared with their items")
    return Finding(
        "ledger-rows",
        context.table,
        "problem",
        f"{settled.not_comparable} of {seen} were settled under another hash_key, diff.ignore or redact: "
        "whether their items changed since cannot be seen",
        f"use the earlier hash_key again; if it is gone: stream-bridge seed --refresh --table {context.name}",
    )


def judge_generation(context: Context, settled: Settled, generation: int) -> Finding:
    """A generation that is lower than the ledger's: every batch with such a row fails."""
    held = max((generation_of(label) for label in settled.labels), default=0)
    if held <= generation:
        return Finding(
            "generation", context.table, "ok", f"generation {generation}, the ledger's is no higher"
        )
    text = f"bridge.yaml has generation {generation}, and the ledger has positions of generation {held}"
    fix = f"set `generation` of the table to {held} or more: it may be raised, never lowered"
    return Finding("generation", context.table, "problem", text, fix)


def judge_modified(
    context: Context, mapping: MappingFacts, settled: Settled, reconciled_s: float | None
) -> Finding:
    """A mapping created or changed after the newest settled change may have skipped records."""
    about = f"{mapping.function_name} {mapping.id}"
    if mapping.modified is None:
        return Finding("mapping-modified", about, "unknown", "Lambda does not say when it was changed")
    modified_s = mapping.modified.timestamp()
    at = datetime.fromtimestamp(modified_s, UTC).isoformat(timespec="seconds")
    if reconciled_s is not None and reconciled_s > modified_s:
        return Finding("mapping-modified", about, "ok", f"changed {at}; a reconciliation ran since")
    newest_s = _seconds(settled.newest)
    newest = settled.newest if newest_s is not None else "none"
    since = ""
    if newest_s is None or modified_s > newest_s:
        few = "" if settled.whole else f" of the first {settled.rows} ledger rows"
        since = f", after the newest settled change{few} ({newest}): changes in between may have been skipped"
    elif mapping.starting_position != "TRIM_HORIZON":
        since = f" with {mapping.starting_position}, and not reconciled since: records may have been skipped"
    if since:
        text = f"created or changed {at}{since}"
        return Finding("mapping-modified", about, "warning", text, context.reconcile())
    return Finding("mapping-modified", about, "ok", f"changed {at}; changes have been settled since")


def judge_reconciled(context: Context, reconciled_s: float | None) -> Finding:
    if reconciled_s is None:
        text, late = "the folder of runs (--state) has no complete reconciliation", True
    else:
        age_s = max(0.0, context.now_s - reconciled_s)
        text = f"the last complete reconciliation ended {duration(age_s)} ago"
        late = age_s > RECONCILED_AT_LEAST_EVERY_S
    fix = context.reconcile() if late else ""
    return Finding("reconciliation", context.table, "warning" if late else "ok", text, fix, local=True)


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()

"""What may have been missed: a new stream, a changed mapping, nobody who looked for long."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bridge.doctor.finding import Context, Finding, duration
from bridge.ports.setup import EventSource, MappingFacts, Settled

RECONCILED_AT_LEAST_EVERY_S: Final = 36 * 3600
"""A run each night, and half a day for one that failed."""


def judge_label(
    context: Context, source: EventSource, settled: Settled, reconciled_s: float | None
) -> Finding:
    """A stream that is switched off and on gets a new label, and what changed between is in neither stream.
    ``reconciled_s``: when the last complete reconciliation ended, seconds since the epoch."""
    older = [label for label in settled.labels if label < source.label]
    newer = [label for label in settled.labels if label > source.label]
    seen = f"{'all' if settled.whole else 'the first'} {settled.rows} ledger rows"
    if newer:
        return Finding(
            "stream-label",
            context.table,
            "problem",
            f"the ledger knows stream {newer[-1]}, the table's is the older {source.label}",
            "look whether region, account and ledger.table are those of this table",
        )
    if not older:
        text = f"stream {source.label} is the only one in {seen}" if settled.rows else "no ledger row yet"
        return Finding("stream-label", context.table, "ok", text)
    began_s = _seconds(source.label)
    if reconciled_s is not None and began_s is not None and reconciled_s > began_s:
        text = f"stream {source.label} is newer than {older[-1]}, and was reconciled since"
        return Finding("stream-label", context.table, "ok", text)
    return Finding(
        "stream-label",
        context.table,
        "problem",
        f"the stream was switched off and on: {source.label} follows {older[-1]} (in {seen}); what changed "
        "between came by neither. A reconciliation is due",
        context.reconcile(),
    )


def judge_modified(
    context: Context, mapping: MappingFacts, settled: Settled, reconciled_s: float | None
) -> Finding:
    """A mapping that was made or changed after what the ledger settled last may have skipped records."""
    about = f"{mapping.function_name} {mapping.id}"
    if mapping.modified is None:
        return Finding("mapping-modified", about, "unknown", "Lambda does not say when it was changed last")
    modified_s = mapping.modified.timestamp()
    at = datetime.fromtimestamp(modified_s, UTC).isoformat(timespec="seconds")
    if reconciled_s is not None and reconciled_s > modified_s:
        return Finding("mapping-modified", about, "ok", f"changed {at}, and the table was reconciled since")
    newest_s = _seconds(settled.newest)
    newest = settled.newest if newest_s is not None else "none"
    if newest_s is None or modified_s > newest_s:
        few = "" if settled.whole else f" of the first {settled.rows} ledger rows"
        return Finding(
            "mapping-modified",
            about,
            "warning",
            f"made or changed {at}, after the newest settled change{few} ({newest}): what came between may "
            "have been skipped",
            context.reconcile(),
        )
    if mapping.starting_position != "TRIM_HORIZON":
        return Finding(
            "mapping-modified",
            about,
            "warning",
            f"made or changed {at} with {mapping.starting_position}, and not reconciled since: records may "
            "have been skipped",
            context.reconcile(),
        )
    return Finding("mapping-modified", about, "ok", f"changed {at}; changes have been settled since")


def judge_reconciled(context: Context, reconciled_s: float | None) -> Finding:
    if reconciled_s is None:
        text = "no complete reconciliation in this folder of runs (--state)"
        return Finding("reconciliation", context.table, "warning", text, context.reconcile(), local=True)
    age_s = max(0.0, context.now_s - reconciled_s)
    text = f"the last complete reconciliation ended {duration(age_s)} ago"
    if age_s > RECONCILED_AT_LEAST_EVERY_S:
        return Finding("reconciliation", context.table, "warning", text, context.reconcile(), local=True)
    return Finding("reconciliation", context.table, "ok", text, local=True)


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()

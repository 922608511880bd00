"""The event source mapping between stream and function, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bridge.doctor.finding import Context, Finding, Severity
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.setup import MappingFacts

RETRIES: Final = 1000
RECORD_AGE_S: Final = 12 * 3600
"""What a fix proposes is what infra/bridge.yaml sets: the age ends the retries, at half of the stream's
retention, and a bucket keeps the records themselves."""

_CHANGING: Final = frozenset({"Creating", "Enabling", "Updating", "Disabling"})
_ON_FAILURE: Final = """--destination-config '{"OnFailure":{"Destination":"arn:aws:s3:::BUCKET"}}'"""


def judge_mappings(
    context: Context,
    source_arn: str,
    found: Sequence[MappingFacts],
    function: str | None,
    runner: str = "",
) -> tuple[Finding, list[MappingFacts]]:
    """Whether anything reads the stream, and which mappings are to be checked. ``found`` are those of the
    function, or without a function those of the stream. ``runner``: the folder in which `stream-bridge run`
    keeps checkpoints of this stream, empty where none is known."""
    ours = [each for each in found if each.source_arn == source_arn]
    create = (
        f"aws lambda create-event-source-mapping --function-name {function or 'NAME'} "
        f"--event-source-arn {source_arn} --starting-position TRIM_HORIZON --bisect-batch-on-function-error "
        f"--function-response-types ReportBatchItemFailures --maximum-retry-attempts {RETRIES} "
        f"--maximum-record-age-in-seconds {RECORD_AGE_S} {_ON_FAILURE}"
    )
    if not ours:
        streams = source_arn.split("/stream/", 1)[0] + "/stream/"
        if "/stream/" in source_arn and any(each.source_arn.startswith(streams) for each in found):
            message = "the mapping reads a stream that was switched off; nothing reads the table's new stream"
        else:
            if runner:
                text = f"`stream-bridge run` reads the stream; its checkpoints are in {runner}"
                return Finding("mapping", context.table, "ok", text), []
            reader = f"function {function}" if function else "any function"
            message = f"no mapping sends the stream to {reader}"
            create = f"{create}; or, if `stream-bridge run` reads it, name its folder: --checkpoints DIR"
        return Finding("mapping", context.table, "problem", message, create), []
    functions = sorted({each.function_name for each in ours})
    if len(functions) > 1:
        text = f"{len(ours)} mappings read the stream, of {', '.join(functions)}; none was checked"
        return Finding("mapping", context.table, "warning", text, "name the bridge's with --function"), []
    return Finding("mapping", context.table, "ok", f"sends the stream to {functions[0]}"), ours


def judge_mapping(mapping: MappingFacts) -> Iterator[Finding]:
    """A finding for each setting that the promises depend on."""
    update = f"aws lambda update-event-source-mapping --uuid {mapping.id}"
    about = f"{mapping.function_name} {mapping.id}"

    def check(name: str, good: bool, fine: str, severity: Severity, message: str, fix: str) -> Finding:
        return Finding(name, about, "ok", fine) if good else Finding(name, about, severity, message, fix)

    enabled = mapping.state == "Enabled"
    if mapping.state in _CHANGING:
        text, fix = f"is {mapping.state} now", "check again in a minute"
        yield check("mapping-state", enabled, "enabled", "warning", text, fix)
    else:
        text, fix = f"is {mapping.state}: changes older than 24 h are lost", f"{update} --enabled"
        yield check("mapping-state", enabled, "enabled", "problem", text, fix)
    yield check(
        "starting-position",
        mapping.starting_position == "TRIM_HORIZON",
        "TRIM_HORIZON",
        "warning",
        f"{mapping.starting_position or 'unknown'}: records can be skipped when the mapping is changed",
        "it cannot be changed: delete the mapping, create it with --starting-position TRIM_HORIZON, and "
        "reconcile",
    )
    yield check(
        "partial-batches",
        mapping.reports_items,
        "ReportBatchItemFailures",
        "problem",
        "without ReportBatchItemFailures, records returned for retry count as done and are lost",
        f"{update} --function-response-types ReportBatchItemFailures",
    )
    yield check(
        "bisect",
        mapping.bisects,
        "a batch that fails as a whole is split",
        "warning",
        "a batch that fails as a whole is not split",
        f"{update} --bisect-batch-on-function-error",
    )
    yield check(
        "retries",
        mapping.retries >= 0,
        f"given up after {mapping.retries} {'retry' if mapping.retries == 1 else 'retries'}",
        "warning",
        "no limit of retries: one batch can block its shard for a day",
        f"{update} --maximum-retry-attempts {RETRIES}",
    )
    age = "no limit" if mapping.record_age_s < 0 else f"{mapping.record_age_s} s"
    yield check(
        "record-age",
        0 <= mapping.record_age_s < STREAM_RETENTION_S,
        f"given up at an age of {mapping.record_age_s} s",
        "warning",
        f"{age}: a record that is given up at 24 h can no longer be read back",
        f"{update} --maximum-record-age-in-seconds {RECORD_AGE_S}",
    )
    yield check(
        "on-failure",
        bool(mapping.destination),
        mapping.destination,
        "problem",
        "without a destination a batch that is given up is lost in silence",
        f"{update} {_ON_FAILURE}",
    )

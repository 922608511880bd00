"""The event source mapping between stream and function, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bridge.doctor.finding import Context, Finding
from bridge.limits import STREAM_RETENTION_S
from bridge.ports.setup import MappingFacts

RETRIES: Final = 10
RECORD_AGE_S: Final = 12 * 3600
"""What a mend proposes: half of the stream's life, so that what was given up can still be read back."""

_IN_MOTION: Final = frozenset({"Creating", "Enabling", "Updating", "Disabling"})


def judge_mappings(
    context: Context, source_arn: str, found: Sequence[MappingFacts], function: str | None
) -> tuple[Finding, list[MappingFacts]]:
    """Whether something reads the stream, and which mappings are ours to look at. ``found`` are those of the
    function, or without one those of the stream."""
    ours = [each for each in found if each.source_arn == source_arn]
    create = (
        f"aws lambda create-event-source-mapping --function-name {function or 'NAME'} "
        f"--event-source-arn {source_arn} --starting-position TRIM_HORIZON --bisect-batch-on-function-error "
        f"--function-response-types ReportBatchItemFailures --maximum-retry-attempts {RETRIES} "
        f"--maximum-record-age-in-seconds {RECORD_AGE_S} "
        """--destination-config '{"OnFailure":{"Destination":"QUEUE_ARN"}}'"""
    )
    if not ours:
        table_arn = source_arn.split("/stream/", 1)[0]
        if "/stream/" in source_arn and any(
            each.source_arn.startswith(table_arn + "/stream/") for each in found
        ):
            message = "the mapping reads a stream that was switched off; nothing reads the table's new one"
        else:
            message = f"nothing hands the stream to {'function ' + function if function else 'a function'}"
        return Finding("mapping", context.table, "problem", message, create), []
    functions = sorted({each.function_name for each in ours})
    if len(functions) > 1:
        text = f"{len(ours)} mappings read the stream, of {', '.join(functions)}; none was looked at"
        return Finding("mapping", context.table, "warning", text, "say which is ours with --function"), []
    return Finding("mapping", context.table, "ok", f"the stream is handed to {functions[0]}"), ours


def judge_mapping(mapping: MappingFacts) -> Iterator[Finding]:
    """A finding for each setting that the promises lean on."""
    update = f"aws lambda update-event-source-mapping --uuid {mapping.id}"
    about = f"{mapping.function_name} {mapping.id}"

    def bad(check: str, message: str, words: str) -> Finding:
        return Finding(check, about, "problem", message, f"{update} {words}")

    def weak(check: str, message: str, fix: str) -> Finding:
        return Finding(check, about, "warning", message, fix)

    def fine(check: str, message: str) -> Finding:
        return Finding(check, about, "ok", message)

    if mapping.state == "Enabled":
        yield fine("mapping-state", "enabled")
    elif mapping.state in _IN_MOTION:
        yield weak("mapping-state", f"is {mapping.state} just now", "ask again in a minute")
    else:
        yield bad("mapping-state", f"is {mapping.state}: changes older than 24 h are lost", "--enabled")
    if mapping.starting_position == "TRIM_HORIZON":
        yield fine("starting-position", "TRIM_HORIZON")
    else:
        yield weak(
            "starting-position",
            f"{mapping.starting_position or 'unknown'}: records can be skipped when the mapping is changed",
            "it cannot be changed: delete the mapping, create it with --starting-position TRIM_HORIZON, "
            "and reconcile",
        )
    if mapping.reports_items:
        yield fine("partial-batches", "ReportBatchItemFailures")
    else:
        yield bad(
            "partial-batches",
            "without ReportBatchItemFailures what the bridge hands back counts as done and is lost",
            "--function-response-types ReportBatchItemFailures",
        )
    if mapping.bisects:
        yield fine("bisect", "a batch that fails as a whole is split")
    else:
        yield weak(
            "bisect",
            "a batch that fails as a whole is not split",
            f"{update} --bisect-batch-on-function-error",
        )
    if mapping.retries >= 0:
        yield fine("retries", f"given up after {mapping.retries} retries")
    else:
        yield weak(
            "retries",
            "retried without bound: one batch holds up its shard for a day",
            f"{update} --maximum-retry-attempts {RETRIES}",
        )
    if 0 <= mapping.record_age_s < STREAM_RETENTION_S:
        yield fine("record-age", f"given up at an age of {mapping.record_age_s} s")
    else:
        age = "no bound" if mapping.record_age_s < 0 else f"{mapping.record_age_s} s"
        yield weak(
            "record-age",
            f"{age}: what is given up at 24 h can no longer be read back",
            f"{update} --maximum-record-age-in-seconds {RECORD_AGE_S}",
        )
    if mapping.destination:
        yield fine("on-failure", mapping.destination)
    else:
        yield bad(
            "on-failure",
            "without a destination a batch that is given up is lost in silence",
            """--destination-config '{"OnFailure":{"Destination":"QUEUE_ARN"}}'""",
        )

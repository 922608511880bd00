"""The parameters of ``infra/*.yaml`` that bridge.yaml decides, for one table. The deployer sets all others
(ARNs, code, sizes, retention)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bridge.core.entities.filters import pattern_text
from bridge.errors import ConfigurationError, Problem
from bridge.infra.uses import Uses
from bridge.limits import MAPPING_FILTERS_MAX, MAPPING_PATTERN_CHARS
from bridge.settings import Settings
from bridge.settings.derived_filter import mapping_filter
from bridge.settings.stores import DirectoryQuarantineSettings, DynamoDbLedgerSettings

Parameters = dict[str, str]

RECORD_AGE_MAX_S: Final = 82_800
"""The maximum in infra/bridge.yaml: an hour less than the 24 hours of the stream."""


def bridge_parameters(settings: Settings, table: str, uses: Uses) -> Parameters:
    """Of infra/bridge.yaml. The settings of ``mapping`` are passed on; a limit that is not set there keeps
    the default of the template."""
    parameters = {
        **_targets(uses),
        "PublishesRawEvents": _flag(uses.raw_events),
        "UsesLedger": _flag(uses.ledger),
        "QuarantinePrefix": uses.quarantine_prefix,
        "ClaimCheckPrefix": uses.claim_check_prefix,
        "FetchesItems": _flag(uses.fetch),
        **_batching(settings),
    }
    kinesis = settings.tables[table].kinesis is not None  # the stack then has no mapping of its own
    patterns = [] if kinesis else filter_patterns(settings, table)
    for number in range(MAPPING_FILTERS_MAX):
        parameters[f"FilterPattern{number + 1}"] = patterns[number] if number < len(patterns) else ""
    return parameters


def reconciliation_parameters(table: str, uses: Uses) -> Parameters:
    """Of infra/reconciliation.yaml."""
    return {
        **_targets(uses),
        "Table": table,
        "PublishesRawEvents": _flag(uses.raw_events),
        "ClaimCheckPrefix": uses.claim_check_prefix,
    }


def kinesis_parameters(settings: Settings, uses: Uses) -> Parameters:
    """Of infra/kinesis.yaml, one stack for all tables that share the stream."""
    return {**_targets(uses), "UsesLedger": _flag(uses.ledger), **_batching(settings)}


def observability_parameters(settings: Settings, uses: Uses) -> Parameters:
    """Of infra/observability.yaml."""
    return {"ServiceName": settings.telemetry.service, "Quarantine": _quarantine(uses)}


def _targets(uses: Uses) -> Parameters:
    """What every template with a function asks for."""
    return {
        "PublishesToEventBus": _flag(uses.event_bus),
        "PublishesToEventBusV2": _flag(uses.event_bus_v2),
        "PublishesToTopic": _flag(uses.topic),
        "Quarantine": _quarantine(uses),
        "UsesClaimCheck": _flag(uses.claim_check),
        "Tracing": "Active" if uses.tracing else "PassThrough",
    }


def _quarantine(uses: Uses) -> str:
    return "queue" if uses.quarantine_queue else "bucket"


def filter_patterns(settings: Settings, table: str) -> list[str]:
    """The patterns of the table's mapping, as JSON for Lambda, which has the same syntax as bridge.yaml. A
    table with entities and without a filter gets one that takes what any of its entities takes."""
    kinesis = settings.tables[table].kinesis
    if kinesis is not None:
        return list(map(pattern_text, _kinesis_patterns(settings, kinesis)))
    return list(map(pattern_text, mapping_filter(settings, table).patterns))


def _kinesis_patterns(settings: Settings, stream: str) -> list[dict[str, Any]]:
    """A mapping of Kinesis sees DynamoDB's record below ``data``. Tables that share the stream share its
    mapping: it takes what any of them takes."""
    tables = [table for table in settings.tables.values() if table.kinesis == stream]
    written = {"eventSource": ["aws:dynamodb"]}
    if not any(table.filter for table in tables):
        return [{"data": written}]
    return [
        {"data": {**written, **({"tableName": [table.name]} if len(tables) > 1 else {}), **pattern}}
        for table in tables
        for pattern in table.filter or ({},)
    ]


def filter_criteria(settings: Settings, table: str) -> dict[str, Any]:
    """FilterCriteria of an event source mapping; without ``Filters`` it takes every record."""
    patterns = filter_patterns(settings, table)
    return {"Filters": [{"Pattern": pattern} for pattern in patterns]} if patterns else {}


def require_deployable(settings: Settings, table: str) -> None:
    """Raise ``ConfigurationError`` with everything in bridge.yaml that the templates do not support."""
    problems = list(_unfit(settings, table))
    if problems:
        raise ConfigurationError(problems)


def _unfit(settings: Settings, table: str) -> Iterator[Problem]:
    kinds: dict[str, str] = {}
    for name, sink in settings.sinks.items():
        path = ("sinks", name)
        if sink.kind in ("stdout", "memory"):
            text = f"{sink.kind} lasts only as long as the function"
            yield settings.problem((*path, "kind"), text, "use a bus or a topic")
        elif sink.kind in kinds:
            text = f"infra/bridge.yaml has one target of kind {sink.kind}, and {kinds[sink.kind]} uses it"
            yield settings.problem(path, text, "add another target to the template")
        else:
            kinds[sink.kind] = name
    if isinstance(settings.quarantine, DirectoryQuarantineSettings):
        yield settings.problem(
            ("quarantine",), "a folder lasts only as long as the function", "use kind s3 or sqs"
        )
    if not isinstance(settings.ledger, DynamoDbLedgerSettings) and settings.ledger.kind == "memory":
        yield settings.problem(
            ("ledger",), "memory lasts only as long as the function", "use kind dynamodb or none"
        )
    if isinstance(settings.ledger, DynamoDbLedgerSettings) and settings.hash_key is None:
        yield settings.problem((), "hash_key is missing", "set hash_key: ${HASH_KEY}")
    mapping = settings.mapping
    if mapping.starting_position == "LATEST":
        text = "LATEST can skip records; infra/bridge.yaml always starts at TRIM_HORIZON"
        yield settings.problem(("mapping", "starting_position"), text, "remove it")
    if mapping.max_record_age_s is not None and mapping.max_record_age_s > RECORD_AGE_MAX_S:
        text = "is longer than the stream keeps records, less an hour"
        yield settings.problem(("mapping", "max_record_age"), text, "set at most 23h")
    patterns = filter_patterns(settings, table)
    where = ("tables", table, "filter")
    if len(patterns) > MAPPING_FILTERS_MAX:
        yield settings.problem(
            where, f"a mapping takes at most {MAPPING_FILTERS_MAX} patterns", "combine some of them"
        )
    if any(len(pattern) > MAPPING_PATTERN_CHARS for pattern in patterns):
        yield settings.problem(
            where, f"a pattern has at most {MAPPING_PATTERN_CHARS} characters", "shorten it"
        )


def parameter_file(decided: Mapping[str, str], kept: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters in the form of CloudFormation: those ``decided`` here, and those that a deployer has
    added."""
    values = {**kept, **decided}
    return [{"ParameterKey": name, "ParameterValue": values[name]} for name in sorted(values)]


def _batching(settings: Settings) -> Parameters:
    mapping = settings.mapping
    parameters = {
        "BatchSize": str(mapping.batch_size),
        "BatchWindowSeconds": str(math.ceil(mapping.window_s)),
        "ParallelizationFactor": str(mapping.parallelization_factor),
    }
    if mapping.max_retries is not None:
        parameters["MaximumRetryAttempts"] = str(mapping.max_retries)
    if mapping.max_record_age_s is not None:
        parameters["MaximumRecordAgeSeconds"] = str(int(mapping.max_record_age_s))
    return parameters


def _flag(value: bool) -> str:
    return "true" if value else "false"

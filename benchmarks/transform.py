"""The transform of one record: decode, diff, route, project, validate, envelope, bytes.

Measured beside its floor (writing the finished events as JSON and nothing else) and beside the same job
done with the parts that people usually take: Powertools' record class, dictdiffer, jsonschema and the
CloudEvents SDK's JSON format. The records are the sample domain's, with fresh numbers in each copy.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from benchmarks.measure import measure, report
from bridge.core.keys import key_token
from bridge.core.records.decode import decode
from bridge.wiring.bridge import Configuration, load_configuration

ROOT = Path(__file__).parent.parent
COPIES = 25
ENVIRON = {
    "EVENT_BUS": "bus",
    "BILLING_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:billing.fifo",
    "PII_KEY": "benchmark",
    "QUARANTINE_DIR": "quarantine",
}


def copies(name: str) -> list[dict[str, Any]]:
    """Copies of one sample record, each with its own position and event id, parsed from JSON."""
    record = json.loads((ROOT / "examples" / "records" / f"{name}.json").read_text())["Records"][0]
    records = []
    for number in range(COPIES):
        fresh = copy.deepcopy(record)
        fresh["dynamodb"]["SequenceNumber"] = str(10**24 + number)
        fresh["eventID"] = f"{number:032x}"
        records.append(fresh)
    return orjson.loads(orjson.dumps(records))  # type: ignore[no-any-return]


def bridge_bodies(configuration: Configuration, records: list[dict[str, Any]]) -> list[bytes]:
    bodies = []
    for record in records:
        change = decode(record)
        table = configuration.tables[change.table]
        translation = table.translate(record, change, key_token(change.table, change.key))
        bodies += [event.body for event in translation.events]
    return bodies


def usual_parts(configuration: Configuration) -> Callable[[list[dict[str, Any]]], list[bytes]]:
    """The same events, without exact numbers, typed diff, redaction or mappings: only easier work."""
    import dictdiffer
    import jsonschema
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    types: Mapping[tuple[str, str], str] = {
        (table.name, operation): rule.type
        for table in configuration.tables.values()
        for rule in reversed(table.rules)
        for operation in rule.route.operations
    }
    open_object = {"type": "object", "required": ["operation", "key"]}
    schemas = {
        name: jsonschema.Draft202012Validator(
            json.loads((ROOT / "event_schemas" / name / "1.0.0.json").read_text())
            | {"required": [], "additionalProperties": True}
        )
        for name in set(types.values())
    }
    envelope_only = jsonschema.Draft202012Validator(open_object)
    form = JSONFormat()

    def work(records: list[dict[str, Any]]) -> list[bytes]:
        bodies = []
        for raw in records:
            record = DynamoDBRecord(raw)
            body = record.dynamodb
            assert body is not None
            assert record.event_name is not None
            key, before, after = body.keys, body.old_image, body.new_image
            operation = record.event_name.name.lower()
            name = types[("Users" if "Users" in str(record.event_source_arn) else "Orders", operation)]
            data: dict[str, Any] = {"operation": operation, "key": key}
            if before:
                data["before"] = before
            if after:
                data["after"] = after
            if before and after:
                data["changes"] = list(dictdiffer.diff(before, after))
            data = json.loads(json.dumps(data, default=str))
            envelope_only.validate(data)
            for _ in schemas[name].iter_errors(data):
                pass
            event = CloudEvent(
                {
                    "id": f"{raw['eventID']}:{name}",
                    "source": "com.example.accounts",
                    "type": name,
                    "subject": "/".join(map(str, (key or {}).values())),
                    "time": datetime.fromtimestamp(int(body.approximate_creation_date_time or 0), UTC),
                    "datacontenttype": "application/json",
                    "dataschema": f"https://schemas.example.com/{name}/1.0.0.json",
                },
                data,
            )
            bodies.append(form.write(event))
        return bodies

    return work


# Each with its expensive part: the whole item twice; a mapping, digests and a 38-digit number; lists of maps.
SHAPES = ("order_status_changed", "user_plan_changed", "user_created", "order_placed")


def main(rounds: int = 60) -> None:
    configuration = load_configuration(ROOT / "examples" / "bridge.yaml", {**os.environ, **ENVIRON})
    usual = usual_parts(configuration)
    for shape in SHAPES:
        records = copies(shape)
        bodies = bridge_bodies(configuration, records)
        finished = [orjson.loads(body) for body in bodies]
        timings = measure(
            {
                "floor": partial(_floor, finished),
                "transform": partial(bridge_bodies, configuration, records),
                "the usual parts": partial(usual, records),
            },
            units=len(records),
            rounds=rounds,
        )
        report(f"transform, per record: {shape}, event of {len(bodies[0])} bytes", timings, baseline="floor")
        floor, transform, parts = (timing.median_us for timing in timings.values())
        print(f"  transform / floor            {transform / floor:6.1f}   (target: at most 12)")
        print(f"  the usual parts / transform  {parts / transform:6.1f}   (target: at least 15)")


def _floor(events: list[Any]) -> None:
    for event in events:
        orjson.dumps(event)

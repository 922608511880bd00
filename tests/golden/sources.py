"""Golden events of the other sources: through Kinesis, through a pipe, with a fetched item.

They are made of the records of ``examples/records``; ``python -m tests.golden.regenerate`` writes them.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from bridge.cli.records.preview import Previewer
from bridge.delivery.backoff import Backoff
from bridge.edges.dynamodb.fetcher import TableFetcher
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.local.memory import MemoryQuarantine, MemorySink
from bridge.lambdas.pipe import PipeHandler
from bridge.ports.clock import Deadline
from bridge.ports.telemetry import Silence
from bridge.settings import read_settings
from bridge.settings.compiling.tables import compile_tables
from bridge.wiring.bridge import Configuration, build_relay, load_configuration, memory_sinks
from tests.builders.kinesis_records import FIRST_NUMBER
from tests.builders.places import ROOT
from tests.fakes.clients.table import TableClient
from tests.fakes.clock import FakeClock
from tests.fakes.context import LambdaContext

RECORDS = ROOT / "examples" / "records"
FOLDER = ROOT / "tests" / "golden_sources"
ENVIRONMENT = {
    "EVENT_BUS": "domain",
    "BILLING_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:billing.fifo",
    "QUARANTINE_DIR": "quarantine",
    "PII_KEY": "golden-golden-golden-golden-golden",
}

FETCHING = """
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks: {domain: {kind: memory}}
quarantine: {kind: directory, path: ./quarantine}
ledger: {kind: none}
tables:
  Users:
    subject: user/{$.key.userId}
    fetch: current
    redact: [{path: $.email, with: hmac, key: "${PII_KEY}"}]
    events:
      - type: com.example.user.created
        op: insert
        versions:
          - schema: "1.0.0"
            data:
              userId: $.key.userId
              email: $.current.email
              plan: $.current.plan
              name: $.current.profile.name
              groups: $.current.groups
              createdAt: $.current.createdAt
"""


def example(name: str) -> dict[str, Any]:
    """The stream record of one example, in Lambda's shape."""
    (record,) = json.loads((RECORDS / f"{name}.json").read_bytes())["Records"]
    found: dict[str, Any] = record
    return found


def configuration() -> Configuration:
    return load_configuration(ROOT / "examples" / "bridge.yaml", ENVIRONMENT)


def through_kinesis(record: Mapping[str, Any]) -> dict[str, Any]:
    """The same change as DynamoDB writes it to Kinesis, in Lambda's shape."""
    part = dict(record["dynamodb"])
    del part["SequenceNumber"], part["StreamViewType"]
    part["ApproximateCreationDateTime"] = part["ApproximateCreationDateTime"] * 1_000_000 + 123_456
    part["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    payload = {
        "awsRegion": record["awsRegion"],
        "eventID": "0d1f4a52-7a3e-4b0c-9f6e-2f1f0c9f8d11",
        "eventName": record["eventName"],
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "Users",
        "dynamodb": part,
        "eventSource": "aws:dynamodb",
    }
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "B8C2B7E1F20D5E6A",
            "sequenceNumber": str(FIRST_NUMBER),
            "data": base64.b64encode(json.dumps(payload).encode()).decode(),
            "approximateArrivalTimestamp": 1768465800.2,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{FIRST_NUMBER}",
        "eventName": "aws:kinesis:record",
        "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes",
    }


def kinesis() -> bytes:
    previewed = Previewer(configuration()).preview(through_kinesis(example("user_created")))
    return b"".join(event.body + b"\n" for event in previewed.events)


def pipe() -> bytes:
    """Three records, of which the second can never become its events."""
    made = configuration()
    sinks = memory_sinks(made.settings)
    relay = build_relay(
        made, sinks, Silence(), ledger=NoLedger(), quarantine=MemoryQuarantine(), clock=FakeClock()
    )
    records = [example(name) for name in ("user_plan_changed", "user_broken", "order_placed")]
    answer = PipeHandler(relay, sinks).handle(records, LambdaContext())
    return b"".join(orjson.dumps(event) + b"\n" for event in answer)


def fetched() -> bytes:
    """A KEYS_ONLY record, and the item as it was read."""
    record = example("user_created")
    client = TableClient(key="userId")
    client.items = [{**record["dynamodb"].pop("NewImage"), "plan": {"S": "enterprise"}}]
    record["dynamodb"]["StreamViewType"] = "KEYS_ONLY"
    settings = read_settings(FETCHING.encode(), "bridge.yaml", ROOT, ENVIRONMENT)
    made = configuration()
    sink, clock = MemorySink(name="domain"), FakeClock()
    relay = build_relay(
        Configuration(settings, made.schemas, compile_tables(settings, made.schemas)),
        {"domain": sink},
        Silence(),
        quarantine=MemoryQuarantine(),
        clock=clock,
        fetcher=TableFetcher(client, Backoff(random.Random(7))),
    )
    relay.handle([record], Deadline.after(clock, 60))
    return b"".join(event.body + b"\n" for event in sink.events)


GOLDENS: dict[str, Callable[[], bytes]] = {"kinesis": kinesis, "pipe": pipe, "fetched_keys_only": fetched}


def golden_of(name: str) -> Path:
    return FOLDER / f"{name}.ndjson"


def main() -> None:
    for name, make in GOLDENS.items():
        golden_of(name).write_bytes(make())

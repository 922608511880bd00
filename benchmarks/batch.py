"""A whole batch through the pipeline of the Lambda function: ledger read, events built and published, ledger
written, with boto3 clients.

The embedded AWS runs in its own process, so that only the CPU time of the client side is counted. The real
services take time to respond, which costs no CPU; benchmarks/prices.yaml has the assumption for it. ``python
-m benchmarks.batch`` prints the values that are ``measured`` in that file.
"""

from __future__ import annotations

import copy
import gc
import io
import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from bridge.core.records.dialect import STREAM
from bridge.edges.cloudwatch.telemetry import PowertoolsTelemetry
from bridge.edges.local.embedded import REGION, EmbeddedAws
from bridge.wiring.bridge import load_configuration
from bridge.wiring.functions import StreamHandler, open_stream

ROOT = Path(__file__).parent.parent
BATCHES = (100, 3)
SIZES = {"1 KB": 1_000, "10 KB": 10_000}
SETTLED = 9  # more often than the number of positions that a row keeps


@dataclass(frozen=True, slots=True)
class Context:
    """The part of Lambda's context that a handler uses."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def batch(records: int, item_bytes: int, first: int, *, again: int = 0) -> dict[str, Any]:
    """Inserts of items of about ``item_bytes``, each with its own key and position; with ``again`` the same
    keys at a later position."""
    given = json.loads((ROOT / "examples" / "records" / "user_created.json").read_text())["Records"][0]
    bare = len(json.dumps(given["dynamodb"]["NewImage"]))
    found = []
    for number in range(first, first + records):
        record = copy.deepcopy(given)
        change = record["dynamodb"]
        change["Keys"]["userId"] = change["NewImage"]["userId"] = {"S": f"u-{number:08d}"}
        change["NewImage"]["about"] = {"S": "x" * max(item_bytes - bare, 1)}
        change["SequenceNumber"] = str(10**24 + again * 10**9 + number)
        record["eventID"] = f"{again:08x}{number:024x}"
        found.append(record)
    return {"Records": found}


def cpu_ms(
    handler: StreamHandler, telemetry: PowertoolsTelemetry, size: tuple[int, int], *, rounds: int, start: int
) -> float:
    """Median CPU milliseconds of a batch of ``size`` (records, bytes of an item), metrics included."""
    records, item_bytes = size
    spent = []
    for number in range(rounds):
        event = batch(records, item_bytes, start + number * records)
        began = time.process_time()
        answer = handler.handle(event, Context())
        telemetry.flush()
        spent.append((time.process_time() - began) * 1000)
        assert answer == {"batchItemFailures": []}
    return statistics.median(spent)


def main(rounds: int = 25) -> None:
    with EmbeddedAws(log_level="ERROR") as server:
        os.environ.update(
            {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL": server.endpoint_url,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_REGION": REGION,
            }
        )
        session = boto3.session.Session(region_name=REGION)
        environ = _prepare(session)
        configuration = load_configuration(ROOT / "infra" / "example" / "bridge.yaml", environ)
        lines = io.StringIO()
        telemetry = PowertoolsTelemetry(stream=lines)
        handler = open_stream(configuration, telemetry, STREAM)
        gc.collect()
        gc.freeze()
        print("\na batch through the pipeline: inserts, one event each, ledger in DynamoDB")
        start = 0
        for records in BATCHES:
            for name, item_bytes in SIZES.items():
                start += 1_000_000
                found = cpu_ms(handler, telemetry, (records, item_bytes), rounds=rounds, start=start)
                each = found / records * 1000
                print(
                    f"  {records:4} records of {name:>5}  {found:8.1f} ms of CPU   {each:8.0f} µs per record"
                )
        batches = len(BATCHES) * len(SIZES) * rounds
        print(f"  log lines per batch     {len(lines.getvalue()) / batches:8.0f} bytes")
        for again in range(1, SETTLED + 1):
            handler.handle(batch(BATCHES[0], 1_000, start, again=again), Context())
        print(f"  a row settled {SETTLED} times   {_row_bytes(session):8.0f} bytes")


def _prepare(session: Any) -> dict[str, str]:
    session.client("events").create_event_bus(Name="domain")
    session.client("dynamodb").create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    for name in ("quarantine", "claims"):
        session.client("s3").create_bucket(Bucket=name)
    environ = {
        "EVENT_BUS": "domain",
        "LEDGER_TABLE": "ledger",
        "QUARANTINE_BUCKET": "quarantine",
        "CLAIM_CHECK_BUCKET": "claims",
        "HASH_KEY": "benchmark",
    }
    os.environ.update(environ)
    return environ


def _row_bytes(session: Any) -> int:
    """The size of the largest row, as DynamoDB counts it: UTF-8 of names and values."""
    largest = 0
    for page in session.client("dynamodb").get_paginator("scan").paginate(TableName="ledger"):
        for row in page["Items"]:
            largest = max(largest, sum(_bytes(name) + _bytes(*value.values()) for name, value in row.items()))
    return largest


def _bytes(value: Any) -> int:
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, list):
        return 3 + sum(1 + _bytes(*each.values()) for each in value)
    return len(str(value).encode())


if __name__ == "__main__":
    main()

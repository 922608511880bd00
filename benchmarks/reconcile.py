"""What it costs to hold an item against its ledger row, beside reading it the usual ways.

The embedded AWS runs in a process of its own, so only what happens on our side of the wire is counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
from collections.abc import Callable
from typing import Any

import boto3

from benchmarks.measure import measure, report
from bridge.backoff import Backoff
from bridge.core.diff import compile_diff
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint
from bridge.core.project import compile_subject
from bridge.core.translate import Table
from bridge.edges.embedded import REGION, EmbeddedAws
from bridge.edges.lag import GivenLag
from bridge.edges.ledger_dynamodb import DynamoDbLedger
from bridge.edges.ledgers import MemoryLedger
from bridge.edges.run_store import MemoryRunStore
from bridge.edges.system_clock import SystemClock
from bridge.edges.table_scan import DynamoTable, parse_fast_without_binary
from bridge.reconcile import Comparer, Options, Reconciler

ITEMS = 1_000
OPTIONS = Options(segments=1, max_rcu=1e9, grace_s=0.0, max_emit=0)
NAME, LEDGER = "Customers", "CustomersLedger"


def customer(number: int, rng: random.Random) -> dict[str, Any]:
    """About 700 bytes: text, numbers, a map, a list of maps, a set."""
    return {
        "userId": {"S": f"u-{number:07d}"},
        "email": {"S": f"person{number}@example.com"},
        "name": {"S": "Somebody With A Name"},
        "plan": {"S": rng.choice(("free", "pro", "enterprise"))},
        "balance": {"N": f"{rng.randrange(10**6)}.{rng.randrange(1, 9)}"},
        "logins": {"N": str(rng.randrange(10_000))},
        "active": {"BOOL": True},
        "tags": {"SS": ["a", "b", "c"]},
        "address": {"M": {"street": {"S": "1 Long Street"}, "city": {"S": "Town"}, "zip": {"S": "12345"}}},
        "orders": {
            "L": [
                {"M": {"sku": {"S": f"sku-{n}"}, "count": {"N": str(n + 1)}, "price": {"N": "12.5"}}}
                for n in range(4)
            ]
        },
        "note": {"S": "x" * 120},
    }


def main(rounds: int = 15) -> None:
    with EmbeddedAws(log_level="ERROR") as server:
        os.environ.update({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
        session = boto3.session.Session(region_name=REGION)

        def client() -> Any:
            return session.client("dynamodb", endpoint_url=server.endpoint_url)

        _prepare(client())
        bare = client()
        resource = session.resource("dynamodb", endpoint_url=server.endpoint_url).Table(NAME)
        clock = SystemClock()
        memory = _reconciler(client(), MemoryLedger(), clock)
        memory.execute("seed", OPTIONS)
        ledger_client = client()
        parse_fast_without_binary(ledger_client)
        ledger = DynamoDbLedger(ledger_client, LEDGER, clock, Backoff(random.Random(1)))
        durable = _reconciler(client(), ledger, clock)
        durable.execute("seed", OPTIONS)
        candidates: dict[str, Callable[[], object]] = {
            "client.scan": lambda: _scan(bare),
            "Table.scan + sha256 of json": lambda: _usual(resource),
            "ours: scan, fingerprint, compare": lambda: _look(memory),
            "ours, rows from a DynamoDB ledger": lambda: _look(durable),
        }
        timings = measure(candidates, units=ITEMS, rounds=rounds)
    report(f"reconciliation, per item of {ITEMS}", timings, baseline="client.scan")
    usual = timings["Table.scan + sha256 of json"].median_us
    for name in list(timings)[2:]:
        print(
            f"  Table.scan + sha256 / {name:34} {usual / timings[name].median_us:6.1f}   (target: at least 6)"
        )


def _prepare(client: Any) -> None:
    rng = random.Random(1)
    for name, key in ((NAME, "userId"), (LEDGER, "pk")):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    for at in range(0, ITEMS, 25):
        puts = [{"PutRequest": {"Item": customer(n, rng)}} for n in range(at, at + 25)]
        client.batch_write_item(RequestItems={NAME: puts})


def _reconciler(client: Any, ledger: Any, clock: SystemClock) -> Reconciler:
    secret = b"benchmark"
    table = Table(
        name=NAME,
        subject=compile_subject("user/{$.key.userId}"),
        diff=compile_diff(),
        rules=(),
        fingerprint=compile_fingerprint(secret),
        field_hashes=compile_field_hashes(secret),
    )
    source = DynamoTable(client, NAME, clock, Backoff(random.Random(1)))
    return Reconciler(
        Comparer(table, source.describe(), "fingerprint", secret),
        source,
        ledger,
        ledger,
        {},
        MemoryRunStore(),
        GivenLag(0.0),
        clock,
        new_run=lambda: secrets.token_hex(4),
    )


def _look(reconciler: Reconciler) -> None:
    """The first look at the whole table: the pass over the ledger comes on top, once a run."""
    for progress in reconciler.steps("plan", OPTIONS):
        if progress.done >= ITEMS:
            break


def _scan(client: Any) -> None:
    start: dict[str, Any] = {}
    while True:
        page = client.scan(TableName=NAME, **start)
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _usual(table: Any) -> None:
    start: dict[str, Any] = {}
    while True:
        page = table.scan(**start)
        for item in page["Items"]:
            text = json.dumps(item, sort_keys=True, default=_plain)
            hashlib.sha256(text.encode()).hexdigest()
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else str(value)


if __name__ == "__main__":
    main()

"""The cost of comparing an item with its ledger row, compared with the usual ways of reading it.

The embedded AWS runs in a process of its own, so only the work of the client side is counted: CPU
time of this process. Every candidate reads the same items, in turn; the collector of cycles is set for all as
``reconcile`` sets it for itself. Items come in two kinds: sets have no order of their own, so an item that
holds one takes a longer way to its fingerprint.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import random
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3

from benchmarks.measure import measure, report
from bridge.cli.console.live import COLLECTOR
from bridge.core.diff.fields import compile_diff
from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint
from bridge.core.mapping.subject import compile_subject
from bridge.delivery.backoff import Backoff
from bridge.edges.cloudwatch.lag import GivenLag
from bridge.edges.dynamodb.ledger import DynamoDbLedger
from bridge.edges.dynamodb.scan import DynamoTable, parse_fast_without_binary
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.embedded import REGION, EmbeddedAws
from bridge.edges.local.ledgers import MemoryLedger
from bridge.reconcile import Comparer, Options, Reconciler
from bridge.wiring.clients import ClientFactory, client_factory
from tests.fakes.stores import MemoryRunStore

ITEMS = 1_000
OPTIONS = Options(segments=1, max_rcu=1e9, grace_s=0.0, max_emit=0)


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
    gc.set_threshold(*COLLECTOR)
    with EmbeddedAws(log_level="ERROR") as server:
        os.environ.update({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
        clients = partial(client_factory, endpoint_url=server.endpoint_url, region=REGION)
        for kind, drop in (("with a set", ()), ("without sets", ("tags",))):
            _compare(server, clients, kind, f"{len(drop)}", drop, rounds)


def _compare(
    server: EmbeddedAws,
    clients: Callable[[], ClientFactory],
    kind: str,
    suffix: str,
    drop: Sequence[str],
    rounds: int,
) -> None:
    name, ledger_name = f"Customers{suffix}", f"Ledger{suffix}"
    session = boto3.session.Session(region_name=REGION)
    bare = session.client("dynamodb", endpoint_url=server.endpoint_url)
    resource = session.resource("dynamodb", endpoint_url=server.endpoint_url).Table(name)
    _prepare(bare, name, ledger_name, drop)
    clock, backoff = SystemClock(), Backoff(random.Random(1))
    memory = _reconciler(clients()("dynamodb"), name, MemoryLedger(), clock)
    memory.execute("seed", OPTIONS)
    ledger_client = clients()("dynamodb")
    parse_fast_without_binary(ledger_client)
    with ThreadPoolExecutor(4) as pool:
        ledger = DynamoDbLedger(ledger_client, ledger_name, clock, backoff, pool=pool)
        durable = _reconciler(clients()("dynamodb"), name, ledger, clock)
        durable.execute("seed", OPTIONS)
        candidates: dict[str, Callable[[], object]] = {
            "client.scan": lambda: _scan(bare, name),
            "Table.scan + sha256 of json": lambda: _usual(resource),
            "reconcile: scan, fingerprint, compare": lambda: _look(memory),
            "reconcile, rows from a DynamoDB ledger": lambda: _look(durable),
        }
        timings = measure(candidates, units=ITEMS, rounds=rounds)
    report(f"reconciliation, per item of {ITEMS}, {kind}", timings, baseline="client.scan")
    usual = timings["Table.scan + sha256 of json"].median_us
    for label in list(timings)[2:]:
        ratio = usual / timings[label].median_us
        print(f"  Table.scan + sha256 / {label:34} {ratio:6.1f}   (target: at least 6)")


def _prepare(client: Any, name: str, ledger: str, drop: Sequence[str]) -> None:
    rng = random.Random(1)
    for table, key in ((name, "userId"), (ledger, "pk")):
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    for at in range(0, ITEMS, 25):
        items = [customer(n, rng) for n in range(at, at + 25)]
        kept = [{key: value for key, value in item.items() if key not in drop} for item in items]
        client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in kept]})


def _reconciler(client: Any, name: str, ledger: Any, clock: SystemClock) -> Reconciler:
    secret = b"benchmark"
    table = Table(
        name=name,
        subject=compile_subject("user/{$.key.userId}"),
        diff=compile_diff(),
        rules=(),
        fingerprint=compile_fingerprint(secret),
        field_hashes=compile_field_hashes(secret),
    )
    source = DynamoTable(client, name, clock, Backoff(random.Random(1)))
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
    """The first pass over the whole table. The pass over the ledger is not included."""
    for progress in reconciler.steps("plan", OPTIONS):
        if progress.done >= ITEMS:
            break


def _scan(client: Any, name: str) -> None:
    start: dict[str, Any] = {}
    while True:
        page = client.scan(TableName=name, **start)
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

"""``make reconcile-large``: a large table with planted differences, reconciled in its own process.

What was planted must be found, nothing may be invented, and memory must not grow with the table. The
process is ``stream-bridge`` itself, on an embedded AWS; its events go to standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bridge.edges.local.embedded import EmbeddedAws
from bridge.limits import BATCH_WRITE_MAX
from bridge.wiring.clients import client_factory

_T = TypeVar("_T")

MAX_MIB = 150
MAX_GROWTH = 0.20
_LOADERS = 4
_TYPE = "com.example.thing.changed"
_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": f"https://schemas.example.com/{_TYPE}/1.0.0.json",
    "title": "For a measurement.",
    "type": "object",
}


@dataclass(frozen=True, slots=True)
class Run:
    """The reconciliation of one table: results, time and memory. ``peak_mib``: resident memory."""

    items: int
    planted: Counter[tuple[str, str]]
    published: Counter[tuple[str, str]]
    report: Mapping[str, Any]
    peak_mib: float
    took_s: float

    @property
    def missing(self) -> int:
        return (self.planted - self.published).total()

    @property
    def invented(self) -> int:
        return (self.published - self.planted).total()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--differences", type=int, default=200)
    arguments = parser.parse_args()
    runs = [measure(items, arguments.differences) for items in arguments.items]
    broken = [problem for run in runs for problem in problems(run)]
    growth = runs[-1].peak_mib / runs[0].peak_mib - 1
    print(f"memory of the largest table against the smallest: {growth:+.1%}, at most {MAX_GROWTH:+.0%}")
    if growth > MAX_GROWTH:
        broken.append("memory grows with the table")
    print(*(f"FAIL {problem}" for problem in broken), sep="\n", end="\n" if broken else "")
    return 1 if broken else 0


def problems(run: Run) -> list[str]:
    """The promises that a run did not keep."""
    found = {
        f"{run.missing} planted differences were not published": run.missing > 0,
        f"{run.invented} events were invented": run.invented > 0,
        f"{run.report['compared']} of {run.items} items were scanned": not run.report["complete"],
        f"{run.peak_mib:.0f} MiB is more than {MAX_MIB}": run.peak_mib >= MAX_MIB,
    }
    return [f"{run.items:,} items: {problem}" for problem, broken in found.items() if broken]


def measure(items: int, differences: int) -> Run:
    """Run on its own embedded AWS."""
    with tempfile.TemporaryDirectory(prefix="stream-bridge-") as name, EmbeddedAws() as server:
        folder = Path(name)
        environ = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        os.environ.update(server.environ)
        dynamodb = client_factory(endpoint_url=server.endpoint_url)("dynamodb")
        began_s = time.monotonic()
        _create_tables(dynamodb)
        write(dynamodb, ({"PutRequest": {"Item": thing(number)}} for number in range(items)))
        loaded_s = time.monotonic() - began_s
        project(folder)
        environ = {**environ, **server.environ}
        _, _, seeded_s = command(folder, environ, "seed")
        planted = plant(dynamodb, items, differences)
        events, peak_mib, took_s = command(folder, environ, "reconcile", "run", "--lag", "0s")
        published = Counter((event["subject"], event["data"]["operation"]) for event in events)
        report = json.loads((folder / ".stream-bridge/reconcile/Things/report.json").read_bytes())
    run = Run(items, planted, published, report, peak_mib, took_s)
    missed = ", ".join(f"{kind} {count}" for kind, count in report["missed"].items())
    print(
        f"{items:,} items (loaded in {loaded_s:.0f} s, seeded in {seeded_s:.0f} s): reconciled in "
        f"{took_s:.1f} s, {items / took_s:,.0f} items/s; planted {planted.total()}, found {missed}, "
        f"not published {run.missing}, invented {run.invented}; peak resident memory {peak_mib:.0f} MiB",
        flush=True,
    )
    return run


def command(
    folder: Path, environ: Mapping[str, str], *words: str
) -> tuple[list[Mapping[str, Any]], float, float]:
    """Events, peak resident memory in MiB, seconds. Raises ``RuntimeError`` if the command fails."""
    began_s = time.monotonic()
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", *words, "--config", str(folder / "bridge.yaml")],
            env=environ,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} exited {process.returncode}: {err.read_text()}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    lines = [json.loads(line) for line in out.read_bytes().splitlines() if line.startswith(b"{")]
    return lines, usage.ru_maxrss / unit, time.monotonic() - began_s


# --- the table ---------------------------------------------------------------------------------------


def thing(number: int, note: str = "as it was") -> dict[str, Any]:
    """An item of about half a kilobyte."""
    return {
        "id": {"S": f"t-{number:07d}"},
        "note": {"S": note},
        "tags": {"SS": ["red", "green"]},
        "size": {"M": {"width": {"N": str(number)}, "height": {"N": "0.5"}}},
        "text": {"S": f"{number:x} " * 60},
    }


def plant(dynamodb: Any, items: int, differences: int) -> Counter[tuple[str, str]]:
    """Changes that are in no stream: a third each of inserts, modifies and removes. By subject and kind."""
    third = differences // 3
    modified = range(0, items, items // third)[:third]
    removed = [number + 1 for number in modified]
    inserted = range(items, items + differences - 2 * third)
    key = {number: {"id": {"S": f"t-{number:07d}"}} for number in removed}
    write(dynamodb, ({"PutRequest": {"Item": thing(number)}} for number in inserted))
    write(dynamodb, ({"PutRequest": {"Item": thing(number, "changed")}} for number in modified))
    write(dynamodb, ({"DeleteRequest": {"Key": key[number]}} for number in removed))
    kinds = (("insert", inserted), ("modify", modified), ("remove", removed))
    return Counter((f"thing/t-{number:07d}", kind) for kind, numbers in kinds for number in numbers)


def write(dynamodb: Any, requests: Iterable[dict[str, Any]]) -> None:
    """BatchWriteItem from a few threads, each with a limited number of open requests."""

    def send(batch: list[dict[str, Any]]) -> None:
        left = batch
        while left:
            left = dynamodb.batch_write_item(RequestItems={"Things": left})["UnprocessedItems"].get(
                "Things", []
            )

    with ThreadPoolExecutor(_LOADERS) as loaders:
        for some in _batches(_batches(requests, BATCH_WRITE_MAX), _LOADERS * 8):
            list(loaders.map(send, some))


def _batches(every: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(every)
    while batch := list(islice(rest, size)):
        yield batch


def _create_tables(dynamodb: Any) -> None:
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    for table, key, more in (("Things", "id", stream), ("ledger", "pk", {})):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            **more,
        )


def project(folder: Path) -> None:
    """A bridge.yaml with one table, its schema, and events on standard output."""
    schema = folder / "event_schemas" / _TYPE
    schema.mkdir(parents=True)
    (schema.parent / "registry.yaml").write_text("base: https://schemas.example.com\n")
    (schema / "1.0.0.json").write_text(json.dumps(_SCHEMA))
    (schema / "meta.yaml").write_text("summary: For a measurement.\nowner: benchmarks\n")
    (folder / "bridge.yaml").write_text(
        f"""\
version: 1
source: com.example.measurement
hash_key: not-a-secret-but-long-enough-here
schemas: ./event_schemas
sinks:
  out: {{kind: stdout}}
ledger: {{kind: dynamodb, table: ledger, keep: fingerprint}}
quarantine: {{kind: directory, path: ./quarantine}}
tables:
  Things:
    subject: thing/{{$.key.id}}
    reconcile: {{grace: 0, max_rcu: 1000000}}
    events:
      - {{type: {_TYPE}, op: [insert, modify, remove], versions: ["1.0.0"]}}
"""
    )


if __name__ == "__main__":
    sys.exit(main())

"""``python -m benchmarks.reconcile_memory [items …]``: planted differences in tables of several sizes, found
by ``stream-bridge reconcile run`` in a process of its own; prints its highest resident memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from bridge.edges.embedded import REGION, EmbeddedAws

CHANGES = 66  # of each kind, and two more inserts: 200
TYPE = "com.example.item.changed"
CONFIG = """\
version: 1
source: com.example.benchmark
hash_key: "${{HASH_KEY}}"
schemas: ./event_schemas
sinks:
  out: {{kind: stdout}}
ledger: {{kind: dynamodb, table: ledger-{count}}}
quarantine: {{kind: directory, path: ./quarantine}}
tables:
  items-{count}:
    subject: item/{{$.key.id}}
    reconcile: {{grace: 0, max_rcu: 1000000}}
    events:
      - {{type: {type}, op: [insert, modify, remove], versions: ["1.0.0"]}}
"""


def main(sizes: list[int]) -> None:
    with EmbeddedAws(log_level="ERROR") as server, tempfile.TemporaryDirectory() as folder:
        session = boto3.session.Session(region_name=REGION)
        credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = session.client("dynamodb", endpoint_url=server.endpoint_url, **credentials)
        for count in sizes:
            project = Path(folder) / str(count)
            _project(project, count)
            _fill(client, count)
            _command(server, project, "seed")
            expected = _lose(client, count)
            out, rss_mib, seconds = _command(server, project, "reconcile", "run", "--lag", "0s")
            lines = [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
            told = sorted((line["subject"], line["data"]["operation"]) for line in lines)
            right = "all found, none invented" if told == sorted(expected) else "WRONG"
            print(
                f"{count:,} items: {len(told)} told, {right}; {rss_mib:.0f} MiB, {seconds:.0f} s", flush=True
            )


def _project(folder: Path, count: int) -> None:
    schema = folder / "event_schemas" / TYPE
    schema.mkdir(parents=True)
    (schema.parent / "registry.yaml").write_text("base: https://schemas.example.com\n")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://schemas.example.com/{TYPE}/1.0.0.json",
        "description": "For a benchmark.",
        "type": "object",
    }
    (schema / "1.0.0.json").write_text(json.dumps(document))
    (schema / "meta.yaml").write_text("summary: For a benchmark.\nowner: {team: t, contact: t}\n")
    (folder / "bridge.yaml").write_text(CONFIG.format(count=count, type=TYPE))


def _thing(id: str) -> dict[str, Any]:
    return {"id": {"S": id}, "name": {"S": id}, "n": {"N": "12.5"}, "text": {"S": "x" * 300}}


def _fill(client: Any, count: int) -> None:
    for name, key in ((f"items-{count}", "id"), (f"ledger-{count}", "pk")):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
    for at in range(0, count, 25):
        puts = [{"PutRequest": {"Item": _thing(f"i-{n:07d}")}} for n in range(at, min(at + 25, count))]
        client.batch_write_item(RequestItems={f"items-{count}": puts})


def _lose(client: Any, count: int) -> list[tuple[str, str]]:
    name, expected = f"items-{count}", []
    for n in range(CHANGES + 2):
        client.put_item(TableName=name, Item=_thing(f"new-{n}"))
        expected.append((f"item/new-{n}", "insert"))
    for n in range(CHANGES):
        client.put_item(TableName=name, Item=_thing(f"i-{n:07d}") | {"name": {"S": "changed"}})
        client.delete_item(TableName=name, Key={"id": {"S": f"i-{count - 1 - n:07d}"}})
        expected += [(f"item/i-{n:07d}", "modify"), (f"item/i-{count - 1 - n:07d}", "remove")]
    return expected


def _command(server: EmbeddedAws, project: Path, *words: str) -> tuple[bytes, float, float]:
    command = [sys.executable, "-m", "bridge", *words, "--config", str(project / "bridge.yaml")]
    began = time.monotonic()
    with (project / "out").open("wb") as out:
        process = subprocess.Popen(
            [*command, "--endpoint-url", server.endpoint_url, "--region", REGION],
            env={**os.environ, **server.environ, "HASH_KEY": "of-the-benchmark-only"},
            stdout=out,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    # ru_maxrss is in KiB on Linux
    return (project / "out").read_bytes(), usage.ru_maxrss / 1024, time.monotonic() - began


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000])

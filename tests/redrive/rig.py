"""A stream, a relay and given-up batches, all in memory."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bridge.edges.local.ledgers import MemoryLedger
from bridge.edges.local.memory import MemoryQuarantine
from bridge.ports.clock import Deadline
from bridge.ports.failures import StoredBatch
from bridge.ports.ledger import Ledger
from bridge.reconcile.reader import Pace
from bridge.redrive import Redriven, Redriver, redrive
from bridge.relay.relay import Relay
from tests.builders.bridges import relay
from tests.builders.records import STREAM_ARN, lambda_record
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.stream import FakeStream

TIMES = ("2026-11-01T12:00:00Z", "2026-11-01T12:05:00Z")


def invocation_record(
    shard: str, first: str, last: str, *, size: int = 1, records: Sequence[Mapping[str, Any]] | None = None
) -> bytes:
    """What Lambda sends: positions, and with ``records`` the payload too."""
    published: dict[str, Any] = {
        "requestContext": {"condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first,
            "endSequenceNumber": last,
            "approximateArrivalOfFirstRecord": TIMES[0],
            "approximateArrivalOfLastRecord": TIMES[1],
            "batchSize": size,
            "streamArn": STREAM_ARN,
        },
    }
    if records is not None:
        published["payload"] = json.dumps({"Records": list(records)})
    return orjson.dumps(published)


@dataclass
class Box:
    """A ``FailureSource`` in memory."""

    stored: dict[str, bytes] = field(default_factory=dict)
    holds: int = 0

    def batches(self) -> Generator[StoredBatch]:
        for name, content in list(self.stored.items()):
            yield StoredBatch(name, content)

    def hold(self, stored: StoredBatch) -> None:
        self.holds += 1

    def remove(self, stored: StoredBatch) -> None:
        del self.stored[stored.name]


class Rig:
    def __init__(self, ledger: Ledger | None = None, **parts: Any) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream(self.clock)
        self.sink = ScriptedSink()
        self.quarantine = MemoryQuarantine()
        self.relay: Relay = relay(
            self.sink,
            ledger=MemoryLedger() if ledger is None else ledger,
            quarantine=self.quarantine,
            **parts,
        )
        self.box = Box()
        self.opened: list[str] = []

    def write(self, key: str, **image: Any) -> str:
        return self.stream.write(key, op="insert", **image)

    def live(self, *sequences: str) -> None:
        """Lets the live walk settle these records of the stream."""
        shard = next(iter(self.stream.numbers))
        page = self.stream.read(self.stream.iterator(shard, "TRIM_HORIZON"), 1000)
        records = [r for r in page.records if r["dynamodb"]["SequenceNumber"] in sequences]
        shaped = [self.relay_record(record) for record in records]
        self.relay.handle(shaped, self.deadline())

    @staticmethod
    def relay_record(record: Mapping[str, Any]) -> dict[str, Any]:
        return {**lambda_record(), **record, "eventSourceARN": STREAM_ARN, "dynamodb": _plain(record)}

    def deadline(self) -> Deadline:
        return Deadline.after(self.relay.clock, 30)

    def store_batch(self, name: str, first: str, last: str, *, shard: str = "shard-1", **parts: Any) -> None:
        self.box.stored[name] = invocation_record(shard, first, last, **parts)

    def redriver(self, *, rate: float | None = None, chunk: int = 100) -> Redriver:
        def open_stream(arn: str, dialect: Any) -> FakeStream:
            self.opened.append(arn)
            return self.stream

        pace = None if rate is None else Pace(self.clock, rate)
        return Redriver(self.relay, open_stream, self.deadline, pace, chunk)

    def redrive(self, *, rate: float | None = None, chunk: int = 100, **options: Any) -> list[Redriven]:
        return list(redrive(self.box, self.redriver(rate=rate, chunk=chunk), **options))

    @property
    def published(self) -> list[dict[str, Any]]:
        return [json.loads(event.body) for event in self.sink.accepted]

    @property
    def ids(self) -> list[str]:
        return [event.record_id for event in self.sink.accepted]


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    part = dict(record["dynamodb"])
    part["ApproximateCreationDateTime"] = int(part["ApproximateCreationDateTime"].timestamp())
    return part

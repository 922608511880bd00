"""The histories of :mod:`tests.consumer.histories` through other ways in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.core.change import TypedItem
from bridge.core.records.decode import stream_ref
from bridge.core.records.kinesis import KINESIS
from bridge.edges.local.ledgers import NoLedger
from bridge.edges.local.memory import MemorySink
from bridge.lambdas.pipe import PipeHandler
from bridge.ports.clock import Deadline
from tests.builders.kinesis_records import kinesis_record
from tests.builders.records import lambda_record
from tests.consumer.histories import TABLE_ARN, Crash, Impossible, World, image, operation
from tests.fakes.context import LambdaContext


class KinesisWorld(World):
    """Through Kinesis, at millisecond precision. ``p``: Kinesis holds the change that was delivered last a
    second time, under a new number."""

    delivered: dict[str, Any] | None = None

    def step(self, letter: str) -> None:
        if letter != "p":
            super().step(letter)
            return
        if self.delivered is None:
            raise Impossible
        self.numbers += 1
        self.waiting.append(kinesis_record(**self.delivered, number=self.numbers))

    def record(self, old: int | None, value: int | None) -> dict[str, Any]:
        made = {
            "op": operation(old, value),
            "key": {"id": "a"},
            "before": image(old),
            "after": image(value),
            "at": int(self.clock.now() * 1000),
            "event_id": f"event-{self.numbers}",
        }
        record = kinesis_record(**made, number=self.numbers)
        record["made"] = made
        return record

    def handle(self, record: dict[str, Any], *, redriven: bool = False) -> None:
        self.delivered = record.get("made", self.delivered)
        self.relay.handle([record], Deadline.after(self.clock, 60), dialect=KINESIS, redriven=redriven)


class FetchingWorld(World):
    """Behind a stream of keys, with ``fetch: current``."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.source.facts = replace(self.source.facts, view="KEYS_ONLY")
        self.rules = replace(self.rules, fetch=True)
        self.relay = replace(self.relay, tables={"Users": self.rules}, fetcher=self)

    def fetch(
        self, table: str, keys: Mapping[str, TypedItem], deadline: Deadline
    ) -> Mapping[str, TypedItem | None]:
        self.clock.sleep(0.001)  # a read takes some time
        return {name: self.source.items.get(self.source.token("a")) for name in keys}

    def record(self, old: int | None, value: int | None) -> dict[str, Any]:
        return lambda_record(
            stream_arn=self.stream_arn,
            op=operation(old, value),
            key={"id": "a"},
            seq=100000000000000000000 + self.numbers,
            time=self.clock.now(),
            view="KEYS_ONLY",
        )

    @staticmethod
    def state_in(event: dict[str, Any]) -> int | None:
        value: int | None = (event["data"].get("current") or {}).get("v")
        return value


class PipeWorld(World):
    """Through a pipe whose records name only their table, without a ledger. ``y``: the table changes to the
    bridge, or back. Nothing is lost for good: no reconciliation would find it."""

    by_pipe = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answers: list[dict[str, Any]] = []

    @property
    def events(self) -> list[dict[str, Any]]:
        return [*super().events, *self.answers]

    def step(self, letter: str) -> None:
        if letter == "y":
            self.by_pipe = not self.by_pipe
        elif letter in "lr" or (letter == "x" and self.waiting):
            raise Impossible
        else:
            super().step(letter)

    def finish(self) -> None:
        while self.waiting:
            self._deliver(self.waiting[0])
        while self.given_up:
            self.step("v")

    def handle(self, record: dict[str, Any], *, redriven: bool = False) -> None:
        """Given-up records are redriven by the bridge, which reads them from the stream by its ARN."""
        if redriven or not self.by_pipe:
            super().handle(record, redriven=redriven)
            return
        collected = MemorySink(name="domain")
        relay = replace(self.relay, ledger=NoLedger(), sinks={"domain": collected})
        pipe = PipeHandler(relay, {"domain": collected}, stream=stream_ref(self.stream_arn))
        self.answers += pipe.handle([{**record, "eventSourceARN": TABLE_ARN}], LambdaContext())
        if self.ledger.crash:
            raise Crash

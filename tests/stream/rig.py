"""A mapping with everything around it: a stream, a function that can be made to fail, a clock."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from bridge.ports.checkpoints import Checkpoints
from bridge.ports.failures import FailureDestination
from bridge.stream.mapping.stats import BatchReport, RunnerStats
from bridge.stream.runner import MappingSettings, Pace, Runner
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MemoryCheckpoints, MemoryFailureDestination
from tests.fakes.stream import FakeStream

Answer = Callable[[list[str]], Any]
"""Takes the sequence numbers of a batch; returns a response or raises."""


def raising(sequences: list[str]) -> Any:
    raise RuntimeError("the function failed")


def returning(*indexes: int) -> Answer:
    """Answers with the records at these places of the batch."""
    return lambda sequences: failures(sequences[index] for index in indexes)


def failures(sequences: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in sequences]}


class Function:
    """Remembers the sequence numbers of every call. ``next_answers`` are used up first, then ``always``."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.events: list[dict[str, Any]] = []
        self.contexts: list[Any] = []
        self.next_answers: deque[Answer] = deque()
        self.always: Answer = lambda sequences: {"batchItemFailures": []}

    def __call__(self, event: dict[str, Any], context: Any) -> Any:
        sequences = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        self.calls.append(sequences)
        self.events.append(event)
        self.contexts.append(context)
        answer = self.next_answers.popleft() if self.next_answers else self.always
        return answer(sequences)

    @property
    def handled(self) -> list[str]:
        return [sequence for call in self.calls for sequence in call]


class Notes:
    """A ``Telemetry`` that keeps what it gets."""

    def __init__(self) -> None:
        self.counts: dict[str, float] = {}
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + value

    def measure(self, name: str, value: float, **dimensions: str) -> None:
        """Not kept."""

    def wants(self, level: str) -> bool:
        return True

    def log(self, level: str, message: str, **fields: object) -> None:
        self.lines.append((level, message, fields))

    def at(self, level: str) -> list[str]:
        return [message for line_level, message, _ in self.lines if line_level == level]


class Rig:
    def __init__(
        self,
        *,
        page_size: int = 1000,
        destination: FailureDestination | None = None,
        start_s: float = 1_793_534_400.0,
    ) -> None:
        self.clock = FakeClock(start_s)
        self.stream = FakeStream(self.clock, page_size=page_size)
        self.function = Function()
        self.checkpoints = MemoryCheckpoints()
        self.kept = MemoryFailureDestination()
        self.destination: FailureDestination | None = destination or self.kept
        self.notes = Notes()
        self.reports: list[BatchReport] = []
        self.trimmed: list[tuple[str, str | None]] = []

    def runner(
        self,
        *,
        executor: Executor | None = None,
        checkpoints: Checkpoints | None = None,
        pace: Pace | None = None,
        rng: random.Random | None = None,
        **settings: Any,
    ) -> Runner:
        return Runner(
            self.stream,
            self.function,
            checkpoints or self.checkpoints,
            MappingSettings(**settings),
            clock=self.clock,
            rng=rng or random.Random(7),
            destination=self.destination,
            executor=executor,
            telemetry=self.notes,
            pace=pace,
            on_batch=self.reports.append,
            on_trimmed=lambda shard_id, after: self.trimmed.append((shard_id, after)),
        )

    def run(self, **settings: Any) -> RunnerStats:
        """A new runner, until it has caught up."""
        return self.runner(**settings).run(until="caught_up")

    def write(self, count: int, *, key: str | None = None, shard: str | None = None) -> list[str]:
        """Appends changes of as many keys (or of ``key``); answers their sequence numbers."""
        return [self.stream.write(key or f"k{index}", shard=shard) for index in range(count)]

    def saved(self) -> dict[str, str]:
        return dict(self.checkpoints.load(self.stream.arn))


def drive(runner: Runner, clock: FakeClock, *, steps: int) -> None:
    for _ in range(steps):
        clock.advance(runner.step())


def sizes(calls: Sequence[Sequence[str]]) -> list[int]:
    return [len(call) for call in calls]

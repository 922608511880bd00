"""What every invocation did at the edges, held against what it needed.

A call that failed, or did only a part, may be made again. Every other call has its reason: one read of the
ledger for a batch, one announcement and one retraction, one write of rows and one more after each record that
was quarantined, one quarantine entry for a record, and no call to a sink that could have been spared. Where a
sink's check was refused, each row that is given back is read once more; what ends this is the first row that
was not written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.core.keys import key_token
from bridge.limits import EVENTBRIDGE_ENTRIES, EVENTBRIDGE_TIME_BYTES
from bridge.ports.ledger import Row
from tests.simulation.judge import Judge
from tests.simulation.kinds import key_of, sequence_in
from tests.simulation.world import TABLE

_ONCE = ("ledger.announce", "ledger.retract")
_STORES = ("ledger", "quarantine")


@dataclass(slots=True)
class _Sink:
    """What one invocation sent to one sink."""

    calls: int = 0
    troubled: bool = False
    sizes: list[int] = field(default_factory=list)
    changes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass(slots=True)
class _Invocation:
    made: Counter[str] = field(default_factory=Counter)
    """Calls by edge, without those that failed."""
    quarantined: Counter[str] = field(default_factory=Counter)
    sinks: dict[str, _Sink] = field(default_factory=lambda: defaultdict(_Sink))
    sink_refused: bool = False
    """Whether the check of a sink was denied."""

    @property
    def reads(self) -> int:
        """How many reads of the ledger have a reason."""
        return 1 + (self.made["ledger.settle_if"] + 1 if self.sink_refused else 0)


class Watch:
    """``rows`` gives the ledger's rows as they are now; ``invocation`` who is at work, 0 for nobody."""

    def __init__(
        self,
        judge: Judge,
        invocation: Callable[[], int],
        rows: Callable[[], Mapping[str, Row]],
        event_max_bytes: int,
    ) -> None:
        self._judge = judge
        self._invocation = invocation
        self._rows = rows
        self._max_bytes = event_max_bytes
        self._invocations: dict[int, _Invocation] = defaultdict(_Invocation)
        self.faults: Counter[str] = Counter()
        """By kind, over all edges."""
        self._again: list[str] = []
        self._settled: frozenset[str] = frozenset()
        """Sequences of the records in work that the ledger had settled before they came."""

    # --- hooks ---------------------------------------------------------------------------------------

    def edge(self, name: str, fault: str) -> None:
        if fault == "none":
            self._now.made[name.partition(" ")[0]] += 1
        else:
            self.faults[fault] += 1
            target, _, call = name.partition(".")
            self._now.sink_refused |= call == "check" and fault == "denied" and target not in _STORES

    def sent(
        self,
        sink: str,
        entries: Sequence[Mapping[str, Any]],
        events: Sequence[Mapping[str, Any]],
        *,
        accepted: int,
    ) -> None:
        """``accepted``: how many of the entries the caller was told to be. ``events`` are what they carry."""
        here = self._now.sinks[sink]
        here.calls += 1
        here.troubled = here.troubled or accepted < len(events)
        here.sizes += [_bytes_of(entry) for entry in entries]
        for event in events:
            here.changes[key_of(event["subject"])].add(event["id"].rpartition(":")[0])
            if sequence_in(event["sequence"]) in self._settled:
                self._again.append(f"{sink}: {event['id']} was published again although it was settled")

    def quarantined(self, sequence: str) -> None:
        self._now.quarantined[sequence] += 1

    @contextmanager
    def handling(self, records: Sequence[Any], *, redriven: bool) -> Iterator[None]:
        """While these records are processed. Those of a redrive are settled if the row says so by name."""
        rows, before = self._rows(), self._settled
        settled = set()
        for record in records:
            row = rows.get(key_token(TABLE, record["dynamodb"]["Keys"]))
            sequence = _sequence_of(record)
            if row is None:
                continue
            if sequence in row.recent or (not redriven and row.position.sequence >= sequence):
                settled.add(sequence)
        self._settled = frozenset(settled)
        try:
            yield
        finally:
            self._settled = before

    @property
    def _now(self) -> _Invocation:
        return self._invocations[self._invocation()]

    # --- the check -----------------------------------------------------------------------------------

    def nothing_settled_came_again(self) -> None:
        for text in self._again:
            self._judge.violated(text)

    def calls_were_needed(self) -> None:
        for number, one in self._invocations.items():
            if number:  # a redrive and a reconciliation have none
                self._check(number, one)

    def _check(self, number: int, one: _Invocation) -> None:
        violated = self._judge.violated
        for edge in _ONCE:
            if one.made[edge] > 1:
                violated(f"invocation {number}: {one.made[edge]} calls of {edge}, one is needed")
        reads = one.made["ledger.read"]
        if reads > one.reads:
            violated(f"invocation {number}: {reads} calls of ledger.read, {one.reads} are enough")
        most = 1 + one.quarantined.total()
        if one.made["ledger.settle"] > most:
            violated(f"invocation {number}: {one.made['ledger.settle']} writes of rows, {most} are enough")
        for sequence, count in one.quarantined.items():
            if count > 1:
                violated(f"invocation {number}: {sequence} was quarantined {count} times")
        for name, sink in one.sinks.items():
            if sink.troubled:
                continue  # the keys no longer go together; that nothing is sent again is held elsewhere
            most = self._calls_for(sink) + one.quarantined.total()
            if sink.calls > most:
                violated(f"invocation {number}: {sink.calls} calls to {name}, {most} at most are needed")

    def _calls_for(self, sink: _Sink) -> int:
        """A call is full, or it has the next change of every key that is not in a call already, which only
        the full call just before it can hold."""
        longest = max(len(changes) for changes in sink.changes.values())
        room = self._max_bytes - max(sink.sizes)
        by_bytes = sum(sink.sizes) // room if room > 0 else len(sink.sizes)
        return longest + 2 * (len(sink.sizes) // EVENTBRIDGE_ENTRIES + by_bytes)


def _bytes_of(entry: Mapping[str, Any]) -> int:
    """As EventBridge counts them, or SNS; the new bus stores two ids beside the event."""
    if "Message" in entry:
        named = entry["MessageAttributes"].items()
        return len(entry["Message"].encode()) + sum(
            len(name) + len("String") + len(value["StringValue"].encode()) for name, value in named
        )
    if "Data" in entry:
        return len(entry["Data"]) + sum(map(len, entry["SystemMetadata"].values()))
    texts = (entry["Source"], entry["DetailType"], entry["Detail"], *entry["Resources"])
    ids = sum(map(len, entry.get("SystemMetadata", {}).values()))
    return EVENTBRIDGE_TIME_BYTES + ids + sum(len(text.encode()) for text in texts)


def _sequence_of(record: Any) -> str:
    label = record["eventSourceARN"].rpartition("/")[2]
    return f"{label}/{record['dynamodb']['SequenceNumber']:0>40}"

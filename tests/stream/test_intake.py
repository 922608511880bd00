"""One intake for ``run`` and Lambda: a record that AWS never writes is quarantined, and stops nothing."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.fingerprint import compile_fingerprint
from bridge.core.jsonpath import parse_path
from bridge.core.pattern.matching import compile_filters
from bridge.core.records.dialect import STREAM, Dialect
from bridge.core.records.kinesis import KINESIS
from bridge.core.redact import RedactRule
from bridge.edges.dynamodb.stream_reader import StreamReader
from bridge.edges.local.memory import MemoryQuarantine
from bridge.ports.quarantine_entry import decode, encode
from bridge.relay.relay import Relay
from bridge.stream.mapping.intake import Intake
from bridge.stream.runner import MappingSettings, Runner
from bridge.wiring.functions import StreamHandler
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.kinesis_records import kinesis_record
from tests.builders.records import STREAM_ARN, lambda_record
from tests.fakes.clock import FakeClock
from tests.fakes.sink import ScriptedSink
from tests.fakes.stores import MemoryCheckpoints, MemoryFailureDestination
from tests.stream.wire import SHARD, StreamOnTheWire


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


def good(number: int) -> dict[str, Any]:
    """A record as Lambda gets it."""
    key = {"id": f"k{number}"}
    return lambda_record(op="insert", key=key, after={**key, "n": number, "b": b"\x00"}, seq=10**20 + number)


def wire(record: Any) -> str:
    """The same as GetRecords writes it: without the stream's ARN."""
    if isinstance(record, dict):
        record = {name: value for name, value in record.items() if name != "eventSourceARN"}
    return json.dumps(record)


def at(*path: str | int, put: Any) -> Any:
    """A good record with one member replaced."""
    record = copy.deepcopy(good(2))
    part: Any = record
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = put
    return record


def without(*path: str) -> Any:
    record = copy.deepcopy(good(2))
    part: Any = record
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return record


def nested(levels: int) -> Any:
    value: Any = {"S": "x"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


IMAGE, KEYS = ("dynamodb", "NewImage"), ("dynamodb", "Keys")
TIME, NUMBER = ("dynamodb", "ApproximateCreationDateTime"), ("dynamodb", "SequenceNumber")
POISON = {
    "lone surrogate in a value": at(*IMAGE, "n", put={"S": "\ud800"}),
    "lone surrogate in a name": at(*IMAGE, "\udfff", put={"S": "x"}),
    "lone surrogate in the key": at(*KEYS, "id", put={"S": "\ud800"}),
    "lone surrogate in the event id": at("eventID", put="\ud800"),
    "value that is not base64": at(*IMAGE, "b", put={"B": "abc"}),
    "other value that is not base64": at(*IMAGE, "b", put={"B": "!!!"}),
    "key that is not base64": at(*KEYS, "id", put={"B": "abc"}),
    "key that is not a number": at(*KEYS, "id", put={"N": "abc"}),
    "key without a type": at(*KEYS, "id", put="x"),
    "absurd time": at(*TIME, put=1e30),
    "time before all times": at(*TIME, put=-1e30),
    "infinite time": at(*TIME, put=float("inf")),
    "time that is no number": at(*TIME, put=float("nan")),
    "time as text": at(*TIME, put="x"),
    "time outside the years": at(*TIME, put="0001-01-01T00:00:00+14:00"),
    "no time": without(*TIME),
    "no sequence number": without(*NUMBER),
    "sequence number that is none": at(*NUMBER, put="abc"),
    "sequence number with other digits": at(*NUMBER, put="٣"),
    "sequence number of too many digits": at(*NUMBER, put="9" * 128),
    "number that no integer type holds": at(*NUMBER, put=10**30),
    "deep nesting": at(*IMAGE, "n", put=nested(300)),
    "no dynamodb": without("dynamodb"),
    "text as dynamodb": at("dynamodb", put="x"),
    "image that is none": at(*IMAGE, put=[1]),
    "unknown operation": at("eventName", put="UPSERT"),
    "empty object": {"eventSourceARN": STREAM_ARN},
}


def bridge() -> tuple[Relay, ScriptedSink, MemoryQuarantine]:
    sink, quarantine = ScriptedSink(), MemoryQuarantine()
    return relay(sink, quarantine=quarantine), sink, quarantine


def run(way_in: Relay, records: list[Any], checkpoints: MemoryCheckpoints) -> MemoryFailureDestination:
    numbers = [STREAM.identifier(record) or "" for record in records]
    destination = MemoryFailureDestination()
    clock = FakeClock()
    Runner(
        StreamReader(StreamOnTheWire([wire(record) for record in records], numbers).client(), STREAM_ARN),
        StreamHandler(way_in, clock).handle,
        checkpoints,
        MappingSettings(parallelization_factor=2),
        clock=clock,
        rng=random.Random(7),
        destination=destination,
    ).run(until="caught_up")
    return destination


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_a_poison_record_is_quarantined_in_run_as_in_lambda_and_the_others_are_published(poison: Any) -> None:
    records = [good(1), poison, good(3)]
    in_lambda, sink, stored = bridge()
    outcome = handle(in_lambda, *json.loads(json.dumps(records)))
    assert (outcome.published, outcome.quarantined) == (2, 1)
    in_run, run_sink, run_stored = bridge()
    checkpoints = MemoryCheckpoints()
    destination = run(in_run, records, checkpoints)
    assert destination.sent == []
    assert [event.body for event in run_sink.accepted] == [event.body for event in sink.accepted]
    (entry,), (other,) = stored.entries(), run_stored.entries()
    assert (other.reason, other.message) == (entry.reason, entry.message)
    assert decode(encode(entry)).reason == entry.reason
    assert checkpoints.load(STREAM_ARN) == {SHARD: "SHARD_END"}
    run(in_run, records, checkpoints)  # the next start has nothing left to do
    assert len(run_sink.accepted) == 2


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=3) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("SNBLMx"), inner, max_size=2),
    max_leaves=6,
)


@st.composite
def mutated(draw: st.DrawFn, record: dict[str, Any]) -> Any:
    """A record with one value, at any depth, replaced by any JSON, or left out."""
    whole = [copy.deepcopy(record)]
    container: Any = whole
    slot: Any = 0
    while isinstance(container[slot], dict | list) and container[slot] and draw(st.integers(0, 4)):
        container = container[slot]
        slots = sorted(container) if isinstance(container, dict) else range(len(container))
        slot = draw(st.sampled_from(slots))
    if container is not whole and isinstance(container, dict) and draw(st.booleans()):
        del container[slot]
    else:
        container[slot] = draw(JSON)
    return whole[0]


KEY = {"id": "m", "n": 1}
MODIFIED = lambda_record(
    op="modify",
    key=KEY,
    before={**KEY, "pii": {"email": "x"}, "tags": {"a", "b"}, "list": [1, "x", None, b"\x00"]},
    after={**KEY, "pii": {"email": "y"}, "tags": {"a"}, "list": [1, "y", True]},
    seq=7,
)
THROUGH_KINESIS = kinesis_record(op="modify", before={"id": "a", "n": 1}, after={"id": "a", "n": 2})


@pytest.mark.parametrize(
    ("record", "dialect"), [(MODIFIED, STREAM), (THROUGH_KINESIS, KINESIS)], ids=["stream", "kinesis"]
)
@given(data=st.data())
def test_whatever_comes_in_a_records_place_ends_in_one_of_the_four_ways(
    record: dict[str, Any], dialect: Dialect, data: st.DataObject
) -> None:
    poison = data.draw(mutated(record))
    intake = Intake(dialect, STREAM_ARN, "shard-1")
    taken = intake.take(intake.shape(poison), read_s=0)
    assert json.loads(taken.body) == json.loads(json.dumps(intake.shape(poison)))
    hashed, dropped = parse_path("$.pii.email"), parse_path("$.list[*]")
    redact = (RedactRule(hashed, "hmac", b"k"), RedactRule(dropped, "drop"))
    rules = (rule(changed=("/list", "/tags")), rule("com.example.user.every"))
    accepts = compile_filters([{"dynamodb": {"Keys": {"id": {"S": [{"exists": True}]}}}}])
    made = table(*rules, redact=redact, accepts=accepts)
    made = replace(made, fingerprint=compile_fingerprint(b"k"), fingerprint_version="1")
    way_in = replace(relay(tables=[made]), heal=data.draw(st.sampled_from(("report", "emit"))))
    assert handle(way_in, record, poison, dialect=dialect).received == 2

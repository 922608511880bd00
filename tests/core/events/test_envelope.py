"""An event is CloudEvents 1.0 as DESIGN names its attributes, with names that do not change by repetition."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bridge.core.event import Trace
from bridge.core.events.envelope import Envelope
from bridge.core.keys import key_token
from bridge.core.records.decode import decode
from bridge.errors import EventInvalid
from tests.builders.bridges import rule, table
from tests.builders.records import lambda_record


def event_of(record: dict[str, Any], trace: Trace | None = None) -> Any:
    change = decode(record)
    (event,) = table(rule()).translate(record, change, key_token(change.table, change.key), trace).events
    return event


def test_the_attributes_are_those_of_the_design() -> None:
    event = event_of(lambda_record(key={"id": "a"}, after={"id": "a"}, seq=42, event_id="abc"))
    assert orjson.loads(event.body) == {
        "specversion": "1.0",
        "id": "abc:com.example.user.changed.v1",
        "source": "com.example.accounts",
        "type": "com.example.user.changed.v1",
        "subject": "user/a",
        "time": "2026-11-01T12:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "https://schemas.example.com/com.example.user.changed/1.0.0.json",
        "sequence": "2026-11-01T10:00:00.000/" + "42".zfill(40),
        "partitionkey": "a",
        "causationid": "abc",
        "data": {"operation": "insert", "key": {"id": "a"}, "after": {"id": "a"}},
    }


def test_the_same_record_gives_the_same_bytes_every_time() -> None:
    record = lambda_record(
        op="modify", key={"id": "a"}, before={"id": "a", "n": 1}, after={"id": "a", "n": 2}
    )
    assert event_of(record).body == event_of(record).body


def test_a_ttl_delete_says_that_the_system_did_it() -> None:
    expired = lambda_record(op="remove", key={"id": "a"}, before={"id": "a"}, ttl=True)
    assert orjson.loads(event_of(expired).body)["authtype"] == "system"


def test_the_handlers_trace_continues_in_the_event() -> None:
    trace = Trace(
        "Root=1-5759e988-bd862e3fe1be46a994272793", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"
    )
    event = event_of(lambda_record(after={"id": "a"}), trace)
    assert orjson.loads(event.body)["traceparent"] == trace.traceparent
    assert event.trace_header == trace.header


def test_the_cloudevents_sdk_reads_the_event() -> None:
    event = event_of(lambda_record(key={"id": "a"}, after={"id": "a"}))
    read = JSONFormat().read(CloudEvent, event.body)
    assert (read.get_id(), read.get_type(), read.get_subject()) == (event.id, event.type, event.subject)
    assert read.get_extension("sequence") == event.sequence


def test_attributes_that_cloudevents_refuses_are_found_before_the_first_record() -> None:
    good = {"source": "s", "type": "t.v1", "dataschema": "https://x/y.json", "sinks": ()}
    assert Envelope(**good).check() is None  # type: ignore[arg-type]
    assert "source" in (Envelope(**{**good, "source": ""}).check() or "")  # type: ignore[arg-type]


def test_a_lone_surrogate_has_no_json_and_fails_that_record_alone() -> None:
    with pytest.raises(EventInvalid, match="not valid Unicode"):
        event_of(lambda_record(after={"id": "a", "text": "\ud800"}))

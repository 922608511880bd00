"""The log lines of a batch: none shows a value, none is lost."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from bridge.core.event import Event
from bridge.edges.cloudwatch.telemetry import LineTelemetry, PowertoolsTelemetry
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.errors import BridgeError, EventInvalid, EventRefused, SinkUnavailable
from bridge.ports.telemetry import Telemetry
from bridge.relay.breaker import Breaker
from bridge.wiring.bridge import build_relay, load_configuration, memory_sinks
from tests.builders.bridges import handle, relay, rule, table
from tests.builders.places import ROOT
from tests.builders.records import lambda_record
from tests.fakes.faults import sometimes
from tests.fakes.sink import ScriptedSink
from tests.fakes.telemetry import KeptTelemetry

SECRET = "s3cr3t"
LONE = "\ud800"


def arn(table: str) -> str:
    return f"arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/2026-11-01T10:00:00.000"


def messy_batch(telemetry: Telemetry, key: str, record_id: str, attribute: str, value: str) -> None:
    """Every way a record can end, with ``value`` in every image and ``attribute`` as a name of it."""

    def refuse(data: dict[str, Any]) -> None:
        raise EventInvalid("/plan: not in enum")

    def fails(event: Event) -> BridgeError | None:
        number = event.sequence.split("/")[1].lstrip("0")
        return {"2": SinkUnavailable("throttled"), "3": EventRefused("refused")}.get(number)

    content = {
        "text": value,
        attribute: value,
        "list": [value, {"deep": value}],
        "set": {value, "other"},
        "map": {attribute: {value: value}},
        "bytes": value.encode("utf-8", "surrogatepass"),
    }

    def made(seq: int, **more: Any) -> dict[str, Any]:
        return lambda_record(
            op="modify",
            key={"id": f"{key}{seq}"},
            before={"id": f"{key}{seq}", **content, "n": 1},
            after={"id": f"{key}{seq}", **content, "n": 2},
            seq=seq,
            event_id=f"{record_id}{seq}",
            **more,
        )

    bad = made(5)
    bad["dynamodb"]["NewImage"][attribute] = {"X": value}
    nan = made(6)
    nan["dynamodb"]["NewImage"][attribute] = {"N": value}
    stranger = made(
        7, stream_arn="arn:aws:dynamodb:eu-central-1:1:table/Strangers/stream/2026-11-01T10:00:00.000"
    )
    rules = (rule(), rule("com.example.user.bad", operations=frozenset({"remove"}), validate=refuse))
    invalid = {**made(8), "eventName": "REMOVE"}
    reaches_sink = LONE not in value  # a record of lone surrogates is quarantined before
    sink = ScriptedSink(fails=fails if reaches_sink else sometimes(fails))
    bridge = replace(relay(sink, tables=[table(*rules)]), telemetry=telemetry)
    batch = [made(1), made(2), made(3), bad, nan, stranger, invalid, {"eventID": record_id, value: value}]
    handle(bridge, *batch)
    handle(
        replace(bridge, ledger=NoLedger(), breaker=Breaker()), *batch[:-1]
    )  # the last has no number by which it can be returned


class Output(io.StringIO):
    """A stream that refuses what UTF-8 cannot encode, as standard output does."""

    def write(self, text: str, /) -> int:
        text.encode()
        return super().write(text)


def tellers(output: Output) -> list[Telemetry]:
    return [
        PowertoolsTelemetry(service=f"service-{uuid.uuid4().hex}", level="debug", stream=output),
        LineTelemetry(output, level="debug"),
        LineTelemetry(output, level="debug", as_json=True),
    ]


def test_no_line_at_any_level_shows_what_an_item_holds() -> None:
    output = Output()
    for telemetry in tellers(output):
        messy_batch(telemetry, SECRET, "event-", "plan", SECRET)
        if isinstance(telemetry, PowertoolsTelemetry):
            telemetry.flush()
    published = output.getvalue()
    for message in ("batch handled", "event published", "record quarantined", "record returned for retry"):
        assert published.count(message) >= 3
    assert SECRET not in published


def test_no_schema_error_shows_what_an_item_holds(tmp_path: Path) -> None:
    """The demo's own configuration, and items that break its schemas in every attribute."""
    names = {
        "DEMO_BUS": "b",
        "DEMO_TOPIC": "arn:aws:sns:eu-central-1:123456789012:t",
        "DEMO_LEDGER": "ledger",
    }
    names |= {"DEMO_QUARANTINE": str(tmp_path), "DEMO_HASH_KEY": "not-a-secret-but-long-enough"}
    configuration = load_configuration(ROOT / "bridge/demo/configuration/bridge.yaml", names)
    output = Output()
    attributes = ["email", "plan", "status", "total", "currency", "lines", "address", "name", "passwordHash"]
    for telemetry in tellers(output):
        ledger = MemoryLedger(keep="image")
        bridge = build_relay(configuration, memory_sinks(configuration.settings), telemetry, ledger=ledger)
        for name, key in (("Users", "userId"), ("Orders", "orderId")):
            image = {key: SECRET, **dict.fromkeys(attributes, SECRET)}
            handle(bridge, lambda_record(key={key: SECRET}, after=image, stream_arn=arn(name)))
    assert output.getvalue().count("record quarantined") == 6
    assert SECRET not in output.getvalue()


def test_lone_surrogates_everywhere_cost_neither_a_line_nor_a_record() -> None:
    plain, odd = Output(), Output()
    for telemetry in tellers(plain):
        messy_batch(telemetry, "k", "event-", "plan", "v")
    for telemetry in tellers(odd):
        messy_batch(telemetry, f"k{LONE}", f"event-{LONE}", f"plan{LONE}", f"v{LONE}")
    assert "\\ud800" in odd.getvalue()
    for line in odd.getvalue().splitlines():
        if line.startswith("{"):
            orjson.loads(line)  # refuses lone surrogates, written out or escaped
    assert odd.getvalue().count("record quarantined") >= plain.getvalue().count("record quarantined")
    assert odd.getvalue().count("batch handled") == 6


def test_lines_for_events_are_made_only_where_debug_is_on() -> None:
    telemetry = KeptTelemetry()
    bridge = replace(relay(), telemetry=telemetry)
    handle(bridge, lambda_record(key={"id": "a"}, after={"id": "a"}, seq=1))
    assert telemetry.messages == ["batch handled"]
    telemetry.debug = True
    handle(bridge, lambda_record(key={"id": "a"}, after={"id": "a"}, seq=2))
    level, message, fields = telemetry.lines[-1]
    assert (level, message, fields["event_id"]) == (
        "debug",
        "event published",
        "event-2:com.example.user.changed.v1",
    )
    assert set(fields) >= {"record_id", "event_type", "table", "key_hash", "sequence"}

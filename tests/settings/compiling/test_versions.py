"""Two majors of one type, live at once: one change, an event of each, and no trouble that parts them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bridge.core.event import Event
from bridge.core.events.translate import Table
from bridge.edges.local.ledgers import MemoryLedger, NoLedger
from bridge.edges.local.memory import MemoryClaimCheck, MemoryQuarantine
from bridge.errors import BridgeError, ConfigurationError, SinkUnavailable
from bridge.ports.clock import Deadline
from bridge.relay.accounts import Outcome
from bridge.relay.relay import Relay
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.finding import counts
from bridge.settings import Settings, read_settings
from bridge.settings.compiling.tables import compile_tables
from bridge.settings.compiling.versions import find_sunsets
from tests.builders.bridges import relay
from tests.builders.records import lambda_record
from tests.fakes.sink import ScriptedSink
from tests.reconcile.rig import Rig
from tests.schemas.folders import put, schema

TYPE = "com.example.plan_changed"
FILE = """\
version: 1
source: com.example.accounts
sinks: {domain: {kind: memory}}
quarantine: {kind: directory, path: q}
tables:
  Users:
    subject: user/{$.key.id}
    redact: [{path: $.email, with: mask}]
    events:
      - type: com.example.plan_changed
        op: [modify, insert]
        when: {changed: [/plan]}
        versions:
VERSIONS
"""
VERSIONS = """\
          - schema: "1.1.0"
            from: "2.0.0"
            data: {plan: $.plan.to}
            sunset: 2027-06-30
            deprecated_from: 2026-11-01
            migration: https://docs.example.com/plan-changed
          - schema: "3.0.0"
            data: {now: $.after.plan, before: $.before.plan, email: $.after.email}
          - {schema: "2.0.0", from: "3.0.0", data: {plan: {from: $.before, to: $.now}, email: $.email}}
"""
OLDER, NEWER, NEWEST = (f"{TYPE}.v{major}" for major in (1, 2, 3))
TEXT = {"type": "string"}
SCHEMAS = {
    "1.1.0": {"required": ["plan"], "properties": {"plan": {"enum": ["free", "pro"]}}},
    "2.0.0": {"required": ["plan"], "properties": {"plan": {"required": ["to"], "type": "object"}}},
    "3.0.0": {"required": ["now"], "properties": {"now": TEXT, "before": TEXT}},
}


def schemas(folder: Path, meta: str = "summary: s\nowner: o\n") -> SchemaSet:
    for version, rules in SCHEMAS.items():
        put(folder, f"{TYPE}/{version}.json", schema(version, of=TYPE, **rules))
    put(folder, f"{TYPE}/meta.yaml", meta)
    return SchemaSet.load(folder)


def settings(versions: str = VERSIONS) -> Settings:
    return read_settings(FILE.replace("VERSIONS\n", versions).encode(), "b.yaml", Path(), {})


def users(folder: Path, versions: str = VERSIONS, meta: str = "summary: s\nowner: o\n") -> Table:
    return compile_tables(settings(versions), schemas(folder, meta))["Users"]


def problems(folder: Path, versions: str, meta: str = "summary: s\nowner: o\n") -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        users(folder, versions, meta)
    return [str(problem) for problem in caught.value.problems]


def to(plan: str, seq: int = 7, key: str = "a", **more: Any) -> dict[str, Any]:
    before, after = {"id": key, "plan": "free", "email": "a@b"}, {"id": key, "plan": plan, "email": "a@b"}
    return lambda_record(op="modify", key={"id": key}, before=before, after=after | more, seq=seq)


def process(bridge: Relay, *records: Any) -> Outcome:
    return bridge.handle(records, Deadline.after(bridge.clock, 60))


def reported(events: Sequence[Event]) -> dict[str, dict[str, Any]]:
    return {event.type: json.loads(event.body) for event in events}


def test_one_change_is_published_in_every_major_the_older_ones_made_from_the_newer(tmp_path: Path) -> None:
    sink = ScriptedSink()
    outcome = process(relay(sink, tables=[users(tmp_path)]), to("pro"))
    events = reported(sink.accepted)
    assert (outcome.published, outcome.events) == (1, 3)
    assert {name: event["data"] for name, event in events.items()} == {
        NEWEST: {"now": "pro", "before": "free", "email": "***"},
        NEWER: {"plan": {"from": "free", "to": "pro"}, "email": "***"},
        OLDER: {"plan": "pro"},
    }
    assert [event.type for event in sink.accepted] == [NEWEST, NEWER, OLDER], "sources first"


def test_they_share_sequence_and_correlation_and_have_their_own_ids_and_schemas(tmp_path: Path) -> None:
    sink = ScriptedSink()
    process(relay(sink, tables=[users(tmp_path)]), to("pro"))
    events = reported(sink.accepted)
    for name in ("sequence", "subject", "time", "partitionkey", "causationid", "correlationid"):
        assert len({event[name] for event in events.values()}) == 1, name
    for name, event in events.items():
        assert event["id"] == f"event-7:{name}"
        assert event["correlationid"] == f"event-7:{TYPE}"
    assert {event["dataschema"].rpartition("/")[2] for event in events.values()} == {
        "1.1.0.json",
        "2.0.0.json",
        "3.0.0.json",
    }


def test_replaced_versions_are_marked_as_deprecated_and_the_newest_is_not(tmp_path: Path) -> None:
    sink = ScriptedSink()
    process(relay(sink, tables=[users(tmp_path)]), to("pro"))
    marks = {
        name: {key: value for key, value in event.items() if key.startswith("deprecat")}
        for name, event in reported(sink.accepted).items()
    }
    assert marks == {
        NEWEST: {},
        NEWER: {"deprecated": True},
        OLDER: {
            "deprecated": True,
            "deprecationfrom": "2026-11-01T00:00:00Z",
            "deprecationsunset": "2027-06-30T23:59:59Z",
            "deprecationmigration": "https://docs.example.com/plan-changed",
        },
    }


META = """\
summary: s
owner: o
migration: Read the other one.
sunset:
  1: {date: 2027-06-30, since: 2026-11-01, migration: https://docs.example.com/meta}
  2: 2028-01-31
"""
PLAIN = """\
          - {schema: "3.0.0", data: {now: $.after.plan}}
          - {schema: "2.0.0", data: {plan: {to: $.after.plan}}, migration: "https://docs.example.com/own"}
          - {schema: "1.1.0", data: {plan: $.after.plan}, sunset: 2027-12-31}
"""


def test_meta_yaml_gives_what_the_configuration_leaves_open(tmp_path: Path) -> None:
    sink = ScriptedSink()
    process(relay(sink, tables=[users(tmp_path, PLAIN, META)]), to("pro"))
    events = reported(sink.accepted)
    assert "deprecated" not in events[NEWEST]
    assert events[NEWER]["deprecationsunset"] == "2028-01-31T23:59:59Z"
    assert events[NEWER]["deprecationmigration"] == "https://docs.example.com/own"
    assert events[OLDER]["deprecationsunset"] == "2027-12-31T23:59:59Z", "the configuration decides"
    assert events[OLDER]["deprecationfrom"] == "2026-11-01T00:00:00Z"
    assert events[OLDER]["deprecationmigration"] == "https://docs.example.com/meta"


def test_migration_text_that_is_not_a_uri_is_not_an_attribute(tmp_path: Path) -> None:
    sink = ScriptedSink()
    meta = META.replace(", migration: https://docs.example.com/meta", "")
    process(relay(sink, tables=[users(tmp_path, PLAIN, meta)]), to("pro"))
    assert "deprecationmigration" not in reported(sink.accepted)[OLDER]


def test_a_single_version_has_neither_correlation_nor_marks(tmp_path: Path) -> None:
    sink = ScriptedSink()
    only = '          - {schema: "3.0.0", data: {now: $.after.plan}}\n'
    process(relay(sink, tables=[users(tmp_path, only)]), to("pro"))
    (event,) = reported(sink.accepted).values()
    assert event["id"] == f"event-7:{NEWEST}"
    assert not {"correlationid", "deprecated"} & event.keys()


# --- trouble -----------------------------------------------------------------------------------------


def test_if_one_major_is_refused_nothing_is_published_and_the_whole_record_is_quarantined(
    tmp_path: Path,
) -> None:
    sink, quarantine = ScriptedSink(), MemoryQuarantine()
    bridge = relay(sink, tables=[users(tmp_path)], quarantine=quarantine)
    outcome = process(bridge, to("enterprise"), to("pro", seq=8))
    (entry,) = quarantine.entries()
    assert (entry.event_type, entry.reason, entry.stage) == (OLDER, "event_invalid", "validate")
    assert entry.record["eventID"] == "event-7"
    assert (outcome.quarantined, outcome.published) == (1, 1)
    assert {event.record_id for event in sink.accepted} == {"event-8"}, "the key goes on"


def test_a_failing_function_quarantines_the_record_and_names_the_major(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("plans_of_tests")
    module.older = lambda data: {"plan": {"pro": "pro"}[data["now"]]}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plans_of_tests", module)
    versions = """\
          - {schema: "3.0.0", data: {now: $.after.plan}}
          - {schema: "1.1.0", from: "3.0.0", using: "plans_of_tests:older"}
"""
    sink, quarantine = ScriptedSink(), MemoryQuarantine()
    process(relay(sink, tables=[users(tmp_path, versions)], quarantine=quarantine), to("pro"), to("gold", 8))
    (entry,) = quarantine.entries()
    assert (entry.event_type, entry.reason) == (OLDER, "mapping_failed")
    assert "gold" not in entry.message
    assert reported(sink.accepted)[OLDER]["data"] == {"plan": "pro"}


def test_a_redelivery_gives_the_same_bytes_and_with_a_ledger_nothing(tmp_path: Path) -> None:
    sink = ScriptedSink()
    table = users(tmp_path)
    forgetful = relay(sink, tables=[table], ledger=NoLedger())
    process(forgetful, to("pro"))
    process(forgetful, to("pro"))
    assert [event.body for event in sink.accepted[:3]] == [event.body for event in sink.accepted[3:]]
    remembering, kept = ScriptedSink(), MemoryLedger()
    bridge = relay(remembering, tables=[table], ledger=kept)
    process(bridge, to("pro"))
    assert process(bridge, to("pro")).reasons == {"without_event": {"duplicate": 1}}
    assert len(remembering.accepted) == 3


def test_if_the_bus_refuses_one_major_for_now_the_change_is_returned_and_the_key_waits(
    tmp_path: Path,
) -> None:
    down = True

    def fails(event: Event) -> BridgeError | None:
        return SinkUnavailable("throttled") if down and event.type == OLDER else None

    sink = ScriptedSink(fails=fails)
    bridge = relay(sink, tables=[users(tmp_path)])
    outcome = process(bridge, to("pro", 7), to("pro", 8), to("pro", 9, key="b"))
    assert outcome.returned_numbers == ("7", "8", "9")
    assert outcome.reasons["returned"]["held_back"] == 1
    assert {event.record_id for event in sink.accepted} == {"event-7", "event-9"}, "8 waits for 7"
    down = False
    process(bridge, to("pro", 7))
    assert OLDER in {event.type for event in sink.accepted}


def test_each_major_is_large_or_small_by_itself(tmp_path: Path) -> None:
    sink, claims = ScriptedSink(max_bytes=2_000), MemoryClaimCheck()
    bridge = replace(relay(sink, tables=[users(tmp_path)]), claim_check=claims)
    assert process(bridge, to("pro")).published == 1
    assert {"data" in event for event in reported(sink.accepted).values()} == {True}
    versions = VERSIONS.replace("email: $.after.email", "more: $.after.more")
    sink = ScriptedSink(max_bytes=2_000)
    bridge = replace(relay(sink, tables=[users(tmp_path, versions)]), claim_check=claims)
    process(bridge, to("pro", more="x" * 3_000))
    events = reported(sink.accepted)
    assert ("dataref" in events[NEWEST], "data" in events[NEWEST]) == (True, False)
    assert events[OLDER]["data"] == {"plan": "pro"}
    assert events[OLDER]["correlationid"] == events[NEWEST]["correlationid"]


def test_a_reconciliation_publishes_every_major_with_ids_that_a_repeat_keeps(tmp_path: Path) -> None:
    rig = Rig(rules=users(tmp_path), keep="image")
    rig.live("a", {"plan": "free"})
    rig.live("a", {"plan": "pro"}, lost=True)
    rig.execute()
    events = {event["type"]: event for event in rig.events}
    assert list(events) == [NEWEST, NEWER, OLDER]
    assert {event["reconciled"] is True for event in events.values()} == {True}
    assert len({event["sequence"] for event in events.values()}) == 1
    (cause,) = {event["causationid"] for event in events.values()}
    assert {event["id"] for event in events.values()} == {f"{cause}:{name}" for name in events}
    assert {event["correlationid"] for event in events.values()} == {f"{cause}:{TYPE}"}
    assert events[OLDER]["deprecated"] is True
    assert rig.execute()["events"] == 0


def test_a_reconciliation_of_one_major_leaves_the_others_out(tmp_path: Path) -> None:
    rig = Rig(rules=users(tmp_path), keep="image")
    rig.live("a", {"plan": "free"})
    rig.live("a", {"plan": "pro"}, lost=True)
    rig.execute(only_types=(OLDER,))
    assert [event["type"] for event in rig.events] == [OLDER]


# --- configurations that are wrong -------------------------------------------------------------------


def test_all_errors_in_derivations_are_reported_at_once_at_their_places(tmp_path: Path) -> None:
    versions = """\
          - schema: "3.0.0"
            data: {now: $.after.plan}
          - schema: "2.0.0"
            from: "3.0.0"
            data: {plan: {$pth: $.now}, other: "$.b["}
          - schema: "1.1.0"
            from: "3.0.0"
            using: no_such_package:older
"""
    first, second, third = problems(tmp_path, versions)
    at = "tables.Users.events[0].versions"
    assert first.startswith(f"b.yaml:18:33 {at}[1].data.plan[\"$pth\"]: '$pth' is none of")
    assert first.endswith("did you mean '$path'?")
    assert second.startswith(f"b.yaml:18:48 {at}[1].data.other: not a JSONPath")
    assert third.startswith(
        f"b.yaml:21:20 {at}[2].using: the module no_such_package does not exist — install it"
    )


def test_an_announced_sunset_is_never_moved_to_an_earlier_day(tmp_path: Path) -> None:
    earlier = PLAIN.replace("sunset: 2027-12-31", "sunset: 2027-06-29")
    (line,) = problems(tmp_path, earlier, META)
    assert line == (
        "b.yaml:16:67 tables.Users.events[0].versions[2].sunset: was announced as 2027-06-30, and 2027-06-29"
        " is earlier: it may only move later — write 2027-06-30 or a later day"
    )
    same = PLAIN.replace("sunset: 2027-12-31", "sunset: 2027-06-30")
    assert users(tmp_path, same, META)


def test_a_sunset_in_the_lock_counts_as_announced(tmp_path: Path) -> None:
    known = schemas(tmp_path, META)
    locked = replace(known, metas={}, lock=known.lock.adding(known.entries(), known.metas))
    with pytest.raises(ConfigurationError, match="was announced as 2027-06-30"):
        compile_tables(settings(PLAIN.replace("2027-12-31", "2027-01-01")), locked)


def test_a_version_after_its_last_day_is_a_warning(tmp_path: Path) -> None:
    known, given = schemas(tmp_path, META), settings(PLAIN)
    (own,) = (each for each in find_sunsets(given, known, date(2028, 1, 1)) if "last day" in each.message)
    assert own.severity == "warning"
    assert str(own) == (
        f"b.yaml:16:67 tables.Users.events[0].versions[2].sunset: the last day of {TYPE} 1.1.0 was"
        " 2027-12-31 — remove the version, or move its sunset for those who still read it"
    )
    assert [problem.line for problem in find_sunsets(given, known, date(2028, 2, 1))] == [15, 16]


def test_a_version_whose_last_day_is_near_is_a_warning_that_strict_does_not_count(tmp_path: Path) -> None:
    known, given = schemas(tmp_path, META), settings(PLAIN)
    assert find_sunsets(given, known, date(2027, 11, 30)) == []
    for today, words in ((date(2027, 12, 1), "in 30 days"), (date(2027, 12, 31), "today")):
        (own,) = find_sunsets(given, known, today)
        assert f"{TYPE} 1.1.0 ends {words}, on 2027-12-31" in str(own)
        assert not counts(own, strict=True)

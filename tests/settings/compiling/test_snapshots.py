"""Rules with ``op: snapshot``: no change becomes one, and no other type's pattern matches one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.core.diff.view import ChangeView
from bridge.core.events.snapshot import lines_to_add, snapshot_type
from bridge.core.events.translate import Table
from bridge.core.pattern.matching import compile_pattern
from bridge.core.pattern.rules import envelope
from bridge.core.records.decode import decode
from bridge.errors import ConfigurationError
from bridge.settings import read_settings
from bridge.settings.compiling.tables import compile_tables
from tests.builders.records import item, lambda_record
from tests.cli.shell import Shell
from tests.settings.compiling.test_tables import AnySchema

FILE = """
version: 1
source: com.example.shop
sinks: {out: {kind: memory}}
quarantine: {kind: directory, path: q}
tables:
  orders:
    subject: order/{$.key.id}
    events:
      - {type: com.example.order.placed, op: insert, versions: ["1.0.0"]}
      - {type: com.example.order.changed, op: [modify, remove], versions: ["1.0.0"]}
"""
SNAPSHOTS = '      - {type: com.example.order.snapshot, op: snapshot, versions: ["1.0.0"]}\n'


def compiled(text: str) -> Table:
    return compile_tables(read_settings(text.encode(), "b.yaml", Path(), {}), AnySchema())["orders"]


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        compiled(text)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("op", ["insert", "modify", "remove"])
def test_no_change_becomes_a_snapshot_and_a_snapshot_becomes_nothing_else(op: Any) -> None:
    table = compiled(FILE + SNAPSHOTS)
    old, new = {"id": "a", "n": 1}, {"id": "a", "n": 2}
    record = lambda_record(
        op=op, key={"id": "a"}, before=None if op == "insert" else old, after=None if op == "remove" else new
    )
    change = decode(record)
    live = table.translate(record, change, "key").events
    assert "com.example.order.snapshot.v1" not in {event.type for event in live}
    assert len(live) == 1
    snapshot = change._replace(operation="snapshot", before=None, after=item(new))
    (event,) = table.translate(record, snapshot, "key").events
    assert event.type == "com.example.order.snapshot.v1"


MORE = """\
      - {type: com.example.order, op: insert, versions: ["1.0.0"]}
      - {type: com.example.order.snapshotted, op: modify, versions: ["2.0.0"]}
"""
"""Types of changes whose names begin as that of the snapshots, or are its beginning."""


def snapshot_event(table: Table) -> dict[str, Any]:
    """The event of an item that a backfill read."""
    record = lambda_record(op="insert", key={"id": "a"}, after={"id": "a", "n": 2})
    change = decode(record)._replace(operation="snapshot", marks={"snapshot": True})
    (event,) = table.translate(record, change, "key").events
    body: dict[str, Any] = json.loads(event.body)
    return body


def test_the_pattern_of_no_type_of_changes_matches_a_snapshot_and_that_of_snapshots_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsysbinary)
    shell.write("bridge.yaml", FILE + SNAPSHOTS + MORE)
    seen = envelope(snapshot_event(compiled(FILE + SNAPSHOTS + MORE)))
    matched = {}
    for name in ("order.placed", "order.changed", "order", "order.snapshotted", "order.snapshot"):
        done = shell.run("pattern", f"com.example.{name}", "--config", str(tmp_path / "bridge.yaml"))
        assert done.code == 0, done.err
        pattern = compile_pattern(json.loads(done.out))
        matched[name] = pattern.matches(seen)
    assert [name for name, matches in matched.items() if matches] == ["order.snapshot"]


def test_a_snapshot_says_so_in_its_attributes_and_in_its_data_and_has_nothing_from_before() -> None:
    event = snapshot_event(compiled(FILE + SNAPSHOTS))
    assert (event["snapshot"], "reconciled" in event) == (True, False)
    assert event["data"] == {"operation": "snapshot", "key": {"id": "a"}, "after": {"id": "a", "n": 2}}


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{type: com.example.order.state, op: [insert, snapshot]", "a snapshot reports no change"),
        (
            "{type: com.example.order.placed, op: snapshot",
            "order.placed is published for changes",
        ),
        (
            "{type: com.example.order.snapshot, op: snapshot, when: {changed: [/n]}",
            "a snapshot has no changes, so this never matches",
        ),
        (
            "{type: com.example.order.snapshot, op: snapshot, when: {before: {n: [1]}}",
            "a snapshot has no before image, so this never matches",
        ),
    ],
)
def test_a_rule_for_snapshots_that_is_no_rule_of_its_own_or_never_matches_is_refused(
    rule: str, problem: str
) -> None:
    found = problems(f'{FILE}      - {rule}, versions: ["1.0.0"]}}\n')
    assert any(problem in each for each in found), found


def test_the_advice_that_a_refusal_gives_is_accepted() -> None:
    found = problems(FILE.replace("op: insert", "op: [insert, snapshot]"))
    assert any("com.example.order.snapshot" in each for each in found), found
    assert compiled(FILE + SNAPSHOTS)


@pytest.mark.parametrize(
    ("types", "name"),
    [
        (["com.example.order.placed", "com.example.order.changed"], "com.example.order.snapshot"),
        (["com.example.order.placed"], "com.example.order.snapshot"),
        (["com.a.order.placed", "com.b.order.placed"], "com.snapshot"),
        (["com.example.order.placed", "com.example.user.created"], "com.example.snapshot"),
        (["order.placed", "user.created"], "com.example.item.snapshot"),
    ],
)
def test_the_lines_to_add_are_a_rule_with_a_name_that_fits_the_table(types: list[str], name: str) -> None:
    assert snapshot_type(types) == name
    assert yaml.safe_load(lines_to_add(types)) == [{"type": name, "op": "snapshot", "versions": ["1.0.0"]}]


def test_a_view_of_a_snapshot_has_the_item_and_no_changes() -> None:
    table = compiled(FILE + SNAPSHOTS)
    record = lambda_record(op="insert", key={"id": "a"}, after={"id": "a", "n": 1})
    view = ChangeView(decode(record)._replace(operation="snapshot"), table.diff)
    assert view.changes is None
    assert view.after is not None

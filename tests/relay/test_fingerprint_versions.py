"""Rows of another fingerprint version: no gap is reported, no old value is shown, the row is renewed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.core.events.translate import Table
from bridge.core.fingerprint import compile_field_hashes, compile_fingerprint
from bridge.ports.ledger import Keep
from bridge.relay.relay import Relay
from bridge.settings.compiling.tables import compile_tables
from bridge.wiring.bridge import load_configuration
from tests.builders.bridges import handle
from tests.fakes.sink import ScriptedSink
from tests.reconcile.project import write_project
from tests.relay.test_settling import bodies, bridge, change, new_image, published, row_of


def changed(**parts: Any) -> Table:
    """The table after its hash_key was changed."""
    secret = b"z" * 32
    ignore = parts.get("ignore", ())
    return replace(
        published(**parts),
        fingerprint=compile_fingerprint(secret, ignore),
        field_hashes=compile_field_hashes(secret, ignore),
        fingerprint_version="new",
    )


def with_old_row(keep: Keep = "fingerprint", heal: Any = "report") -> tuple[Relay, ScriptedSink]:
    """An insert settled under fingerprint version ``old``, then a relay with another on the same ledger."""
    first = bridge(ScriptedSink(), replace(published(), fingerprint_version="old"), keep=keep)
    handle(first, change(1, None, 1))
    sink = ScriptedSink()
    return bridge(sink, changed(), keep=keep, heal=heal, ledger=first.ledger), sink


@pytest.mark.parametrize("heal", ["report", "emit"])
@pytest.mark.parametrize("keep", ["fingerprint", "fields", "image"])
def test_a_change_on_a_row_of_another_fingerprint_version_is_no_gap(keep: Keep, heal: Any) -> None:
    relay, sink = with_old_row(keep, heal)
    handle(relay, change(2, 1, 2))
    (body,) = bodies(sink)
    assert "gap" not in body
    assert "reconciled" not in body
    row = row_of(relay)
    assert (row.fingerprint_version, row.gap) == ("new", False)


def test_after_that_gaps_are_seen_again() -> None:
    relay, sink = with_old_row()
    handle(relay, change(2, 1, 2))
    handle(relay, change(4, 3, 4))
    assert [body.get("gap", False) for body in bodies(sink)] == [False, True]


def test_a_second_insert_without_a_remove_is_a_gap_under_any_fingerprint_version() -> None:
    relay, sink = with_old_row()
    handle(relay, change(3, None, 5))
    assert bodies(sink)[0]["gap"] is True


@pytest.mark.parametrize("keep", ["fields", "image"])
def test_names_of_changed_attributes_are_not_taken_from_hashes_of_another_key(keep: Keep) -> None:
    """Every attribute would seem changed."""
    first = bridge(ScriptedSink(), replace(published(), fingerprint_version="old"), keep=keep)
    handle(first, new_image(1, {"id": "a", "n": 1, "m": 1}, op="insert"))
    sink = ScriptedSink()
    relay = bridge(sink, changed(), keep=keep, ledger=first.ledger)
    handle(relay, new_image(2, {"id": "a", "n": 2, "m": 1}))
    assert bodies(sink)[0]["data"].get("changes") is None
    handle(relay, new_image(3, {"id": "a", "n": 3, "m": 1}))
    assert [each["path"] for each in bodies(sink)[1]["data"]["changes"]] == ["/n"]


def test_a_change_that_publishes_nothing_leaves_the_row_with_its_old_fingerprint_version() -> None:
    """The last published state was made by that version."""
    ignore = (("seen",),)
    first = bridge(ScriptedSink(), replace(published(ignore=ignore), fingerprint_version="old"))
    handle(first, change(1, None, {"id": "a", "n": 1, "seen": 1}))
    fingerprint = row_of(first).fingerprint
    relay = bridge(ScriptedSink(), changed(ignore=ignore), ledger=first.ledger)
    handle(relay, change(2, {"id": "a", "n": 1, "seen": 1}, {"id": "a", "n": 1, "seen": 2}))
    row = row_of(relay)
    assert (row.fingerprint_version, row.fingerprint, row.position.number) == ("old", fingerprint, 2)


def test_the_configuration_determines_the_fingerprint_version(tmp_path: Path) -> None:
    def fingerprint_version(old: str = "", new: str = "") -> str:
        path = tmp_path / "bridge.yaml"
        path.write_text(text.replace(old, new, 1) if old else text)
        configuration = load_configuration(path)
        return compile_tables(configuration.settings, configuration.schemas)["Users"].fingerprint_version

    path = write_project(tmp_path, table="Users", ledger="ledger", more="    diff: {ignore: [/seen]}\n")
    text = path.read_text()
    same = fingerprint_version()
    assert len(same) == 8
    assert fingerprint_version("keep: fields", "keep: image") == same
    assert fingerprint_version("[/seen]", "[/seen, /at]") != same
    assert fingerprint_version("hash_key: not", "hash_key: yes") != same
    assert fingerprint_version("    diff:", "    redact: [{path: $.email, with: drop}]\n    diff:") != same

"""What every quarantine store promises. A new store is one entry in ``RIGS``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.memory import MemoryQuarantine
from bridge.edges.quarantine_directory import DirectoryQuarantine
from bridge.ports import Quarantine, Quarantined


@dataclass
class Rig:
    store: Quarantine
    kept: Callable[[], Iterable[Quarantined]]


def _memory(_: Path) -> Rig:
    store = MemoryQuarantine()
    return Rig(store, store.entries)


def _directory(path: Path) -> Rig:
    store = DirectoryQuarantine(path / "quarantine")
    return Rig(store, store.entries)


RIGS: dict[str, Callable[[Path], Rig]] = {"memory": _memory, "directory": _directory}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return RIGS[request.param](tmp_path)


def quarantined(
    record_id: str = "e1", sequence: str = "2026-10-01T00:00:00.000/0001", **fields: Any
) -> Quarantined:
    record = {"eventID": record_id, "dynamodb": {"Keys": {"id": {"S": "u-1"}}, "SizeBytes": 12}}
    entry = Quarantined(
        record=record,
        record_id=record_id,
        table="Users",
        reason="event_invalid",
        stage="validate",
        message="/data/plan: is not one of the allowed values",
        hint="publish a schema that allows it, then redrive",
        time="2026-11-01T12:00:00Z",
        version="0.1.0",
        event_type="com.example.user.created.v1",
        sequence=sequence,
    )
    return replace(entry, **fields)


def test_a_record_comes_back_whole_with_its_reason(rig: Rig) -> None:
    rig.store.check()
    rig.store.put(quarantined())
    assert list(rig.kept()) == [quarantined()]


def test_the_same_record_twice_leaves_one_entry_with_the_newest_reason(rig: Rig) -> None:
    rig.store.put(quarantined())
    rig.store.put(quarantined(reason="mapping_failed", time="2026-11-01T13:00:00Z", version="0.2.0"))
    assert [entry.reason for entry in rig.kept()] == ["mapping_failed"]


def test_different_records_never_share_an_entry(rig: Rig) -> None:
    entries = [
        quarantined("e1"),
        quarantined("E1"),
        quarantined("e/1"),
        quarantined("e_1"),
        quarantined("x" * 400),
        quarantined("x" * 401),
        quarantined("e1", sequence="2026-10-02T00:00:00.000/0001"),
        quarantined("e1", table="Orders"),
        quarantined("", "", record={"odd": 1}),
        quarantined("", "", record={"odd": 2}),
    ]
    for entry in entries:
        rig.store.put(entry)
    kept = list(rig.kept())
    assert len(kept) == len(entries)
    assert all(entry in kept for entry in entries)


@pytest.mark.parametrize(
    "odd", ["../../etc/passwd", "..", ".hidden", "nul\0byte", "\ud800", "東京", "a b\n", ""]
)
def test_any_record_id_can_be_kept(rig: Rig, odd: str) -> None:
    rig.store.put(quarantined(odd))
    assert [entry.record_id for entry in rig.kept()] == [odd]


def test_lone_surrogates_and_long_numbers_survive(rig: Rig) -> None:
    record = {
        "eventID": "e1",
        "dynamodb": {
            "NewImage": {
                "s\ud800": {"S": "\udfff and \u0000"},
                "n": {"N": "1." + "0" * 40},
                "big": 10**40,
                "f": 0.1,
            }
        },
    }
    rig.store.put(quarantined(record=record))
    assert [entry.record for entry in rig.kept()] == [record]

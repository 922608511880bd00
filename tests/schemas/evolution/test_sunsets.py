"""A sunset is announced from thirty days before on, in words for the day, and is never a mistake by that."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.evolution.sunsets import find_sunsets
from bridge.schemas.finding import counts, rule_of
from tests.schemas.folders import BASE, TYPE, put, schema

DAYS = {
    date(2026, 11, 20): "",
    date(2026, 11, 21): "ends in 30 days, on 2026-12-21",
    date(2026, 12, 14): "ends in 7 days, on 2026-12-21",
    date(2026, 12, 15): "ends in 6 days (less than a week), on 2026-12-21",
    date(2026, 12, 20): "ends tomorrow, on 2026-12-21",
    date(2026, 12, 21): "ends today, on 2026-12-21",
}


def load(folder: Path, sunset: str) -> SchemaSet:
    put(folder, "registry.yaml", f"base: {BASE}\n")
    put(folder, f"{TYPE}/meta.yaml", f"summary: x\nowner: {{team: a, contact: b}}\n{sunset}\n")
    put(folder, f"{TYPE}/1.0.0.json", schema())
    return SchemaSet.load(folder)


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_a_sunset_that_comes_closer_is_announced(tmp_path: Path, today: date) -> None:
    found = list(find_sunsets(load(tmp_path, "sunset: {1: 2026-12-21}"), today))
    assert [each.message for each in found] == ([f"{TYPE} 1 {DAYS[today]}"] if DAYS[today] else [])
    for each in found:
        assert (each.severity, rule_of(each), each.line) == ("warning", "sunset-soon", 3)
        assert not counts(each, strict=True)  # nobody can fix a day that comes closer


def test_a_sunset_that_is_past_counts_with_strict(tmp_path: Path) -> None:
    (found,) = find_sunsets(load(tmp_path, "sunset: {1: 2026-12-21}"), date(2026, 12, 22))
    assert rule_of(found) == "sunset"
    assert counts(found, strict=True)


def test_a_retired_type_is_not_announced_again(tmp_path: Path) -> None:
    schemas = load(tmp_path, "status: retired\nsunset: {1: 2026-12-21}")
    assert list(find_sunsets(schemas, date(2026, 12, 20))) == []


@pytest.mark.parametrize("fix", ["2027-12-21", "{date: 2026-12-21, status: retired}"])
def test_the_advice_about_a_past_sunset_works(tmp_path: Path, fix: str) -> None:
    assert list(find_sunsets(load(tmp_path, f"sunset: {{1: {fix}}}"), date(2026, 12, 22))) == []

"""A published version keeps the promise that it was published with, whatever the settings say later."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.entry_files import write_lock
from bridge.schemas.documents.schema_set import SchemaSet, Version
from bridge.schemas.evolution.promises import Judged, check_types
from tests.schemas.folders import TYPE, put, schema

META = "summary: a\nowner: {team: b, contact: c}\n"
REGISTRY = "base: https://schemas.example.com\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """1.0.0 is published with the defaults."""
    put(tmp_path, "registry.yaml", REGISTRY)
    put(tmp_path, f"{TYPE}/meta.yaml", META)
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(required=["id"], properties={"id": {"type": "string"}}))
    schemas = SchemaSet.load(tmp_path)
    write_lock(tmp_path, schemas.lock.adding(schemas.entries(), schemas.metas))
    return tmp_path


def judged(folder: Path) -> list[Judged]:
    schemas = SchemaSet.load(folder)
    reports = check_types(schemas, Comparer(schemas.documents).compare, today=date(2026, 1, 1))
    return [pair for report in reports for pair in report.pairs]


def a_break(folder: Path, version: str = "1.1.0") -> None:
    document = schema(version, required=["id", "more"], properties={"id": {}, "more": {"type": "string"}})
    put(folder, f"{TYPE}/{version}.json", document)


@pytest.mark.parametrize("place", ["registry.yaml", f"{TYPE}/meta.yaml"])
@pytest.mark.parametrize("weaker", ["compatibility: NONE\n", "compatibility: FORWARD\n"])
def test_a_weaker_setting_takes_nothing_from_a_published_version(
    folder: Path, place: str, weaker: str
) -> None:
    put(folder, place, (folder / place).read_text() + weaker)
    a_break(folder)
    messages = [finding.message for pair in judged(folder) for finding in pair.findings]
    assert any("(1.0.0 was published as FULL_TRANSITIVE, views)" in message for message in messages)


def test_another_policy_is_held_beside_the_one_that_was_promised(folder: Path) -> None:
    put(folder, "registry.yaml", f"{REGISTRY}policy: lenient\n")
    put(folder, f"{TYPE}/1.1.0.json", schema("1.1.0", required=["id"], properties={"id": {"type": "string"}}))
    now, kept = judged(folder)
    assert (now.promise, now.comparison.policy) == (None, Policy.LENIENT)
    assert kept.promise == (Mode.FULL_TRANSITIVE, Policy.VIEWS)


def test_a_new_major_and_what_is_not_published_yet_are_free_of_it(folder: Path) -> None:
    put(folder, "registry.yaml", f"{REGISTRY}compatibility: NONE\n")
    a_break(folder, "2.0.0")
    a_break(folder, "2.1.0")
    pairs = judged(folder)
    assert {(pair.old.version, pair.promise) for pair in pairs} == {(Version(2, 0, 0), None)}


def test_the_same_setting_costs_no_second_comparison(folder: Path) -> None:
    a_break(folder)
    assert [pair.promise for pair in judged(folder)] == [None]

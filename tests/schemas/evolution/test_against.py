"""What a folder takes from others is an error: versions changed or gone, sunsets moved to an earlier day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.documents.entry_files import write_lock
from bridge.schemas.documents.format_1 import LOCK_FILE
from bridge.schemas.documents.schema_set import SchemaSet, Version
from bridge.schemas.evolution.against import FilesSource, find_delta
from tests.schemas.folders import TYPE, put, schema

META = "summary: a\nowner: {team: b, contact: c}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(properties={"a": {"type": "string"}}))
    put(tmp_path, f"{TYPE}/1.1.0.json", schema("1.1.0"))
    put(tmp_path, f"{TYPE}/meta.yaml", f"{META}sunset: {{1: 2027-06-30}}\n")
    return tmp_path


def files(folder: Path) -> FilesSource:
    content = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return FilesSource("git:main", content)


@pytest.fixture
def reported(folder: Path) -> Callable[[FilesSource], list[str]]:
    def report(source: FilesSource) -> list[str]:
        delta = find_delta(SchemaSet.load(folder), source)
        return [f"{f.severity} {f.rule} {str(f).replace(f'{folder}/', '')}" for f in delta.findings]

    return report


def test_the_same_folder_differs_in_nothing(
    folder: Path, reported: Callable[[FilesSource], list[str]]
) -> None:
    assert reported(files(folder)) == []


def test_what_is_added_is_named_and_is_no_finding(folder: Path) -> None:
    before = files(folder)
    put(folder, f"{TYPE}/1.2.0.json", schema("1.2.0"))
    delta = find_delta(SchemaSet.load(folder), before)
    assert delta.added == ((TYPE, Version(1, 2, 0)),)
    assert delta.findings == ()


def test_a_change_to_a_published_version_is_an_error_at_its_place(
    folder: Path, reported: Callable[[FilesSource], list[str]]
) -> None:
    before = files(folder)
    put(folder, f"{TYPE}/1.0.0.json", schema(properties={"a": {"type": "integer"}}))
    (line,) = reported(before)
    assert line.startswith(f"error changed {TYPE}/1.0.0.json /properties/a/type: was changed since git:main")
    assert f"schema bump {TYPE}" in line


def test_a_removed_version_is_an_error(folder: Path, reported: Callable[[FilesSource], list[str]]) -> None:
    before = files(folder)
    (folder / TYPE / "1.0.0.json").unlink()
    (line,) = reported(before)
    assert line.startswith(f"error removed {TYPE}/1.0.0.json is published in git:main and was removed here")


def test_an_earlier_sunset_is_an_error_and_a_later_one_is_not(
    folder: Path, reported: Callable[[FilesSource], list[str]]
) -> None:
    before = files(folder)
    put(folder, f"{TYPE}/meta.yaml", f"{META}sunset: {{1: 2028-01-01}}\n")
    assert reported(before) == []
    put(folder, f"{TYPE}/meta.yaml", f"{META}sunset: {{1: 2027-01-01}}\n")
    (line,) = reported(before)
    assert "error sunset" in line
    assert "it may only move later (git:main)" in line


def test_what_was_merged_and_not_published_may_change_with_a_warning(
    folder: Path, reported: Callable[[FilesSource], list[str]]
) -> None:
    schemas = SchemaSet.load(folder)
    published = {name: entry for name, entry in schemas.entries().items() if name[1] == Version(1, 0, 0)}
    write_lock(folder, schemas.lock.adding(published))
    before = files(folder)
    put(folder, f"{TYPE}/1.1.0.json", schema("1.1.0", title="New"))
    (line,) = reported(before)
    assert line.startswith("warning changed")
    assert "is not published yet" in line


def test_a_draft_may_change_with_a_warning(
    folder: Path, reported: Callable[[FilesSource], list[str]]
) -> None:
    put(folder, f"{TYPE}/meta.yaml", f"{META}status: draft\n")
    before = files(folder)
    (folder / TYPE / "1.1.0.json").unlink()
    assert [line.split()[:2] for line in reported(before)] == [["warning", "removed"]]


def test_what_could_not_be_read_there_was_never_published(
    folder: Path, reported: Callable[[FilesSource], list[str]]
) -> None:
    broken = {
        f"{TYPE}/0.9.0.json": b"{",
        f"{TYPE}/0.8.0.json": b"[]",
        "x/1.0.0.json": b"{}",
        f"{TYPE}/a": b"",
    }
    assert reported(FilesSource("git:main", {**files(folder).files, **broken})) == []


def test_a_broken_lock_of_the_source_is_reported_with_its_place(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"git:main schemas\.lock\.json.* is not JSON"):
        find_delta(SchemaSet.load(folder), FilesSource("git:main", {LOCK_FILE: b"{"}))

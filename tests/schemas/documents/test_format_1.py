"""A lock of format 1, one file for all versions, is read as it is and written again as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.entry_files import write_lock
from bridge.schemas.documents.format_1 import LOCK_FILE, parse_lock
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.schema_set import SchemaSet, Version
from tests.schemas.folders import TYPE, put, schema

META = "summary: A thing was made.\nowner: {team: makers, contact: m}\nsunset: {1: 2027-06-30}\n"
OLD = {
    "format": 1,
    "types": {
        TYPE: {
            "versions": {"1.0.0": content_hash(schema(title="Thing"))},
            "sunset": {"1": "2027-06-30"},
            "published": {"glue://orders": ["1.0.0"]},
        }
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(title="Thing"))
    put(tmp_path, f"{TYPE}/meta.yaml", META)
    put(tmp_path, LOCK_FILE, json.dumps(OLD, indent=2))
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        SchemaSet.load(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_it_holds_the_versions_that_it_has_and_a_warning_says_how_to_write_it_again(folder: Path) -> None:
    (warning,) = SchemaSet.load(folder).warnings
    assert "is a lock of format 1" in warning.message
    assert warning.suggestion == "stream-bridge schema lock --update"
    put(folder, f"{TYPE}/1.0.0.json", schema(title="Changed"))
    assert refused(folder).startswith(f"{TYPE}/1.0.0.json is published and was changed since")


def test_written_again_it_has_everything_that_it_had_and_the_promises_of_today(folder: Path) -> None:
    schemas = SchemaSet.load(folder)
    write_lock(folder, schemas.lock.adding(schemas.entries(), schemas.metas))
    again = SchemaSet.load(folder)
    name = (TYPE, Version(1, 0, 0))
    assert not (folder / LOCK_FILE).exists()
    assert again.warnings == ()
    assert again.lock.versions[name].mode is Mode.FULL_TRANSITIVE
    assert again.lock.versions[name].policy is Policy.VIEWS
    assert again.lock.published == {"glue://orders": {name}}
    assert again.lock.sunsets == schemas.lock.sunsets


def test_both_forms_together_are_one_lock_as_after_a_merge_with_an_older_branch(folder: Path) -> None:
    old = (folder / LOCK_FILE).read_bytes()
    schemas = SchemaSet.load(folder)
    write_lock(folder, schemas.lock.adding(schemas.entries(), schemas.metas))
    grown = json.loads(old)
    grown["types"][TYPE]["versions"]["1.1.0"] = content_hash(schema("1.1.0"))
    put(folder, f"{TYPE}/1.1.0.json", schema("1.1.0"))
    put(folder, LOCK_FILE, grown)
    both = SchemaSet.load(folder)
    assert [version for _, version in both.lock.versions] == [Version(1, 0, 0), Version(1, 1, 0)]
    assert both.lock.old


BROKEN = {
    b"": "is empty — restore",
    b'{"format": 1, "types": {"a.b": {"vers': "is not JSON",
    b'{"format": 2}': "has format 2, and this version of stream-bridge reads up to 1 — update stream-bridge",
    b"[]": "is not a lock of schemas",
    b'{"format": 1}': "is not as stream-bridge writes it",
    b'{"format": 1, "types": {"a.b": {"versions": {"1.0.0": "abc"}}}}': "a.b 1.0.0 has no hash",
    b'{"format": 1, "types": {}, "more": 1}': "unknown member 'more'",
    b'<<<<<<< HEAD\n{"format": 1}': "contains an unresolved merge — keep one side of this file",
    b"\xff\x00": "is not UTF-8",
}


@pytest.mark.parametrize("content", BROKEN)
def test_an_invalid_lock_is_reported_with_its_fix(folder: Path, content: bytes) -> None:
    (folder / LOCK_FILE).write_bytes(content)
    assert BROKEN[content] in refused(folder)


def test_every_half_of_a_lock_is_refused(folder: Path) -> None:
    content = (folder / LOCK_FILE).read_bytes().rstrip()
    for end in range(0, len(content), 7):
        with pytest.raises(ConfigurationError):
            parse_lock(content[:end], LOCK_FILE)

"""Published versions never change: the lock has every published version, and every published sunset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.documents.lock import LOCK_FILE, Lock, content_hash, parse_lock, read_lock, write_lock
from bridge.schemas.documents.schema_set import SchemaSet, Version
from tests.schemas.folders import TYPE, put, schema

META = "summary: A thing was made.\nowner: {team: makers, contact: m}\nsunset: {1: 2027-06-30}\n"


def lock_of(schemas: SchemaSet) -> Lock:
    return schemas.lock.adding({name: s.document for name, s in schemas.schemas.items()}, schemas.metas)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two locked versions."""
    for version in ("1.0.0", "1.1.0"):
        put(tmp_path, f"{TYPE}/{version}.json", schema(version, title="Thing"))
    put(tmp_path, f"{TYPE}/meta.yaml", META)
    write_lock(tmp_path, lock_of(SchemaSet.load(tmp_path)))
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        SchemaSet.load(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_folder_as_it_was_locked_is_fine_and_has_its_lock(folder: Path) -> None:
    schemas = SchemaSet.load(folder)
    assert list(schemas.lock.versions) == [(TYPE, Version(1, 0, 0)), (TYPE, Version(1, 1, 0))]
    assert schemas.warnings == ()


def test_an_edit_to_a_locked_file_is_an_error_that_names_file_and_fix(folder: Path) -> None:
    put(folder, f"{TYPE}/1.0.0.json", schema("1.0.0", title="Another thing"))
    line = refused(folder)
    assert line.startswith(f"{TYPE}/1.0.0.json is published and was changed since — restore it")
    assert f"schema bump {TYPE}" in line


def test_a_removed_locked_file_is_an_error_that_names_file_and_fix(folder: Path) -> None:
    (folder / TYPE / "1.0.0.json").unlink()
    assert refused(folder).startswith(f"{TYPE}/1.0.0.json is published and was removed — restore it")


def test_layout_of_the_text_is_no_change_and_any_word_is(folder: Path) -> None:
    document = schema("1.0.0", title="Thing")
    put(
        folder,
        f"{TYPE}/1.0.0.json",
        json.dumps(dict(reversed(document.items())), indent=7).replace("\n", "\r\n"),
    )
    assert SchemaSet.load(folder)
    assert content_hash(document) != content_hash({**document, "title": "Thing "})
    assert content_hash([1, 2]) != content_hash([2, 1])


def test_a_sunset_may_move_later_and_never_earlier(folder: Path) -> None:
    put(folder, f"{TYPE}/meta.yaml", META.replace("2027-06-30", "2027-12-31"))
    later = SchemaSet.load(folder)
    put(folder, f"{TYPE}/meta.yaml", META.replace("2027-06-30", "2027-06-29"))
    assert "meta.yaml:3:1 sunset.1: the sunset of 1 was published as 2027-06-30" in refused(folder)
    write_lock(folder, lock_of(later))
    assert "published as 2027-12-31" in refused(folder)


@pytest.mark.parametrize(
    "said",
    ["{1.0.0: 2027-06-29}", "{1: 2027-06-30, 1.1.0: 2027-06-29}", "{1: 2027-12-31, 1.0.0: 2026-12-31}"],
)
def test_a_sunset_cannot_move_earlier_by_moving_to_a_version(folder: Path, said: str) -> None:
    put(folder, f"{TYPE}/meta.yaml", META.replace("{1: 2027-06-30}", said))
    assert "was published as 2027-06-30" in refused(folder)


def test_a_sunset_cannot_move_earlier_by_moving_to_the_major(folder: Path) -> None:
    put(folder, f"{TYPE}/meta.yaml", META.replace("{1: 2027-06-30}", "{1: 2027-06-30, 1.0.0: 2027-12-31}"))
    write_lock(folder, lock_of(SchemaSet.load(folder)))
    put(folder, f"{TYPE}/meta.yaml", META)
    assert "sunset.1: the sunset of 1 was published as 2027-12-31" in refused(folder)


def test_a_removed_sunset_cannot_come_back_earlier(folder: Path) -> None:
    put(folder, f"{TYPE}/meta.yaml", META.partition("sunset")[0])
    write_lock(folder, SchemaSet.load(folder).lock.adding({}, SchemaSet.load(folder).metas))
    put(folder, f"{TYPE}/meta.yaml", META.replace("2027-06-30", "2027-01-31"))
    assert "was published as 2027-06-30" in refused(folder)


def test_a_lock_only_ever_gains_versions(folder: Path) -> None:
    lock = read_lock(folder)
    assert lock is not None
    name = (TYPE, Version(1, 0, 0))
    with pytest.raises(ConfigurationError, match="is locked with other content"):
        lock.adding({name: schema("1.0.0", title="New")})
    grown = lock.adding({(TYPE, Version(2, 0, 0)): schema("2.0.0")})
    assert len(grown.versions) == 3
    assert grown.sunsets == lock.sunsets


BROKEN = {
    b"": "is empty — restore",
    b'{"format": 1, "types": {"a.b": {"vers': "is not JSON",
    b'{"format": 2}': "has format 2, and this version of stream-bridge reads up to 1 — update stream-bridge",
    b"[]": "is not a lock of schemas",
    b'{"format": 1}': "is not as stream-bridge writes it",
    b'{"format": 1, "types": {"a.b": {"versions": {"1.0.0": "abc"}}}}': "a.b 1.0.0 has no hash",
    b'{"format": 1, "types": {}, "more": 1}': "unknown member 'more'",
    b'<<<<<<< HEAD\n{"format": 1}': "contains an unresolved merge — keep the versions of both sides",
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


def test_a_write_that_was_interrupted_leaves_the_lock_and_is_no_stray_file(folder: Path) -> None:
    (folder / f"{LOCK_FILE}.tmp").write_bytes(b'{"format"')
    assert SchemaSet.load(folder).warnings == ()
    write_lock(folder, lock_of(SchemaSet.load(folder)))
    assert not (folder / f"{LOCK_FILE}.tmp").exists()


def test_a_lock_can_be_read_by_whoever_may_read_the_schemas(folder: Path) -> None:
    assert (folder / LOCK_FILE).stat().st_mode & 0o444

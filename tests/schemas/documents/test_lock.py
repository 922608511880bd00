"""Published versions never change: the lock has every published version, and every published sunset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.documents.entry_files import read_lock, write_lock
from bridge.schemas.documents.lock import Entry, Lock
from bridge.schemas.documents.meaning import content_hash
from bridge.schemas.documents.schema_set import SchemaSet, Version
from tests.schemas.folders import TYPE, put, schema

META = "summary: A thing was made.\nowner: {team: makers, contact: m}\nsunset: {1: 2027-06-30}\n"


def lock_of(schemas: SchemaSet) -> Lock:
    return schemas.lock.adding(schemas.entries(), schemas.metas)


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
        lock.adding({name: Entry(content_hash(schema("1.0.0", title="New")), "")})
    grown = lock.adding({(TYPE, Version(2, 0, 0)): Entry(content_hash(schema("2.0.0")), "")})
    assert len(grown.versions) == 3
    assert grown.sunsets == lock.sunsets


ENTRY = f"lock/{TYPE}/1.0.0.yaml"
HASH = f"sha256:{'0' * 64}"
BROKEN = {
    b"": "it is cut off",
    f"document: {HASH}\n".encode(): "it has no compatibility",
    b"document: abc\ncompatibility: FULL\npolicy: views\n": "it has no hash",
    f"document: {HASH}\ncompatibility: FULL\npolicy: views\nmore: 1\n".encode(): "unknown member 'more'",
    f"document: {HASH}\ncompatibility: ALL\npolicy: views\n".encode(): "'ALL' is not a valid Mode",
    b"nothing\n": "'nothing'",
    b"\xff\x00\n": "can't decode",
}


@pytest.mark.parametrize("content", BROKEN)
def test_an_invalid_entry_is_reported_with_its_file_and_its_fix(folder: Path, content: bytes) -> None:
    (folder / ENTRY).write_bytes(content)
    line = refused(folder)
    assert line.startswith(f"{ENTRY} is not as stream-bridge writes it: ")
    assert BROKEN[content] in line
    assert "restore it as it was committed" in line


def test_every_part_of_an_entry_is_refused(folder: Path) -> None:
    content = (folder / ENTRY).read_bytes()
    for end in range(0, len(content), 3):
        (folder / ENTRY).write_bytes(content[:end])
        assert ENTRY in refused(folder)


def test_line_endings_of_a_checkout_mean_nothing(folder: Path) -> None:
    before = SchemaSet.load(folder).lock
    for path in folder.glob("lock/**/*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert SchemaSet.load(folder).lock == before


def test_an_entry_that_leads_elsewhere_is_refused(folder: Path) -> None:
    content = (folder / ENTRY).read_bytes()
    (folder / ENTRY).unlink()
    elsewhere = folder.parent / "elsewhere.yaml"
    elsewhere.write_bytes(content)
    (folder / ENTRY).symlink_to(elsewhere)
    assert "is not a file" in refused(folder)


def test_each_entry_is_a_file_of_its_own_and_what_is_there_is_never_written_again(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.glob("lock/**/*.yaml")}
    assert {path.relative_to(folder).as_posix() for path in before} == {
        ENTRY, f"lock/{TYPE}/1.1.0.yaml", f"lock/{TYPE}/sunset-1.yaml",
    }  # fmt: skip
    put(folder, f"{TYPE}/1.2.0.json", schema("1.2.0"))
    lock = lock_of(SchemaSet.load(folder))
    address = "glue://orders?region=eu-west-1"
    write_lock(folder, lock.publishing({address: [(TYPE, Version(1, 2, 0))]}))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert set(folder.glob("lock/**/*.yaml")) - before.keys() == {
        folder / f"lock/{TYPE}/1.2.0.yaml",
        folder / f"lock/{TYPE}/1.2.0-in-glue%3A%2F%2Forders%3Fregion%3Deu-west-1.yaml",
    }
    assert SchemaSet.load(folder).lock.published == {address: {(TYPE, Version(1, 2, 0))}}


def test_what_a_registry_has_must_be_locked(folder: Path) -> None:
    put(folder, f"lock/{TYPE}/3.0.0-in-glue%3A%2F%2Fx.yaml", "registry: glue://x\n")
    assert "is published but not locked" in refused(folder)


def test_a_write_that_was_interrupted_leaves_the_lock_and_is_no_stray_file(folder: Path) -> None:
    torn = folder / "lock" / TYPE / ".1.0.0.yaml.0123456789abcdef.tmp"
    torn.write_bytes(b"document")
    assert SchemaSet.load(folder).warnings == ()
    (folder / ENTRY).unlink()
    write_lock(folder, lock_of(SchemaSet.load(folder)))
    assert (folder / ENTRY).exists()
    assert not torn.exists()


def test_a_lock_can_be_read_by_whoever_may_read_the_schemas(folder: Path) -> None:
    assert (folder / ENTRY).stat().st_mode & 0o444


def test_a_published_type_cannot_become_a_draft(folder: Path) -> None:
    put(folder, f"{TYPE}/meta.yaml", META + "status: draft\n")
    line = refused(folder)
    assert "meta.yaml status: is draft, and versions of the type are published" in line
    assert "set `status: active`" in line

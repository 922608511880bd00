"""A shared definition is versioned, locked and part of what events mean; it is never an event itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import ConfigurationError, EventInvalid
from bridge.schemas.documents.entry_files import file_of, write_lock
from bridge.schemas.documents.schema_set import SchemaNotFound, SchemaSet, Version
from bridge.schemas.evolution.against import FilesSource, files_in, find_delta
from tests.schemas.folders import TYPE, put, schema

META = "summary: a\nowner: {team: b, contact: c}\n"
MONEY, TIMES = "shared/money", "shared/times"
FIRST = Version(1, 0, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An event refers to one shared definition, and that one to another."""
    amount = {"amount": {"type": "integer"}, "at": {"$ref": "../times/1.0.0.json#/$defs/day"}}
    put(tmp_path, f"{MONEY}/1.0.0.json", schema(of=MONEY, defs=amount))
    put(tmp_path, f"{TIMES}/1.0.0.json", schema(of=TIMES, defs={"day": {"type": "string", "format": "date"}}))
    total = {"total": {"$ref": f"../{MONEY}/1.0.0.json#/$defs/amount"}}
    day = {"day": {"$ref": f"../{MONEY}/1.0.0.json#/$defs/at"}}
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(properties={**total, **day}))
    for name in (TYPE, MONEY, TIMES):
        put(tmp_path, f"{name}/meta.yaml", META)
    return tmp_path


def lock(folder: Path) -> None:
    schemas = SchemaSet.load(folder)
    write_lock(folder, schemas.lock.adding(schemas.entries(), schemas.metas))


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        SchemaSet.load(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_events_are_validated_by_it(folder: Path) -> None:
    event = SchemaSet.load(folder).get(TYPE, FIRST)
    event.validate({"total": 1, "day": "2026-01-01"})
    for wrong in ({"total": "1"}, {"day": "someday"}):
        with pytest.raises(EventInvalid):
            event.validate(wrong)


def test_it_is_no_event(folder: Path) -> None:
    schemas = SchemaSet.load(folder)
    assert schemas.types == (TYPE,)
    assert [each.type for each in schemas] == [TYPE]
    assert set(schemas.publishable) == {(TYPE, FIRST)}
    assert set(schemas.shared) == {(MONEY, FIRST), (TIMES, FIRST)}
    with pytest.raises(SchemaNotFound, match="there is no schema of type 'money'"):
        schemas.get("money", FIRST)


def test_it_is_found_by_its_name(folder: Path) -> None:
    put(folder, f"{MONEY}/1.1.0.json", schema("1.1.0", of=MONEY))
    schemas = SchemaSet.load(folder)
    assert schemas.versions(MONEY) == (FIRST, Version(1, 1, 0))
    assert schemas.find(MONEY).version == Version(1, 1, 0)
    assert schemas.find(f"{MONEY}@1.0.0").version == FIRST


@pytest.mark.parametrize("name", [MONEY, TIMES])
def test_it_is_locked_and_cannot_change(folder: Path, name: str) -> None:
    lock(folder)
    assert (folder / file_of((name, FIRST))).exists()
    assert SchemaSet.load(folder).warnings == ()
    put(folder, f"{name}/1.0.0.json", schema(of=name))
    assert f"{name}/1.0.0.json is published and was changed since" in refused(folder)


@pytest.mark.parametrize("name", [MONEY, TIMES])
def test_its_change_changes_what_a_locked_event_means_even_if_it_is_not_locked_itself(
    folder: Path, name: str
) -> None:
    lock(folder)
    for each in (MONEY, TIMES):
        (folder / file_of((each, FIRST))).unlink()
    document = SchemaSet.load(folder).find(name).document
    put(folder, f"{name}/1.0.0.json", {**document, "description": "Other."})
    assert f"{TYPE}/1.0.0.json is published, and a definition that it refers to was changed" in refused(
        folder
    )


def test_a_draft_of_it_is_no_ground_for_an_event(folder: Path) -> None:
    put(folder, f"{MONEY}/meta.yaml", f"{META}status: draft\n")
    assert f"{TYPE}/1.0.0.json /properties/total/$ref: refers to {MONEY} 1.0.0, a draft" in refused(folder)


def test_against_an_earlier_folder_it_counts_as_an_event_does(folder: Path) -> None:
    lock(folder)
    before = FilesSource("dir:before", files_in(folder))
    assert find_delta(SchemaSet.load(folder), before).findings == ()
    put(folder, "shared/more/1.0.0.json", schema(of="shared/more"))
    assert find_delta(SchemaSet.load(folder), before).added == (("shared/more", FIRST),)
    for path in folder.glob("lock/**/*.yaml"):
        path.unlink()
    put(folder, f"{TIMES}/1.0.0.json", schema(of=TIMES, defs={"day": {"type": "string"}}))
    found = [str(each) for each in find_delta(SchemaSet.load(folder), before).findings]
    for name, what in (
        (TIMES, "was changed"), (MONEY, "refers to a definition that was changed"),
        (TYPE, "refers to a definition that was changed"),
    ):  # fmt: skip
        assert any(f"{name}/1.0.0.json" in line and f"{what} since dir:before" in line for line in found)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("shared/a b/1.0.0.json", "shared/a b is not the name of a shared definition — such as money"),
        ("shared/money/1.0.json", "is not named after a version"),
        ("shared/money/examples/1.0.0/valid/a.json", "a shared definition has <version>.json and meta.yaml"),
        ("shared/1.0.0.json", "shared definitions are shared/<name>/<version>.json"),
    ],
)
def test_what_is_misplaced_is_reported(folder: Path, path: str, said: str) -> None:
    put(folder, path, {})
    put(folder, f"{TYPE}/2.0.json", {})  # an error, so that warnings are raised too
    assert said in refused(folder)


def test_a_reference_out_of_the_folder_is_refused_from_one_folder_deeper_too(folder: Path) -> None:
    inside, outside = f"../../{TYPE}/1.0.0.json", "../../../x/1.0.0.json"
    put(folder, f"{TIMES}/1.0.0.json", schema(of=TIMES, defs={"day": {"$ref": inside}}))
    assert SchemaSet.load(folder)
    put(folder, f"{TIMES}/1.0.0.json", schema(of=TIMES, defs={"day": {"$ref": outside}}))
    assert f"'{outside}' leaves the folder of the schemas" in refused(folder)

"""What a published version means cannot change through another file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.documents.entry_files import write_lock
from bridge.schemas.documents.meaning import Meanings
from bridge.schemas.documents.schema_set import SchemaSet
from tests.schemas.folders import BASE, TYPE, put, schema

META = "summary: a\nowner: {team: b, contact: c}\n"
OTHER, THIRD = "com.example.money", "com.example.currency"


def referring(to: str, keyword: str = "$ref") -> dict[str, Any]:
    return {"properties": {"a": {keyword: f"../{to}/1.0.0.json"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """TYPE refers to OTHER, and OTHER to THIRD; only TYPE is locked."""
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(**referring(OTHER)))
    put(tmp_path, f"{OTHER}/1.0.0.json", schema(of=OTHER, **referring(THIRD)))
    put(tmp_path, f"{THIRD}/1.0.0.json", schema(of=THIRD, title="Old"))
    for each in (TYPE, OTHER, THIRD):
        put(tmp_path, f"{each}/meta.yaml", META)
    schemas = SchemaSet.load(tmp_path)
    entries = {name: entry for name, entry in schemas.entries().items() if name[0] == TYPE}
    write_lock(tmp_path, schemas.lock.adding(entries))
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        SchemaSet.load(folder)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("other", [OTHER, THIRD])
def test_a_change_of_a_definition_changes_the_locked_versions_that_reach_it(folder: Path, other: str) -> None:
    document = SchemaSet.load(folder).get(other, "1.0.0").document
    put(folder, f"{other}/1.0.0.json", {**document, "title": "New"})
    line = refused(folder)
    assert line.startswith(f"{TYPE}/1.0.0.json is published, and a definition that it refers to was changed")
    assert "restore that definition" in line


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_what_is_no_draft_refers_to_no_draft(tmp_path: Path, keyword: str) -> None:
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(**referring(OTHER, keyword)))
    put(tmp_path, f"{OTHER}/1.0.0.json", schema(of=OTHER))
    put(tmp_path, f"{TYPE}/meta.yaml", META)
    put(tmp_path, f"{OTHER}/meta.yaml", f"{META}status: draft\n")
    line = refused(tmp_path)
    assert line.startswith(f"{TYPE}/1.0.0.json /properties/a/{keyword}: refers to {OTHER} 1.0.0, a draft")
    assert f"remove `status: draft` from {OTHER}/meta.yaml, or make {TYPE} a draft" in line
    put(tmp_path, f"{TYPE}/meta.yaml", f"{META}status: draft\n")
    assert SchemaSet.load(tmp_path)
    for each in (TYPE, OTHER):
        put(tmp_path, f"{each}/meta.yaml", META)
    assert SchemaSet.load(tmp_path)


def test_documents_that_refer_to_each_other_have_a_meaning() -> None:
    one, two = f"{BASE}/{TYPE}/1.0.0.json", f"{BASE}/{OTHER}/1.0.0.json"
    documents = {one: schema(**referring(OTHER)), two: schema(of=OTHER, **referring(TYPE))}
    meanings = Meanings(documents)
    assert meanings.references(one) != meanings.references(two)
    changed = Meanings({**documents, one: {**documents[one], "title": "New"}})
    assert changed.references(two) != meanings.references(two)


def test_text_that_looks_like_a_reference_is_none() -> None:
    uri = f"{BASE}/{TYPE}/1.0.0.json"
    document = schema(const={"$ref": "../elsewhere/1.0.0.json"}, properties={"a": {"$ref": "#/$defs/b"}})
    assert Meanings({uri: document, f"{BASE}/elsewhere/1.0.0.json": True}).references(uri) == ""

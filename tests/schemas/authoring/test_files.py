"""New types and versions come whole and sound, and nothing that is there is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.schemas.authoring.files import NotAuthored, find_step, next_version, plan_bump, plan_type
from bridge.schemas.compatibility.verdict import Bump
from bridge.schemas.documents.entry_files import write_lock
from bridge.schemas.documents.examples import check_examples
from bridge.schemas.documents.layout import Layout, read_layout
from bridge.schemas.documents.schema_set import SchemaSet, Version
from tests.schemas.folders import BASE, TYPE, put, schema

OLD_TEXT = (
    f'{{\r\n   "$schema": "{schema()["$schema"]}", "$id" : "{BASE}/{TYPE}/1.0.0.json",\r\n "title": "é" }}'
)


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_a_new_type_is_a_sound_draft_with_examples_that_hold(tmp_path: Path) -> None:
    write(tmp_path, dict(plan_type(Layout(), TYPE, base=f"{BASE}/", summary="A thing: made", team="makers")))
    schemas = SchemaSet.load(tmp_path)
    assert schemas.base == BASE
    assert schemas.metas[TYPE].summary == "A thing: made"
    assert schemas.metas[TYPE].status == "draft"
    assert [*schemas.warnings, *check_examples(schemas)] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("made", "is not the name of a type"),
        (f"{TYPE}.v2", "call it com.example.thing.made"),
        (TYPE.upper(), f"{TYPE} exists already"),
    ],
)
def test_a_name_that_cannot_be_a_new_type_is_refused(tmp_path: Path, name: str, message: str) -> None:
    put(tmp_path, f"{TYPE}/1.0.0.json", schema())
    with pytest.raises(NotAuthored, match=message):
        plan_type(read_layout(tmp_path), name)


def test_a_new_type_needs_a_base_and_a_known_owner(tmp_path: Path) -> None:
    with pytest.raises(NotAuthored, match="give --base"):
        plan_type(Layout(), TYPE)
    put(tmp_path, "registry.yaml", f"base: {BASE}\nowners: {{a: {{contact: x}}, b: {{contact: y}}}}\n")
    with pytest.raises(NotAuthored, match="name its owner with --owner - one of a, b"):
        plan_type(read_layout(tmp_path), TYPE)
    assert "registry.yaml" not in plan_type(read_layout(tmp_path), TYPE, team="b")


@pytest.mark.parametrize(
    ("bump", "expected"), [(Bump.MAJOR, "2.0.0"), (Bump.MINOR, "1.3.0"), (Bump.PATCH, "1.2.4")]
)
def test_a_bump_counts_as_semantic_versions_do(bump: Bump, expected: str) -> None:
    assert str(next_version(Version(1, 2, 3), bump)) == expected


def test_the_next_version_is_the_newest_with_its_own_id_its_layout_and_its_examples(tmp_path: Path) -> None:
    path = put(tmp_path, f"{TYPE}/1.0.0.json", "")
    path.write_bytes(OLD_TEXT.encode())
    put(tmp_path, f"{TYPE}/examples/1.0.0/valid/one.json", {})
    layout = read_layout(tmp_path)
    files = plan_bump(tmp_path, layout, find_step(tmp_path, layout, TYPE), Bump.MINOR)
    assert files == {
        f"{TYPE}/1.1.0.json": OLD_TEXT.replace("1.0.0", "1.1.0").encode(),
        f"{TYPE}/examples/1.1.0/valid/one.json": b"{}",
    }


def test_a_major_can_be_bumped_while_a_newer_one_is_there(tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        put(tmp_path, f"{TYPE}/{version}.json", schema(version))
    layout = read_layout(tmp_path)
    step = find_step(tmp_path, layout, TYPE, 1)
    assert list(plan_bump(tmp_path, layout, step, Bump.MINOR)) == [f"{TYPE}/1.1.0.json"]
    with pytest.raises(NotAuthored, match=r"2\.0\.0 exists already"):
        plan_bump(tmp_path, layout, step, Bump.MAJOR)
    with pytest.raises(NotAuthored, match="has no major 3"):
        find_step(tmp_path, layout, TYPE, 3)


def test_an_edit_of_a_published_file_becomes_the_next_version_and_the_published_text_is_restored(
    tmp_path: Path,
) -> None:
    path = put(tmp_path, f"{TYPE}/1.0.0.json", schema(title="Old"))
    original = path.read_bytes()
    schemas = SchemaSet.load(tmp_path)
    write_lock(tmp_path, schemas.lock.adding(schemas.entries()))
    put(tmp_path, f"{TYPE}/1.0.0.json", schema(title="New"))
    layout = read_layout(tmp_path)
    step = find_step(tmp_path, layout, TYPE)
    assert step.edited
    files = plan_bump(tmp_path, layout, step, Bump.PATCH, original)
    assert files[f"{TYPE}/1.0.0.json"] == original
    assert b'"New"' in files[f"{TYPE}/1.0.1.json"]
    for wrong in (None, b"{", b"{}"):
        with pytest.raises(NotAuthored, match="git does not have its published text"):
            plan_bump(tmp_path, layout, step, Bump.PATCH, wrong)

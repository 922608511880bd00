"""Examples are held against their schemas, and invalid ones against the rule that they name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.schemas.documents.examples import check_examples
from bridge.schemas.documents.schema_set import SchemaSet

TYPE = "com.example.thing.made"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://schemas.example.com/{TYPE}/1.0.0.json",
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"enum": [1, 2]}},
    }
    put(tmp_path / TYPE / "1.0.0.json", json.dumps(schema))
    put(tmp_path / TYPE / "meta.yaml", "summary: A thing was made.\nowner: makers\n")
    put(example(tmp_path, "valid/one"), '{"a": 1}')
    put(example(tmp_path, "invalid/no-a.required"), "{}")
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def example(folder: Path, name: str) -> Path:
    return folder / TYPE / "examples" / "1.0.0" / f"{name}.json"


def test_examples_that_hold_give_no_problem(folder: Path) -> None:
    put(example(folder, "invalid/some-reason"), '{"a": 3}')
    assert check_examples(SchemaSet.load(folder)) == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("valid/two", '{"a": 3}', "/a is not one of the enum values (enum)"),
        ("valid/two", '{"a": 1', "is not JSON"),
        ("valid/two", '{"a": 1, "a": 1}', "occurs twice"),
        ("invalid/deep", '{"a":' * 300 + "1" + "}" * 300, "cannot be validated"),
        ("invalid/half", '{"a": "\\ud800"}', "is no character"),
        ("invalid/fine", '{"a": 2}', "is valid by com.example.thing.made 1.0.0, and must not be"),
        ("invalid/no-a.required", '{"a": 3}', "does not break 'required', which its name says, but enum"),
    ],
)
def test_an_example_that_does_not_hold_is_a_problem(
    folder: Path, name: str, text: str, expected: str
) -> None:
    put(example(folder, name), text)
    (problem,) = check_examples(SchemaSet.load(folder))
    assert expected in problem.message
    assert (problem.file, problem.severity) == (str(example(folder, name)), "error")


@pytest.mark.parametrize("kind", ["valid/one", "invalid/no-a.required"])
def test_a_version_without_examples_is_a_warning(folder: Path, kind: str) -> None:
    example(folder, kind).unlink()
    (problem,) = check_examples(SchemaSet.load(folder))
    assert problem.severity == "warning"
    assert f"has no {kind.split('/')[0]} examples" in problem.message


def test_an_example_outside_the_folder_is_not_read(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "two.json"
    put(outside, '{"a": 1}')
    example(folder, "valid/two").symlink_to(outside)
    (problem,) = check_examples(SchemaSet.load(folder))
    assert "leads out of the folder" in problem.message

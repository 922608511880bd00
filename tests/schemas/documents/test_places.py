"""A JSON Pointer is found in the text of its file, wherever it leads and whatever the layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.schemas.documents.places import locate, with_places

TEXT = '{\n  "a": [1, {"b~/c": "x\\"}"}],\n  "d": {}, "e": -1.5e3\n}'


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (1, 1)),
        ("/a", (2, 3)),
        ("/a/0", (2, 9)),
        ("/a/1", (2, 12)),
        ("/a/1/b~0~1c", (2, 13)),
        ("/d", (3, 3)),
        ("/e", (3, 12)),
        ("/a/7/x", (2, 3)),
        ("/nowhere", (1, 1)),
    ],
)
def test_a_pointer_has_line_and_column(pointer: str, place: tuple[int, int]) -> None:
    assert locate(TEXT, [pointer]) == {pointer: place}


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', "[" * 2_000, '{"a": }', "]"])
def test_text_that_is_no_json_has_no_places(text: str) -> None:
    assert locate(text, ["/a"]) in ({}, {"/a": (1, 1)})


def test_problems_get_the_line_of_their_pointer_and_keep_the_line_they_have(tmp_path: Path) -> None:
    file = tmp_path / "1.0.0.json"
    file.write_text(TEXT)
    gone = str(tmp_path / "2.0.0.json")
    problems = [
        Problem(str(file), 0, 0, "/e", "x"),
        Problem(str(file), 7, 1, "/e", "x"),
        Problem(str(file), 0, 0, "", "x"),
        Problem(gone, 0, 0, "/e", "x"),
    ]
    assert [(p.line, p.column) for p in with_places(problems)] == [(3, 12), (7, 1), (0, 0), (0, 0)]


def test_a_schema_of_5000_lines_is_read_to_its_end() -> None:
    members = {f"p{number}": {"type": "string", "description": "x"} for number in range(1_300)}
    text = json.dumps({"properties": members}, indent=1)
    assert len(text.splitlines()) > 5_000
    line, column = locate(text, ["/properties/p1299/type"])["/properties/p1299/type"]
    assert text.splitlines()[line - 1][column - 1 :].startswith('"type"')

"""Functions of a mapping are compared with their member's schema, and with what is known of their input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.setup.check import find_problems
from bridge.errors import Problem
from tests.builders.records import lambda_record

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": ["integer", "null"]}
CAPITALS: dict[str, Any] = {"enum": ["PRO", "FREE"]}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}}
DAY: dict[str, Any] = {"type": "string", "format": "date"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
EITHER: dict[str, Any] = {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/text"}]}
NEITHER: dict[str, Any] = {"oneOf": [{"type": "boolean"}, {"$ref": "#/$defs/number"}]}
KEY = {"pk": "u", "sk": "1"}
ITEM = {**KEY, "plan": "pro", "n": 5, "paid": True, "note": None, "profile": {"name": "Ada"}, "tags": ["a"]}

FILE = """\
version: 1
source: com.example.shop
schemas: ./event_schemas
hash_key: "${KEY}"
sinks: {out: {kind: memory}}
quarantine: {kind: directory, path: ./quarantine}
tables:
  Users:
    subject: user/{$.key.pk}/{$.key.sk}
    events:
      - type: com.example.user.named
        op: insert
        versions:
"""


def check(folder: Path, versions: list[tuple[str, Any, dict[str, Any]]]) -> list[Problem]:
    """The findings in bridge.yaml for versions with a mapping of ``it`` and the schema of ``it``."""
    text = FILE
    schemas = folder / "event_schemas" / "com.example.user.named"
    schemas.mkdir(parents=True)
    (schemas / "meta.yaml").write_text("summary: s\nowner: t\n", encoding="utf-8")
    for number, (version, said, member) in enumerate(versions):
        came = "" if number == 0 else f'from: "{versions[0][0]}", '
        text += f'          - {{schema: "{version}", {came}data: {{it: {json.dumps(said)}}}}}\n'
        document = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"https://schemas.example.com/com.example.user.named/{version}.json",
            "title": "T",
            "description": "D.",
            "type": "object",
            "properties": {"it": member},
            "$defs": {"text": TEXT, "number": NUMBER},
        }
        (schemas / f"{version}.json").write_text(json.dumps(document), encoding="utf-8")
    samples = folder / "examples" / "records"
    samples.mkdir(parents=True)
    record = lambda_record(op="insert", key=KEY, after=ITEM)
    (samples / "Users.ndjson").write_text(json.dumps(record), encoding="utf-8")
    (folder / "bridge.yaml").write_text(text, encoding="utf-8")
    found = find_problems(folder / "bridge.yaml", {"KEY": "k"}).problems
    return [each for each in found if each.file.endswith("bridge.yaml")]


SPLIT = {"$split": "$.after.plan", "$by": "#"}


@pytest.mark.parametrize(
    ("said", "member", "message", "advice"),
    [
        ({"$upper": "$.after.plan"}, NUMBER, "$upper gives text", "for a number write $number"),
        ({"$upper": "$.after.plan"}, NEITHER, "$upper gives text", "for a number write $number"),
        ({"$upper": "$.after.plan"}, {"type": "boolean"}, "$upper gives text", "use another function"),
        ({"$lower": "$.after.plan"}, CAPITALS, "$lower gives text", "use another function"),
        ({"$lower": "$.after.plan"}, {"const": "PRO"}, "$lower gives text", "use another function"),
        ({"$number": "$.after.plan"}, TEXT, "$number gives a number", "for text write $string"),
        ({"$number": "$.after.plan"}, {"allOf": [{}, EITHER]}, "$number gives a number", "write $string"),
        ({"$date": "$.after.n"}, {"type": "integer"}, "$date gives a date", "for a number write $number"),
        ({"$date": "$.after.n"}, DAY, "$date gives a date", "use another function"),
        ({"$upper": "$.after.tags[*]"}, TEXT, "$upper gives a list", "[0] instead of [*]"),
        ({"$upper": "$.after.tags[*]"}, NUMBERS, "$upper gives a list", "[0] instead of [*]"),
        (SPLIT, TEXT, "$split gives a list", "add $index"),
        ({**SPLIT, "$default": "x"}, TEXT, "$split gives a list", "add $index"),
        ({**SPLIT, "$index": 0}, TEXTS | {"items": NUMBER}, "$split gives text", "use another function"),
        ({**SPLIT, "$index": 0}, {"enum": ["a#b", "#"]}, "$split gives text", "use another function"),
        ({"$trim": {"$number": "$.after.plan"}}, NUMBER, "$trim gives text", "for a number write $number"),
        ({"$concat": ["a", "$.after.plan"]}, TEXTS, "$concat gives text", "use another function"),
        ({"$upper": "$.after.plan", "$default": 0}, TEXT, "is a constant that", "write a value"),
        ({"$path": "$.after.plan", "$lookup": {"pro": 1}}, TEXT, "is a constant that", "write a value"),
        ({"$upper": "$.after.profile"}, TEXT, "never gives anything: $.after.profile is an object", "takes"),
        ({"$date": "$.after.paid"}, TEXT, "never gives anything: $.after.paid is a boolean", "takes"),
        ({"$concat": ["a", "$.after.note"]}, TEXT, "never gives anything: $.after.note is null", "takes"),
        ({"$trim": {"$upper": "$.after.profile"}}, TEXT, "never gives anything", "takes text and numbers"),
    ],
)
def test_a_function_that_never_works_is_found_with_what_to_write(
    tmp_path: Path, said: Any, member: Any, message: str, advice: str
) -> None:
    (found,) = check(tmp_path, [("1.0.0", said, member)])
    assert message in found.message
    assert advice in found.suggestion
    assert found.line == len(FILE.splitlines()) + 1


@pytest.mark.parametrize(
    ("said", "member"),
    [
        ({"$upper": "$.after.plan"}, TEXT),
        ({"$upper": "$.after.plan"}, TEXTS),  # a list attribute gives a list
        ({"$upper": "$.after.plan"}, EITHER),
        ({"$upper": "$.after.plan"}, CAPITALS),
        ({"$upper": "$.after.plan"}, {}),
        ({"$lower": "$.after.plan", "$lookup": {"pro": 1}}, NUMBER),
        ({"$lower": "$.after.tags[*]", "$lookup": {"a": 1}, "$default": 0}, NUMBERS),
        ({"$number": "$.after.plan"}, NUMBER),
        ({"$number": "$.after.plan"}, NEITHER),
        ({"$string": "$.after.paid"}, TEXT),
        ({"$date": "$.after.n"}, MOMENT),
        ({"$date": "$.after.n"}, TEXT),
        ({"$date": "$.after.plan"}, MOMENT),  # a text may be a number
        (SPLIT, TEXTS),
        (SPLIT, {"type": "array", "items": TEXTS}),
        ({"$join": SPLIT, "$by": "/"}, TEXT),
        ({**SPLIT, "$index": 0}, {"enum": ["a#b", "c"]}),
        ({"$upper": {**SPLIT, "$default": "x"}}, TEXT),
        ({"$join": "$.after.tags", "$by": "/"}, TEXT),
        ({"$upper": "$.after.tags"}, TEXTS),
        ({"$const": {"$upper": "$.after.profile"}}, {}),
    ],
)
def test_a_function_that_may_work_is_not_reported(tmp_path: Path, said: Any, member: Any) -> None:
    assert [str(each) for each in check(tmp_path, [("1.0.0", said, member)])] == []


def test_functions_over_a_newer_version_are_compared_with_both_schemas(tmp_path: Path) -> None:
    newer = ("2.0.0", "$.after.plan", {"type": "boolean"})
    found = check(tmp_path, [newer, ("1.0.0", {"$upper": "$.it"}, NUMBER)])
    messages = " / ".join(each.message for each in found)
    assert "$upper gives text, which com.example.user.named 1.0.0 never allows" in messages
    assert "never gives anything: $.it is a boolean" in messages

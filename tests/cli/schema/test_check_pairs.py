"""``schema check --pairs``: every line has its answer, in order, whatever the lines hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.shell import Done, Shell

STRING, NUMBER = {"type": "string"}, {"type": "number"}


def ask(shell: Shell, *lines: Any) -> Done:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    done = shell.run("schema", "check", "--pairs", "-", stdin=b"\n".join(raw))
    assert done.code == 0, done.err
    return done


def test_answers_come_in_order_with_their_ids_and_breaks(shell: Shell) -> None:
    first, second, third = ask(
        shell,
        {"id": "a", "old": STRING, "new": STRING},
        {"id": 7, "old": STRING, "new": NUMBER, "mode": "BACKWARD", "policy": "strict"},
        {"id": None, "old": True, "new": STRING, "mode": "NONE"},
    ).events
    assert (first["id"], first["verdict"], first["breaks"]) == ("a", "compatible", [])
    assert (second["id"], second["verdict"], len(second["breaks"])) == (7, "incompatible", 1)
    assert set(second["breaks"][0]) >= {"rule", "direction", "oldPointer", "newPointer", "example", "hint"}
    assert isinstance(second["breaks"][0]["example"], str)
    assert (third["id"], third["verdict"]) == (None, "compatible")


BROKEN: dict[str, tuple[bytes, Any, str]] = {
    "no JSON": (b'{"id": 1, "old"', None, "is not JSON"),
    "no object": (b"[1]", None, "is not a JSON object"),
    "binary garbage": (b"\xff\xfe\x00\x01", None, "is not UTF-8"),
    "a member twice": (b'{"id": 1, "id": 2, "old": {}, "new": {}}', None, "occurs twice"),
    "nesting without end": (b'{"id": 1, "old":' + b"[" * 100_000, None, "nested too deep"),
    "no old": (b'{"id": "x", "new": {}}', "x", "'old' is missing"),
    "an old that is text": (b'{"id": "x", "old": "a.json", "new": {}}', "x", "'old' is not a JSON Schema"),
    "no such mode": (b'{"id": "x", "old": {}, "new": {}, "mode": "FULLY"}', "x", "did you mean FULL?"),
    "a policy that is no text": (
        b'{"id": "x", "old": {}, "new": {}, "policy": 3}',
        "x",
        "'policy' is no policy",
    ),
    "no schema": (b'{"id": "x", "old": {"type": "strin"}, "new": {}}', "x", "strin"),
    "a remote reference": (b'{"id": "x", "old": {}, "new": {"$ref": "http://127.0.0.1:9/a"}}', "x", "new: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_line_that_cannot_be_used_is_answered_and_stops_nothing(shell: Shell, name: str) -> None:
    line, pair_id, problem = BROKEN[name]
    good = {"id": "good", "old": STRING, "new": STRING}
    before, broken, after = ask(shell, good, line, good).events
    assert before == after
    assert (broken["id"], broken["verdict"], broken["breaks"]) == (pair_id, "invalid", [])
    assert problem in broken["problem"]


def test_nothing_but_garbage_is_answered_line_by_line(shell: Shell) -> None:
    garbage = bytes(range(256)) * 20
    lines = [line for line in garbage.split(b"\n") if line.strip()]
    answers = ask(shell, garbage).events
    assert [answer["verdict"] for answer in answers] == ["invalid"] * len(lines)


def test_blank_lines_are_skipped_and_an_empty_input_is_reported(shell: Shell) -> None:
    assert len(ask(shell, b"", {"id": 1, "old": {}, "new": {}}, b"  ", b"").events) == 1
    done = ask(shell, b"")
    assert done.out == b""
    assert "the input has no pairs" in done.err


def test_default_mode_and_policy_can_be_given_once(shell: Shell) -> None:
    pair = {"id": 1, "old": STRING, "new": {"type": ["string", "null"]}}
    shell.write("pairs.ndjson", json.dumps(pair))
    wide = shell.run("schema", "check", "--pairs", "pairs.ndjson")
    back = shell.run("schema", "check", "--pairs", "pairs.ndjson", "--mode", "backward", "--policy", "strict")
    assert [done.events[0]["verdict"] for done in (wide, back)] == ["incompatible", "compatible"]


def test_a_missing_file_is_reported(shell: Shell) -> None:
    done = shell.run("schema", "check", "--pairs", "none.ndjson")
    assert done.code == 3
    assert "none.ndjson cannot be read: No such file" in done.err


def test_an_example_beyond_64_bits_reaches_the_answer_exactly(shell: Shell) -> None:
    huge = 10**25
    pair = {"id": 1, "old": {"const": huge}, "new": {"type": "string"}, "mode": "BACKWARD"}
    (answer,) = ask(shell, pair).events
    assert answer["verdict"] == "incompatible"
    assert answer["breaks"][0]["example"] == huge


def test_one_pair_that_explodes_stops_no_other(shell: Shell) -> None:
    part: dict[str, Any] = {"type": "string"}
    for depth in range(8):
        part = {"allOf": [{"anyOf": [part, {"minLength": depth}, {"maxLength": 90 - depth}]}] * 2}
    lines = [
        {"id": 1, "old": part, "new": {"allOf": [part, {"maxLength": 50}]}},
        {"id": 2, "old": STRING, "new": STRING},
    ]
    stdin = b"\n".join(json.dumps(line).encode() for line in lines)
    done = shell.run("schema", "check", "--pairs", "-", "--limit", "1", stdin=stdin)
    assert done.code == 0
    first, second = done.events
    assert first["verdict"] in ("unproven", "incompatible")
    assert second["verdict"] == "compatible"

"""``schema infer``: what it claims holds for what was seen, and nothing secret is shown."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from tests.cli.shell import Done, Shell

TYPE = "com.example.user.created"


def items(count: int = 60) -> list[dict[str, Any]]:
    return [
        {
            "id": f"u-{number}",
            "plan": ("free", "pro")[number % 2],
            "email": f"{number}@example.com",
            "apiToken": f"tok{number % 3}",
            "at": "2026-01-01T00:00:00Z",
            "score": number / 2,
            **({"note": "x"} if number % 2 else {}),
        }
        for number in range(count)
    ]


def inferred(shell: Shell, documents: list[Any], *words: str) -> tuple[dict[str, Any], Done]:
    shell.write("samples.ndjson", "\n".join(map(json.dumps, documents)))
    done = shell.run("schema", "infer", "samples.ndjson", *words)
    assert done.code == 0, done.err
    schema: dict[str, Any] = json.loads(done.out)
    return schema, done


def test_presence_formats_and_enumerations_are_claimed_where_all_agree(shell: Shell) -> None:
    schema, done = inferred(shell, items())
    properties = schema["properties"]
    assert schema["required"] == ["apiToken", "at", "email", "id", "plan", "score"]
    assert properties["plan"] == {"enum": ["free", "pro"]}
    assert properties["at"] == {"type": "string", "format": "date-time"}
    assert properties["id"] == {"type": "string"}
    assert properties["score"] == {"type": "number"}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert {validator.is_valid(each) for each in items()} == {True}
    assert "30/60" in done.err
    assert "60 samples (60 items)" in done.err


def test_an_enumeration_needs_many_samples_and_few_values(shell: Shell) -> None:
    assert inferred(shell, items(20))[0]["properties"]["plan"] == {"type": "string"}
    rare = [*items(), {**items(1)[0], "plan": "gold"}]
    assert inferred(shell, rare)[0]["properties"]["plan"] == {"type": "string"}
    assert inferred(shell, [{"a": "x"}] * 60)[0]["properties"]["a"] == {"type": "string"}
    assert inferred(shell, items(), "--no-enums")[0]["properties"]["plan"] == {"type": "string"}


def test_values_that_could_be_secret_are_never_shown_and_others_only_when_asked(shell: Shell) -> None:
    _, done = inferred(shell, items())
    assert b"u-1" not in done.out
    schema, done = inferred(shell, items(), "--examples")
    assert schema["properties"]["id"]["examples"] == ["u-0", "u-1", "u-2"]
    for secret in (b"tok0", b"@example.com"):
        assert secret not in done.out
    assert "tok0" not in done.err


def test_typed_items_exports_and_scans_give_the_same_schema(shell: Shell) -> None:
    typed = [{"id": {"S": f"u-{n}"}, "n": {"N": str(n)}, "tags": {"SS": ["a"]}} for n in range(6)]
    schema, _ = inferred(shell, typed)
    assert schema["properties"]["n"] == {"type": "integer"}
    assert schema["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert inferred(shell, [{"Item": each} for each in typed])[0] == schema
    assert inferred(shell, [{"Items": typed}])[0] == schema


def test_numbers_that_do_not_fit_into_json_are_text_as_in_events(shell: Shell) -> None:
    typed = [{"n": {"N": "1234567890.12345678901"}} for _ in range(6)]
    schema, _ = inferred(shell, typed)
    assert schema["properties"]["n"]["type"] == ["number", "string"]


def test_the_data_of_events_is_read_one_type_at_a_time(shell: Shell) -> None:
    def event(type_name: str, data: Any) -> dict[str, Any]:
        return {"specversion": "1.0", "id": "1", "source": "s", "type": type_name, "data": data}

    events = [
        event(f"{TYPE}.v1", {"id": "u"}),
        {"detail-type": "x", "detail": event(f"{TYPE}.v2", {"id": "v"})},
    ]
    schema, _ = inferred(shell, events)
    assert list(schema["properties"]) == ["id"]
    shell.write("two.ndjson", "\n".join(map(json.dumps, [*events, event("com.example.other.v1", {})])))
    done = shell.run("schema", "infer", "two.ndjson")
    assert done.code == 1
    assert "several types" in done.err
    assert shell.run("schema", "infer", "two.ndjson", "--type", TYPE).code == 0


def test_counts_and_json_output_say_how_often_each_place_was_seen(shell: Shell) -> None:
    schema, _ = inferred(shell, items(), "--counts")
    assert schema["properties"]["note"]["x-seen"] == 30
    reported = json.loads(shell.run("schema", "infer", "samples.ndjson", "--output", "json").out)
    note = next(place for place in reported["places"] if place["path"] == "/note")
    assert (note["seen"], note["of"], reported["samples"]) == (30, 60, 60)


def test_the_same_samples_give_the_same_bytes(shell: Shell) -> None:
    _, first = inferred(
        shell, items(), "--counts", "--examples", "--id", "https://x.example.com/t/1.0.0.json"
    )
    again = shell.run(
        "schema",
        "infer",
        "samples.ndjson",
        "--counts",
        "--examples",
        "--id",
        "https://x.example.com/t/1.0.0.json",
    )
    assert (again.out, again.err) == (first.out, first.err)


@pytest.mark.parametrize("words", [(), ("samples.json", "--table", "T")])
def test_bad_usage_says_what_to_give(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.run("schema", "infer", *words)
    assert done.code == 1
    assert "either FILE or --table" in done.err


def test_what_cannot_be_read_is_counted_and_exits_4(shell: Shell) -> None:
    shell.write("samples.ndjson", '{"a": 1}\n7\n')
    done = shell.run("schema", "infer", "samples.ndjson")
    assert done.code == 4
    assert "1 could not be read" in done.err


LINES = ['{"a": 1}', '{"a": 2}', '{"a": 3}', '{"a": 4}', '{"a": 5}']


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("broken", ['{"a": ', "not JSON", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": 1}}'])
def test_a_broken_line_of_ndjson_is_named_and_the_others_are_read(shell: Shell, at: int, broken: str) -> None:
    (shell.folder / "samples.ndjson").write_text("\n".join([*LINES[:at], broken, *LINES[at:]]) + "\n")
    done = shell.run("schema", "infer", "samples.ndjson")
    assert done.code == 4
    schema = json.loads(done.out)
    assert (schema["properties"], schema["required"]) == ({"a": {"type": "integer"}}, ["a"])
    assert f"not read: samples.ndjson:{at + 1}:" in done.err
    assert "5 samples (5 items); 1 could not be read" in done.err


def test_bytes_that_are_no_text_are_a_broken_line_too(shell: Shell) -> None:
    (shell.folder / "samples.ndjson").write_bytes(
        b"".join(f"{line}\n".encode() for line in LINES) + b"\xff\n"
    )
    done = shell.run("schema", "infer", "samples.ndjson", "--output", "json")
    assert done.code == 4
    reported = json.loads(done.out)
    assert (reported["samples"], reported["unreadable"]) == (5, 1)
    assert reported["problems"][0].startswith("samples.ndjson:6:1 is not UTF-8")


def test_a_file_of_which_nothing_can_be_read_says_why(shell: Shell) -> None:
    (shell.folder / "samples.json").write_text('{\n"a": 1,\n"b": \n}\n')
    done = shell.run("schema", "infer", "samples.json")
    assert done.code == 1
    assert "samples.json:4:1 not valid JSON" in done.err

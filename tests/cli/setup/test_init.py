"""``stream-bridge init --from``: a first project that passes its own check and reveals no secret."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders.records import lambda_record, record
from tests.cli.shell import Done, Shell

HASH = "$2b$12$abcdefghijklmnopqrstuv"


@pytest.fixture
def empty(shell: Shell) -> Shell:
    """A folder that holds no project yet."""
    shutil.rmtree(shell.folder / "event_schemas")
    (shell.folder / "bridge.yaml").unlink()
    return shell


def user(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"u-{number}", "email": f"u{number}@shop.test", "plan": "free", **more}


def inserted(items: Sequence[dict[str, Any]], **parts: Any) -> list[dict[str, Any]]:
    return [
        lambda_record(key={"id": item["id"]}, after=item, seq=100 + number, **parts)
        for number, item in enumerate(items)
    ]


def init(shell: Shell, records: Sequence[Any], *words: str) -> Done:
    shell.write("records.json", {"Records": list(records)})
    return shell.run("init", "--from", "records.json", *words)


def schema(shell: Shell, verb: str = "created", thing: str = "user") -> dict[str, Any]:
    path = shell.folder / f"event_schemas/com.example.{thing}.{verb}/1.0.0.json"
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def written(shell: Shell) -> str:
    """Everything that init wrote, in one text."""
    return "".join(
        path.read_text()
        for path in shell.folder.rglob("*")
        if path.is_file() and path.name not in ("records.json",)
    )


def test_the_project_passes_check_and_renders_what_it_was_made_from(empty: Shell) -> None:
    before, after = user(1), user(1, plan="pro")
    records = [
        *inserted([user(number) for number in range(6)]),
        lambda_record(op="modify", key={"id": "u-1"}, before=before, after=after, seq=200),
        lambda_record(op="remove", key={"id": "u-1"}, before=after, seq=201),
    ]
    done = init(empty, records)
    assert done.code == 0, done.err
    assert "bridge.yaml" in done.out.decode().splitlines()
    checked = empty.run("check", "--strict")
    assert checked.code == 0, checked.err
    rendered = empty.run("render", "records.json")
    assert rendered.code == 0, rendered.err
    types = [event["type"] for event in rendered.events]
    assert types == ["com.example.user.created.v1"] * 6 + [
        "com.example.user.changed.v1",
        "com.example.user.deleted.v1",
    ]
    assert rendered.events[0]["subject"] == "user/u-0"
    assert rendered.events[0]["source"] == "com.example.users"


def test_its_examples_render_to_what_its_test_expects(empty: Shell) -> None:
    assert init(empty, inserted([user(1)])).code == 0
    test = (empty.folder / "tests/test_events.py").read_text()
    rendered = empty.run("render", "examples/records/Users.json")
    assert rendered.code == 0
    assert [event["type"] for event in rendered.events] == [
        line.strip(' ",') for line in test.splitlines() if line.strip().startswith('"com.example.')
    ]


def test_a_rare_field_is_optional_and_pointed_out(empty: Shell) -> None:
    done = init(empty, inserted([*(user(number) for number in range(30)), user(30, note="x")]))
    item = schema(empty)["$defs"]["item"]
    assert item["required"] == ["email", "id", "plan"]
    assert item["properties"]["note"] == {"$comment": "in 1 of 31 samples", "type": "string"}
    assert item["properties"]["email"] == {"type": "string", "format": "email"}
    assert "rare, so optional: /note (1 of 31)" in done.err


def test_mixed_types_in_one_attribute_are_all_taken_and_pointed_out(empty: Shell) -> None:
    mixed: list[Any] = ["text", 1, None, True, ["a"], {"b": 1}]
    done = init(empty, inserted([user(number, odd=value) for number, value in enumerate(mixed)]))
    assert done.code == 0, done.err
    odd = schema(empty)["$defs"]["item"]["properties"]["odd"]
    assert odd["type"] == ["object", "array", "number", "string", "boolean", "null"]
    assert "mixed types: /odd (object, array, number, string, boolean, null)" in done.err
    assert empty.run("render", "records.json").code == 0


def test_two_thousand_attribute_names_become_one_shape(empty: Shell) -> None:
    items = [{"id": f"t-{n}", **{f"m-{n}-{i}": i for i in range(500)}} for n in range(4)]
    done = init(empty, inserted(items))
    assert done.code == 0, done.err
    item = schema(empty)["$defs"]["item"]
    assert list(item["properties"]) == ["id"]
    assert item["additionalProperties"] == {"type": "integer"}
    assert "maps whose names are data, so described by additionalProperties: the item itself" in done.err
    assert len(json.dumps(schema(empty))) < 10_000
    assert empty.run("render", "records.json").code == 0


def test_numbers_are_numbers_or_strings_where_both_were_seen(empty: Shell) -> None:
    from decimal import Decimal

    balances = [Decimal("1.5"), Decimal("12345678901234567890.123456789")]
    assert init(empty, inserted([user(n, balance=each) for n, each in enumerate(balances)])).code == 0
    assert schema(empty)["$defs"]["item"]["properties"]["balance"]["type"] == ["number", "string"]
    assert empty.run("render", "records.json").code == 0


def test_what_looks_secret_is_redacted_and_in_no_file(empty: Shell) -> None:
    items = [
        user(n, passwordHash=HASH, login=f"AKIA{'A' * 16}", cards=[{"pin": 98765, "kind": "v"}])
        for n in range(6)
    ]
    done = init(empty, inserted(items), "--keep-values")
    assert done.code == 0, done.err
    rules = yaml.safe_load((empty.folder / "bridge.yaml").read_text())["tables"]["Users"]["redact"]
    assert {rule["path"] for rule in rules} == {"$.passwordHash", "$.login", "$.cards[*].pin"}
    text = written(empty)
    assert HASH not in text
    assert "AKIA" not in text
    assert "98765" not in text
    assert "u1@shop.test" in text  # kept on purpose
    assert "probably secret, so dropped by redact" in done.err
    assert empty.run("check", "--strict").code == 0


def test_a_secret_in_an_attribute_called_like_a_root_of_mappings_is_redacted(empty: Shell) -> None:
    done = init(
        empty, inserted([user(n, meta={"apiKey": f"k{n}"}, data={"apiKey": f"d{n}"}) for n in range(6)])
    )
    assert done.code == 0, done.err
    rules = yaml.safe_load((empty.folder / "bridge.yaml").read_text())["tables"]["Users"]["redact"]
    assert {rule["path"] for rule in rules} == {"$['meta'].apiKey", "$.data.apiKey"}
    assert empty.run("check", "--strict").code == 0
    assert b"k1" not in empty.run("render", "records.json").out


def test_values_stay_out_of_every_file_unless_they_are_kept(empty: Shell) -> None:
    done = init(empty, inserted([user(n, secretary="Zebulon") for n in range(6)]))
    assert "Zebulon" not in written(empty) + done.err
    assert "shop.test" not in written(empty) + done.err


def test_files_that_are_there_are_overwritten_only_by_force(empty: Shell) -> None:
    mine = empty.write("event_schemas/registry.yaml", "mine")
    refused = init(empty, inserted([user(1)]))
    assert refused.code == 1
    assert "1 of the 21 files that would be written" in refused.err
    assert "event_schemas/registry.yaml (exists)" in refused.err
    assert {path.name for path in empty.folder.iterdir()} == {"event_schemas", "records.json"}
    assert (empty.folder / mine).read_text() == "mine"
    assert init(empty, inserted([user(1)]), "--force").code == 0
    assert empty.run("check").code == 0


def test_records_that_name_no_stream_need_the_table(empty: Shell) -> None:
    empty.write("raw.json", json.dumps([record(key={"id": "a"}, after={"id": "a"})], default=str))
    nameless = empty.run("init", "--from", "raw.json")
    assert nameless.code == 1
    assert "name it with --table" in nameless.err
    assert empty.run("init", "--from", "raw.json", "--table", "Things").code == 0
    assert schema(empty, thing="thing")["title"] == "Thing created"


def test_the_first_record_that_cannot_be_decoded_says_why(empty: Shell) -> None:
    broken = lambda_record(after={"id": "a"})
    broken["eventName"] = "UPSERT"
    done = init(empty, [broken, broken])
    assert done.code == 1
    assert "(2 cannot); the first: eventName is not a known operation" in done.err
    assert "INSERT, MODIFY and REMOVE" in done.err
    assert "--table" not in done.err


def test_an_incremental_export_is_read_as_the_items_that_it_holds(empty: Shell) -> None:
    lines = [
        {
            "Metadata": {"WriteTimestampMicros": {"N": "1700000000000000"}},
            "Keys": {"id": {"S": f"u-{n}"}},
            "OldImage": {"id": {"S": f"u-{n}"}, "plan": {"S": "free"}},
            "NewImage": {"id": {"S": f"u-{n}"}, "plan": {"S": "pro"}},
        }
        for n in range(6)
    ]
    empty.write("export.json", "\n".join(map(json.dumps, lines)))
    nameless = empty.run("init", "--from", "export.json")
    assert nameless.code == 1
    assert "name it with one --table" in nameless.err
    done = empty.run("init", "--from", "export.json", "--table", "Users")
    assert done.code == 0, done.err
    assert set(schema(empty)["$defs"]["item"]["properties"]) == {"id", "plan"}
    inferred = empty.run("schema", "infer", "export.json")
    assert set(json.loads(inferred.out)["properties"]) == {"id", "plan"}


def test_a_full_export_does_not_show_the_key_and_says_so(empty: Shell) -> None:
    empty.write("export.json", json.dumps({"Item": {"id": {"S": "a"}}}))
    done = empty.run("init", "--from", "export.json", "--table", "Users")
    assert done.code == 1
    assert "which attributes are the key" in done.err


@pytest.mark.parametrize("name", ["it's", "*", 'a"b', "a{b}", "back\\slash", "ｉｄ"])
def test_a_key_of_any_name_gets_a_project_that_works(empty: Shell, name: str) -> None:
    records = [lambda_record(key={name: f"k{n}"}, after={name: f"k{n}"}, seq=n) for n in range(3)]
    done = init(empty, records)
    assert done.code == 0, done.err
    rendered = empty.run("render", "records.json")
    assert [event["subject"] for event in rendered.events] == ["user/k0", "user/k1", "user/k2"]


def test_the_schema_for_editors_that_the_configuration_names_is_written(empty: Shell) -> None:
    assert init(empty, inserted([user(1)])).code == 0
    first = (empty.folder / "bridge.yaml").read_text().splitlines()[0]
    named = empty.folder / first.partition("$schema=")[2]
    assert json.loads(named.read_text()) == json.loads(empty.run("config", "schema").out)


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"])
def test_a_narrow_stream_view_has_fitting_schemas_and_is_pointed_out(empty: Shell, view: str) -> None:
    after = user(1) if view == "NEW_IMAGE" else None
    done = init(empty, [lambda_record(key={"id": "u-1"}, after=after, view=view)])
    assert done.code == 0, done.err
    assert f"the stream view is {view}" in done.err
    assert "changes" not in schema(empty, "changed")["properties"]
    assert empty.run("check", "--strict").code == 0
    assert empty.run("render", "records.json").code == 0


def test_samples_that_cannot_be_used_are_counted_and_reported(empty: Shell) -> None:
    done = init(empty, [*inserted([user(n) for n in range(6)]), {"eventID": "x"}])
    assert done.code == 4
    assert "samples left out because they are not legal DynamoDB values: 1" in done.err


def test_the_counts_say_why_a_sample_of_items_is_used_in_part(empty: Shell) -> None:
    """Items of an export and of a table are no records, and are counted like them."""
    values = [*({"S": "Ann"} for _ in range(6)), {"N": "no number"}]
    keys = [{"id": {"S": f"u-{n}"}} for n in range(len(values))]
    written = {"WriteTimestampMicros": {"N": "1700000000000000"}}
    lines = [
        {"Metadata": written, "Keys": key, "NewImage": {**key, "name": value}}
        for key, value in zip(keys, values, strict=True)
    ]
    empty.write("export.json", "\n".join(map(json.dumps, lines)))
    words = ("--out", "new", "--yes", "--output", "json")
    done = empty.run("init", "--from", "export.json", "--table", "Users", *words)
    assert done.code == 4
    assert json.loads(done.out)["records"]["unreadable"] == 1


def test_several_kinds_of_items_in_one_table_are_entities(empty: Shell) -> None:
    items = [{"id": f"{kind}#{n}"} for n, kind in enumerate(["USER", "ORDER"])]
    done = init(empty, inserted(items))
    assert "2 kinds of items, by the labels in the keys" in done.err
    entities = yaml.safe_load((empty.folder / "bridge.yaml").read_text())["tables"]["Users"]["entities"]
    assert {name: each["key"] for name, each in entities.items()} == {
        "user": {"id": "USER#{userId}"},
        "order": {"id": "ORDER#{orderId}"},
    }


def test_nothing_to_read_is_bad_usage(empty: Shell) -> None:
    done = empty.run("init")
    assert done.code == 1
    assert "give --table T, or --from FILE" in done.err


def test_output_json_has_files_and_remarks(empty: Shell) -> None:
    done = init(empty, inserted([user(1)]), "--output", "json", "--out", "new")
    reported = json.loads(done.out)
    assert "bridge.yaml" in reported["files"]
    assert reported["tables"]["Users"]["events"][0] == "com.example.user.created"
    assert reported["records"] == {"rendered": 1, "failed": 0, "unreadable": 0}
    assert {(empty.folder / "new" / name).is_file() for name in reported["files"]} == {True}
    assert Path("new").is_dir()

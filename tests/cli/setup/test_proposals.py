"""``stream-bridge init`` on tables that hold several kinds of items: each kind becomes an entity."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from tests.builders.records import lambda_record
from tests.cli.shell import Done, Shell
from tests.onboarding.entities.defeats import WITHOUT_KIND
from tests.onboarding.entities.layouts import LAYOUTS, Layout

ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/app-main/stream/2026-11-01T10:00:00.000"


@pytest.fixture
def empty(shell: Shell) -> Shell:
    """A folder that holds no project yet."""
    shutil.rmtree(shell.folder / "event_schemas")
    (shell.folder / "bridge.yaml").unlink()
    return shell


def inserted(items: Iterable[dict[str, Any]], key: tuple[str, ...] = ("PK", "SK")) -> list[dict[str, Any]]:
    return [
        lambda_record(stream_arn=ARN, key={name: item[name] for name in key}, after=item, seq=100 + number)
        for number, item in enumerate(items)
    ]


def init(shell: Shell, records: list[dict[str, Any]], *words: str) -> Done:
    shell.write("records.json", {"Records": records})
    return shell.run("init", "--from", "records.json", *words)


def table(shell: Shell) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((shell.folder / "bridge.yaml").read_text())["tables"]["app-main"]
    return found


def item_schema(shell: Shell, thing: str, verb: str = "changed") -> dict[str, Any]:
    path = shell.folder / f"event_schemas/com.example.{thing}.{verb}/1.0.0.json"
    document: dict[str, Any] = json.loads(path.read_text())["$defs"]["item"]
    return document


def users(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"PK": f"USER#{n}", "SK": "PROFILE", "_et": "User", "name": "x", **more} for n in range(count)]


def orders(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"PK": f"USER#{n % 7}", "SK": f"ORDER#{n}", "_et": "Order", "total": n, **more} for n in range(count)
    ]


@pytest.mark.parametrize("layout", [*LAYOUTS, *WITHOUT_KIND], ids=lambda layout: layout.name)
def test_the_project_passes_check_strict_and_renders_every_item_as_its_kind(
    empty: Shell, layout: Layout
) -> None:
    made = layout.made(300)
    done = init(empty, inserted((item for _, item in made), layout.key))
    assert done.code == 0, done.err
    checked = empty.run("check", "--strict")
    assert checked.code == 0, checked.err
    rendered = empty.run("render", "records.json")
    assert rendered.code == 0, rendered.err
    found = Counter(event["type"] for event in rendered.events)
    assert sorted(found.values()) == sorted(Counter(entity for entity, _ in made).values())
    assert {bool(event["data"]["id"]) for event in rendered.events} == {True}
    subjects = [event["subject"] for event in rendered.events]
    assert len(set(subjects)) == len({tuple(item[name] for name in layout.key) for _, item in made})
    assert rendered.events[0]["source"] == "com.example.app"


def test_the_examples_of_every_kind_become_their_events(empty: Shell) -> None:
    assert init(empty, inserted([*users(9), *orders(9)])).code == 0
    for kind in ("user", "order"):
        rendered = empty.run("render", f"examples/records/app-main.{kind}.json")
        assert rendered.code == 0, rendered.err
        assert [event["type"] for event in rendered.events] == [
            f"com.example.{kind}.{verb}.v1" for verb in ("created", "created", "changed", "deleted")
        ]
        test = (empty.folder / "tests/test_events.py").read_text()
        assert f'"examples/records/app-main.{kind}.json"' in test


def test_what_serves_the_store_is_ignored_with_its_reason(empty: Shell) -> None:
    items = users(9, GSI1PK="A#1", version=3, ttl=1_800_000_000, updatedAt="2026-01-01T00:00:00Z")
    assert init(empty, inserted([*items, *orders(9)])).code == 0
    assert table(empty)["entities"]["user"]["diff"] == {"ignore": ["/GSI1PK", "/_et", "/ttl", "/version"]}
    assert table(empty)["entities"]["order"]["diff"] == {"ignore": ["/_et"]}
    text = (empty.folder / "bridge.yaml").read_text()
    for line in (
        "- /GSI1PK  # key of an index",
        "- /_et  # the kind of the item",
        "- /ttl  # TTL",
        "- /version  # counter of versions",
        "# - /updatedAt  # a time of writing",
    ):
        assert line in text
    before, after = users(1, version=1)[0], users(1, version=2)[0]
    key = {"PK": "USER#0", "SK": "PROFILE"}
    record = lambda_record(stream_arn=ARN, op="modify", key=key, before=before, after=after)
    empty.write("touched.json", {"Records": [record]})
    assert empty.run("render", "touched.json").events == []


def test_where_is_written_only_for_kinds_whose_keys_overlap(empty: Shell) -> None:
    items = [{**item, "SK": f"{item['SK']}#ITEM#1", "_et": "OrderItem"} for item in orders(20)]
    assert init(empty, inserted([*users(20), *orders(20), *items])).code == 0
    entities = table(empty)["entities"]
    assert {name: each.get("where") for name, each in entities.items()} == {
        "user": None,
        "order": {"_et": ["Order"]},
        "order_item": {"_et": ["OrderItem"]},
    }
    assert item_schema(empty, "order")["properties"]["_et"] == {"const": "Order"}
    assert table(empty)["other"] == "ignore"


def test_a_schema_has_what_is_required_optional_a_format_a_currency_or_perhaps_an_enum(empty: Shell) -> None:
    items = [
        {
            **item,
            "placedAt": "2026-01-01T00:00:00Z",
            "currency": ("EUR", "USD")[n % 2],
            "status": ("paid", "open")[n % 2],
            "email": "a@shop.test",
            **({"note": "x"} if n % 3 else {}),
        }
        for n, item in enumerate(orders(60))
    ]
    assert init(empty, inserted([*users(9), *items])).code == 0
    schema = item_schema(empty, "order")
    assert schema["required"] == ["PK", "SK", "_et", "currency", "email", "placedAt", "status", "total"]
    properties = schema["properties"]
    assert properties["note"] == {"$comment": "in 40 of 60 samples", "type": "string"}
    assert properties["placedAt"] == {"type": "string", "format": "date-time"}
    assert properties["currency"]["pattern"] == "^[A-Z]{3}$"
    assert properties["status"] == {"type": "string", "$comment": "perhaps an enum: open, paid"}
    assert properties["email"] == {"type": "string", "format": "email"}
    assert "currency" not in item_schema(empty, "user")["properties"]
    assert empty.run("check", "--strict").code == 0


def test_personal_and_secret_texts_are_no_candidates_of_an_enum(empty: Shell) -> None:
    items = [{**item, "phone": ("one", "two")[n % 2], "pin": "abc"} for n, item in enumerate(users(60))]
    done = init(empty, inserted([*items, *orders(9)]))
    assert done.code == 0, done.err
    assert "perhaps an enum" not in json.dumps(item_schema(empty, "user"))
    assert table(empty)["entities"]["user"]["redact"] == [{"path": "$.pin", "with": "drop"}]
    assert "redact" not in table(empty)["entities"]["order"]


def test_it_says_how_many_items_each_kind_has_and_how_many_fit_none(empty: Shell) -> None:
    strange = [{"PK": "???", "SK": "!!"}, {"PK": "lock", "SK": "lock"}]
    mixed = [{**orders(1)[0], "SK": "ORDER#77", "total": "seven"}]
    nothing = [{**users(1)[0], "PK": "USER#900", "_et": None}]
    done = init(empty, inserted([*users(30), *orders(40), *strange, *mixed, *nothing]))
    assert done.code == 0, done.err
    lines = [" ".join(line.split()) for line in done.err.splitlines()]
    assert "app-main: 74 items read; 2 kinds of items, by the attribute _et:" in lines
    assert "├─ order 41 PK=USER#{userId} SK=ORDER#{orderId} order/{userId}/{orderId}" in lines
    assert "├─ user 31 PK=USER#{userId} SK=PROFILE user/{userId}" in lines
    assert "└─ (none of these) 2" in lines
    assert any(line.startswith("- 2 items fit no kind") for line in lines)
    assert any("_et, which names the kind, is null in 1" in line for line in lines)
    assert "- order: mixed types: /total (integer, string)" in lines
    assert empty.run("check", "--strict").code == 0
    assert empty.run("render", "records.json").code == 0


def test_json_holds_the_proposal_for_programs(empty: Shell) -> None:
    done = init(empty, inserted([*users(9), *orders(9)]), "--output", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)["tables"]["app-main"]
    assert found["entity_attribute"] == {"name": "_et", "found_by": "name"}
    assert found["fit_none"] == 0
    assert found["entities"][0] == {
        "name": "user",
        "items": 9,
        "key": {"PK": "USER#{userId}", "SK": "PROFILE"},
        "where": None,
        "subject": "user/{userId}",
        "events": [f"com.example.user.{verb}" for verb in ("created", "changed", "deleted")],
        "ignored": ["/_et"],
        "redacted": [],
    }


def test_a_named_attribute_decides(empty: Shell) -> None:
    items = [{**item, "kind2": ("cat", "dog")[n % 2]} for n, item in enumerate(users(20))]
    done = init(empty, inserted(items), "--entity", "kind2")
    assert done.code == 0, done.err
    assert {name: each["where"] for name, each in table(empty)["entities"].items()} == {
        "cat": {"kind2": ["cat"]},
        "dog": {"kind2": ["dog"]},
    }
    assert empty.run("check", "--strict").code == 0


def test_a_named_attribute_that_no_item_has_writes_nothing(empty: Shell) -> None:
    done = init(empty, inserted(users(3)), "--entity", "colour")
    assert done.code == 1
    assert "no item of the sample has the attribute colour as text" in done.err
    assert not (empty.folder / "bridge.yaml").exists()


@pytest.mark.parametrize("count", [1, 2])
def test_a_tiny_sample_is_a_project_too(empty: Shell, count: int) -> None:
    done = init(empty, inserted(users(count)))
    assert done.code == 0, done.err
    assert "too few to require more than the key" in done.err
    assert empty.run("check", "--strict").code == 0
    assert len(empty.run("render", "records.json").events) == count


def test_two_thousand_prefixes_are_one_plain_table(empty: Shell) -> None:
    items = [
        {"PK": f"{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{n // 676}x#{n}", "SK": "A"} for n in range(2000)
    ]
    done = init(empty, inserted(items))
    assert done.code == 0, done.err
    assert table(empty)["subject"] == "app_main/{$.key.PK}/{$.key.SK}"


def test_names_that_mean_something_else_pass_check_strict(empty: Shell) -> None:
    kinds = ("null", "other", "all", "none", "true", "on", "order", "ORDER", "💥", "7")
    items = [{"PK": f"{n}", "SK": f"{n}", "_et": kind} for n, kind in enumerate(kinds * 6)]
    done = init(empty, inserted(items))
    assert done.code == 0, done.err
    names = set(table(empty)["entities"])
    assert names == {
        *("null_item", "other_item", "all_item", "none_item", "true_item", "on_item"),
        *("order", "order_2", "item", "item_2"),
    }
    assert empty.run("check", "--strict").code == 0
    assert len(empty.run("render", "records.json").events) == len(items)


def test_an_item_that_changes_its_kind_is_a_sample_of_both(empty: Shell) -> None:
    key = {"PK": "USER#0", "SK": "ORDER#0"}
    carts = [{**item, "_et": "Cart", "seen": 1} for item in orders(20)]
    paid = [{**item, "SK": f"ORDER#{n + 50}", "paid": True} for n, item in enumerate(orders(20))]
    change = lambda_record(
        stream_arn=ARN, op="modify", key=key, before=carts[0], after={**carts[0], "_et": "Order"}, seq=900
    )
    done = init(empty, [*inserted([*users(9), *carts, *paid]), change])
    assert done.code == 0, done.err
    assert set(table(empty)["entities"]) == {"user", "cart", "order"}
    types = [event["type"] for event in empty.run("render", "records.json").events[-2:]]
    assert types == ["com.example.cart.deleted.v1", "com.example.order.created.v1"]


def test_kept_values_are_examples_of_their_own_kind(empty: Shell) -> None:
    done = init(empty, inserted([*users(9), *orders(9)]), "--keep-values")
    assert done.code == 0, done.err
    folder = empty.folder / "event_schemas/com.example.order.created/examples/1.0.0/valid"
    examples = [json.loads(path.read_text()) for path in sorted(folder.iterdir())]
    assert [each["id"]["orderId"] for each in examples] == ["0", "1", "2"]
    assert empty.run("check", "--strict").code == 0


def test_an_incremental_export_is_read_as_items(empty: Shell) -> None:
    lines = [
        {
            "Metadata": {"WriteTimestampMicros": {"N": "1"}},
            "Keys": record["dynamodb"]["Keys"],
            "NewImage": record["dynamodb"]["NewImage"],
        }
        for record in inserted([*users(9), *orders(9)])
    ]
    empty.write("export.ndjson", "\n".join(map(json.dumps, lines)))
    done = empty.run("init", "--from", "export.ndjson", "--table", "app-main")
    assert done.code == 0, done.err
    assert set(table(empty)["entities"]) == {"user", "order"}
    assert empty.run("check", "--strict").code == 0


def test_two_tables_with_a_kind_of_the_same_name_have_different_types(empty: Shell) -> None:
    other = ARN.replace("app-main", "shop-main")
    records = inserted([*users(9), *orders(9)])
    more = [{**each, "eventID": f"s{n}", "eventSourceARN": other} for n, each in enumerate(records)]
    done = init(empty, [*records, *more])
    assert done.code == 0, done.err
    types = {event["type"] for event in empty.run("render", "records.json").events}
    assert types == {
        *("com.example.user.created.v1", "com.example.order.created.v1"),
        *("com.example.shop_user.created.v1", "com.example.shop_order.created.v1"),
    }

"""The JSON Schema for editors accepts what the models accept, and nothing else."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bridge.errors import ConfigurationError
from bridge.settings import read_settings
from bridge.settings.schema import config_schema

SCHEMA = config_schema()
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
BASE: dict[str, Any] = {
    "version": 1,
    "source": "com.example",
    "sinks": {"bus": {"kind": "eventbridge", "bus": "main"}},
    "quarantine": {"kind": "directory", "path": "q"},
    "tables": {
        "Users": {
            "subject": "user/{$.key.id}",
            "events": [{"type": "com.example.created", "op": "insert", "versions": ["1.0.0"]}],
        }
    },
}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:t.fifo"
BUS_V2 = "arn:aws:events:eu-west-1:123456789012:event-busv2/x.y/abcdefghijklmnopqrstuvwx1"
BUS_ARN = "arn:aws:events:eu-west-1:123456789012:event-bus/x"
QUEUE = {"kind": "sqs", "queue": "https://sqs.eu-west-1.amazonaws.com/123456789012/q"}
EVENT = "tables/Users/events/0"

# path: (values that are accepted, values that are refused); REMOVED takes the key away
REMOVED = object()
TABLE: dict[str, tuple[list[Any], list[Any]]] = {
    "version": ([1, 1.0], [2, "1", True, None, REMOVED, "${N}"]),
    "source": (
        ["https://example.com/a?b#c", "a%20b", "${T}", "x-${T}"],
        ["", "a b", "aws.s3", "a%2", 7, None, REMOVED],
    ),
    "schemas": (
        ["./x", "${T}", "glue://or$ders", "eventbridge://a.b?region=eu-central-1", "s3:/x", REMOVED],
        ["", 7, None, [], "glue://", "glue://a b", "eventbridge://a?region=x", "eventbridge://a$b"],
    ),
    "schema_cache": ([{}, {"path": "c", "ttl": "7d"}, {"ttl": 0}, REMOVED], [{"path": ""}, {"ttl": -1}, 7]),
    "hash_key": (["${T}", None, REMOVED], ["", 7]),
    "unknown": ([], [1]),
    "sinks": (
        [{"bus": {"kind": "stdout"}}, {"a.b-c": {"kind": "memory"}}],
        [{}, [], None, {"a b": {"kind": "stdout"}}],
    ),
    "sinks/bus": (
        [
            {"kind": "sns", "topic": TOPIC},
            {"kind": "sns", "topic": "${TOPIC}", "max_bytes": 5},
            {"kind": "eventbridge_v2", "bus": BUS_V2},
            {"kind": "eventbridge_v2", "bus": "${BUS_V2}", "raw": True, "max_bytes": 1048575},
        ],
        [
            {},
            {"kind": "kafka"},
            {"kind": "sns"},
            {"kind": "stdout", "bus": "b"},
            {"kind": "sns", "topic": "t"},
            {"kind": "eventbridge_v2", "bus": BUS_ARN},
            {"kind": "eventbridge_v2", "bus": BUS_V2, "raw": "yes"},
            {"kind": "eventbridge", "bus": "b", "raw": True},
            "stdout",
        ],
    ),
    "sinks/bus/kind": ([], ["${T}", "sns", None, REMOVED]),
    "sinks/bus/bus": ([BUS_ARN, "a/b", "${T}"], ["a b", "", None]),
    "sinks/bus/max_bytes": (
        [1, 5.0, 1048575, None, "${N}", "${N:-3}"],
        [0, 1048576, "5", 1.5, True, "$${N}"],
    ),
    "sinks/bus/max_in_flight": ([1, 100, "${N}"], [0, 101, None, "1"]),
    "ledger": (
        [
            {"kind": "none"},
            {"kind": "memory"},
            {"kind": "memory", "keep": "fields", "heal": "off"},
            REMOVED,
        ],
        [
            "none",
            {},
            {"kind": "dynamodb"},
            {"kind": "none", "keep": "image"},
            {"kind": "memory", "keep": "position"},
            {"kind": "memory", "table": "t"},
            None,
        ],
    ),
    "quarantine": (
        [
            {"kind": "directory", "path": "${T}"},
            {"kind": "s3", "bucket": "${T}"},
            {"kind": "s3", "bucket": "bad", "prefix": "", "kms_key": "alias/bad"},
            {"kind": "s3", "bucket": "bad", "prefix": "a/b_c/", "kms_key": None},
            QUEUE,
        ],
        [
            REMOVED,
            {"kind": "s3"},
            {"kind": "s3", "bucket": "b"},
            {"kind": "s3", "bucket": "bad", "prefix": "a b"},
            {"kind": "s3", "bucket": "bad", "kms_key": ""},
            {"kind": "sqs", "queue": "q"},
            {"kind": "sqs", "path": "q"},
            {"kind": "sns"},
            {"kind": "${T}"},
            {"kind": "directory"},
            {},
            "directory",
        ],
    ),
    "claim_check": (
        [{"bucket": "big"}, {"bucket": "big", "prefix": "c/", "kms_key": "${T}"}, None, REMOVED],
        [{}, {"bucket": "b"}, {"bucket": "big", "prefix": None}, {"kind": "s3", "bucket": "big"}, "big"],
    ),
    "breaker/share": ([0.1, 1, "${SHARE}"], [0, 1.1, -1, "0.5", True, None]),
    "breaker/at_least": ([1, 20], [0, 1.5, "3"]),
    "tables": ([], [{}, [], {"a b": BASE["tables"]["Users"]}, {"Users": None}]),
    "tables/Users/name": (["a.b-c_d", "${T}"], ["ab", "a b", None]),
    "tables/Users/subject": (["x", "${T}"], ["", 7, REMOVED]),
    "tables/Users/sink": (["bus", ["bus"]], [[], 7, [7], None]),
    "tables/Users/owner": ([{"team": "a"}, {"team": "a", "contact": ""}, None], [{}, {"team": ""}, "a"]),
    "tables/Users/filter": ([{}, {"a": [1]}, [{"a": ["x"]}, {}]], [[], "a", ["a"], None]),
    "tables/Users/diff": (
        [
            {},
            {"ignore": []},
            {"ignore": ["/a/*/b", "/a~1b", "/"]},
            {"lists": "whole"},
            {"lists": {"by": "/sku"}},
            {"lists": {"by": "/product/a*~1b"}},
            {"lists": {"by": "${P}"}},
            {"lists": "${LISTS}"},
            {"ignore": ["/${T}", "${P}"]},
        ],
        [
            {"ignore": ["a"]},
            {"ignore": "/a"},
            {"ignore": ["/~"]},
            {"lists": "by"},
            {"lists": {"by": "id"}},
            {"lists": {"by": "/lines/*/id"}},
            {"lists": {"by": "/*"}},
            {"lists": {"by": None}},
            {"lists": {"by": ["/id"]}},
            {"lists": {"by": "/id", "order": False}},
            {"lists": {}},
            {"lists": None},
            {"lists": 7},
            {"lists": ["/id"]},
            None,
        ],
    ),
    "tables/Users/redact": (
        [
            [],
            [{"path": "$.a", "with": "drop"}],
            [{"path": "$.a", "with": "mask", "key": None}],
            [{"path": "$.a", "with": "hmac", "key": "${T}"}],
        ],
        [
            [{"path": "$.a", "with": "hmac"}],
            [{"path": "$.a", "with": "drop", "key": "k"}],
            [{"path": "$.a"}],
            [{"with": "drop"}],
            [{"path": "", "with": "drop"}],
            [{"path": "$.a", "with": "hash"}],
            [{"path": "$.a", "with": "hmac", "key": None}],
            {},
        ],
    ),
    "tables/Users/numbers": (
        [
            "exact",
            "string",
            {"string": ["/total/amount", "/lines/*/price"]},
            "${NUMBERS}",
            {"string": ["${P}"]},
        ],
        [
            "text",
            "",
            7,
            None,
            ["/total"],
            {},
            {"string": []},
            {"string": "/total"},
            {"string": ["total"]},
            {"exact": ["/a"]},
        ],
    ),
    "numbers": (["exact", "string", "${NUMBERS}", REMOVED], ["text", None, {"string": ["/total"]}]),
    "tables/Users/reconcile": (
        [{}, {"segments": 256, "max_rcu": 1, "grace": "15m", "max_emit": 0, "max_removes": 0}],
        [{"segments": 0}, {"segments": 257}, {"grace": -1}, {"max_rcu": 0}, {"grace_s": 1}, None, []],
    ),
    "tables/Users/events": ([], [[], {}, None, ["a"]]),
    f"{EVENT}/type": (
        ["a.b", "A-1.b_2", "a.v1.b", "${TYPE}"],
        ["a", "a.", ".a", "a..b", "a b.c", "a.b.v1", "a." + "b" * 124, "", 7, REMOVED],
    ),
    f"{EVENT}/op": (["insert", ["insert", "remove"]], ["delete", [], ["x"], None, REMOVED]),
    f"{EVENT}/when": (
        [
            {},
            None,
            {"changed": ["/a"]},
            {"changed": None},
            {"key": {}},
            {"before": {"a": [1]}, "after": {"a": [{"exists": True}]}},
        ],
        [{"changed": []}, {"changed": ["a"]}, {"changed": "/a"}, {"after": []}, {"then": {}}, []],
    ),
    f"{EVENT}/versions": (
        [
            ["1.0.0", "2.0.0"],
            [{"schema": "10.20.30"}],
            [{"schema": "1.0.0", "data": {"a": {"b": 1}}}],
            [{"schema": "1.0.0", "data": None}],
            ["${SEMVER}"],
            [{"schema": "${SEMVER}"}],
            ["2.0.0", {"schema": "1.0.0", "from": "2.0.0"}],
            ["2.0.0", {"schema": "1.0.0", "from": "2.0.0", "data": {"a": "$.a"}}],
            ["2.0.0", {"schema": "1.0.0", "from": "2.0.0", "using": "a.b_1:C.d"}],
            [{"schema": "1.0.0", "sunset": "2027-06-30", "deprecated_from": "2027-06-30"}],
            [{"schema": "1.0.0", "sunset": "${DAY}", "migration": "${URI}"}],
            [{"schema": "1.0.0", "migration": "https://example.com/a#b"}],
            [{"schema": "1.0.0", "from": None, "sunset": None, "using": None, "migration": None}],
        ],
        [
            [],
            ["1.0"],
            ["01.0.0"],
            ["1.0.0-rc1"],
            [1.0],
            [None],
            [{}],
            [{"data": {}}],
            [{"schema": "1.0.0", "data": []}],
            ["2.0.0", {"schema": "1.0.0", "from": "2"}],
            ["2.0.0", {"schema": "1.0.0", "from": "2.0.0", "using": "a.b"}],
            [{"schema": "1.0.0", "sunset": "2027-6-30"}],
            [{"schema": "1.0.0", "sunset": "2027-13-01"}],
            [{"schema": "1.0.0", "sunset": "20270630"}],
            [{"schema": "1.0.0", "sunset": "2027-06-30T00:00:00Z"}],
            [{"schema": "1.0.0", "deprecated_from": 2027}],
            [{"schema": "1.0.0", "migration": "example.com"}],
            "1.0.0",
            REMOVED,
        ],
    ),
    f"{EVENT}/sink": (["bus", ["bus"]], [[], {}, None]),
    "mapping": ([{}, REMOVED], [None, [], {"window_s": 1}]),
    "mapping/batch_size": ([1, 10000, "${N}"], [0, 10001, "1", None]),
    "mapping/window": (
        [0, 300, 0.5, "30s", "5m", "250ms", "${N}", "${W}"],
        [-1, 301, "30", "1 s", "s", "05s", None, True],
    ),
    "mapping/parallelization_factor": ([1, 10], [0, 11]),
    "mapping/starting_position": (["TRIM_HORIZON", "LATEST", "${START}"], ["latest", None]),
    "mapping/bisect": ([True, False, "${FLAG}"], ["true", 1, 0, None]),
    "mapping/max_retries": ([0, 10000, None], [-1, 10001]),
    "mapping/max_record_age": ([60, 604800, "1h", None], [59, 604801, -1, "x"]),
    "mapping/on_failure": (
        [QUEUE, {"kind": "s3", "bucket": "my-bucket"}, {"kind": "directory", "path": "x"}, None],
        [{}, {"kind": "sqs"}, {"kind": "sns"}, {"kind": "s3", "bucket": "B"}, "sqs"],
    ),
}
ENVIRON = {
    "T": "text",
    "N": "5",
    "SHARE": "0.5",
    "P": "/a",
    "LISTS": "whole",
    "NUMBERS": "string",
    "TYPE": "a.b",
    "SEMVER": "1.2.3",
    "W": "20s",
    "START": "LATEST",
    "FLAG": "false",
    "DAY": "2027-06-30",
    "URI": "https://example.com/a",
    "TOPIC": TOPIC,
    "BUS_V2": BUS_V2,
}


CASES = [
    pytest.param(
        path, value, accepted, id=f"{path} {'removed' if value is REMOVED else json.dumps(value)[:60]}"
    )
    for path, columns in TABLE.items()
    for accepted, values in zip((True, False), columns, strict=True)
    for value in values
]


def put(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(BASE)
    here: Any = document
    *parents, last = path.split("/")
    for part in parents:
        here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
    if value is REMOVED:
        here.pop(last, None)
    else:
        here[last] = value
    return document


def models_accept(document: dict[str, Any]) -> bool:
    try:
        read_settings(json.dumps(document).encode(), "b.yaml", Path(), ENVIRON)
    except ConfigurationError:
        return False
    return True


@pytest.mark.parametrize(("path", "value", "accepted"), CASES)
def test_schema_and_models_agree(path: str, value: Any, accepted: bool) -> None:
    document = put(path, value)
    assert (models_accept(document), VALIDATOR.is_valid(document)) == (accepted, accepted)


def test_the_schema_is_a_valid_2020_12_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"]


def test_its_examples_are_accepted_by_both() -> None:
    environ = {"EVENT_BUS": "main", "PII_KEY": "k"}
    for example in SCHEMA["examples"]:
        assert VALIDATOR.is_valid(example)
        assert read_settings(json.dumps(example).encode(), "b.yaml", Path(), environ).warnings == ()


def test_every_field_is_described_in_one_line() -> None:
    for name, block in {"bridge.yaml": SCHEMA, **SCHEMA["$defs"]}.items():
        assert block.get("description") or "anyOf" in block, name
        for option in block.get("anyOf", [block]):
            for key, field in option.get("properties", {}).items():
                described = (
                    field.get("description") or SCHEMA["$defs"][field["$ref"].split("/")[-1]]["description"]
                )
                assert described.strip(), f"{name}.{key}"
                assert "\n" not in described, f"{name}.{key}"


def test_nothing_of_the_generator_is_left_in_it() -> None:
    text = json.dumps(SCHEMA)
    assert "x-" not in text.replace("max-", "")
    assert "discriminator" not in text
    assert json.loads(text) == SCHEMA

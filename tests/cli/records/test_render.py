"""``stream-bridge render``: the events of any input, exactly; errors are reported and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.cli.records.files import read_records
from bridge.limits import EVENTBRIDGE_BYTES, SNS_BYTES
from tests.builders.records import STREAM_ARN, TIME, lambda_event, lambda_record
from tests.cli.shell import Shell

Json = dict[str, Any]


def created(number: int = 1, *, key: str | None = None, **after: Any) -> Json:
    name = key or f"u-{number}"
    return lambda_record(
        op="insert",
        key={"id": name},
        after={"id": name, "balance": 7, **after},
        seq=number,
        event_id=f"e{number}",
    )


def modified(number: int, before: Json, after: Json) -> Json:
    key = {"id": "u-1"}
    return lambda_record(
        op="modify", key=key, before=key | before, after=key | after, seq=number, event_id=f"e{number}"
    )


def with_value(record: Json, name: str, value: Json, image: str = "NewImage") -> Json:
    """The record with one more typed value, legal or not."""
    record["dynamodb"][image][name] = value
    return record


def get_records(*records: Json, time: Any = "2026-11-01T13:00:00+01:00") -> Json:
    """Lambda's records as ``aws dynamodbstreams get-records`` prints them."""
    printed = []
    for record in records:
        each = {name: value for name, value in record.items() if name != "eventSourceARN"}
        each["dynamodb"] = {**record["dynamodb"], "ApproximateCreationDateTime": time}
        printed.append(each)
    return {"Records": printed, "NextShardIterator": "AAAA"}


# --- shapes of input -----------------------------------------------------------------------------

SHAPES = {
    "a Lambda event": json.dumps(lambda_event(created(1), created(2))),
    "a Lambda event over many lines": json.dumps(lambda_event(created(1), created(2)), indent=2),
    "a list of records": json.dumps([created(1), created(2)]),
    "a record a line": f"{json.dumps(created(1))}\n{json.dumps(created(2))}\n",
    "lines with blank ones between": f"\n\n{json.dumps(created(1))}\r\n\n  \n{json.dumps(created(2))}",
    "a Lambda event a line": "\n".join(json.dumps(lambda_event(created(n))) for n in (1, 2)),
    "a byte order mark": "\ufeff" + json.dumps([created(1), created(2)]),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_every_shape_of_input_gives_the_same_events_in_order(shell: Shell, text: str) -> None:
    done = shell.run("render", shell.write("in.json", text))
    assert done.code == 0, done.err
    assert [event["id"] for event in done.events] == [f"e{n}:com.example.user.created.v1" for n in (1, 2)]
    assert done.last_line == (
        "2 received = 2 published + 0 without event + 0 quarantined + 0 returned for retry; 2 events"
    )


def test_a_single_record_is_input_too_and_standard_input_is_a_dash(shell: Shell) -> None:
    done = shell.run("render", "-", stdin=json.dumps(created()).encode())
    assert done.code == 0
    assert done.out == (
        b'{"specversion":"1.0","id":"e1:com.example.user.created.v1","source":"com.example.accounts",'
        b'"type":"com.example.user.created.v1","subject":"user/u-1","time":"2026-11-01T12:00:00Z",'
        b'"datacontenttype":"application/json",'
        b'"dataschema":"https://schemas.example.com/com.example.user.created/1.0.0.json",'
        b'"sequence":"2026-11-01T10:00:00.000/0000000000000000000000000000000000000001",'
        b'"partitionkey":"u-1","causationid":"e1","data":{"id":"u-1","balance":7}}\n'
    )


@pytest.mark.parametrize("time", ["2026-11-01T13:00:00+01:00", "2026-11-01T12:00:00Z", TIME.timestamp()])
def test_get_records_output_with_its_stream_gives_what_lambda_would_have_given(
    shell: Shell, time: Any
) -> None:
    lambdas = shell.run(
        "render", shell.write("lambda.json", lambda_event(created(), created(2, photo=b"\x00\xff")))
    )
    printed = shell.write("printed.json", get_records(created(), created(2, photo=b"\x00\xff"), time=time))
    done = shell.run("render", printed, "--stream-arn", STREAM_ARN)
    assert (done.code, done.out) == (0, lambdas.out)


@pytest.mark.parametrize("words", [(), ("--table", "Users")])
def test_without_a_stream_a_table_suffices_and_a_note_names_the_placeholder(
    shell: Shell, words: tuple[str, ...]
) -> None:
    done = shell.run("render", shell.write("in.json", get_records(created(), created(2))), *words)
    assert (done.code, len(done.events)) == (0, 2)
    assert done.err.count("note: records name no stream: they count as records of table Users") == 1


def test_records_that_could_be_of_several_tables_are_not_guessed_at(shell: Shell) -> None:
    shell.write(
        "bridge.yaml",
        (shell.folder / "bridge.yaml").read_text()
        + (
            "  Orders:\n    subject: order/{$.key.id}\n    sink: domain\n"
            '    events: [{type: com.example.user.noted, op: insert, versions: ["1.0.0"]}]\n'
        ),
    )
    done = shell.run("render", shell.write("in.json", get_records(created())))
    assert (done.code, done.out) == (4, b"")
    assert (
        "note: records name no stream, so their table is not known - use --stream-arn or --table" in done.err
    )
    assert shell.run("render", "in.json", "--table", "Orders").events[0]["subject"] == "order/u-1"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--table", "Nobody"), "--table Nobody is not in the configuration\nit has Users\n"),
        (("--stream-arn", "arn:aws:x"), "--stream-arn is not a stream's ARN: arn:aws:x"),
        (("--stream-arn", STREAM_ARN, "--table", "Users"), "--table and --stream-arn exclude each other"),
    ],
)
def test_a_stream_that_cannot_be_is_refused(shell: Shell, words: tuple[str, ...], message: str) -> None:
    done = shell.run("render", shell.write("in.json", [created()]), *words)
    assert (done.code, done.out) == (1, b"")
    assert message in done.err


def test_lines_are_read_only_as_they_are_needed() -> None:
    """A file may be larger than memory."""

    class Lines:
        taken = 0

        def __iter__(self) -> Iterator[bytes]:
            for _ in range(1000):
                self.taken += 1
                yield b'{"eventID": "e1"}\n'

        def __next__(self) -> bytes:
            raise AssertionError("not used")

    lines = Lines()
    records = read_records(lines, "in.ndjson")  # type: ignore[arg-type]
    next(records)
    assert lines.taken <= 2


# --- input that is no JSON -----------------------------------------------------------------------

BROKEN = {
    "a missing comma": (
        b'{"Records": [\n  {"eventID": "e1"}\n  {"eventID"',
        "in.json:3:3 not valid JSON: expecting ',' delimiter",
    ),
    "cut off": (b'[{"eventID": "e1"', "in.json:1:18 not valid JSON: "),
    "NaN": (b'[{"why": "NaN",\n "eventID": NaN}]', "in.json:2:13 not valid JSON: NaN is not a JSON value"),
    "a name twice": (b'[{"eventID": "e1", "eventID": "e2"}]', "'eventID' occurs twice in one object"),
    "not UTF-8": ('[{"eventID": "größe"}]'.encode("latin-1"), "in.json:1:17 is not UTF-8 text"),
    "nested without end": (b"[" * 100_000, "in.json:1:1 is nested too deeply to be read"),
    "digits without end": (
        b'{"eventID": ' + b"9" * 5000 + b"}",
        "in.json:1:1 holds a number with too many digits",
    ),
    "nothing": (b"\n \n", "in.json is empty"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_json_is_shown_at_its_place(shell: Shell, content: bytes, message: str) -> None:
    done = shell.run("render", shell.write("in.json", content))
    assert (done.code, done.out) == (1, b"")
    assert message in done.err
    assert done.last_line.endswith("; 1 unreadable")


def test_a_line_that_is_no_json_stops_no_other_line(shell: Shell) -> None:
    lines = [json.dumps(created(1)), '{"eventID": "e2", "dyn', json.dumps(created(3))]
    done = shell.run("render", shell.write("in.ndjson", "\n".join(lines)))
    assert done.code == 1
    assert [event["causationid"] for event in done.events] == ["e1", "e3"]
    assert "in.ndjson:2:19 not valid JSON: unterminated string" in done.err
    assert done.last_line.startswith("2 received = 2 published")


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    done = shell.run("render", "nowhere.json")
    assert (done.code, done.err) == (1, "error: nowhere.json: No such file or directory\n")


# --- records that can never succeed --------------------------------------------------------------


def nested(levels: int) -> Json:
    value: Json = {"S": "deep"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


def without(record: Json, name: str) -> Json:
    return {each: value for each, value in record.items() if each != name}


NUMBERS = {
    "NaN": "an N value is not a DynamoDB number",
    "1_000": "an N value is not a DynamoDB number",
    "1" * 39: "an N value has 39 significant digits, DynamoDB has at most 38",
}
MALFORMED: dict[str, tuple[Any, str]] = {
    "without dynamodb": (without(created(), "dynamodb"), "the record has no 'dynamodb' part"),
    "unknown operation": ({**created(), "eventName": "UPSERT"}, "eventName is not a known operation"),
    "unknown attribute type": (
        with_value(created(), "balance", {"X": "1"}),
        "NewImage, attribute 'balance': unknown attribute type 'X'",
    ),
    "nested 33 deep": (
        with_value(created(), "balance", nested(33)),
        "NewImage, attribute 'balance': nested deeper than 32 levels",
    ),
    "no object": ("u-1", "the record is not a JSON object"),
} | {
    f"number {number[:5]}": (
        with_value(created(), "balance", {"N": number}),
        f"NewImage, attribute 'balance': {message}",
    )
    for number, message in NUMBERS.items()
}


@pytest.mark.parametrize(("record", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_record_is_quarantined_with_its_reason(shell: Shell, record: Any, message: str) -> None:
    done = shell.run("render", shell.write("in.json", [created(8), record, created(9)]))
    assert done.code == 4
    assert [event["causationid"] for event in done.events] == ["e8", "e9"]
    (failure,) = done.failures
    assert failure["number"] == 2
    assert (failure["reason"], failure["stage"]) == ("malformed_record", "decode")
    assert failure["message"].startswith(message)
    assert failure["hint"] or "JSON object" in message
    assert done.last_line.startswith("3 received = 2 published + 0 without event + 1 quarantined")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("image", ["OldImage", "NewImage"])
@pytest.mark.parametrize("in_both", [False, True])
def test_a_number_that_is_none_is_found_in_any_image_of_a_change(
    shell: Shell, number: str, image: str, in_both: bool
) -> None:
    """Whether it changed or not, as long as the event carries the image."""
    record = modified(1, {"note": "a"}, {"note": "b"})
    for each in ("OldImage", "NewImage") if in_both else (image,):
        with_value(record, "old", {"N": number}, each)
    done = shell.run("render", shell.write("in.json", [record]))
    assert (done.code, done.out) == (4, b"")
    assert done.failures[0]["message"].endswith(NUMBERS[number])


@pytest.mark.parametrize("number", NUMBERS)
def test_a_record_is_malformed_even_where_no_event_carries_the_value(shell: Shell, number: str) -> None:
    record = with_value(created(), "note", {"N": number})
    done = shell.run("render", shell.write("in.json", [record]))
    assert (done.code, done.out) == (4, b"")
    assert done.failures[0]["message"].endswith(NUMBERS[number])


def test_nested_32_deep_is_legal(shell: Shell) -> None:
    record = with_value(created(), "balance", nested(32))
    done = shell.run("render", shell.write("in.json", [record]))
    assert (done.code, len(done.events)) == (0, 1)


def test_a_lone_surrogate_is_quarantined_and_shown_without_harm(shell: Shell) -> None:
    """The file is legal JSON; what it says is no text in any encoding."""
    record = json.dumps(created(balance="SURROGATE")).replace("SURROGATE", "\\ud800")
    in_id = json.dumps({**created(2), "eventID": "SURROGATE"}).replace("SURROGATE", "\\ud800")
    done = shell.run(
        "render", "-", "--explain", stdin=f"{record}\n{in_id}\n{json.dumps(created(3))}".encode()
    )
    assert done.code == 4
    assert [event["causationid"] for event in done.events] == ["e3"]
    assert [failure["reason"] for failure in done.failures] == ["event_invalid", "event_invalid"]
    assert done.failures[1]["record_id"] == "\ud800"


def test_an_event_that_breaks_its_schema_is_quarantined_and_its_value_is_not_shown(shell: Shell) -> None:
    done = shell.run(
        "render", shell.write("in.json", [created(key="u-0000000000-confidential")]), "--explain"
    )
    assert (done.code, done.out) == (4, b"")
    assert done.failures == [
        {
            "number": 1,
            "end": "quarantined",
            "record_id": "e1",
            "table": "Users",
            "reason": "event_invalid",
            "stage": "validate",
            "message": "data breaks com.example.user.created 1.0.0: "
            "/id is longer than 20 characters (maxLength)",
            "hint": "compare the schema with the event's mapping and with the program that writes the table",
            "event_type": "com.example.user.created.v1",
            "sequence": "2026-11-01T10:00:00.000/0000000000000000000000000000000000000001",
        }
    ]
    assert "confidential" not in done.err


def test_an_event_over_the_limit_of_its_sink_is_quarantined(shell: Shell) -> None:
    """A topic takes less than a bus: what is too large for the one goes to the other."""
    image = {"note": "n" * (SNS_BYTES // 2), "name": "a"}
    other = {"note": "m" * (SNS_BYTES // 2), "name": "a"}
    renamed = {"note": "n" * (SNS_BYTES // 2), "name": "b"}
    records = [modified(1, image, other), modified(2, image, renamed)]
    done = shell.run("render", shell.write("in.json", records))
    assert done.code == 4
    assert [event["type"] for event in done.events] == ["com.example.user.renamed.v1"]
    (failure,) = done.failures
    assert (failure["reason"], failure["record_id"]) == ("event_too_large", "e1")
    assert failure["message"].endswith(f"bytes, sink billing takes {SNS_BYTES}")
    assert "map less into the event's data, or leave before and after out of it" in failure["hint"]


def test_the_limit_of_a_bus_is_the_services_own(shell: Shell) -> None:
    records = [created(balance="n" * (EVENTBRIDGE_BYTES + extra)) for extra in (-1000, 0)]
    done = shell.run("render", shell.write("in.json", records))
    assert (done.code, len(done.events)) == (4, 1)
    assert done.failures[0]["message"].endswith(f"bytes, sink domain takes {EVENTBRIDGE_BYTES - 1}")


def test_a_poison_record_among_a_hundred_good_ones_stops_none_of_them(shell: Shell) -> None:
    records = [created(n) for n in range(1, 101)]
    records.insert(50, with_value(created(500), "balance", {"N": "NaN"}))
    done = shell.run("render", shell.write("in.json", lambda_event(*records)))
    assert done.code == 4
    assert [event["causationid"] for event in done.events] == [f"e{n}" for n in range(1, 101)]
    assert [failure["record_id"] for failure in done.failures] == ["e500"]
    assert done.last_line == (
        "101 received = 100 published + 0 without event + 1 quarantined + 0 returned for retry; 100 events"
    )


def test_the_breaker_hides_no_record(shell: Shell) -> None:
    records = [{**created(n), "eventName": "UPSERT"} for n in range(30)]
    done = shell.run("render", shell.write("in.json", records))
    assert done.code == 4
    assert [failure["reason"] for failure in done.failures] == ["malformed_record"] * 30


# --- no event ------------------------------------------------------------------------------------


def test_a_table_that_is_not_in_the_configuration_is_counted_and_reported_once(shell: Shell) -> None:
    arn = STREAM_ARN.replace("table/Users", "table/Strangers")
    records = [{**created(n), "eventSourceARN": arn} for n in (1, 2)]
    done = shell.run("render", shell.write("in.json", records))
    assert (done.code, done.out) == (0, b"")
    assert done.err == (
        "note: table Strangers is not in the configuration: its changes get no event"
        " - add it under tables:, or check the ARN of the records\n"
        "2 received = 0 published + 2 without event + 0 quarantined + 0 returned for retry; 0 events\n"
    )


def test_a_condition_that_the_stream_view_cannot_decide_returns_the_record(shell: Shell) -> None:
    record = modified(1, {}, {"note": "b"})
    record["dynamodb"]["StreamViewType"] = "NEW_IMAGE"
    del record["dynamodb"]["OldImage"]
    done = shell.run("render", shell.write("in.json", [record, created(2)]))
    assert (done.code, len(done.events)) == (4, 1)
    (failure,) = done.failures
    assert (failure["end"], failure["reason"]) == ("returned", "view_too_narrow")
    assert "when.changed cannot be decided, the stream view is NEW_IMAGE" in failure["message"]
    assert done.last_line.startswith(
        "2 received = 1 published + 0 without event + 0 quarantined + 1 returned for retry"
    )


# --- several events, several sinks ---------------------------------------------------------------


def test_an_event_for_two_sinks_is_one_line_and_events_keep_the_order_of_records_and_rules(
    shell: Shell,
) -> None:
    shell.edit("bridge.yaml", "    sink: domain\n", "    sink: [domain, billing]\n")
    shell.edit("bridge.yaml", "[/name]}\n", "[/name]}\n        sink: domain\n")
    both = modified(2, {"note": "a", "name": "a"}, {"note": "b", "name": "b"})
    done = shell.run("render", shell.write("in.json", [created(1), both, created(3)]))
    assert [(event["causationid"], event["type"].split(".")[3]) for event in done.events] == [
        ("e1", "created"),
        ("e2", "noted"),
        ("e2", "renamed"),
        ("e3", "created"),
    ]


# --- explanations --------------------------------------------------------------------------------


def test_explain_says_for_every_record_which_rule_matched_or_why_not(shell: Shell) -> None:
    nothing = modified(2, {"note": "a"}, {"note": "a"})
    silent = modified(3, {"age": 1}, {"age": 2})
    done = shell.run("render", shell.write("in.json", [created(1), nothing, silent]), "--explain")
    assert done.code == 0
    assert done.err.splitlines() == [
        "record 1 e1: Users insert: published",
        "  com.example.user.created: matched",
        "  com.example.user.noted: op is insert, not modify",
        "  com.example.user.renamed: op is insert, not modify",
        "record 2 e2: Users modify: no event: only ignored attributes changed",
        "record 3 e3: Users modify: no event: no rule matched",
        "  com.example.user.created: op is modify, not insert",
        "  com.example.user.noted: none of /note changed",
        "  com.example.user.renamed: none of /name changed",
        "3 received = 1 published + 2 without event + 0 quarantined + 0 returned for retry; 1 event",
    ]


def test_with_output_json_every_line_on_stderr_is_json(shell: Shell) -> None:
    content = f"{json.dumps(created(1))}\n{{\n{json.dumps({**created(2), 'eventName': 'UPSERT'})}"
    done = shell.run("render", shell.write("in.ndjson", content), "--explain", "--output", "json")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert done.code == 1
    assert lines[0]["rules"][0] == {"type": "com.example.user.created", "matched": True, "why": ""}
    assert lines[1]["unreadable"]["line"] == 2
    assert lines[2]["reason"] == "malformed_record"
    assert lines[-1]["counts"] == {
        "received": 2,
        "published": 1,
        "without_event": 0,
        "quarantined": 1,
        "returned": 0,
        "events": 1,
        "unreadable": 1,
    }


def test_what_comes_from_a_record_cannot_steer_the_terminal(shell: Shell) -> None:
    record = {**created(), "eventID": "e1\u001b[2J\u202e"}
    done = shell.run("render", shell.write("in.json", [record]), "--explain")
    assert "\u001b" not in done.err
    assert "\u202e" not in done.err


# --- the configuration ---------------------------------------------------------------------------


def test_a_missing_environment_variable_ends_it_with_3_and_its_name(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENT_BUS")
    done = shell.run("render", shell.write("in.json", [created()]))
    assert (done.code, done.out) == (3, b"")
    assert "the environment variable EVENT_BUS is not set" in done.err
    shell.write(".env", "EVENT_BUS=domain\n")
    assert shell.run("render", "in.json", "--env-file", ".env").code == 0


def test_a_misspelt_key_ends_it_with_3_and_a_suggestion(shell: Shell) -> None:
    shell.edit("bridge.yaml", "op: insert", "opp: insert")
    done = shell.run("render", shell.write("in.json", [created()]))
    assert done.code == 3
    assert "unknown key 'opp' — did you mean 'op'?" in done.err


def test_a_schema_that_is_not_there_ends_it_with_3(shell: Shell) -> None:
    (shell.folder / "event_schemas/com.example.user.created/1.0.0.json").unlink()
    done = shell.run("render", shell.write("in.json", [created()]))
    assert done.code == 3
    assert "com.example.user.created" in done.err

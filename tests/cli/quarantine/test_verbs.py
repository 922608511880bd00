"""``stream-bridge quarantine``: entries are listed without values, exported whole, and stay."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.console.options import moment
from bridge.cli.console.output import Console
from bridge.cli.quarantine.view import MASK, mask, short_row, table
from bridge.edges.local.quarantine import DirectoryQuarantine
from bridge.ports.quarantine import Quarantined
from tests.builders.kinesis_records import kinesis_record
from tests.builders.records import lambda_record
from tests.cli.shell import Shell

SECRET = "ada@example.com"


def broken(number: int = 1, **fields: Any) -> Quarantined:
    record = lambda_record(
        op="insert",
        key={"id": f"u-{number}"},
        after={
            "id": f"u-{number}",
            "email": SECRET,
            "balance": 7,
            "tags": {"a", "b"},
            "notes": [{"x": None}],
        },
        seq=number,
        event_id=f"e{number}",
    )
    entry = Quarantined(
        record=record,
        record_id=f"e{number}",
        table="Users",
        reason="event_invalid",
        stage="validate",
        message="/data/plan: is not one of the allowed values",
        hint="publish a schema that allows it",
        time="2026-11-01T12:00:00+00:00",
        version="0.1.0",
        event_type="com.example.user.created.v1",
        sequence=f"2026-10-01T00:00:00.000/{number:040d}",
    )
    return replace(entry, **fields)


@pytest.fixture
def store(shell: Shell) -> DirectoryQuarantine:
    return DirectoryQuarantine(shell.folder / "quarantine")


# --- list ----------------------------------------------------------------------------------------


def test_a_quarantine_that_was_never_used_is_empty(shell: Shell) -> None:
    done = shell.run("quarantine", "list")
    assert (done.code, done.out, done.err) == (0, b"", "0 entries\n")


def test_each_entry_is_a_line_without_its_values(shell: Shell, store: DirectoryQuarantine) -> None:
    for number in (1, 2):
        store.put(broken(number))
    done = shell.run("quarantine", "list")
    lines = [line.split("\t") for line in done.out.decode().splitlines()]
    assert [line[:4] for line in lines] == [
        ["2026-11-01T12:00:00+00:00", "event_invalid", "Users", "com.example.user.created.v1"]
    ] * 2
    assert [line[4] for line in lines] == store.names()
    assert done.code == 0
    assert done.last_line == "2 entries"
    assert SECRET.encode() not in done.out


def test_a_program_gets_all_but_the_record(shell: Shell, store: DirectoryQuarantine) -> None:
    store.put(broken())
    done = shell.run("quarantine", "list", "--output", "json")
    (line,) = done.events
    assert (line["id"], line["record_id"], line["reason"]) == (store.names()[0], "e1", "event_invalid")
    assert "record" not in line
    assert json.loads(done.last_line) == {"counts": {"entries": 1, "foreign": 0}, "sure": True}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {"e1", "e2", "e3"}),
        (("--reason", "mapping_failed"), {"e2"}),
        (("--type", "com.example.user.created"), {"e1", "e2"}),
        (("--type", "com.example.user.created.v1"), {"e1", "e2"}),
        (("--since", "2026-11-02"), {"e2", "e3"}),
        (("--until", "2026-11-02"), {"e1", "e2"}),
        (("--until", "2026-11-02T12:00Z"), {"e1"}),
        (("--since", "2026-11-02", "--until", "2026-11-02", "--reason", "event_invalid"), set()),
        (("--entity", "order"), {"e2", "e3"}),
        (("--entity", "app-main/order"), {"e3"}),
        (("--entity", "Users"), set()),
    ],
)
def test_selected_entries_are_listed_and_exported(
    shell: Shell, store: DirectoryQuarantine, words: tuple[str, ...], expected: set[str]
) -> None:
    store.put(broken(1))
    store.put(broken(2, reason="mapping_failed", time="2026-11-02T23:59:00Z", entity="order"))
    store.put(broken(3, event_type="", time="2026-11-03T00:00:00Z", table="app-main", entity="order"))
    listed = shell.run("quarantine", "list", "--output", "json", *words)
    assert {line["record_id"] for line in listed.events} == expected
    exported = shell.run("quarantine", "export", "--reveal", *words)
    assert {record["eventID"] for record in exported.events} == expected


def test_the_entity_of_an_entry_is_listed_beside_its_table(shell: Shell, store: DirectoryQuarantine) -> None:
    store.put(broken(1, table="app-main", entity="order"))
    line = shell.run("quarantine", "list").out.decode()
    assert line.split("\t")[2] == "app-main/order"
    (entry,) = shell.run("quarantine", "list", "--output", "json").events
    assert (entry["table"], entry["entity"]) == ("app-main", "order")


def test_an_entry_of_a_version_that_knew_no_entities_is_read(
    shell: Shell, store: DirectoryQuarantine
) -> None:
    store.put(broken(1))
    (name,) = store.names()
    path = shell.folder / "quarantine" / name
    old = json.loads(path.read_text())
    assert old.pop("entity") == ""
    path.write_text(json.dumps(old))
    assert store.load(name) == broken(1)


def test_a_file_that_is_not_an_entry_is_reported_and_skipped(
    shell: Shell, store: DirectoryQuarantine
) -> None:
    store.put(broken())
    for name, content in (("0.json", "{}"), ("1.json", "[" * 100_000), ("readme.txt", "hands off")):
        shell.write(f"quarantine/{name}", content)
    (shell.folder / "quarantine/folder.json").mkdir()
    done = shell.run("quarantine", "list")
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert done.err.count("warning: ") == 3
    assert "0.json" in done.err
    assert done.last_line == "1 entry; 3 others skipped: not entries"


def test_a_store_that_cannot_be_read_ends_in_1(shell: Shell) -> None:
    shell.write("quarantine", "in the way")
    for verb in (("list",), ("export",), ("show", "e1")):
        done = shell.run("quarantine", *verb)
        assert (done.code, done.out) == (1, b"")
        assert "error: quarantine directory" in done.err


def test_a_broken_schema_does_not_keep_anyone_from_looking(shell: Shell, store: DirectoryQuarantine) -> None:
    store.put(broken())
    shell.write("event_schemas/registry.yaml", "{")
    assert shell.run("quarantine", "list").code == 0


def test_a_table_on_a_terminal_fits_and_cuts_no_id(capsys: pytest.CaptureFixture[str]) -> None:
    record_id = "0f" * 16
    console = Console()
    console.out.width = 80
    console.show(
        table(
            [short_row("x.json", broken(record_id=record_id)), short_row("y.json", broken(0, record_id=""))]
        )
    )
    heading, first, *_ = lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["TIME", "REASON", "TABLE", "TYPE", "ID"]
    assert first.endswith(record_id)
    assert any(line.rstrip().endswith("y.json") for line in lines), "the store's name where there is no other"
    assert max(map(len, lines)) <= 80


def test_a_short_time_is_utc_and_any_other_text_stays() -> None:
    assert short_row("x", broken(time="2026-11-01T12:00:00.123+00:00"))[0] == "2026-11-01 12:00:00"
    assert short_row("x", broken(time="2026-11-01T12:00:00+02:00"))[0] == "2026-11-01T12:00:00+02:00"


# --- show ----------------------------------------------------------------------------------------


def test_an_entry_is_shown_with_names_and_types_but_no_value(
    shell: Shell, store: DirectoryQuarantine
) -> None:
    store.put(broken())
    done = shell.run("quarantine", "show", store.names()[0], "--output", "json")
    (shown,) = done.events
    image = shown["record"]["dynamodb"]["NewImage"]
    assert image["email"] == {"S": MASK}
    assert image["balance"] == {"N": MASK}
    assert image["tags"] == {"SS": [MASK, MASK]}
    assert image["notes"] == {"L": [{"M": {"x": {"NULL": MASK}}}]}
    assert shown["record"]["dynamodb"]["Keys"] == {"id": {"S": MASK}}
    assert shown["record"]["eventID"] == "e1"
    assert shown["record"]["dynamodb"]["SequenceNumber"].endswith("1")
    assert (shown["reason"], shown["stage"], shown["masked"]) == ("event_invalid", "validate", True)


def test_only_reveal_shows_values(shell: Shell, store: DirectoryQuarantine) -> None:
    store.put(broken())
    name = store.names()[0]
    masked, revealed = (shell.run("quarantine", "show", name, *more) for more in ((), ("--reveal",)))
    assert masked.code == revealed.code == 0
    assert SECRET.encode() not in masked.out
    assert MASK.encode() in masked.out
    assert masked.last_line == "values are masked; --reveal shows them"
    assert SECRET.encode() in revealed.out
    assert MASK.encode() not in revealed.out
    assert b"publish a schema that allows it" in masked.out


def test_an_entry_is_found_by_the_records_id_too(shell: Shell, store: DirectoryQuarantine) -> None:
    for number in (1, 2):
        store.put(broken(number))
    done = shell.run("quarantine", "show", "e2", "--output", "json")
    assert done.events[0]["id"] == store.names()[1]


@pytest.mark.parametrize("name", ["nothing.json", "../bridge.yaml", "/etc/hostname", "e9"])
def test_what_is_no_entry_is_not_shown(shell: Shell, store: DirectoryQuarantine, name: str) -> None:
    store.put(broken())
    done = shell.run("quarantine", "show", name, "--reveal")
    assert (done.code, done.out) == (1, b"")
    assert "quarantine list" in done.err


def test_what_an_item_holds_cannot_steer_a_terminal(shell: Shell, store: DirectoryQuarantine) -> None:
    evil = "\x1b]0;gone\x07\u202e\ud800"
    record = {**broken().record, "eventID": evil, "dynamodb": {"NewImage": {evil: {"S": evil}}}}
    store.put(broken(record=record, record_id=evil, table=evil, event_type=evil, message=evil))
    for words in (
        ("list",),
        ("show", store.names()[0]),
        ("show", store.names()[0], "--reveal"),
        ("show", "x"),
    ):
        done = shell.run("quarantine", *words)
        shown = done.out.decode() + done.err
        assert {character.isprintable() or character in "\n\t" for character in shown} == {True}


def test_a_kinesis_record_is_masked_inside_its_envelope() -> None:
    record = kinesis_record(key={"id": SECRET}, after={"id": SECRET, "n": 7})
    masked = mask(record)
    assert SECRET not in json.dumps(masked)
    assert masked["kinesis"]["data"]["dynamodb"]["NewImage"]["n"] == {"N": MASK}
    assert masked["kinesis"]["sequenceNumber"] == record["kinesis"]["sequenceNumber"]
    assert mask({"kinesis": {"data": "bm8ganNvbg=="}}) == {"kinesis": {"data": MASK}}


NAMES = st.sampled_from(["eventID", "dynamodb", "NewImage", "Keys", "S", "kinesis", "data", "SizeBytes", "x"])


@given(
    st.recursive(
        st.just(SECRET),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=12,
    )
)
def test_no_value_is_shown_wherever_a_broken_record_has_it(images: Any) -> None:
    """Outside the places in which a stream describes a record, everything is covered."""
    record = {
        "eventID": "e1",
        "dynamodb": {"NewImage": images, "Keys": images, "SizeBytes": 3},
        "more": images,
    }
    masked = mask(record)
    assert SECRET not in json.dumps(masked)
    assert (masked["eventID"], masked["dynamodb"]["SizeBytes"]) == ("e1", 3)


def test_a_record_nested_without_end_is_masked() -> None:
    record: dict[str, Any] = {}
    inner = record
    for _ in range(5_000):
        inner["x"] = {}
        inner = inner["x"]
    inner["x"] = SECRET
    assert SECRET not in json.dumps(mask(record))


# --- export --------------------------------------------------------------------------------------


def test_an_exported_record_renders_once_the_cause_is_gone(shell: Shell) -> None:
    """Quarantined by the pipeline itself, exported, and rendered with the fixed schema."""
    record = broken().record
    schema = "event_schemas/com.example.user.created/1.0.0.json"
    shell.edit(schema, '"maxLength": 20', '"maxLength": 1')
    refused = shell.run("render", shell.write("in.json", [record]))
    (failure,) = refused.failures
    store = DirectoryQuarantine(shell.folder / "quarantine")
    store.put(broken(reason=failure["reason"]))
    exported = shell.run("quarantine", "export", "--reveal")
    assert exported.events == [record]
    shell.edit(schema, '"maxLength": 1', '"maxLength": 20')
    rendered = shell.run("render", "-", stdin=exported.out)
    assert rendered.code == 0, rendered.err
    assert [event["id"] for event in rendered.events] == ["e1:com.example.user.created.v1"]


def test_an_export_keeps_what_only_python_reads(shell: Shell, store: DirectoryQuarantine) -> None:
    """A lone surrogate and a number beyond 64 bits may be the very reason a record is here."""
    record = {**broken().record, "eventID": "\ud800", "size": 10**40}
    store.put(broken(record=record))
    assert shell.run("quarantine", "export", "--reveal").events == [record]


def test_without_reveal_an_export_is_masked_and_says_so(shell: Shell, store: DirectoryQuarantine) -> None:
    store.put(broken())
    done = shell.run("quarantine", "export")
    assert done.events == [mask(broken().record)]
    assert "the records are masked and cannot be processed again" in done.err
    noted = shell.run("quarantine", "export", "--output", "json").err.splitlines()[0]
    assert json.loads(noted)["note"].startswith("the records are masked")


def test_looking_changes_nothing(shell: Shell, store: DirectoryQuarantine) -> None:
    store.put(broken())
    (path,) = Path(store.path).iterdir()
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    for words in (("list",), ("show", "e1", "--reveal"), ("export", "--reveal")):
        shell.run("quarantine", *words)
    assert [(path.read_bytes(), path.stat().st_mtime_ns)] == [before]
    assert list(Path(store.path).iterdir()) == [path]


# --- times ---------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-31", datetime(2026, 10, 31, tzinfo=UTC)),
        ("2026-10-31T06:30", datetime(2026, 10, 31, 6, 30, tzinfo=UTC)),
        ("2026-10-31T06:30+02:00", datetime(2026, 10, 31, 4, 30, tzinfo=UTC)),
        ("90m", datetime(2026, 11, 1, 10, 30, tzinfo=UTC)),
        ("1d", datetime(2026, 10, 31, 12, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_people_write_them(text: str, expected: datetime) -> None:
    assert moment("--since", text, NOW.timestamp) == expected


def test_a_day_that_ends_a_period_ends_at_midnight() -> None:
    at = moment("--until", "2026-10-31", NOW.timestamp, end_of_day=True)
    assert at == datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "-2h"])
def test_what_is_no_time_is_refused(shell: Shell, text: str) -> None:
    done = shell.run("quarantine", "list", f"--since={text}")
    assert done.code == 1
    assert "--since is not a time" in done.err

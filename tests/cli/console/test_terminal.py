"""Nothing that a file, an item or an argument holds can control the terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from bridge.cli.console.output import Console
from bridge.errors import BridgeError, Problem
from tests.builders.records import lambda_record
from tests.cli.shell import Shell

EVIL = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\x7f\u202e\U000e0001"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0001]")


class Terminal(io.StringIO):
    """A terminal without colours, so that rich itself writes no escape sequence."""

    def isatty(self) -> bool:
        return True


def test_every_way_to_print_shows_control_characters_as_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out, err = Terminal(), Terminal()
    console = Console(out, err)
    grid = Table("a")
    grid.add_row(EVIL)
    console.show(EVIL, Text(EVIL), Text.assemble((EVIL, "bold")), grid)
    console.write(f"[{EVIL}]".encode())
    console.write_json({EVIL: [EVIL]})
    console.say(EVIL)
    console.say(Text(EVIL))
    console.problem(Problem(EVIL, 1, 1, EVIL, EVIL, EVIL))
    console.fail(EVIL, EVIL)
    console.flush()
    for stream in (out, err):
        assert CONTROLS.search(stream.getvalue()) is None
        assert stream.getvalue().count("\\u001b") >= 6


def test_json_for_a_terminal_still_means_the_same() -> None:
    out = Terminal()
    Console(out, io.StringIO()).write_json({"name": EVIL + "\ttab"})
    assert json.loads(out.getvalue()) == {"name": EVIL + "\ttab"}


def test_data_that_is_no_terminals_is_written_byte_for_byte() -> None:
    out = io.TextIOWrapper(io.BytesIO())
    Console(out, io.StringIO()).write(f'"{EVIL}"'.encode())
    assert out.buffer.getvalue() == f'"{EVIL}"\n'.encode()


def test_a_finding_is_one_line_whatever_it_holds() -> None:
    err = io.StringIO()
    Console(io.StringIO(), err).problem(Problem("bridge.yaml", 1, 1, "a\nb", "is wrong\nbridge.yaml: fine"))
    assert len(err.getvalue().splitlines()) == 1


def check(shell: Shell) -> list[str]:
    config = shell.folder / "bridge.yaml"
    config.write_text('"\\e[2J": 1\n' + config.read_text())
    return ["check"]


def lint(shell: Shell) -> list[str]:
    evil_schema(shell.folder / "event_schemas")
    return ["schema", "lint"]


def list_types(shell: Shell) -> list[str]:
    evil_schema(shell.folder / "event_schemas")
    return ["schema", "list"]


def check_schemas(shell: Shell) -> list[str]:
    evil_schema(shell.folder / "event_schemas")
    return ["schema", "check"]


def evil_schema(folder: Path) -> None:
    """A schema whose texts hold escape sequences, and one in a folder that does."""
    for name in ("com.example.evil", "com.example.\x1b[2J"):
        (folder / name).mkdir(parents=True)
        document = {"$id": f"https://x.example/{EVIL}", "title": EVIL, "description": EVIL, "type": EVIL}
        (folder / name / "1.0.0.json").write_text(json.dumps(document))


def unknown_option(shell: Shell) -> list[str]:
    return ["check", f"--{EVIL}"]


def wrong_choice(shell: Shell) -> list[str]:
    return ["check", "--output", EVIL]


def unknown_verb(shell: Shell) -> list[str]:
    return [EVIL]


def unknown_table(shell: Shell) -> list[str]:
    return ["infra", "render", "--table", EVIL]


def missing_file(shell: Shell) -> list[str]:
    return ["check", "--config", EVIL]


def invoke(shell: Shell) -> list[str]:
    record = lambda_record(after={"id": "a"}, event_id=EVIL)
    record["dynamodb"]["StreamViewType"] = EVIL
    (shell.folder / "event.json").write_text(json.dumps([record]))
    return ["invoke", "event.json"]


@pytest.mark.parametrize(
    "case",
    [
        check,
        lint,
        list_types,
        check_schemas,
        unknown_option,
        wrong_choice,
        unknown_verb,
        unknown_table,
        missing_file,
        invoke,
    ],
)
def test_no_verb_lets_an_escape_sequence_through(case, shell: Shell) -> None:  # type: ignore[no-untyped-def]
    done = shell.run(*case(shell))
    shown = done.out.decode() + done.err
    assert CONTROLS.search(shown) is None
    assert "u001b" in shown or "x1b" in shown


def test_an_error_is_one_line_so_that_an_argument_cannot_fake_another() -> None:
    err = io.StringIO()
    console = Console(io.StringIO(), err)
    console.fail(BridgeError("no table\nerror: everything is fine").message)
    assert err.getvalue() == "error: no table\\u000aerror: everything is fine\n"

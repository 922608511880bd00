"""Errors become messages and exit codes; data and messages never share a stream."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from bridge.cli.console.output import INTERRUPTED, Console, ExitCode, report_defect, run_verb
from bridge.errors import ConfigurationError, Problem, TargetMissing
from tests.cli.shell import Shell

CLI = [sys.executable, "-m", "bridge"]


def streams() -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console(out, err), out, err


def raising(error: BaseException) -> Callable[[], int]:
    def verb() -> int:
        raise error

    return verb


def test_a_verb_that_answers_nothing_is_ok() -> None:
    console, _, _ = streams()
    assert run_verb(console, lambda: None) == ExitCode.OK


@pytest.mark.parametrize("code", list(ExitCode))
def test_a_verb_answers_its_own_exit_code(code: ExitCode) -> None:
    console, _, _ = streams()
    assert run_verb(console, lambda: code) == code


def test_a_configuration_error_is_one_line_for_each_problem_and_exits_3() -> None:
    console, out, err = streams()
    problems = [
        Problem("bridge.yaml", 31, 15, "tables.Users", "unknown key 'sorce'", "did you mean 'source'?"),
        Problem("bridge.yaml", 40, 1, "sinks", "x" * 200),
    ]
    assert run_verb(console, raising(ConfigurationError(problems))) == 3
    assert err.getvalue().splitlines() == [str(problem) for problem in problems]
    assert out.getvalue() == ""


def test_a_bridge_error_says_what_happened_and_what_to_do_and_exits_1() -> None:
    console, _, err = streams()
    assert run_verb(console, raising(TargetMissing("no bus [orders]", hint="create it"))) == 1
    assert err.getvalue() == "error: no bus [orders]\ncreate it\n"


def test_debug_adds_the_traceback() -> None:
    console, _, err = streams()
    console.debug = True
    run_verb(console, raising(TargetMissing("no bus")))
    assert "Traceback" in err.getvalue()


def test_a_file_that_is_not_there_is_named_and_exits_1() -> None:
    console, _, err = streams()
    assert run_verb(console, lambda: len(open("/nowhere/at/all").read())) == 1  # noqa: PTH123, SIM115
    assert err.getvalue() == "error: /nowhere/at/all: No such file or directory\n"


def test_an_interrupt_prints_a_message_and_exits_as_shells_expect() -> None:
    console, _, err = streams()
    assert run_verb(console, raising(KeyboardInterrupt())) == INTERRUPTED == 130
    assert err.getvalue() == "interrupted\n"


def test_a_defect_shows_where_but_never_the_text_which_may_hold_an_items_values() -> None:
    console, _, err = streams()
    try:
        raise KeyError("jane@example.com")
    except KeyError as error:
        report_defect(console, error)
    assert "unexpected KeyError" in err.getvalue()
    assert "jane" not in err.getvalue()


def test_data_is_written_byte_for_byte_and_json_stays_json() -> None:
    console, out, err = streams()
    console.write('{"a":"é[/b]:smile:"}'.encode())
    console.write_json({"long": "x" * 300})
    first, rest = out.getvalue().split("\n", 1)
    assert first == '{"a":"é[/b]:smile:"}'
    assert json.loads(rest) == {"long": "x" * 300}
    assert err.getvalue() == ""


def test_text_off_a_terminal_has_no_colours_and_no_added_line_breaks() -> None:
    console, _, err = streams()
    console.say("word " * 100, style="bold red")
    assert err.getvalue() == "word " * 100 + "\n"


def test_bad_usage_exits_1_because_2_means_differences() -> None:
    done = subprocess.run([*CLI, "confg"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Usage: stream-bridge" in done.stderr
    assert "Did you mean 'config'?" in done.stderr


def test_the_version_goes_to_stdout() -> None:
    done = subprocess.run([*CLI, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("stream-bridge ")
    assert done.stderr == ""


def test_a_reader_that_stops_early_gets_no_complaint() -> None:
    code = (
        "import sys; from bridge.cli.console.output import Console, run_verb; c = Console()\n"
        "def verb():\n"
        "    while True: c.write(b'x' * 1000)\n"
        "sys.exit(run_verb(c, verb))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_without_the_cli_extra_the_command_names_it() -> None:
    code = "import sys; sys.modules['typer'] = None; from bridge.__main__ import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'stream-bridge[cli]'" in done.stderr


def test_an_unexpected_error_shows_a_traceback_only_with_debug() -> None:
    code = (
        "import sys; from bridge.cli import app\n"
        "def broken(context): raise ValueError('secret')\n"
        "app.app.command('broken')(broken); broken.__annotations__['context'] = app.typer.Context\n"
        "sys.exit(app.run(sys.argv[1:]))"
    )
    plain, debug = (
        subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
        for words in (["broken"], ["--debug", "broken"])
    )
    assert (plain.returncode, debug.returncode) == (1, 1)
    assert "unexpected ValueError" in plain.stderr
    assert "secret" not in plain.stderr
    assert "Traceback" in debug.stderr


def test_no_color_is_honoured_even_where_colour_is_forced() -> None:
    code = "from bridge.cli.console.output import Console; Console().say('hello', style='red')"
    coloured, plain = (
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm", **extra},
            capture_output=True,
            check=True,
        ).stderr
        for extra in ({}, {"NO_COLOR": "1"})
    )
    assert b"\x1b[31m" in coloured
    assert plain == b"hello\n"


@pytest.mark.parametrize(
    "words",
    [["infra", "render", "--table", "nope"], ["reconcile", "plan", "--table", "nope"], ["pattern", "a.b"]],
)
def test_an_error_about_the_configuration_names_the_file_that_was_given(
    words: list[str], shell: Shell
) -> None:
    (shell.folder / "bridge.yaml").rename(shell.folder / "other.yaml")
    done = shell.run(*words, "--config", "other.yaml")
    assert done.code != 0
    assert "other.yaml" in done.err
    assert "bridge.yaml" not in done.err.replace("other.yaml", "")

"""What every verb of the command line shares: where output goes, and how errors become exit codes.

Data goes to stdout, progress and messages to stderr. Colours appear only on a terminal and never with
``NO_COLOR``; text off a terminal is never wrapped or cut.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import TextIO

import orjson
import rich.console
import typer
from rich.console import RenderableType
from rich.text import Text

from bridge.errors import BridgeError, ConfigurationError, Problem


class ExitCode(IntEnum):
    """What a shell sees. Bad usage is 1: click's own 2 would read as "differences found".

    Beside these, a verb that a signal ended answers 128 + the signal's number, as shells do.
    """

    OK = 0
    ERROR = 1
    DIFFERENCES = 2
    CONFIGURATION = 3
    PARTLY = 4


INTERRUPTED = 128 + 2
READER_GONE = 128 + 13


class Output(StrEnum):
    """``--output``: for people or for programs."""

    TEXT = "text"
    JSON = "json"


class Console:
    """The two streams of one run. ``debug`` asks for tracebacks."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None, *, debug: bool = False) -> None:
        self.debug = debug
        self._out = out or sys.stdout
        self.out = _rich(self._out)
        self.err = _rich(err or sys.stderr)

    def show(self, *results: RenderableType) -> None:
        """Results for people, on stdout."""
        for result in results:
            self.out.print(result)

    def write(self, line: bytes) -> None:
        """One line of data on stdout, byte for byte, and a line feed."""
        self._out.flush()
        binary = getattr(self._out, "buffer", None)
        if binary is None:  # a text-only stream, as tests have
            self._out.write(line.decode("utf-8") + "\n")
        else:
            binary.write(line + b"\n")

    def write_json(self, value: object, *, indent: bool = True) -> None:
        """One JSON document on stdout."""
        try:
            line = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else 0)
        except (
            orjson.JSONEncodeError
        ):  # a whole number of more than 64 bits, which schemas and events may hold
            line = json.dumps(value, ensure_ascii=False, indent=2 if indent else None).encode()
        self.write(line)

    def say(self, message: RenderableType, *, style: str = "") -> None:
        """Progress or a message, on stderr."""
        self.err.print(Text(message, style=style) if isinstance(message, str) else message)

    def problem(self, problem: Problem) -> None:
        """One finding, one line: ``file:line:column path: what - what to do``."""
        style = "yellow" if problem.severity == "warning" else "red"
        prefix = "warning: " if problem.severity == "warning" else ""
        self.say(f"{prefix}{problem}", style=style)

    def fail(self, message: str, hint: str = "") -> None:
        """Why the verb ends, and what to do about it."""
        self.say(f"error: {message}", style="bold red")
        if hint:
            self.say(hint)

    def flush(self) -> None:
        self._out.flush()


def run_verb(console: Console, verb: Callable[[], int | None]) -> int:
    """Run ``verb`` and answer the exit code; ``None`` is OK. Every expected error becomes a message."""
    try:
        code = verb()
        console.flush()
    except ConfigurationError as error:
        _trace(console)
        for problem in error.problems:
            console.problem(problem)
        return ExitCode.CONFIGURATION
    except BridgeError as error:
        _trace(console)
        console.fail(error.message, error.hint)
        return ExitCode.ERROR
    except typer.TyperException as error:
        context: typer.Context | None = getattr(error, "ctx", None)
        if context is not None:
            console.say(context.get_usage())
        program = context.command_path if context is not None else "stream-bridge"
        console.fail(error.format_message(), f"see {program} --help")
        return ExitCode.ERROR
    except BrokenPipeError:
        # The reader has what it wanted (`| head`). Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        _trace(console)
        where = f"{error.filename}: " if error.filename else ""
        console.fail(f"{where}{error.strerror or type(error).__name__}")
        return ExitCode.ERROR
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        console.say("interrupted")
    return ExitCode.OK if code is None else int(code)


def report_defect(console: Console, error: BaseException) -> None:
    """An error that nobody expected: where it happened, but not its text, which may hold an item's values."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    console.fail(
        f"unexpected {type(error).__name__}{where}",
        "this is a defect of stream-bridge; `stream-bridge --debug ...` shows the whole traceback",
    )


def _trace(console: Console) -> None:
    if console.debug:
        console.say(traceback.format_exc())


def _rich(stream: TextIO) -> rich.console.Console:
    return rich.console.Console(
        file=stream, soft_wrap=True, markup=False, emoji=False, highlight=False, legacy_windows=False
    )

"""The output of every verb, and how errors become exit codes.

Data goes to stdout, progress and messages to stderr. What could control a terminal is shown as an escape.
Colours appear only on a terminal and never with ``NO_COLOR``; text off a terminal is never wrapped or cut.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum, StrEnum
from types import FrameType
from typing import TextIO

import orjson
import rich.console
import typer
from rich.cells import cell_len
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from bridge.errors import BridgeError, ConfigurationError, Problem


class ExitCode(IntEnum):
    """The exit codes of all verbs. Bad usage is 1: click's own 2 would read as "differences found".

    A verb that a signal ended before its work was done exits with 128 + the signal's number, as shells do.
    """

    OK = 0
    ERROR = 1
    DIFFERENCES = 2
    CONFIGURATION = 3
    PARTLY = 4


INTERRUPTED = 128 + signal.SIGINT
READER_GONE = 128 + signal.SIGPIPE


class Ended(BaseException):
    """A signal other than Ctrl-C ends the verb; what it has opened is closed as after Ctrl-C. Not a
    ``KeyboardInterrupt``, of which Typer would keep only that there was one."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """While this is open, SIGTERM and SIGHUP raise :class:`Ended`; a second one ends the process at once."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise Ended(number)

    names = [name for name in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(name) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        names = []  # signals are the main thread's
    for name in names:
        signal.signal(name, end)
    try:
        yield
    finally:
        for name in names:
            signal.signal(name, signal.SIG_DFL)


class Output(StrEnum):
    """``--output``: text for people or JSON for programs."""

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
            self.out.print(_visible_lines(result) if isinstance(result, str) else result)

    def write(self, line: bytes) -> None:
        """One line of data on stdout, and a line feed: byte for byte, except that a terminal gets escapes
        (of JSON) for characters that could control it."""
        self._out.flush()
        if self._out.isatty():
            line = _visible_lines(line.decode("utf-8", "surrogateescape")).encode()
        binary = getattr(self._out, "buffer", None)
        if binary is None:  # a text-only stream, as tests have
            self._out.write(line.decode("utf-8") + "\n")
        else:
            binary.write(line + b"\n")

    def write_json(self, value: object, *, indent: bool = True) -> None:
        """One JSON document on stdout."""
        try:
            line = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else 0)
        except orjson.JSONEncodeError:  # an integer of more than 64 bits, which schemas and events may hold
            line = json.dumps(value, ensure_ascii=False, indent=2 if indent else None).encode()
        self.write(line)

    def say(self, message: RenderableType, *, style: str = "") -> None:
        """A message or progress, on stderr."""
        if isinstance(message, str):  # before Text, which drops some control characters
            message = Text(_visible_lines(message), style=style)
        self.err.print(message)

    def problem(self, problem: Problem) -> None:
        """One finding on one line: ``file:line:column path: message - suggestion``."""
        style = "yellow" if problem.severity == "warning" else "red"
        prefix = "warning: " if problem.severity == "warning" else ""
        self.say(visible(f"{prefix}{problem}"), style=style)

    def fail(self, message: str, hint: str = "") -> None:
        """Why the verb fails, and what to do about it."""
        self.say(visible(f"error: {message}"), style="bold red")
        if hint:
            self.say(hint)

    def flush(self) -> None:
        self._out.flush()


def run_verb(console: Console, verb: Callable[[], int | None]) -> int:
    """Run ``verb`` and return the exit code; ``None`` is OK. Every expected error becomes a message."""
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
        # The reader stopped early (`| head`). Python would report the broken pipe again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        _trace(console)
        where = f"{error.filename}: " if error.filename else ""
        console.fail(f"{where}{error.strerror or type(error).__name__}")
        return ExitCode.ERROR
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Ended as ended:
        console.say(f"ended by {signal.Signals(ended.number).name}")
        return 128 + ended.number
    if code == INTERRUPTED:
        console.say("interrupted")
    return ExitCode.OK if code is None else int(code)


def report_defect(console: Console, error: BaseException) -> None:
    """Report an unexpected error: where it happened, but not its text, which may hold an item's values."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    console.fail(
        f"unexpected {type(error).__name__}{where}",
        "this is a defect of stream-bridge; `stream-bridge --debug ...` shows the whole traceback",
    )


def visible(text: str) -> str:
    """One line, with control, format and bidirectional characters as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    """As JSON writes it."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _visible_lines(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\n\t" else _escape(c) for c in text)


def plural(count: int, name: str, names: str = "") -> str:
    """``1 change``, ``2 changes``; ``names`` is an irregular plural."""
    return f"{count:,} {name if count == 1 else names or name + 's'}"


def columns(rows: Sequence[Sequence[str]], header: Sequence[str] = (), *, dim: bool = False) -> list[Text]:
    """Aligned columns, one line per row, as wide as the text: a terminal may wrap them, a pipe gets whole
    lines. Columns that are empty in every row are left out; ``dim`` greys the first column."""
    every = [*([header] if header else []), *rows]
    kept = [index for index in range(len(every[0]) if every else 0) if any(row[index] for row in rows)]
    widths = {index: max(cell_len(row[index]) for row in every) for index in kept}
    lines = []
    for number, row in enumerate(every):
        line = Text(style="bold" if header and number == 0 else "")
        for index in kept:
            last = index == kept[-1]
            cell = row[index] if last else row[index] + " " * (widths[index] - cell_len(row[index]) + 2)
            line.append(cell, style="dim" if dim and index == kept[0] else "")
        lines.append(line)
    return lines


def _trace(console: Console) -> None:
    if console.debug:
        console.say(traceback.format_exc())


class _Safe(rich.console.Console):
    """Nothing that is printed can control the terminal: texts come from items, files and arguments. Only the
    codes that rich itself makes reach it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(_visible_lines(segment.text), segment.style)


def _rich(stream: TextIO) -> rich.console.Console:
    return _Safe(
        file=stream, soft_wrap=True, markup=False, emoji=False, highlight=False, legacy_windows=False
    )

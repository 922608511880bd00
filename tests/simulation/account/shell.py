"""An operator's shell: command lines of the product in this process, their output and exit code."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import typer

from bridge.cli import app
from tests.simulation.configuration import PLAIN
from tests.simulation.judge import Judge


@dataclass(frozen=True, slots=True)
class Done:
    """What one command line did."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self) -> str:
        return f"`{_shown(self.words)}` exits {self.code}"


class Shell:
    """Whatever a verb prints, it prints no value that redaction keeps in, and is no defect."""

    def __init__(self, judge: Judge, note: Callable[[str], None]) -> None:
        self._judge = judge
        self._note = note
        self.out = io.StringIO()
        """What the command line that is at work has printed."""

    def run(self, *words: str, reveals: bool = False) -> Done:
        """``reveals``: it is asked for values. Raises ``Crash`` where the process is killed; what it had
        printed is in ``out``."""
        out, err = io.StringIO(), io.StringIO()
        self.out = out
        self._note(f"$ {_shown(words)}")
        with redirect_stdout(out), redirect_stderr(err), _one_command():
            code = app.run(words)
        done = Done(words, code, out.getvalue(), err.getvalue())
        self._note(f"{done}")
        self._check(done, reveals=reveals)
        return done

    def _check(self, done: Done, *, reveals: bool) -> None:
        if PLAIN in done.err + ("" if reveals else done.out):
            self._judge.violated(f"{done} and prints a value that is redacted")
        if "this is a defect" in done.err or "Traceback" in done.err:
            self._judge.violated(f"{done} with a defect: {done.err[-300:]}")
        if done.code not in (0, 1, 2, 3, 4):
            self._judge.violated(f"{done}, which means nothing")
        if done.code and not done.err.strip() and not done.out.strip():
            self._judge.violated(f"{done} and does not say why")


def _shown(words: tuple[str, ...]) -> str:
    """The verb, without a path: a replay has other folders."""
    return " ".join(word for word in words[:2] if "/" not in word)


@contextmanager
def _one_command() -> Iterator[None]:
    """Typer makes the commands of all verbs anew for every line, which is most of the time of a verb."""
    with patch.object(sys, "excepthook", sys.excepthook), patch.object(typer.main, "get_command", _command):
        yield


@cache
def _command(typer_app: Any) -> Any:
    return _MAKE(typer_app)


_MAKE = typer.main.get_command

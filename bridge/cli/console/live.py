"""What a verb that goes on for a while shows meanwhile, and how a signal ends it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import Self

from rich.status import Status

from bridge.cli.console.outcome import sum_up
from bridge.cli.console.output import Console
from bridge.relay.accounts import Account

LINE_EVERY_S = 10.0


class ConsoleLines:
    """Log lines through the console, so that a live line on the terminal stays whole."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str, /) -> object:
        self._console.say(text.rstrip("\n"))
        return None

    def flush(self) -> None:
        """Every line is written at once."""


class StatusLine:
    """One line that changes in place; there on a terminal only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._console.err.is_terminal:
            self._status = self._console.err.status("starting")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()


class Live(StatusLine):
    """How far the work is: one line that changes in place on a terminal, else a line every ten seconds in
    which something was received. ``tell`` is called often and decides by itself."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._reported: Account | None = None
        self._due_s = time.monotonic() + LINE_EVERY_S

    def report(self, account: Account, more: str = "") -> None:
        line = progress_line(account) + (f"; {more}" if more else "")
        if self._status is not None:
            self._status.update(line)
        elif account != self._reported and time.monotonic() >= self._due_s:
            self._console.say(line)
            self._reported = account
            self._due_s = time.monotonic() + LINE_EVERY_S


def progress_line(account: Account) -> str:
    return sum_up(asdict(account))


@contextmanager
def stopped_by_signals(
    stop: Callable[[], None], console: Console, *, finished: str = "the batch in hand is finished"
) -> Iterator[None]:
    """While this is open, SIGTERM and SIGINT call ``stop``; a second one ends the process at once, which the
    checkpoint survives as it does a kill -9. ``finished`` says, once it has ended, what was waited for."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        stop()
        stopping.append(number)

    stopping: list[int] = []
    before = {name: signal.signal(name, on_signal) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if stopping:
        console.say(f"{signal.Signals(stopping[0]).name}: {finished}", style="dim")

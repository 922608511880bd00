"""What a long-running verb needs: progress on a terminal, a clean stop on a signal, calm collection."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING, Final, Self

from rich.status import Status

from bridge.cli.console.output import Console, plural

if TYPE_CHECKING:
    from bridge.relay.accounts import Account

LINE_EVERY_S = 10.0
COLLECTOR: Final = (50_000, 20, 50)
"""Arguments of ``gc.set_threshold``."""


class ConsoleLines:
    """Log lines through the console, so that they do not break the progress line on the terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str, /) -> object:
        self._console.say(text.rstrip("\n"))
        return None

    def flush(self) -> None:
        """Every line is written at once."""


class StatusLine:
    """Progress: one line that changes in place on a terminal, else a plain line every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._due_s = time.monotonic() + LINE_EVERY_S

    def __enter__(self) -> Self:
        if self._console.err.is_terminal:
            self._status = self._console.err.status("starting")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def update(self, line: str, *, changed: bool = True) -> bool:
        """Show ``line``; off a terminal only when one is due and something has ``changed``. Returns whether
        a plain line was printed."""
        if self._status is not None:
            self._status.update(line)
        elif changed and time.monotonic() >= self._due_s:
            self._console.say(line)
            self._due_s = time.monotonic() + LINE_EVERY_S
            return True
        return False


class Live(StatusLine):
    """The counts of the records so far. Off a terminal a line is printed only if records were received."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._reported: Account | None = None

    def report(self, account: Account, more: str = "") -> None:
        line = progress_line(account) + (f"; {more}" if more else "")
        if self.update(line, changed=account != self._reported):
            self._reported = account


def progress_line(account: Account) -> str:
    return sum_up(asdict(account))


def sum_up(counts: Mapping[str, int]) -> str:
    """The first promise as a line: received = published + without event + quarantined + returned for retry.

    ``counts`` has the names of ``Outcome.as_dict``, and ``unreadable`` for input that could not be read."""
    line = (
        f"{counts['received']:,} received = {counts['published']:,} published "
        f"+ {counts['without_event']:,} without event + {counts['quarantined']:,} quarantined "
        f"+ {counts['returned']:,} returned for retry; {plural(counts['events'], 'event')}"
    )
    return line + (f"; {counts['unreadable']:,} unreadable" if counts.get("unreadable") else "")


@contextmanager
def stopped_by_signals(
    stop: Callable[[], None],
    console: Console,
    *,
    finished: str = "finished the current batch",
    within_s: float | None = None,
) -> Iterator[list[int]]:
    """While this is open, SIGTERM and SIGINT call ``stop``. A second signal ends the process at once, which
    the checkpoint survives as it survives kill -9. ``finished`` is shown after the work has stopped. Gives
    the numbers of the signals that came.

    ``within_s``: the process ends that long after the first signal, whatever hangs: a call, a disk, a thread
    that the interpreter would wait for at its end.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        if within_s is not None:
            _end_after(within_s, number, console)
        stop()
        stopping.append(number)

    stopping: list[int] = []
    before = {name: signal.signal(name, on_signal) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if stopping:
        console.say(f"{signal.Signals(stopping[0]).name}: {finished}", style="dim")


def _end_after(seconds: float, number: int, console: Console) -> None:
    def end() -> None:
        with suppress(Exception):  # nothing may keep the process alive now, not even a broken terminal
            name = signal.Signals(number).name
            console.say(
                f"{name}: something did not answer for {seconds:g} s; ended without it. "
                "Nothing is lost: the next start continues at the checkpoint and repeats what was in work",
                style="red",
            )
        os._exit(128 + number)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


@contextmanager
def calm_collector() -> Iterator[None]:
    """Fewer garbage collections, for work that creates many objects and no reference cycles."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECTOR)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

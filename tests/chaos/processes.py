"""``stream-bridge`` as real processes: started, killed, and looked at when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from tests.builders.places import ROOT
from tests.chaos.disk import Disk

NO_SPACE: Final = ("No space left on device", "File too large")
_LINES: Final = 400
_TAIL: Final = 1_500
_SHORT: Final = 120
_EXAMPLES: Final = 3
"""Of the same broken promise."""
STOP_S: Final = 25.0
"""How long a stop takes at most, by the help of ``run``."""
_MACHINE_S: Final = 10.0
"""What a loaded machine may add."""


@dataclass
class Running:
    """One process. ``out`` and ``err`` are what it has written, ``err`` its last lines."""

    words: tuple[str, ...]
    process: subprocess.Popen[str]
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    def listen(self) -> None:
        for pipe, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            assert pipe is not None
            reader = threading.Thread(target=_read, args=(pipe, lines), daemon=True)
            reader.start()
            self._readers.append(reader)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait(self, timeout_s: float) -> int | None:
        """The exit code; None if it still runs after that time."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join()
        return code

    def shows(self, texts: Collection[str]) -> bool:
        """Whether one of them was written to stderr."""
        return any(text in line for line in list(self.err) for text in texts)


class Processes:
    """Starts ``stream-bridge`` against ``endpoint_url``. ``ends``: how they ended, by verb and exit code.
    ``broken``: a line for each end that no page documents."""

    def __init__(self, endpoint_url: str, environ: Mapping[str, str], folder: Path, disk: Disk) -> None:
        self._options = ("--endpoint-url", endpoint_url, "--region", environ["AWS_REGION"])
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BRIDGE_"))
        }
        given = {name: value for name, value in environ.items() if name != "AWS_ENDPOINT_URL"}
        self._environ = {**clean, **given, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"}
        self._folder = folder
        self._disk = disk
        self._lock = threading.Lock()
        self._all: list[Running] = []
        self.kills: Counter[str] = Counter()
        self.ends: Counter[tuple[str, int]] = Counter()
        self.errors: Counter[str] = Counter()
        self.broken: list[str] = []
        self._reported: Counter[str] = Counter()

    def start(self, *words: str) -> Running:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", *words, *self._options],
            env=self._environ,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        running = Running(words, process)
        with self._lock:
            self._all.append(running)
        self._disk.limit(process.pid)
        running.listen()
        return running

    def apply_disk(self) -> None:
        with self._lock:
            alive = [each for each in self._all if each.alive]
        for each in alive:
            self._disk.limit(each.process.pid)

    def kill(self, running: Running) -> None:
        """SIGKILL, and wait until it is gone."""
        if running.alive:
            running.process.kill()
            running.wait(60)
            with self._lock:
                self.kills[_verb(running)] += running.process.returncode == -signal.SIGKILL
        self._forget(running)

    def terminate(self, running: Running) -> int:
        """SIGTERM, and the exit code. A process that does not stop in its time is a broken promise."""
        began_s = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        code = running.wait(STOP_S + _MACHINE_S)
        if code is None:
            self.report(running, f"it has not stopped {time.monotonic() - began_s:.0f} s after SIGTERM")
            self.kill(running)
            return -signal.SIGKILL
        # Before its handlers are installed, the signal ends it as it ends any program.
        self.ended(running, {0, 1, 4, 128 + signal.SIGTERM, -signal.SIGTERM})
        return code

    def ended(self, running: Running, allowed: Collection[int]) -> int:
        """Look at a process that has ended: a documented exit code, an error in words, no traceback."""
        code = running.wait(60)
        assert code is not None
        with self._lock:
            self.ends[_verb(running), code] += 1
        text = "".join(running.err)
        if code == 1 and (said := [line for line in running.err if line.startswith("error")]):
            with self._lock:
                self.errors[f"{_verb(running)}: {said[0].strip()[:_SHORT]}"] += 1
        if "Traceback" in text:
            self.report(running, "a traceback")
        elif code not in allowed:
            self.report(running, f"exit code {code}")
        elif code == 1 and not text.strip():
            self.report(running, "exit code 1 without a word")
        self._forget(running)
        return code

    def report(self, running: Running, what: str) -> None:
        tail = " | ".join(line.strip() for line in running.err[-12:])
        with self._lock:
            self._reported[name := f"stream-bridge {running.words[0]}: {what}"] += 1
            if self._reported[name] <= _EXAMPLES:
                self.broken.append(f"{name}: {' '.join(running.words)}: {tail[-_TAIL:]}")

    def end(self) -> None:
        """Whatever happened: nothing of it stays."""
        with self._lock:
            left = list(self._all)
        for each in left:
            if each.alive:
                each.process.kill()
            each.wait(60)

    def _forget(self, running: Running) -> None:
        with self._lock:
            if running in self._all:
                self._all.remove(running)


def _verb(running: Running) -> str:
    return running.words[0]


def _read(pipe: IO[str], lines: list[str]) -> None:
    with pipe:
        for line in pipe:
            lines.append(line)
            if len(lines) > _LINES:
                del lines[0]

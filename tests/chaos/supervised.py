"""``run`` under a supervisor that starts it again, and ``reconcile`` that is killed and resumed beside it."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.configuration import RUNS_BUCKET, TABLES, Deployment, Places, TableSpec
from tests.chaos.processes import Processes, Running

_POLL_S: Final = 0.05
_STARTS_S: Final = 15.0
"""How long to wait for a start, which faults may refuse."""
_STARTED: Final = ("; checkpoints in ",)
WHOLE_S: Final = 180.0
"""How long a verb may take when nothing disturbs it, on a loaded machine."""


@dataclass
class Bridge:
    """One ``run`` at a time. ``starts`` counts them; ``deployment`` is that of the next start."""

    processes: Processes
    places: Places
    deployment: Deployment = "good"
    starts: int = 0
    running: Running | None = None

    def up(self) -> Running:
        """Start it if it does not run. That it may end by itself, with an error in words, is documented."""
        if self.running is not None and not self.running.alive:
            self.processes.ended(self.running, {1, 4})
            self.running = None
        if self.running is None:
            self.starts += 1
            config = str(self.places.config(self.deployment))
            words = ("run", "--config", config, "--state", str(self.places.state))
            self.running = self.processes.start(*words)
        return self.running

    def work(self, seconds: float) -> None:
        """Let it work for so long once it has started, and start it again whenever it ends."""
        until_s = time.monotonic() + _STARTS_S
        while time.monotonic() < until_s and not self.up().shows(_STARTED):
            time.sleep(_POLL_S)
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            self.up()
            time.sleep(min(_POLL_S, left_s))

    def kill(self) -> None:
        if self.running is not None:
            if not self.running.alive:
                self.processes.ended(self.running, {1, 4})
            self.processes.kill(self.running)
            self.running = None

    def terminate(self) -> None:
        if self.running is not None:
            self.processes.terminate(self.running)
            self.running = None

    def deploy(self, deployment: Deployment, *, orderly: bool) -> None:
        self.deployment = deployment
        if orderly:
            self.terminate()
        else:
            self.kill()
        self.up()


@dataclass
class Verbs:
    """The other verbs, each to its end, or killed on the way. ``reconciled`` sums up the reports."""

    processes: Processes
    places: Places
    reconciled: Counter[str] = field(default_factory=Counter)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def reconcile(self, spec: TableSpec, verb: str = "run") -> Running:
        state = f"s3://{RUNS_BUCKET}/runs" if spec is TABLES[-1] else str(self.places.runs)
        words: tuple[str, ...] = (
            "reconcile",
            verb,
            "--config",
            str(self.places.config("good")),
            "--table",
            spec.name,
        )
        words += ("--state", state, "--checkpoints", str(self.places.state), "--trust-ledger", "--take-over")
        return self.processes.start(*words, "--output", "json")

    def retry(self) -> Running:
        config = str(self.places.config("good"))
        return self.processes.start("quarantine", "retry", "--all", "--config", config, "--output", "json")

    def redrive(self) -> Running:
        return self.processes.start(
            "redrive", "--config", str(self.places.config("good")), "--output", "json"
        )

    def reported(self, running: Running) -> dict[str, Any]:
        """The report of a reconciliation that ended, counted."""
        report: dict[str, Any] = json.loads("".join(running.out))
        self.reports.append(report)
        self.reconciled["runs to the end"] += 1
        self.reconciled["blocked"] += report["blocked"]["count"]
        self.reconciled["missed"] += sum(report["missed"].values())
        self.reconciled["re-emitted"] += sum(report["reemitted"].values())
        return report

    def whole(self, running: Running, *allowed: int) -> bool:
        """Wait for its end; a broken promise unless it ends with an allowed exit code."""
        if running.wait(WHOLE_S) is None:
            self.processes.report(running, f"it has not ended after {WHOLE_S:g} s without any fault")
            self.processes.kill(running)
            return False
        return self.processes.ended(running, allowed) in allowed


class Reconciler:
    """A thread that reconciles one table after the other and kills most of the runs, as a context manager."""

    def __init__(self, verbs: Verbs, seed: int) -> None:
        self._verbs = verbs
        self._rng = random.Random(f"{seed}/reconciler")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._reconcile, daemon=True)
        self.failed: Exception | None = None

    def __enter__(self) -> Reconciler:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self.failed is not None:
            raise self.failed

    def _reconcile(self) -> None:
        try:
            interrupted: set[str] = set()
            while not self._stop.wait(self._rng.uniform(0.2, 1.5)):
                spec = self._rng.choice(TABLES)
                resumed = spec.name in interrupted and self._rng.random() < 0.8
                running = self._verbs.reconcile(spec, "resume" if resumed else "run")
                patience_s = self._rng.uniform(1.0, 10.0) if self._rng.random() < 0.5 else 60.0
                if self._wait(running, patience_s):
                    self._look(running, spec, interrupted)
                else:
                    self._verbs.processes.kill(running)
                    interrupted.add(spec.name)
        except Exception as error:  # noqa: BLE001 - raised by stop, in the thread that can fail
            self.failed = error

    def _wait(self, running: Running, seconds: float) -> bool:
        """Whether it has ended by then."""
        until_s = time.monotonic() + seconds
        while running.alive and time.monotonic() < until_s and not self._stop.is_set():
            time.sleep(_POLL_S)
        return not running.alive

    def _look(self, running: Running, spec: TableSpec, interrupted: set[str]) -> None:
        """1: refused, or something was unavailable, in words. A run that was refused is not interrupted."""
        if self._verbs.processes.ended(running, {0, 1, 4}) in (0, 4):
            interrupted.discard(spec.name)
            self._verbs.reported(running)
        elif "resume" not in running.words:
            interrupted.add(spec.name)
        else:
            interrupted.discard(spec.name)

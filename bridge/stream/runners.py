"""Several runners side by side: one for each table, each in its own thread."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ThreadPoolExecutor, wait
from typing import Literal

from bridge.stream.mapping.stats import RunnerStats
from bridge.stream.runner import Runner


class Runners:
    """``runners`` is keyed by the name of the table in bridge.yaml; ``executors`` are shut down with them."""

    def __init__(self, runners: Mapping[str, Runner], executors: tuple[Executor, ...] = ()) -> None:
        self._runners = dict(runners)
        self._executors = executors
        self._pool = ThreadPoolExecutor(max_workers=max(len(runners), 1), thread_name_prefix="runner")
        self._running: dict[str, Future[RunnerStats]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._runners)

    def start(self, *, until: Literal["stopped", "caught_up"] = "stopped") -> None:
        for name, runner in self._runners.items():
            self._running[name] = self._pool.submit(runner.run, until=until)

    def stop(self) -> None:
        """Every runner finishes its current batches. May be called from a signal handler, and again."""
        for runner in self._runners.values():
            runner.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether all have ended within ``timeout_s``. One that fails stops the others."""
        futures = self._running.values()
        done, open_ = wait(futures, timeout=timeout_s, return_when=FIRST_EXCEPTION)
        if open_ and any(future.exception() for future in done):
            self.stop()
            _, open_ = wait(open_, timeout=timeout_s)
        return not open_

    def stats(self) -> dict[str, RunnerStats]:
        """The stats of each, once all have ended. Raises the first error that ended one of them:
        ``AccessDenied``, ``TargetMissing``, ``CheckpointBroken``, ``CheckpointUnavailable``."""
        return {name: future.result() for name, future in self._running.items()}

    def close(self) -> None:
        """Stops what still runs, waits for it, and ends the threads."""
        self.stop()
        self._pool.shutdown()
        for executor in self._executors:
            executor.shutdown()

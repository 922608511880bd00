"""Several runners side by side: one for each table, each in its own thread."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Literal

from bridge.errors import BatchError
from bridge.relay.watch import TargetWatch
from bridge.stream.mapping.stats import RunnerStats
from bridge.stream.runner import Runner


class Runners:
    """``runners`` is keyed by the name of the table in bridge.yaml; ``executors`` are shut down with them.
    ``watch`` looks at the targets also while no changes come, and once more in the end."""

    def __init__(
        self,
        runners: Mapping[str, Runner],
        executors: tuple[Executor, ...] = (),
        *,
        watch: TargetWatch | None = None,
    ) -> None:
        self._runners = dict(runners)
        self._watch = watch
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
        if open_:
            self.look()
        return not open_

    def look(self) -> None:
        """Looks at the targets when it is time. What is missing is in the log, and batches fail until it is
        back."""
        if self._watch is not None:
            with suppress(BatchError):
                self._watch.look_if_due()

    def stats(self) -> dict[str, RunnerStats]:
        """The stats of each, once all have ended. Raises the first error that ended one of them:
        ``AccessDenied``, ``TargetMissing``, ``CheckpointBroken``, ``CheckpointUnavailable``; and what
        :meth:`TargetWatch.look` raises: what was settled last may have been lost with its target."""
        stats = {name: future.result() for name, future in self._running.items()}
        if self._watch is not None:
            self._watch.look()
        return stats

    def close(self) -> None:
        """Stops what still runs, waits for it, and ends the threads."""
        self.stop()
        self._pool.shutdown()
        for executor in self._executors:
            executor.shutdown()

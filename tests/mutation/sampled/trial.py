"""One mutant against its tests, in a forked process that has the large libraries already.

The process imports ``bridge`` and the tests from the workspace's copy, and stops at the first failed test. A
test that takes much longer than it did without the mutant counts as failed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, settings

from tests.mutation.sampled.coverage_map import OPTIONS

PRELOADED: Final = (
    "boto3",
    "botocore.session",
    "pydantic",
    "orjson",
    "yaml",
    "jsonschema_rs",
    "jsonschema",
    "jsonpath_ng.ext",
    "cloudevents.core.v1.event",
    "hypothesis.strategies",
    "concurrent.futures.thread",
)
SLOWER: Final = 10
MEMORY_BYTES: Final = 6 * 1024**3
PASSED, FAILED, TIMED_OUT, UNUSABLE = range(4)


@dataclass(frozen=True, slots=True)
class Outcome:
    killed: bool
    by: str = ""
    """The test that failed, ``timeout``, or how the process ended."""


def preload() -> None:
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            __import__(name)


def judge(root: Path, tests: Sequence[str], seconds: Mapping[str, float], slack_s: float) -> Outcome:
    """``tests`` in groups of files, those that were fast first."""
    for group in _groups(tests, seconds):
        outcome = _run(root, {test: slack_s + SLOWER * seconds[test] for test in group})
        if outcome.killed:
            return outcome
    return Outcome(killed=False)


def _groups(tests: Sequence[str], seconds: Mapping[str, float]) -> Iterator[list[str]]:
    """First the few files whose tests are fastest: to collect all files costs more than to run some tests."""
    files: dict[str, list[str]] = {}
    for test in tests:
        files.setdefault(test.split("::")[0], []).append(test)
    by_cost = sorted(files.values(), key=lambda group: seconds[group[0]])
    for some in (by_cost[:4], by_cost[4:]):
        if some:
            yield [test for group in some for test in group]


def _run(root: Path, budget: Mapping[str, float]) -> Outcome:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        code = UNUSABLE
        try:
            code = _child(root, budget, writer)
        finally:
            os._exit(code)
    os.close(writer)
    try:
        status = _wait(child, time.monotonic() + 60 + 2 * sum(budget.values()))
        named = os.read(reader, 4096).decode("utf-8", "replace")
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
    if status is None:
        return Outcome(killed=True, by="timeout")
    if status == PASSED:
        return Outcome(killed=False)
    return Outcome(killed=True, by=named or f"the process ended with {status}")


def _wait(child: int, until: float) -> int | None:
    """How the process ended; ``None`` when it had to be ended."""
    pause = 0.01
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(pause * 1.2, 0.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _child(root: Path, budget: Mapping[str, float], writer: int) -> int:
    os.setsid()
    _from_copy(root)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silent = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silent, descriptor)
    files = list(dict.fromkeys(test.split("::")[0] for test in budget))
    plugin = _Judge(budget, writer)
    code = pytest.main([*OPTIONS, "-x", "--assert=plain", "--tb=no", *files], plugins=[plugin])
    if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return PASSED
    plugin.name(f"pytest ended with {int(code)}")
    return FAILED


def _from_copy(root: Path) -> None:
    """Imports of the project come from ``root``, in this process and in those that it starts."""
    real = str(Path(__file__).parents[3])
    os.chdir(root)
    os.environ.update(
        CI="true",
        PYTHONPATH=str(root),
        PYTHONDONTWRITEBYTECODE="1",
        GIT_CEILING_DIRECTORIES=str(root.parent),
    )
    sys.dont_write_bytecode = True
    sys.path[:] = [str(root), *(each for each in sys.path if each not in ("", real, str(root)))]
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "bridge")]:
        del sys.modules[name]
    sys.path_importer_cache.clear()


class _Judge:
    """A pytest plugin: only the chosen tests, in their order, each with a limit of time."""

    def __init__(self, budget: Mapping[str, float], writer: int) -> None:
        self._budget, self._writer, self._named = budget, writer, False

    def name(self, text: str) -> None:
        if not self._named:
            self._named = True
            os.write(self._writer, text.encode()[:2000])

    def pytest_collection(self) -> None:
        """Hypothesis reports the first example that fails, and does not make it smaller."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutation", settings.get_profile("ci"), phases=phases)
        settings.load_profile("mutation")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        order = {test: number for number, test in enumerate(self._budget)}
        items[:] = sorted(
            (item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid]
        )

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        limit = self._budget[item.nodeid]
        signal.signal(signal.SIGPROF, self._too_long)
        signal.signal(signal.SIGALRM, self._too_long)
        signal.setitimer(signal.ITIMER_PROF, limit)
        signal.setitimer(signal.ITIMER_REAL, 6 * limit)
        yield
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _too_long(self, *_: Any) -> None:
        self.name("timeout")
        os._exit(TIMED_OUT)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.name(report.nodeid)

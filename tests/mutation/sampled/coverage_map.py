"""Which tests ran which lines, and how long each test took: made once, kept under ``build/``.

A file of tests is measured again when it changed. All of them are when a mutated folder changed, because
lines have moved then.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import coverage
import pytest

from tests.mutation.sampled.mutants import Mutant
from tests.mutation.sampled.project import Project

OPTIONS: Final = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=line")


@dataclass
class CoverageMap:
    """Lines of a file with the tests that ran them. Names of tests are pytest's node ids."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=lambda: defaultdict(dict))
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def tests_for(self, mutant: Mutant, project: Project) -> list[str]:
        """The tests of the mutated lines. A line that runs at import has those of its function or file."""
        text = project.text(mutant.file)
        ran = self.lines.get(mutant.file, {})
        last = mutant.line + text.encode()[mutant.start : mutant.end].count(b"\n")
        tests: set[str] = set()
        for first, end in [(mutant.line, last), *_around(text, mutant.line)]:
            tests = {test for line, found in ran.items() if first <= line <= end for test in found}
            if tests:
                break
        else:
            tests = {test for found in ran.values() for test in found} | self._beside(mutant.file, project)
        return sorted(tests, key=self.seconds.__getitem__)

    def _beside(self, file: str, project: Project) -> set[str]:
        """The tests in the folder that mirrors the file's: processes that they start may run it."""
        top, *folders = Path(file).parent.parts
        while True:
            beside = "/".join([project.mirrors[top], *folders, ""])
            tests = {test for test in self.seconds if test.startswith(beside)}
            if tests or not folders:
                return tests
            folders.pop()


def _around(text: str, line: int) -> list[tuple[int, int]]:
    """The statement, the function and the class that hold ``line``: the smallest first."""
    spans = {
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    }
    return sorted(spans, key=lambda each: each[1] - each[0])


def load(project: Project, *, workers: int = 1) -> CoverageMap:
    """The map, with what is missing measured now."""
    folder = project.build / "coverage"
    folder.mkdir(parents=True, exist_ok=True)
    sources = _digest("".join(project.text(file) for file in project.sources()))
    kept = {file: _kept(project, folder, sources, file) for file in project.test_files()}
    missing = [file for file, path in kept.items() if not path.exists()]
    if missing:
        print(f"measuring {len(missing)} test files: which lines each test runs", file=sys.stderr, flush=True)
        _measure(project, {file: kept[file] for file in missing}, workers)
    for path in set(folder.glob("*.json")) - set(kept.values()):
        path.unlink()
    result = CoverageMap()
    for path in kept.values():
        if path.exists():
            _add(result, json.loads(path.read_text("utf-8")))
    return result


def _kept(project: Project, folder: Path, sources: str, file: str) -> Path:
    return folder / f"{_digest(sources + file + project.text(file))}.json"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _add(result: CoverageMap, part: dict[str, Any]) -> None:
    result.seconds.update(part["seconds"])
    result.failed.extend(part["failed"])
    for file, lines in part["lines"].items():
        for line, tests in lines.items():
            result.lines[file].setdefault(int(line), []).extend(tests)


def _measure(project: Project, files: dict[str, Path], workers: int) -> None:
    """One process for each worker. A process writes the part of each file of tests to its path."""
    names = sorted(files)
    shares = [names[number::workers] for number in range(workers) if names[number::workers]]
    processes = []
    for share in shares:
        order = {"files": {name: str(files[name]) for name in share}, "folders": project.folders}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.sampled.coverage_map"],
            cwd=project.root,
            env={**os.environ, "CI": "true", "PYTHONPATH": _path(project)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(order).encode())
        process.stdin.close()
        processes.append(process)
    for process in processes:
        process.wait()


def _path(project: Project) -> str:
    tool = str(Path(__file__).parents[3])
    return os.pathsep.join(dict.fromkeys([str(project.root), tool]))


class _Recorder:
    """A pytest plugin: one coverage context for each test."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        self.skipped: set[str] = set()

    def pytest_collection(self, session: pytest.Session) -> None:
        """The plugin that counts reached assertions has a tracer of its own: coverage would see nothing."""
        plugin = session.config.pluginmanager.get_plugin("tests.plugins.reached")
        if plugin is not None:
            session.config.pluginmanager.unregister(plugin)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.measured.switch_context(nodeid)

    def pytest_runtest_logfinish(self) -> None:
        self.measured.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """One file that cannot be read must not hide the others."""
        if report.failed:
            self.failed.add(report.nodeid)

    def usable(self) -> dict[str, float]:
        """The tests that can notice a mutant, with their seconds."""
        unfit = self.failed | self.skipped
        return {test: seconds for test, seconds in self.seconds.items() if test not in unfit}


def _measure_here(order: dict[str, Any]) -> None:
    root = Path.cwd()
    measured = coverage.Coverage(
        data_file=None, config_file=False, include=[f"{root / folder}/*" for folder in order["folders"]]
    )
    recorder = _Recorder(measured)
    measured.start()
    pytest.main([*OPTIONS, "--continue-on-collection-errors", *order["files"]], plugins=[recorder])
    measured.stop()
    data = measured.get_data()
    parts: dict[str, Any] = {}
    for name in order["files"]:
        parts[name] = {"seconds": {}, "failed": [], "lines": defaultdict(lambda: defaultdict(list))}
    usable = recorder.usable()
    for test, seconds in usable.items():
        parts[test.split("::")[0]]["seconds"][test] = round(seconds, 4)
    for test in sorted(recorder.failed):
        parts[test.split("::")[0]]["failed"].append(test)
    for path in data.measured_files():
        file = Path(path).relative_to(root).as_posix()
        for line, tests in data.contexts_by_lineno(path).items():
            for test in tests:
                if test in usable:
                    parts[test.split("::")[0]]["lines"][file][line].append(test)
    for name, target in order["files"].items():
        Path(target).write_text(json.dumps(parts[name]), "utf-8")


if __name__ == "__main__":
    _measure_here(json.load(sys.stdin))

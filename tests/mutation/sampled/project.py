"""What is mutated, by which tests, and where results are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.builders.places import ROOT


@dataclass(frozen=True, slots=True)
class Project:
    """``folders`` and ``tests`` (folders or files) are relative to ``root``. A worker has its own copy of
    ``copied``."""

    root: Path
    folders: tuple[str, ...]
    tests: tuple[str, ...]
    copied: tuple[str, ...]
    mirrors: Mapping[str, str]
    """The folder of the tests for each folder of code: below, both have the same folders."""
    build: Path
    accepted: Path
    slack_s: float = 5.0
    """A test may take this and ten times what it took without a mutant, of processor time."""

    def sources(self) -> Iterator[str]:
        """The files that may be mutated, relative to the root."""
        for folder in self.folders:
            for path in sorted((self.root / folder).rglob("*.py")):
                yield path.relative_to(self.root).as_posix()

    def test_files(self) -> Iterator[str]:
        for place in self.tests:
            whole = self.root / place
            for path in [whole] if whole.is_file() else sorted(whole.rglob("test_*.py")):
                yield path.relative_to(self.root).as_posix()

    def folder_of(self, file: str) -> str:
        return next(folder for folder in self.folders if file.startswith(f"{folder}/"))

    def text(self, file: str) -> str:
        return (self.root / file).read_text("utf-8")


BRIDGE: Final = Project(
    root=ROOT,
    folders=(
        "bridge/core",
        "bridge/delivery",
        "bridge/edges",
        "bridge/stream",
        "bridge/schemas/compatibility",
    ),
    tests=(
        "tests/core",
        "tests/delivery",
        "tests/edges",
        "tests/stream",
        "tests/schemas",
        "tests/contracts",
        "tests/relay",
        "tests/settings",
        "tests/wiring",
        "tests/observability",
        "tests/reconcile",
        "tests/redrive",
        "tests/golden",
        "tests/lambdas",
        "tests/cli/records",
        "tests/integration/test_embedded.py",
        "tests/integration/test_fetch.py",
        "tests/integration/test_stores.py",
        "tests/integration/test_sinks.py",
        "tests/integration/reconcile/test_run_store.py",
    ),
    copied=("bridge", "tests"),
    mirrors={"bridge": "tests"},
    build=ROOT / "build" / "mutation",
    accepted=ROOT / "tests" / "mutation" / "sampled" / "accepted.yaml",
)

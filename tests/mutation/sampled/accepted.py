"""Mutants that no test has to kill, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation.sampled.mutants import Mutant


@dataclass(frozen=True, slots=True)
class Accepted:
    """One mutant of a line: what it ``becomes``; or all of one ``kind`` in it, the numbers of an effort."""

    file: str
    was: str
    reason: str
    becomes: str = ""
    kind: str = ""

    @property
    def name(self) -> str:
        return f"{self.file} | {self.was} | {self.becomes or self.kind}"

    def covers(self, mutant: Mutant) -> bool:
        if (mutant.file, mutant.was) != (self.file, self.was):
            return False
        return mutant.becomes == self.becomes or mutant.kind == self.kind


def read(path: Path) -> list[Accepted]:
    """A mutant is known by its file and its text, never by the number of a line."""
    if not path.exists():
        return []
    entries: dict[str, list[dict[str, str]]] = yaml.safe_load(path.read_text("utf-8")) or {}
    found = [Accepted(file=file, **each) for file, listed in entries.items() for each in listed]
    for each in found:
        if not each.reason.strip():
            raise ValueError(f"{path.name}: no reason for {each.name}")
        if bool(each.becomes) == bool(each.kind):
            raise ValueError(f"{path.name}: either becomes or kind, for {each.name}")
    return found


def entry_for(accepted: Iterable[Accepted], mutant: Mutant) -> Accepted | None:
    return next((each for each in accepted if each.covers(mutant)), None)


def stale(accepted: Iterable[Accepted], mutants: Iterable[Mutant]) -> list[Accepted]:
    """Those whose text is no longer there."""
    by_file: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_file.setdefault(mutant.file, []).append(mutant)
    return [each for each in accepted if not any(map(each.covers, by_file.get(each.file, ())))]

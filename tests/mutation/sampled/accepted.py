"""Mutants that no test has to kill, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation.sampled.mutants import Mutant


@dataclass(frozen=True, slots=True)
class Accepted:
    file: str
    was: str
    becomes: str
    reason: str

    @property
    def name(self) -> str:
        return f"{self.file} | {self.was} | {self.becomes}"


def read(path: Path) -> dict[str, Accepted]:
    """By the name of the mutant: its file and the text before and after, never the number of a line."""
    if not path.exists():
        return {}
    entries: dict[str, list[dict[str, str]]] = yaml.safe_load(path.read_text("utf-8")) or {}
    found = [Accepted(file=file, **each) for file, listed in entries.items() for each in listed]
    for each in found:
        if not each.reason.strip():
            raise ValueError(f"{path.name}: no reason for {each.name}")
    return {each.name: each for each in found}


def stale(accepted: Iterable[Accepted], mutants: Iterable[Mutant]) -> list[Accepted]:
    """Those whose text is no longer there."""
    names = {mutant.name for mutant in mutants}
    return [each for each in accepted if each.name not in names]

"""A mutant: a small change of the product's source, under which the simulation must find a broken promise."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

ROOT = Path(__file__).parents[3]


class Stale(Exception):
    """The product's source has changed: the mutant's text is not in it exactly once."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``changes`` are pairs of old and new text in ``file``, below ``bridge/``; a text of several lines is
    indented as the place where it is found. ``shape`` makes what the mutant breaks happen often; ``within``
    is how many seeds, from 1 on, may pass until it is caught. ``survives``: why nothing can catch it, for
    exceptions. ``fast``: played by ``make test``, too."""

    breaks: str
    file: str
    changes: Sequence[tuple[str, str]]
    shape: Mapping[str, Any] = field(default_factory=dict)
    within: int = 150
    survives: str = ""
    fast: bool = False

    @property
    def path(self) -> Path:
        return ROOT / "bridge" / self.file

    @property
    def module(self) -> str:
        return "bridge." + self.file.removesuffix(".py").replace("/", ".")

    def source(self) -> str:
        """The mutated source. Raises :class:`Stale`."""
        text = self.path.read_text()
        for old, new in self.changes:
            places = list(_places(text, old))
            if len(places) != 1:
                raise Stale(f"{self.file} has {old!r} {len(places)} times, not once")
            ((start, end, indent),) = places
            text = text[:start] + _indented(new, indent) + text[end:]
        return text

    def install(self) -> None:
        """Make this process import the mutated module; nothing is written."""
        if self.module in sys.modules:
            raise RuntimeError(f"{self.module} was imported before it could be mutated")
        sys.meta_path.insert(0, _Finder(self))


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        place = str(self._mutant.path)
        return spec_from_file_location(
            fullname, place, loader=_Loader(fullname, place, self._mutant.source())
        )


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self._source.encode(), self.path)
        return code


def _places(text: str, old: str) -> Iterator[tuple[int, int, str]]:
    """Where ``old`` is: start, end and the indent of its first line."""
    first, start = old.partition("\n")[0], -1
    while (start := text.find(first, start + 1)) >= 0:
        line = text[text.rfind("\n", 0, start) + 1 :]
        indent = line[: len(line) - len(line.lstrip(" "))]
        wanted = _indented(old, indent)
        if text.startswith(wanted, start):
            yield start, start + len(wanted), indent


def _indented(text: str, indent: str) -> str:
    """All lines but the first are indented."""
    return text.replace("\n", f"\n{indent}")

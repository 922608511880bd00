"""The verdicts that ``schema check`` knows already: of earlier runs, from a file, and of this run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.cli.console.output import Console
from bridge.edges.local.clock import SystemClock
from bridge.edges.local.verdict_cache import VerdictCache, cache_path, code_digest
from bridge.schemas.compatibility.verdict import Comparison, Mode, Policy
from bridge.schemas.evolution.promises import Compare
from bridge.schemas.evolution.remembering import Remembering

if TYPE_CHECKING:
    from bridge.schemas.compatibility.compare import Comparer


class KnownVerdicts:
    """``cache`` is None where no file is read or written."""

    def __init__(self, console: Console, cache: VerdictCache | None) -> None:
        self._console = console
        self._cache = cache
        self._kept: dict[str, Any] = {}
        self._run: dict[str, Comparison] = {}
        self._lines: dict[str, str] = {}
        if cache is not None:
            self._kept, why = cache.load()
            if why:
                console.say(f"{cache.path}: {why}; it is not used, and every pair is compared", style="dim")
        self._stored = len(self._kept)

    def comparing(self, documents: Mapping[str, Any], limit_s: float) -> Remembering:
        """A comparison of documents, which may refer to each other, by ``$id``."""
        return Remembering(_comparing(documents, limit_s), documents, SystemClock(), self._kept, self._run)

    def news(self, lines: Mapping[str, str]) -> set[str]:
        """The types about which the last check of this run said something else."""
        before, self._lines = self._lines, dict(lines)
        return {type_name for type_name, line in lines.items() if before.get(type_name) != line}

    def store(self, used: Remembering) -> None:
        """Write what is new. A cache that cannot be written costs time, and nothing else."""
        if self._cache is None or len(self._kept) == self._stored:
            return
        self._stored = len(self._kept)
        try:
            self._cache.store(self._kept, used.used)
        except OSError as error:
            why = error.strerror or type(error).__name__
            self._console.say(f"{self._cache.path}: cannot be written: {why}", style="dim")


def known_verdicts(console: Console, folder: Path, *, cached: bool) -> KnownVerdicts:
    """``cached``: whether a file may be used at all."""
    code = code_digest() if cached else ""
    return KnownVerdicts(console, VerdictCache(cache_path(folder, os.environ), code) if code else None)


def _comparing(documents: Mapping[str, Any], limit_s: float) -> Compare:
    """The prover is imported for the first pair that is not known."""

    @cache
    def comparer() -> Comparer:
        from bridge.schemas.compatibility.compare import Comparer

        return Comparer(documents, limit_s=limit_s)

    def compare(old: Any, new: Any, *, mode: Mode, policy: Policy) -> Comparison:
        return comparer().compare(old, new, mode=mode, policy=policy)

    return compare

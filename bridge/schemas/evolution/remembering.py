"""Verdicts that were reached before: a pair is compared again only if something changed that it depends on.

A verdict depends on both documents, on all that they refer to, on mode and policy, and on this project's
code; whoever keeps verdicts keeps them for one version of the code. A verdict that a time limit may have
shaped is kept for the same run only: another run may have more time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict
from typing import Any, Final

from bridge.ports.clock import Clock
from bridge.schemas.compatibility.verdict import Bump, Comparison, Mode, Policy, Verdict
from bridge.schemas.compatibility.worker import read_comparison
from bridge.schemas.evolution.closures import Closures
from bridge.schemas.evolution.promises import Compare

QUICK_S: Final = 0.09
"""A comparison that took less met no time limit: it is below each share of the time that the prover has."""


class Remembering:
    """Compares like the comparison that it was made with. ``kept`` are answers by key, of earlier runs too;
    ``run`` are those of this run that are not to be kept. Both are added to."""

    def __init__(
        self,
        compare: Compare,
        documents: Mapping[str, Any],
        clock: Clock,
        kept: MutableMapping[str, Any],
        run: MutableMapping[str, Comparison],
    ) -> None:
        self._compare = compare
        self._closures = Closures(documents)
        self._clock = clock
        self._kept = kept
        self._run = run
        self.used: dict[str, None] = {}
        """The keys that were asked for."""

    def compare(self, old: Any, new: Any, *, mode: Mode, policy: Policy) -> Comparison:
        try:
            parts = (self._closures.digest(old), self._closures.digest(new), mode, policy)
        except ValueError:  # nested too deep to have a digest
            return self._compare(old, new, mode=mode, policy=policy)
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        self.used[key] = None
        known = self._run.get(key) or read_answer(self._kept.get(key), mode, policy)
        if known is not None:
            return known
        begun = self._clock.monotonic()
        found = self._compare(old, new, mode=mode, policy=policy)
        if is_certain(found, self._clock.monotonic() - begun):
            self._kept[key] = as_answer(found)
        else:
            self._run[key] = found
        return found


def is_certain(found: Comparison, took_s: float) -> bool:
    """Whether no time limit can have shaped a comparison."""
    if found.unproven or found.verdict in (Verdict.UNPROVEN, Verdict.INVALID):
        return False
    if found.verdict is Verdict.COMPATIBLE and found.bump is not Bump.MAJOR:
        return True  # both directions are proven
    return took_s < QUICK_S and found.mode is not Mode.NONE


def as_answer(found: Comparison) -> dict[str, Any]:
    """As JSON."""
    return asdict(found)


def read_answer(answer: Any, mode: Mode, policy: Policy) -> Comparison | None:
    """None for what is not an answer to this question."""
    try:
        found = read_comparison(answer)
    except (KeyError, TypeError, ValueError):
        return None
    asked = found.mode is mode and found.policy is policy
    broken = bool(found.breaks) == (found.verdict is Verdict.INCOMPATIBLE)
    return found if asked and broken and is_certain(found, 0) else None

"""What the checks of one run found, and what they forgave.

A check reports every broken promise with :meth:`Judge.violated` and goes on. What it forgives has a name:
``judge.excused("name", holds)``. An excuse is decisive in a run if the run has more violations without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial


class Violation(AssertionError):
    """A promise was broken, and its check cannot go on."""


@dataclass(slots=True)
class Judge:
    """``weighs``: every check is repeated without each excuse that it used."""

    weighs: bool = False
    violations: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """The names of the checks that found something."""
    decisive: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)
    _without: str = ""

    def violated(self, text: str) -> None:
        self.violations.append(text)

    def excused(self, name: str, holds: bool) -> bool:
        """Whether something is forgiven for the reason that ``name`` stands for."""
        if holds:
            self._used.add(name)
        return holds and name != self._without

    def hold(self, check: Callable[[], None]) -> None:
        """Run a check, which only looks."""
        before = len(self.violations)
        self._used.clear()
        self._run(check)
        found = len(self.violations) - before
        if found:
            self.broken.append(_name_of(check))
        if self.weighs:
            for name in sorted(self._used):
                with self._apart(name) as repeated:
                    self._run(check)
                if len(repeated) > found:
                    self.decisive.add(name)

    def _run(self, check: Callable[[], None]) -> None:
        try:
            check()
        except Violation as violation:
            self.violated(str(violation))

    @contextmanager
    def _apart(self, name: str) -> Iterator[list[str]]:
        kept, self.violations, self._without = self.violations, [], name
        try:
            yield self.violations
        finally:
            self.violations, self._without = kept, ""


def _name_of(check: Callable[[], None]) -> str:
    function = check.func if isinstance(check, partial) else check
    return function.__name__.strip("_").replace("_", " ")

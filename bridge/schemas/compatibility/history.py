"""A new version against those before it: what its number must be, and what somebody has waived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from bridge.schemas.compatibility.compare import LIMIT_S, Comparer
from bridge.schemas.compatibility.verdict import Bump, Comparison, Direction, Mode, Policy, Unproven, Verdict
from bridge.schemas.semver import Version

_ORDER: Final = (Bump.NONE, Bump.PATCH, Bump.MINOR, Bump.MAJOR)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody answers for what could not be proven: ``who``, ``why``, and the last day it counts, ``until``.

    A break is never waived: it was shown.
    """

    type: str
    old: Version
    new: Version
    direction: Direction
    who: str
    why: str
    until: date


@dataclass(frozen=True, slots=True)
class Step:
    """The new version against one earlier one. ``waived`` is what of it a waiver stands for."""

    old: Version
    comparison: Comparison
    waived: tuple[tuple[Unproven, Waiver], ...] = ()
    expired: tuple[Waiver, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.comparison.verdict is Verdict.COMPATIBLE


@dataclass(frozen=True, slots=True)
class History:
    """``required_version`` is the least number the new version may have; ``problem`` says why it is refused.

    ``steps`` are in the order of the earlier versions, and only those that the mode asks for.
    """

    version: Version
    steps: tuple[Step, ...]
    bump: Bump
    required_version: Version
    problem: str = ""

    @property
    def accepted(self) -> bool:
        return not self.problem and all(step.accepted for step in self.steps)


def check_version(
    version: Version,
    document: Any,
    earlier: Iterable[tuple[Version, Any]],
    *,
    mode: Mode = Mode.FULL_TRANSITIVE,
    policy: Policy = Policy.VIEWS,
    type_name: str = "",
    waivers: Sequence[Waiver] = (),
    today: date | None = None,
    documents: Mapping[str, Any] | None = None,
    limit_s: float = LIMIT_S,
    comparer: Comparer | None = None,
) -> History:
    """Whether ``document`` may be published as ``version`` after ``earlier``.

    Versions of the same major are compared: with a TRANSITIVE mode each earlier one, else the last one. A
    first version of a major promises nothing to those before it; its number must be above them all the same.
    ``today`` is what waivers are held against; without it none counts. ``limit_s`` is for one pair.
    """
    before = sorted(((each, old) for each, old in earlier if each < version), key=lambda pair: pair[0])
    later = [each for each, _ in earlier if each >= version] if isinstance(earlier, Sequence) else []
    same = [(each, old) for each, old in before if each.major == version.major]
    comparing = comparer or Comparer(documents, limit_s=limit_s)
    asked = same if mode.transitive else same[-1:]
    steps = []
    for each, old in asked:
        comparison = comparing.compare(old, document, mode=mode, policy=policy)
        about = [w for w in waivers if (w.type, w.old, w.new) == (type_name, each, version)]
        steps.append(waive(Step(each, comparison), about, today))
    if not same:
        return History(version, (), Bump.MAJOR, version, _order_problem(version, later))
    last, bump = same[-1][0], steps[-1].comparison.bump if steps else Bump.MAJOR
    if steps and steps[-1].waived and steps[-1].accepted and _ORDER.index(bump) > _ORDER.index(Bump.MINOR):
        bump = Bump.MINOR
    required = _after(last, bump)
    problem = _order_problem(version, later)
    if not problem and mode is not Mode.NONE and version < required:
        problem = f"{version} is too low after {last}: the change is {bump}, so that it must be {required}"
    return History(version, tuple(steps), bump, required, problem)


def _order_problem(version: Version, later: list[Version]) -> str:
    if version in later:
        return f"{version} is published already, and a version never changes"
    if any(each.major == version.major for each in later):
        return f"{version} comes after {max(later)}: versions go up"
    return ""


def _after(last: Version, bump: Bump) -> Version:
    if bump is Bump.MAJOR:
        return Version(last.major + 1, 0, 0)
    if bump is Bump.MINOR:
        return Version(last.major, last.minor + 1, 0)
    return Version(last.major, last.minor, last.patch + 1)


def waive(step: Step, waivers: Iterable[Waiver], today: date | None) -> Step:
    """The step with what is unproven accepted where a waiver for its direction counts ``today``.

    Verdict "unproven" becomes "compatible" when all that was unproven is waived; breaks stay breaks.
    """
    known = list(waivers)
    valid = [each for each in known if today is not None and today <= each.until]
    expired = tuple(each for each in known if today is not None and today > each.until)
    waived: list[tuple[Unproven, Waiver]] = []
    left: list[Unproven] = []
    for unproven in step.comparison.unproven:
        found = next((each for each in valid if each.direction == unproven.direction), None)
        if found is None:
            left.append(unproven)
        else:
            waived.append((unproven, found))
    comparison = step.comparison
    if waived and not left and comparison.verdict is Verdict.UNPROVEN:
        comparison = replace(comparison, verdict=Verdict.COMPATIBLE)
    return replace(step, comparison=comparison, waived=tuple(waived), expired=expired)

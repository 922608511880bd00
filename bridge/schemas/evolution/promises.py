"""Whether the versions of a folder keep the promises of their types: compatible pairs, and honest numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final, Protocol

from bridge.schemas.compatibility.verdict import (
    Break,
    Bump,
    Comparison,
    Direction,
    Mode,
    Policy,
    Unproven,
    Verdict,
)
from bridge.schemas.documents.meta import Waiver
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.schemas.documents.validation import SchemaVersion
from bridge.schemas.evolution.members import as_text
from bridge.schemas.finding import Finding, Where, finding
from bridge.schemas.semver import Version

_RANK = {Bump.NONE: 0, Bump.PATCH: 1, Bump.MINOR: 2, Bump.MAJOR: 3}

EXAMPLE_CHARS: Final = 2_000
BREAKS_WHOM: Final[dict[Direction, str]] = {
    "backward": "old events break new consumers",
    "forward": "new events break old consumers",
}


class Compare(Protocol):
    """The comparison, such as ``Comparer(…).compare`` of ``bridge.schemas.compatibility``."""

    def __call__(self, old: Any, new: Any, *, mode: Mode, policy: Policy) -> Comparison: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """One pair of versions. ``waived`` are the unproven directions that a waiver covers. ``promise`` is set
    where the older version was published with another mode or policy than its type has now: it is kept."""

    old: SchemaVersion
    new: SchemaVersion
    comparison: Comparison
    waived: tuple[tuple[Unproven, Waiver], ...] = ()
    findings: tuple[Finding, ...] = ()
    promise: tuple[Mode, Policy] | None = None

    @property
    def verdict(self) -> Verdict:
        """The comparison's verdict, with waived directions counted as proven."""
        verdict = self.comparison.verdict
        open_ones = len(self.comparison.unproven) - len(self.waived)
        return Verdict.COMPATIBLE if verdict is Verdict.UNPROVEN and open_ones <= 0 else verdict


@dataclass(frozen=True, slots=True)
class TypeReport:
    """The compared pairs of one type. ``skipped`` says why none was compared, if so."""

    type: str
    mode: Mode
    policy: Policy
    pairs: tuple[Judged, ...] = field(default=())
    skipped: str = ""

    @property
    def fine(self) -> bool:
        return all(pair.verdict is Verdict.COMPATIBLE and not pair.findings for pair in self.pairs)


def pairs_of(versions: Sequence[Version], mode: Mode) -> Iterator[tuple[Version, Version]]:
    """The pairs that a mode requires within each major: neighbours, or each earlier with each later one."""
    ordered = sorted(versions)
    if not mode.transitive:
        yield from ((old, new) for old, new in pairwise(ordered) if old.major == new.major)
        return
    for index, new in enumerate(ordered):
        yield from ((old, new) for old in ordered[:index] if old.major == new.major)


def check_types(schemas: SchemaSet, compare: Compare, *, today: date) -> Iterator[TypeReport]:
    """Judge every type of a set, one after the other. ``compare`` has the set's documents."""
    for type_name in schemas.types:
        mode, policy = schemas.mode_of(type_name), schemas.policy_of(type_name)
        if schemas.is_draft(type_name):
            yield TypeReport(type_name, mode, policy, skipped="a draft may change freely")
            continue
        versions = schemas.versions(type_name)
        neighbours = {(old, new) for old, new in pairwise(versions) if old.major == new.major}
        judged = []
        for pair in sorted({*pairs_of(versions, mode), *neighbours}, key=lambda each: (each[1], each[0])):
            old, new = (schemas.get(type_name, version) for version in pair)
            comparison = compare(old.document, new.document, mode=mode, policy=policy)
            judged.append(_judge(schemas, old, new, comparison, today, numbered=pair in neighbours))
        for pair, promise in kept_promises(schemas, type_name):
            old, new = (schemas.get(type_name, version) for version in pair)
            comparison = compare(old.document, new.document, mode=promise[0], policy=promise[1])
            kept = _judge(schemas, old, new, comparison, today, numbered=False)
            judged.append(replace(kept, findings=_as_promised(kept.findings, old, promise), promise=promise))
        yield TypeReport(type_name, mode, policy, tuple(judged))


def kept_promises(
    schemas: SchemaSet, type_name: str
) -> Iterator[tuple[tuple[Version, Version], tuple[Mode, Policy]]]:
    """The pairs that the type's mode and policy do not cover now, and that the older version was published
    with: settings change what will be promised, never what was."""
    versions, mode = schemas.versions(type_name), schemas.mode_of(type_name)
    now = set(pairs_of(versions, mode))
    for old in versions:
        entry = schemas.lock.versions.get((type_name, old))
        if entry is None or entry.mode is None or entry.policy is None:
            continue
        same = entry.policy is schemas.policy_of(type_name) and {*entry.mode.directions} <= {*mode.directions}
        for pair in pairs_of(versions, entry.mode):
            if pair[0] == old and not (same and pair in now):
                yield pair, (entry.mode, entry.policy)


def _as_promised(
    findings: Sequence[Finding], old: SchemaVersion, promise: tuple[Mode, Policy]
) -> tuple[Finding, ...]:
    what = f"{old.version} was published as {promise[0]}, {promise[1]}"
    return tuple(replace(each, message=f"{each.message} ({what})") for each in findings)


def _judge(
    schemas: SchemaSet,
    old: SchemaVersion,
    new: SchemaVersion,
    comparison: Comparison,
    today: date,
    *,
    numbered: bool,
) -> Judged:
    meta = schemas.metas.get(new.type)
    waivers = meta.waivers if meta is not None else ()
    waived = []
    findings = list(_breaks(old, new, comparison))
    for unproven in comparison.unproven:
        waiver = next(
            (w for w in waivers if w.covers(old.version, new.version, unproven.direction, today)), None
        )
        if waiver is not None:
            waived.append((unproven, waiver))
        else:
            findings.append(_open(old, new, unproven))
    if numbered and comparison.verdict is not Verdict.INVALID:
        findings += _number(schemas, old, new, comparison)
    return Judged(old, new, comparison, tuple(waived), tuple(findings))


def _breaks(old: SchemaVersion, new: SchemaVersion, comparison: Comparison) -> Iterator[Finding]:
    pair = f"{old.version} → {new.version}"
    if comparison.verdict is Verdict.INVALID:
        yield finding("invalid", new.file, f"{pair}: {comparison.problem}")
    for each in comparison.breaks:
        found = finding(
            each.rule, new.file, f"{pair}: {each.message}", each.hint, path=each.new_pointer or ""
        )
        found = with_example(found, each, str(old.version), str(new.version))
        yield replace(found, since=str(old.version), at=str(new.version))


def with_example(finding: Finding, found: Break, old: str, new: str) -> Finding:
    """The finding with the event that breaks, and what it proves. ``old`` and ``new`` name the sides."""
    writer, reader = (old, new) if found.produced_by == "old" else (new, old)
    shows = f"{BREAKS_WHOM[found.direction]}: valid by {writer}, refused by {reader}"
    return replace(finding, shows=shows, example=as_text(found.example, EXAMPLE_CHARS))


def expired_waivers(
    schemas: SchemaSet, today: date, unproven: Collection[tuple[str, Version, Version]] | None = None
) -> Iterator[Finding]:
    """Waivers whose day is over. Given the pairs that are ``unproven``, one that no such pair needs any more
    is only a warning."""
    for type_name, meta in schemas.metas.items():
        for index, waiver in enumerate(meta.waivers):
            if waiver.expired(today):
                needed = unproven is None or (type_name, waiver.old, waiver.new) in unproven
                message = f"the waiver of {waiver.who} ended on {waiver.until}"
                advice = "prove the pair and remove the waiver, or decide again and set a new day"
                if not needed:
                    message, advice = f"{message}, and nothing needs it", "remove it"
                at: Where = {"path": f"waivers[{index}]", "line": waiver.line, "column": 1}
                yield finding("waiver", meta.file, message, advice, "error" if needed else "warning", **at)


def _open(old: SchemaVersion, new: SchemaVersion, unproven: Unproven) -> Finding:
    message = f"{old.version} → {new.version}: {unproven.direction} is not proven: {unproven.message}"
    advice = "write it so that it can be proven, or record a waiver in meta.yaml: who, why, until when"
    return finding("unproven", new.file, message, advice, path=unproven.new_pointer or "")


def _number(
    schemas: SchemaSet, old: SchemaVersion, new: SchemaVersion, comparison: Comparison
) -> Iterator[Finding]:
    """A version number that is too low for its changes."""
    reported = Bump.MINOR if new.version.minor > old.version.minor else Bump.PATCH
    needed = comparison.needed
    if reported is not Bump.PATCH or _RANK[needed] <= _RANK[reported]:
        return  # a minor version that breaks somebody has findings of its own
    newest = schemas.versions(new.type)[-1]
    inside = [version for version in schemas.versions(new.type) if version.major == old.version.major]
    right = Version(inside[-1].major, inside[-1].minor + 1, 0)
    what = "more than annotations changed, which takes a minor version"
    if needed is Bump.MAJOR:
        right = Version(newest.major + 1, 0, 0)
        what = "it breaks consumers, which takes a major version"
    yield finding("version", new.file, f"{old.version} → {new.version}: {what}", f"call it {right}")

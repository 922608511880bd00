"""The effect of a new schema version on the rule patterns of a bus.

Decided by reasoning about the schemas, not by trying events: a rule is reported to stop matching only where
no event that follows the new version can match it, and to match as before only where each value that it
accepts in the new version was possible in the old one. Examples are witnesses and a second opinion: an
example that matches although the proof says that none can makes the verdict "unknown".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bridge.core.pattern.fields import Field
from bridge.core.pattern.matching import compile_pattern
from bridge.core.pattern.syntax import Fields, parse_pattern
from bridge.schemas.documents.nodes import Undecided
from bridge.schemas.evolution.rules.finding import (
    GAINS,
    Effect,
    Finding,
    RuleImpact,
    Side,
    Witness,
    nearest,
    text_of,
    why,
    why_more,
)
from bridge.schemas.evolution.rules.gained import Gain, Seen, gained
from bridge.schemas.evolution.rules.matchable import Answer
from bridge.schemas.evolution.rules.reach import Reach
from bridge.schemas.evolution.rules.view import RuleView
from bridge.schemas.evolution.rules.witness import Values, find_witness

_ADDRESS: Final = frozenset({"detail-type", "source", "detail.type", "detail.source"})
"""Fields that select which events a rule wants, not by their content."""


class Impact:
    """Judges rules for one step from ``old`` (None: the first version) to ``new``. ``majors`` are the other
    known types with their majors."""

    def __init__(self, old: Side | None, new: Side, majors: Sequence[str] = ()) -> None:
        self.old = None if old is None else RuleView(old, "old")
        self.new = RuleView(new, "new")
        self._base = new.type.rpartition(".v")[0]
        known = [*majors, new.type, *([old.type] if old else [])]
        self._majors = [each for each in dict.fromkeys(known) if each != new.type]

    def judge(self, rule: str, pattern: Any) -> RuleImpact:
        alternatives, problems = parse_pattern(pattern)
        if problems:
            place = ".".join(map(str, problems[0].path))
            return RuleImpact(rule, Effect.INVALID, (Finding("undecided", place, "", problems[0].message),))
        asked = [each for each in alternatives if self._asks(each)]
        if not asked:
            slip = self._without_major(alternatives)
            return RuleImpact(rule, Effect.NEVER, (slip,)) if slip else RuleImpact(rule, Effect.OTHER)
        gains = [(each, list(self._gains(each))) for each in asked]
        found = [finding for each in asked for finding in self._findings(each)]
        found += [finding for _, more in gains for finding, _ in more]
        found = list(dict.fromkeys(found))
        effect = self._effect(asked, found)
        if effect is Effect.NEVER and not self.new.side.source and all(map(_by_source_alone, asked)):
            text = "it is not known whether these events have this source"
            found.insert(0, Finding("undecided", "source", "", text, "give --source"))
            effect = Effect.UNKNOWN
        if effect in (Effect.STOPS, Effect.NEVER) and (name := self._refuted(pattern)):
            text = f"example {name} of the new version matches, but by the schema no event can"
            found.insert(0, Finding("undecided", "", "", text, "compare both: one of them is wrong"))
            effect = Effect.UNKNOWN
        before = self._before(pattern, asked) if effect.loses else None
        after = self._after(pattern, gains) if effect.gains else None
        return RuleImpact(rule, effect, tuple(found), before, after)

    # --- the verdict ---------------------------------------------------------------------------------

    def _effect(self, asked: Sequence[Fields], found: Sequence[Finding]) -> Effect:
        new = [self._possible(self.new, each) for each in asked]
        if not any(self._addressed(self.new, each) for each in asked):
            return Effect.OLD_MAJOR
        best = max(new)
        old = [Answer.YES if self.old is None else self._possible(self.old, each) for each in asked]
        kinds = {finding.kind for finding in found}
        if best is Answer.NO:
            return Effect.STOPS if self.old is not None and max(old) > Answer.NO else Effect.NEVER
        if kinds & GAINS and max(old) is Answer.NO:
            return Effect.BEGINS
        if kinds - GAINS - {"undecided", "perhaps-more"}:
            return Effect.PARTLY
        if kinds & GAINS:
            return Effect.MORE
        return Effect.UNKNOWN if best is Answer.UNKNOWN or "perhaps-more" in kinds else Effect.NONE

    def _possible(self, schema: RuleView, alternative: Fields) -> Answer:
        return schema.alternative(tuple(alternative.values()))

    def _addressed(self, schema: RuleView, alternative: Fields) -> bool:
        address = [each for name, each in alternative.items() if name in _ADDRESS]
        return schema.alternative(address) > Answer.NO

    def _asks(self, alternative: Fields) -> bool:
        """Whether it wants events of this type, of any major."""
        source = alternative.get("source")
        if source is not None and all(str(each).startswith("aws.") for each in source.leaf.matchers):
            return False  # only sources of AWS services begin with it
        if any(self._addressed(each, alternative) for each in (self.new, self.old) if each is not None):
            return True
        types = [alternative[name] for name in ("detail-type", "detail.type") if name in alternative]
        named = any(all(each.leaf.accepts(major) for each in types) for major in self._majors if types)
        sources = [alternative[name] for name in ("source", "detail.source") if name in alternative]
        return named and self.new.alternative(sources) > Answer.NO

    def _without_major(self, alternatives: Sequence[Fields]) -> Finding | None:
        """A common mistake: the type as bridge.yaml names it, without the major that every event has."""
        for alternative in alternatives:
            each = alternative.get("detail-type")
            if each is not None and self._base in each.leaf.matchers:
                fix = f"write {self.new.side.type}, or {{prefix: {self._base}.v}} for every major"
                text = "the type of an event ends with its major"
                return Finding("old-major", each.name, each.leaf.text, text, fix)
        return None

    # --- what is wrong with each field ---------------------------------------------------------------

    def _findings(self, alternative: Fields) -> Iterator[Finding]:
        addressed = self._addressed(self.new, alternative)
        for name, each in alternative.items():
            if name in _ADDRESS:
                if not addressed and name in ("detail-type", "detail.type"):
                    fix = f"add {self.new.side.type}, or write {{prefix: {self._base}.v}}"
                    text = f"names other majors, so it does not match events of {self.new.side.type}"
                    yield Finding("old-major", name, each.leaf.text, text, fix)
                continue
            yield from self._of_field(each)

    def _of_field(self, each: Field) -> Iterator[Finding]:
        reach = self.new.reach(each.steps)
        pointers = self._pointers(each)
        if isinstance(reach, Undecided):
            yield Finding("undecided", each.name, each.leaf.text, f"the schema {reach}", "", *pointers)
            return
        before = None if self.old is None else self.old.reach(each.steps)
        if not reach.declared and not each.leaf.absent:
            was = isinstance(before, Reach) and before.declared
            text = "no longer exists" if was else "is not a field of these events"
            kind = "field-gone" if was else "field-unknown"
            yield Finding(kind, each.name, each.leaf.text, text, nearest(each, reach), *pointers)
            return
        for matcher in each.leaf.matchers:
            judged = self.new.judge(matcher, each.steps)
            text = text_of(matcher)
            if judged.answer is Answer.UNKNOWN:
                message, fix = "the schema allows any value here", "declare the field in the schema"
                yield Finding("undecided", each.name, text, message, fix, *pointers)
            elif judged.answer is Answer.NO:
                could = self.old is not None and self.old.judge(matcher, each.steps).answer > Answer.NO
                kind, message, fix = why(matcher, judged, reach, could)
                yield Finding(kind, each.name, text, message, fix, *pointers)

    def _pointers(self, each: Field) -> tuple[str | None, str | None]:
        old = None if self.old is None else self.old.pointer(each.steps)
        return old, self.new.pointer(each.steps)

    # --- what the rule begins to match ---------------------------------------------------------------

    def _gains(self, alternative: Fields) -> Iterator[tuple[Finding, tuple[Field, Gain] | None]]:
        """Only of an alternative that can match, for types that it asks for in both versions."""
        old, new = self.old, self.new
        if old is None or not all(self._addressed(view, alternative) for view in (old, new)):
            return
        if self._possible(new, alternative) is Answer.NO:
            return
        shared = old.every.keys() & new.every.keys()
        agree = all(old.every[uri] == new.every[uri] for uri in shared)
        for name, each in alternative.items():
            before, after = old.reach(each.steps), new.reach(each.steps)
            if name in _ADDRESS or isinstance(after, Undecided):
                continue
            for matcher in each.leaf.matchers:
                try:
                    if isinstance(before, Undecided):
                        raise before
                    was, now = Seen(old.documents, before), Seen(new.documents, after)
                    gain = gained(was, now, matcher, {**old.every, **new.every} if agree else None)
                except Undecided as error:
                    text, fix = f"the schema {error}", "compare the two places"
                    yield (
                        Finding("perhaps-more", name, text_of(matcher), text, fix, *self._pointers(each)),
                        None,
                    )
                    continue
                if gain is not None:
                    kind, text, fix = why_more(matcher, gain)
                    found = Finding(kind, name, text_of(matcher), text, fix, *self._pointers(each))
                    yield found, (each, gain)

    # --- examples ------------------------------------------------------------------------------------

    def _refuted(self, pattern: Mapping[str, Any]) -> str:
        """The name of an example of the new version that matches; empty where none does."""
        compiled = compile_pattern(pattern)
        return next((n for n, e in self.new.events() if compiled.matches(e)), "")

    def _before(self, pattern: Any, asked: Sequence[Fields]) -> Witness | None:
        """An event of the old version that the rule matched."""
        if self.old is None:
            return None
        wanted = [values for each in asked if (values := _matching(self.old, each)) is not None]
        return find_witness(self.old, pattern, wanted)

    def _after(self, pattern: Any, gains: Sequence[tuple[Fields, list[Any]]]) -> Witness | None:
        """An event of the new version that the rule matches by what it gains."""
        wanted: list[Values] = []
        for alternative, more in gains:
            for each, gain in (shown for _, shown in more if shown is not None):
                others = _matching(self.new, {n: f for n, f in alternative.items() if f is not each})
                if others is not None and gain.has_value:
                    wanted.append({**others, each.steps: gain.value})
        return find_witness(self.new, pattern, wanted, made=True)


def _matching(view: RuleView, alternative: Fields) -> dict[tuple[str, ...], Any] | None:
    """A value for each field of an alternative; None where one is not known."""
    wanted = {each.steps: view.field(each) for each in alternative.values()}
    if any(judged.answer is not Answer.YES for judged in wanted.values()):
        return None
    return {steps: judged.value for steps, judged in wanted.items()}


def _by_source_alone(alternative: Fields) -> bool:
    """Whether the rule selects events by their source only."""
    return "source" in alternative and not {"detail-type", "detail.type"} & alternative.keys()

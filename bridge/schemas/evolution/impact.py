"""The effect of a new schema version on the rule patterns of a bus.

Decided by reasoning about the schemas, not by trying events: a rule is reported to stop matching only where
no event that follows the new version can match it. Examples are witnesses and a second opinion: an example
that matches although the proof says that none can makes the verdict "unknown".
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bridge.core.pattern.fields import Field
from bridge.core.pattern.matching import compile_pattern
from bridge.core.pattern.rules import envelope
from bridge.core.pattern.syntax import Fields, parse_pattern
from bridge.schemas.documents.event_document import bus_envelope, cloud_event, example_event
from bridge.schemas.documents.nodes import Documents, Node, Undecided
from bridge.schemas.evolution.impact_finding import (
    Effect,
    Finding,
    RuleImpact,
    Side,
    Witness,
    nearest,
    text_of,
    why,
)
from bridge.schemas.evolution.matchable import ABSENT, Answer, Judged, judge
from bridge.schemas.evolution.reach import Reach, reach_of

_ENVELOPE: Final = "urn:stream-bridge:envelope"
_ADDRESS: Final = frozenset({"detail-type", "source", "detail.type", "detail.source"})
"""Fields that select which events a rule wants, not by their content."""


class _Schema:
    """One side, with what its events can hold at each field."""

    def __init__(self, side: Side) -> None:
        self.side = side
        names = {"type_name": side.type, "source": side.source}
        detail = cloud_event({"$ref": side.data}, dataschema=side.data, described=False, **names)
        whole = bus_envelope(detail, **names)
        self.documents = Documents({**side.documents, _ENVELOPE: whole})
        self._reached: dict[tuple[str, ...], Reach | Undecided] = {}

    def reach(self, steps: tuple[str, ...]) -> Reach | Undecided:
        if steps not in self._reached:
            try:
                self._reached[steps] = reach_of(self.documents, self.documents.root(_ENVELOPE), steps)
            except Undecided as error:
                self._reached[steps] = error
        return self._reached[steps]

    def judge(self, matcher: Any, steps: tuple[str, ...]) -> Judged:
        reach = self.reach(steps)
        if isinstance(reach, Undecided):
            return Judged(Answer.UNKNOWN)
        return judge(self.documents, matcher, reach)

    def field(self, each: Field) -> Judged:
        """The best answer of the field's matchers."""
        return max((self.judge(m, each.steps) for m in each.leaf.matchers), key=lambda judged: judged.answer)

    def alternative(self, fields: Sequence[Field]) -> Answer:
        return min((self.field(each).answer for each in fields), default=Answer.YES)

    def pointer(self, steps: tuple[str, ...]) -> str | None:
        """The part of the schema that decides about a field."""
        reach = self.reach(steps)
        if isinstance(reach, Undecided):
            return None
        nodes: list[Node] = [slot.parts[-1] for slot in reach.slots] + reach.objects + reach.open_at
        nodes += [node for node, _ in reach.lost_at]
        node = next((node for node in nodes if node.uri != _ENVELOPE), None)
        if node is None:
            return None
        return node.pointer if node.uri == self.side.data else f"{node.uri}#{node.pointer}"


class Impact:
    """Judges rules for one step from ``old`` (None: the first version) to ``new``. ``majors`` are the other
    known types with their majors."""

    def __init__(self, old: Side | None, new: Side, majors: Sequence[str] = ()) -> None:
        self.old = None if old is None else _Schema(old)
        self.new = _Schema(new)
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
        found = list(dict.fromkeys(finding for each in asked for finding in self._findings(each)))
        effect = self._effect(asked, found)
        if effect is Effect.NEVER and not self.new.side.source and all(map(_by_source_alone, asked)):
            text = "it is not known whether these events have this source"
            found.insert(0, Finding("undecided", "source", "", text, "give --source"))
            effect = Effect.UNKNOWN
        if effect in (Effect.STOPS, Effect.NEVER) and (name := self._refuted(pattern)):
            text = f"example {name} of the new version matches, but by the schema no event can"
            found.insert(0, Finding("undecided", "", "", text, "compare both: one of them is wrong"))
            effect = Effect.UNKNOWN
        witness = self._witness(pattern, asked) if effect.affected else None
        return RuleImpact(rule, effect, tuple(found), witness)

    # --- the verdict ---------------------------------------------------------------------------------

    def _effect(self, asked: Sequence[Fields], found: Sequence[Finding]) -> Effect:
        new = [self._possible(self.new, each) for each in asked]
        if not any(self._addressed(self.new, each) for each in asked):
            return Effect.OLD_MAJOR
        best = max(new)
        if best is Answer.NO:
            old = [Answer.YES if self.old is None else self._possible(self.old, each) for each in asked]
            return Effect.STOPS if self.old is not None and max(old) > Answer.NO else Effect.NEVER
        if any(finding.kind != "undecided" for finding in found):
            return Effect.PARTLY
        return Effect.UNKNOWN if best is Answer.UNKNOWN else Effect.NONE

    def _possible(self, schema: _Schema, alternative: Fields) -> Answer:
        return schema.alternative(tuple(alternative.values()))

    def _addressed(self, schema: _Schema, alternative: Fields) -> bool:
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
        pointers = (
            None if self.old is None else self.old.pointer(each.steps),
            self.new.pointer(each.steps),
        )
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

    # --- examples ------------------------------------------------------------------------------------

    def _refuted(self, pattern: Mapping[str, Any]) -> str:
        """The name of an example of the new version that matches; empty where none does."""
        compiled = compile_pattern(pattern)
        return next((n for n, e in self._events(self.new) if compiled.matches(e)), "")

    def _witness(self, pattern: Mapping[str, Any], asked: Sequence[Fields]) -> Witness | None:
        if self.old is None:
            return None
        compiled = compile_pattern(pattern)
        for name, event in self._events(self.old):
            if compiled.matches(event):
                return Witness(name, event["detail"]["data"])
        data = self.old.documents.root(self.old.side.data)
        for alternative in asked:
            wanted = {each.steps: self.old.field(each) for each in alternative.values()}
            if any(judged.answer is not Answer.YES for judged in wanted.values()):
                continue
            for _, event in self._events(self.old):
                made = copy.deepcopy(event)
                for steps, judged in wanted.items():
                    _put(made, steps, judged.value)
                made_data = made["detail"].get("data")
                if compiled.matches(made) and self.old.documents.takes(data, made_data):
                    return Witness("made", made_data)
        return None

    def _events(self, schema: _Schema) -> Iterator[tuple[str, dict[str, Any]]]:
        side = schema.side
        for name, data in side.examples.items():
            event = example_event(side.type, side.source or "example", side.data, data)
            yield name, envelope(event)


def _by_source_alone(alternative: Fields) -> bool:
    """Whether the rule selects events by their source only."""
    return "source" in alternative and not {"detail-type", "detail.type"} & alternative.keys()


def _put(event: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    """Put ``value`` where a pattern reads it; into the first element of a list."""
    here: Any = event
    *outer, last = steps
    for step in (*outer, None):
        while isinstance(here, list) and here:
            here = here[0]
        if not isinstance(here, dict):
            return
        if step is not None:
            here = here.setdefault(step, {})
    if value is ABSENT:
        here.pop(last, None)
    else:
        here[last] = [value] if isinstance(here.get(last), list) else value

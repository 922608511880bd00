"""Random pairs of schemas and random events: no incompatible pair may be called compatible.

``make fuzz-schemas PAIRS=30000``. Every answer "compatible" is checked with events, which
``jsonschema`` validates, too. The annotations of an evaluation say what is declared, not the closed reading
that is tested. ``jsonschema`` validates every example again.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import jsonschema
import jsonschema_rs

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.prepare import Prepared, text_of
from bridge.schemas.compatibility.proving.containment import bundle
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.reading.json_values import has_integral_float
from bridge.schemas.compatibility.verdict import Comparison, Direction, Mode, Policy, Verdict

DRAFTS: Final = {
    "http://json-schema.org/draft-04/schema#": jsonschema.Draft4Validator,
    "http://json-schema.org/draft-06/schema#": jsonschema.Draft6Validator,
    "http://json-schema.org/draft-07/schema#": jsonschema.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
}
URIS: Final = tuple(DRAFTS)
NAMES: Final = ("a", "b", "c", "x-1")
PATTERNS: Final = ("^x-", "^[ab]", "b", "^[a-z]*$", "^(a|b)+$", ".", r"^\w+$", "^a?b?c?$")
TEXTS: Final = ("", "a", "b", "ab", "abc", "x-1", "2030-01-01", "a@example.com", "192.0.2.1")
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    2,
    3,
    10,
    -1,
    0.5,
    1.5,
    1.0,
    *TEXTS,
    [],
    [1],
    {},
    {"a": 1},
)
DIRECTIONS: Final[tuple[tuple[Direction, str, str], ...]] = (
    ("backward", "old", "new"),
    ("forward", "new", "old"),
)
FORMATS: Final = ("date", "email", "ipv4")


class Author:
    """Generates schemas of one draft with few names and values, so that two schemas often share some."""

    def __init__(self, chance: random.Random, draft: int) -> None:
        self.chance = chance
        self.draft = draft

    def document(self) -> dict[str, Any]:
        schema = self.schema(3, place=True)
        if isinstance(schema, bool):
            schema = {"properties": {"a": schema}}
        if self.chance.random() < 0.7:
            schema.setdefault("type", "object")
        document = {"$schema": URIS[self.draft], **schema}
        document[self.defs()] = {"n": self.body(2), "m": self.schema(1)}
        return document

    def defs(self) -> str:
        return "$defs" if self.draft >= 3 else "definitions"

    def schema(self, depth: int, *, place: bool = False) -> Any:
        if self.draft and self.chance.random() < 0.05 and not place:
            return self.chance.random() < 0.6
        if not place and self.chance.random() < 0.08:
            return {"$ref": f"#/{self.defs()}/{self.chance.choice('nm')}"}
        return self.body(depth)

    def body(self, depth: int) -> dict[str, Any]:
        pick = self.chance
        out: dict[str, Any] = {}
        kinds = pick.sample(("string", "number", "object", "array", "values"), pick.choice((1, 1, 1, 2)))
        if depth <= 0:
            kinds = [pick.choice(("string", "number", "values"))]
        for kind in kinds:
            getattr(self, f"_{kind}")(out, depth)
        if len(kinds) == 1 and pick.random() < 0.75 and kinds[0] != "values":
            out["type"] = pick.choice(("integer", "number")) if kinds[0] == "number" else kinds[0]
            if pick.random() < 0.15:
                out["type"] = [out["type"], "null"]
        if depth > 0 and pick.random() < 0.3:
            self._combined(out, depth)
        return out

    def _string(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        for keyword, value in (
            ("minLength", pick.randrange(3)),
            ("maxLength", pick.randrange(1, 5)),
            ("pattern", pick.choice(PATTERNS)),
            ("format", pick.choice(FORMATS)),
        ):
            if pick.random() < 0.25:
                out[keyword] = value

    def _number(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        if pick.random() < 0.4:
            out["minimum"] = pick.choice((-1, 0, 1, 0.5))
        if pick.random() < 0.4:
            out["maximum"] = pick.choice((1, 2, 3, 2.5))
        if pick.random() < 0.15:
            if self.draft:
                out["exclusiveMinimum"] = pick.choice((0, 1))
            elif "minimum" in out:
                out["exclusiveMinimum"] = True
        if pick.random() < 0.15:
            out["multipleOf"] = pick.choice((1, 2, 3, 0.5))

    def _values(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        if self.draft and pick.random() < 0.4:
            out["const"] = pick.choice(VALUES)
            return
        found = pick.sample(VALUES, pick.randrange(1, 5))
        unique = {jsonschema_rs.canonical.json.to_string(each): each for each in found}
        out["enum"] = list(unique.values())
        if pick.random() < 0.15:
            out["x-extensible-enum"] = True

    def _object(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        names = pick.sample(NAMES, pick.randrange(0, 4))
        if names:
            out["properties"] = {name: self.schema(depth - 1) for name in names}
        if pick.random() < 0.4:
            out["required"] = pick.sample(NAMES, pick.choice((1, 1, 2)))
        if pick.random() < 0.2:
            out["patternProperties"] = {pick.choice(PATTERNS): self.schema(depth - 1)}
        if pick.random() < 0.3:
            out["additionalProperties"] = pick.choice((False, False, True)) or self.schema(depth - 1)
            if pick.random() < 0.5:
                out["additionalProperties"] = False
        if self.draft >= 3 and pick.random() < 0.1:
            out["unevaluatedProperties"] = pick.choice((False, {"type": "string"}))
        if self.draft and pick.random() < 0.1:
            out["propertyNames"] = pick.choice(
                ({"maxLength": 1}, {"pattern": "^[abx]"}, {"enum": ["a", "b"]})
            )
        if pick.random() < 0.1:
            out["minProperties"] = pick.randrange(3)
        if pick.random() < 0.1:
            out["maxProperties"] = pick.randrange(1, 4)
        if pick.random() < 0.1:
            needs: dict[str, Any] = {pick.choice(NAMES): [pick.choice(NAMES)]}
            out["dependentRequired" if self.draft >= 3 else "dependencies"] = needs
        if pick.random() < 0.1:
            below = {pick.choice(NAMES): self.body(depth - 1)}
            out.setdefault("dependentSchemas" if self.draft >= 3 else "dependencies", {}).update(below)

    def _array(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        if pick.random() < 0.6:
            out["items"] = self.schema(depth - 1)
        if pick.random() < 0.2:
            listed = [self.schema(depth - 1) for _ in range(pick.randrange(1, 3))]
            if self.draft == 4:
                out["prefixItems"] = listed
            else:
                rest = out.pop("items", None)
                out["items"] = listed
                if rest is not None:
                    out["additionalItems"] = rest
        if pick.random() < 0.2:
            out["minItems"] = pick.randrange(3)
        if pick.random() < 0.2:
            out["maxItems"] = pick.randrange(1, 4)
        if pick.random() < 0.15:
            out["uniqueItems"] = True
        if self.draft and pick.random() < 0.15:
            out["contains"] = self.schema(depth - 1)
            if self.draft >= 3 and pick.random() < 0.3:
                out["maxContains"] = pick.choice((1, 2))
        if self.draft >= 3 and pick.random() < 0.1:
            out["unevaluatedItems"] = pick.choice((False, {"type": "string"}))

    def _combined(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        kind = pick.choice(("allOf", "anyOf", "oneOf", "not", "if"))
        if kind == "not":
            out["not"] = self.body(depth - 1)
        elif kind == "if":
            if self.draft >= 2:
                out |= {each: self.body(depth - 1) for each in ("if", "then", "else")}
        else:
            out[kind] = [self.body(depth - 1) for _ in range(pick.randrange(1, 4))]


def mutate(author: Author, document: dict[str, Any]) -> dict[str, Any]:
    """A changed copy: a few times, at any place, a keyword is removed, added or replaced."""
    chance = author.chance
    new = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(_places(new))
        place = chance.choice(places)
        move = chance.random()
        keywords = [each for each in place if not each.startswith("$") and each != "definitions"]
        if move < 0.3 and keywords:
            place.pop(chance.choice(keywords))
        elif move < 0.8:
            added = author.body(chance.randrange(2))
            for keyword in chance.sample(list(added), min(len(added), 1 + (chance.random() < 0.4))):
                both = isinstance(place.get(keyword), dict) and isinstance(added[keyword], dict)
                place[keyword] = {**place[keyword], **added[keyword]} if both else added[keyword]
        elif "properties" in place:
            place["properties"][chance.choice(NAMES)] = author.schema(1)
        else:
            place["title"] = "annotation"
    if author.draft == 0:
        for place in _places(new):
            if "exclusiveMinimum" in place and "minimum" not in place:
                del place["exclusiveMinimum"]
    return new


def _places(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        if keyword in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"):
            for each in value.values():
                yield from _places(each)
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems") or (
            keyword == "items" and isinstance(value, list)
        ):
            for each in value:
                yield from _places(each)
        elif keyword in ("items", "additionalProperties", "not", "if", "then", "else", "contains"):
            yield from _places(value)


def value(chance: random.Random, depth: int) -> Any:
    """A random event, or a part of one."""
    roll = chance.random()
    if depth > 0 and roll < 0.45:
        names = chance.sample((*NAMES, "z"), chance.randrange(4))
        return {name: value(chance, depth - 1) for name in names}
    if depth > 0 and roll < 0.6:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return chance.choice(VALUES)


def declared_only(document: Any, event: Any, *, lenient: bool) -> bool:
    """Whether the evaluation of ``document`` evaluated every member.

    An object without ``properties`` or ``patternProperties`` for it may contain anything.
    """
    known: dict[str, set[str]] = {}
    more: dict[str, set[str]] = {}
    notes: Any = jsonschema_rs.evaluate(document, event, validate_formats=True, offline=True).annotations()
    for note in notes:
        keyword = note["schemaLocation"].rpartition("/")[2]
        if keyword in ("properties", "patternProperties"):
            known.setdefault(note["instanceLocation"], set()).update(note["annotations"])
        elif keyword in ("additionalProperties", "unevaluatedProperties"):
            if lenient:
                return False  # the annotation of one keyword may be for two
            found = note["annotations"]
            if found is True:
                found = event_at(event, note["instanceLocation"])
            more.setdefault(note["instanceLocation"], set()).update(found)
    return _only(event, "", known, more)


def event_at(event: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        event = event[int(step)] if isinstance(event, list) else event[step]
    return event


def _only(event: Any, pointer: str, known: dict[str, set[str]], more: dict[str, set[str]]) -> bool:
    if isinstance(event, list):
        return all(_only(each, f"{pointer}/{index}", known, more) for index, each in enumerate(event))
    if not isinstance(event, dict):
        return True
    names = known.get(pointer)
    if names is not None and not (names | more.get(pointer, set())).issuperset(event):
        return False
    return all(_only(each, f"{pointer}/{name}", known, more) for name, each in event.items())


@dataclass
class Report:
    """The results of a run; ``unsound`` is empty if no error was found."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    events: int = 0
    disputed: int = 0
    """Examples about which the two validators disagree."""
    unsound: list[str] = field(default_factory=list)


class Fuzzer:
    def __init__(self, seed: int, *, events: int = 30) -> None:
        self.seed = seed
        self.events = events
        self.report = Report()

    def run(self, pairs: int, *, progress: bool = False) -> Report:
        for number in range(pairs):
            self.pair(number)
            if progress and number % 1_000 == 999:
                print(f"{number + 1} pairs, unsound: {len(self.report.unsound)}", flush=True)
        return self.report

    def pair(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")  # one pair can be run again alone
        author = Author(chance, chance.randrange(len(URIS)))
        old = author.document()
        new = mutate(author, old)
        if chance.random() < 0.1:
            other = Author(chance, chance.randrange(len(URIS)))
            if other.draft and author.draft and (other.draft < 3) == (author.draft < 3):
                new["$schema"] = URIS[other.draft]
        policy = chance.choice((Policy.VIEWS, Policy.VIEWS, Policy.STRICT, Policy.LENIENT))
        comparer = Comparer(limit_s=10.0)
        result = comparer.compare(old, new, mode=Mode.FULL, policy=policy)
        self.report.verdicts[f"{policy} {result.verdict}"] += 1
        self.report.reasons.update(each.reason for each in result.unproven)
        self.report.rules.update(each.rule for each in result.breaks)
        if result.verdict is Verdict.INVALID:
            return
        self._check(number, chance, old, new, policy, result)

    def _check(
        self,
        number: int,
        chance: random.Random,
        old: dict[str, Any],
        new: dict[str, Any],
        policy: Policy,
        result: Comparison,
    ) -> None:
        sides = {"old": Side(old, policy), "new": Side(new, policy)}
        doubtful = {each.direction for each in result.breaks} | {each.direction for each in result.unproven}

        def note(what: str, direction: Direction, event: Any) -> None:
            where = f"{what}: seed {self.seed} pair {number} {policy} {direction}"
            self.report.unsound.append(f"{where}\n  old {old}\n  new {new}\n  event {event!r}")

        for shown in result.breaks:
            other = "new" if shown.produced_by == "old" else "old"
            if any(side.is_disputed(shown.example) for side in sides.values()):
                self.report.disputed += 1
                continue
            if not sides[shown.produced_by].may_send(shown.example) or sides[other].takes(shown.example):
                note(f"bad example ({shown.rule})", shown.direction, shown.example)
        for direction, producer, consumer in DIRECTIONS:
            if direction in doubtful:
                continue
            sender, receiver = sides[producer], sides[consumer]
            for event in self._events(chance, sender, receiver):
                self.report.events += 1
                if policy is not Policy.STRICT and (sender.may_misread(event) or receiver.may_misread(event)):
                    continue
                if not sender.surely_sends(event):
                    continue
                if not sender.may_send(event):
                    note("closed reading too narrow", direction, event)
                if not sender.takes(event):
                    note("open reading too narrow", direction, event)
                if not receiver.takes(event):
                    note("unsound yes", direction, event)
                    break

    def _events(self, chance: random.Random, one: Side, other: Side) -> Iterator[Any]:
        for _ in range(self.events // 2):
            yield value(chance, 3)
        for side in (one, other):
            normal = side.prepared.normal
            for event in islice(Generator(normal.defs, 400).values((normal.root,)), self.events // 4):
                yield event
                yield self._twist(chance, event)

    @staticmethod
    def _twist(chance: random.Random, event: Any) -> Any:
        if isinstance(event, dict) and event and chance.random() < 0.8:
            name = chance.choice((*event, *NAMES))
            return {**event, name: value(chance, 1)}
        if isinstance(event, list) and event:
            return [*event[1:], value(chance, 1)]
        return value(chance, 1)


def agrees(second: Any, event: Any) -> bool:
    """Whether the second validator accepts it; its crash counts as yes (boolean ``items`` in 2019-09)."""
    try:
        return bool(second.is_valid(event))
    except TypeError:
        return True


class Side:
    """One document as producer and consumer, with both validators."""

    def __init__(self, document: dict[str, Any], policy: Policy) -> None:
        self.policy = policy
        self.prepared = Prepared(document, {}, f"fuzz-{id(document)}-", text_of("", document))
        self._document = document
        self._second = DRAFTS[document["$schema"]](document)
        self._has_format = '"format"' in json.dumps(document)
        opened, closed = self.prepared.as_consumer(policy), self.prepared.as_producer(policy)
        self._opened, self._second_opened = self._both(bundle((opened.root,), opened.defs))
        self._closed, _ = self._both(bundle((closed.root,), closed.defs))

    @staticmethod
    def _both(document: Any) -> tuple[Any, Any]:
        first = jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)
        return first, jsonschema.Draft202012Validator(document)

    def _is_valid(self, event: Any) -> bool:
        """By the document as written. Only jsonschema-rs checks formats; else both validators must accept."""
        taken = bool(self.prepared.validator.is_valid(event))
        return taken and (self._has_format or agrees(self._second, event))

    def is_disputed(self, event: Any) -> bool:
        """Whether the two validators disagree about the document as written: then one of them is wrong."""
        first = bool(self.prepared.validator.is_valid(event))
        return not self._has_format and first != agrees(self._second, event)

    def may_misread(self, event: Any) -> bool:
        """Whether it has a ``1.0``, which is an integer for the readings (2020-12) and not for draft 4."""
        return self.prepared.normal.inexact and has_integral_float(event)

    def surely_sends(self, event: Any) -> bool:
        """Both validators accept it by the document as written, and every member is declared."""
        if not self._is_valid(event):
            return False
        lenient = self.policy is Policy.LENIENT
        return self.policy is Policy.STRICT or declared_only(self._document, event, lenient=lenient)

    def may_send(self, event: Any) -> bool:
        """By the closed reading."""
        if not self._is_valid(event):
            return False
        return self.policy is Policy.STRICT or bool(self._closed.is_valid(event))

    def takes(self, event: Any) -> bool:
        """By the open reading."""
        if self.policy is Policy.STRICT:
            return self._is_valid(event)
        taken = bool(self._opened.is_valid(event))
        return taken and (self._has_format or agrees(self._second_opened, event))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--only", type=int, help="one pair, by its number")
    arguments = parser.parse_args()
    fuzzer = Fuzzer(arguments.seed)
    print(f"seed {arguments.seed}", flush=True)
    begun = time.monotonic()
    if arguments.only is not None:
        fuzzer.pair(arguments.only)
    else:
        fuzzer.run(arguments.pairs, progress=True)
    report = fuzzer.report
    print(f"{sum(report.verdicts.values())} pairs, {report.events} events, {time.monotonic() - begun:.0f} s")
    for name, counts in (
        ("verdicts", report.verdicts),
        ("unproven", report.reasons),
        ("breaks", report.rules),
    ):
        print(f"{name}: " + ", ".join(f"{key} {count}" for key, count in counts.most_common()))
    for each in report.unsound[:20]:
        print(each)
    print(f"examples that the two validators dispute: {report.disputed}")
    print(f"unsound: {len(report.unsound)}")
    sys.exit(1 if report.unsound else 0)


if __name__ == "__main__":
    main()

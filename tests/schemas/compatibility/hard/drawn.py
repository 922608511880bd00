"""Hard pairs that are drawn: every verdict is compared with all values of a small domain.

``python -m tests.schemas.compatibility.hard.drawn --pairs 1000``. The seed is drawn and printed. Both
validators, jsonschema-rs and Python's, say which values a schema accepts; a value that they dispute decides
nothing.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema
import jsonschema_rs

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict
from tests.schemas.compatibility.hard.clock import processor_s
from tests.schemas.compatibility.hard.domains import LONGEST, NAMES, SMALL, Domain, domain
from tests.schemas.compatibility.hard.pairs import member

KINDS: Final = ("text", "number", "array", "object")
PATTERNS: Final = (
    "", ".*", "^", "a", "b", "^a", "b$", "^a*$", "^b+$", "^[ab]+$", "^.+$", "^.{2,}$", "^(ab)+$", "^a.*b$",
    "^(a|bb)*$", "aa|bb", "^(?=.*b)a", "^(?!a)[ab]+$", "^.{1,3}$", "^a?b?$", r"^\w*$", "^[^a]*$", "(a|$)",
    "^(aa)*$", "ab.", r"\S", "^a{2}", "^(a|b)(a|b)$",
)  # fmt: skip
NAME_RULES: Final[tuple[Any, ...]] = (
    {"maxLength": 1}, {"minLength": 2}, {"pattern": "^a"}, {"pattern": "b"}, {"enum": ["a", "ab"]},
    {"const": "b"},
    {"not": {"const": "a"}}, {"pattern": "^[ab]$"}, True,
)  # fmt: skip


class Author:
    """Draws schemas of which each keeps to a domain."""

    def __init__(self, chance: random.Random, kind: str) -> None:
        self.chance = chance
        self.domain: Domain = domain(kind)
        self._draw: Callable[[dict[str, Any], int], None] = getattr(self, f"_{kind}")

    def document(self) -> dict[str, Any]:
        return self.within(self.body(2))

    def within(self, body: Any) -> dict[str, Any]:
        """The same, for values of the domain only."""
        limits = self.domain.limits
        if self.domain.kind in ("text", "number") and limits.keys().isdisjoint(body):
            return {**limits, **body}
        return {
            "type": limits["type"],
            "allOf": [limits, body],
        }  # keywords beside each other change the limits

    def body(self, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        self._draw(out, depth)
        if depth > 0 and self.chance.random() < 0.5:
            self._combine(out, depth)
        return out

    def _combine(self, out: dict[str, Any], depth: int) -> None:
        word = self.chance.choice(("anyOf", "anyOf", "oneOf", "allOf", "not", "if"))
        if word == "not":
            out["not"] = self.body(depth - 1)
        elif word == "if":
            names = ("if", *self.chance.choice((("then",), ("else",), ("then", "else"))))
            out.update({name: self.body(depth - 1) for name in names})
        else:
            out[word] = [self.body(depth - 1) for _ in range(self.chance.choice((2, 2, 3)))]

    def _some(self, out: dict[str, Any], often: float, **values: Any) -> None:
        """Each keyword, sometimes."""
        out.update({keyword: v for keyword, v in values.items() if self.chance.random() < often})

    def _text(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        self._some(out, 0.55, pattern=pick.choice(PATTERNS))
        self._some(out, 0.35, minLength=pick.randrange(4), maxLength=pick.randrange(LONGEST + 1))
        self._some(out, 0.15, enum=pick.sample(self.domain.values, pick.randrange(1, 5)))

    def _number(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        low, high = pick.choice((-2, 0, 1, 0.5, 2)), pick.choice((1, 2, 3.5, 6, 8))
        self._some(out, 0.3, minimum=low, maximum=high)
        self._some(
            out, 0.2, exclusiveMinimum=low, exclusiveMaximum=high, type=pick.choice(("integer", "number"))
        )
        self._some(out, 0.3, multipleOf=pick.choice((1, 2, 3, 4, 0.5, 0.25, 1.5)))
        self._some(out, 0.15, enum=pick.sample(self.domain.values, pick.randrange(1, 6)))

    def _value(self) -> Any:
        """A schema for what is in an array or object."""
        pick = self.chance
        return pick.choice(
            (
                {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}, {"minLength": 1},
                {"enum": pick.sample(SMALL, pick.randrange(1, 4))}, {"const": pick.choice(SMALL)},
                {"minimum": 1},
                {"not": {"type": "string"}}, {"type": "string", "pattern": pick.choice(PATTERNS)}, True,
                {"anyOf": [{"type": "null"}, {"maxLength": 1}]}, pick.random() < 0.5,
            )
        )  # fmt: skip

    def _array(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        self._some(out, 0.35, items=self._value(), contains=self._value())
        self._some(out, 0.3, prefixItems=[self._value() for _ in range(pick.randrange(1, 3))])
        self._some(out, 0.2, minItems=pick.randrange(3), maxItems=pick.randrange(3), uniqueItems=True)
        self._some(out, 0.1, unevaluatedItems=self._value())
        if "contains" in out:
            self._some(out, 0.3, minContains=pick.randrange(3), maxContains=pick.randrange(1, 3))

    def _object(self, out: dict[str, Any], depth: int) -> None:
        pick = self.chance
        names = pick.sample(NAMES, pick.randrange(1, 3))
        self._some(out, 0.5, properties={name: self._value() for name in names})
        self._some(out, 0.3, required=pick.sample(NAMES, pick.choice((1, 1, 2))))
        patterns = pick.sample(("^a", "b$", "^.$", "a", "", "^ab"), pick.choice((1, 2)))
        self._some(out, 0.3, patternProperties={pattern: self._value() for pattern in patterns})
        self._some(out, 0.25, propertyNames=pick.choice(NAME_RULES))
        self._some(out, 0.2, additionalProperties=self._value(), unevaluatedProperties=self._value())
        self._some(out, 0.15, minProperties=pick.randrange(3), maxProperties=pick.randrange(3))
        self._some(out, 0.15, dependentRequired={pick.choice(NAMES): [pick.choice(NAMES)]})
        if depth > 0:
            self._some(out, 0.1, dependentSchemas={pick.choice(NAMES): self.body(depth - 1)})

    def changed(self, body: dict[str, Any]) -> dict[str, Any]:
        """The same with one or two keywords removed, added or replaced at the top or in an alternative."""
        new = copy.deepcopy(body)
        for _ in range(self.chance.choice((1, 1, 2))):
            inner = [each for word in ("anyOf", "oneOf", "allOf") for each in new.get(word, ())]
            place = self.chance.choice([new, new, *inner])
            if place and self.chance.random() < 0.4:
                place.pop(self.chance.choice(list(place)))
            else:
                added = self.body(0)
                for keyword in list(added)[:2]:
                    place[keyword] = added[keyword]
        return new


@dataclass
class Report:
    asked: Counter[str] = field(default_factory=Counter)
    unproven: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    disputed: int = 0
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)


class Drawer:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.report = Report()

    def run(self, pairs: int) -> Report:
        for number in range(pairs):
            self.pair(number)
        return self.report

    def pair(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")  # one pair can be drawn again alone
        author = Author(chance, KINDS[number % len(KINDS)])
        body = author.body(2)
        other = author.body(2) if chance.random() < 0.3 else author.changed(body)
        old, new = author.within(body), author.within(other)
        accepted = [self._accepted(each, author.domain.values) for each in (old, new)]
        policy = Policy.STRICT
        if author.domain.kind != "object" and chance.random() < 0.3:
            old, new, policy = member(old), member(new), Policy.VIEWS
        for direction, sent, taken in (
            ("backward", accepted[0], accepted[1]),
            ("forward", accepted[1], accepted[0]),
        ):
            self._ask(f"{self.seed}/{number} {direction} {policy}", old, new, policy, sent, taken)

    def _accepted(self, schema: dict[str, Any], values: tuple[Any, ...]) -> list[bool | None]:
        first = jsonschema_rs.Draft202012Validator(schema, offline=True)
        second = jsonschema.Draft202012Validator(schema)
        both = [(bool(first.is_valid(value)), bool(second.is_valid(value))) for value in values]
        self.report.disputed += sum(one != other for one, other in both)
        return [one if one == other else None for one, other in both]

    def _ask(
        self, name: str, old: Any, new: Any, policy: Policy, sent: list[bool | None], taken: list[bool | None]
    ) -> None:
        report, kind = self.report, KINDS[int(name.split()[0].rpartition("/")[2]) % len(KINDS)]
        breaks = any(s is True and t is False for s, t in zip(sent, taken, strict=True))
        doubt = any(
            (s is not False and t is None) or (s is None and t is False)
            for s, t in zip(sent, taken, strict=True)
        )
        before = processor_s()
        mode = Mode.BACKWARD if " backward " in name else Mode.FORWARD
        result = Comparer().compare(old, new, mode=mode, policy=policy)
        report.slowest_s = max(report.slowest_s, processor_s() - before)
        report.asked[kind] += 1
        report.broken += breaks
        words = f"{name}\n  old {json.dumps(old)}\n  new {json.dumps(new)}"
        if result.verdict is Verdict.UNPROVEN:
            report.unproven[kind] += 1
            report.listed.append(f"unproven {result.unproven[0].reason}: {words}")
        elif result.verdict is Verdict.INVALID or (
            (result.verdict is Verdict.INCOMPATIBLE) != breaks and (breaks or not doubt)
        ):
            shown = [each.example for each in result.breaks]
            report.wrong.append(f"{result.verdict} is wrong {result.problem}: {words}\n  shown {shown}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--only", type=int, help="one pair, by its number")
    parser.add_argument("--list", action="store_true", help="print each unproven query")
    options = parser.parse_args()
    drawer = Drawer(options.seed)
    print(f"seed {options.seed}", flush=True)
    if options.only is not None:
        drawer.pair(options.only)
    else:
        drawer.run(options.pairs)
    report = drawer.report
    for line in [*report.wrong, *(report.listed if options.list else ())]:
        print(line)
    total, unproven = sum(report.asked.values()), sum(report.unproven.values())
    print(
        f"{total} queries, of which {report.broken} do not hold; "
        f"values that validators dispute: {report.disputed}"
    )
    print(
        f"wrong {len(report.wrong)}, unproven {unproven} {dict(report.unproven)}, "
        f"slowest {report.slowest_s:.2f} s"
    )
    raise SystemExit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()

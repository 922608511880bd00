"""Containment proven by parts: at every place, all that a producer may send is taken by the consumer.

The two schemas are walked together. What the producer may send at a place is a conjunction of schemas; each
schema of the consumer must follow from it, keyword by keyword. Where that does not settle a place,
:mod:`containment` is asked about that place. Recursion is settled by induction over the event: a pair of
schemas that is met again further down in the event is assumed there.

A proof is sound: no gap means that the consumer takes everything. A gap means only that this proof failed.
"""

from __future__ import annotations

from typing import Any, Final

import jsonschema_rs

from bridge.schemas.compatibility.proving import containment
from bridge.schemas.compatibility.proving.gaps import TOP, Gap, Nodes, Path, as_undeclared, declares
from bridge.schemas.compatibility.proving.keywords import find_local_gaps
from bridge.schemas.compatibility.proving.parts import Parts, take_apart, values_of
from bridge.schemas.compatibility.proving.patience import Patience
from bridge.schemas.compatibility.proving.regions import element_pairs, impossible, member_pairs
from bridge.schemas.compatibility.reading.mentions import TURNING, References, count_schemas, mentions
from bridge.schemas.compatibility.reading.normal import DEFS, Schema
from bridge.schemas.compatibility.reading.readings import Reading, TooComplex

MAX_DEPTH: Final = 140
SMALL: Final = 90
"""Schemas that the canonical form is asked about where nobody could end it."""


class Prover:
    """One direction of one pair. ``ask``: whether :mod:`containment` may be asked."""

    def __init__(self, producer: Reading, consumer: Reading, patience: Patience, *, ask: bool) -> None:
        self.producer = producer
        self.consumer = consumer
        self.defs: dict[str, Schema] = {**producer.defs, **consumer.defs}
        self._ask = ask
        self.patience = patience
        self._unhurried = patience.endless
        self.smallest: dict[tuple[int, ...], dict[str, Any]] = {}
        """The smallest event known for a holder, by :attr:`Path.holder_key`: found once for all its gaps."""
        self._proven: dict[tuple[Any, ...], None] = {}
        self._failed: dict[tuple[Any, ...], list[Gap]] = {}
        self._open: dict[tuple[Any, ...], int] = {}
        self._references = References()
        self._made: dict[tuple[int, str], tuple[Nodes, ...]] = {}
        self._parts: dict[tuple[int, ...], tuple[Nodes, Parts]] = {}

    def run(self) -> list[Gap]:
        """Nothing left over: the consumer takes everything. Raises :class:`TooComplex`."""
        return self.prove((self.producer.root,), self.consumer.root, TOP)

    def parts(self, nodes: Nodes) -> Parts:
        key = tuple(map(id, nodes))
        known = self._parts.get(key)
        if known is None:
            known = self._parts[key] = (nodes, take_apart(self.defs, nodes))
        return known[1]

    def prove(
        self, nodes: Nodes, wanted: Schema, path: Path, split: frozenset[int] = frozenset()
    ) -> list[Gap]:
        if wanted is True or (isinstance(wanted, dict) and not wanted):
            return []
        nodes = tuple(each for each in nodes if each is not True)
        if self._plainly(nodes, wanted):
            return []
        key = (*map(id, nodes), id(wanted), split)
        if key in self._proven:
            return []
        if key in self._open:
            # Met again below itself in the event: assumed. Met again at the same place: nothing gained.
            if self._open[key] < path.depth:
                return []
            return [Gap("combined-changed", path, nodes, wanted)]
        if key in self._failed:
            return self._failed[key]
        self.patience.check()
        if path.depth > MAX_DEPTH:
            raise TooComplex("the schemas are nested too deep to be compared")
        mark = len(self._proven)
        self._open[key] = path.depth
        gaps = self._prove(nodes, wanted, path, split)
        del self._open[key]
        if gaps:
            while len(self._proven) > mark:  # what was proven below may have leant on what failed here
                self._proven.popitem()
            self._failed[key] = gaps[:1]
        else:
            self._proven[key] = None
        return gaps

    def _prove(self, nodes: Nodes, wanted: Schema, path: Path, split: frozenset[int]) -> list[Gap]:
        parts = self.parts(nodes)
        if impossible(parts):
            return []
        if isinstance(wanted, bool):
            gaps = [Gap("false", path, nodes, wanted)]
            choices = True
        else:
            values = values_of(parts)
            if values is not None and self._takes_all(wanted, values):
                return []
            local_gaps = [
                Gap(found.rule, path, nodes, wanted, found.keyword, found.detail)
                for found in find_local_gaps(parts, wanted)
                if found.keyword not in _WHOLE or not self._said_alike(parts, wanted, found.keyword)
            ]
            # A keyword alone is a smaller question than the schema it stands in.
            gaps = [each for each in local_gaps if not self._covered(nodes, _alone(wanted, each))]
            gaps += self._in_place(nodes, parts, wanted, path, split)
            gaps += self._below(nodes, parts, wanted, path)
            choices = bool(parts.choices) or not _CHOOSING.isdisjoint(wanted)
        if not gaps:
            return []
        splits = self._split(nodes, parts, wanted, path, split)
        if splits is not None:
            if not splits:
                return []
            gaps = splits
        if choices and self._covered(nodes, wanted):
            return []
        return gaps

    def _split(
        self, nodes: Nodes, parts: Parts, wanted: Schema, path: Path, split: frozenset[int]
    ) -> list[Gap] | None:
        """The proof case by case, for the first choice that was not split yet; ``None`` without one."""
        for node, keyword in parts.choices:
            mark = id(node) ^ hash(keyword)
            if mark in split:
                continue
            gaps: list[Gap] = []
            for option in self._options(node, keyword):
                gaps += self.prove((*nodes, *option), wanted, path, split | {mark})
                if len(gaps) > 30:
                    break
            return gaps
        return None

    def _options(self, node: dict[str, Any], keyword: str) -> tuple[Nodes, ...]:
        key = (id(node), keyword)
        known = self._made.get(key)
        if known is None:
            if keyword == "if":
                known = ((node["if"], node.get("then", True)), (node.get("else", True),))
            else:
                known = tuple((each,) for each in node[keyword])
            self._made[key] = known
        return known

    def _covered(self, nodes: Nodes, wanted: Schema) -> bool:
        if not self._ask:
            return False
        consumer = containment.bundle((wanted,), self.defs)
        producer = containment.bundle(nodes, self.defs)
        if not self._unhurried and count_schemas(consumer) + count_schemas(producer) > SMALL:
            return False
        if self.consumer.inexact and mentions(consumer, _OWN):
            return False
        if self.producer.inexact and mentions(producer, _OWN) and mentions(producer, TURNING):
            return False
        return containment.covers(consumer, producer) is True

    def _takes_all(self, wanted: dict[str, Any], values: list[Any]) -> bool:
        """Whether each of a few values is taken, as the validator says."""
        if self.consumer.inexact or len(values) > 2_000 or wanted.keys() <= {"type", "enum", "$comment"}:
            return False
        try:
            validator = jsonschema_rs.Draft202012Validator(
                containment.bundle((wanted,), self.defs), validate_formats=True, offline=True
            )
        except (ValueError, jsonschema_rs.ValidationError):
            return False
        return all(validator.is_valid(value) for value in values)

    def _in_place(
        self, nodes: Nodes, parts: Parts, wanted: dict[str, Any], path: Path, split: frozenset[int]
    ) -> list[Gap]:
        """What describes the same place, each as a schema of its own that must follow."""
        gaps: list[Gap] = []
        for keyword in _IN_PLACE:
            if keyword not in wanted or self._said_alike(parts, wanted, keyword):
                continue
            value = wanted[keyword]
            if keyword == "$ref":
                gaps += self.prove(nodes, self.defs[value.removeprefix(DEFS)], path, split)
            elif keyword == "allOf":
                for each in value:
                    gaps += self.prove(nodes, each, path, split)
            elif keyword in ("anyOf", "oneOf"):
                gaps += self._one_of_several(nodes, wanted, keyword, path, split)
            elif not self._holds(nodes, parts, wanted, keyword, path, split):
                gaps.append(Gap(_RULES[keyword], path, nodes, wanted, keyword))
        return gaps

    def _one_of_several(
        self, nodes: Nodes, wanted: dict[str, Any], keyword: str, path: Path, split: frozenset[int]
    ) -> list[Gap]:
        """One branch must follow; of ``oneOf`` the others must be out of the question."""
        branches = [each for each in wanted[keyword] if not self._apart(nodes, each)]
        nearest: list[Gap] | None = None
        if keyword == "anyOf" or len(branches) == 1:
            for each in branches:
                gaps = self.prove(nodes, each, path, split)
                if not gaps:
                    return []
                if nearest is None or len(gaps) <= len(nearest):
                    nearest = gaps
        if len(branches) == 1 and nearest is not None:
            return nearest
        return [*(nearest or ()), Gap(_RULES[keyword], path, nodes, wanted, keyword)]

    def _said_alike(self, parts: Parts, wanted: dict[str, Any], keyword: str) -> bool:
        if self._references.stand_in(wanted[keyword]):
            return False
        together = _TOGETHER.get(keyword, (keyword,))
        for node in parts.nodes:
            if keyword in node and all(node.get(each) == wanted.get(each) for each in together):
                return not any(self._references.stand_in(wanted[each]) for each in together if each in wanted)
        return False

    def _holds(
        self,
        nodes: Nodes,
        parts: Parts,
        wanted: dict[str, Any],
        keyword: str,
        path: Path,
        split: frozenset[int],
    ) -> bool:
        value = wanted[keyword]
        if keyword == "not":
            return self._apart(nodes, value)
        if keyword == "if":
            return self._conditional(nodes, parts, wanted, path, split)
        if keyword == "dependentSchemas":
            return all(
                not self.prove((*nodes, self._having(wanted, name)), each, path, split)
                for name, each in value.items()
            )
        return False

    def _having(self, wanted: dict[str, Any], name: str) -> Schema:
        key = (id(wanted), f"having {name}")
        if key not in self._made:
            self._made[key] = (({"type": "object", "required": [name]},),)
        return self._made[key][0][0]

    def _apart(self, nodes: Nodes, other: Schema) -> bool:
        return impossible(self.parts((*nodes, other)))

    def _conditional(
        self, nodes: Nodes, parts: Parts, wanted: dict[str, Any], path: Path, split: frozenset[int]
    ) -> bool:
        test, then, other = wanted["if"], wanted.get("then", True), wanted.get("else", True)
        if self._apart(nodes, test):
            return not self.prove(nodes, other, path, split)
        for node in parts.nodes:
            if "if" in node and node["if"] == test and not self._references.stand_in(test):
                yes = (*nodes, test, node.get("then", True))
                no = (*nodes, node.get("else", True))
                return not self.prove(yes, then, path, split) and not self.prove(no, other, path, split)
        if self.prove((*nodes, test), then, path, split):
            return False
        return not self.prove(nodes, test, path, split) or not self.prove(nodes, other, path, split)

    def _below(self, nodes: Nodes, parts: Parts, wanted: dict[str, Any], path: Path) -> list[Gap]:
        gaps: list[Gap] = []
        if "object" in parts.types:
            for name, producer, consumer in member_pairs(parts, wanted):
                if self._plainly(producer, consumer):
                    continue
                below = Path(path, nodes, name, path.depth + 1)
                found = self.prove(producer, consumer, below)
                gaps += as_undeclared(found, below) if found and not declares(parts, name) else found
        if "array" in parts.types:
            for index, producer, consumer in element_pairs(parts, wanted):
                gaps += self.prove(producer, consumer, Path(path, nodes, index, path.depth + 1))
        return gaps

    def _plainly(self, nodes: Nodes, wanted: Schema) -> bool:
        """Whether the producer says the very same. Equal references may lead to different things."""
        return isinstance(wanted, dict) and wanted in nodes and not self._references.stand_in(wanted)


def _alone(wanted: dict[str, Any], gap: Gap) -> dict[str, Any]:
    """The keyword of a gap as a schema of its own, where it does not look at those beside it."""
    if gap.keyword.startswith("unevaluated"):
        return wanted
    if gap.detail:
        return {gap.keyword: [gap.detail]}
    together = _TOGETHER.get(gap.keyword, (gap.keyword,))
    return {keyword: wanted[keyword] for keyword in together if keyword in wanted}


_OWN: Final = frozenset({"x-draft4-integer", "x-content"})


_IN_PLACE: Final = ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas")
_WHOLE: Final = ("contains", "propertyNames")
_CHOOSING: Final = frozenset({"anyOf", "oneOf", "not", "if", "dependentSchemas"})
_TOGETHER: Final = {
    "type": ("type", "x-draft4-integer"),
    "if": ("if", "then", "else"),
    "contains": ("contains", "minContains", "maxContains"),
}
_RULES: Final = {
    "anyOf": "combined-changed",
    "oneOf": "combined-changed",
    "not": "not-changed",
    "if": "conditional-changed",
    "dependentSchemas": "dependent-schemas-changed",
}

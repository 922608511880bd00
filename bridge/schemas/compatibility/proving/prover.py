"""Proof of containment by parts: at every place, the consumer accepts all that the producer may send.

The prover walks both schemas together. What the producer may send at a place is a conjunction of schemas;
each schema of the consumer must follow from it, keyword by keyword. Where that does not decide a place,
:mod:`containment` is asked about that place. Recursion is proven by induction over the event: a pair of
schemas that occurs again further down in the event is assumed to hold there.

A proof is sound: no gap means that the consumer accepts everything. A gap means only that this proof failed.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import jsonschema_rs

from bridge.schemas.compatibility.proving import containment
from bridge.schemas.compatibility.proving.containment import bundle
from bridge.schemas.compatibility.proving.gaps import TOGETHER, TOP, Gap, Nodes, Path, alone, as_undeclared
from bridge.schemas.compatibility.proving.judges import TURNING
from bridge.schemas.compatibility.proving.keywords import find_local_gaps
from bridge.schemas.compatibility.proving.parts import Parts, declares, options_of, take_apart, values_of
from bridge.schemas.compatibility.proving.regions import element_pairs, impossible, member_pairs
from bridge.schemas.compatibility.reading.complexity import Patience, TooComplex
from bridge.schemas.compatibility.reading.json_values import mentions, objects_in
from bridge.schemas.compatibility.reading.normal import DEFS, Normal, Schema

MAX_DEPTH: Final = 140
SMALL: Final = 90
"""How many schemas the canonical form may be asked about in a process that cannot be ended."""


class _Here(NamedTuple):
    """What the producer may send at one place. ``split``: marks of the choices that were split already."""

    nodes: Nodes
    parts: Parts
    path: Path
    split: frozenset[int]


class Prover:
    """One direction of one pair. ``ask``: whether :mod:`containment` may be asked."""

    def __init__(self, producer: Normal, consumer: Normal, patience: Patience, *, ask: bool) -> None:
        self.producer = producer
        self.consumer = consumer
        self.defs: dict[str, Schema] = {**producer.defs, **consumer.defs}
        self._ask = ask
        self.patience = patience
        self._unhurried = patience.endless
        self.smallest: dict[tuple[int, ...], dict[str, Any]] = {}
        """The smallest known value of a holder, by :attr:`Path.holder_key`: found once for all its gaps."""
        self._proven: dict[tuple[Any, ...], None] = {}
        self._failed: dict[tuple[Any, ...], list[Gap]] = {}
        self._open: dict[tuple[Any, ...], int] = {}
        self._referring: dict[int, bool] = {}
        self._having: dict[str, Schema] = {}
        self._parts: dict[tuple[int, ...], tuple[Nodes, Parts]] = {}

    def run(self) -> list[Gap]:
        """The gaps; none if the consumer accepts everything. Raises :class:`TooComplex`."""
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
            # Again below itself in the event: assumed. Again at the same place: proves nothing.
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
        gaps = self._prove(_Here(nodes, self.parts(nodes), path, split), wanted)
        del self._open[key]
        if gaps:
            while len(self._proven) > mark:  # what was proven below may have assumed what failed here
                self._proven.popitem()
            self._failed[key] = gaps[:1]
        else:
            self._proven[key] = None
        return gaps

    def _prove(self, here: _Here, wanted: Schema) -> list[Gap]:
        nodes, parts, path = here.nodes, here.parts, here.path
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
                if found.keyword not in _WHOLE or not self._is_same(parts, wanted, found.keyword)
            ]
            # A keyword alone is a smaller question than the whole schema.
            gaps = [each for each in local_gaps if not self._covered(nodes, alone(wanted, each))]
            gaps += self._in_place(here, wanted)
            gaps += self._below(here, wanted)
            choices = bool(parts.choices) or not _CHOOSING.isdisjoint(wanted)
        if gaps:
            splits = self._split(here, wanted)
            gaps = gaps if splits is None else splits
        if gaps and choices and self._covered(nodes, wanted):
            return []
        return gaps

    def _split(self, here: _Here, wanted: Schema) -> list[Gap] | None:
        """The proof case by case, for the first choice that is not split yet; ``None`` without one."""
        for node, keyword in here.parts.choices:
            mark = id(node) ^ hash(keyword)
            if mark in here.split:
                continue
            gaps: list[Gap] = []
            for option in options_of(node, keyword):
                gaps += self.prove((*here.nodes, *option), wanted, here.path, here.split | {mark})
                if len(gaps) > 30:
                    break
            return gaps
        return None

    def _covered(self, nodes: Nodes, wanted: Schema) -> bool:
        if not self._ask:
            return False
        consumer = bundle((wanted,), self.defs)
        producer = bundle(nodes, self.defs)
        if not self._unhurried and count_schemas(consumer, producer) > SMALL:
            return False
        if self.consumer.inexact and mentions(consumer, _OWN):
            return False
        if self.producer.inexact and mentions(producer, _OWN) and mentions(producer, TURNING):
            return False
        return containment.covers(consumer, producer) is True

    def _takes_all(self, wanted: dict[str, Any], values: list[Any]) -> bool:
        """Whether the validator accepts each of a few values."""
        if self.consumer.inexact or len(values) > 2_000 or wanted.keys() <= {"type", "enum", "$comment"}:
            return False
        try:
            validator = jsonschema_rs.Draft202012Validator(
                bundle((wanted,), self.defs), validate_formats=True, offline=True
            )
        except (ValueError, jsonschema_rs.ValidationError):
            return False
        return all(validator.is_valid(value) for value in values)

    def _in_place(self, here: _Here, wanted: dict[str, Any]) -> list[Gap]:
        """The schemas that describe the same place; each must follow by itself."""
        gaps: list[Gap] = []
        for keyword in _IN_PLACE:
            if keyword not in wanted or self._is_same(here.parts, wanted, keyword):
                continue
            value = wanted[keyword]
            if keyword == "$ref":
                gaps += self._gaps(here, self.defs[value.removeprefix(DEFS)])
            elif keyword == "allOf":
                for each in value:
                    gaps += self._gaps(here, each)
            elif keyword in ("anyOf", "oneOf"):
                gaps += self._one_of_several(here, wanted, keyword)
            elif not self._holds(here, wanted, keyword):
                gaps.append(Gap(_RULES[keyword], here.path, here.nodes, wanted, keyword))
        return gaps

    def _gaps(self, here: _Here, wanted: Schema, *more: Schema) -> list[Gap]:
        """As :meth:`prove`, at the same place. ``more``: further schemas of what the producer may send."""
        return self.prove((*here.nodes, *more), wanted, here.path, here.split)

    def _one_of_several(self, here: _Here, wanted: dict[str, Any], keyword: str) -> list[Gap]:
        """One branch must follow; of ``oneOf`` the others must be impossible."""
        branches = [each for each in wanted[keyword] if not self._apart(here, each)]
        nearest: list[Gap] | None = None
        if keyword == "anyOf" or len(branches) == 1:
            for each in branches:
                gaps = self._gaps(here, each)
                if not gaps:
                    return []
                if nearest is None or len(gaps) <= len(nearest):
                    nearest = gaps
        if len(branches) == 1 and nearest is not None:
            return nearest
        return [*(nearest or ()), Gap(_RULES[keyword], here.path, here.nodes, wanted, keyword)]

    def _is_same(self, parts: Parts, wanted: dict[str, Any], keyword: str) -> bool:
        """Whether the producer has the very same keyword. Equal references may have different targets."""
        together = TOGETHER.get(keyword, (keyword,))
        return any(
            keyword in node and all(node.get(each) == wanted.get(each) for each in together)
            for node in parts.nodes
        ) and not any(self._refers(wanted.get(each)) for each in together)

    def _holds(self, here: _Here, wanted: dict[str, Any], keyword: str) -> bool:
        if keyword == "not":
            return self._apart(here, wanted["not"])
        if keyword == "if":
            return self._conditional(here, wanted["if"], wanted.get("then", True), wanted.get("else", True))
        for name, each in wanted["dependentSchemas"].items():
            having = self._having.setdefault(name, {"type": "object", "required": [name]})
            if self._gaps(here, each, having):
                return False
        return True

    def _apart(self, here: _Here, other: Schema) -> bool:
        """Whether nothing that the producer may send satisfies ``other``."""
        return impossible(self.parts((*here.nodes, other)))

    def _conditional(self, here: _Here, test: Schema, then: Schema, other: Schema) -> bool:
        if self._apart(here, test):
            return not self._gaps(here, other)
        for node in here.parts.nodes:
            if "if" in node and node["if"] == test and not self._refers(test):
                return not self._gaps(here, then, test, node.get("then", True)) and not self._gaps(
                    here, other, node.get("else", True)
                )
        if self._gaps(here, then, test):
            return False
        return not self._gaps(here, test) or not self._gaps(here, other)

    def _below(self, here: _Here, wanted: dict[str, Any]) -> list[Gap]:
        gaps: list[Gap] = []
        if "object" in here.parts.types:
            for name, producer, consumer in member_pairs(here.parts, wanted):
                if self._plainly(producer, consumer):
                    continue
                below = here.path.below(here.nodes, name)
                found = self.prove(producer, consumer, below)
                gaps += found if not found or declares(here.parts, name) else as_undeclared(found, below)
        if "array" in here.parts.types:
            for index, producer, consumer in element_pairs(here.parts, wanted):
                gaps += self.prove(producer, consumer, here.path.below(here.nodes, index))
        return gaps

    def _plainly(self, nodes: Nodes, wanted: Schema) -> bool:
        """Whether the producer has the very same schema. Equal references may have different targets."""
        return isinstance(wanted, dict) and wanted in nodes and not self._refers(wanted)

    def _refers(self, value: Any) -> bool:
        """Whether it contains a reference. Kept by ``id``: nodes live as long as the prover."""
        if not isinstance(value, dict | list) or (isinstance(value, dict) and value.keys() <= _SCALAR):
            return False
        known = self._referring.get(id(value))
        if known is None:
            inner = value.values() if isinstance(value, dict) else value
            known = (isinstance(value, dict) and "$ref" in value) or any(map(self._refers, inner))
            self._referring[id(value)] = known
        return known


def count_schemas(*documents: dict[str, Any]) -> int:
    """How many objects they contain, which are schemas for the most part."""
    return sum(1 for _ in objects_in(list(documents)))


_OWN: Final = frozenset({"x-draft4-integer", "x-content"})
_SCALAR: Final = frozenset(
    {
        "type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems",
    }
)  # fmt: skip
"""Keywords without schemas in them: skipped quickly, because this is asked often."""
_IN_PLACE: Final = ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas")
_WHOLE: Final = ("contains", "propertyNames")
_CHOOSING: Final = frozenset({"anyOf", "oneOf", "not", "if", "dependentSchemas"})
_RULES: Final = {
    "anyOf": "combined-changed",
    "oneOf": "combined-changed",
    "not": "not-changed",
    "if": "conditional-changed",
    "dependentSchemas": "dependent-schemas-changed",
}

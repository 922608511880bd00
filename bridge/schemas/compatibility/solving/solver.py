"""Whether any value satisfies some schemas and refuses others: every way to do so is tried, kind by kind.

A schema is read as what it asserts and how it can fail (:mod:`expand`). Alternatives are chosen one by one
(:mod:`branch`); what is then left is decided by :mod:`numbers`, :mod:`texts`, :mod:`objects` and
:mod:`arrays`. That nothing is found is a proof only if the answer is ``complete``. Values are guesses that
must be validated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bridge.schemas.compatibility.reading.complexity import Patience, TooComplex
from bridge.schemas.compatibility.reading.json_values import key_of, mentions
from bridge.schemas.compatibility.reading.normal import Schema
from bridge.schemas.compatibility.solving.arrays import Arrays
from bridge.schemas.compatibility.solving.branch import Branch
from bridge.schemas.compatibility.solving.elements import ElementExpander, elements_of
from bridge.schemas.compatibility.solving.expand import KINDS, NUMBERS, Expander, Items
from bridge.schemas.compatibility.solving.members import ObjectExpander, members_of
from bridge.schemas.compatibility.solving.numbers import find_numbers
from bridge.schemas.compatibility.solving.objects import Objects
from bridge.schemas.compatibility.solving.places import Place
from bridge.schemas.compatibility.solving.signed import ASSUMED, UNKNOWN, Conjunction, Found, Pool, joined
from bridge.schemas.compatibility.solving.texts import find_strings

MAX_DEPTH: Final = 90
MAX_STEPS: Final = 60_000
MANY_FAILING: Final = 6
_LISTED: Final[dict[str, tuple[Any, ...]]] = {"null": (None,), "boolean": (True, False)}


class Solver:
    """``defs``: the definitions that the schemas refer to."""

    def __init__(self, defs: Mapping[str, Schema], patience: Patience) -> None:
        self.pool = Pool(defs)
        self.patience = patience
        self._known: dict[Conjunction, tuple[int, Found]] = {}
        self._open: dict[Conjunction, int] = {}
        self._lowest = 0
        self._steps = 0
        draft_4 = mentions(list(defs.values()), frozenset({"x-draft4-integer"}))
        self._kinds = KINDS if draft_4 else tuple(kind for kind in KINDS if kind != "whole")

    def counterexamples(self, wanted: tuple[Schema, ...], refused: Schema, want: int) -> Found:
        """Values that satisfy all of ``wanted`` and not ``refused``. Raises :class:`TooComplex`."""
        if mentions([*wanted, refused], frozenset({"x-draft4-integer"})):
            self._kinds = KINDS
        self._steps = 0
        parts = (*map(self.pool.of, wanted), self.pool.of(refused, wanted=False))
        return self.solve(self.pool.conjunction(*parts), want)

    def key(self, value: Any) -> str:
        return key_of(value)

    def solve(self, conjunction: Conjunction, want: int) -> Found:
        known = self._known.get(conjunction)
        if known is not None and (known[0] >= want or known[1].complete):
            return known[1]
        if self.pool.nothing in conjunction:
            return Found((), True)
        if conjunction in self._open:
            self._lowest = min(self._lowest, self._open[conjunction])
            return ASSUMED
        depth = len(self._open)
        if depth > MAX_DEPTH:
            return UNKNOWN
        self._open[conjunction] = depth
        before, self._lowest = self._lowest, depth
        try:
            found = self._solve(conjunction, want)
        finally:
            del self._open[conjunction]
            lowest, self._lowest = self._lowest, min(self._lowest, before)
        if lowest >= depth:
            # Nothing was assumed about a question that is still open: no smallest value has one below it.
            found = Found(found.values, found.complete)
        if lowest >= depth or found.values:
            self._known[conjunction] = (want, found)
        return found

    def _solve(self, conjunction: Conjunction, want: int) -> Found:
        return joined(self._by_kind(conjunction, want), want)

    def _by_kind(self, conjunction: Conjunction, want: int) -> Iterator[Found]:
        for kind in self._kinds:
            plain = Expander(self.pool, kind)
            start = tuple(plain.signed(each) for each in conjunction)
            if self._has_kind(plain, conjunction):
                yield self._of_kind(kind, plain, conjunction, start, want)

    def _has_kind(self, expander: Expander, conjunction: Conjunction) -> bool:
        """Whether types and constants at the top allow this kind."""
        for each in conjunction:
            node = each.node
            if each.wanted and "type" in node and tuple(expander.asserts(node, "type", node["type"])):
                return False
            if each.wanted and "enum" in node and not any(map(expander.is_of_kind, node["enum"])):
                return False
        return True

    def _of_kind(
        self, kind: str, expander: Expander, conjunction: Conjunction, start: Items, want: int
    ) -> Found:
        places: list[Place] = []
        if kind == "object":
            members = members_of(self, conjunction)
            if members is None:
                return UNKNOWN
            places, expander = members, ObjectExpander(self, members)
        elif kind == "array":
            elements = elements_of(self, conjunction)
            if elements is None:
                return UNKNOWN
            places, expander = elements[0], ElementExpander(self, elements[0], contains=elements[1])
        branch = Branch(expander, self._impossible)
        return joined(self._branches(branch, start, conjunction, places, want), want)

    def _impossible(self, conjunction: Conjunction) -> bool:
        return self.solve(conjunction, 1).empty

    def _branches(
        self, branch: Branch, items: Items, conjunction: Conjunction, places: list[Place], want: int
    ) -> Iterator[Found]:
        """The answers of all branches. Where only one alternative is left, it is taken at once."""
        left: Items | None = items
        ways: list[Items] = []
        while left is not None:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise TooComplex("the search takes too many steps")
            self.patience.check()
            if not branch.take(left):
                return
            left, ways = _next(branch)
        if not ways:
            yield self._leaf(branch, conjunction, places, want)
            return
        for way in ways[:-1]:
            yield from self._branches(branch.copy(), way, conjunction, places, want)
        yield from self._branches(branch, ways[-1], conjunction, places, want)

    def _leaf(self, branch: Branch, conjunction: Conjunction, places: list[Place], want: int) -> Found:
        kind = branch.kind
        if branch.allowed is not None:
            return self._listed(list(branch.allowed.values()), kind, conjunction)
        if kind in _LISTED:
            values = (value for value in _LISTED[kind] if key_of(value) not in branch.excluded)
            return Found(tuple(values), True)
        if kind in NUMBERS:
            return find_numbers(kind, branch.literals, branch.excluded, want)
        if kind == "string":
            return find_strings(branch.literals, branch.least, branch.most, branch.excluded, want)
        if kind == "array":
            return Arrays(self, branch, places).find(want)
        return Objects(self, branch, places).find(want)

    def _listed(self, values: list[Any], kind: str, conjunction: Conjunction) -> Found:
        """Of a few values, those that satisfy everything."""
        if kind == "whole":
            values = [float(value) for value in values]
        elif kind == "integer":
            values = [int(value) for value in values]
        answers = [(value, self.pool.all_hold(conjunction, value)) for value in values]
        found = tuple(value for value, answer in answers if answer is not False)
        sure = all(answer is not None for _, answer in answers)
        return Found(found, sure or not found)


def _next(branch: Branch) -> tuple[Items | None, list[Items]]:
    """What has to be taken now, or else the alternatives to choose from.

    The fewest alternatives are chosen first. Where very much has to fail, what must hold is chosen first.
    """
    left: list[tuple[bool, list[Items], int]] = []
    still: list[tuple[tuple[Items, ...], bool]] = []
    for position, (alternatives, failing) in enumerate(branch.open):
        if any(branch.has(way) for way in alternatives):
            continue
        ways = [way for way in alternatives if not branch.refuses(way)]
        if len(ways) <= 1:
            branch.open = [*still, *branch.open[position + 1 :]]
            return (ways[0] if ways else (("no",),)), []
        left.append((failing, ways, len(still)))
        still.append((alternatives, failing))
    branch.open = still
    if not left:
        return None, []
    many = sum(failing for failing, _, _ in left) > MANY_FAILING
    _, ways, chosen = min(left, key=lambda each: (many and each[0], len(each[1])))
    del still[chosen]
    return None, ways

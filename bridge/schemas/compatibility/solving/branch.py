"""One branch of a search: the literals that were chosen so far, and whether another one contradicts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bridge.schemas.compatibility.solving.expand import Expander, Item, Items
from bridge.schemas.compatibility.solving.places import Place
from bridge.schemas.compatibility.solving.signed import Conjunction, Signed

LOOK: Final = 3
"""How many schemas deep an alternative is read before it is chosen."""
LISTED: Final = 200
"""Up to so many values are validated one by one."""
_NONE: Final[Conjunction] = frozenset()


class Branch:
    """``impossible`` says of a conjunction of simple schemas whether no value satisfies it."""

    def __init__(self, expander: Expander, impossible: Callable[[Conjunction], bool]) -> None:
        self._expander = expander
        self._pool = expander.pool
        self._impossible = impossible
        self.kind = expander.kind
        self.taken: set[Item] = set()
        self.open: list[tuple[tuple[Items, ...], bool]] = []
        """Alternatives, and whether they are ways to fail."""
        self.allowed: dict[str, Any] | None = None
        self.excluded: set[str] = set()
        self.least = 0
        self.most: int | None = None
        self.literals: list[Item] = []
        self.all: dict[Place, Conjunction] = {}
        self.some: dict[Place, list[Conjunction]] = {}

    def copy(self) -> Branch:
        other = Branch(self._expander, self._impossible)
        other.taken = set(self.taken)
        other.open = list(self.open)
        other.allowed = self.allowed
        other.excluded = set(self.excluded)
        other.least, other.most = self.least, self.most
        other.literals = list(self.literals)
        other.all = dict(self.all)
        other.some = dict(self.some)
        return other

    def take(self, items: Items) -> bool:
        """Adds items; ``False`` where they contradict the branch."""
        waiting = list(reversed(items))
        while waiting:
            item = waiting.pop()
            word = item[0]
            if word == "no":
                return False
            if word == "or":
                self.open.append((item[1], item[2]))
                continue
            if word == "schema":
                if item in self.taken:
                    continue
                if ("schema", item[1].opposite) in self.taken:
                    return False
                self.taken.add(item)
                waiting += reversed(self._expander.items(item[1]))
            elif not self._literal(item):
                return False
        return True

    def _literal(self, item: Item) -> bool:
        word, value = item[0], item[1]
        if word == "in":
            values = {key: each for key, each in value.by_key.items() if self._expander.is_of_kind(each)}
            if self.allowed is not None:
                values = {key: each for key, each in values.items() if key in self.allowed}
            self.allowed = {key: each for key, each in values.items() if key not in self.excluded}
            return bool(self.allowed)
        if word == "out":
            self.excluded.update(value.by_key)
            if self.allowed is not None:
                self.allowed = {k: each for k, each in self.allowed.items() if k not in self.excluded}
                return bool(self.allowed)
        elif word == "least":
            self.least = max(self.least, value)
        elif word == "most":
            self.most = value if self.most is None else min(self.most, value)
        elif word == "all":
            return self._all(value, item[2])
        elif word == "some":
            return self._some(value, item[2])
        else:
            self.literals.append(item)
        return self.most is None or self.least <= self.most

    def _all(self, place: Place, signed: Signed) -> bool:
        joined = self._pool.narrowed(self.all.get(place, _NONE), (signed,))
        self.all[place] = joined
        groups = self.some.get(place, ())
        if place.key is not None and groups:
            return not self._contradicts(self._pool.narrowed(joined, groups[0]))
        return not any(self._contradicts(self._pool.narrowed(joined, group)) for group in groups)

    def _some(self, place: Place, signed: Signed) -> bool:
        groups = self.some.get(place, [])
        if place.key is None:
            group = frozenset({signed})
            self.some[place] = groups if group in groups else [*groups, group]
        else:
            group = self._pool.narrowed(groups[0] if groups else _NONE, (signed,))
            self.some[place] = [group]
        return not self._contradicts(self._pool.narrowed(self.all.get(place, _NONE), group))

    def _contradicts(self, conjunction: Conjunction) -> bool:
        if self._pool.nothing in conjunction:
            return True
        simple = frozenset(each for each in conjunction if each.flat)
        listed = min((each.node["enum"] for each in simple if each.lists), key=len, default=None)
        if listed is not None and len(listed) <= LISTED:
            return all(self._pool.all_hold(simple, value) is False for value in listed)
        return len(simple) > 1 and self._impossible(simple)

    def has(self, items: Items) -> bool:
        """Whether the branch holds all of it already."""
        return all(self._has(item) for item in items)

    def _has(self, item: Item) -> bool:
        word = item[0]
        if word == "schema":
            return item in self.taken or item[1] is self._pool.anything
        if word == "all":
            known = self.all.get(item[1], _NONE)
            return item[2] in known or self._pool.nothing in known
        if word == "some":
            return any(self._follows(item[2], item[1], group) for group in self.some.get(item[1], ()))
        if word == "least":
            return bool(self.least >= item[1])
        return word == "most" and self.most is not None and bool(self.most <= item[1])

    def _follows(self, signed: Signed, place: Place, group: Conjunction) -> bool:
        """Whether what is known of a value there leaves nothing that fails it."""
        if signed in group or signed is self._pool.anything:
            return True
        known = self._pool.narrowed(self.all.get(place, _NONE), group)
        return signed.flat and self._contradicts(self._pool.narrowed(known, (signed.opposite,)))

    def refuses(self, items: Items, depth: int = LOOK) -> bool:
        """Whether one of them is seen to contradict the branch; ``False`` means "not known"."""
        return any(self._refuses(item, depth) for item in items)

    def _refuses(self, item: Item, depth: int) -> bool:
        word = item[0]
        if word == "no":
            return True
        value = item[1]
        if word == "schema":
            if item in self.taken:
                return False
            if ("schema", value.opposite) in self.taken:
                return True
            return depth > 0 and self.refuses(self._expander.items(value), depth - 1)
        if word == "or":
            return depth > 0 and len(value) <= 4 and all(self.refuses(way, depth - 1) for way in value)
        if word == "all":
            groups = self.some.get(value, ())
            known = self.all.get(value, _NONE)
            return any(self._contradicts(self._pool.narrowed(known, (*group, item[2]))) for group in groups)
        if word == "some":
            known = self.all.get(value, _NONE)
            if value.key is not None and value in self.some:
                known = self._pool.narrowed(known, self.some[value][0])
            return self._contradicts(self._pool.narrowed(known, (item[2],)))
        if word == "in" and self.allowed is not None:
            return self.allowed.keys().isdisjoint(value.by_key)
        if word == "out" and self.allowed is not None:
            return bool(self.allowed.keys() <= value.by_key.keys())
        if word == "least":
            return self.most is not None and bool(value > self.most)
        return word == "most" and bool(value < self.least)

"""Objects of one branch of a search: what their members hold, and how many there are."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, Final

from bridge.schemas.compatibility.solving.asking import Asking
from bridge.schemas.compatibility.solving.branch import Branch
from bridge.schemas.compatibility.solving.places import Place
from bridge.schemas.compatibility.solving.signed import EMPTY, UNKNOWN, Conjunction, Found

MANY: Final = 64
"""All objects are listed if there are at most so many."""
_FREE: Final[Conjunction] = frozenset()
_ABSENT: Final = object()


class _Impossible(Exception):
    """Nothing satisfies the branch."""


class Objects:
    """``places`` are all places in an object that the schemas distinguish."""

    def __init__(self, asking: Asking, branch: Branch, places: list[Place]) -> None:
        self._asking = asking
        self._branch = branch
        self._needed = [place for place in places if branch.some.get(place)]
        self._optional = [place for place in places if not branch.some.get(place)]
        self._assumed = False
        self._doubt = False
        self._complete = True

    def find(self, want: int) -> Found:
        try:
            return self._find(want + len(self._branch.excluded))
        except _Impossible:
            return EMPTY._replace(assumed=self._assumed)

    def _find(self, want: int) -> Found:
        members, fewest = self._required(want)
        most = self._branch.most
        if most is not None and fewest > most:
            raise _Impossible
        if most is not None and len(members) > most:
            return UNKNOWN
        spare: dict[str, tuple[Any, ...]] = {}
        if len(members) < self._branch.least or want > 1:
            spare = self._spare(want, self._branch.least - len(members))
        if len(members) + len(spare) < self._branch.least:
            if self._doubt:
                return UNKNOWN
            raise _Impossible
        if self._doubt:
            return UNKNOWN
        return self._objects(members, spare, want)

    def _ask(self, conjunction: Conjunction, want: int) -> tuple[Any, ...]:
        found = self._asking.solve(conjunction, want)
        self._assumed = self._assumed or found.assumed
        self._complete = self._complete and found.complete and not found.assumed
        self._doubt = self._doubt or not (found.values or found.complete)
        return found.values if not found.empty else ()

    def _required(self, want: int) -> tuple[dict[str, tuple[Any, ...]], int]:
        """The members that must be there, each with possible values, and the least number of them."""
        members: dict[str, tuple[Any, ...]] = {}
        fewest = 0
        for place in self._needed:
            groups = self._branch.some[place]
            held = self._branch.all.get(place, _FREE)
            values = []
            for group in groups:
                conjunction = self._asking.pool.narrowed(held, group)
                values.append(self._ask(conjunction, want))
                if self._asking.solve(conjunction, want).empty:
                    raise _Impossible
            if place.key is not None:
                members[str(place.key)] = values[0]
                fewest += 1
                continue
            self._complete = False
            values, least = self._merged(held, groups, values, want)
            fewest += least
            names = self._asking.solve(place.names, len(values)).values
            self._doubt = self._doubt or len(names) < len(values)
            members |= dict(zip(map(str, names), values, strict=False))
        return members, fewest

    def _merged(
        self, held: Conjunction, groups: list[Conjunction], values: list[tuple[Any, ...]], want: int
    ) -> tuple[list[tuple[Any, ...]], int]:
        """Members that serve several purposes at once, where their number is limited."""
        if len(groups) == 1 or self._branch.most is None:
            return values, 1
        together = self._asking.pool.narrowed(held, (each for group in groups for each in group))
        merged = self._asking.solve(together, want)
        if merged.values:
            return [merged.values], 1
        return values, 2 if merged.empty and not merged.assumed else 1

    def _spare(self, want: int, missing: int) -> dict[str, tuple[Any, ...]]:
        """Members that may be there, too."""
        spare: dict[str, tuple[Any, ...]] = {}
        for place in self._optional:
            if len(spare) >= max(missing, want):
                self._complete = False
                break
            values = self._ask(self._branch.all.get(place, _FREE), want)
            if values and place.key is not None:
                spare[str(place.key)] = values
            elif values:
                self._complete = False
                spare |= self._more_names(place, values, max(1, missing - len(spare)))
        for place in self._needed if missing > len(spare) else ():
            if place.key is None:
                values = self._ask(self._branch.all.get(place, _FREE), want)
                if values:
                    used = len(self._branch.some[place])
                    more = self._more_names(place, values, missing - len(spare) + used)
                    spare |= dict(list(more.items())[used:])
        return spare

    def _more_names(self, place: Place, values: tuple[Any, ...], count: int) -> dict[str, tuple[Any, ...]]:
        names = self._asking.solve(place.names, count)
        self._doubt = self._doubt or len(names.values) < count
        return dict.fromkeys(map(str, names.values), values)

    def _objects(
        self, members: dict[str, tuple[Any, ...]], spare: dict[str, tuple[Any, ...]], want: int
    ) -> Found:
        if want > 1 and self._complete and not self._assumed:
            listed = self._all(members, spare)
            if listed is not None:
                return listed
        smallest = {name: values[0] for name, values in members.items()}
        for name in list(spare)[: max(0, self._branch.least - len(smallest))]:
            smallest[name] = spare[name][0]
        found = [smallest]
        for name, values in (*members.items(), *spare.items()):
            if name in smallest or self._branch.most is None or len(smallest) < self._branch.most:
                found += ({**smallest, name: value} for value in values)
        return self._found(found[: want * 2], complete=False)

    def _all(self, members: dict[str, tuple[Any, ...]], spare: dict[str, tuple[Any, ...]]) -> Found | None:
        """Every object there is, if there are only a few."""
        choices = [*members.values(), *((_ABSENT, *values) for values in spare.values())]
        if prod(map(len, choices)) > MANY:
            return None
        names, most = [*members, *spare], self._branch.most
        found: list[dict[str, Any]] = []
        for chosen in product(*choices):
            event = {name: each for name, each in zip(names, chosen, strict=True) if each is not _ABSENT}
            if len(event) >= self._branch.least and (most is None or len(event) <= most):
                found.append(event)
        return self._found(found, complete=True)

    def _found(self, values: list[dict[str, Any]], *, complete: bool) -> Found:
        left = tuple(each for each in values if self._asking.key(each) not in self._branch.excluded)
        return Found(left, complete, self._assumed)

"""Arrays of one branch of a search: how long they are, what is at each index, and what they contain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any, Final

from bridge.schemas.compatibility.solving.asking import Asking
from bridge.schemas.compatibility.solving.branch import Branch
from bridge.schemas.compatibility.solving.places import Place
from bridge.schemas.compatibility.solving.signed import EMPTY, UNKNOWN, Conjunction, Found, Signed

MAX_LENGTH: Final = 2_500
MAX_COUNTED: Final = 6
"""So many different schemas may have to be contained."""
FEW: Final = 64
"""All arrays are listed if there are at most so many."""
_FREE: Final[Conjunction] = frozenset()
_Counts = tuple[int, ...]


class Arrays:
    """``places``: by index; the last one is for all elements that follow."""

    def __init__(self, asking: Asking, branch: Branch, places: list[Place]) -> None:
        self._asking = asking
        self._pool = asking.pool
        self._branch = branch
        self._rest = len(places) - 1
        self._held = [branch.all.get(place, _FREE) for place in places]
        for index, place in enumerate(places[:-1]):
            for group in branch.some.get(place, ()):
                self._held[index] = self._pool.narrowed(self._held[index], group)
        self._following = branch.some.get(places[-1], [])
        self._counted: list[tuple[Conjunction, int, int | None, int]] = []
        """What is contained, the least and the most elements that are so, and the first index that counts."""
        for item in branch.literals:
            if item[0] == "some-of":
                self._counted.append((frozenset({item[1]}), item[2], item[3], 0))
        self._counted += [(group, 1, None, self._rest) for group in self._following]
        present = [index for index, place in enumerate(places[:-1]) if branch.some.get(place)]
        self._least = max([branch.least, *(index + 1 for index in present)])
        self._unique = {item[1] for item in branch.literals if item[0] == "unique"}
        self._doubt = False
        self._assumed = False

    def find(self, want: int) -> Found:
        want += len(self._branch.excluded)
        if len(self._unique) > 1:
            return EMPTY
        if len(self._counted) > MAX_COUNTED:
            return UNKNOWN
        enough = max(self._least, self._rest + sum(least for _, least, _, _ in self._counted))
        if False in self._unique:
            enough = max(enough, self._least, self._rest + 2 + sum(c[1] for c in self._counted))
        most = enough if self._branch.most is None else min(enough, self._branch.most)
        if most > MAX_LENGTH:
            return UNKNOWN
        found: list[list[Any]] = []
        for length in range(self._least, most + 1):
            if any(self._ask(self._at(index), 1).empty for index in range(min(length, self._rest + 1))):
                break  # no longer array has a value there
            found += self._of_length(length, want - len(found))
            if len(found) >= want:
                break
        left = tuple(each for each in found if self._asking.key(each) not in self._branch.excluded)
        if left and want > 1:
            return self._all() or Found(left, False, self._assumed)
        return Found(left, not self._doubt and not found, self._assumed)

    def _at(self, index: int) -> Conjunction:
        return self._held[min(index, self._rest)]

    def _ask(self, conjunction: Conjunction, want: int) -> Found:
        found = self._asking.solve(conjunction, want)
        self._assumed = self._assumed or found.assumed
        self._doubt = self._doubt or not (found.values or found.complete)
        return found

    def _of_length(self, length: int, want: int) -> Iterator[list[Any]]:
        places = [self._at(index) for index in range(length)]
        if False in self._unique:
            yield from self._repeating(places)
            return
        yield from self._counting(places, want)

    def _repeating(self, places: list[Conjunction]) -> Iterator[list[Any]]:
        """Two elements are equal: each pair of indexes that the places distinguish is tried."""
        last = min(len(places), self._rest + 2)
        for one in range(last):
            for other in range(one + 1, last):
                together = self._pool.narrowed(places[one], places[other])
                for kinds in self._kinds(together, (one, other)):
                    both = self._pool.narrowed(together, kinds)
                    if self._ask(both, 1).empty:
                        continue
                    equal = [both if index in (one, other) else each for index, each in enumerate(places)]
                    for found in self._counting(equal, 1):
                        found[other] = found[one]
                        yield found

    def _kinds(self, conjunction: Conjunction, indexes: tuple[int, ...]) -> Iterator[tuple[Signed, ...]]:
        """What an element there satisfies of what is counted, in every way."""
        choices: list[list[tuple[Signed, ...]]] = []
        for counted, _, _, _first in self._counted:
            refusals = [(each.opposite,) for each in counted]
            choices.append([*refusals, tuple(counted)])
        for chosen in product(*choices):
            yield tuple(signed for part in chosen for signed in part)

    def _counting(self, places: list[Conjunction], want: int) -> Iterator[list[Any]]:
        """Arrays with these elements that contain what they must, and no more of it than they may."""
        if not self._counted:
            yield from self._made(places, want)
            return
        reached: dict[_Counts, list[Conjunction]] = {(0,) * len(self._counted): []}
        for index, place in enumerate(places):
            following: dict[_Counts, list[Conjunction]] = {}
            for kinds in self._kinds(place, (index,)):
                narrowed = self._pool.narrowed(place, kinds)
                if self._ask(narrowed, 1).empty:
                    continue
                for counts, before in reached.items():
                    now = self._counts(counts, kinds, index)
                    if now is not None and now not in following:
                        following[now] = [*before, narrowed]
            reached = following
        for counts, chosen in reached.items():
            if all(n >= least for n, (_, least, _, _) in zip(counts, self._counted, strict=True)):
                yield from self._made(chosen, want)

    def _counts(self, counts: _Counts, kinds: tuple[Signed, ...], index: int) -> _Counts | None:
        out = []
        for number, (counted, least, most, first) in zip(counts, self._counted, strict=True):
            more = number + (index >= first and counted <= set(kinds))
            if most is not None and more > most:
                return None
            out.append(min(more, least if most is None else most + 1))
        return tuple(out)

    def _made(self, places: list[Conjunction], want: int) -> Iterator[list[Any]]:
        if True in self._unique:
            yield from self._distinct(places)
            return
        found = [self._ask(each, 1 if want == 1 else min(want, 8)) for each in places]
        if all(each.values for each in found):
            plain = [each.values[0] for each in found]
            yield plain
            for index, each in enumerate(found if want > 1 else ()):
                yield from ([*plain[:index], value, *plain[index + 1 :]] for value in each.values[1:])

    def _distinct(self, places: list[Conjunction]) -> Iterator[list[Any]]:
        """All elements differ: each index is matched with a value that no other index has."""
        options = [self._ask(each, len(places)) for each in places]
        chosen: dict[str, int] = {}
        values: list[dict[str, Any]] = [
            {self._asking.key(value): value for value in found.values} for found in options
        ]

        def place(index: int, tried: set[str]) -> bool:
            for key in values[index]:
                if key not in tried:
                    tried.add(key)
                    if key not in chosen or place(chosen[key], tried):
                        chosen[key] = index
                        return True
            return False

        missing = [index for index in range(len(places)) if not place(index, set())]
        if not missing:
            by_index = {index: key for key, index in chosen.items()}
            yield [values[index][by_index[index]] for index in range(len(places))]
        elif not all(found.complete and not found.assumed for found in options):
            # Only values that are all known can be said not to suffice.
            self._doubt = self._doubt or not self._too_few(places, options)

    def _too_few(self, places: list[Conjunction], options: list[Found]) -> bool:
        """Whether the indexes of which all values are known have too few of them."""
        known = [found for found in options if found.complete and not found.assumed]
        keys = {self._asking.key(value) for found in known for value in found.values}
        return len(keys) < len(known)

    def _all(self) -> Found | None:
        """Every array there is, if there are only a few."""
        most = self._branch.most
        if self._counted or self._unique or self._doubt:
            return None
        options: list[tuple[Any, ...]] = []
        ended = False
        while not ended:
            if most is not None and len(options) >= most:
                break
            found = self._ask(self._at(len(options)), FEW)
            if not found.complete or found.assumed or len(options) > FEW:
                return None
            ended = found.empty
            options += [] if ended else [found.values]
        if sum(prod(map(len, options[:length])) for length in range(len(options) + 1)) > FEW:
            return None
        listed = [
            list(chosen)
            for length in range(self._least, len(options) + 1)
            for chosen in product(*options[:length])
        ]
        left = tuple(each for each in listed if self._asking.key(each) not in self._branch.excluded)
        return Found(left, True, self._assumed)

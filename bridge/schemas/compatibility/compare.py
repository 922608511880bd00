"""Whether one schema may follow another, and what breaks where it may not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from bridge.schemas.compatibility.decide import Decision, NeedsProcess, Question, decide
from bridge.schemas.compatibility.prepare import Prepared, TooDeep, text_of
from bridge.schemas.compatibility.reading.references import MAIN, Unusable
from bridge.schemas.compatibility.verdict import Bump, Comparison, Direction, Mode, Policy, Unproven, Verdict
from bridge.schemas.compatibility.worker import Stopped, compare_elsewhere

LIMIT_S: Final = 5.0
"""How long one pair may take in a separate process, and an ordinary one, which is tried here first."""
ORDINARY_S: Final = 1.0
HEAVY_TREE: Final = 60_000
"""From this size on a pair is compared in a separate process at once."""
KEPT: Final = 256
"""How many prepared documents are kept."""
_BOTH: Final[tuple[Direction, ...]] = ("backward", "forward")
_NO_OTHERS: Final[Mapping[str, Any]] = {}


def compare(
    old: Any,
    new: Any,
    *,
    mode: Mode,
    policy: Policy,
    documents: Mapping[str, Any] | None = None,
    limit_s: float = LIMIT_S,
) -> Comparison:
    """Whether ``new`` may follow ``old``. Never raises for JSON of any shape.

    ``documents`` are those that a ``$ref`` may lead to, by ``$id`` or relative reference; nothing is
    fetched. A pair that is not decided within ``limit_s`` is unproven.
    """
    return Comparer(documents, limit_s=limit_s).compare(old, new, mode=mode, policy=policy)


class Comparer:
    """Compares many pairs in one process and keeps prepared documents, which must not be changed.

    ``patient``: another process may end this one, so no further process is started.
    """

    def __init__(
        self, documents: Mapping[str, Any] | None = None, *, limit_s: float = LIMIT_S, patient: bool = False
    ) -> None:
        self._documents = documents or _NO_OTHERS
        self._limit_s = limit_s
        self._patient = patient
        self._kept: OrderedDict[str, Prepared | Unusable | TooDeep] = OrderedDict()
        self._seen: dict[int, tuple[Any, Prepared | Unusable | TooDeep]] = {}
        self._serial = 0

    def compare(self, old: Any, new: Any, *, mode: Mode, policy: Policy) -> Comparison:
        """Like :func:`compare`."""
        prepared: list[Prepared] = []
        for name, document in (("old", old), ("new", new)):
            result = self._prepare(document)
            if isinstance(result, Unusable):
                return Comparison(Verdict.INVALID, mode, policy, problem=f"{name}: {result}")
            if isinstance(result, TooDeep):
                return _undecided(mode, policy, "too-deep", f"{name}: {result}")
            prepared.append(result)
        return self._decide(prepared[0], prepared[1], mode, policy)

    def _prepare(self, document: Any) -> Prepared | Unusable | TooDeep:
        """A version of a folder is in several pairs, each time as the same object."""
        known = self._seen.get(id(document))
        if known is None:
            if len(self._seen) >= KEPT:
                self._seen.clear()
            known = self._seen[id(document)] = (document, self._prepare_text(document))
        return known[1]  # the document is kept with it, so that no other one gets its id

    def _prepare_text(self, document: Any) -> Prepared | Unusable | TooDeep:
        try:
            text = text_of(MAIN, document)
        except (Unusable, TooDeep) as error:
            return error
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        self._serial += 1
        try:
            result: Prepared | Unusable | TooDeep = Prepared(
                document, self._documents, f"stream-bridge-{self._serial}-", text
            )
        except (Unusable, TooDeep) as error:
            result = error
        self._kept[text] = result
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return result

    def _decide(self, old: Prepared, new: Prepared, mode: Mode, policy: Policy) -> Comparison:
        if old is new:
            return Comparison(Verdict.COMPATIBLE, mode, policy, bump=Bump.NONE)
        if old.means_the_same(new):
            return Comparison(Verdict.COMPATIBLE, mode, policy, bump=Bump.PATCH)
        limit_s = self._limit_s
        if self._patient or max(old.complexity.tree, new.complexity.tree) <= HEAVY_TREE:
            try:
                return self._here(old, new, mode, policy)
            except NeedsProcess:
                limit_s = min(limit_s, ORDINARY_S)
        try:
            return compare_elsewhere(
                old.document, new.document, self._documents, mode, policy, limit_s=limit_s
            )
        except Stopped as stopped:
            return _undecided(mode, policy, stopped.reason, str(stopped))

    def _here(self, old: Prepared, new: Prepared, mode: Mode, policy: Policy) -> Comparison:
        decisions: dict[Direction, Decision] = {}
        for direction in _BOTH:
            question = Question(old, new, direction, policy, self._patient, self._limit_s)
            decisions[direction] = decide(question, explain=direction in mode.directions)
        asked = [decisions[direction] for direction in mode.directions]
        breaks = tuple(each for decision in asked for each in decision.breaks)
        unproven = tuple(decision.unproven for decision in asked if decision.unproven is not None)
        undecided = Verdict.UNPROVEN if unproven else Verdict.COMPATIBLE
        verdict = Verdict.INCOMPATIBLE if breaks else undecided
        bump = Bump.MINOR if all(decision.proven for decision in decisions.values()) else Bump.MAJOR
        return Comparison(verdict, mode, policy, breaks, unproven, bump)


def _undecided(mode: Mode, policy: Policy, reason: str, message: str) -> Comparison:
    """No direction could be compared. ``NONE`` asks for no direction, so nothing is unproven there."""
    unproven = tuple(Unproven(direction, reason, message) for direction in mode.directions)
    verdict = Verdict.UNPROVEN if unproven else Verdict.COMPATIBLE
    return Comparison(verdict, mode, policy, unproven=unproven)

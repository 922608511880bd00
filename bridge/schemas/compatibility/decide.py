"""The decision for one direction of a pair: proven, refuted by a validated event, or neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from bridge.schemas.compatibility.breaks import describe
from bridge.schemas.compatibility.prepare import Prepared
from bridge.schemas.compatibility.proving import containment
from bridge.schemas.compatibility.proving.containment import bundle
from bridge.schemas.compatibility.proving.gaps import MISSING, TOP, Gap
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.proving.judges import Judge, compile_schema
from bridge.schemas.compatibility.proving.prover import SMALL, Prover, count_schemas
from bridge.schemas.compatibility.proving.witness import candidates, shrink
from bridge.schemas.compatibility.reading.complexity import Complexity, Patience, TooComplex
from bridge.schemas.compatibility.reading.normal import Normal
from bridge.schemas.compatibility.search import Search
from bridge.schemas.compatibility.verdict import Break, Direction, Policy, Unproven

PROOF_S: Final = 0.25
SEARCH_S: Final = 0.6
"""How long the proof and the search of one direction may take in this process, one after the other."""
UNASKED_S: Final = 0.3
"""How long the search may take for a direction that only decides the bump."""
ONE_GAP_S: Final = 0.1
MAX_BREAKS: Final = 25
SAMPLES: Final = 60
"""So many events are validated before a proof of the search is believed."""


class Effort(NamedTuple):
    """How much to search for events: the number of gaps, events for each gap, and schemas (``budget``).
    ``solved``: for so many gaps without an event, the search is asked."""

    gaps: int
    events: int
    budget: int
    solved: int = 0


QUICK: Final = Effort(gaps=40, events=40, budget=300, solved=6)
THOROUGH: Final = Effort(gaps=60, events=250, budget=2_500)
LIGHT: Final = Complexity(tree=4_000, cases=40, values=600)
"""The limit for asking the canonical form in this process: the question cannot be interrupted."""


class NeedsProcess(Exception):
    """The decision may take long: it needs a process that can be ended."""


@dataclass(slots=True)
class Decision:
    """``proven``: the consumer accepts everything that the producer may send. Otherwise the breaks, or why
    there are none."""

    proven: bool = False
    breaks: list[Break] = field(default_factory=list)
    unproven: Unproven | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """``patient``: this process may take any time, because another one ends it after ``limit_s``."""

    old: Prepared
    new: Prepared
    direction: Direction
    policy: Policy
    patient: bool = False
    limit_s: float = 5.0

    @property
    def producer(self) -> Prepared:
        return self.old if self.direction == "backward" else self.new

    @property
    def consumer(self) -> Prepared:
        return self.new if self.direction == "backward" else self.old

    def allows(self, *sides: Prepared) -> bool:
        """Whether the canonical form may be asked about these documents in this process."""
        return self.patient or all(side.complexity.within(LIGHT) for side in sides)

    def unproven(self, reason: str, message: str) -> Decision:
        return Decision(unproven=Unproven(self.direction, reason, message))


def decide(question: Question, *, explain: bool) -> Decision:
    """``explain``: report every break; otherwise one is enough to know that the direction does not hold.

    Raises :class:`NeedsProcess` unless the question is ``patient``.
    """
    unread = question.producer.normal.unread or question.consumer.normal.unread
    if unread:
        where, why = unread[0]
        return question.unproven("dynamic-reference", f"{where}: {why}")
    try:
        return _Decider(question, MAX_BREAKS if explain else 1).run()
    except (TooComplex, RecursionError) as error:
        if not question.patient:
            raise NeedsProcess from error
        return question.unproven("too-complex", str(error))


class _Decider:
    """``sent``: what the producer may send. ``accepted``: what the consumer accepts. Both are readings."""

    def __init__(self, question: Question, most: int) -> None:
        strict = question.policy is Policy.STRICT
        producer, consumer = question.producer, question.consumer
        self._question = question
        self._most = most
        self._sent = sent = producer.as_producer(question.policy)
        self._accepted = accepted = consumer.as_consumer(question.policy)
        self._proof_s = question.limit_s * 0.4 if question.patient else PROOF_S
        self._prover = Prover(sent, accepted, Patience(self._proof_s), ask=False)
        self._search = Search(sent, accepted, self._search_s(most))
        self._judge = Judge(
            producer.validator, consumer.validator, None if strict else sent, None if strict else accepted
        )

    def _search_s(self, most: int) -> float:
        if self._question.patient:
            return self._question.limit_s * 0.1
        return SEARCH_S if most > 1 else UNASKED_S

    def run(self) -> Decision:
        """A proof and a search for an event, each with a share of the time; what is then undecided is asked
        in another way."""
        gaps, breaks = self._first_proof()
        if gaps == []:
            return self._unless_nothing_is_sent()
        decision = Decision(breaks=breaks) if breaks else self._searched(gaps)
        if decision is not None:
            return decision
        question = self._question
        if not question.allows(question.producer, question.consumer):
            raise NeedsProcess
        patience = Patience(None if question.patient else self._proof_s)
        self._prover = Prover(self._sent, self._accepted, patience, ask=True)
        gaps = self._prover.run()
        if not gaps:
            return self._unless_nothing_is_sent()
        breaks = list(islice(self._breaks(gaps, THOROUGH), self._most))
        return Decision(breaks=breaks) if breaks else self._last_resort(gaps)

    def _first_proof(self) -> tuple[list[Gap] | None, list[Break]]:
        """The gaps of a proof, ``None`` if it takes too long, and the breaks that are found at once."""
        gaps: list[Gap] | None = None
        try:
            gaps = self._prover.run()
            # Where there is an event, finding it is cheaper than a proof.
            return gaps, list(islice(self._breaks(gaps, QUICK), self._most))
        except (TooComplex, RecursionError):
            return gaps, []

    def _searched(self, gaps: list[Gap] | None) -> Decision | None:
        """What the search for an event says about the whole documents; ``None`` if it does not decide."""
        found = self._search.whole()
        for event in chain(found.values, self._samples() if found.empty else ()):
            if self._judge.breaks(event):
                return self._shown_by(event, gaps or [])
        return self._unless_nothing_is_sent() if found.empty else None

    def _samples(self) -> Iterator[Any]:
        """Events that a proof must agree with."""
        generator = Generator(self._prover.defs, SAMPLES)
        return islice(generator.values((self._sent.root,)), SAMPLES)

    def _shown_by(self, event: Any, gaps: list[Gap]) -> Decision:
        if len(gaps) == 1:
            gap = gaps[0]
        else:
            refuted = (gap for gap in gaps if self._shows(gap)(event))
            gap = next(refuted, Gap("combined-changed", TOP, (self._sent.root,), self._accepted.root))
        return Decision(breaks=[replace(self._describe(gap), example=shrink(event, self._judge.breaks))])

    def _describe(self, gap: Gap) -> Break:
        question = self._question
        old, new = question.old.document, question.new.document
        return describe(gap, question.direction, self._prover, old, new)

    def _breaks(self, gaps: list[Gap], effort: Effort) -> Iterator[Break]:
        """Breaks with a validated, small event each."""
        shown: set[tuple[str, str | None, str | None]] = set()
        solved = effort.solved
        for gap in islice(gaps, effort.gaps):
            found = self._describe(gap)
            key = (found.rule, found.old_pointer, found.new_pointer)
            if key in shown:
                continue
            shows = self._shows(gap)
            try:
                tried = islice(candidates(gap, self._prover, effort.budget), effort.events)
                event = next(filter(shows, tried), MISSING)
                if event is MISSING and solved > 0:
                    solved -= 1
                    event = next(filter(shows, self._search.at(gap, self._prover, ONE_GAP_S)), MISSING)
                if event is not MISSING:
                    shown.add(key)
                    yield replace(found, example=shrink(event, shows))
            except TooComplex:
                if shown:
                    return
                raise

    def _shows(self, gap: Gap) -> Callable[[Any], bool]:
        """Whether an event breaks, and breaks at that gap."""
        refusing: Any = None
        if isinstance(gap.consumer, dict) and not self._accepted.inexact:
            refusing = compile_schema(Normal(root=gap.consumer, defs=self._prover.defs))

        def shows(event: Any) -> bool:
            value = gap.path.value_in(event)
            if value is MISSING or (refusing is not None and refusing.is_valid(value)):
                return False
            return self._judge.breaks(event)

        return shows

    def _last_resort(self, gaps: list[Gap]) -> Decision:
        """Compares the whole documents, and tries events from every source."""
        question, sent, accepted = self._question, self._sent, self._accepted
        producer, consumer = (
            bundle((sent.root,), self._prover.defs),
            bundle((accepted.root,), self._prover.defs),
        )
        short = question.patient or count_schemas(producer, consumer) <= SMALL
        if not short and any(gap.keyword not in _TEXTUAL for gap in gaps):
            raise NeedsProcess
        exact = short and not sent.inexact and not accepted.inexact
        answer = containment.covers(consumer, producer) if exact else None
        if answer is True:
            return self._unless_nothing_is_sent()
        left = containment.left_over(producer, consumer) if exact else None
        for event in islice(self._anything(left), 400):
            if self._judge.breaks(event):
                return self._shown_by(event, gaps)
        found = self._describe(gaps[0])
        if answer is False:
            reason, message = "no-example", "it does not hold, but no event was found that shows it"
        else:
            reason, message = "undecided", "it could be neither proven nor refuted"
        message += f": {found.rule} at {gaps[0].pointer or 'the top'}"
        unproven = Unproven(question.direction, reason, message, found.old_pointer, found.new_pointer)
        return Decision(unproven=unproven)

    def _anything(self, left: dict[str, Any] | None) -> Iterator[Any]:
        """``left``: a schema of what the producer may send and the consumer refuses, if there is one."""
        if left is not None:
            body = {keyword: value for keyword, value in left.items() if keyword not in ("$defs", "$schema")}
            patience = self._prover.patience
            yield from islice(Generator(left.get("$defs", {}), 1_000, patience).values((body,)), 100)
        for document in (self._question.producer.document, self._question.consumer.document):
            examples = document.get("examples") if isinstance(document, dict) else None
            if isinstance(examples, list):
                yield from examples[:20]
        generator = Generator(self._prover.defs, 2_000, self._prover.patience)
        yield from islice(generator.values((self._sent.root,)), 200)

    def _unless_nothing_is_sent(self) -> Decision:
        """A producer that can send nothing proves nothing, unless its document itself allows nothing."""
        question, sent = self._question, self._sent
        if question.policy is Policy.STRICT or not question.producer.may_close_to_nothing:
            return Decision(proven=True)
        if question.producer.sends_something(question.policy):
            return Decision(proven=True)
        if any(map(compile_schema(sent).is_valid, self._search.sent(sent).values)):
            return Decision(proven=True)
        if not question.allows(question.producer):
            raise NeedsProcess
        normal = question.producer.normal
        if _allows_nothing(sent) and not _allows_nothing(normal):
            message = "without undeclared members the schema allows nothing: declare what producers send"
            return question.unproven("nothing-is-sent", message)
        return Decision(proven=True)


def _allows_nothing(schema: Normal) -> bool:
    return containment.satisfiable(bundle((schema.root,), schema.defs)) is False


_TEXTUAL: Final = ("pattern", "format")
"""Keywords about which the whole documents say no more than the one place."""

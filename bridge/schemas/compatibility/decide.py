"""One direction of one pair decided: proven, refuted by a verified event, or neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from bridge.schemas.compatibility.breaks import describe
from bridge.schemas.compatibility.prepare import Prepared
from bridge.schemas.compatibility.proving import containment
from bridge.schemas.compatibility.proving.gaps import TOP, Gap
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.proving.judges import Judge, compile_reading
from bridge.schemas.compatibility.proving.patience import Patience
from bridge.schemas.compatibility.proving.prover import SMALL, Prover
from bridge.schemas.compatibility.proving.shrink import shrink
from bridge.schemas.compatibility.proving.witness import MISSING, candidates, value_at
from bridge.schemas.compatibility.reading.complexity import Complexity
from bridge.schemas.compatibility.reading.mentions import count_schemas
from bridge.schemas.compatibility.reading.readings import Reading, TooComplex
from bridge.schemas.compatibility.verdict import Break, Direction, Policy, Unproven

HERE_S: Final = 0.5
"""How long a direction is thought about in this process."""
MAX_BREAKS: Final = 25


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to look for an event: at how many gaps, how many events each, how many schemas for them."""

    gaps: int
    events: int
    budget: int


QUICK: Final = Effort(gaps=40, events=40, budget=300)
THOROUGH: Final = Effort(gaps=60, events=250, budget=2_500)
LIGHT: Final = Complexity(tree=4_000, cases=40, values=600)
"""What the canonical form is asked about without a process of its own: it cannot be interrupted."""


class NeedsProcess(Exception):
    """Deciding it may take long: let a process do it that can be ended."""


@dataclass(slots=True)
class Decision:
    """``proven``: everything the producer may send is taken. Else breaks, or why there are none."""

    proven: bool = False
    breaks: list[Break] = field(default_factory=list)
    unproven: Unproven | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """``patient``: time does not matter, somebody else holds the clock."""

    old: Prepared
    new: Prepared
    direction: Direction
    policy: Policy
    patient: bool = False

    @property
    def producer(self) -> Prepared:
        return self.old if self.direction == "backward" else self.new

    @property
    def consumer(self) -> Prepared:
        return self.new if self.direction == "backward" else self.old


def decide(question: Question, *, explain: bool) -> Decision:
    """``explain``: tell every break; else one is enough to know that it does not hold.

    Raises :class:`NeedsProcess` unless the question is ``patient``.
    """
    producer, consumer = question.producer, question.consumer
    if producer.normal.unread or consumer.normal.unread:
        where, why = (producer.normal.unread or consumer.normal.unread)[0]
        return Decision(unproven=_unproven(question, "dynamic-reference", f"{where}: {why}"))
    light = question.patient or (_light(producer.complexity) and _light(consumer.complexity))
    try:
        sent, taken = producer.as_producer(question.policy), consumer.as_consumer(question.policy)
        patience = Patience(None if question.patient else HERE_S)
        prover = Prover(sent, taken, patience, ask=False)
        gaps = prover.run()
        most = MAX_BREAKS if explain else 1
        if gaps:
            # An event is cheaper than a proof, where there is one at hand.
            breaks = list(islice(_verified(question, prover, gaps, sent, taken, QUICK), most))
            if breaks:
                return Decision(breaks=breaks)
        if gaps and not light:
            raise NeedsProcess
        if gaps:
            prover = Prover(sent, taken, patience, ask=True)
            gaps = prover.run()
        if not gaps:
            return _unless_nothing_is_sent(question, sent)
        breaks = list(islice(_verified(question, prover, gaps, sent, taken, THOROUGH), most))
        if breaks:
            return Decision(breaks=breaks)
        return _last_resort(question, prover, gaps, sent, taken)
    except (TooComplex, RecursionError) as error:
        if not question.patient:
            raise NeedsProcess from error
        return Decision(unproven=_unproven(question, "too-complex", str(error)))


def _light(complexity: Complexity) -> bool:
    return (
        complexity.tree <= LIGHT.tree
        and complexity.cases <= LIGHT.cases
        and complexity.values <= LIGHT.values
    )


def _judge(question: Question, sent: Reading, taken: Reading) -> Judge:
    strict = question.policy is Policy.STRICT
    return Judge(
        question.producer.validator,
        question.consumer.validator,
        None if strict else sent,
        None if strict else taken,
    )


def _verified(
    question: Question, prover: Prover, gaps: list[Gap], sent: Reading, taken: Reading, effort: Effort
) -> Iterator[Break]:
    judge = _judge(question, sent, taken)
    shown: set[tuple[str, str | None, str | None]] = set()
    for gap in islice(gaps, effort.gaps):
        broken = describe(gap, question.direction, prover, question.old.document, question.new.document)
        key = (broken.rule, broken.old_pointer, broken.new_pointer)
        if key in shown:
            continue
        shows = _shows(gap, judge, prover)
        try:
            for event in islice(candidates(gap, prover, effort.budget), effort.events):
                if shows(event):
                    shown.add(key)
                    yield broken.with_example(shrink(event, shows))
                    break
        except TooComplex:
            if shown:
                return
            raise


def _shows(gap: Gap, judge: Judge, prover: Prover) -> Callable[[Any], bool]:
    """Whether an event breaks, and breaks at that gap."""
    refusing: Any = None
    if isinstance(gap.consumer, dict) and not prover.consumer.inexact:
        document = containment.bundle((gap.consumer,), prover.defs)
        refusing = jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)

    def shows(event: Any) -> bool:
        value = value_at(event, gap.path)
        if value is MISSING or (refusing is not None and refusing.is_valid(value)):
            return False
        return judge.breaks(event)

    return shows


def _last_resort(
    question: Question, prover: Prover, gaps: list[Gap], sent: Reading, taken: Reading
) -> Decision:
    """The documents as wholes, and events from everywhere."""
    left: dict[str, Any] | None = None
    whole = containment.bundle((sent.root,), prover.defs), containment.bundle((taken.root,), prover.defs)
    short = question.patient or sum(map(count_schemas, whole)) <= SMALL
    if not short and any(gap.keyword not in _TEXTUAL for gap in gaps):
        raise NeedsProcess
    exact = short and not sent.inexact and not taken.inexact
    answer = containment.covers(whole[1], whole[0]) if exact else None
    if answer is True:
        return _unless_nothing_is_sent(question, sent)
    if exact:
        left = containment.left_over(*whole)
    judge = _judge(question, sent, taken)
    for event in islice(_anything(question, prover, sent, left), 400):
        if judge.breaks(event):
            gap = gaps[0] if len(gaps) == 1 else Gap("combined-changed", TOP, (sent.root,), taken.root)
            found = describe(gap, question.direction, prover, question.old.document, question.new.document)
            return Decision(breaks=[found.with_example(shrink(event, judge.breaks))])
    gap = gaps[0]
    found = describe(gap, question.direction, prover, question.old.document, question.new.document)
    if answer is False:
        reason, said = "no-example", "it does not hold, but no event was found that shows it"
    else:
        reason, said = "undecided", "it could be neither proven nor refuted"
    message = f"{said}: {found.rule} at {found.place or 'the top'}"
    return Decision(
        unproven=Unproven(question.direction, reason, message, found.old_pointer, found.new_pointer)
    )


_TEXTUAL: Final = ("pattern", "format")
"""What the documents as wholes tell no more about than the one place does."""


def _anything(
    question: Question, prover: Prover, sent: Reading, left: dict[str, Any] | None
) -> Iterator[Any]:
    if left is not None:
        defs = left.get("$defs", {})
        body = {keyword: value for keyword, value in left.items() if keyword not in ("$defs", "$schema")}
        yield from islice(Generator(defs, 1_000, prover.patience).values((body,)), 100)
    for document in (question.producer.document, question.consumer.document):
        examples = document.get("examples") if isinstance(document, dict) else None
        if isinstance(examples, list):
            yield from examples[:20]
    yield from islice(Generator(prover.defs, 2_000, prover.patience).values((sent.root,)), 200)


def _unless_nothing_is_sent(question: Question, sent: Reading) -> Decision:
    """All of nothing is taken by anybody: that is no promise, unless the document itself allows nothing."""
    if question.policy is Policy.STRICT or not question.producer.may_close_to_nothing:
        return Decision(proven=True)
    validator = compile_reading(sent)
    if any(map(validator.is_valid, islice(Generator(sent.defs, 300).values((sent.root,)), 20))):
        return Decision(proven=True)
    if not (question.patient or _light(question.producer.complexity)):
        raise NeedsProcess
    if containment.satisfiable(containment.bundle((sent.root,), sent.defs)) is not False:
        return Decision(proven=True)
    normal = question.producer.normal
    if containment.satisfiable(containment.bundle((normal.root,), normal.defs)) is False:
        return Decision(proven=True)
    message = "with undeclared members refused the schema allows nothing: what producers send is not declared"
    return Decision(unproven=_unproven(question, "nothing-is-sent", message))


def _unproven(question: Question, reason: str, message: str) -> Unproven:
    return Unproven(question.direction, reason, message)

"""A gap as people read it: its rule, the pointers into both documents, what it says and how to do better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bridge.core.pointer import escape, parse_pointer
from bridge.schemas.compatibility.proving.gaps import Gap, Path
from bridge.schemas.compatibility.proving.parts import take_apart
from bridge.schemas.compatibility.proving.prover import Prover
from bridge.schemas.compatibility.rules import Rule, rule_of
from bridge.schemas.compatibility.verdict import Break, Bump, Direction


@dataclass(frozen=True, slots=True)
class Broken:
    """A break that nobody has shown yet. ``place`` is a pointer into the event."""

    rule: str
    direction: Direction
    old_pointer: str | None
    new_pointer: str | None
    place: str
    message: str
    hint: str

    def with_example(self, example: Any) -> Break:
        return Break(
            rule=self.rule,
            direction=self.direction,
            old_pointer=self.old_pointer,
            new_pointer=self.new_pointer,
            message=self.message,
            example=example,
            produced_by="old" if self.direction == "backward" else "new",
            bump=Bump.MAJOR,
            hint=self.hint,
        )


def describe(gap: Gap, direction: Direction, prover: Prover, old: Any, new: Any) -> Broken:
    producer_document, consumer_document = (old, new) if direction == "backward" else (new, old)
    produced, has_keyword = _producer_pointer(gap, prover, producer_document)
    consumed = _consumer_pointer(gap, prover, consumer_document)
    in_old, in_new = (has_keyword, True) if direction == "backward" else (True, has_keyword)
    rule: Rule = rule_of(gap.rule, direction, in_old=in_old, in_new=in_new)
    place = place_of(gap.path) + (f"/{escape(gap.detail)}" if gap.detail else "")
    old_pointer, new_pointer = (produced, consumed) if direction == "backward" else (consumed, produced)
    message = f"{place or 'the event'} {rule.message}"
    return Broken(rule.name, direction, old_pointer, new_pointer, place, message, rule.hint)


def place_of(path: Path) -> str:
    steps: list[str] = []
    each: Path | None = path
    while each is not None and each.parent is not None:
        steps.append(f"/{escape(str(each.step))}")
        each = each.parent
    return "".join(reversed(steps))


def _consumer_pointer(gap: Gap, prover: Prover, document: Any) -> str | None:
    if isinstance(gap.consumer, bool):
        return None
    pointer = prover.consumer.origin.get(id(gap.consumer))
    return None if pointer is None else keyword_pointer(document, pointer, gap.keyword)


def _producer_pointer(gap: Gap, prover: Prover, document: Any) -> tuple[str | None, bool]:
    """Where the producer speaks of the place, and whether of this keyword."""
    nodes = take_apart(prover.defs, gap.producer).nodes
    known = [(node, prover.producer.origin[id(node)]) for node in nodes if id(node) in prover.producer.origin]
    for node, pointer in known:
        if gap.keyword and gap.keyword in node:
            return keyword_pointer(document, pointer, gap.keyword), True
    if known:
        return known[0][1], False
    return None, False


_ALSO: Final = {
    "enum": ("const",),
    "dependentRequired": ("dependencies",),
    "dependentSchemas": ("dependencies",),
    "$ref": ("$dynamicRef", "$recursiveRef"),
}


def keyword_pointer(document: Any, pointer: str, keyword: str) -> str:
    """``pointer`` and the keyword as that document spells it; just ``pointer`` where it does not."""
    node = document
    if "#" in pointer or not keyword:
        return pointer if not keyword else f"{pointer}/{keyword}"
    try:
        for step in parse_pointer(pointer) if pointer else ():
            node = node[int(step)] if isinstance(node, list) else node[step]
    except (KeyError, IndexError, ValueError, TypeError):
        return pointer
    if isinstance(node, dict):
        for name in (keyword, *_ALSO.get(keyword, ())):
            if name in node:
                return f"{pointer}/{name}"
    return pointer

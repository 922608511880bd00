"""A gap described for people: its rule, the pointers into both documents, a message and a hint."""

from __future__ import annotations

from typing import Any, Final

from bridge.core.pointer import parse_pointer
from bridge.schemas.compatibility.proving.gaps import Gap
from bridge.schemas.compatibility.proving.parts import take_apart
from bridge.schemas.compatibility.proving.prover import Prover
from bridge.schemas.compatibility.rules import rule_of
from bridge.schemas.compatibility.verdict import Break, Bump, Direction


def describe(gap: Gap, direction: Direction, prover: Prover, old: Any, new: Any) -> Break:
    """The break that the gap would be; its ``example`` is not set yet."""
    backward = direction == "backward"
    produced, has_keyword = _producer_pointer(gap, prover, old if backward else new)
    consumed = _consumer_pointer(gap, prover, new if backward else old)
    in_old, in_new = (has_keyword, True) if backward else (True, has_keyword)
    rule = rule_of(gap.rule, direction, in_old=in_old, in_new=in_new)
    return Break(
        rule=rule.name,
        direction=direction,
        old_pointer=produced if backward else consumed,
        new_pointer=consumed if backward else produced,
        message=f"{gap.pointer or 'the event'} {rule.message}",
        example=None,
        produced_by="old" if backward else "new",
        bump=Bump.MAJOR,
        hint=rule.hint,
    )


def _consumer_pointer(gap: Gap, prover: Prover, document: Any) -> str | None:
    if isinstance(gap.consumer, bool):
        return None
    pointer = prover.consumer.origin.get(id(gap.consumer))
    return None if pointer is None else _keyword_pointer(document, pointer, gap.keyword)


def _producer_pointer(gap: Gap, prover: Prover, document: Any) -> tuple[str | None, bool]:
    """Where the producer's document describes the place, and whether it uses this keyword there."""
    nodes = take_apart(prover.defs, gap.producer).nodes
    known = [(node, prover.producer.origin[id(node)]) for node in nodes if id(node) in prover.producer.origin]
    for node, pointer in known:
        if gap.keyword and gap.keyword in node:
            return _keyword_pointer(document, pointer, gap.keyword), True
    return (known[0][1] if known else None), False


_ALSO: Final = {
    "enum": ("const",),
    "dependentRequired": ("dependencies",),
    "dependentSchemas": ("dependencies",),
    "$ref": ("$dynamicRef", "$recursiveRef"),
}


def _keyword_pointer(document: Any, pointer: str, keyword: str) -> str:
    """``pointer`` and the keyword by its name in that document; ``pointer`` alone if it is not there."""
    if not keyword:
        return pointer
    if "#" in pointer:  # into another document
        return f"{pointer}/{keyword}"
    node = document
    try:
        for step in parse_pointer(pointer) if pointer else ():
            node = node[int(step)] if isinstance(node, list) else node[step]
    except (KeyError, IndexError, ValueError, TypeError):
        return pointer
    names = (keyword, *_ALSO.get(keyword, ())) if isinstance(node, dict) else ()
    return next((f"{pointer}/{name}" for name in names if name in node), pointer)

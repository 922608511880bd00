"""Patterns that no item can match: those of ``when``, and the attributes in ``filter``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from bridge.core.pattern.matchers import is_number
from bridge.core.pattern.parts import LeafAt, flow, leaves
from bridge.core.pattern.record import IMAGES, LEAF_TAGS
from bridge.core.redact import FOREIGN_ROOTS
from bridge.errors import did_you_mean
from bridge.settings.lint.known import Known
from bridge.settings.lint.shape import Kind
from bridge.settings.tables import TableSettings

Place = tuple[str | int, ...]
Found = tuple[Place, str, str]

_TEXT: Final = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard", "cidr", "exactly"})
_FOREIGN: Final = frozenset({*FOREIGN_ROOTS, "eventName", "eventSource", "userIdentity", "body"})


def condition_findings(place: Place, table: TableSettings, known: Known) -> Iterator[Found]:
    for index, pattern in enumerate(table.filter):
        at = (*place, "filter") if len(table.filter) == 1 else (*place, "filter", index)
        for leaf in leaves(pattern):
            yield from _filter_leaf(at, leaf, known)
    for number, event in enumerate(table.events):
        if event.when is None:
            continue
        for name in ("key", "before", "after"):
            pattern = getattr(event.when, name)
            at = (*place, "events", number, "when", name)
            for leaf in leaves(pattern) if pattern is not None else ():
                yield from _when_leaf(at, leaf, name, table, known)


# --- filter --------------------------------------------------------------------------------------


def _filter_leaf(at: Place, leaf: LeafAt, known: Known) -> Iterator[Found]:
    if len(leaf.steps) < 4 or leaf.steps[0] != "dynamodb" or leaf.steps[1] not in IMAGES:
        return
    attribute = leaf.steps[2]
    path = _path_to(leaf, 3)
    if leaf.steps[1] == "Keys":
        if known.exact and attribute not in known.keys:
            yield (*at, *path), f"{attribute} is no part of the key", _one_of(attribute, known.keys)
    elif known.whole and known.has((attribute,)) == "no" and leaf.steps[3] in (*LEAF_TAGS, "M", "L"):
        message = f"no schema, example or sample has {attribute}"
        yield (*at, *path), message, did_you_mean(attribute, known.items.members) or _NOTHING


_NOTHING: Final = "name an attribute of the item, or remove the condition"


def _path_to(leaf: LeafAt, steps: int) -> Place:
    """The part of a leaf's place that names its first ``steps`` steps."""
    count = 0
    for length, part in enumerate(leaf.path, start=1):
        count += len(str(part).split(".")) if isinstance(part, str) and part != "$or" else 0
        if count >= steps:
            return leaf.path[:length]
    return leaf.path


def _one_of(name: str, known: Collection[str]) -> str:
    return did_you_mean(name, known) or f"the key has {', '.join(known)}"


# --- when ----------------------------------------------------------------------------------------


def _when_leaf(at: Place, leaf: LeafAt, name: str, table: TableSettings, known: Known) -> Iterator[Found]:
    steps = leaf.steps
    if name == "key":
        yield from _key_leaf(at, leaf, known)
        return
    answer, kinds = known.items.at(steps)
    if answer != "yes" and _mentioned(known, steps):
        return
    if answer == "yes" or (answer == "unknown" and not _is_foreign(steps, known)):
        yield from _of_kind(at, leaf, kinds, table)
        return
    guess = _meant(steps, known)
    if guess is None and not known.whole:
        return
    message = f"can never match: no schema, example or sample has {'.'.join(steps)}"
    if guess is None:
        yield (*at, *leaf.path), message, _NOTHING
        return
    different = [index for index, (was, now) in enumerate(zip(steps, guess, strict=False)) if was != now]
    if len(guess) == len(steps) and len(different) == 1:
        index = different[0]
        yield (*at, *_path_to(leaf, index + 1)), message, f"did you mean '{guess[index]}'?"
        return
    wanted: Any = list(leaf.matchers)
    for step in reversed(guess):
        wanted = {step: wanted}
    yield (*at, *_path_to(leaf, 1)), message, f"write {flow(wanted)[1:-1]}"


def _key_leaf(at: Place, leaf: LeafAt, known: Known) -> Iterator[Found]:
    first = leaf.steps[0]
    if len(leaf.steps) > 1:
        message = "can never match: a key attribute is text, a number or binary, and has nothing inside"
        name = next((step for step in leaf.steps if step in known.keys), first)
        yield (*at, *_path_to(leaf, 1)), message, f"write {flow({name: _plain(leaf)})[1:-1]}"
    elif known.exact and first not in known.keys:
        yield (*at, *leaf.path), f"can never match: the key has no {first}", _one_of(first, known.keys)


def _plain(leaf: LeafAt) -> list[Any]:
    """The matchers of a typed value for a plain one: numbers are numbers there."""
    if leaf.steps[-1] != "N":
        return list(leaf.matchers)
    return [_number(each) if isinstance(each, str) else each for each in leaf.matchers]


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _mentioned(known: Known, steps: Sequence[str]) -> bool:
    shape = known.mentioned
    for step in steps:
        if step not in shape.members:
            return False
        shape = shape.members[step]
    return True


def _is_foreign(steps: Sequence[str], known: Known) -> bool:
    """Whether the name is one of other documents, or has DynamoDB's type at its end."""
    first = steps[0]
    typed = len(steps) > 1 and (
        steps[-1] in LEAF_TAGS or (len(steps) == 2 and steps[-1].upper() in LEAF_TAGS)
    )
    return (first in _FOREIGN and first not in known.items.members) or typed


def _meant(steps: Sequence[str], known: Known) -> tuple[str, ...] | None:
    inside = list(steps)
    while inside and inside[0] in _FOREIGN and inside[0] not in known.items.members:
        inside.pop(0)
    typed = [step for at, step in enumerate(inside) if at == 0 or step.upper() not in (*LEAF_TAGS, "M", "L")]
    for guess in (inside, typed):
        if guess and guess != list(steps) and known.items.at(guess)[0] == "yes":
            return tuple(guess)
    for start in (list(steps), inside, typed):
        found = known.like(start) if start else None
        if found is not None and list(found) != list(steps) and all(isinstance(each, str) for each in found):
            return tuple(map(str, found))
    return tuple(typed) if typed and typed != list(steps) else None


def _of_kind(at: Place, leaf: LeafAt, kinds: set[Kind], table: TableSettings) -> Iterator[Found]:
    """Matchers that accept no value of the kinds that are there."""
    if not kinds or ("number" in kinds and table.numbers not in ("exact", "string")):
        return
    if kinds == {"object"}:
        says = [each["exists"] for each in leaf.matchers if isinstance(each, Mapping) and "exists" in each]
        what = "matches every item" if False in says else "never matches"
        message = f"is a map, and patterns look at single values: this {what}"
        yield (*at, *leaf.path), message, f"name a field inside {leaf.steps[-1]}"
        return
    plain: set[str] = {str(kind) for kind in kinds if kind not in ("object",)}
    if "number" in plain and table.numbers == "string":
        plain = plain - {"number"} | {"string"}
    for index, matcher in enumerate(leaf.matchers):
        accepted = _accepts(matcher)
        if accepted is None or accepted & plain:
            continue
        shown = " or ".join(sorted(plain))
        message = f"can never match: {'.'.join(leaf.steps)} is {shown} in every schema, example and sample"
        yield (*at, *leaf.path, index), message, _converted(matcher, plain)


def _accepts(matcher: Any) -> frozenset[str] | None:
    """The kinds that a matcher accepts; None for one that accepts every kind, or absence."""
    if matcher is None:
        return frozenset({"null"})
    if isinstance(matcher, bool):
        return frozenset({"boolean"})
    if is_number(matcher):
        return frozenset({"number"})
    if isinstance(matcher, str):
        return frozenset({"string"})
    operator = next(iter(matcher))
    if operator == "numeric":
        return frozenset({"number"})
    return frozenset({"string"}) if operator in _TEXT else None


def _converted(matcher: Any, kinds: set[str]) -> str:
    if isinstance(matcher, str):
        number = _number(matcher)
        if "number" in kinds and not isinstance(number, str):
            return f"write {number}"
        if "boolean" in kinds and matcher.lower() in ("true", "false"):
            return f"write {matcher.lower()}"
    if is_number(matcher) and "string" in kinds:
        return f'write "{matcher}"'
    if isinstance(matcher, bool) and "string" in kinds:
        return f'write "{str(matcher).lower()}"'
    return f"compare it with {' or '.join(sorted(kinds))}"

"""Filter patterns against the shape of DynamoDB's stream record: what can never match it.

A filter sees the record as DynamoDB writes it: typed values (``{"S": …}``), numbers as text, and names in
DynamoDB's spelling. ``exists`` looks at leaves only: ``{"id": [{"exists": false}]}`` matches every record,
because an attribute is an object (recorded from AWS).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.core.pattern.matchers import compile_matchers, is_number
from bridge.core.pattern.parts import LeafAt, flow, leaves
from bridge.errors import did_you_mean

Place = tuple[str | int, ...]

IMAGES: Final = ("Keys", "NewImage", "OldImage")
TEXT_TAGS: Final = frozenset({"S", "N", "B", "SS", "NS", "BS"})
NUMBER_TAGS: Final = frozenset({"N", "NS"})
LEAF_TAGS: Final = frozenset({*TEXT_TAGS, "BOOL", "NULL"})
_TAGS: Final = (*sorted(LEAF_TAGS), "M", "L")
_MEANT: Final = {
    "STRING": "S", "STR": "S", "TEXT": "S", "NUMBER": "N", "NUM": "N", "INT": "N", "BINARY": "B",
    "BOOLEAN": "BOOL", "MAP": "M", "LIST": "L",
}  # fmt: skip

_EVENTS: Final = ("INSERT", "MODIFY", "REMOVE")
_VIEWS: Final = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
_NEVER: Final = "never matches"
_ALWAYS: Final = "matches every record"
_TEXT: Final = None  # a member with any text
_NUMBER: Final = ()  # a member with a number
_TOP: Final[Mapping[str, tuple[str, ...] | None]] = {
    "eventID": _TEXT, "eventName": _EVENTS, "eventVersion": _TEXT, "eventSource": ("aws:dynamodb",),
    "awsRegion": _TEXT, "eventSourceARN": _TEXT, "tableName": _TEXT, "recordFormat": _TEXT,
}  # fmt: skip
_IDENTITY: Final[Mapping[str, tuple[str, ...] | None]] = {
    "type": ("Service",), "principalId": ("dynamodb.amazonaws.com",)
}  # fmt: skip
_DYNAMODB: Final[Mapping[str, tuple[str, ...] | None]] = {
    "ApproximateCreationDateTime": _NUMBER, "ApproximateCreationDateTimePrecision": _TEXT,
    "SequenceNumber": _TEXT, "SizeBytes": _NUMBER, "StreamViewType": _VIEWS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShapeProblem:
    """``path`` is the place in the pattern."""

    path: Place
    message: str
    suggestion: str = ""


def record_problems(pattern: Mapping[str, Any]) -> list[ShapeProblem]:
    """What of a valid filter pattern can never match a record, or always does."""
    found = list(_misplaced(pattern))
    for leaf in leaves(pattern):
        if leaf.steps[0] in _MISPLACED:
            continue
        found += _leaf(leaf)
    return found


# --- names ---------------------------------------------------------------------------------------

_MISPLACED: Final = frozenset({"body", "data", "detail", "kinesis", "Records", *IMAGES})


def _misplaced(pattern: Mapping[str, Any]) -> Iterator[ShapeProblem]:
    for name, below in pattern.items():
        if name == "$or" and isinstance(below, list | tuple):
            for index, choice in enumerate(below):
                if isinstance(choice, Mapping):
                    for each in _misplaced(choice):
                        yield ShapeProblem((name, index, *each.path), each.message, each.suggestion)
        elif name in IMAGES:
            advice = f"write dynamodb: {flow({name: below})}"
            yield ShapeProblem((name,), f"{name} is inside dynamodb", advice)
        elif name in _MISPLACED:
            inner = below if isinstance(below, Mapping) else {}
            advice = f"write {flow(inner)[1:-1]}" if inner else "a filter sees DynamoDB's own record"
            message = f"a record has no {name}, whatever it came in: a filter sees DynamoDB's own record"
            yield ShapeProblem((name,), message, advice)


def _leaf(leaf: LeafAt) -> list[ShapeProblem]:
    top, *rest = leaf.steps
    if top == "dynamodb":
        return _in_dynamodb(leaf, rest)
    if top == "userIdentity":
        return _member(leaf, rest, _IDENTITY, "userIdentity")
    return _member(leaf, [top, *rest], _TOP, "a record", ("dynamodb", "userIdentity"))


def _in_dynamodb(leaf: LeafAt, rest: list[str]) -> list[ShapeProblem]:
    if rest and rest[0] in IMAGES:
        return _attribute(leaf, rest[0], rest[1:])
    return _member(leaf, rest, _DYNAMODB, "dynamodb", IMAGES)


def _member(
    leaf: LeafAt,
    rest: Sequence[str],
    known: Mapping[str, tuple[str, ...] | None],
    where: str,
    others: Sequence[str] = (),
) -> list[ShapeProblem]:
    if not rest:
        message = f"{where} is an object, and only its members have values, so this {_says(leaf.matchers)}"
        return [ShapeProblem(leaf.path, message)]
    name = rest[0]
    if name not in known:
        names = (*known, *others)
        at = next((i + 1 for i, part in enumerate(leaf.path) if part == name), len(leaf.path))
        closest = did_you_mean(name, names)
        message = f"{where} has no {name}, so this {_says(leaf.matchers)}"
        return [ShapeProblem(leaf.path[:at], message, closest or f"one of {', '.join(names)}")]
    if len(rest) > 1:
        return [ShapeProblem(leaf.path, f"{name} has no members, so this {_says(leaf.matchers)}")]
    domain = known[name]
    return [
        ShapeProblem((*leaf.path, index), *wrong)
        for index, matcher in enumerate(leaf.matchers)
        if (wrong := _never(matcher, name, domain)) is not None
    ]


def _never(matcher: Any, name: str, domain: tuple[str, ...] | None) -> tuple[str, str] | None:
    if _exists(matcher) is not None:
        return None
    accepts, _ = compile_matchers([matcher], [])
    if domain == _NUMBER:
        if is_number(matcher) or _operator(matcher) in ("numeric", "anything-but"):
            return None
        return f"{name} is a number, so this never matches", 'write {numeric: [">", 0]}'
    if domain is None:
        if is_number(matcher) or _operator(matcher) == "numeric" or isinstance(matcher, bool | None):
            return f"{name} is text, so this never matches", f'write "{matcher}"' if is_number(
                matcher
            ) else ""
        return None
    if any(accepts(value) for value in domain):
        return None
    guess = did_you_mean(matcher, domain) if isinstance(matcher, str) else ""
    listed = ", ".join(domain)
    return (
        f"{name} is {'one of ' if len(domain) > 1 else ''}{listed}, so this never matches",
        guess or f"write {domain[0]}",
    )


# --- typed values --------------------------------------------------------------------------------


def _attribute(leaf: LeafAt, image: str, rest: list[str]) -> list[ShapeProblem]:
    """``rest`` is the name below the image: attributes and, at its end, a type."""
    if not rest:
        exists = _exists(leaf.matchers[0]) if len(leaf.matchers) == 1 else None
        without = {"OldImage": "[INSERT]", "NewImage": "[REMOVE]"}.get(image)
        having = {"OldImage": "[MODIFY, REMOVE]", "NewImage": "[INSERT, MODIFY]"}.get(image)
        if exists is not None and without and having:
            message = f"{image} is an object, and exists looks at values only: this {_says(leaf.matchers)}"
            advice = f"write eventName: {having if exists else without} beside dynamodb"
            return [ShapeProblem(leaf.path, message, advice)]
        message = f"{image} holds attributes, so this {_says(leaf.matchers)}"
        return [ShapeProblem(leaf.path, message, f"name one: {image}: {{id: {{S: [...]}}}}")]
    name, tag = rest[-1], _tag_of(rest)
    if tag == name and len(rest) > 1 and tag in LEAF_TAGS:
        return [
            ShapeProblem((*leaf.path, index), *wrong)
            for index, matcher in enumerate(leaf.matchers)
            if (wrong := _never_typed(matcher, tag, leaf)) is not None
        ]
    if tag != name and tag and len(rest) > 1 and rest[-2] not in ("M", "L"):
        message = f"{name} is no type of DynamoDB, so this {_says(leaf.matchers)}"
        return [ShapeProblem(leaf.path, message, f"did you mean '{tag}'?")]
    exists = _exists(leaf.matchers[0]) if len(leaf.matchers) == 1 else None
    numeric = [each for each in leaf.matchers if _operator(each) == "numeric" and each["numeric"][0] != "="]
    if numeric and _says(leaf.matchers) == _NEVER:
        whole = LeafAt(leaf.path, (*leaf.steps, "N"), leaf.matchers)
        return [ShapeProblem(leaf.path, *_numeric(numeric[0], "N", whole))]
    why = "exists looks at values only, and " if exists is not None else ""
    written = flow({name: {_tag_for(leaf.matchers): _typed_matchers(leaf.matchers)}})[1:-1]
    message = f"{why}an attribute's value is inside its type, such as {{S: …}}: this {_says(leaf.matchers)}"
    return [ShapeProblem(leaf.path, message, f"write {written}")]


def _tag_of(rest: Sequence[str]) -> str:
    """The type that the last name is or is meant to be; "" if it is none."""
    name = rest[-1]
    upper = name.upper()
    return upper if upper in _TAGS else _MEANT.get(upper, "")


def _tag_for(matchers: Sequence[Any]) -> str:
    first = matchers[0]
    if isinstance(first, bool):
        return "BOOL"
    if first is None:
        return "NULL"
    return "N" if is_number(first) or _operator(first) == "numeric" else "S"


def _typed_matchers(matchers: Sequence[Any]) -> list[Any]:
    plain = [each["numeric"][1] if _operator(each) == "numeric" else each for each in matchers]
    return [True if each is None else str(each) if is_number(each) else each for each in plain]


def _never_typed(matcher: Any, tag: str, leaf: LeafAt) -> tuple[str, str] | None:
    """Why a matcher never matches a value of this type, and what to write; None if it can."""
    operator = _operator(matcher)
    if operator == "exists":
        return None
    if tag in TEXT_TAGS:
        if operator == "numeric":
            return _numeric(matcher, tag, leaf)
        if is_number(matcher):
            advice = f"write {_other_tag(tag)}: [{flow(str(matcher))}]"
            return f"{tag} is text in a record, also for numbers, so a number never matches", advice
        if isinstance(matcher, bool | None):
            right = {"BOOL": [matcher]} if isinstance(matcher, bool) else {"NULL": [True]}
            advice = f"write {flow(right)[1:-1]}"
            return f"{tag} is text in a record, so this never matches", advice
        if operator == "anything-but":
            return _but_numbers(matcher["anything-but"], tag)
        return None
    accepts, _ = compile_matchers([matcher], [])
    values = (True, False) if tag == "BOOL" else (True,)
    if any(accepts(value) for value in values):
        return None
    guess = str(matcher).lower() if isinstance(matcher, str) else ""
    advice = f"write {tag}: [{guess}]" if guess in ("true", "false") and tag == "BOOL" else ""
    shown = " or ".join(flow(value) for value in values)
    return f"{tag} is {shown} in a record, so this never matches", advice or f"write {flow(tag)}: [true]"


def _other_tag(tag: str) -> str:
    return tag if tag in NUMBER_TAGS else "NS" if tag in ("SS", "BS") else "N"


def _numeric(matcher: Any, tag: str, leaf: LeafAt) -> tuple[str, str]:
    argument = matcher["numeric"]
    message = f"{tag} is text in a record, also for numbers, so numeric never matches"
    if argument[0] == "=":
        return message, f"write {_other_tag(tag)}: [{flow(str(argument[1]))}]"
    image = next((step for step in leaf.steps if step in IMAGES), "NewImage")
    where = {"Keys": "key", "OldImage": "before"}.get(image, "after")
    names = [step for step in leaf.steps[leaf.steps.index(image) + 1 : -1] if step not in ("M", "L")]
    wanted: Any = [matcher]
    for name in reversed(names):
        wanted = {name: wanted}
    return message, f"leave it out here, and write when: {flow({where: wanted})} in the events"


def _but_numbers(argument: Any, tag: str) -> tuple[str, str] | None:
    each = argument if isinstance(argument, list | tuple) else [argument]
    if not any(map(is_number, each)):
        return None
    texts = [str(one) for one in each]
    written = flow({"anything-but": texts if isinstance(argument, list | tuple) else texts[0]})
    return (
        f"{tag} is text in a record, so it is never equal to a number: this always matches",
        f"write {written}",
    )


def _exists(matcher: Any) -> bool | None:
    if isinstance(matcher, Mapping) and isinstance(matcher.get("exists"), bool):
        return bool(matcher["exists"])
    return None


def _says(matchers: Sequence[Any]) -> str:
    """What the matchers of a field that no record has do."""
    return _ALWAYS if any(_exists(each) is False for each in matchers) else _NEVER


def _operator(matcher: Any) -> str:
    return str(next(iter(matcher))) if isinstance(matcher, Mapping) and len(matcher) == 1 else ""


def passes(patterns: Sequence[Mapping[str, Any]], operation: str) -> bool:
    """Whether some record of an operation can pass the filter, as far as ``eventName`` decides it."""
    return not patterns or any(_passes(pattern, operation.upper()) for pattern in patterns)


def _passes(pattern: Mapping[str, Any], name: str) -> bool:
    for key, below in pattern.items():
        if key == "eventName" and isinstance(below, list | tuple):
            accepts, _ = compile_matchers(below, [])
            if not accepts(name):
                return False
        elif (
            key == "$or"
            and isinstance(below, list | tuple)
            and not any(isinstance(choice, Mapping) and _passes(choice, name) for choice in below)
        ):
            return False
    return True

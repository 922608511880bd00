"""The expressions of one request: read once, held against its names and values, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.dynamodb.conditions import ConditionParser, Test
from tests.fakes.dynamodb.key_conditions import KeyConditionParser
from tests.fakes.dynamodb.parsing import Parser, Path, find
from tests.fakes.dynamodb.updates import Action, UpdateParser, updated
from tests.fakes.dynamodb.values import Item, Refused, Value, check_value

_NAMES, _VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"
_KINDS = (
    "ProjectionExpression",
    "KeyConditionExpression",
    "UpdateExpression",
    "FilterExpression",
    "ConditionExpression",
)


class Expressions:
    """Raises :class:`Refused`."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._values: dict[str, Value] = request.get(_VALUES, {})
        self._condition: Test | None = None
        self._filter: Test | None = None
        self._key_condition: Test | None = None
        self._keys: KeyConditionParser | None = None
        self._projection: list[Path] = []
        self._update: list[Action] = []
        names: dict[str, str] = request.get(_NAMES, {})
        kinds = [kind for kind in _KINDS if kind in request]
        for member in (_NAMES, _VALUES):
            if member in request and not kinds:
                raise Refused(f"{member} can only be specified when using expressions")
            if member in request and not request[member]:
                raise Refused(f"{member} must not be empty")
        for name, value in self._values.items():
            if not name.startswith(":") or len(name) < 2:
                text = f'{_VALUES} contains invalid key: Syntax error; key: "{name}"'
                raise Refused(text)
            try:
                check_value(value)
            except Refused as refused:
                raise Refused(f"{_VALUES} contains invalid value: {refused} for key {name}") from refused
        for name in names:
            if not name.startswith("#") or len(name) < 2:
                raise Refused(f'{_NAMES} contains invalid key: Syntax error; key: "{name}"')
        used = [self._read(kind, request[kind], names) for kind in kinds]
        self._check_unused(_NAMES, names, [parser.names_used for parser in used])
        self._check_unused(_VALUES, self._values, [parser.values_used for parser in used])

    def _read(self, kind: str, text: str, names: dict[str, str]) -> Parser:
        if kind == "UpdateExpression":
            update = UpdateParser(kind, text, names, self._values)
            self._update = update.update()
            return update
        if kind == "KeyConditionExpression":
            keys = KeyConditionParser(kind, text, names, self._values)
            self._key_condition = keys.condition()
            self._keys = keys
            return keys
        parser = ConditionParser(kind, text, names, self._values)
        if kind == "ProjectionExpression":
            self._projection = _projection(parser)
        elif kind == "FilterExpression":
            self._filter = parser.condition()
        else:
            self._condition = parser.condition()
        return parser

    def _check_unused(self, member: str, given: Mapping[str, Any], used: list[set[str]]) -> None:
        unused = sorted(given.keys() - set().union(*used))
        if unused:
            raise Refused(f"Value provided in {member} unused in expressions: keys: {{{', '.join(unused)}}}")

    # --- evaluation ---

    def holds(self, item: Item | None) -> bool:
        return self._condition is None or self._condition(item or {}, self._values)

    def passes(self, item: Item) -> bool:
        return self._filter is None or self._filter(item, self._values)

    def check_keys(self, types: Mapping[str, str]) -> None:
        """Of a query: whether its condition is one on the keys."""
        if self._keys is None:
            raise Refused("Either the KeyConditions or KeyConditionExpression parameter must be specified")
        self._keys.check(types)

    def selects(self, item: Item) -> bool:
        return self._key_condition is None or self._key_condition(item, self._values)

    def updated(self, item: Item, keys: list[str]) -> Item:
        for action in self._update:
            if action.path.parts[0] in keys:
                text = f"Cannot update attribute {action.path.parts[0]}. This attribute is part of the key"
                raise Refused(f"One or more parameter values were invalid: {text}")
        return updated(self._update, item, self._values)

    def projected(self, item: Item) -> Item:
        """The parts of the item that the projection names; all of it without one."""
        if not self._projection:
            return item
        kept: dict[str, Any] = {}
        for path in self._projection:
            found = find(item, path)
            if found is not None:
                _keep(kept, list(path.parts), found)
        return {name: _whole(value) for name, value in kept.items()}


def _projection(parser: ConditionParser) -> list[Path]:
    paths = [parser.path()]
    while parser.took(","):
        paths.append(parser.path())
    if not parser.ended:
        raise parser.unexpected()
    for number, one in enumerate(paths):
        for other in paths[number + 1 :]:
            shorter = min(len(one.parts), len(other.parts))
            if one.parts[:shorter] == other.parts[:shorter]:
                text = "Two document paths overlap with each other; must remove or rewrite one of these paths"
                raise parser.refuse(f"{text}; path one: {one}, path two: {other}")
    return paths


class _Part(dict[Any, Any]):
    """A map or list of which only some members are kept, by name or index."""


def _keep(at: dict[Any, Any], parts: list[str | int], value: Value) -> None:
    *parents, last = parts
    for part in parents:
        at = at.setdefault(part, _Part())
    at[last] = value


def _whole(value: Any) -> Value:
    if not isinstance(value, _Part):
        return dict(value)
    members = {part: _whole(each) for part, each in value.items()}
    if any(isinstance(part, int) for part in members):
        return {"L": [members[index] for index in sorted(members)]}
    return {"M": members}

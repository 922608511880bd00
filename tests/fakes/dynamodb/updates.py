"""Update expressions: read, checked as DynamoDB checks them, and applied to an item."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Context, Decimal
from typing import Any, NamedTuple

from tests.fakes.dynamodb.parsing import Call, Named, Operand, Parser, Path, find
from tests.fakes.dynamodb.values import Item, Refused, Value, check_number, equal, number

_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
_PATHS = frozenset({"if_not_exists"})
_WORDS = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
    "L": "LIST",
    "M": "MAP",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}
_EXACT = Context(prec=400)  # sums of DynamoDB's numbers are exact, or refused


class Sum(NamedTuple):
    operator: str
    left: Operand
    right: Operand


class Action(NamedTuple):
    section: str
    path: Path
    operand: Any = None  # what SET, ADD and DELETE take


class UpdateParser(Parser):
    """docs: "Update expressions"."""

    def update(self) -> list[Action]:
        actions: list[Action] = []
        sections: set[str] = set()
        while not self.ended:
            if not self.is_word("SET", "REMOVE", "ADD", "DELETE"):
                raise self.unexpected()
            section = self.step().upper()
            if section in sections:
                raise self.refuse(f'The "{section}" section can only be used once in an update expression;')
            sections.add(section)
            actions.append(self._action(section))
            while self.took(","):
                actions.append(self._action(section))
        self._check_paths([action.path for action in actions])
        return actions

    def _action(self, section: str) -> Action:
        path = self.path()
        if section == "REMOVE":
            return Action(section, path)
        if section == "SET":
            self.take("=")
            return Action(section, path, self._sum())
        operand = self.value()
        kind = str(self.type_of(operand))
        allowed = {"SS", "NS", "BS"} | ({"N"} if section == "ADD" else set())
        if kind not in allowed:
            raise self.incorrect(section, _WORDS[kind], "operator")
        return Action(section, path, operand)

    def _sum(self) -> Operand | Sum:
        left: Operand | Sum
        if self.took("("):
            left = self._sum()
            self.take(")")
        else:
            left = self.operand()
        if self.here not in ("+", "-") or isinstance(left, Sum):  # a sum has two operands, no more
            return left
        operator = self.step()
        right = self.operand()
        for each in (left, right):
            kind = self.type_of(each)
            if kind not in (None, "N"):
                raise self.incorrect(operator, str(kind))
        return Sum(operator, left, right)

    def function(self) -> Call:
        call = self.call(_FUNCTIONS, paths=_PATHS)
        if call.name == "list_append":
            for each in call.arguments:
                kind = self.type_of(each)
                if kind not in (None, "L"):
                    raise self.incorrect("list_append", str(kind))
        return call

    def _check_paths(self, paths: list[Path]) -> None:
        for number_, one in enumerate(paths):
            for other in paths[number_ + 1 :]:
                shown = f"must remove or rewrite one of these paths; path one: {one}, path two: {other}"
                shorter = min(len(one.parts), len(other.parts))
                if one.parts[:shorter] == other.parts[:shorter]:
                    raise self.refuse(f"Two document paths overlap with each other; {shown}")
                for left, right in zip(one.parts, other.parts, strict=False):
                    if type(left) is not type(right):
                        raise self.refuse(f"Two document paths conflict with each other; {shown}")
                    if left != right:
                        break


# --- evaluation ----------------------------------------------------------------------------------------


def updated(actions: list[Action], item: Item, values: dict[str, Value]) -> Item:
    """A new item; every operand is read from the item as it was."""
    after: Item = deepcopy(item)
    removals: list[Path] = []
    for action in actions:
        if action.section == "SET":
            _put(after, action.path, deepcopy(_result(action.operand, item, values)))
        elif action.section == "REMOVE":
            removals.append(action.path)
        else:
            before = find(item, action.path)
            changed = _CHANGES[action.section](before, values[action.operand.name])
            if changed is not None:
                _put(after, action.path, changed)
            elif before is not None:
                removals.append(action.path)
    # From the end of a list to its beginning, so that no index moves.
    for path in sorted(removals, key=lambda path: [str(p).zfill(9) for p in path.parts], reverse=True):
        _remove(after, path)
    return after


def _result(operand: Any, item: Item, values: dict[str, Value]) -> Value:
    if isinstance(operand, Sum):
        left, right = _result(operand.left, item, values), _result(operand.right, item, values)
        return _added(left, right, 1 if operand.operator == "+" else -1)
    if isinstance(operand, Named):
        return values[operand.name]
    if isinstance(operand, Call):
        if operand.name == "if_not_exists":
            path: Any = operand.arguments[0]
            found = find(item, path)
            return found if found is not None else _result(operand.arguments[1], item, values)
        left, right = (_result(each, item, values) for each in operand.arguments)
        if "L" not in left or "L" not in right:
            raise _wrong_type()
        return {"L": [*left["L"], *right["L"]]}
    found = find(item, operand)
    if found is None:
        raise Refused("The provided expression refers to an attribute that does not exist in the item")
    return found


def _added(left: Value, right: Value, sign: int) -> Value:
    if "N" not in left or "N" not in right:
        raise _wrong_type()
    result = _EXACT.add(number(left["N"]), _EXACT.multiply(number(right["N"]), Decimal(sign)))
    check_number(result)
    return {"N": f"{result.normalize(_EXACT):f}"}


def _add(before: Value | None, operand: Value) -> Value | None:
    if before is None:
        return deepcopy(operand)
    if before.keys() != operand.keys():
        raise _wrong_type()
    if "N" in operand:
        return _added(before, operand, 1)
    ((tag, members),) = operand.items()
    new = [each for each in members if not _among(tag, each, before[tag])]
    return {tag: [*before[tag], *new]}


def _delete(before: Value | None, operand: Value) -> Value | None:
    if before is None:
        return None
    if before.keys() != operand.keys():
        raise _wrong_type()
    ((tag, members),) = operand.items()
    left = [each for each in before[tag] if not _among(tag, each, members)]
    return {tag: left} if left else None  # an empty set is no value


def _among(tag: str, member: Any, members: list[Any]) -> bool:
    return any(equal({tag[0]: member}, {tag[0]: each}) for each in members)


_CHANGES: dict[str, Callable[[Value | None, Value], Value | None]] = {"ADD": _add, "DELETE": _delete}


def _put(item: Item, path: Path, value: Value) -> None:
    holder, last = _holder(item, path)
    if holder is None:
        raise Refused("The document path provided in the update expression is invalid for update")
    if isinstance(holder, list) and last >= len(holder):
        holder.append(value)  # an index beyond the end appends
    else:
        holder[last] = value


def _remove(item: Item, path: Path) -> None:
    holder, last = _holder(item, path)
    if holder is None:
        raise Refused("The document path provided in the update expression is invalid for update")
    if isinstance(holder, dict):
        holder.pop(last, None)
    elif last < len(holder):
        del holder[last]


def _holder(item: Item, path: Path) -> tuple[Any, Any]:
    """The list or map that holds the end of the path; None where there is none of the kind."""
    *parents, last = path.parts
    parent = find(item, Path(tuple(parents))) if parents else {"M": item}
    return (parent or {}).get("L" if isinstance(last, int) else "M"), last


def _wrong_type() -> Refused:
    return Refused("An operand in the update expression has an incorrect data type")

"""Conditions and filters: read, checked as DynamoDB checks them, and evaluated for an item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.dynamodb.parsing import Call, Named, Operand, Parser, Path, find
from tests.fakes.dynamodb.values import TYPES, Item, Value, binary, equal, ordered

Test = Callable[[Item, dict[str, Value]], bool]

COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
IN_MAX = 100
_TRUTHS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
_FUNCTIONS = {**_TRUTHS, "size": 1}
_PATHS = frozenset({"attribute_exists", "attribute_not_exists"})
_UNORDERED = TYPES - {"S", "N", "B"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """``grouped``: it stood in parentheses."""

    test: Test
    grouped: bool = False


class ConditionParser(Parser):
    """docs: "Condition and filter expressions, operators, and functions"."""

    def condition(self) -> Test:
        parsed = self._or()
        if not self.ended:
            raise self.unexpected()
        return parsed.test

    def _or(self) -> Parsed:
        left = self._and()
        while self.took("OR"):
            self.note("OR")
            left = Parsed(_either(left.test, self._and().test))
        return left

    def _and(self) -> Parsed:
        left = self._not()
        while self.took("AND"):
            left = Parsed(_both(left.test, self._not().test))
        return left

    def _not(self) -> Parsed:
        if self.took("NOT"):
            self.note("NOT")
            return Parsed(_neither(self._not().test))
        if self.here == "(" and self._begins_condition():
            self.step()
            inner = self._or()
            self.take(")")
            if inner.grouped:
                raise self.refuse("The expression has redundant parentheses;")
            return Parsed(inner.test, grouped=True)
        return Parsed(self._comparison())

    def _begins_condition(self) -> bool:
        """A parenthesis may also stand around an operand: ``(a) = :b``."""
        depth, at = 0, self._at
        while at < len(self._tokens):
            depth += {"(": 1, ")": -1}.get(self._tokens[at], 0)
            at += 1
            if depth == 0:
                break
        after = self._tokens[at].upper() if at < len(self._tokens) else ""
        return after not in (*COMPARATORS, "BETWEEN", "IN")

    def _comparison(self) -> Test:
        if self.at_function() and self.here in _TRUTHS:
            call = self.call(_FUNCTIONS, paths=_PATHS)
            self.note(call.name, *call.arguments)
            return self._truth(call)
        left = self.operand()
        if self.took("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            self.note("BETWEEN", left, low, high)
            return self._between(left, low, high)
        if self.took("IN"):
            self.note("IN")
            return self._in(left)
        if self.here not in COMPARATORS:
            if isinstance(left, Call):
                text = "The function is not allowed to be used this way in an expression; function: "
                raise self.refuse(text + left.name)
            raise self.unexpected()
        operator = self.step()
        right = self.operand()
        self.note(operator, left, right)
        self._distinct(operator, left, right)
        if operator in ("=", "<>"):
            return _equality(left, right, wanted=operator == "=")
        self._ordered(operator, left, right)
        return _order(operator, left, right)

    def function(self) -> Call:
        name = self.here
        call = self.call(_FUNCTIONS, paths=_PATHS)
        if name in _TRUTHS:
            text = "The function is not allowed to be used this way in an expression; function: "
            raise self.refuse(text + name)
        kind = self.type_of(call.arguments[0])
        if kind in ("N", "BOOL", "NULL"):
            raise self.incorrect("size", kind)
        return call

    def note(self, operator: str, *operands: Operand) -> None:
        """Told of every operator and function, for kinds that do not allow all of them."""

    # --- rules ---

    def _truth(self, call: Call) -> Test:
        kind = self.type_of(call.arguments[-1])
        if call.name == "begins_with" and kind not in (None, "S", "B"):
            raise self.incorrect("begins_with", str(kind))
        if call.name == "attribute_type":
            if kind != "S":
                raise self.incorrect("attribute_type", str(kind))
            asked = self.values[call.arguments[1].name]["S"]  # type: ignore[union-attr]
            if asked not in TYPES:
                shown = ",".join(("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"))
                text = "Invalid attribute type name found in an expression; type: "
                raise self.refuse(f"{text}{asked}, valid types: {{{shown}}}")
        self._distinct(call.name, *call.arguments)
        return _TRUTH_TESTS[call.name](*call.arguments)

    def _in(self, left: Operand) -> Test:
        self.take("(")
        members = [self.operand()]
        while self.took(","):
            members.append(self.operand())
        self.take(")")
        if len(members) > IN_MAX:
            text = "Incorrect number of operands for operator or function; operator or function: IN"
            raise self.refuse(f"{text}, number of operands: {len(members) + 1}")
        return lambda item, values: any(
            equal(_value(left, item, values), _value(each, item, values)) for each in members
        )

    def _between(self, operand: Operand, low: Operand, high: Operand) -> Test:
        self._ordered("BETWEEN", operand, low, high)
        if isinstance(low, Named) and isinstance(high, Named):
            order = ordered(self.values[low.name], self.values[high.name])
            shown = (
                f"lower bound operand: {_shown(self.values[low.name])}, "
                f"upper bound operand: {_shown(self.values[high.name])}"
            )
            if order is None:
                text = "The BETWEEN operator requires same data type for lower and upper bounds; "
                raise self.refuse(text + shown)
            if order > 0:
                text = (
                    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                )
                raise self.refuse(text + shown)
        least, most = _order(">=", operand, low), _order("<=", operand, high)
        return _both(least, most)

    def _ordered(self, operator: str, *operands: Operand) -> None:
        for each in operands:
            kind = self.type_of(each)
            if kind in _UNORDERED:
                raise self.incorrect(operator, kind, "operator")

    def _distinct(self, operator: str, *operands: Operand) -> None:
        if len(operands) == 2 and operands[0] == operands[1]:
            shown = operands[0] if isinstance(operands[0], Path) else f"[{operands[0]}]"
            text = (
                "The first operand must be distinct from the remaining operands for this operator or function"
            )
            raise self.refuse(f"{text}; operator: {operator}, first operand: {shown}")


# --- evaluation ----------------------------------------------------------------------------------------


def _value(operand: Operand, item: Item, values: dict[str, Value]) -> Value | None:
    if isinstance(operand, Path):
        return find(item, operand)
    if isinstance(operand, Named):
        return values[operand.name]
    of = _value(operand.arguments[0], item, values)
    if of is None or of.keys() & {"N", "BOOL", "NULL"}:
        return None
    ((tag, content),) = of.items()
    return {"N": str(len(binary(content) if tag == "B" else content))}


def _both(left: Test, right: Test) -> Test:
    return lambda item, values: left(item, values) and right(item, values)


def _either(left: Test, right: Test) -> Test:
    return lambda item, values: left(item, values) or right(item, values)


def _neither(inner: Test) -> Test:
    return lambda item, values: not inner(item, values)


def _equality(left: Operand, right: Operand, *, wanted: bool) -> Test:
    return lambda item, values: equal(_value(left, item, values), _value(right, item, values)) is wanted


_ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def _order(operator: str, left: Operand, right: Operand) -> Test:
    def test(item: Item, values: dict[str, Value]) -> bool:
        order = ordered(_value(left, item, values), _value(right, item, values))
        return order is not None and _ORDERS[operator](order)

    return test


def _exists(path: Operand) -> Test:
    return lambda item, values: _value(path, item, values) is not None


def _is_of_type(path: Operand, kind: Operand) -> Test:
    def test(item: Item, values: dict[str, Value]) -> bool:
        asked: Any = _value(kind, item, values)
        return asked["S"] in (_value(path, item, values) or {})

    return test


def _begins_with(path: Operand, prefix: Operand) -> Test:
    def test(item: Item, values: dict[str, Value]) -> bool:
        text, start = _value(path, item, values) or {}, _value(prefix, item, values) or {}
        if "B" in text and "B" in start:
            return binary(text["B"]).startswith(binary(start["B"]))
        return "S" in text and "S" in start and bool(text["S"].startswith(start["S"]))

    return test


def _contains(path: Operand, member: Operand) -> Test:
    def test(item: Item, values: dict[str, Value]) -> bool:
        whole, part = _value(path, item, values), _value(member, item, values)
        if whole is None or part is None:
            return False
        ((tag, content),), ((kind, wanted),) = whole.items(), part.items()
        if tag == "L":
            return any(equal(each, part) for each in content)
        if tag in ("SS", "NS", "BS"):
            return kind == tag[0] and any(equal({kind: each}, part) for each in content)
        if tag == kind == "B":
            return binary(wanted) in binary(content)
        return tag == kind == "S" and wanted in content

    return test


_TRUTH_TESTS: dict[str, Callable[..., Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": lambda path: _neither(_exists(path)),
    "attribute_type": _is_of_type,
    "begins_with": _begins_with,
    "contains": _contains,
}


def _shown(value: Value) -> str:
    ((tag, content),) = value.items()
    return f"AttributeValue: {{{tag}:{content}}}"

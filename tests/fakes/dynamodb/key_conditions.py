"""Key conditions: what a query may ask of the keys of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.dynamodb.conditions import ConditionParser
from tests.fakes.dynamodb.parsing import Operand, Path
from tests.fakes.dynamodb.values import Refused

_ALLOWED = frozenset({"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"})


class KeyConditionParser(ConditionParser):
    """docs: "Key condition expressions for the Query operation". ``terms`` are operators by attribute."""

    def __init__(self, *parts: Any) -> None:
        self.terms: list[tuple[str, str, tuple[Operand, ...]]] = []
        super().__init__(*parts)

    def note(self, operator: str, *operands: Operand) -> None:
        if operator not in _ALLOWED:
            raise self.refuse(f"Invalid operator used in KeyConditionExpression: {operator}")
        path, *others = operands
        if not isinstance(path, Path) or any(isinstance(each, Path) for each in others):
            raise self.refuse("Invalid condition in KeyConditionExpression: one operand must be a key")
        if len(path.parts) > 1:
            text = "KeyConditionExpressions cannot have conditions on nested attributes"
            raise self.refuse(f"{text}; path: {path}")
        self.terms.append((str(path.parts[0]), operator, tuple(others)))

    def check(self, types: Mapping[str, str]) -> None:
        """``types`` are the key attributes with their types, the hash key first."""
        hash_key = next(iter(types))
        names = [name for name, _, _ in self.terms]
        if len(set(names)) != len(names):
            raise self.refuse("KeyConditionExpressions must only contain one condition per key")
        if hash_key not in names:
            raise Refused(f"Query condition missed key schema element: {hash_key}")
        for name, operator, operands in self.terms:
            if name not in types or (name == hash_key and operator != "="):
                raise Refused("Query key condition not supported")
            if any(self.type_of(each) != types[name] for each in operands):
                text = "Condition parameter type does not match schema type"
                raise Refused(f"One or more parameter values were invalid: {text}")

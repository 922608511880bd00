"""The words of DynamoDB's expressions, and the document paths that all kinds of expressions share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.fakes.dynamodb.reserved import RESERVED
from tests.fakes.dynamodb.values import Item, Refused, Value

EXPRESSION_BYTES = 4096  # docs: "Service, account, and table quotas"
_END = "<EOF>"
_TOKEN = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<>|<=|>=|[=<>()\[\],.+-])")


class Path(NamedTuple):
    """``parts`` are names and indexes of lists, written out: ``#n`` has become its name."""

    parts: tuple[str | int, ...]

    def __str__(self) -> str:
        shown = (f"[{part}]" if isinstance(part, int) else part for part in self.parts)
        return f"[{', '.join(shown)}]"


class Named(NamedTuple):
    """A value by its name in ExpressionAttributeValues."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its operands."""

    name: str
    arguments: tuple[Operand, ...]


Operand = Path | Named | Call


def find(item: Item, path: Path) -> Value | None:
    at: Value | None = {"M": item}
    for part in path.parts:
        content: Any = at and at.get("L" if isinstance(part, int) else "M")
        if content is None or (isinstance(part, int) and part >= len(content)):
            return None
        at = content[part] if isinstance(part, int) else content.get(part)
    return at


class Parser:
    """One expression of the request's member ``kind``. ``names_used`` and ``values_used`` are what it takes
    from the request's names and values."""

    def __init__(self, kind: str, text: str, names: dict[str, str], values: dict[str, Value]) -> None:
        self.kind = kind
        self.names_used: set[str] = set()
        self.values_used: set[str] = set()
        self.values = values
        self._names = names
        if not text.strip():
            raise self.refuse("The expression can not be empty;")
        if len(text.encode()) > EXPRESSION_BYTES:
            raise self.refuse(
                "Expression size has exceeded the maximum allowed size; "
                f"expression size: {len(text.encode())}"
            )
        self._tokens = self._split(text)
        self._at = 0

    def _split(self, text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                token = text[at:].lstrip()[0]
                raise self.refuse(f'Syntax error; token: "{token}", near: "{text[max(0, at - 8) : at + 8]}"')
            tokens.append(found[1])
            at = found.end()
        return [*tokens, _END]

    # --- tokens ---

    @property
    def here(self) -> str:
        return self._tokens[self._at]

    @property
    def next(self) -> str:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    @property
    def ended(self) -> bool:
        return self.here == _END

    def is_word(self, *words: str) -> bool:
        return self.here.upper() in words

    def step(self) -> str:
        token = self.here
        self._at += 1
        return token

    def take(self, token: str) -> None:
        if self.here.upper() != token:
            raise self.unexpected()
        self._at += 1

    def took(self, token: str) -> bool:
        if self.here.upper() != token:
            return False
        self._at += 1
        return True

    def refuse(self, text: str) -> Refused:
        return Refused(f"Invalid {self.kind}: {text}")

    def unexpected(self) -> Refused:
        near = " ".join(self._tokens[max(0, self._at - 1) : self._at + 2]).replace(f" {_END}", "")
        return self.refuse(f'Syntax error; token: "{self.here}", near: "{near}"')

    # --- paths, values, functions ---

    def path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while self.here in (".", "["):
            if self.step() == ".":
                parts.append(self._name())
            else:
                if not self.here.isdecimal():
                    raise self.unexpected()
                parts.append(int(self.step()))
                self.take("]")
        return Path(tuple(parts))

    def _name(self) -> str:
        token = self.here
        if token.startswith("#"):
            if token not in self._names:
                text = "An expression attribute name used in the document path is not defined"
                raise self.refuse(f"{text}; attribute name: {token}")
            self.names_used.add(token)
            self.step()
            return self._names[token]
        if not (token[0].isalpha() or token[0] == "_"):
            raise self.unexpected()
        if token.upper() in RESERVED:
            raise self.refuse(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return self.step()

    def value(self) -> Named:
        token = self.here
        if token not in self.values:
            text = "An expression attribute value used in expression is not defined"
            raise self.refuse(f"{text}; attribute value: {token}")
        self.values_used.add(token)
        self.step()
        return Named(token)

    def at_function(self) -> bool:
        return self.next == "(" and (self.here[0].isalpha() or self.here[0] == "_")

    def call(self, known: dict[str, int], *, paths: frozenset[str]) -> Call:
        """``known`` are the functions with the number of their operands; the first operand of those in
        ``paths`` is a path."""
        name = self.step()
        if name not in known:
            raise self.refuse(f"Invalid function name; function: {name}")
        self.take("(")
        arguments = [self.operand()]
        while self.took(","):
            arguments.append(self.operand())
        self.take(")")
        if len(arguments) != known[name]:
            text = "Incorrect number of operands for operator or function; operator or function: "
            raise self.refuse(f"{text}{name}, number of operands: {len(arguments)}")
        if name in paths and not isinstance(arguments[0], Path):
            text = "Operator or function requires a document path; operator or function: "
            raise self.refuse(text + name)
        return Call(name, tuple(arguments))

    def operand(self) -> Operand:
        if self.took("("):
            inner = self.operand()
            self.take(")")
            return inner
        if self.here.startswith(":"):
            return self.value()
        return self.function() if self.at_function() else self.path()

    def function(self) -> Call:
        """A call, held against the rules of the kind of expression."""
        raise NotImplementedError

    def incorrect(self, operator: str, operand_type: str, word: str = "operator or function") -> Refused:
        text = "Incorrect operand type for operator or function; "
        return self.refuse(f"{text}{word}: {operator}, operand type: {operand_type}")

    def type_of(self, operand: Operand) -> str | None:
        """The type of a value; None of what only an item decides."""
        return next(iter(self.values[operand.name])) if isinstance(operand, Named) else None

"""Templates of keys: they select the items of an entity, and name the parts of their keys. Pure.

``USER#{userId}`` is literal text and a part. A part is at least one character, and ends at the first
occurrence of the literal after it; the last part ends where the value ends. So a key has one reading, and
the parts build the same key again. The form follows ElectroDB and similar libraries. ``{{`` and ``}}`` stand
for braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bridge.core.change import TypedItem
from bridge.core.values import base64_text

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TemplateError(ValueError):
    """A template that cannot be compiled. ``attribute`` is the key attribute that it is of."""

    def __init__(self, message: str, suggestion: str = "", attribute: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.attribute = attribute


class Piece(NamedTuple):
    """Literal text, or the part ``name`` where ``name`` is not empty."""

    literal: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ValueTemplate:
    """The template of one key attribute. Two parts never stand side by side."""

    text: str
    pieces: tuple[Piece, ...]

    @property
    def is_bare(self) -> bool:
        """Whether it is one part and nothing else: the only form that numbers and binary values match."""
        return len(self.pieces) == 1 and self.pieces[0].name != ""

    @property
    def prefix(self) -> str:
        """The literal text that every value begins with."""
        return self.pieces[0].literal

    @property
    def is_literal(self) -> bool:
        return not any(piece.name for piece in self.pieces)

    def parse(self, value: str) -> dict[str, str] | None:
        """The parts of a value; None where it does not have this form."""
        parts: dict[str, str] = {}
        at, name = 0, ""
        for piece in self.pieces:
            if piece.name:
                name = piece.name
                continue
            if not name:
                if not value.startswith(piece.literal, at):
                    return None
                at += len(piece.literal)
                continue
            end = value.find(piece.literal, at)
            if end <= at:
                return None
            parts[name] = value[at:end]
            at, name = end + len(piece.literal), ""
        if name:
            parts[name] = value[at:]
            return parts if at < len(value) else None
        return parts if at == len(value) else None

    def build(self, parts: Mapping[str, str]) -> str:
        """The value with these parts. Raises ``ValueError`` where it would be read as other parts."""
        value = "".join(parts[piece.name] if piece.name else piece.literal for piece in self.pieces)
        if self.parse(value) != {piece.name: parts[piece.name] for piece in self.pieces if piece.name}:
            raise ValueError(f"{self.text!r}: a part is empty or holds the text that ends it")
        return value


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    """Templates of all attributes of a key, in order of their names."""

    values: Mapping[str, ValueTemplate]

    @property
    def attributes(self) -> tuple[str, ...]:
        return tuple(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parts, in the order of the attributes as they were written."""
        found = (piece.name for value in self.values.values() for piece in value.pieces if piece.name)
        return tuple(dict.fromkeys(found))

    def named_by(self, attribute: str) -> tuple[str, ...]:
        """The parts that one attribute holds."""
        return tuple(piece.name for piece in self.values[attribute].pieces if piece.name)

    def parse(self, key: TypedItem) -> dict[str, str] | None:
        """The texts of the parts of a typed key; None where the key does not have this form.

        A number's text is DynamoDB's own digits, a binary value's its base64 text.
        """
        if len(key) != len(self.values):
            return None
        parts: dict[str, str] = {}
        for attribute, template in self.values.items():
            value = key.get(attribute)
            if value is None:
                return None
            ((tag, content),) = value.items()
            if tag != "S" and not template.is_bare:
                return None
            found = template.parse(base64_text(content) if isinstance(content, bytes) else content)
            if found is None:
                return None
            for name, text in found.items():
                if parts.setdefault(name, text) != text:
                    return None  # a name that is there twice has one value
        return parts

    def values_of(self, key: TypedItem) -> dict[str, dict[str, Any]] | None:
        """The parts as typed values: a bare part keeps the type of its attribute, every other is text."""
        texts = self.parse(key)
        if texts is None:
            return None
        typed = {name: {"S": text} for name, text in texts.items()}
        for attribute, template in self.values.items():
            if template.is_bare:
                typed[template.pieces[0].name] = dict(key[attribute])
        return typed

    def build(self, parts: Mapping[str, str]) -> dict[str, str]:
        """The texts of the key's attributes. Raises ``ValueError`` where they would be read as other parts,
        ``KeyError`` where a part is missing."""
        return {attribute: template.build(parts) for attribute, template in self.values.items()}


def compile_value(text: str) -> ValueTemplate:
    """Raises :class:`TemplateError`."""
    pieces: list[Piece] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in ("{", "}"):
            raise TemplateError("a part is written {name}", "write {{ and }} for braces")
        if token in ("{{", "}}") or match.group(1) is None:
            literal = token[0] if token in ("{{", "}}") else token
            if pieces and not pieces[-1].name:
                literal = pieces.pop().literal + literal
            pieces.append(Piece(literal))
            continue
        name = match.group(1)
        if not _NAME.fullmatch(name):
            advice = "write a name of letters, digits and _, such as {userId}"
            raise TemplateError(f"{token} names no part", advice)
        if pieces and pieces[-1].name:
            message = f"{{{pieces[-1].name}}} and {{{name}}} could run together"
            raise TemplateError(message, "write the text that is between them, such as #")
        if any(piece.name == name for piece in pieces):
            raise TemplateError(f"{{{name}}} is twice in one attribute")
        pieces.append(Piece("", name))
    if not pieces:
        raise TemplateError("a key attribute is not empty")
    return ValueTemplate(text, tuple(pieces))


def compile_key(templates: Mapping[str, str]) -> KeyTemplate:
    """Raises :class:`TemplateError`."""
    values: dict[str, ValueTemplate] = {}
    for attribute, text in templates.items():
        try:
            values[attribute] = compile_value(text)
        except TemplateError as error:
            raise TemplateError(error.message, error.suggestion, attribute) from error
    return KeyTemplate(values)

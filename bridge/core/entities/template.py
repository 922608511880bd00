"""Templates of keys: they select the items of an entity, and name the parts of their keys. Pure.

``USER#{userId}`` is literal text and a part. A part is at least one character, and ends at the first
occurrence of the literal after it; the last part ends where the value ends. So a key has one reading, and
the parts build the same key again. The form follows ElectroDB and similar libraries. ``{{`` and ``}}`` stand
for braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
    form: re.Pattern[str] = field(init=False)
    is_literal: bool = field(init=False)
    is_bare: bool = field(init=False)
    """Whether it is one part and nothing else: the only form that numbers and binary values match."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_literal", not any(piece.name for piece in self.pieces))
        object.__setattr__(self, "is_bare", len(self.pieces) == 1 and not self.is_literal)
        object.__setattr__(self, "form", re.compile("".join(self._expressions()), re.DOTALL))

    def _expressions(self) -> Iterator[str]:
        """Each part ends at the first occurrence of the literal after it, so nothing is ever tried twice."""
        for index, piece in enumerate(self.pieces):
            if not piece.name:
                yield re.escape(piece.literal)
            elif index == len(self.pieces) - 1:
                yield f"(?P<{piece.name}>.+)"
            else:
                yield f"(?P<{piece.name}>(?:(?!{re.escape(self.pieces[index + 1].literal)}).)+)"

    @property
    def prefix(self) -> str:
        """The literal text that every value begins with."""
        return self.pieces[0].literal

    @property
    def wildcard(self) -> str:
        """The template as a wildcard of EventBridge patterns, with ``*`` for each part."""
        literal = (piece.literal.replace("\\", "\\\\").replace("*", "\\*") for piece in self.pieces)
        return "".join("*" if piece.name else text for piece, text in zip(self.pieces, literal, strict=True))

    def parse(self, value: str) -> dict[str, str] | None:
        """The parts of a value; None where it does not have this form."""
        found = self.form.fullmatch(value)
        return None if found is None else found.groupdict()

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
    bare: Mapping[str, str] = field(init=False)
    """The attributes that are one part and nothing else, by the name of the part."""
    _checks: tuple[tuple[str, ValueTemplate], ...] = field(init=False)
    """What says no soonest comes first."""
    _repeats: bool = field(init=False)

    def __post_init__(self) -> None:
        checks = sorted(self.values.items(), key=lambda each: (not each[1].is_literal, -len(each[1].prefix)))
        object.__setattr__(self, "_checks", tuple(checks))
        named = [piece.name for value in self.values.values() for piece in value.pieces if piece.name]
        object.__setattr__(self, "_repeats", len(set(named)) < len(named))
        bare = {each.pieces[0].name: name for name, each in self.values.items() if each.is_bare}
        object.__setattr__(self, "bare", bare)

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
        for attribute, template in self._checks:
            value = key.get(attribute)
            if value is None:
                return None
            text = value.get("S")
            if text is None:
                if not template.is_bare:
                    return None
                (content,) = value.values()
                text = base64_text(content) if isinstance(content, bytes) else content
            if template.is_literal:
                if text != template.pieces[0].literal:
                    return None
                continue
            found = template.form.fullmatch(text)
            if found is None:
                return None
            if not self._repeats:
                parts.update(found.groupdict())
            elif not _agree(parts, found.groupdict()):
                return None
        return parts

    def typed(self, parts: Mapping[str, str], key: TypedItem) -> dict[str, Any]:
        """The parts of ``key`` as typed values: a bare part keeps the type of its attribute, every other is
        text."""
        typed: dict[str, Any] = {name: {"S": text} for name, text in parts.items()}
        for name, attribute in self.bare.items():
            typed[name] = key[attribute]
        return typed

    def build(self, parts: Mapping[str, str]) -> dict[str, str]:
        """The texts of the key's attributes. Raises ``ValueError`` where they would be read as other parts,
        ``KeyError`` where a part is missing."""
        return {attribute: template.build(parts) for attribute, template in self.values.items()}


def _agree(parts: dict[str, str], more: Mapping[str, str]) -> bool:
    """Adds ``more``; a name that is there twice has one value."""
    return all(parts.setdefault(name, part) == part for name, part in more.items())


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

"""Schemas that a value must satisfy or must refuse, and what is known about the values that do so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import jsonschema_rs

from bridge.schemas.compatibility.proving.containment import bundle
from bridge.schemas.compatibility.reading.json_values import key_of, mentions
from bridge.schemas.compatibility.reading.normal import Schema

INEXACT: Final = frozenset({"x-draft4-integer", "x-content"})
_FLAT: Final = frozenset(
    {
        "type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "pattern", "format", "x-content", "x-draft4-integer", "$comment",
        "x-extensible-enum",
    }
)  # fmt: skip
"""Keywords without schemas in them."""


class Signed:
    """A schema with a sign: ``wanted`` or refused. Two of the same meaning are the same object."""

    __slots__ = ("flat", "lists", "node", "number", "opposite", "wanted")

    def __init__(self, node: dict[str, Any], number: int, *, wanted: bool) -> None:
        self.node = node
        self.number = number
        self.wanted = wanted
        self.flat = node.keys() <= _FLAT
        self.lists = wanted and "enum" in node
        self.opposite: Signed

    def __hash__(self) -> int:
        return self.number  # so that a set of them has the same order in every run

    def __eq__(self, other: object) -> bool:
        return self is other


Conjunction = frozenset[Signed]
"""All of it must hold."""


class Found(NamedTuple):
    """``complete``: there is no other value than these. ``assumed``: no value was found below a value of the
    same kind, so only a smallest value may be called impossible by this."""

    values: tuple[Any, ...]
    complete: bool
    assumed: bool = False

    @property
    def empty(self) -> bool:
        return self.complete and not self.values


EMPTY: Final = Found((), True)
UNKNOWN: Final = Found((), False)
ASSUMED: Final = Found((), True, True)


def joined(parts: Iterable[Found], most: int) -> Found:
    """The values of any of ``parts``. Stops when there are ``most``."""
    values: dict[str, Any] = {}
    complete, assumed = True, False
    for part in parts:
        values |= {key_of(value): value for value in part.values if key_of(value) not in values}
        complete, assumed = complete and part.complete, assumed or part.assumed
        if len(values) >= most:
            return Found(tuple(values.values()), False, assumed)
    return Found(tuple(values.values()), complete and not (assumed and values), assumed)


class Pool:
    """One :class:`Signed` for each meaning; ``defs`` are the definitions that the schemas refer to."""

    def __init__(self, defs: Mapping[str, Schema]) -> None:
        self.defs = defs
        self._known: dict[int, Signed] = {}
        self._by_text: dict[str, Signed] = {}
        self._kept: list[dict[str, Any]] = []
        self._validators: dict[Signed, Callable[[Any], bool] | None] = {}
        self.near: dict[int, list[list[int]]] = {}
        """For each list of alternatives, by its id, which of them may hold beside which."""
        self.nothing = self._make({"enum": []})
        self.anything = self.nothing.opposite

    def _make(self, node: dict[str, Any]) -> Signed:
        number = 2 * len(self._by_text)
        wanted, refused = Signed(node, number, wanted=True), Signed(node, number + 1, wanted=False)
        wanted.opposite, refused.opposite = refused, wanted
        return wanted

    def of(self, node: Schema, *, wanted: bool = True) -> Signed:
        if isinstance(node, bool) or not node:
            return self.nothing if (node is False) == wanted else self.anything
        found = self._known.get(id(node))
        if found is None:
            text = key_of(node)
            found = self._by_text.get(text)
            if found is None:
                found = self._by_text[text] = self._make(node)
            self._known[id(node)] = found
            self._kept.append(node)  # an id is of no other node as long as the node lives
        return found if wanted else found.opposite

    def conjunction(self, *parts: Signed) -> Conjunction:
        return self.narrowed(frozenset(), parts)

    def narrowed(self, conjunction: Conjunction, more: Iterable[Signed]) -> Conjunction:
        """Both together; ``{nothing}`` where two contradict each other."""
        found = set(conjunction)
        for each in more:
            if each is self.nothing or each.opposite in found:
                return frozenset({self.nothing})
            if each is not self.anything:
                found.add(each)
        return frozenset(found)

    def holds(self, signed: Signed, value: Any) -> bool | None:
        """Whether a value satisfies it, as the validator decides; ``None`` where that is not known."""
        if signed is self.nothing or signed is self.anything:
            return signed is self.anything
        base = signed if signed.wanted else signed.opposite
        if base not in self._validators:
            self._validators[base] = self._compile(base)
        validator = self._validators[base]
        if validator is None:
            return None
        try:
            return bool(validator(value)) == signed.wanted
        except ValueError:
            return None

    def _compile(self, signed: Signed) -> Callable[[Any], bool] | None:
        document = bundle((signed.node,), self.defs)
        if mentions(document, INEXACT):
            return None
        try:
            validator: Any = jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)
        except (ValueError, jsonschema_rs.ValidationError):
            return None
        valid: Callable[[Any], bool] = validator.is_valid
        return valid

    def all_hold(self, conjunction: Conjunction, value: Any) -> bool | None:
        unknown = False
        for each in conjunction:
            answer = self.holds(each, value)
            if answer is False:
                return False
            unknown = unknown or answer is None
        return None if unknown else True

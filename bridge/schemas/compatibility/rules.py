"""The stable names of breaks, what each says to people, and how to do the same compatibly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridge.schemas.compatibility.verdict import Direction

_MAJOR: Final = "publish it as a new major version and derive the old one from it for a while"


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    message: str
    hint: str


def _rule(name: str, message: str, hint: str = "") -> Rule:
    return Rule(name, message, f"{hint}; or {_MAJOR}" if hint else _MAJOR)


_ONCE: Final = "keep taking what old events hold"
_STILL: Final = "keep to what old consumers take"

# By the stem that the prover gives: the rule where old events meet the new schema (backward), and the rule
# where new events meet the old one (forward).
_RULES: Final[dict[str, tuple[Rule, Rule]]] = {
    "required": (
        _rule("required-added", "is now required, and old events may lack it", "add it as optional"),
        _rule(
            "required-removed", "is no longer required, and old consumers rely on it", "keep it required"
        ),
    ),
    "undeclared": (
        _rule("property-added", "is now declared, and old events may hold something else under its name",
              "close the old schema's object, or take another name"),
        _rule("property-removed", "is no longer declared, and new events may hold anything under its name",
              "keep it declared as optional"),
    ),
    "false": (
        _rule("property-forbidden", "is no longer allowed, and old events may hold it", "allow it"),
        _rule("property-allowed", "was not allowed, and old consumers refuse it", "keep it out"),
    ),
    "type": (
        _rule("type-narrowed", "takes fewer types than old events hold", _ONCE),
        _rule("type-widened", "holds more types than old consumers take", "add a property for the new type"),
    ),
    "type-changed": (
        _rule("type-changed", "has another type", "add a new property and keep the old one"),
        _rule("type-changed", "has another type", "add a new property and keep the old one"),
    ),
    "integer": (
        _rule("integer-draft", "draft 4 takes 1.0 for no integer, and later drafts do"),
        _rule("integer-draft", "draft 4 takes 1.0 for no integer, and later drafts do"),
    ),
    "enum": (
        _rule("enum-added", "is now restricted to listed values", _ONCE),
        _rule("enum-removed", "is no longer restricted to listed values",
              "mark the enum x-extensible-enum before it grows"),
    ),
    "enum-value": (
        _rule("enum-value-removed", "no longer lists a value that old events hold", "keep the value listed"),
        _rule("enum-value-added", "lists a value that old consumers do not know",
              "mark the enum x-extensible-enum a version before it grows"),
    ),
    "const": (
        _rule("const-changed", "has another constant value", "take both in an enum"),
        _rule("const-changed", "has another constant value", "take both in an enum"),
    ),
    "additional-properties": (
        _rule("additional-properties-closed", "refuses undeclared members that old events may hold",
              "leave the object open"),
        _rule("additional-properties-opened", "may hold undeclared members that old consumers refuse",
              "declare the members"),
    ),
    "items": (
        _rule("items-closed", "refuses elements that old events may hold", _ONCE),
        _rule("items-opened", "may hold elements that old consumers refuse", _STILL),
    ),
}  # fmt: skip

_BOUNDS: Final = {
    "minimum": ("raised", "lowered"),
    "maximum": ("lowered", "raised"),
    "min-length": ("raised", "lowered"),
    "max-length": ("lowered", "raised"),
    "min-items": ("raised", "lowered"),
    "max-items": ("lowered", "raised"),
    "min-properties": ("raised", "lowered"),
    "max-properties": ("lowered", "raised"),
}
_CHANGED: Final = ("pattern", "format", "multiple-of", "content", "contains", "property-names",
                   "dependent-required", "unique-items")  # fmt: skip


_COMBINED: Final = {
    "combined-changed": "the choice of anyOf or oneOf",
    "not-changed": "what is ruled out by not",
    "conditional-changed": "the condition of if",
    "dependent-schemas-changed": "what dependentSchemas asks for",
}


def rule_of(stem: str, direction: Direction, *, in_old: bool = True, in_new: bool = True) -> Rule:
    """``in_old``, ``in_new``: whether the keyword stands in that version at that place."""
    backward = direction == "backward"
    if stem in _RULES:
        return _RULES[stem][0 if backward else 1]
    if stem in _BOUNDS:
        word = _BOUNDS[stem][0 if backward else 1]
        said = "refuses what old events hold" if backward else "allows what old consumers refuse"
        return _rule(f"{stem}-{word}", f"{said}: {stem} was {word}", _ONCE if backward else _STILL)
    if stem in _CHANGED:
        word = "changed" if in_old and in_new else "added" if in_new else "removed"
        said = "refuses what old events hold" if backward else "allows what old consumers refuse"
        return _rule(f"{stem}-{word}", f"{said}: {stem} was {word}", _ONCE if backward else _STILL)
    said = "refuses what old events hold" if backward else "allows what old consumers refuse"
    return _rule(stem, f"{said}: {_COMBINED.get(stem, stem)} was changed", _ONCE if backward else _STILL)

"""The stable names of breaks, the message of each, and a hint how to make the same change compatibly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bridge.schemas.compatibility.verdict import Direction


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    message: str
    hint: str


def _rule(name: str, message: str, hint: str = "") -> Rule:
    major = "publish it as a new major version and derive the old one from it for a while"
    return Rule(name, message, f"{hint}; or {major}" if hint else major)


_KEEP_OLD: Final = "keep accepting what old events contain"
_KEEP_WITHIN: Final = "keep to what old consumers accept"
_EXTENSIBLE: Final = "mark the enum x-extensible-enum"

# By the stem that the prover gives: the rule when old events meet the new schema (backward), and the rule
# when new events meet the old one (forward).
_RULES: Final[dict[str, tuple[Rule, Rule]]] = {
    "required": (
        _rule("required-added", "is now required, and old events may lack it", "add it as optional"),
        _rule("required-removed", "is no longer required, and old consumers need it", "keep it required"),
    ),
    "undeclared": (
        _rule("property-added", "is now declared, and old events may contain something else under its name",
              "close the old schema's object, or choose another name"),
        _rule("property-removed", "is no longer declared, and new events may contain anything under its name",
              "keep it declared as optional"),
    ),
    "false": (
        _rule("property-forbidden", "is no longer allowed, and old events may contain it", "allow it"),
        _rule("property-allowed", "was not allowed, and old consumers refuse it", "do not allow it"),
    ),
    "type": (
        _rule("type-narrowed", "accepts fewer types than old events contain", _KEEP_OLD),
        _rule("type-widened", "allows more types than old consumers accept",
              "add a property for the new type"),
    ),
    "type-changed": (
        _rule("type-changed", "has another type", "add a new property and keep the old one"),
    ) * 2,
    "integer": (
        _rule("integer-draft", "has 1.0 as an integer in later drafts, but not in draft 4"),
    ) * 2,
    "enum": (
        _rule("enum-added", "is now restricted to listed values", _KEEP_OLD),
        _rule("enum-removed", "is no longer restricted to listed values", f"{_EXTENSIBLE} before it grows"),
    ),
    "enum-value": (
        _rule("enum-value-removed", "no longer lists a value that old events contain",
              "keep the value listed"),
        _rule("enum-value-added", "lists a value that old consumers do not know",
              f"{_EXTENSIBLE} one version before it grows"),
    ),
    "const": (
        _rule("const-changed", "has another constant value", "accept both values in an enum"),
    ) * 2,
    "additional-properties": (
        _rule("additional-properties-closed", "refuses undeclared members that old events may contain",
              "leave the object open"),
        _rule("additional-properties-opened", "allows undeclared members that old consumers refuse",
              "declare the members"),
    ),
    "items": (
        _rule("items-closed", "refuses elements that old events may contain", _KEEP_OLD),
        _rule("items-opened", "allows elements that old consumers refuse", _KEEP_WITHIN),
    ),
}  # fmt: skip

_BOUNDS: Final = frozenset(
    f"{end}{of}" for end in ("min", "max") for of in ("imum", "-length", "-items", "-properties")
)
_CHANGED: Final = ("pattern", "format", "multiple-of", "content", "contains", "property-names",
                   "dependent-required", "unique-items")  # fmt: skip
_COMBINED: Final = {
    "combined-changed": "the choice of anyOf or oneOf",
    "not-changed": "what not excludes",
    "conditional-changed": "the condition of if",
    "dependent-schemas-changed": "what dependentSchemas requires",
}


def rule_of(stem: str, direction: Direction, *, in_old: bool = True, in_new: bool = True) -> Rule:
    """``in_old``, ``in_new``: whether that version uses the keyword at that place."""
    backward = direction == "backward"
    if stem in _RULES:
        return _RULES[stem][0 if backward else 1]
    effect = "refuses what old events contain" if backward else "allows what old consumers refuse"
    hint = _KEEP_OLD if backward else _KEEP_WITHIN
    if stem in _BOUNDS:
        word = "raised" if backward == stem.startswith("min") else "lowered"
    elif stem in _CHANGED:
        word = "changed" if in_old and in_new else "added" if in_new else "removed"
    else:
        return _rule(stem, f"{effect}: {_COMBINED.get(stem, stem)} was changed", hint)
    return _rule(f"{stem}-{word}", f"{effect}: {stem} was {word}", hint)

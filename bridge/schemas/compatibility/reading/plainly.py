"""Schemas that some value certainly satisfies, seen without a proof of the whole.

Most parts of most schemas are of this kind: a text with a length, an object whose required members can be
written. "Yes" is certain. "No" says only that it is not plain, and that a proof is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urljoin

from bridge.core.pointer import parse_pointer

Ask = Callable[[dict[str, Any]], bool]
"""Whether a schema without references is proven to be satisfiable."""

_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_BOUNDS: Final = frozenset({"minimum", "maximum"})
_KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "string": _LENGTHS | {"pattern", "format"},
    "number": _BOUNDS | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "object": frozenset(
        {"properties", "required", "additionalProperties", "patternProperties", "propertyNames",
         "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies",
         "unevaluatedProperties"}
    ),
    "array": frozenset(
        {"items", "minItems", "maxItems", "prefixItems", "contains", "uniqueItems", "unevaluatedItems",
         "minContains", "maxContains"}
    ),
}  # fmt: skip
"""The keywords that say something about values of one type."""
_ANY_TYPE: Final = frozenset({"enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "$ref", "$dynamicRef"})
_EVERY_TYPE: Final = ("null", "boolean", "string", "number", "array", "object")


class Plainly:
    """For documents that may refer to each other, by their ids. ``ask`` proves what is not plain and has no
    reference in it."""

    def __init__(self, documents: Mapping[str, Any], ask: Ask) -> None:
        self._documents = documents
        self._ask = ask
        self._known: dict[int, bool] = {}

    def satisfiable(self, base: str, part: Any) -> bool:
        """Whether some value certainly satisfies ``part`` of the document with the id ``base``."""
        try:
            return self._some(base, part)
        except RecursionError:
            return False

    def _some(self, base: str, part: Any) -> bool:
        if not isinstance(part, dict):
            return part is True
        known = self._known.get(id(part))
        if known is None:
            self._known[id(part)] = False  # while it is open: a part that needs itself is not plain
            known = self._known[id(part)] = self._plain(base, part)
        return known

    def _plain(self, base: str, part: dict[str, Any]) -> bool:
        general = part.keys() & _ANY_TYPE
        if len(general) == 1 and not _limits_a_type(part):
            (keyword,) = general
            if keyword == "$ref":
                return self._target(base, part["$ref"])
            if keyword == "enum":
                return bool(part["enum"])
            if keyword == "anyOf" and any(self._some(base, each) for each in part["anyOf"]):
                return True
        elif not general:
            types = part.get("type", _EVERY_TYPE)
            types = (types,) if isinstance(types, str) else types
            if any(self._of_type(base, part, each) for each in types):
                return True
        return not _refers(part) and self._ask(part)

    def _of_type(self, base: str, part: dict[str, Any], kind: str) -> bool:
        if kind in ("null", "boolean"):
            return True
        used = part.keys() & _KEYWORDS["number" if kind == "integer" else kind]
        if kind == "object":
            return used <= {"properties", "required", "additionalProperties"} and self._object(base, part)
        if kind == "array":
            return self._array(base, part, used)
        if kind == "string":
            # Every format has some text; with a length it may have none.
            return used == {"format"} or (used <= _LENGTHS and _in_order(part, "minLength", "maxLength"))
        whole = kind == "number" or all(isinstance(part[each], int) for each in used)
        return used <= _BOUNDS and whole and _in_order(part, "minimum", "maximum")

    def _object(self, base: str, part: dict[str, Any]) -> bool:
        members, others = part.get("properties", {}), part.get("additionalProperties", True)
        return all(self._some(base, members.get(name, others)) for name in part.get("required", ()))

    def _array(self, base: str, part: dict[str, Any], used: set[str]) -> bool:
        if not part.get("minItems") and "contains" not in used:
            return True  # the empty one
        simple = used <= {"items", "minItems", "maxItems"} and _in_order(part, "minItems", "maxItems")
        return simple and self._some(base, part.get("items", True))

    def _target(self, base: str, reference: str) -> bool:
        uri, fragment = urldefrag(reference)
        uri = urljoin(base, uri) if uri else base
        try:
            target = self._documents[uri]
            for step in parse_pointer(unquote(fragment)) if fragment else ():
                target = target[int(step)] if isinstance(target, list) else target[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return False  # an anchor
        return self._some(uri, target)


def _limits_a_type(part: dict[str, Any]) -> bool:
    return "type" in part or any(not part.keys().isdisjoint(each) for each in _KEYWORDS.values())


def _in_order(part: dict[str, Any], low: str, high: str) -> bool:
    return low not in part or high not in part or bool(part[low] <= part[high])


def _refers(value: Any) -> bool:
    """Whether there may be a reference in it. A member of that name, in data or in ``properties``, counts."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "$ref" in each or "$dynamicRef" in each:
                return True
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False

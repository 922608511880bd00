"""Hard pairs about numbers and arrays: bounds, multiples, elements, and what an array must contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.schemas.compatibility.hard.pairs import TEXT, WHOLE, Pair, both, text

NUMBER: Final = {"type": "number"}


def whole(**keywords: Any) -> dict[str, Any]:
    return {"type": "integer", **keywords}


def number(**keywords: Any) -> dict[str, Any]:
    return {"type": "number", **keywords}


def listed(**keywords: Any) -> dict[str, Any]:
    return {"type": "array", **keywords}


_NUMBERS: Final[tuple[tuple[Any, Any, str], ...]] = (
    (whole(minimum=1), whole(exclusiveMinimum=0), "cc"),
    (whole(minimum=1), whole(minimum=0.5), "cc"),
    (whole(minimum=0.5, maximum=1.5), whole(enum=[1]), "cc"),
    (number(minimum=1), number(exclusiveMinimum=0), "ci"),
    (whole(multipleOf=6), whole(multipleOf=3), "ci"),
    (whole(multipleOf=6), whole(multipleOf=4), "ii"),
    (whole(allOf=[{"multipleOf": 2}, {"multipleOf": 3}]), whole(multipleOf=6), "cc"),
    (whole(allOf=[{"multipleOf": 4}, {"multipleOf": 6}]), whole(multipleOf=12), "cc"),
    (whole(allOf=[{"multipleOf": 4}, {"multipleOf": 6}]), whole(multipleOf=24), "ic"),
    (number(multipleOf=1), WHOLE, "cc"),
    (number(multipleOf=0.5), number(multipleOf=0.25), "ci"),
    (number(multipleOf=0.1), number(multipleOf=0.01), "ci"),
    (whole(multipleOf=5, minimum=1), whole(minimum=5), "ci"),
    (whole(multipleOf=5, minimum=1, maximum=9), whole(enum=[5]), "cc"),
    (whole(multipleOf=5, minimum=1, maximum=4), whole(enum=[7]), "ci"),
    (whole(multipleOf=10, minimum=1), whole(multipleOf=10, minimum=10), "cc"),
    (whole(multipleOf=10, maximum=99), whole(multipleOf=10, maximum=90), "cc"),
    (whole(multipleOf=10, maximum=99), whole(multipleOf=10, maximum=89), "ic"),
    (whole(minimum=0, maximum=10), whole(minimum=0, maximum=10, multipleOf=2), "ic"),
    (whole(minimum=0, maximum=3), whole(enum=[0, 1, 2, 3]), "cc"),
    (whole(minimum=0, maximum=3), whole(enum=[0, 1, 3]), "ic"),
    (whole(minimum=0, maximum=3), whole(**{"not": {"enum": [4]}}), "ci"),
    (whole(enum=[2, 4, 6]), whole(multipleOf=2), "ci"),
    (whole(enum=[2, 4, 6], minimum=3), whole(minimum=4), "ci"),
    (whole(enum=[2, 4, "a"]), {"multipleOf": 2, "type": "integer"}, "ci"),
    (whole(**{"not": {"multipleOf": 2}}), whole(**{"not": {"multipleOf": 4}}), "ci"),
    (whole(anyOf=[{"maximum": 5}, {"minimum": 6}]), WHOLE, "cc"),
    (whole(anyOf=[{"maximum": 5}, {"minimum": 7}]), whole(**{"not": {"const": 6}}), "cc"),
    (number(anyOf=[{"maximum": 5}, {"minimum": 6}]), NUMBER, "ci"),
    (number(minimum=1, maximum=1), number(enum=[1]), "cc"),
    (number(minimum=0, exclusiveMaximum=1), number(**{"not": {"minimum": 1}}), "ci"),
    (number(minimum=0.1, maximum=0.2), number(minimum=0.1, maximum=0.2, multipleOf=0.05), "ic"),
    ({"type": ["number", "null"], "minimum": 3}, {"type": ["number", "null"], "minimum": 2}, "ci"),
    ({"type": "number", "not": {"type": "integer"}}, {"type": "number", "not": {"const": 3}}, "ci"),
    (whole(minimum=-5, maximum=5, multipleOf=3), whole(enum=[-3, 0, 3]), "cc"),
)  # fmt: skip

_ARRAYS: Final[tuple[tuple[Any, Any, str], ...]] = (
    (listed(items=TEXT), listed(items=TEXT, contains=TEXT), "ic"),
    (listed(items=TEXT, minItems=1), listed(contains=TEXT), "ci"),
    (listed(items=TEXT, minItems=1), listed(items=TEXT, contains=TEXT), "cc"),
    (listed(contains=TEXT), listed(minItems=1), "ci"),
    (listed(contains=TEXT, minContains=2), listed(minItems=2), "ci"),
    (listed(contains=TEXT, minContains=2), listed(contains=TEXT), "ci"),
    (listed(contains=text(minLength=2)), listed(contains=text(minLength=1)), "ci"),
    (listed(contains={"const": 1}), listed(contains=WHOLE), "ci"),
    (listed(contains={"const": 1}, minItems=2), listed(contains={"const": 1}, minItems=1), "ci"),
    (listed(contains=TEXT, minContains=0), listed(), "cc"),
    (listed(items=WHOLE, contains=TEXT), listed(maxItems=0), "ci"),
    (listed(items=False), listed(maxItems=0), "cc"),
    (listed(prefixItems=[TEXT], items=False), listed(maxItems=1, items=TEXT), "cc"),
    (listed(prefixItems=[TEXT, WHOLE], items=False), listed(maxItems=2), "ci"),
    (listed(prefixItems=[TEXT, False]), listed(maxItems=1, items=TEXT), "cc"),
    (listed(items=TEXT), listed(prefixItems=[TEXT, TEXT], items=TEXT), "cc"),
    (listed(prefixItems=[TEXT, WHOLE]), listed(prefixItems=[TEXT]), "ci"),
    (listed(items=TEXT, maxItems=2), listed(prefixItems=[TEXT, TEXT], items=False), "cc"),
    (listed(items={"enum": ["a", "b"]}, uniqueItems=True), listed(maxItems=2), "ci"),
    (listed(items={"enum": ["a", "b"]}, uniqueItems=True), listed(maxItems=1), "ii"),
    (listed(items={"type": "boolean"}, uniqueItems=True), listed(maxItems=2), "ci"),
    (listed(items={"type": "null"}, uniqueItems=True), listed(maxItems=1), "ci"),
    (listed(items={"const": 1}, minItems=2), listed(uniqueItems=True), "ii"),
    (listed(maxItems=1), listed(uniqueItems=True), "ci"),
    (listed(items=WHOLE, minItems=2), listed(items=WHOLE, minItems=2, uniqueItems=True), "ic"),
    (listed(prefixItems=[TEXT, WHOLE], items=False), listed(uniqueItems=True), "ci"),
    (listed(prefixItems=[{"const": 1}, {"enum": [1, 2]}], items=False), listed(uniqueItems=True), "ii"),
    (listed(items=TEXT), listed(items=text(pattern="")), "cc"),
    (listed(items=text(minLength=1)), listed(items=text(minLength=1, pattern="^[a-z]+$")), "ic"),
    (listed(items={"anyOf": [TEXT, WHOLE]}), listed(items={"type": ["string", "integer"]}), "cc"),
    (listed(items=TEXT), listed(**{"not": {"contains": WHOLE}}), "ci"),
    (listed(**{"not": {"contains": {"type": "number"}}}), listed(items={"not": {"type": "number"}}), "cc"),
    (listed(contains=WHOLE, maxContains=1), listed(contains=WHOLE, maxContains=2), "ci"),
    (listed(items=WHOLE, contains=WHOLE, maxContains=1), listed(maxItems=1), "ci"),
    (listed(unevaluatedItems=False), listed(maxItems=0), "cc"),
    (listed(prefixItems=[TEXT], unevaluatedItems=False), listed(prefixItems=[TEXT], items=False), "cc"),
    (listed(prefixItems=[TEXT], unevaluatedItems=False),
     listed(prefixItems=[TEXT, TEXT], unevaluatedItems=False), "ci"),
    (listed(allOf=[{"prefixItems": [TEXT]}], unevaluatedItems=WHOLE),
     listed(prefixItems=[TEXT], items=NUMBER), "ci"),
    (listed(items={"type": "array", "items": TEXT, "minItems": 1}), listed(items={"contains": TEXT}), "ci"),
    (listed(minItems=2, maxItems=4), {"anyOf": [listed(maxItems=3), listed(minItems=4)]}, "ci"),
    (listed(minItems=1, items=WHOLE), {"type": "array", "not": {"maxItems": 0}}, "ci"),
    (listed(enum=[[1], [2]]), listed(items=WHOLE, minItems=1), "ci"),
    (listed(maxItems=2, items={"type": "boolean"}), listed(maxItems=2, items={"enum": [True, False]}), "cc"),
)  # fmt: skip


def pairs() -> Iterator[Pair]:
    for kind, table in (("number", _NUMBERS), ("array", _ARRAYS)):
        for old, new, expected in table:
            yield from both(kind, old, new, expected)

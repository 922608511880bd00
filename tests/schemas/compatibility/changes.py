"""Named changes of a schema and the verdicts of each: the table of docs/compatibility.md, as data.

``expected`` has nine letters in three groups (views, strict, lenient) of three (backward, forward, full):
``c`` compatible, ``i`` incompatible, ``u`` unproven.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.schemas.compatibility.verdict import Mode, Policy, Verdict

TEXT: Final = {"type": "string"}
WHOLE: Final = {"type": "integer"}
D4: Final = {"$schema": "http://json-schema.org/draft-04/schema#"}
D7: Final = {"$schema": "http://json-schema.org/draft-07/schema#"}
VERDICTS: Final = {"c": Verdict.COMPATIBLE, "i": Verdict.INCOMPATIBLE, "u": Verdict.UNPROVEN}
POLICIES: Final = (Policy.VIEWS, Policy.STRICT, Policy.LENIENT)
MODES: Final = (Mode.BACKWARD, Mode.FORWARD, Mode.FULL)


@dataclass(frozen=True, slots=True)
class Change:
    """``old`` becomes ``new``."""

    name: str
    old: Any
    new: Any
    expected: str

    def cells(self) -> Iterator[tuple[Policy, Mode, Verdict]]:
        letters = iter(self.expected.replace(" ", ""))
        for policy in POLICIES:
            for mode in MODES:
                yield policy, mode, VERDICTS[next(letters)]


def thing(*required: str, closed: bool = False, **properties: Any) -> dict[str, Any]:
    """An object schema."""
    out: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        out["required"] = list(required)
    if closed:
        out["additionalProperties"] = False
    return out


def one(schema: Any) -> dict[str, Any]:
    """An object with one member ``a``."""
    return thing(a=schema)


def listed(schema: Any, **more: Any) -> dict[str, Any]:
    return one({"type": "array", "items": schema, **more})


def kinds(**kinds_of: Any) -> dict[str, Any]:
    """A choice between objects with different ``kind``."""
    branches = [thing("kind", kind={"const": name}, **members) for name, members in kinds_of.items()]
    return {"oneOf": branches}


def tree(**more: Any) -> dict[str, Any]:
    node = thing(name=TEXT, children={"type": "array", "items": {"$ref": "#/$defs/node"}}, **more)
    return {"$ref": "#/$defs/node", "$defs": {"node": node}}


def using(definition: Any) -> dict[str, Any]:
    return {**one({"$ref": "#/$defs/part"}), "$defs": {"part": definition}}


def depending(members: Any) -> dict[str, Any]:
    return {**thing(a=TEXT, b=TEXT), "dependentRequired": members}


CONDITION: Final = {"properties": {"kind": {"const": "x"}}, "required": ["kind"]}

CHANGES: Final = (
    # members
    Change(
        "an annotation changed",
        one({"type": "string", "title": "A"}),
        one({"type": "string", "description": "B"}),
        "ccc ccc ccc",
    ),
    Change("optional property added, object open", thing(a=TEXT), thing(a=TEXT, b=WHOLE), "ccc ici ccc"),
    Change(
        "optional property added, object closed",
        thing(a=TEXT, closed=True),
        thing(a=TEXT, b=WHOLE, closed=True),
        "ccc cii ccc",
    ),
    Change("optional property removed, object open", thing(a=TEXT, b=WHOLE), thing(a=TEXT), "ccc cii ccc"),
    Change(
        "optional property removed, object closed",
        thing(a=TEXT, b=WHOLE, closed=True),
        thing(a=TEXT, closed=True),
        "ccc ici ccc",
    ),
    Change("required property added", thing(a=TEXT), thing("b", a=TEXT, b=WHOLE), "ici ici ici"),
    Change(
        "required property added with a default",
        thing(a=TEXT),
        thing("b", a=TEXT, b={"type": "integer", "default": 0}),
        "ici ici ici",
    ),
    Change("required property removed", thing("b", a=TEXT, b=WHOLE), thing(a=TEXT), "cii cii cii"),
    Change("optional made required", thing(a=TEXT), thing("a", a=TEXT), "ici ici ici"),
    Change("required made optional", thing("a", a=TEXT), thing(a=TEXT), "cii cii cii"),
    Change("optional property renamed", thing(a=TEXT), thing(b=TEXT), "ccc iii ccc"),
    Change("required property renamed", thing("a", a=TEXT), thing("b", b=TEXT), "iii iii iii"),
    Change("property of any type added, object open", thing(a=TEXT), thing(a=TEXT, b=True), "ccc ccc ccc"),
    Change("nested optional added", one(thing(b=TEXT)), one(thing(b=TEXT, c=TEXT)), "ccc ici ccc"),
    Change("nested required added", one(thing(b=TEXT)), one(thing("c", b=TEXT, c=TEXT)), "ici ici ici"),
    Change("object closed", thing(a=TEXT), thing(a=TEXT, closed=True), "ccc ici ccc"),
    Change("object opened", thing(a=TEXT, closed=True), thing(a=TEXT), "ccc cii ccc"),
    Change(
        "property added where additionalProperties is true",
        {**thing(a=TEXT), "additionalProperties": True},
        {**thing(a=TEXT, b=WHOLE), "additionalProperties": True},
        "ici ici ccc",
    ),
    Change(
        "property added that contradicts additionalProperties",
        {**thing(a=TEXT), "additionalProperties": TEXT},
        {**thing(a=TEXT, b=WHOLE), "additionalProperties": TEXT},
        "iii iii ccc",
    ),
    Change(
        "values of a map widened",
        one({"type": "object", "additionalProperties": WHOLE}),
        one({"type": "object", "additionalProperties": {"type": "number"}}),
        "cii cii cii",
    ),
    Change(
        "property names restricted",
        one({"type": "object"}),
        one({"type": "object", "propertyNames": {"maxLength": 3}}),
        "ici ici ici",
    ),
    Change(
        "pattern property added",
        thing(a=TEXT),
        {**thing(a=TEXT), "patternProperties": {"^x-": TEXT}},
        "ccc ici ccc",
    ),
    Change(
        "pattern property narrowed",
        {**thing(a=TEXT), "patternProperties": {"^x-": TEXT}},
        {**thing(a=TEXT), "patternProperties": {"^x-": {"type": "string", "maxLength": 3}}},
        "ici ici ici",
    ),
    Change("dependent requirement added", thing(a=TEXT, b=TEXT), depending({"a": ["b"]}), "ici ici ici"),
    Change("dependent requirement removed", depending({"a": ["b"]}), thing(a=TEXT, b=TEXT), "cii cii cii"),
    Change(
        "number of members limited",
        thing(a=TEXT, b=TEXT),
        {**thing(a=TEXT, b=TEXT), "maxProperties": 1},
        "ici ici ici",
    ),
    # types
    Change("type changed", one(TEXT), one(WHOLE), "iii iii iii"),
    Change("integer widened to number", one(WHOLE), one({"type": "number"}), "cii cii cii"),
    Change("number narrowed to integer", one({"type": "number"}), one(WHOLE), "ici ici ici"),
    Change("null allowed", one(TEXT), one({"type": ["string", "null"]}), "cii cii cii"),
    Change("null no longer allowed", one({"type": ["string", "null"]}), one(TEXT), "ici ici ici"),
    Change("type no longer given", one(TEXT), one({}), "cii cii cii"),
    # values
    Change("enum grown", one({"enum": ["x"]}), one({"enum": ["x", "y"]}), "cii cii cii"),
    Change("enum shrunk", one({"enum": ["x", "y"]}), one({"enum": ["x"]}), "ici ici ici"),
    Change(
        "extensible enum grown",
        one({"enum": ["x"], "x-extensible-enum": True}),
        one({"enum": ["x", "y"], "x-extensible-enum": True}),
        "ccc cii cii",
    ),
    Change(
        "extensible enum shrunk",
        one({"enum": ["x", "y"], "x-extensible-enum": True}),
        one({"enum": ["x"], "x-extensible-enum": True}),
        "ccc ici ici",
    ),
    Change(
        "extensible enum changed type",
        one({"enum": ["x"], "x-extensible-enum": True}),
        one({"enum": [1], "x-extensible-enum": True}),
        "iii iii iii",
    ),
    Change("enum reordered", one({"enum": ["x", "y"]}), one({"enum": ["y", "x"]}), "ccc ccc ccc"),
    Change("string restricted to an enum", one(TEXT), one({"enum": ["x", "y"]}), "ici ici ici"),
    Change("constant changed", one({"const": 1}), one({"const": 2}), "iii iii iii"),
    Change(
        "constant replaced by an enum that includes it",
        one({"const": 1}),
        one({"enum": [1, 2]}),
        "cii cii cii",
    ),
    # numbers, strings
    Change(
        "minimum raised",
        one({"type": "integer", "minimum": 0}),
        one({"type": "integer", "minimum": 1}),
        "ici ici ici",
    ),
    Change(
        "minimum written as exclusiveMinimum",
        one({"type": "integer", "minimum": 1}),
        one({"type": "integer", "exclusiveMinimum": 0}),
        "ccc ccc ccc",
    ),
    Change(
        "maximum raised",
        one({"type": "number", "maximum": 1}),
        one({"type": "number", "maximum": 2}),
        "cii cii cii",
    ),
    Change(
        "multipleOf divided",
        one({"type": "integer", "multipleOf": 10}),
        one({"type": "integer", "multipleOf": 5}),
        "cii cii cii",
    ),
    Change(
        "maximum length lowered",
        one({"type": "string", "maxLength": 9}),
        one({"type": "string", "maxLength": 8}),
        "ici ici ici",
    ),
    Change("empty string allowed", one({"type": "string", "minLength": 1}), one(TEXT), "cii cii cii"),
    Change("pattern added", one(TEXT), one({"type": "string", "pattern": "^[a-z]+$"}), "ici ici ici"),
    Change(
        "pattern widened",
        one({"type": "string", "pattern": "^[a-z]+$"}),
        one({"type": "string", "pattern": "^[a-z0-9]+$"}),
        "cii cii cii",
    ),
    Change(
        "pattern added beside minLength",
        one({"type": "string", "minLength": 1}),
        one({"type": "string", "minLength": 1, "pattern": "^[a-z]+$"}),
        "ici ici ici",
    ),
    Change(
        "pattern replaced by a length that follows from it",
        one({"type": "string", "pattern": "^.+$"}),
        one({"type": "string", "minLength": 1}),
        "cii cii cii",
    ),
    Change(
        "pattern added that matches everything",
        one(TEXT),
        one({"type": "string", "pattern": "[a-z]*"}),
        "ccc ccc ccc",
    ),
    Change(
        "pattern with look-ahead written in another way",
        one({"type": "string", "pattern": "^(?=a)[a-z]+$"}),
        one({"type": "string", "pattern": "^(?=a)[a-z]{1,}$"}),
        "ccc ccc ccc",
    ),
    Change(
        "pattern with back-reference written in another way",
        one({"type": "string", "pattern": r"^(a|b)\1+$"}),
        one({"type": "string", "pattern": r"^(a|b)\1{1,}$"}),
        "uuu uuu uuu",
    ),
    Change(
        "length added that the format has",
        one({"type": "string", "format": "uuid"}),
        one({"type": "string", "format": "uuid", "maxLength": 36}),
        "ccc ccc ccc",
    ),
    Change(
        "format added beside maxLength",
        one({"type": "string", "maxLength": 10}),
        one({"type": "string", "maxLength": 10, "format": "date"}),
        "ici ici ici",
    ),
    Change("format added", one(TEXT), one({"type": "string", "format": "date"}), "ici ici ici"),
    Change(
        "format changed",
        one({"type": "string", "format": "date"}),
        one({"type": "string", "format": "email"}),
        "iii iii iii",
    ),
    Change(
        "format that no validator asserts",
        one(TEXT),
        one({"type": "string", "format": "color"}),
        "ccc ccc ccc",
    ),
    # arrays
    Change("elements widened", listed(WHOLE), listed({"type": "number"}), "cii cii cii"),
    Change(
        "elements gain an optional member",
        listed(thing(b=TEXT)),
        listed(thing(b=TEXT, c=TEXT)),
        "ccc ici ccc",
    ),
    Change(
        "elements gain a required member",
        listed(thing(b=TEXT)),
        listed(thing("c", b=TEXT, c=TEXT)),
        "ici ici ici",
    ),
    Change("fewer elements allowed", listed(TEXT, maxItems=5), listed(TEXT, maxItems=4), "ici ici ici"),
    Change("elements must be unique", listed(TEXT), listed(TEXT, uniqueItems=True), "ici ici ici"),
    Change(
        "tuple made longer",
        listed(False, prefixItems=[TEXT]),
        listed(False, prefixItems=[TEXT, TEXT]),
        "cii cii cii",
    ),
    Change("contains added", listed(TEXT), listed(TEXT, contains={"const": "x"}), "ici ici ici"),
    # references
    Change("definition moved behind a reference", one(thing(b=TEXT)), using(thing(b=TEXT)), "ccc ccc ccc"),
    Change(
        "referenced definition gains an optional member",
        using(thing(b=TEXT)),
        using(thing(b=TEXT, c=TEXT)),
        "ccc ici ccc",
    ),
    Change(
        "referenced definition narrowed",
        using(TEXT),
        using({"type": "string", "maxLength": 3}),
        "ici ici ici",
    ),
    Change("recursive schema gains an optional member", tree(), tree(note=TEXT), "ccc ici ccc"),
    Change(
        "recursive schema narrowed",
        tree(note=TEXT),
        tree(note={"type": "string", "minLength": 1}),
        "ici ici ici",
    ),
    # combined
    Change(
        "allOf gains an optional member",
        {"allOf": [thing(a=TEXT), thing(b=TEXT)]},
        {"allOf": [thing(a=TEXT), thing(b=TEXT, c=TEXT)]},
        "ccc ici ccc",
    ),
    Change(
        "allOf merged into one schema",
        {"allOf": [thing("a", a=TEXT), thing(b=TEXT)]},
        thing("a", a=TEXT, b=TEXT),
        "ccc ccc ccc",
    ),
    Change("anyOf gains a branch", one({"anyOf": [TEXT]}), one({"anyOf": [TEXT, WHOLE]}), "cii cii cii"),
    Change(
        "anyOf replaced by a list of types",
        one({"anyOf": [TEXT, WHOLE]}),
        one({"type": ["string", "integer"]}),
        "ccc ccc ccc",
    ),
    Change("oneOf gains a kind", kinds(x={"b": TEXT}), kinds(x={"b": TEXT}, y={"c": TEXT}), "cii cii cii"),
    Change("oneOf loses a kind", kinds(x={"b": TEXT}, y={"c": TEXT}), kinds(x={"b": TEXT}), "ici ici ici"),
    Change(
        "a kind gains an optional member",
        kinds(x={"b": TEXT}, y={"c": TEXT}),
        kinds(x={"b": TEXT, "d": TEXT}, y={"c": TEXT}),
        "ccc ici ccc",
    ),
    Change("not added", one(TEXT), one({"type": "string", "not": {"const": "x"}}), "ici ici ici"),
    Change(
        "condition added",
        thing(kind=TEXT, a=TEXT),
        {**thing(kind=TEXT, a=TEXT), "if": CONDITION, "then": {"required": ["a"]}},
        "ici ici ici",
    ),
    Change(
        "condition removed",
        {**thing(kind=TEXT, a=TEXT), "if": CONDITION, "then": {"required": ["a"]}},
        thing(kind=TEXT, a=TEXT),
        "cii cii cii",
    ),
    Change(
        "unevaluatedProperties added",
        {"allOf": [thing(a=TEXT)]},
        {"allOf": [thing(a=TEXT)], "unevaluatedProperties": False},
        "ccc ici ccc",
    ),
    # drafts
    Change(
        "draft 7 to 2020-12",
        {**D7, **thing("a", a=TEXT, b={"type": "array", "items": [TEXT]})},
        thing("a", a=TEXT, b={"type": "array", "prefixItems": [TEXT]}),
        "ccc ccc ccc",
    ),
    Change(
        "draft 7 to 2020-12 with an optional member",
        {**D7, **thing(a=TEXT)},
        thing(a=TEXT, b=TEXT),
        "ccc ici ccc",
    ),
    Change(
        "draft 4 minimum to 2020-12",
        {**D4, **one({"type": "number", "minimum": 0, "exclusiveMinimum": True})},
        one({"type": "number", "exclusiveMinimum": 0}),
        "ccc ccc ccc",
    ),
)

"""Converts each keyword of 2020-12 to draft 7 or draft 4. Long, because there are many keywords."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from bridge.core.pointer import escape
from bridge.schemas.conversion.source import Definitions, Library, Obstructed, Place
from bridge.schemas.conversion.target import Draft, Result
from bridge.schemas.conversion.unevaluated import evaluated

Schema = dict[str, Any]
Rule = Callable[[Schema, Place, Result], None]
Convert = Callable[[Any, Place], Any]

NEVER: Final[Schema] = {"not": {}}
CONDITIONS_MAX: Final = 6
"""Nested conditions. Draft 4 evaluates the ``if`` twice, so each level doubles the time."""

# One rule converts all keywords of a group; the first one in the schema calls it.
_GROUPS: Final = (
    ("minimum", "exclusiveMinimum"),
    ("maximum", "exclusiveMaximum"),
    ("prefixItems", "items"),
    ("contains", "minContains", "maxContains"),
    ("dependentRequired", "dependentSchemas", "dependencies"),
    ("if", "then", "else"),
)
_FIRST: Final = {keyword: group for group in _GROUPS for keyword in group}

# They say nothing about data, or the result has its own.
_LEFT_OUT: Final = frozenset(
    {"$schema", "$id", "$anchor", "$dynamicAnchor", "$vocabulary", "$defs", "definitions", "contentSchema"}
)
_LENGTHS: Final = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_SAME: Final = (*_LENGTHS, "multipleOf", "pattern", "uniqueItems", "format")


class Rules:
    """The rules for one draft. ``convert`` converts the subschema at a place."""

    def __init__(self, draft: Draft, library: Library, definitions: Definitions, convert: Convert) -> None:
        self._draft = draft
        self._library = library
        self._definitions = definitions
        self._convert = convert
        self._rules: dict[str, Rule] = {
            **dict.fromkeys(_LEFT_OUT, _nothing),
            **{keyword: partial(_same, keyword) for keyword in _SAME},
            **{keyword: partial(self._list, keyword) for keyword in ("allOf", "anyOf", "oneOf")},
            **{keyword: partial(self._members, keyword) for keyword in ("properties", "patternProperties")},
            "$ref": self._reference,
            "$dynamicRef": partial(_refuse, "finds its target during validation, which only 2020-12 does"),
            "type": self._type,
            "const": self._const,
            "enum": _enum,
            "required": _required,
            "minimum": partial(self._bound, "minimum", "exclusiveMinimum", max),
            "maximum": partial(self._bound, "maximum", "exclusiveMaximum", min),
            "not": self._not,
            "additionalProperties": self._additional,
            "propertyNames": self._names,
            "prefixItems": self._items,
            "additionalItems": partial(
                _refuse, "has no meaning in 2020-12, but has one in older drafts", suggestion="use items"
            ),
            "contains": self._contains,
            "dependentRequired": self._dependencies,
            "if": self._condition,
            "unevaluatedProperties": self._unevaluated_members,
            "unevaluatedItems": self._unevaluated_elements,
        }

    def of(self, keyword: str, schema: Schema) -> Rule | None:
        """None for an annotation and for what is not a keyword of 2020-12."""
        group = _FIRST.get(keyword)
        if group is None:
            return self._rules.get(keyword)
        first = next(each for each in schema if each in group)
        return self._rules[group[0]] if keyword == first else _nothing

    def annotation(self, keyword: str, schema: Schema, place: Place, result: Result) -> None:
        """Kept unchanged, unless the older draft would treat it as a rule."""
        if keyword == "id" and self._draft.id_keyword == "id":
            raise Obstructed(place / "id", "has no meaning in 2020-12 and is an id in draft 4")
        content = keyword in ("contentEncoding", "contentMediaType") and self._draft.asserts_content
        result.put(**{f"x-{keyword}" if content else keyword: schema[keyword]})

    # --- references and combinations ---

    def _reference(self, schema: Schema, place: Place, result: Result) -> None:
        target = self._library.follow(schema["$ref"], place)
        result.put(**{"$ref": self._definitions.reference(target)})

    def _list(self, keyword: str, schema: Schema, place: Place, result: Result) -> None:
        converted = [self._convert(each, place / f"{keyword}/{n}") for n, each in enumerate(schema[keyword])]
        result.put(**{keyword: converted})

    def _not(self, schema: Schema, place: Place, result: Result) -> None:
        result.put(**{"not": self._convert(schema["not"], place / "not")})

    def _condition(self, schema: Schema, place: Place, result: Result) -> None:
        if "if" not in schema:
            return  # `then` and `else` alone have no effect
        parts = {k: self._convert(schema[k], place / k) for k in ("then", "else") if k in schema}
        if not parts:
            return
        # Used twice below and written once: otherwise each nested condition would double the text.
        twice = len(parts) == 2 and not self._draft.modern and isinstance(schema["if"], dict)
        condition = self._convert_once(place / "if") if twice else self._convert(schema["if"], place / "if")
        if self._draft.modern:
            result.put(**({"if": condition} | parts))
            return
        if "then" in parts:
            result.also({"anyOf": [{"not": condition}, parts["then"]]})
        if "else" in parts:
            result.also({"anyOf": [condition, parts["else"]]})

    def _convert_once(self, place: Place) -> Schema:
        if place.pointer.split("/").count("if") > CONDITIONS_MAX:
            twice = f"{self._draft.name} evaluates each twice"
            raise Obstructed(place, f"nests conditions more than {CONDITIONS_MAX} deep, and {twice}")
        return {"$ref": self._definitions.reference(place)}

    # --- any value ---

    def _type(self, schema: Schema, place: Place, result: Result) -> None:
        """In draft 4, 1.0 is not an integer: the type becomes ``number`` with ``multipleOf: 1``."""
        types = schema["type"]
        names = [types] if isinstance(types, str) else list(types)
        if self._draft.modern or "integer" not in names:
            result.put(type=types)
            return
        names = list(dict.fromkeys("number" if name == "integer" else name for name in names))
        result.put(type=names[0] if isinstance(types, str) else names)
        if "number" not in (types if isinstance(types, list) else ()):
            step = schema.get("multipleOf")
            if step is None:
                result.put(multipleOf=1)
            elif not isinstance(step, int):
                result.also({"multipleOf": 1})

    def _const(self, schema: Schema, place: Place, result: Result) -> None:
        if self._draft.modern:
            result.put(const=schema["const"])
        elif "enum" in schema:
            result.also({"enum": [schema["const"]]})
        else:
            result.put(enum=[schema["const"]])

    # --- numbers ---

    def _bound(
        self,
        limit: str,
        exclusive: str,
        tighter: Callable[[Any, Any], Any],
        schema: Schema,
        place: Place,
        result: Result,
    ) -> None:
        open_, closed = schema.get(exclusive), schema.get(limit)
        if self._draft.modern or open_ is None:
            result.put(**{keyword: schema[keyword] for keyword in (limit, exclusive) if keyword in schema})
        elif closed is None or tighter(open_, closed) == open_:
            result.put(**{limit: open_, exclusive: True})
        else:
            result.put(**{limit: closed})

    # --- objects ---

    def _members(self, keyword: str, schema: Schema, place: Place, result: Result) -> None:
        at = place / keyword
        members = {name: self._convert(each, at / escape(name)) for name, each in schema[keyword].items()}
        result.put(**{keyword: members})

    def _additional(self, schema: Schema, place: Place, result: Result) -> None:
        result.put(additionalProperties=self._or_boolean(schema, "additionalProperties", place))

    def _or_boolean(self, schema: Schema, keyword: str, place: Place) -> Any:
        """For the places where draft 4 also allows ``true`` and ``false``."""
        value = schema[keyword]
        return value if isinstance(value, bool) else self._convert(value, place / keyword)

    def _names(self, schema: Schema, place: Place, result: Result) -> None:
        names = schema["propertyNames"]
        if self._draft.modern:
            result.put(propertyNames=self._convert(names, place / "propertyNames"))
            return
        if isinstance(names, bool):
            if not names:
                result.also({"maxProperties": 0})
            return
        rules = {keyword for keyword in names if self.of(keyword, names) is not None} - _LEFT_OUT
        allowed = None
        if "enum" in names or "const" in names:
            lists = [names[k] if k == "enum" else [names[k]] for k in ("enum", "const") if k in names]
            allowed = [each for each in lists[0] if all(each in other for other in lists)]
        kinds = names.get("type", "string")
        if rules - {"pattern", "enum", "const", "type"} or "string" not in (
            [kinds] if isinstance(kinds, str) else kinds
        ):
            reason = "can be expressed in draft 4 only with pattern, enum and const"
            raise Obstructed(place / "propertyNames", reason)
        if "pattern" in rules:
            result.also({"patternProperties": {names["pattern"]: {}}, "additionalProperties": False})
        if allowed is not None:
            listed: Schema = {name: {} for name in allowed if isinstance(name, str)}
            result.also({"properties": listed, "additionalProperties": False})

    def _dependencies(self, schema: Schema, place: Place, result: Result) -> None:
        """``dependencies`` is a keyword of draft 7 that the validator also applies in 2020-12."""
        found: dict[str, list[Any]] = {}
        for keyword in _GROUPS[4]:
            for name, each in schema.get(keyword, {}).items():
                if isinstance(each, list):
                    if each:
                        found.setdefault(name, []).append(list(dict.fromkeys(each)))
                else:
                    at = place / keyword / escape(name)
                    found.setdefault(name, []).append(self._convert(each, at))
        dependencies = {name: _all(conditions) for name, conditions in found.items()}
        if dependencies:
            result.put(dependencies=dependencies)

    def _unevaluated_members(self, schema: Schema, place: Place, result: Result) -> None:
        at = place / "unevaluatedProperties"
        rest = self._or_boolean(schema, "unevaluatedProperties", place)
        certain, possible = evaluated(self._library, schema, place)
        if rest is True or rest == {} or certain.all_members:
            return
        if not certain.covers_members(possible):
            raise Obstructed(
                at, "depends on which alternatives apply", "declare the members beside it, and close those"
            )
        result.also(
            {
                "properties": {name: {} for name in sorted(certain.names)},
                "patternProperties": {pattern: {} for pattern in sorted(certain.patterns)},
                "additionalProperties": rest,
            }
        )

    # --- arrays ---

    def _items(self, schema: Schema, place: Place, result: Result) -> None:
        prefix = [
            self._convert(each, place / f"prefixItems/{n}")
            for n, each in enumerate(schema.get("prefixItems", ()))
        ]
        if prefix:
            rest = {"additionalItems": self._or_boolean(schema, "items", place)} if "items" in schema else {}
            result.put(items=prefix, **rest)
        elif "items" in schema:
            self._all_elements(self._or_boolean(schema, "items", place), result)

    def _all_elements(self, schema: Any, result: Result) -> None:
        if schema is False:
            result.also({"maxItems": 0})
        elif schema is not True:
            result.put(items=schema)

    def _contains(self, schema: Schema, place: Place, result: Result) -> None:
        if "contains" not in schema:
            return  # the counts alone have no effect
        least, most = schema.get("minContains", 1), schema.get("maxContains")
        wanted = schema["contains"]
        if most is None and least == 0:
            return
        if wanted is True or wanted == {}:
            counts = {"minItems": int(least)} | ({} if most is None else {"maxItems": int(most)})
            result.also(counts)
            return
        each = self._convert(wanted, place / "contains")
        if most == 0 and least == 0:
            result.also({"items": {"not": each}})
        elif most is not None or least != 1:
            reason = f"counts elements, which {self._draft.name} cannot: minContains, maxContains"
            raise Obstructed(place / "contains", reason)
        elif self._draft.modern:
            result.put(contains=each)
        else:
            result.also({"not": {"type": "array", "items": {"not": each}}})

    def _unevaluated_elements(self, schema: Schema, place: Place, result: Result) -> None:
        rest = self._or_boolean(schema, "unevaluatedItems", place)
        certain, possible = evaluated(self._library, schema, place)
        if rest is True or rest == {} or certain.all_elements:
            return
        if certain.some_elements or not certain.covers_elements(possible):
            raise Obstructed(
                place / "unevaluatedItems", "depends on which alternatives apply", "use prefixItems and items"
            )
        if certain.elements:
            result.also({"items": [{}] * certain.elements, "additionalItems": rest})
        else:
            inner = Result()
            self._all_elements(rest, inner)
            result.also(inner.schema())


def _nothing(schema: Schema, place: Place, result: Result) -> None:
    """For what says nothing about data, and for keywords that the first of their group has converted."""


def _same(keyword: str, schema: Schema, place: Place, result: Result) -> None:
    value = schema[keyword]
    if keyword in _LENGTHS:
        value = int(value)  # 2.0 is allowed since draft 6
    if keyword != "uniqueItems" or value:
        result.put(**{keyword: value})


def _refuse(reason: str, schema: Schema, place: Place, result: Result, *, suggestion: str = "") -> None:
    raise Obstructed(place, reason, suggestion)


def _enum(schema: Schema, place: Place, result: Result) -> None:
    """Draft 4 requires at least one value, and no value twice."""
    values: list[Any] = []
    texts: set[str] = set()  # most values are strings; a set keeps thousands of them fast
    for value in schema["enum"]:
        if isinstance(value, str):
            values += [] if value in texts else [value]
            texts.add(value)
        elif not any(_equal(value, other) for other in values):
            values.append(value)
    if values:
        result.put(enum=values)
    else:
        result.also(NEVER)


def _equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: ``1`` equals ``1.0``, but not ``true``."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[name], right[name]) for name in left)
    return bool(left == right)


def _required(schema: Schema, place: Place, result: Result) -> None:
    """Draft 4 does not allow an empty list."""
    if schema["required"]:
        result.put(required=schema["required"])


def _all(conditions: list[Any]) -> Any:
    if len(conditions) == 1:
        return conditions[0]
    return {"allOf": [{"required": each} if isinstance(each, list) else each for each in conditions]}

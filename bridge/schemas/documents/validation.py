"""One schema version, and its violations by data: the place and the broken rule, never a value.

The library's own messages are not used: some repeat member names (propertyNames, unevaluatedProperties) or
values of the schema that equal the data's. The messages here contain only the schema's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from itertools import islice, pairwise
from typing import Any, Final

import jsonschema_rs

from bridge.core.pointer import escape
from bridge.errors import EventInvalid
from bridge.schemas.semver import Version

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ERRORS_SHOWN: Final = 5
MASK: Final = "***"
NOT_JSON: Final = "contains something that JSON cannot represent"

Validator = (
    jsonschema_rs.Draft202012Validator
    | jsonschema_rs.Draft201909Validator
    | jsonschema_rs.Draft7Validator
    | jsonschema_rs.Draft6Validator
    | jsonschema_rs.Draft4Validator
)
"""Files are 2020-12. A document from a registry declares its draft
(:mod:`bridge.schemas.conversion.registered`)."""


class Validators(Enum):
    """When the validators of a set are compiled. Hundreds of them take time and memory.

    ``KEPT``: when the set is made. ``TRIED``: then too, to find what cannot be used, and again for the first
    use. ``ON_USE``: only then, for those who read documents and judge nothing.
    """

    KEPT = "kept"
    TRIED = "tried"
    ON_USE = "on use"


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """One version of one type's schema; it describes the CloudEvent's ``data``.

    Events carry ``id`` as ``dataschema``. ``document`` is the JSON Schema as written. It is shared: do not
    change it, the validator does not see changes. ``compiled`` gives the validator, the same one each time.
    """

    type: str
    version: Version
    id: str
    document: Mapping[str, Any] = field(repr=False, compare=False)
    compiled: Callable[[], Validator] = field(repr=False, compare=False)
    file: str = field(default="", compare=False)

    @property
    def validator(self) -> Validator:
        return self.compiled()

    def validate(self, data: Any) -> None:
        """Raises :class:`EventInvalid` unless ``data`` satisfies the schema, formats included."""
        try:
            if self.validator.is_valid(data):
                return
            found = [
                Violation.of(error) for error in islice(self.validator.iter_errors(data), ERRORS_SHOWN + 1)
            ]
        except ValueError:
            # The library refuses what JSON cannot represent: a lone surrogate, bytes, a set. Its error
            # contains the value, so it is not chained.
            raise self._invalid(f"data {NOT_JSON}") from None
        shown = list(dict.fromkeys(map(str, found[:ERRORS_SHOWN])))
        if len(found) > ERRORS_SHOWN:
            shown.append("and more")
        raise self._invalid("; ".join(shown))

    def _invalid(self, what: str) -> EventInvalid:
        return EventInvalid(
            f"data breaks {self.type} {self.version}: {what}",
            hint="compare the schema with the event's mapping and with the program that writes the table",
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. ``path`` is a JSON Pointer into the data. It has ``*`` for every name that the schema
    does not declare, because such names may be data themselves."""

    path: str
    keyword: str
    what: str

    @classmethod
    def of(cls, error: jsonschema_rs.ValidationError) -> Violation:
        keyword = error.kind.name
        facts = error.kind.as_dict()
        if keyword == "falseSchema":
            # "additionalProperties": false and the like; the keyword is the last step before the false
            steps = [step for step in error.schema_path if isinstance(step, str)]
            keyword = steps[-1] if steps and steps[-1] in _CLOSED else "false"
        describe = _MESSAGES.get(keyword)
        what = describe(facts) if describe else "does not satisfy the schema"
        return cls(_pointer(error), keyword, what)

    def __str__(self) -> str:
        return f"{self.path or 'data'} {self.what} ({self.keyword})"


def violations(validator: Validator, data: Any) -> list[Violation]:
    """Every rule that ``data`` breaks."""
    return [Violation.of(error) for error in validator.iter_errors(data)]


def _pointer(error: jsonschema_rs.ValidationError) -> str:
    steps = error.evaluation_path
    declared = {name for keyword, name in pairwise(steps) if keyword == "properties"}
    return "".join(
        f"/{step}" if isinstance(step, int) else f"/{escape(step) if step in declared else '*'}"
        for step in error.instance_path
    )


_CLOSED = ("additionalProperties", "unevaluatedProperties", "propertyNames", "items", "unevaluatedItems")

Message = Callable[[dict[str, Any]], str]


def _limit(text: str) -> Message:
    return lambda facts: text.format(facts.get("limit"))


def _always(text: str) -> Message:
    return lambda _: text


_MESSAGES: Final[Mapping[str, Message]] = {
    "type": lambda facts: f"is not of type {' or '.join(sorted(facts['types']))}",
    "enum": _always("is not one of the enum values"),
    "const": _always("is not the constant"),
    "format": lambda facts: f"is not a valid {facts['format']}",
    "pattern": _always("does not match the pattern"),
    "required": lambda facts: f"lacks the required member '{facts['property']}'",
    "minLength": _limit("is shorter than {} characters"),
    "maxLength": _limit("is longer than {} characters"),
    "minimum": _limit("is less than {}"),
    "maximum": _limit("is more than {}"),
    "exclusiveMinimum": _limit("is not more than {}"),
    "exclusiveMaximum": _limit("is not less than {}"),
    "multipleOf": lambda facts: f"is not a multiple of {facts['multiple_of']}",
    "minItems": _limit("has fewer than {} elements"),
    "maxItems": _limit("has more than {} elements"),
    "uniqueItems": _always("contains an element twice"),
    "contains": _always("contains none, or too many, of the elements that it must contain"),
    "minProperties": _limit("has fewer than {} members"),
    "maxProperties": _limit("has more than {} members"),
    "propertyNames": _always("has a member whose name is not allowed"),
    "additionalProperties": _always("has members that the schema does not declare"),
    "unevaluatedProperties": _always("has members that the schema does not declare"),
    "items": _always("is an element too many"),
    "unevaluatedItems": _always("has too many elements"),
    "anyOf": _always("matches none of the alternatives"),
    "oneOf": _always("does not match exactly one of the alternatives"),
    "oneOfNotValid": _always("matches none of the alternatives"),
    "not": _always("matches a schema that it must not match"),
    "false": _always("must not be present"),
}


@cache
def unknown_format(name: str) -> bool:
    """Whether the validator does not know a ``format``, and so would not assert it."""
    try:
        jsonschema_rs.Draft202012Validator(
            {"format": name}, validate_formats=True, ignore_unknown_formats=False
        )
    except jsonschema_rs.ValidationError:
        return True
    return False


def offline_registry(documents: Mapping[str, Any]) -> jsonschema_rs.Registry:
    """Documents by their URI. Nothing is fetched: a reference to any other URI leads to the schema
    ``false``, against which no data is valid."""
    return jsonschema_rs.Registry(
        list(documents.items()), draft=jsonschema_rs.Draft202012, retriever=lambda uri: False
    )


def compile_schema(
    document: Mapping[str, Any], registry: jsonschema_rs.Registry
) -> jsonschema_rs.Draft202012Validator:
    """A validator that asserts formats and fetches nothing.

    Raises :class:`jsonschema_rs.ValidationError` or ``ValueError`` where the document cannot be used.
    """
    return jsonschema_rs.Draft202012Validator(
        dict(document), validate_formats=True, registry=registry, offline=True, mask=MASK
    )


def refusal(error: ValueError) -> str:
    """Why a document cannot be used: the message for what :func:`compile_schema` raised."""
    message = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
    return f"cannot be used as a schema: {message}"

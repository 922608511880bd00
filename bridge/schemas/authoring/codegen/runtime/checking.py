"""Checks JSON values with the schemas of this package. Formats are asserted, and nothing is fetched."""

from __future__ import annotations

import json
import math
from functools import cache
from itertools import islice, pairwise
from typing import Any, Final

import jsonschema_rs

PROBLEMS_SHOWN: Final = 5
DEPTH_MAX: Final = 900
"""About as deep as Python reads JSON. DynamoDB nests 32 deep."""

_TEXTS: dict[str, str] = {}


class InvalidJson(ValueError):
    """A value that the schema refuses. The text has places and rules, never a value."""


def document(uri: str, text: str) -> None:
    """Adds a schema to those that values are checked with."""
    _TEXTS[uri] = text


def accepts(schemas: tuple[str, ...], value: Any) -> bool:
    """Whether all these schemas accept the value. Each is a URI with a fragment."""
    return bool(_validator(schemas).is_valid(value))


def check(schemas: tuple[str, ...], value: Any) -> None:
    """Raises :class:`InvalidJson` unless all these schemas accept the value."""
    if accepts(schemas, value):
        return
    found = list(islice(_validator(schemas).iter_errors(value), PROBLEMS_SHOWN + 1))
    shown = list(dict.fromkeys(map(_problem, found[:PROBLEMS_SHOWN])))
    raise InvalidJson("; ".join([*shown, "and more"] if len(found) > PROBLEMS_SHOWN else shown))


def parsed(text: str | bytes) -> Any:
    """The value of JSON text. Raises :class:`InvalidJson`."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except InvalidJson:
        raise
    except (ValueError, RecursionError):
        raise InvalidJson("it is not JSON") from None  # the error contains the text


def copied(value: Any) -> Any:
    """A copy of a JSON value. Raises :class:`InvalidJson` for what JSON does not have, and for what is nested
    deeper than :data:`DEPTH_MAX`."""
    whole: dict[Any, Any] = {}
    waiting: list[tuple[Any, Any, Any, int]] = [(value, whole, "", 0)]
    while waiting:
        each, parent, key, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise InvalidJson("it is nested too deep")
        if isinstance(each, dict):
            if not all(isinstance(name, str) and _is_text(name) for name in each):
                raise InvalidJson("a name in it is not text")
            made: Any = dict.fromkeys(each)
            waiting += [(inner, made, name, depth + 1) for name, inner in each.items()]
        elif isinstance(each, list | tuple):
            made = [None] * len(each)
            waiting += [(inner, made, number, depth + 1) for number, inner in enumerate(each)]
        else:
            made = _scalar(each)
        parent[key] = made
    return whole[""]


def _scalar(value: Any) -> Any:
    if isinstance(value, str) and not _is_text(value):
        raise InvalidJson("it contains half of a surrogate pair")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidJson("it contains a number that JSON does not have")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if hasattr(value, "to_json"):
        return value.to_json()
    raise InvalidJson(f"it contains a {type(value).__name__}, which is not JSON")


@cache
def _validator(schemas: tuple[str, ...]) -> Any:
    references: list[dict[str, Any]] = [{"$ref": each} for each in schemas]
    schema = references[0] if len(references) == 1 else {"allOf": references}
    documents = tuple(dict.fromkeys(each.partition("#")[0] for each in schemas))
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, registry=_registry(documents), offline=True
    )


@cache
def _registry(uris: tuple[str, ...]) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry(
        [(uri, _document(uri)) for uri in uris], draft=jsonschema_rs.Draft202012, retriever=_document
    )


def _document(uri: str) -> Any:
    """A schema of this package. No data is valid by any other one."""
    text = _TEXTS.get(uri)
    return False if text is None else json.loads(text)


def _problem(error: jsonschema_rs.ValidationError) -> str:
    """The place and the rule. Names that the schema does not declare may be data themselves."""
    declared = {name for keyword, name in pairwise(error.evaluation_path) if keyword == "properties"}
    steps = [str(step) if isinstance(step, int) or step in declared else "*" for step in error.instance_path]
    place = "".join(f"/{step}" for step in steps) or "it"
    if error.kind.name == "required":
        return f"{place} lacks the required member '{error.kind.as_dict()['property']}' (required)"
    return f"{place} breaks {error.kind.name}"


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise InvalidJson("a member occurs twice in one object")
    return members

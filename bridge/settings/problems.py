"""The findings of the models, as one line each with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bridge.errors import Problem, did_you_mean
from bridge.settings.block import BLOCK_FORM, NAME_FORM
from bridge.settings.environment import EnvironmentText
from bridge.settings.yaml_source import YamlPath, YamlSource

_MESSAGES: Final = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "finite_number": "must be a number",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "tuple_type": "must be a list",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
}


def find_model_problems(
    source: YamlSource, data: Any, model: type[BaseModel], error: ValidationError
) -> Iterator[tuple[YamlPath, Problem]]:
    """One finding for each detail of ``error``, with its path. A finding shows names and keys of the file,
    never a value that came from the environment."""
    for detail in error.errors(include_url=False, include_input=False):
        path, value = _resolve(detail, data)
        if "sink" in detail["loc"] and "sink" not in path and detail["type"] != "missing":
            continue  # a copy of the table's sink, which is reported at its own place
        if detail["type"] == "too_short" and value:
            continue  # pydantic counts only the valid members
        if detail["type"] == "extra_forbidden":
            known = keys_at(model, path[:-1], data)
            key = str(path[-1])
            advice = did_you_mean(key, known) or f"one of {', '.join(known)}"
            yield path, source.problem(path, f"unknown key '{key}'", advice, key=True)
        else:
            about_key = detail["loc"][-1] == "[key]"
            yield path, source.problem(path, *_message(detail, path, value), key=about_key)


def _message(detail: ErrorDetails, path: YamlPath, value: Any) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    secret = isinstance(value, EnvironmentText)
    if kind == "missing":
        return f"required key '{path[-1]}' is missing", ""
    if kind == "bridge":
        return context["message"], "" if secret else context["suggestion"]
    if kind in ("literal_error", "union_tag_invalid"):
        choices = str(context.get("expected") or context.get("expected_tags")).replace("'", "")
        names = choices.replace(" or ", ", ").split(", ")
        advice = did_you_mean(value, names) if isinstance(value, str) and not secret else ""
        return f"must be {'one of ' if len(names) > 1 else ''}{', '.join(names)}", advice
    if kind == "union_tag_not_found":
        return "required key 'kind' is missing", ""
    if value is None and kind.endswith("_type"):
        return "has no value", ""
    message = _MESSAGES.get(kind, detail["msg"]).format_map(
        {name: _plain_number(bound) for name, bound in context.items()}
    )
    if kind == "string_type" and isinstance(value, (int, float)):
        return message, "put it in quotes"
    if message == "must be a mapping" and isinstance(value, str) and not secret and len(path) == 1:
        key = {"ledger": "kind", "quarantine": "kind", "claim_check": "bucket"}.get(str(path[0]))
        return message, f"write {{{key}: {value}}}" if key is not None and _is_word(value) else ""
    return message, ""


def _is_word(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*", value) is not None


def _plain_number(bound: Any) -> Any:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _resolve(detail: ErrorDetails, data: Any) -> tuple[YamlPath, Any]:
    """The path in the file for the ``loc`` of an error, and the value there. A ``loc`` also names the chosen
    member of a union and the full form of a shorthand, which are not in the file."""
    path: list[str | int] = []
    here = data
    tagged = False
    for part in detail["loc"]:
        if part in (NAME_FORM, BLOCK_FORM):
            continue
        if isinstance(here, dict) and not tagged and isinstance(part, str) and here.get("kind") == part:
            tagged = True
            continue
        if _has(here, part):
            here, tagged = here[part], False
        elif detail["type"] == "missing" and isinstance(here, dict):
            here = None
        else:
            break
        path.append(part)
    if detail["type"] == "union_tag_invalid" and isinstance(here, dict) and "kind" in here:
        path.append("kind")
        here = here["kind"]
    return tuple(path), here


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def keys_at(model: type[BaseModel], path: Sequence[str | int], data: Any) -> list[str]:
    """The keys that the mapping at ``path`` may have."""
    annotation: Any = model
    for part in path:
        chosen = _model_of(annotation, data)
        if chosen is not None:
            fields = {field.alias or name: field for name, field in chosen.model_fields.items()}
            annotation = fields[part].annotation if part in fields else None
        else:
            arguments = get_args(_bare(annotation))
            annotation = (
                arguments[-1] if get_origin(_bare(annotation)) is dict else next(iter(arguments), None)
            )
        data = data[part] if _has(data, part) else None
    chosen = _model_of(annotation, data)
    return [] if chosen is None else [field.alias or n for n, field in chosen.model_fields.items()]


def _model_of(annotation: Any, data: Any) -> type[BaseModel] | None:
    """The model for ``data``: the only one, or the one that ``kind`` names."""
    annotation = _bare(annotation)
    if get_origin(annotation) in (dict, tuple):
        return None
    models = models_of(annotation)
    if len(models) > 1:
        kind = data.get("kind") if isinstance(data, Mapping) else None
        models = [m for m in models if kind in get_args(m.model_fields["kind"].annotation)]
    return models[0] if models else None


def models_of(annotation: Any) -> list[type[BaseModel]]:
    """The models in the type of a field: the type itself, or the members of a union, a mapping or a list."""
    annotation = _bare(annotation)
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for member in get_args(annotation) for model in models_of(member)]


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [a for a in get_args(annotation) if a is not type(None)]
        return _bare(members[0]) if len(members) == 1 else annotation
    return annotation

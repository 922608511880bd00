"""Projection: a version's own ``data``, mapped from the change.

The language is :mod:`bridge.core.mapping.language`'s; its paths look into ``{key, before, after, changes,
current, meta}``. Simple paths are compiled to closures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from bridge.core.change import TypedItem
from bridge.core.diff.view import ROOTS, ChangeView
from bridge.core.image import Image
from bridge.core.jsonpath import JsonPath, JsonPathError, Step, parse_path, walk_plain
from bridge.core.mapping.language import MISSING, MappingError, Place, compile_mapping, mapping_problems
from bridge.core.values import base64_text, plain
from bridge.errors import MappingFailed

__all__ = [
    "MISSING",
    "MappingError",
    "Projection",
    "attribute_text",
    "compile_projection",
    "compile_subject",
    "getter_of",
    "key_path",
    "projection_problems",
]

Getter = Callable[[ChangeView], Any]
Projection = Callable[[ChangeView], dict[str, Any]]


def compile_projection(mapping: Mapping[str, Any]) -> Projection:
    """Raises :class:`MappingError` for the first problem."""
    return compile_mapping(mapping, getter_of)


def projection_problems(mapping: Mapping[str, Any]) -> list[MappingError]:
    """Everything that is wrong with a mapping, in its order."""
    return mapping_problems(mapping, getter_of)


def getter_of(text: str, place: Place = (), roots: Sequence[str] = ROOTS) -> Getter:
    """A function from a change to the value at a JSONPath, or :data:`MISSING`."""
    try:
        path = parse_path(text)
    except JsonPathError as error:
        raise MappingError(place, str(error)) from error
    if path.root not in roots:
        raise MappingError(place, f"a JSONPath here begins with one of {', '.join('$.' + r for r in roots)}")
    if path.steps is None:
        return _by_library(path)
    return _simple(path.root, path.steps, path.many)


def _by_library(path: JsonPath) -> Getter:
    def get(view: ChangeView) -> Any:
        try:
            found = path.find(view.document())
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # A filter that compares a string with a number, for one.
            raise MappingFailed(
                f"JSONPath {path.text} cannot be applied to this change ({type(error).__name__})",
                hint="a filter in the path meets a value of another type",
            ) from error
        if path.many:
            return found
        return found[0] if found else MISSING

    return get


def _simple(root: str, steps: tuple[Step, ...], many: bool) -> Getter:
    root_of = attrgetter(root)
    if root in ("changes", "meta") or not steps or not isinstance(steps[0], str):
        return _from_whole(root_of, steps, many)
    name, rest = steps[0], steps[1:]

    def get_attribute(view: ChangeView) -> Any:
        image = root_of(view)
        return MISSING if image is None else image.get(name, MISSING)

    if not rest:
        return get_attribute

    def get(view: ChangeView) -> Any:
        value = get_attribute(view)
        found = [] if value is MISSING else list(walk_plain(value, rest))
        return found if many else found[0] if found else MISSING

    return get


def _from_whole(root_of: Callable[[ChangeView], Any], steps: tuple[Step, ...], many: bool) -> Getter:
    def get(view: ChangeView) -> Any:
        value = root_of(view)
        if isinstance(value, Image):
            value = value.whole()
        found = [] if value is None else list(walk_plain(value, steps))
        return found if many else found[0] if found else MISSING

    return get


_PLACE = re.compile(r"\{(\$[^{}]*)\}")
# CloudEvents strings hold no control characters; they are written as URIs write them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def attribute_text(value: str) -> str:
    """Text that may stand in a CloudEvents attribute (spec 1.0.2, "Type System", String)."""
    if not value.isprintable() and _CONTROL.search(value):
        return _CONTROL.sub(lambda match: quote(match.group(), errors="surrogatepass"), value)
    return value


def compile_subject(template: str) -> Callable[[ChangeView], str]:
    """A subject template such as ``user/{$.key.userId}``, over the key only: a subject never changes
    while the item lives. Raises :class:`MappingError`; the function raises :class:`MappingFailed`."""
    if not template:
        raise MappingError((), "a subject is not empty")
    parts: list[str | Getter] = []
    end = 0
    for match in _PLACE.finditer(template):
        parts += [template[end : match.start()], getter_of(match.group(1), roots=("key",))]
        end = match.end()
    parts.append(template[end:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        raise MappingError((), "a place in a subject is written {$.key.<attribute>}")

    def subject(view: ChangeView) -> str:
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part
                continue
            value = part(view)
            if value is MISSING or isinstance(value, dict | list):
                raise MappingFailed(
                    f"subject {template!r}: the key has no such attribute",
                    hint="the template names the table's key attributes",
                )
            text += value if isinstance(value, str) else str(value)
        return attribute_text(text)

    return subject


def key_path(key: TypedItem) -> str:
    """The key's values in order of their names, joined by ``/``; a ``/`` or ``%`` inside is escaped."""
    values = []
    for name in sorted(key):
        ((tag, content),) = key[name].items()
        text = content if tag in ("S", "N") else base64_text(content) if tag == "B" else str(plain(key[name]))
        values.append(text.replace("%", "%25").replace("/", "%2F") if "/" in text or "%" in text else text)
    return attribute_text("/".join(values))

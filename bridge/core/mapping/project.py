"""Projection: a version's own ``data``, mapped from the change.

The language is that of :mod:`bridge.core.mapping.language`. Its paths search ``{key, before, after, changes,
current, meta}``. Simple paths are compiled to closures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from bridge.core.change import TypedItem
from bridge.core.diff.view import ROOTS, ChangeView
from bridge.core.image import Image
from bridge.core.jsonpath import Step
from bridge.core.mapping.language import MISSING, MappingError, Place, find_by_library, find_by_steps, parsed
from bridge.core.values import base64_text, plain
from bridge.errors import MappingFailed

Getter = Callable[[ChangeView], Any]
Projection = Callable[[ChangeView], dict[str, Any]]


def getter_of(text: str, place: Place = (), roots: Sequence[str] = ROOTS) -> Getter:
    """A function from a change to the value at a JSONPath, or :data:`MISSING`."""
    path = parsed(text, place)
    if path.root not in roots:
        raise MappingError(place, f"a JSONPath here begins with one of {', '.join('$.' + r for r in roots)}")
    if path.steps is None:
        return find_by_library(path, ChangeView.document, "this change")
    return _simple(path.root, path.steps, path.many)


def _simple(root: str, steps: tuple[Step, ...], many: bool) -> Getter:
    root_of = attrgetter(root)
    if root in ("changes", "meta") or not steps or not isinstance(steps[0], str):

        def whole_of(view: ChangeView) -> Any:
            value = root_of(view)
            if isinstance(value, Image):
                return value.whole()
            return MISSING if value is None else value

        return find_by_steps(whole_of, steps, many=many)
    name, rest = steps[0], steps[1:]

    def attribute_of(view: ChangeView) -> Any:
        image = root_of(view)
        return MISSING if image is None else image.get(name, MISSING)

    return find_by_steps(attribute_of, rest, many=many) if rest else attribute_of


_PLACE = re.compile(r"\{(\$[^{}]*)\}")
# CloudEvents strings hold no control characters, so they are percent-encoded.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def attribute_text(value: str) -> str:
    """The text in the form that a CloudEvents attribute may hold (spec 1.0.2, "Type System", String)."""
    if not value.isprintable() and _CONTROL.search(value):
        return _CONTROL.sub(lambda match: quote(match.group(), errors="surrogatepass"), value)
    return value


def subject_attributes(template: str) -> list[str]:
    """The key attributes that a subject template names. Raises :class:`MappingError`."""
    return [_key_attribute(match.group(1)) for match in _PLACE.finditer(template)]


def _key_attribute(text: str) -> str:
    path = parsed(text, ())
    if path.root != "key":
        raise MappingError((), "a subject may only use the key, which an item keeps: {$.key.<attribute>}")
    steps = path.steps or ()
    if len(steps) != 1 or not isinstance(steps[0], str):
        raise MappingError((), f"{text} is not one attribute of the key, such as $.key.userId")
    return steps[0]


def compile_subject(template: str) -> Callable[[ChangeView], str]:
    """A function for a subject template such as ``user/{$.key.userId}``. Only the key may be used, so that a
    subject never changes while the item lives. Raises :class:`MappingError`; the function raises
    :class:`MappingFailed`."""
    if not template:
        raise MappingError((), "a subject is not empty")
    parts: list[str | Getter] = []
    end = 0
    for match in _PLACE.finditer(template):
        _key_attribute(match.group(1))
        parts += [template[end : match.start()], getter_of(match.group(1), roots=("key",))]
        end = match.end()
    parts.append(template[end:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        raise MappingError((), "a placeholder in a subject is written {$.key.<attribute>}")

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

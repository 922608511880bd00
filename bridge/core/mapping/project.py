"""Projection: a version's own ``data``, mapped from the change.

The language is that of :mod:`bridge.core.mapping.language`. Its paths search ``{key, id, before, after,
changes, current, meta}``. Simple paths are compiled to closures.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from bridge.core.diff.view import ROOTS, ChangeView
from bridge.core.entities.template import KeyTemplate
from bridge.core.image import Image
from bridge.core.jsonpath import Step
from bridge.core.mapping.functions import MISSING
from bridge.core.mapping.paths import MappingError, Place, find_by_library, find_by_steps, parsed
from bridge.errors import did_you_mean

Getter = Callable[[ChangeView], Any]
Projection = Callable[[ChangeView], dict[str, Any]]


def getter_of(text: str, place: Place = (), template: KeyTemplate | None = None) -> Getter:
    """A function from a change to the value at a JSONPath, or :data:`MISSING`. ``template``: of the keys of
    the entity, whose parts are ``$.id.<part>``."""
    path = parsed(text, place)
    roots = ROOTS if template is None else ("key", "id", *ROOTS[1:])
    if path.root not in roots:
        raise MappingError(place, f"a JSONPath here begins with one of {', '.join('$.' + r for r in roots)}")
    if path.root == "id" and template is not None and path.steps:
        part = str(path.steps[0])
        if part not in template.names:
            message = f"{part!r} is no part of the key templates, whose parts are: "
            known = template.names
            raise MappingError(place, message + (", ".join(known) or "none"), did_you_mean(part, known))
    if path.steps is None:
        return find_by_library(path, ChangeView.document, "this change")
    return _simple(path.root, path.steps, path.many)


def _simple(root: str, steps: tuple[Step, ...], many: bool) -> Getter:
    root_of = attrgetter(root)
    if root in ("changes", "id", "meta") or not steps or not isinstance(steps[0], str):

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

"""The source of a conversion: documents, places in them, and why a place cannot be converted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from bridge.core.pointer import parse_pointer
from bridge.errors import BridgeError
from bridge.schemas.documents.json_document import subschemas

_PLAIN: re.Pattern[str] = re.compile(r"[^A-Za-z0-9._-]+")


class Obstacle(NamedTuple):
    """``pointer`` is a JSON Pointer into ``document`` (the ``$id`` of a file of the folder)."""

    document: str
    pointer: str
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        text = f"{self.pointer or 'the schema'} {self.reason}"
        return f"{text} ({self.suggestion})" if self.suggestion else text


class NotExpressible(BridgeError):
    """The older draft cannot express the schema. Contains every obstacle."""

    def __init__(self, draft: str, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(dict.fromkeys(obstacles))
        super().__init__(f"cannot be expressed in {draft}: {'; '.join(map(str, self.obstacles))}")


class Obstructed(Exception):
    """Ends the conversion of one subschema. The others continue, so that every obstacle is reported."""

    def __init__(self, place: Place, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.obstacle = Obstacle(place.document, place.pointer, reason, suggestion)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a schema: a document and a JSON Pointer."""

    document: str
    pointer: str = ""

    def __truediv__(self, steps: str) -> Place:
        return Place(self.document, f"{self.pointer}/{steps}")


class Library:
    """Documents by their ``$id``. Every reference must lead to one of them; nothing is fetched."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._documents = documents
        self._anchors: dict[str, dict[str, str]] = {}

    def at(self, place: Place) -> Any:
        """The schema at a place that :meth:`follow` returned."""
        node: Any = self._documents[place.document]
        for step in parse_pointer(place.pointer) if place.pointer else ():
            node = node[int(step)] if isinstance(node, list) else node[step]
        return node

    def follow(self, reference: str, place: Place) -> Place:
        """The target of a ``reference`` at ``place``. Raises ``Obstructed``."""
        if reference.startswith("#"):
            uri, fragment = place.document, reference[1:]
        else:
            uri, fragment = urldefrag(urljoin(place.document, reference))
        if uri not in self._documents:
            raise Obstructed(
                place,
                f"refers to '{reference}', which is not a file of this folder; nothing is fetched",
                "put the schema into the folder, or its parts into $defs",
            )
        fragment = unquote(fragment)
        pointer = fragment
        if fragment and not fragment.startswith("/"):
            known = self._anchors_of(uri)
            if fragment not in known:
                raise Obstructed(place, f"refers to '{reference}', an anchor that does not exist")
            pointer = known[fragment]
        target = Place(uri, pointer)
        try:
            found = self.at(target)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Obstructed(place, f"refers to '{reference}', which does not exist") from error
        if not isinstance(found, dict | bool):
            raise Obstructed(place, f"refers to '{reference}', which is not a schema")
        return target

    def _anchors_of(self, uri: str) -> dict[str, str]:
        if uri not in self._anchors:
            self._anchors[uri] = {
                anchor: pointer
                for pointer, schema in subschemas(self._documents[uri])
                for keyword in ("$anchor", "$dynamicAnchor")
                if isinstance(anchor := schema.get(keyword), str)
            }
        return self._anchors[uri]


class Definitions:
    """The targets of references, each with a name in the ``definitions`` of the result.

    Every target is copied, because a registry stores one document, and because a pointer into a rewritten
    part would lead elsewhere.
    """

    def __init__(self, root: Place) -> None:
        self._root = root
        self._names: dict[Place, str] = {}
        self.waiting: list[Place] = []

    def reference(self, target: Place) -> str:
        """The ``$ref`` for a target; a new target is added to ``waiting``."""
        if target == self._root:
            return "#"
        if target not in self._names:
            self._names[target] = self._name(target)
            self.waiting.append(target)
        return f"#/definitions/{self._names[target]}"

    def name_of(self, target: Place) -> str:
        return self._names[target]

    def _name(self, target: Place) -> str:
        *folders, file = target.document.rsplit("/", 2)[-2:]
        steps = parse_pointer(target.pointer) if target.pointer else ()
        words = [] if target.document == self._root.document else [*folders, file.removesuffix(".json")]
        own = steps[-1:] if len(steps) == 2 and steps[0] in ("$defs", "definitions") else steps
        plain = _PLAIN.sub("_", "_".join((*words, *own))) or "schema"
        taken = set(self._names.values())
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        return name

"""From JSON Schema 2020-12 to an older draft, with the same verdict on every value.

Every keyword is expressed in the older draft or refused; only what says nothing about data may be dropped.
``docs/registries.md`` has the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bridge.schemas.conversion.rules import Rules
from bridge.schemas.conversion.source import Definitions, Library, NotExpressible, Obstacle, Obstructed, Place
from bridge.schemas.conversion.target import Draft, Result

NODES_MAX: Final = 20_000
"""Subschemas of a result: the target of a reference is written at its place and in the definitions."""


def convert(
    document: Mapping[str, Any], draft: Draft, *, others: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The schema in ``draft``, complete by itself: what it refers to in ``others`` (documents by ``$id``) is
    in its ``definitions``. It keeps the ``$id``.

    Raises :class:`NotExpressible` with every obstacle.
    """
    own = str(document.get("$id", "urn:schema"))
    root = Place(own)
    conversion = _Conversion(draft, Library({**(others or {}), own: document}), root)
    return conversion.run(document)


class _Conversion:
    def __init__(self, draft: Draft, library: Library, root: Place) -> None:
        self._draft = draft
        self._library = library
        self._root = root
        self._definitions = Definitions(root)
        self._obstacles: list[Obstacle] = []
        self._rules = Rules(draft, self._library, self._definitions, self.schema)
        self._nodes = 0

    def run(self, document: Mapping[str, Any]) -> dict[str, Any]:
        body = self.schema(dict(document), self._root)
        definitions: dict[str, Any] = {}
        while self._definitions.waiting:
            place = self._definitions.waiting.pop(0)
            definitions[self._definitions.name_of(place)] = self.schema(self._library.at(place), place)
        if self._obstacles:
            raise NotExpressible(self._draft.name, self._obstacles)
        head: dict[str, Any] = {"$schema": self._draft.uri}
        if "$id" in document:
            head[self._draft.id_keyword] = document["$id"]
        if list(body) == ["$ref"]:
            body = {"allOf": [body]}  # everything beside a $ref is ignored, even the id
        return {**head, **body, **({"definitions": definitions} if definitions else {})}

    def schema(self, schema: Any, place: Place) -> Any:
        """The converted subschema; ``{}`` if there is an obstacle, which is recorded."""
        self._nodes += 1
        if self._nodes > NODES_MAX:
            message = f"grows beyond {NODES_MAX:,} subschemas in {self._draft.name}"
            raise NotExpressible(self._draft.name, [Obstacle(self._root.document, place.pointer, message)])
        if isinstance(schema, bool):
            return schema if self._draft.booleans else {} if schema else {"not": {}}
        try:
            return self._object(schema, place)
        except Obstructed as error:
            self._obstacles.append(error.obstacle)
            return {}
        except RecursionError as error:
            deep = Obstacle(self._root.document, "", "is nested too deep")
            raise NotExpressible(self._draft.name, [deep]) from error

    def _object(self, schema: dict[str, Any], place: Place) -> dict[str, Any]:
        if place != self._root and place.pointer and "$id" in schema:
            raise Obstructed(place, "has its own $id, which changes the meaning of references below it")
        result = Result()
        for keyword in schema:
            rule = self._rules.of(keyword, schema)
            try:
                if rule is None:
                    self._rules.annotation(keyword, schema, place, result)
                else:
                    rule(schema, place, result)
            except Obstructed as error:
                self._obstacles.append(error.obstacle)
        return result.schema()

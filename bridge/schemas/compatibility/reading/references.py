"""The target of a ``$ref``: inside the document, or in another given document. Nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urljoin

from bridge.core.pointer import escape
from bridge.schemas.compatibility.reading.drafts import Draft, draft_of

MAIN: Final = ""
"""The name of the document that is compared; the names of the others are their URIs."""
NOWHERE: Final = "https://schemas.invalid/document.json"
"""The base URI of a document without an ``$id``."""


class Unusable(Exception):
    """The input is not a schema that can be compared. The message says which document, where, and why."""

    def __init__(self, document: str, pointer: str, what: str) -> None:
        place = f"{document}#{pointer}" if document else (pointer or "the document")
        super().__init__(f"{place}: {what}")


@dataclass(frozen=True, slots=True)
class Place:
    """A schema in a document; ``base`` is the base URI of the references in it."""

    node: Any
    document: str
    pointer: str
    base: str
    draft: Draft


def join(base: str, reference: str) -> str:
    """Like ``urljoin``, and also works for bases such as ``urn:…``."""
    if reference.startswith("#"):
        return urldefrag(base).url + reference
    return urljoin(base, reference)


_CONTAINERS: Final = (
    "properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions",
)  # fmt: skip
_ONE: Final = (
    "additionalProperties", "additionalItems", "propertyNames", "contains", "not", "if", "then", "else",
    "unevaluatedItems", "unevaluatedProperties", "items",
)  # fmt: skip
_MANY: Final = ("allOf", "anyOf", "oneOf", "prefixItems", "items")


Check = Callable[[str, Any, Draft], None]
"""Takes a name, a document and its draft. Raises :class:`Unusable` unless it is a schema of that draft."""


class Library:
    """The main document and the others that it may refer to."""

    def __init__(self, main: Any, others: Mapping[str, Any], check: Check) -> None:
        self._check = check
        self._indexed: set[str] = set()
        self._anchors: dict[str, Place] = {}
        self._resources: dict[str, Place] = {}
        self._others = others
        self._by_id: dict[str, str] | None = None
        self.main = self._top(MAIN, main)

    def _top(self, name: str, document: Any) -> Place:
        draft = draft_of(document)
        if draft is None:
            raise Unusable(name, "/$schema", "is not one of the drafts 4, 6, 7, 2019-09 and 2020-12")
        self._check(name, document, draft)
        try:
            base = join(join(NOWHERE, name), _own_id(document, draft) or "")
        except ValueError as error:
            raise Unusable(name, "/$id", f"is not a URI: {error}") from error
        return Place(document, name, "", base, draft)

    @property
    def used(self) -> list[str]:
        """The names of the other documents that were read."""
        return [key[1:] for key in self._resources if key.startswith("\0")]

    def resolve(self, reference: Any, at: Place) -> Place:
        """Raises :class:`Unusable` where ``reference`` leads nowhere or to a document that is not given."""
        if not isinstance(reference, str):
            raise Unusable(at.document, at.pointer, "the reference is not a string")
        try:
            if reference.startswith("#"):
                uri, fragment = at.base.partition("#")[0], reference[1:]
            else:
                uri, fragment = urldefrag(join(at.base, reference))
        except ValueError as error:
            raise Unusable(at.document, at.pointer, f"the reference is not a URI: {error}") from error
        if uri == self.main.base:
            resource = self.main
        elif at.document != MAIN and uri == self._document(at.document).base:
            resource = self._document(at.document)
        else:
            resource = self._resource(uri, urldefrag(reference).url, at)
        if not fragment:
            return resource
        if fragment.startswith("/"):
            return self._step_into(resource, unquote(fragment), reference, at)
        self._index(resource.document)
        found = self._anchors.get(f"{uri}#{fragment}")
        if found is None:
            raise Unusable(at.document, at.pointer, f"the reference '{reference}' leads nowhere")
        return found

    def _resource(self, uri: str, written: str, at: Place) -> Place:
        self._index(at.document)
        if uri in self._resources:
            return self._resources[uri]
        name = uri if uri in self._others else written if written in self._others else self._ids().get(uri)
        if name is None:
            what = "is to a remote document, which is never fetched"
            raise Unusable(at.document, at.pointer, f"the reference '{written or uri}' {what}")
        return self._document(name)

    def _document(self, name: str) -> Place:
        key = "\0" + name
        if key not in self._resources:
            self._resources[key] = self._top(name, self._others[name])
        return self._resources[key]

    def _ids(self) -> dict[str, str]:
        if self._by_id is None:
            self._by_id = {}
            for name, document in self._others.items():
                draft = draft_of(document)
                own = _own_id(document, draft) if draft is not None else None
                if own:
                    self._by_id[urldefrag(join(name, own)).url] = name
        return self._by_id

    def _step_into(self, resource: Place, pointer: str, reference: str, at: Place) -> Place:
        node, base = resource.node, resource.base
        for segment in pointer[1:].split("/"):
            step = segment.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isdecimal() and len(step) < 10 and int(step) < len(node):
                node = node[int(step)]
            else:
                raise Unusable(at.document, at.pointer, f"the reference '{reference}' leads nowhere")
            own = _own_id(node, resource.draft)
            if own and not own.startswith("#"):
                base = join(base, own)
        return Place(node, resource.document, resource.pointer + pointer, base, resource.draft)

    def dynamic_anchors(self, name: str) -> list[Place]:
        """Every place with ``$dynamicAnchor: name``."""
        for document in (MAIN, *self._others):
            self._index(document)
        return [place for key, place in self._anchors.items() if key.endswith(f"#{name}")]

    def _index(self, name: str) -> None:
        """Record every ``$id`` and anchor of a document, once."""
        if name in self._indexed:
            return
        self._indexed.add(name)
        waiting = [self.main if name == MAIN else self._document(name)]
        while waiting:
            place = waiting.pop()
            if not isinstance(place.node, dict):
                continue
            own = _own_id(place.node, place.draft)
            base = place.base
            if own and own.startswith("#"):
                self._anchors[base + own] = place
            elif own and place.pointer:
                base = join(base, own)
                place = Place(place.node, name, place.pointer, base, place.draft)
                self._resources.setdefault(urldefrag(base).url, place)
            for keyword in ("$anchor", "$dynamicAnchor"):
                anchor = place.node.get(keyword)
                if isinstance(anchor, str):
                    self._anchors[f"{urldefrag(base).url}#{anchor}"] = place
            waiting += (
                Place(node, name, f"{place.pointer}{step}", base, place.draft)
                for step, node in _inner(place.node)
            )


def _own_id(node: Any, draft: Draft) -> str | None:
    own = node.get("id" if draft == Draft.D4 else "$id") if isinstance(node, dict) else None
    if not isinstance(own, str) or (draft < Draft.D2019 and "$ref" in node):
        return None
    return own


def _inner(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The subschemas that any draft knows, each with its pointer below the node."""
    for keyword, value in node.items():
        if keyword in _CONTAINERS and isinstance(value, dict):
            yield from ((f"/{keyword}/{escape(name)}", each) for name, each in value.items())
        elif keyword in _ONE and isinstance(value, dict):
            yield f"/{keyword}", value
        elif keyword in _MANY and isinstance(value, list):
            yield from ((f"/{keyword}/{index}", each) for index, each in enumerate(value))

"""Schema documents by their URI: a place in one of them, and where a reference from there leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin

import jsonschema_rs

from bridge.core.pointer import escape, parse_pointer
from bridge.schemas.documents.json_document import subschemas


class Undecided(Exception):
    """The schema says it in a way that is not followed here; the text says which."""


@dataclass(frozen=True, slots=True)
class Node:
    """A schema in a document: ``uri`` names the document, ``pointer`` the place in it."""

    uri: str
    pointer: str
    schema: Any = field(compare=False, repr=False)

    def at(self, *steps: str | int) -> Node:
        inner = self.schema
        for step in steps:
            inner = inner[step]
        return Node(self.uri, self.pointer + "".join(f"/{escape(str(step))}" for step in steps), inner)


class Documents:
    """Schema documents by their URI; nothing outside of them is looked at."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = dict(documents)
        self._registry = jsonschema_rs.Registry(
            list(self._documents.items()), draft=jsonschema_rs.Draft202012, retriever=_nothing
        )
        self._validators: dict[tuple[str, str], Any] = {}
        self._anchors: dict[tuple[str, str], str] = {}
        for uri, document in self._documents.items():
            for pointer, schema in subschemas(document):
                for keyword in ("$anchor", "$dynamicAnchor"):
                    if isinstance(schema.get(keyword), str):
                        self._anchors.setdefault((uri, schema[keyword]), pointer)

    def root(self, uri: str) -> Node:
        return Node(uri, "", self._documents[uri])

    def takes(self, node: Node, value: Any) -> bool:
        """Whether ``value`` satisfies the schema at ``node``, formats included."""
        key = (node.uri, node.pointer)
        validator = self._validators.get(key)
        if validator is None:
            reference = f"{node.uri}#{quote(node.pointer, safe='/~')}"
            validator = self._validators[key] = jsonschema_rs.Draft202012Validator(
                {"$ref": reference}, validate_formats=True, registry=self._registry, offline=True
            )
        return bool(validator.is_valid(value))

    def resolve(self, node: Node, reference: str) -> Node:
        """Raises :class:`Undecided` where it leads nowhere."""
        uri, fragment = urldefrag(urljoin(node.uri, reference) if node.uri.find("://") > 0 else reference)
        uri = uri or node.uri
        if uri not in self._documents:
            raise Undecided(f"refers to {reference}, which is not here")
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            pointer = self._anchors.get((uri, fragment))
            if pointer is None:
                raise Undecided(f"refers to {reference}, which is not here")
            fragment = pointer
        target = self._documents[uri]
        for step in parse_pointer(fragment) if fragment else ():
            try:
                target = target[int(step)] if isinstance(target, list) else target[step]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise Undecided(f"refers to {reference}, which is not here") from error
        return Node(uri, fragment, target)


def _nothing(uri: str) -> Any:
    return False

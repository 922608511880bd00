"""Schema documents by their URI: a place in one of them, and where a reference from there leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin

import jsonschema_rs

from bridge.core.pointer import escape, parse_pointer
from bridge.schemas.documents.json_document import subschemas
from bridge.schemas.documents.validation import offline_registry


class Undecided(Exception):
    """A schema uses something that this code does not follow; the text says what."""


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
    """Schema documents by their URI. No other document is read."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = dict(documents)
        self._validators: dict[tuple[str, str], Any] = {}
        self._anchors: dict[str, dict[str, str]] = {}

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return offline_registry(self._documents)

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
        """The schema that ``reference`` leads to from ``node``. Raises :class:`Undecided` where none is
        there."""
        uri, fragment = urldefrag(urljoin(node.uri, reference) if node.uri.find("://") > 0 else reference)
        uri = uri or node.uri
        fragment = unquote(fragment)
        try:
            target = self._documents[uri]
            if fragment and not fragment.startswith("/"):
                fragment = self._anchors_of(uri)[fragment]
            for step in parse_pointer(fragment) if fragment else ():
                target = target[int(step)] if isinstance(target, list) else target[step]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Undecided(f"refers to {reference}, which does not exist") from error
        return Node(uri, fragment, target)

    def _anchors_of(self, uri: str) -> dict[str, str]:
        """The pointers of the anchors in a document. Few documents are asked for theirs."""
        if uri not in self._anchors:
            found = self._anchors[uri] = {}
            for pointer, schema in subschemas(self._documents[uri]):
                for keyword in ("$anchor", "$dynamicAnchor"):
                    if isinstance(schema.get(keyword), str):
                        found.setdefault(schema[keyword], pointer)
        return self._anchors[uri]

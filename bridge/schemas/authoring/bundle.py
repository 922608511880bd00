"""Several schemas in one document, with every reference changed to its new place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bridge.errors import BridgeError
from bridge.schemas.documents.json_document import SCHEMAS_BY_NAME
from bridge.schemas.documents.nodes import Documents, Node, Undecided

Placing = Callable[[str, str], str]
"""From the URI of a document and a pointer in it to the reference that now leads there."""

# Keywords whose values are data, not schemas.
_DATA = ("const", "enum", "examples", "example", "default")


def relocated(documents: Documents, uri: str, place: Placing) -> Any:
    """The document at ``uri`` without its ``$id`` and ``$schema``, its references changed by ``place``.

    Raises :class:`BridgeError` for a reference that cannot be followed.
    """
    root = documents.root(uri)

    def moved(value: Any, schema: bool = True) -> Any:
        if isinstance(value, list):
            return [moved(each, schema) for each in value]
        if not isinstance(value, dict):
            return value
        result: dict[str, Any] = {}
        for name, inner in value.items():
            if schema and name == "$ref" and isinstance(inner, str):
                result[name] = place(*_target(documents, root, inner))
            elif schema and name in ("$dynamicRef", "$dynamicAnchor"):
                raise BridgeError(f"{uri} uses {name}, which cannot be moved into another document")
            elif schema and name in _DATA:
                result[name] = inner
            elif schema and name in SCHEMAS_BY_NAME:
                result[name] = {key: moved(each) for key, each in inner.items()}
            elif not (schema and name == "$anchor"):
                result[name] = moved(inner, schema)
        return result

    document = {n: v for n, v in root.schema.items() if n not in ("$id", "$schema")}
    return moved(document)


def pascal(name: str) -> str:
    """``plan_changed`` to ``PlanChanged``."""
    return "".join(part[:1].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", name))


def _target(documents: Documents, root: Node, reference: str) -> tuple[str, str]:
    try:
        node = documents.resolve(root, reference)
    except Undecided as error:
        raise BridgeError(f"{root.uri} {error}") from error
    return node.uri, node.pointer

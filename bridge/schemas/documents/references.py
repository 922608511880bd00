"""``$ref``: inside the document, or to another file of the folder; never to the network, never outside."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import jsonschema_rs

Fault = tuple[str, str, str]
"""JSON Pointer, message, suggestion."""


def find_reference_problems(
    parts: Iterable[tuple[str, Mapping[str, Any]]],
    schema_id: str,
    type_name: str,
    *,
    known: Collection[str],
    registry: jsonschema_rs.Registry,
    readable: Collection[str],
) -> Iterator[Fault]:
    """The wrong references in the document whose ``$id`` is ``schema_id``, in the folder of ``type_name``;
    its schemas are ``parts``.

    ``known`` are the ids of all files of the folder; those that are ``readable`` are in ``registry``.
    """
    resolver = registry.resolver(schema_id)
    checked: dict[str, tuple[str, str] | None] = {}
    for pointer, schema in parts:
        if pointer and "$id" in schema:
            # It would change the meaning of the relative references below it.
            yield f"{pointer}/$id", "only the document as a whole has an $id", "use $defs or $anchor"
        for keyword in ("$ref", "$dynamicRef"):
            reference = schema.get(keyword)
            if not isinstance(reference, str):
                continue
            if reference not in checked:
                checked[reference] = _fault(reference, schema_id, type_name, known, resolver, readable)
            fault = checked[reference]
            if fault is not None:
                yield f"{pointer}/{keyword}", *fault


def _fault(
    reference: str,
    schema_id: str,
    type_name: str,
    known: Collection[str],
    resolver: jsonschema_rs.Resolver,
    readable: Collection[str],
) -> tuple[str, str] | None:
    """Message and suggestion for a wrong reference."""
    inner = reference.startswith("#")
    target = schema_id if inner else urldefrag(urljoin(schema_id, reference)).url
    if not inner and _leaves(type_name, reference):
        return f"'{reference}' leaves the folder of the schemas", "refer to files inside it"
    if target not in known:
        return _unknown(reference, target, known)
    if target in readable:
        try:
            resolver.lookup(reference)
        except jsonschema_rs.ReferencingError as error:
            return f"'{reference}' leads nowhere: {error}", ""
    return None


def _leaves(type_name: str, reference: str) -> bool:
    """Whether a relative path leaves the folder: resolved as a URI, it would silently stop at the root."""
    parts = urlsplit(reference)
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return False
    return posixpath.normpath(posixpath.join(type_name, parts.path)).split("/", 1)[0] == ".."


def _unknown(reference: str, target: str, known: Collection[str]) -> tuple[str, str]:
    close = get_close_matches(target, known, n=1, cutoff=0.8)
    message = f"'{reference}' is not a file of this folder"
    if close:
        return message, f"did you mean '{close[0]}'?"
    advice = "put the schema into the folder, or its parts into $defs"
    return f"{message}, and nothing is fetched from elsewhere", advice

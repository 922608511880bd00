"""What a version means: its document, and every document that it refers to, directly or through others.

A version depends on nothing else: its ``$id`` spells the base of ``registry.yaml``, and the lock records the
compatibility and the policy that it was published with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from bridge.core.pointer import escape
from bridge.schemas.documents.json_document import subschemas

REFERENCES: Final = ("$ref", "$dynamicRef")
_OUTWARD: Final = re.compile(r'"\$(?:r|dynamicR)ef":"[^#"]')


def canonical(document: Any) -> str:
    """Members in order of their names, no white space."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(document: Any) -> str:
    """``sha256:`` and 64 hexadecimal digits over the canonical JSON of a parsed document."""
    return hash_of(canonical(document))


def hash_of(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def first_difference(ours: Any, theirs: Any, pointer: str = "") -> str:
    """A JSON Pointer to the first place where two documents differ; "" for the whole."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            if name not in ours or name not in theirs:
                return f"{pointer}/{escape(name)}"
            if content_hash(ours[name]) != content_hash(theirs[name]):
                return first_difference(ours[name], theirs[name], f"{pointer}/{escape(name)}")
    return pointer


def targets(document: Any, schema_id: str) -> dict[str, str]:
    """The other documents that a document refers to, by URI: a JSON Pointer to the first reference."""
    found: dict[str, str] = {}
    for pointer, schema in subschemas(document):
        for keyword in REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str) and not reference.startswith("#"):
                uri = urldefrag(urljoin(schema_id, reference)).url
                if uri != schema_id:
                    found.setdefault(uri, f"{pointer}/{keyword}")
    return found


class Meanings:
    """The hashes of documents by their URI, each computed once. Where a reference leads to no document, only
    the others count: this is reported elsewhere."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents
        self._hashes: dict[str, str] = {}
        self._targets: dict[str, dict[str, str]] = {}

    @classmethod
    def of(cls, documents: list[Any]) -> Meanings:
        """Documents by the ``$id`` that they give."""
        known = [each for each in documents if isinstance(each, dict) and isinstance(each.get("$id"), str)]
        return cls({each["$id"]: each for each in known})

    def document(self, uri: str) -> str:
        """The hash of one document."""
        self._read(uri)
        return self._hashes[uri]

    def targets(self, uri: str) -> Mapping[str, str]:
        self._read(uri)
        return self._targets[uri]

    def references(self, uri: str) -> str:
        """One hash of all documents that this one reaches; "" where it reaches none."""
        reached: set[str] = {uri}
        waiting = [uri]
        while waiting:
            new = {each for each in self.targets(waiting.pop()) if each in self._documents} - reached
            reached |= new
            waiting += new
        others = sorted(reached - {uri})
        return content_hash({each: self.document(each) for each in others}) if others else ""

    def _read(self, uri: str) -> None:
        if uri not in self._hashes:
            document = self._documents[uri]
            text = canonical(document)
            self._hashes[uri] = hash_of(text)
            # Few documents refer to others: only their text is searched.
            self._targets[uri] = targets(document, uri) if _OUTWARD.search(text) else {}

"""A digest of a schema together with everything that its references lead to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from bridge.schemas.compatibility.reading.json_values import key_of

_REFERENCE: Final = re.compile(r'"\$(ref|dynamicRef|recursiveRef)":"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of one document. ``targets`` are the ids of others, None where it cannot be said which ones."""

    digest: str
    targets: frozenset[str] | None


class Closures:
    """For documents that may refer to each other, by ``$id``. They must not be changed later."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents
        self._facts: dict[int, tuple[Any, _Facts]] = {}
        self._digests: dict[int, str] = {}

    def digest(self, document: Any) -> str:
        """Equal only for documents that mean the same. Raises ``ValueError`` for what is nested too deep."""
        known = self._digests.get(id(document))
        if known is None:
            known = self._digests[id(document)] = self._digest(self._facts_of(document))
        return known

    def _digest(self, own: _Facts) -> str:
        reached: set[str] = set()
        waiting = [own]
        while waiting:
            targets = waiting.pop().targets
            new = (set(self._documents) if targets is None else targets) - reached
            reached |= new
            waiting += (self._facts_of(self._documents[uri]) for uri in new)
        if not reached:
            return own.digest
        others = (f"{uri} {self._facts_of(self._documents[uri]).digest}" for uri in sorted(reached))
        return _sha256("\n".join((own.digest, *others)))

    def _facts_of(self, document: Any) -> _Facts:
        known = self._facts.get(id(document))
        if known is None:
            text = key_of(document)
            facts = _Facts(_sha256(text), self._targets(document, text))
            known = self._facts[id(document)] = (document, facts)  # kept, so that the id stays its own
        return known[1]

    def _targets(self, document: Any, text: str) -> frozenset[str] | None:
        base = document.get("$id") if isinstance(document, dict) else None
        if text.count('"$id":') > 1:
            return None
        targets = set()
        for kind, written in _REFERENCE.findall(text):
            if written.startswith("#") and kind == "ref":
                continue
            uri = urldefrag(urljoin(base if isinstance(base, str) else "", json.loads(f'"{written}"'))).url
            if kind != "ref" or uri not in self._documents:
                return None
            targets.add(uri)
        return frozenset(targets)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

"""A document made ready to be compared: checked, in normal form, measured, and each reading of it once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from bridge.core.pointer import escape
from bridge.schemas.compatibility.proving.judges import compile_document
from bridge.schemas.compatibility.reading.closed import closed
from bridge.schemas.compatibility.reading.complexity import Complexity, complexity_of, simple_complexity
from bridge.schemas.compatibility.reading.drafts import VALIDATORS, Draft, draft_of
from bridge.schemas.compatibility.reading.normal import Normal, normalise
from bridge.schemas.compatibility.reading.opened import opened
from bridge.schemas.compatibility.reading.readings import Reading, as_written
from bridge.schemas.compatibility.reading.references import MAIN, Unusable
from bridge.schemas.compatibility.verdict import Policy

_METASCHEMAS: Final = {
    Draft.D4: "http://json-schema.org/draft-04/schema#",
    Draft.D6: "http://json-schema.org/draft-06/schema#",
    Draft.D7: "http://json-schema.org/draft-07/schema#",
    Draft.D2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.D2020: "https://json-schema.org/draft/2020-12/schema",
}

_EMPTYING: Final = (
    '"minProperties"', '"propertyNames"', '"not"', '"if"', 'Of"', 'Ref"', '"$ref"', '"dependentSchemas"',
    '"dependencies"',
)  # fmt: skip


@cache
def _metaschema(draft: Draft) -> Any:
    return VALIDATORS[draft]({"$ref": _METASCHEMAS[draft]}, offline=True)


class TooDeep(Exception):
    """More levels than a schema is read with."""


def text_of(name: str, document: Any) -> str:
    """The document as one text, the same for all documents that JSON holds for equal.

    Raises :class:`Unusable` for what JSON cannot say, :class:`TooDeep` where the library reads no further.
    """
    try:
        text = jsonschema_rs.canonical.json.to_string(document)
        if "null" in text.replace('"null"', ""):
            json.dumps(document, allow_nan=False)  # what is no number was written as null
        return text
    except (TypeError, ValueError) as error:
        if "ecursion" in str(error):
            raise TooDeep("the schema is nested too deep to be read") from error
        raise Unusable(name, "", f"is no JSON: {error}") from error


def check_document(name: str, document: Any, draft: Draft) -> None:
    """Raises :class:`Unusable` unless it is a schema of its draft."""
    if name != MAIN:
        text_of(name, document)
    if not isinstance(document, dict) and (draft == Draft.D4 or not isinstance(document, bool)):
        raise Unusable(name, "", "is no schema: it is neither an object nor true or false")
    validator = _metaschema(draft)
    if validator.is_valid(document):
        return
    error = next(validator.iter_errors(document))
    pointer = "".join(f"/{escape(str(step))}" for step in error.instance_path)
    message = error.message if len(error.message) <= 200 else error.message[:197] + "..."
    raise Unusable(name, pointer, f"is not what its draft allows: {message}")


def _checked(name: str, document: Any, draft: Draft) -> None:
    """The document was proven before."""


class Prepared:
    """``text`` is what :func:`text_of` makes of ``document``; ``prefix`` is like nothing else in it.

    Raises :class:`Unusable` or :class:`TooDeep` when made. The documents are not to be changed later.
    """

    def __init__(self, document: Any, others: Mapping[str, Any], prefix: str, text: str) -> None:
        self.document = document
        self.others = others
        self._prefix = prefix
        if not isinstance(document, dict | bool):
            raise Unusable(MAIN, "", "is no schema: it is neither an object nor true or false")
        draft = draft_of(document)
        simple = simple_complexity(text)
        if simple is not None and draft is not None:
            # Making the validator proves the document. With references it is made last: in Rust they cannot
            # be followed too deep without ending the process.
            self.validator = compile_document(document, {}, draft)
            self.normal: Normal = normalise(document, others, prefix, _checked)
            self.complexity: Complexity = simple
        else:
            try:
                self.normal = normalise(document, others, prefix, check_document)
                self.complexity = complexity_of(self.normal)
            except RecursionError as error:
                raise TooDeep("the schema's references are nested too deep") from error
            used = {name: others[name] for name in self.normal.documents}
            self.validator = compile_document(document, used, self.normal.draft)
        self.may_close_to_nothing = any(each in text for each in _EMPTYING)
        self._producers: dict[Policy, Reading] = {}
        self._consumers: dict[Policy, Reading] = {}

    def means_the_same(self, other: Prepared) -> bool:
        """Whether the two differ in annotations at most."""
        if self.normal.unread or other.normal.unread:
            return False
        if not self.normal.defs and not other.normal.defs:
            return self.normal.root == other.normal.root
        return self._meaning() == other._meaning()

    def _meaning(self) -> str:
        whole = {"root": self.normal.root, "defs": self.normal.defs}
        return jsonschema_rs.canonical.json.to_string(whole).replace(self._prefix, "")

    def as_producer(self, policy: Policy) -> Reading:
        """Raises ``readings.TooComplex``."""
        if policy not in self._producers:
            self._producers[policy] = (
                as_written(self.normal)
                if policy is Policy.STRICT
                else closed(self.normal, lenient=policy is Policy.LENIENT)
            )
        return self._producers[policy]

    def as_consumer(self, policy: Policy) -> Reading:
        if policy not in self._consumers:
            self._consumers[policy] = (
                as_written(self.normal)
                if policy is Policy.STRICT
                else opened(self.normal, lenient=policy is Policy.LENIENT)
            )
        return self._consumers[policy]

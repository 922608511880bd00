"""A document made ready to be compared: checked, in normal form, measured, and each reading of it once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import jsonschema_rs

from bridge.core.pointer import escape
from bridge.schemas.compatibility.complexity import MAX_DEPTH, Complexity, complexity_of, shape_of
from bridge.schemas.compatibility.drafts import VALIDATORS, Draft
from bridge.schemas.compatibility.judges import compile_document
from bridge.schemas.compatibility.normal import Normal, normalise
from bridge.schemas.compatibility.readings import Reading, as_written, closed, opened
from bridge.schemas.compatibility.references import Unusable
from bridge.schemas.compatibility.verdict import Policy

_METASCHEMAS: Final = {
    Draft.D4: "http://json-schema.org/draft-04/schema#",
    Draft.D6: "http://json-schema.org/draft-06/schema#",
    Draft.D7: "http://json-schema.org/draft-07/schema#",
    Draft.D2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.D2020: "https://json-schema.org/draft/2020-12/schema",
}


@cache
def _metaschema(draft: Draft) -> Any:
    return VALIDATORS[draft]({"$ref": _METASCHEMAS[draft]}, offline=True)


class TooDeep(Exception):
    """More levels or values than any schema is read with."""


def check_document(name: str, document: Any, draft: Draft) -> None:
    """Raises :class:`Unusable` unless it is a schema of its draft, :class:`TooDeep` for monsters."""
    shape = shape_of(document)
    if shape.problem:
        raise Unusable(name, "", shape.problem)
    if shape.depth > MAX_DEPTH:
        raise TooDeep(f"the schema is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(document, dict) and (draft == Draft.D4 or not isinstance(document, bool)):
        raise Unusable(name, "", "is no schema: it is neither an object nor true or false")
    validator = _metaschema(draft)
    try:
        if validator.is_valid(document):
            return
        error = next(validator.iter_errors(document))
    except ValueError as failure:
        raise Unusable(name, "", f"is no JSON: {failure}") from failure
    pointer = "".join(f"/{escape(str(step))}" for step in error.instance_path)
    message = error.message if len(error.message) <= 200 else error.message[:197] + "..."
    raise Unusable(name, pointer, f"is not what its draft allows: {message}")


class Prepared:
    """Raises :class:`Unusable` or :class:`TooDeep` when made. The documents are not to be changed later."""

    def __init__(self, document: Any, others: Mapping[str, Any], prefix: str) -> None:
        self.document = document
        self.others = others
        try:
            self.normal: Normal = normalise(document, others, prefix, check_document)
            self.complexity: Complexity = complexity_of(self.normal)
        except RecursionError as error:
            raise TooDeep("the schema's references are nested too deep") from error
        self.validator = compile_document(document, others, self.normal.draft)
        self.meaning = jsonschema_rs.canonical.json.to_string(
            {"root": self.normal.root, "defs": self.normal.defs}
        ).replace(prefix, "")
        self._producers: dict[Policy, Reading] = {}
        self._consumers: dict[Policy, Reading] = {}

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

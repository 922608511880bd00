"""A document prepared for comparison: checked, in normal form, measured, and with both of its readings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from bridge.core.pointer import escape
from bridge.schemas.compatibility.proving.generate import Generator
from bridge.schemas.compatibility.proving.judges import compile_schema
from bridge.schemas.compatibility.reading.closed import closed
from bridge.schemas.compatibility.reading.complexity import Complexity, complexity_of, simple_complexity
from bridge.schemas.compatibility.reading.drafts import REGISTRY_DRAFTS, URIS, VALIDATORS, Draft, draft_of
from bridge.schemas.compatibility.reading.json_values import key_of
from bridge.schemas.compatibility.reading.normal import Normal, normalise
from bridge.schemas.compatibility.reading.opened import opened
from bridge.schemas.compatibility.reading.plainly import Plainly
from bridge.schemas.compatibility.reading.references import MAIN, NOWHERE, Unusable, join
from bridge.schemas.compatibility.verdict import Policy

_EMPTYING: Final = (
    '"minProperties"', '"propertyNames"', '"not"', '"if"', 'Of"', 'Ref"', '"$ref"', '"dependentSchemas"',
    '"dependencies"',
)  # fmt: skip
"""Without these keywords a closed schema always allows something."""
_NO_SCHEMA: Final = "is not a schema: it is neither an object nor true or false"


class TooDeep(Exception):
    """The schema has more levels than the library reads."""


def text_of(name: str, document: Any) -> str:
    """The document as text, the same text for all documents that are equal as JSON.

    Raises :class:`Unusable` for what is not JSON, :class:`TooDeep` where the library reads no further.
    """
    try:
        text = key_of(document)
        if "null" in text.replace('"null"', ""):
            json.dumps(document, allow_nan=False)  # NaN and infinity were written as null
        return text
    except (TypeError, ValueError) as error:
        if "ecursion" in str(error):
            raise TooDeep("the schema is nested too deep to be read") from error
        raise Unusable(name, "", f"is not JSON: {error}") from error


@cache
def _metaschema(draft: Draft) -> Any:
    return VALIDATORS[draft]({"$ref": URIS[draft]}, offline=True)


def check_document(name: str, document: Any, draft: Draft) -> None:
    """Raises :class:`Unusable` unless it is a schema of its draft."""
    if name != MAIN:
        text_of(name, document)
    if not isinstance(document, dict) and (draft == Draft.D4 or not isinstance(document, bool)):
        raise Unusable(name, "", _NO_SCHEMA)
    validator = _metaschema(draft)
    if not validator.is_valid(document):
        error = next(validator.iter_errors(document))
        message = f"does not conform to its draft: {_short(error.message, 200)}"
        raise Unusable(name, _pointer(error), message)


def _checked(name: str, document: Any, draft: Draft) -> None:
    """Does nothing: the document was checked before."""


def compile_document(document: Any, others: Mapping[str, Any], draft: Draft) -> Any:
    """The validator that is used at runtime: formats are asserted and nothing is fetched.

    Raises :class:`Unusable` where the library refuses the document.
    """
    try:
        resources = [(join(NOWHERE, uri), each) for uri, each in others.items() if draft_of(each) is not None]
        more: dict[str, Any] = {}
        if resources:
            more["registry"] = jsonschema_rs.Registry(resources, draft=REGISTRY_DRAFTS[draft])
            if not (isinstance(document, dict) and ("$id" in document or "id" in document)):
                more["base_uri"] = NOWHERE
        return VALIDATORS[draft](document, validate_formats=True, offline=True, **more)
    except jsonschema_rs.ValidationError as error:
        raise Unusable("", _pointer(error), _short(error.message, 300)) from error
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise Unusable("", "", _short(str(error), 300)) from error


def _pointer(error: jsonschema_rs.ValidationError) -> str:
    return "".join(f"/{escape(str(step))}" for step in error.instance_path)


def _short(message: str, length: int) -> str:
    line = message.splitlines()[0] if message else "cannot be used as a schema"
    return line if len(line) <= length else line[: length - 3] + "..."


class Prepared:
    """``others`` are the documents that a ``$ref`` may lead to. ``text`` is :func:`text_of` the document. No
    other document in the process has this ``prefix``.

    The constructor raises :class:`Unusable` or :class:`TooDeep`. The documents must not be changed later.
    """

    def __init__(self, document: Any, others: Mapping[str, Any], prefix: str, text: str) -> None:
        self.document = document
        self.others = others
        self._prefix = prefix
        if not isinstance(document, dict | bool):
            raise Unusable(MAIN, "", _NO_SCHEMA)
        draft = draft_of(document)
        simple = simple_complexity(text)
        if simple is not None and draft is not None:
            # Compiling the validator checks the document. A document with references is compiled last:
            # following deep references in Rust would end the process.
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
        self._readings: dict[tuple[Callable[..., Normal], Policy], Normal] = {}
        self._sending: dict[Policy, bool] = {}

    def means_the_same(self, other: Prepared) -> bool:
        """Whether the two differ in annotations at most."""
        if self.normal.unread or other.normal.unread:
            return False
        if not self.normal.defs and not other.normal.defs:
            return self.normal.root == other.normal.root
        return self._meaning() == other._meaning()

    def _meaning(self) -> str:
        return key_of({"root": self.normal.root, "defs": self.normal.defs}).replace(self._prefix, "")

    def as_producer(self, policy: Policy) -> Normal:
        """Raises :class:`TooComplex`."""
        return self._reading(closed, policy)

    def as_consumer(self, policy: Policy) -> Normal:
        return self._reading(opened, policy)

    def _reading(self, make: Callable[..., Normal], policy: Policy) -> Normal:
        if policy is Policy.STRICT:
            return self.normal
        if (make, policy) not in self._readings:
            self._readings[make, policy] = make(self.normal, lenient=policy is Policy.LENIENT)
        return self._readings[make, policy]

    def sends_something(self, policy: Policy) -> bool:
        """Whether the producer's reading plainly allows an event, or one was found. Once for all pairs."""
        if policy not in self._sending:
            sent = self.as_producer(policy)
            plainly = Plainly({"": {"$defs": sent.defs}}, _has_value)
            self._sending[policy] = plainly.satisfiable("", sent.root) or _finds_event(sent)
        return self._sending[policy]


def _has_value(part: dict[str, Any]) -> bool:
    """Versions have most of their parts in common, so that each is tried once for all."""
    return _text_has_value(key_of(part))


@lru_cache(maxsize=10_000)
def _text_has_value(part: str) -> bool:
    return _finds_event(Normal(root=json.loads(part), defs={}))


def _finds_event(sent: Normal) -> bool:
    events = islice(Generator(sent.defs, 300).values((sent.root,)), 20)
    return any(map(compile_schema(sent).is_valid, events))

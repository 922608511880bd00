"""The JSON Schema drafts that are compared, and what each of them asserts.

The lists follow what jsonschema-rs asserts when it validates, because that is what refuses an event. For
example, it asserts ``dependencies`` in every draft, and content keywords in drafts 6 and 7 only.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Any, Final

import jsonschema_rs


class Draft(IntEnum):
    """Ordered by age, so that "since draft 6" is ``draft >= Draft.D6``."""

    D4 = 4
    D6 = 6
    D7 = 7
    D2019 = 2019
    D2020 = 2020


URIS: Final = {
    Draft.D4: "http://json-schema.org/draft-04/schema#",
    Draft.D6: "http://json-schema.org/draft-06/schema#",
    Draft.D7: "http://json-schema.org/draft-07/schema#",
    Draft.D2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.D2020: "https://json-schema.org/draft/2020-12/schema",
}
"""Of the metaschemas: what ``$schema`` says."""
VALIDATORS: Final[dict[Draft, Any]] = {
    Draft.D4: jsonschema_rs.Draft4Validator,
    Draft.D6: jsonschema_rs.Draft6Validator,
    Draft.D7: jsonschema_rs.Draft7Validator,
    Draft.D2019: jsonschema_rs.Draft201909Validator,
    Draft.D2020: jsonschema_rs.Draft202012Validator,
}
REGISTRY_DRAFTS: Final = {
    Draft.D4: jsonschema_rs.Draft4,
    Draft.D6: jsonschema_rs.Draft6,
    Draft.D7: jsonschema_rs.Draft7,
    Draft.D2019: jsonschema_rs.Draft201909,
    Draft.D2020: jsonschema_rs.Draft202012,
}


def _plain(uri: str) -> str:
    return uri.removeprefix("https://").removeprefix("http://").removesuffix("#")


_BY_URI: Final = {_plain(uri): draft for draft, uri in URIS.items()}


def draft_of(document: Any) -> Draft | None:
    """The draft that ``$schema`` names; 2020-12 without one. ``None`` for any other dialect."""
    uri = document.get("$schema") if isinstance(document, dict) else None
    if uri is None:
        return Draft.D2020
    return _BY_URI.get(_plain(uri)) if isinstance(uri, str) else None


@cache
def asserts_format(draft: Draft, name: str) -> bool:
    """Whether the validator of this draft knows a ``format``; an unknown one asserts nothing."""
    try:
        VALIDATORS[draft]({"format": name}, validate_formats=True, ignore_unknown_formats=False, offline=True)
    except jsonschema_rs.ValidationError:
        return False
    return True


def asserts_content(draft: Draft, encoding: Any, media_type: Any) -> bool:
    """Whether the validator of this draft refuses any text; content that it does not know asserts nothing."""
    keywords = {"contentEncoding": encoding, "contentMediaType": media_type}
    content = {keyword: value for keyword, value in keywords.items() if value is not None}
    return not VALIDATORS[draft](content, offline=True).is_valid("!")


_ALWAYS: Final = (
    "$ref", "type", "enum", "multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum",
    "maxLength", "minLength", "pattern", "format", "items", "maxItems", "minItems", "uniqueItems",
    "maxProperties", "minProperties", "required", "properties", "patternProperties", "additionalProperties",
    "dependencies", "allOf", "anyOf", "oneOf", "not", "x-extensible-enum",
)  # fmt: skip
_SINCE_6: Final = (*_ALWAYS, "const", "contains", "propertyNames")
_SINCE_7: Final = (*_SINCE_6, "if", "then", "else")
_SINCE_2019: Final = (
    *_SINCE_7, "minContains", "maxContains", "dependentRequired", "dependentSchemas", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
_CONTENT: Final = ("contentEncoding", "contentMediaType")

KEYWORDS: Final[dict[Draft, frozenset[str]]] = {
    Draft.D4: frozenset((*_ALWAYS, "additionalItems")),
    Draft.D6: frozenset((*_SINCE_6, *_CONTENT, "additionalItems")),
    Draft.D7: frozenset((*_SINCE_7, *_CONTENT, "additionalItems")),
    Draft.D2019: frozenset((*_SINCE_2019, "additionalItems", "$recursiveRef")),
    Draft.D2020: frozenset((*_SINCE_2019, "prefixItems", "$dynamicRef")),
}
"""The keywords that assert something (or, as ``x-extensible-enum``, change a reading). All others are
annotations."""

"""What the validator accepts as each format, as far as patterns can say it.

``OUTER``: every accepted text matches it. ``INNER``: every text that matches it is accepted. A test compares
both with the validator.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import jsonschema_rs

_DAY_OF_YEAR: Final = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_DATE: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = (
    r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_LAX_DATE: Final = "[*-9]{4}-[*-9]{2}-[*-9]{2}"
_LAX_TIME: Final = r"[*-9]{2}:[*-9]{2}:[*-9]{2}(\.[0-9]+)?([Zz]|[+-][*-9]{2}:[*-9]{2})"
"""jsonschema-rs 0.60 accepts some other characters as digits: "2011-11-1/" is a date."""
_NO_LEAP: Final = (
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_BYTE: Final = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_HEX: Final = "[0-9a-fA-F]"
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_SCHEME: Final = "[A-Za-z][A-Za-z0-9+.-]*"
_IPV4: Final = rf"^{_BYTE}(\.{_BYTE}){{3}}$"
_UUID: Final = f"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$"
_POINTER: Final = r"^(/([^~/]|~[01])*)*$"

OUTER: Final = {
    "date": f"^{_LAX_DATE}$",
    "time": f"^{_LAX_TIME}$",
    "date-time": f"^{_LAX_DATE}[Tt]{_LAX_TIME}$",
    "duration": "^P[0-9TYMWDHS]{2,}$",
    "uuid": _UUID,
    "ipv4": _IPV4,
    "ipv6": "^[0-9a-fA-F:.]{2,45}$",
    "email": r"^[\s\S]+@[\s\S]+$",
    "idn-email": r"^[\s\S]+@[\s\S]+$",
    "hostname": rf"^{_LABEL}(\.{_LABEL})*$",
    "idn-hostname": r"^[\s\S]+$",
    "uri": f"^{_SCHEME}:[!-~]*$",
    "uri-reference": "^[!-~]*$",
    "iri": rf"^{_SCHEME}:[^ ]*$",
    "json-pointer": _POINTER,
    "relative-json-pointer": r"^(0|[1-9][0-9]*)(#|[\s\S]*)$",
}
MEANT: Final = {"date": f"^{_DATE}$", "time": f"^{_TIME}$", "date-time": f"^{_DATE}[Tt]{_TIME}$"}
"""What else a text must match to be an example: what only this validator accepts shows nothing to people."""
LONGEST: Final = {"hostname": 253}
_LONG_HOST: Final = ".".join(["b" * 60] * 4)
LONG_TEXTS: Final = {
    "email": (f"{'a' * 64}@{_LONG_HOST}",),
    "idn-email": (f"{'a' * 64}@{_LONG_HOST}",),
    "hostname": (f"{_LONG_HOST}.{'b' * 9}",),
}
"""Texts about as long as the format allows."""
INNER: Final = {
    "date": f"^[0-9]{{4}}-{_DAY_OF_YEAR}$",
    "time": f"^{_NO_LEAP}$",
    "date-time": f"^[0-9]{{4}}-{_DAY_OF_YEAR}[Tt]{_NO_LEAP}$",
    "duration": "^P([0-9]{1,9}[YMWD]|T[0-9]{1,9}[HMS])$",
    "uuid": _UUID,
    "ipv4": _IPV4,
    "ipv6": f"^({_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}$",
    "email": r"^[A-Za-z0-9]{1,64}@[A-Za-z0-9]{1,30}(\.[A-Za-z0-9]{1,30}){0,6}$",
    "idn-email": r"^[A-Za-z0-9]{1,64}@[A-Za-z0-9]{1,30}(\.[A-Za-z0-9]{1,30}){0,6}$",
    "hostname": r"^[A-Za-z0-9]{1,60}(\.[A-Za-z0-9]{1,60}){0,3}$",
    "idn-hostname": r"^[A-Za-z0-9]{1,60}(\.[A-Za-z0-9]{1,60}){0,3}$",
    "uri": f"^{_SCHEME}:[A-Za-z0-9]*$",
    "uri-reference": "^[A-Za-z0-9/#?]?[A-Za-z0-9]*$",
    "iri": f"^{_SCHEME}:[A-Za-z0-9]*$",
    "iri-reference": "^[A-Za-z0-9/#?]?[A-Za-z0-9]*$",
    "json-pointer": _POINTER,
    "relative-json-pointer": "^[0-9](#|(/[a-z0-9]*)*)$",
    "regex": "^[A-Za-z0-9]*$",
    "uri-template": "^[A-Za-z0-9/]*$",
}
IMPLIED: Final = {
    "uri": ("uri-reference", "iri", "iri-reference"),
    "iri": ("iri-reference",),
    "uri-reference": ("iri-reference",),
    "email": ("idn-email",),
}
"""Every text of a format is one of these formats, too."""

CONTENT_OUTER: Final = {"contentEncoding": "^([A-Za-z0-9+/=]{4})*$", "contentMediaType": r"[\s\S]"}
CONTENT_INNER: Final = {
    "contentEncoding": "^([A-Za-z0-9+/]{4})*$",
    "contentMediaType": "^(true|false|null|[1-9][0-9]{0,8})$",
}
CONTENT_TEXTS: Final = ("MTIz", "dHJ1ZQ==", "1", "{}", "AAAA", "YQ==", "!", "")
"""JSON in base64, JSON, base64, and neither."""


@cache
def _validator(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True, offline=True)


def has_format(name: str, text: str) -> bool:
    """As the validator decides."""
    return bool(_validator(name).is_valid(text))


@cache
def _content_validator(encoding: str | None, media_type: str | None) -> Any:
    keywords = {"contentEncoding": encoding, "contentMediaType": media_type}
    return jsonschema_rs.Draft7Validator(
        {key: value for key, value in keywords.items() if value}, offline=True
    )


def has_content(content: dict[str, Any], text: str) -> bool:
    """As the validators of drafts 6 and 7 decide."""
    validator = _content_validator(content.get("contentEncoding"), content.get("contentMediaType"))
    return bool(validator.is_valid(text))

"""Fingerprints: does an item still look as it did when it was last settled?

A fingerprint is a keyed hash over the whole redacted image without the paths that the diff ignores. Equal
items have equal fingerprints whatever the order of their maps and sets and however their numbers are
written; items that the diff tells apart have different ones. The hash is keyed, so that a low-entropy
value cannot be guessed from it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson

from bridge.core.change import TypedItem
from bridge.core.keys import KEY_BYTES
from bridge.core.pointer import Segments, below
from bridge.core.values import base64_text
from bridge.errors import MalformedRecord

Fingerprint = Callable[[TypedItem], str]

DIGEST_BYTES = 16
FIELD_DIGEST_BYTES = 4

# What has more than one way to be written: sets, and numbers that are not in plain notation without needless
# zeros. Both may match inside a string as well; then the careful way is taken without need.
_PLAIN_NUMBER = r"-?[1-9][0-9]*(?:\.[0-9]*[1-9])?|0|-?0\.[0-9]*[1-9]"
_IS_PLAIN = re.compile(_PLAIN_NUMBER).fullmatch
_ODD_NUMBER = re.compile(rf'"N":"(?!(?:{_PLAIN_NUMBER})")'.encode()).search


def compile_fingerprint(secret: bytes, ignore: tuple[Segments, ...] = ()) -> Fingerprint:
    """A function from a typed image to 32 hex digits. Raises :class:`MalformedRecord`."""
    key = secret[:KEY_BYTES]
    silent = frozenset(path[0] for path in ignore if len(path) == 1 and path[0] != "*")
    deeper = tuple(path for path in ignore if len(path) > 1 or path[0] == "*")

    def fingerprint(item: TypedItem) -> str:
        if silent:
            item = {name: value for name, value in item.items() if name not in silent}
        if deeper:
            item = _without(item, deeper)
        return blake2b(canonical_json(item), digest_size=DIGEST_BYTES, key=key).hexdigest()

    return fingerprint


def field_hashes(secret: bytes, item: TypedItem) -> dict[str, str]:
    """A short keyed hash per top-level attribute: enough to name what changed, not what it was."""
    key = secret[:KEY_BYTES]
    return {
        name: blake2b(canonical_json({name: value}), digest_size=FIELD_DIGEST_BYTES, key=key).hexdigest()
        for name, value in item.items()
    }


def compile_field_hashes(
    secret: bytes, ignore: tuple[Segments, ...] = ()
) -> Callable[[TypedItem], dict[str, str]]:
    """:func:`field_hashes` of what is left without the paths that the diff ignores."""
    if not ignore:
        return lambda item: field_hashes(secret, item)
    return lambda item: field_hashes(secret, _without(item, ignore))


def canonical_json(item: TypedItem) -> bytes:
    """One typed item, one text. Raises :class:`MalformedRecord` for what has no JSON text."""
    try:
        text = orjson.dumps(item, default=_binary, option=orjson.OPT_SORT_KEYS)
        if _needs_care(text):
            careful = {name: _careful(value) for name, value in item.items()}
            text = orjson.dumps(careful, default=_binary, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise MalformedRecord("the item has a value that is not legal typed JSON") from error
    return text


def _binary(value: Any) -> Any:
    """orjson asks for what it does not know: binary, and the Python sets of boto3's resources."""
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    if isinstance(value, set | frozenset):
        return (
            sorted(map(_binary, value)) if value and not isinstance(next(iter(value)), str) else sorted(value)
        )
    raise TypeError(type(value).__name__)


def _needs_care(text: bytes) -> bool:
    return b'"SS":' in text or b'"NS":' in text or b'"BS":' in text or _ODD_NUMBER(text) is not None


def _careful(value: Any) -> Any:
    """One attribute; a map or list in which nothing needs care stays as it is, which most do."""
    if len(value) != 1:
        return _canonical(value)  # says that it is not legal
    if "S" in value:
        return value
    if ("M" in value or "L" in value) and not _needs_care(orjson.dumps(value, default=_binary)):
        return value
    return _canonical(value)


def _canonical_item(item: TypedItem) -> dict[str, Any]:
    return {name: _canonical(value) for name, value in item.items()}


def _canonical(value: Any) -> Any:
    ((tag, content),) = value.items()
    if tag == "S":
        return value
    if tag == "N":
        return {tag: _canonical_number(content)}
    if tag == "M":
        return {tag: _canonical_item(content)}
    if tag == "L":
        return {tag: [_canonical(each) for each in content]}
    if tag == "SS":
        return {tag: sorted(content)}
    if tag == "NS":
        return {tag: sorted(map(_canonical_number, content))}
    if tag == "BS":
        return {tag: sorted(map(base64_text, content))}
    return value


def _canonical_number(text: str) -> str:
    """Plain notation without needless zeros; what is written so already stays as it is."""
    if _IS_PLAIN(text):
        return text
    plain = f"{Decimal(text):f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    whole, dot, fraction = digits.partition(".")
    digits = (whole.lstrip("0") or "0") + dot + fraction
    return digits if digits == "0" else sign + digits


def _without(item: TypedItem, paths: tuple[Segments, ...]) -> dict[str, Any]:
    """The item without what lies at ``paths``."""
    left: dict[str, Any] = {}
    for name, value in item.items():
        inside = below(paths, name)
        if () not in inside:
            left[name] = _value_without(value, inside) if inside else value
    return left


def _value_without(value: Any, paths: tuple[Segments, ...]) -> Any:
    if isinstance(value, dict) and isinstance(value.get("M"), dict):
        return {"M": _without(value["M"], paths)}
    if isinstance(value, dict) and isinstance(value.get("L"), list):
        kept = []
        for index, each in enumerate(value["L"]):
            inside = below(paths, str(index))
            if () not in inside:
                kept.append(_value_without(each, inside) if inside else each)
        return {"L": kept}
    return value

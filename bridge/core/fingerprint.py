"""Fingerprints: they show whether an item is still in the state that was last settled.

A fingerprint is a keyed hash over the whole redacted image without the paths that the diff ignores. Equal
items have equal fingerprints, whatever the order of their maps and sets and however their numbers are
written. Items that differ for the diff have different fingerprints. The hash is keyed, so that a low-entropy
value cannot be guessed from it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson

from bridge.core.change import TypedItem
from bridge.core.keys import KEY_BYTES
from bridge.core.pointer import Segments, below
from bridge.core.values import base64_text, number
from bridge.errors import MalformedRecord

Fingerprint = Callable[[TypedItem], str]

DIGEST_BYTES = 16
FIELD_DIGEST_BYTES = 4
FINGERPRINT_VERSION_BYTES = 4

# Values that can be written in several ways: sets, and numbers that are not in plain notation without
# needless zeros. Typed JSON has `N":"` nowhere else: a brace follows an attribute's name, and a quote
# inside a string is escaped.
_IS_PLAIN = re.compile(r"-?[1-9][0-9]*(?:\.[0-9]*[1-9])?|0|-?0\.[0-9]*[1-9]").fullmatch
_ODD_NUMBER = re.compile(rb'N":"(?!-?[1-9][0-9]*+(?:\.[0-9]++(?<!0))?+")(?!0")(?!-?0\.[0-9]++(?<!0)")').search
_SETS = frozenset({"SS", "NS", "BS"})


def compile_fingerprint(secret: bytes, ignore: tuple[Segments, ...] = ()) -> Fingerprint:
    """A function from a typed image to 32 hex digits. Raises :class:`MalformedRecord`."""
    keyed = blake2b(digest_size=DIGEST_BYTES, key=secret[:KEY_BYTES])
    silent = frozenset(path[0] for path in ignore if len(path) == 1 and path[0] != "*")
    deeper = tuple(path for path in ignore if len(path) > 1 or path[0] == "*")

    def fingerprint(item: TypedItem) -> str:
        if silent:
            item = {name: value for name, value in item.items() if name not in silent}
        if deeper:
            item = _without(item, deeper)
        hashed = keyed.copy()
        hashed.update(canonical_json(item))
        return hashed.hexdigest()

    return fingerprint


def fingerprint_version_of(
    secret: bytes, ignore: Iterable[str], redaction: Iterable[tuple[str, str, bytes]]
) -> str:
    """8 hex digits that change with everything that changes all fingerprints: the key, the ignored paths (in
    any order) and the rules of redaction (path, action, key)."""
    rules = [
        (path, action, blake2b(digest_size=8, key=key[:KEY_BYTES]).hexdigest())
        for path, action, key in redaction
    ]
    text = orjson.dumps([sorted(set(ignore)), rules])
    return blake2b(text, digest_size=FINGERPRINT_VERSION_BYTES, key=secret[:KEY_BYTES]).hexdigest()


def field_hashes(secret: bytes, item: TypedItem) -> dict[str, str]:
    """A short keyed hash per top-level attribute: enough to name what changed, but not to recover values."""
    key = secret[:KEY_BYTES]
    return {
        name: blake2b(canonical_json({name: value}), digest_size=FIELD_DIGEST_BYTES, key=key).hexdigest()
        for name, value in item.items()
    }


def compile_field_hashes(
    secret: bytes, ignore: tuple[Segments, ...] = ()
) -> Callable[[TypedItem], dict[str, str]]:
    """:func:`field_hashes` of the item without the paths that the diff ignores."""
    if not ignore:
        return lambda item: field_hashes(secret, item)
    return lambda item: field_hashes(secret, _without(item, ignore))


def canonical_json(item: TypedItem) -> bytes:
    """The same text for equal typed items. Raises :class:`MalformedRecord` for an item without JSON text.

    Most items are canonical already and take a single pass of orjson.
    """
    try:
        text = orjson.dumps(item, default=_binary, option=orjson.OPT_SORT_KEYS)
        has_sets = b'"SS":' in text or b'"NS":' in text or b'"BS":' in text
        odd = _ODD_NUMBER(text) is not None
        if has_sets or odd:
            canonical = _canonical_item(item, odd=odd, sets=text.count(b'S":['))
            if canonical is not item:
                text = orjson.dumps(canonical, default=_binary, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise MalformedRecord("the item has a value that is not legal typed JSON") from error
    return text


def _binary(value: Any) -> Any:
    """For the types that orjson does not know: binary, and the Python sets of boto3's resources."""
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    if isinstance(value, set | frozenset):
        return (
            sorted(map(_binary, value)) if value and not isinstance(next(iter(value)), str) else sorted(value)
        )
    raise TypeError(type(value).__name__)


def _canonical_item(item: TypedItem, *, odd: bool, sets: int) -> TypedItem:
    """The canonical item: ``item`` itself where it is canonical already. Maps and lists are only searched
    where they may hold something to change: ``odd`` numbers, or some of the ``sets``."""
    changed: dict[str, Any] = {}
    inside: list[str] = []
    for name, value in item.items():
        (tag,) = value
        if tag in _SETS:
            sets -= 1
        elif tag == "M" or tag == "L":
            inside.append(name)
            continue
        elif tag != "N" or not odd:
            continue
        kept = _canonical(value)
        if kept is not value:
            changed[name] = kept
    if odd or sets:
        for name in inside:
            kept = _canonical(item[name])
            if kept is not item[name]:
                changed[name] = kept
    return {**item, **changed} if changed else item


def _canonical(value: Any) -> Any:
    """The canonical value: ``value`` itself where it is canonical already."""
    ((tag, content),) = value.items()
    if tag == "N":
        kept = _canonical_number(content)
        return value if kept is content else {tag: kept}
    if tag == "M":
        changed = {name: kept for name, each in content.items() if (kept := _canonical(each)) is not each}
        return {tag: {**content, **changed}} if changed else value
    if tag == "L":
        members = [_canonical(each) for each in content]
        same = all(kept is each for kept, each in zip(members, content, strict=True))
        return value if same else {tag: members}
    if tag in _SETS:
        texts = content if tag == "SS" else map(_canonical_number if tag == "NS" else base64_text, content)
        members = sorted(texts)
        return value if members == content else {tag: members}
    return value


def _canonical_number(text: str) -> str:
    """Plain notation without needless zeros; ``text`` itself where it is so already."""
    if _IS_PLAIN(text):
        return text
    number(text)  # refuses what is out of range: 1E999999999 in plain notation would be a gigabyte
    plain = f"{Decimal(text):f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    whole, dot, fraction = digits.partition(".")
    digits = (whole.lstrip("0") or "0") + dot + fraction
    return digits if digits == "0" else sign + digits


def _without(item: TypedItem, paths: tuple[Segments, ...]) -> dict[str, Any]:
    """The item without the values at ``paths``."""
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

"""Item keys in their forms: the unit of order, DynamoDB's own, text, and a keyed hash for logs."""

from __future__ import annotations

import json
from base64 import b64decode
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from bridge.core.change import TypedItem
from bridge.core.values import base64_text
from bridge.errors import MalformedRecord

_KEY_TYPES = frozenset({"S", "N", "B"})
SEPARATOR = "\x1f"
KEY_BYTES = 64  # blake2b takes no longer key


def key_token(table: str, key: TypedItem) -> str:
    """Text that identifies an item: equal for equal typed keys of one table, different otherwise.

    Table, names, tags and values with U+001F between them; a key that holds this character, or an empty name,
    is written as JSON behind two of them instead. (DynamoDB allows it in names and values. The hashes of all
    other tokens are the keys of ledger rows that exist.)

    It holds the key in the clear, so it must not leave the process. Raises :class:`MalformedRecord` for what
    cannot be a key: DynamoDB allows S, N and B there.
    """
    parts = [table]
    for name in sorted(key):
        value = key[name]
        if not isinstance(value, dict) or len(value) != 1:
            raise MalformedRecord(f"Keys, attribute {name!r}: not a typed value such as {{'S': …}}")
        ((tag, content),) = value.items()
        if tag == "B" and isinstance(content, bytes):
            content = base64_text(content)
        if tag not in _KEY_TYPES or type(content) is not str:
            raise MalformedRecord(f"Keys, attribute {name!r}: a key is S, N or B")
        parts += (name, tag, content)
    token = SEPARATOR.join(parts)
    if token.count(SEPARATOR) == 3 * len(key) and "" not in key:
        return token
    if SEPARATOR in table:
        raise MalformedRecord("the table's name holds a control character")
    return f"{table}{SEPARATOR}{SEPARATOR}{json.dumps(parts[1:])}"


def key_hash(token: str, secret: bytes) -> str:
    """16 hex digits that name a key in logs. Keyed, because a low-entropy key could be guessed from a bare
    hash; the same secret gives the same name on every machine."""
    mac = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8, key=secret[:KEY_BYTES])
    return mac.hexdigest()


KeyIdentity = tuple[tuple[str, str, object], ...]


def key_identity(key: TypedItem) -> KeyIdentity:
    """Equal for keys that are the same to DynamoDB, however a number or a binary value is written."""
    parts: list[tuple[str, str, object]] = []
    for name in sorted(key):
        ((tag, value),) = key[name].items()
        parts.append((name, tag, Decimal(value) if tag == "N" else _bytes(value) if tag == "B" else value))
    return tuple(parts)


def key_as_sent(key: TypedItem) -> TypedItem:
    """The key as boto3 accepts it. Records from Lambda and items parsed by orjson hold binary as base64 text;
    botocore needs bytes."""
    return {
        name: {tag: _bytes(value) if tag == "B" else value}
        for name, typed in key.items()
        for tag, value in typed.items()
    }


def key_as_text(key: TypedItem) -> TypedItem:
    """The key with binary as base64 text, as records from Lambda have it: a ledger row reads the same whoever
    read the stream."""
    return {
        name: {tag: base64_text(value) if isinstance(value, bytes) else value}
        for name, typed in key.items()
        for tag, value in typed.items()
    }


def _bytes(value: Any) -> bytes:
    return b64decode(value) if isinstance(value, str) else bytes(value)

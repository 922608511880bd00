"""Announcements in a ledger table: changes whose events are about to be published.

==========  ====  =========================================================================================
attribute   type  meaning
==========  ====  =========================================================================================
``pk``      S     partition key: ``~``, table name, ``#``, BLAKE2b-160 of the changes; a row's key never
                  begins with ``~``
``v``       N     version of the row format, so that other versions do not take it for a row
``n``       B     the changes: JSON list of ``[key, sequence]``, the key typed, zlib
``ttl``     N     epoch seconds after which DynamoDB drops it, even if nobody retracts it
==========  ====  =========================================================================================
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

from bridge.core.change import Position, TypedItem
from bridge.core.keys import key_token
from bridge.edges.dynamodb.ledger_row import FORMAT, KEY, as_json
from bridge.errors import BatchError, MalformedRecord
from bridge.limits import ITEM_MAX_BYTES, LEDGER_ANNOUNCED_TTL_S
from bridge.ports.ledger import Announced

_HASH_BYTES: Final = 20
_SPARE_BYTES: Final = 1024  # the key, the names and the small values


def announced_prefix(table: str) -> str:
    return f"~{table}#"


def encode(changes: Sequence[Announced], now_s: float) -> Iterator[dict[str, Any]]:
    """Items for these changes, of any number of tables. The same changes give the same partition keys."""
    by_table: dict[str, list[str]] = {}
    for each in changes:
        by_table.setdefault(each.table, []).append(as_json([each.item_key, each.position.sequence]))
    for table, texts in by_table.items():
        for text in _in_parts(texts, ITEM_MAX_BYTES - _SPARE_BYTES):
            name = blake2b(text.encode(), digest_size=_HASH_BYTES).hexdigest()
            yield {
                KEY: {"S": announced_prefix(table) + name},
                "v": {"N": str(FORMAT)},
                "n": {"B": zlib.compress(text.encode(), 1)},
                "ttl": {"N": str(int(now_s) + LEDGER_ANNOUNCED_TTL_S)},
            }


def _in_parts(texts: Iterable[str], most: int) -> Iterator[str]:
    """JSON lists of at most ``most`` bytes, measured before they are compressed. Every text is ASCII."""
    part: list[str] = []
    size = 2
    for text in texts:
        if part and size + len(text) + 1 > most:
            yield f"[{','.join(part)}]"
            part, size = [], 2
        part.append(text)
        size += len(text) + 1
    if part:
        yield f"[{','.join(part)}]"


def is_announcement(item: TypedItem) -> bool:
    return str(item[KEY]["S"]).startswith("~")


def decode(item: TypedItem, ledger: str) -> list[Announced]:
    """Raises ``BatchError`` for what this version cannot read; ``ledger`` is the table's name for the
    message."""
    name = item[KEY]["S"]
    table = name[1:].rpartition("#")[0]
    try:
        changes: list[tuple[Mapping[str, Any], str]] = json.loads(zlib.decompress(bytes(item["n"]["B"])))
        return [
            Announced(key_token(table, key), Position.of(sequence), table, key) for key, sequence in changes
        ]
    except (KeyError, ValueError, TypeError, AttributeError, zlib.error, MalformedRecord) as error:
        raise BatchError(
            f"ledger table {ledger}, announcement {name} cannot be read",
            hint="deploy the version that wrote it, or delete the item: a change that it announced may then "
            "be published and not known to be",
            stage="settle",
        ) from error

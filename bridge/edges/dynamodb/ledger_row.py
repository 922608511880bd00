"""The format of a row in a ledger table.

==========  ====  =========================================================================================
attribute   type  meaning
==========  ====  =========================================================================================
``pk``      S     partition key: table name, ``#``, BLAKE2b-160 of the item key's token, short for any key
``v``       N     version of this format: 1
``k``       S     the item's key, typed JSON, binary as base64
``s``       S     sequence settled last: ``<stream label>/<number, zero-padded>``
``l``       BOOL  live: the item existed after it, or ``d``
``d``       BOOL  true where the item did not exist, but a quarantined change makes that doubtful
``f``       S     fingerprint of its image as it was published last, "" = unknown
``e``       S     fingerprint after the newest seen change, or ``gone``; missing where ``f`` and ``l`` say the
                  same
``p``       S     sequence of the newest change that was published; missing where it is ``s``
``b``       S     settled by: ``stream``, ``reconcile``, ``snapshot``
``a``       S     as of: when the state was true
``r``       S     sequences settled last, newest first, separated by spaces; for the stream that ``s`` names
                  the number alone, because a row should stay below 1 KiB, the unit of write cost
``h``       S     keep: fields - JSON object, a short keyed hash by attribute name
``i``       B     keep: image - the redacted image, typed JSON, zlib
``g``       BOOL  true where a gap was found and is still open
``n``       S     of a gap: JSON list of the attributes that differed; missing where that is unknown
``c``       S     version of the fingerprints ``f``, ``h`` and ``i``: changes with hash_key, diff.ignore and
                  redact; missing in rows of older versions
``u``       S     records settled last, newest first, short hashes of their ids; only for streams that may
                  repeat a record under another number
``y``       S     entity of what was published last, in a table that holds several kinds of items
``m``       S     other entities in which subscribers may still have the item: a JSON array
``z``       BOOL  true where ``seed --refresh`` wrote the row again
``ttl``     N     of removed items: epoch seconds after which DynamoDB drops the row
==========  ====  =========================================================================================

``c``, ``d``, ``e``, ``m``, ``n``, ``p``, ``u``, ``y`` and ``z`` were added later. A version that does not
know them reads the row as before: an item in doubt is live, what was seen is what was published, a gap has no
names. So the format is still 1, and a rollback is safe.

The key's hash is not keyed, because the key itself is in the row: a ledger table is as confidential as the
tables it is about. Where a row would be larger than DynamoDB allows, the image is left out, then the hashes.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final, get_args

import orjson

from bridge.core.change import Position, TypedItem
from bridge.core.keys import SEPARATOR, key_token
from bridge.errors import BatchError, MalformedRecord
from bridge.limits import ITEM_MAX_BYTES, LEDGER_REMOVED_TTL_S
from bridge.ports.ledger import Row, SettledBy

FORMAT: Final = 1
KEY: Final = "pk"
LIVE: Final = "l"
STAMP: Final = ("s", "a", "f", "l", "r")
"""The attributes of ``Row.stamp``."""

_FORMAT: Final = str(FORMAT)
_NONE: Final[Mapping[str, Any]] = {}
_HASH_BYTES: Final = 20
_SPARE_BYTES: Final = 1024  # attribute names and the few bytes that DynamoDB counts for each value
_SETTLED_BY: Final = frozenset(get_args(SettledBy))


def partition_key(key: str) -> str:
    """The partition key of a key's token, which begins with the table's name."""
    table = key.partition(SEPARATOR)[0]
    return (
        table_prefix(table)
        + blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
    )


def table_prefix(table: str) -> str:
    """The start of all partition keys of a table; a table's name has no ``#``."""
    return f"{table}#"


def encode_row(row: Row, now_s: float) -> dict[str, Any]:
    """The row as a typed item."""
    item: dict[str, Any] = {
        KEY: {"S": partition_key(row.key)},
        "v": {"N": str(FORMAT)},
        "k": {"S": as_json(row.item_key)},
        "s": {"S": row.position.sequence},
        LIVE: {"BOOL": row.live or row.doubt},
        "f": {"S": row.fingerprint},
        "b": {"S": row.settled_by},
        "a": {"S": row.as_of},
        "r": {"S": " ".join(_shortened(row.recent, row.position.label))},
    }
    if row.doubt and not row.live:
        item["d"] = {"BOOL": True}
    if row.seen:
        item["e"] = {"S": row.seen}
    if row.published:
        item["p"] = {"S": row.published}
    if row.fingerprint_version:
        item["c"] = {"S": row.fingerprint_version}
    if row.entity:
        item["y"] = {"S": row.entity}
    if row.ends:
        item["m"] = {"S": as_json(row.ends)}
    if row.refreshed:
        item["z"] = {"BOOL": True}
    if row.ids:
        item["u"] = {"S": " ".join(row.ids)}
    if row.gap:
        item["g"] = {"BOOL": True}
        if row.gap_names is not None:
            item["n"] = {"S": as_json(row.gap_names)}
    if not row.live and not row.doubt:
        item["ttl"] = {"N": str(int(now_s) + LEDGER_REMOVED_TTL_S)}
    left = ITEM_MAX_BYTES - _SPARE_BYTES - sum(len(value["S"]) for value in item.values() if "S" in value)
    if row.fields is not None and len(hashes := as_json(row.fields)) < left:
        item["h"] = {"S": hashes}
        left -= len(hashes)
    if row.image is not None and len(image := zlib.compress(as_json(row.image).encode(), 1)) < left:
        item["i"] = {"B": image}
    return item


def decode_row(item: TypedItem, ledger: str, key: str = "") -> Row:
    """Raises ``BatchError`` for a row that this version cannot read; ``ledger`` is the ledger table's name
    for the message. ``key`` is the token that the row was read by; "" after a scan."""
    version = item.get("v", _NONE).get("N")
    if version != _FORMAT:
        where = _where(ledger, item)
        wrong = f"is of format {version}" if version is not None else "is not a row of stream-bridge"
        raise BatchError(
            f"{where} {wrong}; this version reads format {FORMAT}",
            hint="deploy the version that wrote it, or give this one a ledger table of its own",
            stage="settle",
        )
    try:
        return _decode(item, key)
    except (KeyError, ValueError, TypeError, AttributeError, zlib.error, MalformedRecord) as error:
        raise BatchError(
            f"{_where(ledger, item)} cannot be read",
            hint="delete the row: a reconciliation then publishes its item again",
            stage="settle",
        ) from error


def _where(ledger: str, item: TypedItem) -> str:
    return f"ledger table {ledger}, row {item[KEY]['S']}"


def _decode(item: TypedItem, key: str) -> Row:
    table = item[KEY]["S"].rpartition("#")[0]
    item_key: Mapping[str, Any] = _parse(item["k"]["S"])
    position = Position.of(item["s"]["S"])
    recent = item["r"]["S"].split()
    settled_by = item["b"]["S"]
    if settled_by not in _SETTLED_BY:
        raise ValueError(settled_by)
    return Row(
        key or key_token(table, item_key),
        position,
        live=item[LIVE]["BOOL"] and "d" not in item,
        table=table,
        item_key=item_key,
        fingerprint=item["f"]["S"],
        seen=item["e"]["S"] if "e" in item else "",
        published=item["p"]["S"] if "p" in item else "",
        settled_by=settled_by,
        as_of=item["a"]["S"],
        recent=tuple(
            each if "/" in each else position._replace(number=int(each)).sequence for each in recent
        ),
        fields=_parse(item["h"]["S"]) if "h" in item else None,
        image=json.loads(zlib.decompress(bytes(item["i"]["B"]))) if "i" in item else None,
        gap="g" in item,
        gap_names=tuple(map(str, _parse(item["n"]["S"]))) if "n" in item and "g" in item else None,
        doubt="d" in item,
        fingerprint_version=item["c"]["S"] if "c" in item else "",
        refreshed="z" in item,
        entity=item["y"]["S"] if "y" in item else "",
        ends=tuple(map(str, _parse(item["m"]["S"]))) if "m" in item else (),
        ids=tuple(item["u"]["S"].split()) if "u" in item else (),
    )


def _shortened(sequences: Iterable[str], label: str) -> Iterator[str]:
    """A sequence loses its label only where ``Position`` would write the same text again."""
    for sequence in sequences:
        number = sequence.removeprefix(f"{label}/")
        same = number.isdigit() and number.isascii() and Position(label, int(number)).sequence == sequence
        yield str(int(number)) if same else sequence


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # a lone surrogate in a malformed key: orjson refuses it


def as_json(value: Any) -> str:
    # ASCII only: a malformed key can be written too, and each character is one byte.
    return json.dumps(value, separators=(",", ":"), default=_binary)


def _binary(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)

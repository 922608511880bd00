"""Text that some readers refuse or alter, written so that every reader gets the same.

XML-based services (SQS, SNS) refuse or replace U+FFFE and U+FFFF, and CloudEvents attributes hold no control
characters, noncharacters or surrogates (specification 1.0.2, "Type System", String). In JSON such characters
are written as ``\\uXXXX``, in attributes they are percent-encoded.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

import orjson

_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_UNSAFE: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
_RESERVED: Final = re.compile(f"[%/#?\x00-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
# The same in UTF-8, without what JSON always escapes: DEL and C1, U+FDD0 to U+FDEF, U+nFFFE and U+nFFFF.
_UNSAFE_JSON: Final = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]|[\xf0-\xf4][\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf]"
)


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8, with ``\\uXXXX`` for characters that services alter; raises as ``orjson.dumps``."""
    return safe_json(orjson.dumps(value))


def safe_json(text: bytes) -> bytes:
    """The same JSON document, with ``\\uXXXX`` for characters that services alter."""
    if text.isascii() and b"\x7f" not in text:
        return text
    return _UNSAFE_JSON.sub(_escaped, text)


def _escaped(match: re.Match[bytes]) -> bytes:
    units = match.group().decode().encode("utf-16-be")
    return b"".join(b"\\u%04x" % int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))


def attribute_text(value: str) -> str:
    """The text in the form that a CloudEvents attribute may hold."""
    if not value.isprintable() and _UNSAFE.search(value):
        return _UNSAFE.sub(_quoted, value)
    return value


def segment_text(value: str) -> str:
    """A value as one part of a subject or a key path: also ``%``, ``/``, ``#`` and ``?`` are percent-encoded.
    Different values give different texts, and none contains ``/``, ``#`` or ``?``."""
    return _RESERVED.sub(_quoted, value) if _RESERVED.search(value) else value


def _quoted(match: re.Match[str]) -> str:
    return quote(match.group(), safe="", errors="surrogatepass")

"""Hard pairs about texts: patterns, lengths, formats and content together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tests.schemas.compatibility.hard.pairs import DRAFT_7, TEXT, Pair, both, text

_UUID: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_SLUG: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"

_PATTERNS: Final[tuple[tuple[Any, Any, str], ...]] = (
    (text(minLength=1), text(minLength=1, pattern="^[a-z]+$"), "ic"),
    (text(minLength=3), text(minLength=3, pattern="^[A-Z]{3}"), "ic"),
    (text(minLength=1, maxLength=10), text(minLength=1, maxLength=10, pattern="^[^ ]+$"), "ic"),
    (text(minLength=1), text(pattern="^.+$"), "ic"),
    (text(pattern="^.+$"), text(minLength=1), "ci"),
    (text(pattern="^.{2,}$"), text(minLength=2), "ci"),
    (text(pattern="^[a-z]{3}$"), text(pattern="^[a-z]{3}$", minLength=3), "cc"),
    (text(pattern="^[a-z]{3}$"), text(pattern="^[a-z]{3}$", maxLength=3), "cc"),
    (text(pattern="^[a-z]{3}$"), text(pattern="^[a-z]{3}$", maxLength=2), "ic"),
    (text(pattern="^[a-z]{2,5}$"), text(pattern="^[a-z]{2,5}$", minLength=3), "ic"),
    (text(pattern="^[a-z]+$", maxLength=5), text(pattern="^[a-z]{1,5}$"), "cc"),
    (text(pattern="^[a-z]*$", minLength=2, maxLength=4), text(pattern="^[a-z]{2,4}$"), "cc"),
    (text(pattern="^[a-z]+$", maxLength=6), text(pattern="^[a-z]{1,5}$"), "ic"),
    (text(pattern="^(ab)+$"), text(pattern="^(ab)+$", minLength=2), "cc"),
    (text(pattern="^(ab)+$"), text(pattern="^(ab)+$", minLength=3), "ic"),
    (text(pattern="^(ab)+$", minLength=3), text(pattern="^(ab)+$", minLength=4), "cc"),
    (text(pattern=_UUID), text(pattern=_UUID, minLength=36, maxLength=36), "cc"),
    (text(pattern=_SLUG), text(pattern=_SLUG, minLength=1), "cc"),
    (text(pattern=_SLUG), text(pattern=_SLUG, maxLength=64), "ic"),
    (text(pattern=_SLUG, maxLength=64), text(pattern="^[a-z0-9-]*$", maxLength=64), "ci"),
    (text(minLength=1, maxLength=255), text(pattern=r"^\S+$", minLength=1, maxLength=255), "ic"),
    (text(pattern="^a"), text(pattern="b$"), "ii"),
    (text(pattern="^ORD-"), text(pattern="^ORD-[0-9]+$"), "ic"),
    (text(pattern="^ORD-[0-9]{6}$"), text(pattern="^ORD-[0-9]{6,8}$"), "ci"),
    (text(pattern="^ORD-[0-9]{6}$"), text(pattern="^(ORD|INV)-[0-9]{6}$"), "ci"),
    (text(pattern="^[a-z]+$"), text(pattern="[a-z]"), "ci"),
    (text(pattern="^a+$", maxLength=3), text(enum=["a", "aa", "aaa"]), "cc"),
    (text(pattern="^[ab]$"), text(enum=["a", "b"]), "cc"),
    (text(pattern="^[ab]$"), text(enum=["a", "c"]), "ii"),
    (text(pattern="^[ab]{2}$"), text(enum=["aa", "ab", "ba"]), "ic"),
    (text(allOf=[{"pattern": "a"}, {"pattern": "b"}]), text(pattern="a.*b|b.*a"), "ic"),
    (text(allOf=[{"pattern": "^a"}, {"pattern": "b$"}]), text(pattern="^a[\\s\\S]*b$"), "cc"),
    (text(allOf=[{"pattern": "^[ab]*$"}, {"pattern": "^[bc]*$"}]), text(pattern="^b*$"), "cc"),
    (text(allOf=[{"pattern": "^[ab]+$"}, {"pattern": "^[bc]+$"}]), text(pattern="^b*$", minLength=1), "cc"),
    (text(pattern=r"^\s*$"), text(pattern=r"^\s*$", maxLength=10), "ic"),
    (text(pattern=r"^\s+$"), text(minLength=1), "ci"),
    (text(pattern=r"^(?!admin)[a-z]+$"), text(pattern="^[a-z]+$"), "ci"),
    (text(pattern=r"^(?=.*[0-9])[a-z0-9]+$"), text(pattern="^[a-z0-9]+$"), "ci"),
    (text(pattern=r"^(?=.{3,5}$)[a-z]+$"), text(pattern="^[a-z]{3,5}$"), "cc"),
    (text(pattern="^[0-9]{4}$"), text(pattern=r"^\d{4}$"), "cc"),
    (text(pattern="^[0-9]{1,3}$"), text(**{"not": {"pattern": "a"}}), "ci"),
    (text(**{"not": {"pattern": "a"}}), text(pattern="^[^a]*$"), "cc"),
    (text(**{"not": {"maxLength": 2}}), text(minLength=3), "cc"),
    (text(pattern="^x{1000}$"), text(maxLength=1000), "ci"),
    (text(pattern="^x+$", minLength=5000), text(minLength=4999), "ci"),
)  # fmt: skip

_LONG: Final[tuple[tuple[Any, Any, str], ...]] = (
    (text(maxLength=1_000_000), text(maxLength=999_999), "ic"),
    (text(minLength=20_000), text(minLength=20_000, pattern="^[ -~]*$"), "ic"),
    (text(format="email", maxLength=254), text(format="email"), "ci"),
    (text(pattern="^.{1,255}$"), text(minLength=1, maxLength=255), "ci"),
    (text(pattern=r"^\+?[1-9]\d{1,14}$"), text(pattern=r"^\+?[1-9]\d{1,14}$", maxLength=16), "cc"),
    (text(maxLength=64), text(maxLength=64, pattern=r"^[\p{L} .'-]+$"), "ic"),
    (text(maxLength=64), text(maxLength=64, pattern=r"\bfoo\b"), "ic"),
)  # fmt: skip

_EVERYTHING: Final[tuple[tuple[Any, Any, str], ...]] = (
    (TEXT, text(pattern=""), "cc"),
    (TEXT, text(pattern=".*"), "cc"),
    (TEXT, text(pattern="^"), "cc"),
    (TEXT, text(pattern="$"), "cc"),
    (TEXT, text(pattern="^.*"), "cc"),
    (TEXT, text(pattern="[a-z]*"), "cc"),
    (TEXT, text(pattern="x?"), "cc"),
    (TEXT, text(pattern="(foo|bar|)"), "cc"),
    (TEXT, text(pattern=r"^[\s\S]*$"), "cc"),
    (TEXT, text(pattern=r"^[\d\D]*$"), "cc"),
    (TEXT, text(pattern="^.*$"), "ic"),
    (TEXT, text(pattern="."), "ic"),
    (text(minLength=1), text(pattern=r"[\s\S]"), "cc"),
    (text(minLength=1), text(minLength=1, pattern="[a-z]*"), "cc"),
    (text(maxLength=5), text(maxLength=5, pattern=""), "cc"),
    (text(pattern="a*"), text(pattern="b*"), "cc"),
    (text(pattern="[a-z]*", minLength=2), text(minLength=2), "cc"),
)  # fmt: skip

_FORMATS: Final[tuple[tuple[Any, Any, str], ...]] = (
    (text(maxLength=10), text(format="date", maxLength=10), "ic"),
    (text(maxLength=36), text(format="uuid", maxLength=36), "ic"),
    (text(maxLength=64), text(format="email", maxLength=64), "ic"),
    (text(maxLength=255), text(format="uri", maxLength=255), "ic"),
    (text(maxLength=5), text(format="hostname", maxLength=5), "ic"),
    (text(minLength=1), text(format="date-time", minLength=1), "ic"),
    (text(format="date"), text(format="date", maxLength=10), "cc"),
    (text(format="date"), text(format="date", minLength=10, maxLength=10), "cc"),
    (text(format="date"), text(maxLength=9), "ii"),
    (text(format="date"), text(minLength=1), "ci"),
    (text(format="uuid"), text(format="uuid", maxLength=36), "cc"),
    (text(format="uuid"), text(minLength=36, maxLength=36), "ci"),
    (text(format="uuid"), text(pattern="^[0-9a-fA-F-]{36}$"), "ci"),
    (text(format="uuid"), text(pattern=_UUID), "ic"),
    (text(format="ipv4"), text(format="ipv4", maxLength=15), "cc"),
    (text(format="ipv4"), text(format="ipv4", maxLength=14), "ic"),
    (text(format="ipv4"), text(pattern="^[0-9.]+$"), "ci"),
    (text(format="ipv6"), text(pattern="^[0-9a-fA-F:.]+$"), "ci"),
    (text(format="email"), text(format="email", maxLength=20), "ic"),
    (text(format="email"), text(format="email", minLength=3), "cc"),
    (text(format="email"), text(pattern="@"), "ci"),
    (text(format="date-time"), text(format="date-time", maxLength=20), "ic"),
    (text(format="date-time"), text(format="date-time", minLength=20), "cc"),
    (text(format="date-time"), text(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}"), "ui"),
    (text(format="date-time"), text(pattern="Z$"), "ii"),
    (text(format="time"), text(format="time", maxLength=9), "ic"),
    (text(format="date"), text(format="date-time"), "ii"),
    (text(format="date"), text(format="time"), "ii"),
    (text(format="uri"), text(format="uri-reference"), "ci"),
    (text(format="uri"), text(minLength=1), "ci"),
    (text(format="uri"), text(format="uri", pattern="^https://"), "ic"),
    (text(format="ipv4"), text(anyOf=[{"format": "ipv4"}, {"format": "ipv6"}]), "ci"),
    (text(format="date"), text(anyOf=[{"format": "date"}, {"format": "date-time"}]), "ci"),
    (text(pattern="^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$"), text(format="date"), "ci"),
    (text(pattern=_UUID), text(format="uuid"), "ci"),
    (text(pattern="^[a-z]+$"), text(format="date"), "ii"),
    (text(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), text(format="date"), "iu"),
    (text(enum=["2030-01-31", "2030-02-28"]), text(format="date"), "ci"),
    (text(enum=["2030-01-31", "2030-02-30"]), text(format="date"), "ii"),
    (text(format="duration"), text(pattern="^P"), "ci"),
    (text(format="hostname"), text(maxLength=253), "ci"),
    (text(format="hostname"), text(format="hostname", maxLength=63), "ic"),
    (text(format="json-pointer"), text(pattern="^(/|$)"), "ci"),
    (text(format="regex"), text(format="regex", maxLength=3), "ic"),
)  # fmt: skip


def _draft_7(schema: Any) -> Any:
    return {"$schema": DRAFT_7, **schema}


def _content() -> Iterator[Pair]:
    base64 = text(contentEncoding="base64")
    json_text = text(contentMediaType="application/json")
    for content in (base64, json_text, {**base64, **json_text}):
        yield Pair("content", text(title="T"), content, "cc")
        yield Pair("content", _draft_7(TEXT), _draft_7(content), "ic")
        yield Pair("content", _draft_7(text(minLength=2)), _draft_7({**content, "minLength": 2}), "ic")
        yield Pair("content", _draft_7(content), content, "ci")
    yield Pair("content", TEXT, text(contentSchema={"type": "object"}), "cc")
    yield Pair("content", _draft_7(TEXT), _draft_7(text(contentEncoding="quoted-printable")), "cc")
    yield Pair("content", _draft_7(TEXT), _draft_7(text(contentMediaType="image/png")), "cc")
    yield Pair("content", _draft_7(base64), _draft_7({**base64, "maxLength": 8}), "ic")
    yield Pair("content", _draft_7(base64), _draft_7(json_text), "ii")


def pairs() -> Iterator[Pair]:
    for kind, listed in (
        ("pattern", _PATTERNS),
        ("long", _LONG),
        ("everything", _EVERYTHING),
        ("format", _FORMATS),
    ):
        for old, new, expected in listed:
            yield from both(kind, old, new, expected)
    yield from _content()

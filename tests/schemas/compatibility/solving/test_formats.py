"""What the patterns say about each format, compared with the validator on texts of every kind."""

from __future__ import annotations

import random

import pytest

from bridge.schemas.compatibility.proving.generate import FORMATS
from bridge.schemas.compatibility.proving.parts import matches
from bridge.schemas.compatibility.solving.formats import (
    CONTENT_INNER,
    CONTENT_OUTER,
    CONTENT_TEXTS,
    IMPLIED,
    INNER,
    LONGEST,
    OUTER,
    has_content,
    has_format,
)
from bridge.schemas.compatibility.solving.languages import find_texts

EDGES = {
    "date": ("0000-01-01", "2024-02-29", "2023-02-29", "2023-04-31", "2023-12-31", "+2023-01-01", "2023-1-1"),
    "time": (
        "23:59:60Z",
        "12:00:60Z",
        "00:00:00z",
        "12:00:00.5+23:59",
        "24:00:00Z",
        "12:00:00",
        "00:59:60+01:00",
    ),
    "date-time": (
        "2024-02-29t00:00:00z",
        "2030-01-01 00:00:00Z",
        "2030-01-01T23:59:60Z",
        "2030-01-01T00:00Z",
    ),
    "duration": ("P1W", "PT36H", "P1Y2M3DT4H5M6S", "P1.5D", "P1WT1H", "PT", "P", "-P1D", "P1D1Y", "P0D"),
    "uuid": ("3F0E1B2A-5C4D-4E6F-8A9B-0C1D2E3F4A5B", "3f0e1b2a5c4d4e6f8a9b0c1d2e3f4a5b", "0" * 36),
    "ipv4": ("255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3", "0.0.0.0"),
    "ipv6": ("1:2:3:4:5:6:7:8", "::ffff:255.255.255.255", "1:2:3:4:5:6:255.255.255.255", "::1%eth0", ":::"),
    "email": (
        '"a b"@c.d',
        "a@[1.2.3.4]",
        "a@b",
        "a" * 64 + "@b",
        "a" * 65 + "@b",
        "@b",
        "a@",
        "a.@b",
        "a+b@c",
    ),
    "idn-email": ("é@b.c", "a@é.c", '"a b"@c.d', "a@b", "@", "a"),
    "hostname": (
        "a-b",
        "-a",
        "a-",
        "a..b",
        "a.",
        "A.B",
        "1",
        "a_b",
        "a" * 63,
        "a" * 64,
        ".".join(["a" * 62] * 4),
    ),
    "idn-hostname": ("é", "a_b", "ab--c", "a" * 64, ""),
    "uri": ("a:", "A+.-:x", "http://[::1]", "a:%41", "a:é", "a: ", "1:a", ":", "a:#?/"),
    "uri-reference": ("", "#", "//", "?", "1:a", "a b", "é", "a:b", "//[::1]"),
    "iri": ("a:é", "a: ", "é:a", "a:", "a:\ue000"),
    "json-pointer": ("/~0~1", "/~2", "//", "a", "/é", "/ ", "/\n"),
    "relative-json-pointer": ("0", "01", "10/a", "0#", "0#/a", "1a", "-1", "", "0/~", "0/é"),
    "regex": ("(", "a{2,1}", "a**", "(?=a)"),
    "uri-template": ("{a}", "{", "a b", "é"),
}


def texts_near(name: str) -> list[str]:
    """Samples of the format, what its patterns give, edges, and all of them with one character changed."""
    chance = random.Random(name)
    texts = [*FORMATS.get(name, ()), *EDGES.get(name, ())]
    for pattern in filter(None, (INNER.get(name), OUTER.get(name))):
        for least in (0, 3, 9, 20):
            texts += find_texts((pattern,), (), least, None, 40).texts
    changed = []
    for text in texts:
        for _ in range(6):
            at = chance.randrange(len(text) + 1)
            changed.append(text[:at] + chance.choice("aZ09-.:@/~#% é\n") + text[at + chance.randrange(2) :])
    return list(dict.fromkeys([*texts, *changed]))


@pytest.mark.parametrize("name", sorted(OUTER))
def test_every_text_that_the_validator_accepts_matches_the_outer_pattern(name: str) -> None:
    accepted = [text for text in texts_near(name) if has_format(name, text)]
    assert accepted
    assert [text for text in accepted if not matches(OUTER[name], text)] == []
    assert max(map(len, accepted)) <= LONGEST.get(name, 10_000)


@pytest.mark.parametrize("name", sorted(INNER))
def test_every_text_that_matches_the_inner_pattern_is_accepted_by_the_validator(name: str) -> None:
    inner = [text for text in texts_near(name) if matches(INNER[name], text)]
    assert inner
    assert [text for text in inner if not has_format(name, text)] == []


@pytest.mark.parametrize("name", sorted(IMPLIED))
def test_a_text_of_one_format_has_the_formats_that_it_implies(name: str) -> None:
    for text in filter(lambda each: has_format(name, each), texts_near(name)):
        assert [other for other in IMPLIED[name] if not has_format(other, text)] == []


@pytest.mark.parametrize(
    "keyword_and_value", [("contentEncoding", "base64"), ("contentMediaType", "application/json")]
)
def test_the_patterns_of_content_agree_with_the_validator(keyword_and_value: tuple[str, str]) -> None:
    keyword, value = keyword_and_value
    texts = [*CONTENT_TEXTS, "YQ", "YR==", "====", "YQ==YQ==", " 1 ", "01", "nul", "[1,]", '"a"', "AAAA AAAA"]
    texts += find_texts((CONTENT_INNER[keyword],), (), 0, None, 60).texts
    texts += find_texts((CONTENT_OUTER[keyword],), (), 0, None, 60).texts
    for text in texts:
        accepted = has_content({keyword: value}, text)
        assert accepted or not matches(CONTENT_INNER[keyword], text)
        assert matches(CONTENT_OUTER[keyword], text) or not accepted

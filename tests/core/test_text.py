"""Characters that a service refuses or alters never leave raw, and no text changes on the way."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.text import attribute_text, json_bytes, segment_text

RAW = [
    "\x00",
    "\x1f",
    "\x7f",
    "\x85",
    "\x9f",
    "\ufdd0",
    "\ufdef",
    "\ufffe",
    "\uffff",
    "\U0001fffe",
    "\U0010ffff",
]
# XML 1.0, production 2 (Char), which SQS and SNS follow; less C1 and the noncharacters.
REFUSED = re.compile("[^\t\n\r\x20-\x7e\xa0-\ufdcf\ufdf0-\ufffd\U00010000-\U0010fffd]")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(RAW))
JSON = st.recursive(
    TEXTS | st.integers(-(2**53), 2**53), lambda inner: st.dictionaries(TEXTS, inner, max_size=3)
)


@pytest.mark.parametrize("character", RAW)
def test_a_character_that_services_alter_is_an_escape_in_json_and_in_attributes(character: str) -> None:
    units = character.encode("utf-16-be").hex()
    escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    assert json_bytes(f"a{character}b") == f'"a{escaped}b"'.encode()
    assert unquote(attribute_text(f"a{character}b")) == f"a{character}b"
    assert character not in attribute_text(character)


@given(JSON)
def test_json_means_the_same_and_every_xml_based_service_takes_it(value: Any) -> None:
    written = json_bytes(value)
    assert json.loads(written) == value
    assert REFUSED.search(written.decode()) is None


@given(JSON)
def test_json_without_such_characters_is_orjsons_own(value: Any) -> None:
    plain = orjson.dumps(value)
    assert (json_bytes(value) == plain) == (REFUSED.search(plain.decode()) is None)


@given(st.text(st.characters() | st.sampled_from("%/#?2F")))
def test_a_segment_reads_back_as_its_value_and_contains_no_separator(value: str) -> None:
    written = segment_text(value)
    assert unquote(written, errors="surrogatepass") == value
    assert not set("/#?") & set(written)
    assert attribute_text(written) == written


@pytest.mark.parametrize(
    ("text", "attribute", "segment"),
    [
        ("a\ud800b", "a%ED%A0%80b", "a%ED%A0%80b"),
        ("a%b/c#d?e", "a%b/c#d?e", "a%25b%2Fc%23d%3Fe"),
        ("a b\u00e9", "a b\u00e9", "a b\u00e9"),
        ("a\u00a0\u200bb", "a\u00a0\u200bb", "a\u00a0\u200bb"),
    ],
)
def test_only_what_services_alter_is_percent_encoded(text: str, attribute: str, segment: str) -> None:
    assert (attribute_text(text), segment_text(text)) == (attribute, segment)

"""Different keys have different tokens, and the tokens of ledger rows that exist stay as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.event import bounded_id
from bridge.core.fingerprint import compile_fingerprint
from bridge.core.keys import SEPARATOR, key_as_text, key_hash, key_token
from bridge.edges.dynamodb.ledger_row import partition_key
from bridge.errors import MalformedRecord
from bridge.ports.table import TableFacts
from bridge.reconcile.comparer import Comparer
from tests.builders.bridges import table as compiled

TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x1fSN1"), max_size=5)
TYPED = st.one_of(TEXT.map(lambda s: {"S": s}), st.sampled_from(["1", "2"]).map(lambda n: {"N": n}))
KEYS: st.SearchStrategy[dict[str, dict[str, str]]] = st.dictionaries(TEXT, TYPED, min_size=1, max_size=2)


@given(st.sampled_from(["T", "U"]), KEYS, st.sampled_from(["T", "U"]), KEYS)
def test_different_items_have_different_tokens(table: str, key: Any, other_table: str, other: Any) -> None:
    same = (table, key) == (other_table, other)
    assert (key_token(table, key) == key_token(other_table, other)) == same


def types_of(key: dict[str, dict[str, str]]) -> dict[str, str]:
    return {name: tag for name, typed in key.items() for tag in typed}


def test_a_separator_inside_a_key_is_no_separator() -> None:
    one = {"a": {"S": "x\x1fb\x1fS\x1fy"}}
    other = {"a": {"S": "x"}, "b": {"S": "y"}}
    assert key_token("T", one) != key_token("T", other)
    assert partition_key(key_token("T", one)).startswith("T#")


def test_the_rows_of_existing_ledgers_are_found_again() -> None:
    token = key_token("Users", {"id": {"S": "a/1"}, "at": {"N": "7"}})
    assert token == "Users\x1fat\x1fN\x1f7\x1fid\x1fS\x1fa/1"
    assert partition_key(token) == "Users#4ae3c651f04f31dba16a3c4b723b042aa4c64b10"


@given(KEYS.filter(lambda key: "" not in key))
def test_a_reconciliation_finds_the_rows_of_the_live_path(key: Any) -> None:
    facts = TableFacts("Users", "arn:aws:dynamodb:eu-central-1:123456789012:table/Users", types_of(key))
    comparer = Comparer(compiled(), facts, "fingerprint")
    assert comparer.token_of({**key, "other attribute": {"S": "x"}}) == key_token(comparer.facts.name, key)


@given(st.text(st.sampled_from("ab0/ ü"), max_size=140), st.text(max_size=140))
def test_different_texts_have_different_group_ids(one: str, other: str) -> None:
    assert (bounded_id(one, 128) == bounded_id(other, 128)) == (one == other)


def test_ids_of_missed_changes_name_the_whole_key_whatever_the_diff_ignores() -> None:
    rules = replace(
        compiled(), fingerprint=compile_fingerprint(b"k", (("sk",),)), key_hash=compile_fingerprint(b"k")
    )
    facts = TableFacts(
        "Users", "arn:aws:dynamodb:eu-central-1:123456789012:table/Users", {"id": "S", "sk": "S"}
    )
    comparer = Comparer(rules, facts, "fingerprint")
    names = {comparer.key_name({"id": {"S": "a"}, "sk": {"S": sk}}) for sk in ("1", "2")}
    assert len(names) == 2


def test_a_text_that_looks_like_a_hash_is_not_taken_for_the_hash_of_another() -> None:
    long = "x" * 200
    assert bounded_id(bounded_id(long, 128), 128) != bounded_id(long, 128)


def test_a_key_as_text_has_binary_as_base64_and_everything_else_as_it_is() -> None:
    key: dict[str, Any] = {"a": {"B": b"\x01\x02"}, "b": {"B": "AQI="}, "c": {"N": "1.50"}, "d": {"S": "x"}}
    assert key_as_text(key) == {**key, "a": {"B": "AQI="}}


def test_a_key_hash_is_sixteen_hex_digits_and_always_the_same() -> None:
    assert key_hash("token", b"k") == "31c16e3bcd83c6a9"


def test_a_number_that_holds_bytes_is_no_key() -> None:
    with pytest.raises(MalformedRecord, match="a key is S, N or B"):
        key_token("Users", {"id": {"N": b"1"}})
    with pytest.raises(MalformedRecord, match="a key is S, N or B"):
        key_token("Users", {"id": {"S": b"1"}})


def test_a_table_whose_name_holds_the_separator_is_refused() -> None:
    for key in ({"id": {"S": "a"}}, {"": {"S": "a"}}, {"id": {"S": f"a{SEPARATOR}b"}}):
        with pytest.raises(MalformedRecord, match="control character"):
            key_token(f"Us{SEPARATOR}ers", key)

"""Names that nobody has chosen yet are good guesses, and paths lead where they should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.jsonpath import ANY as ANY_STEP
from bridge.core.jsonpath import parse_path
from bridge.core.mapping.subject import compile_subject
from bridge.onboarding.names import collection, json_path, secret_name, secret_value, subject, thing, things
from bridge.schemas.authoring.infer import ANY


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("Users", "user"),
        ("Orders", "order"),
        ("prod-UserProfiles", "user_profile"),
        ("companies", "company"),
        ("addresses-table-dev", "address"),
        ("status", "status"),
        ("Shop-OrdersTable-1ABCDEF2GHIJ", "shop_order"),
        ("table", "table"),
        ("...", "item"),
    ],
)
def test_an_item_is_named_after_its_table(table: str, name: str) -> None:
    assert thing(table) == name


def test_tables_that_sound_alike_get_names_of_their_own() -> None:
    chosen = things(["Users", "prod-users", "prod.users", "PROD_USERS"])
    assert list(chosen.values()) == ["user", "prod_users", "user_2", "user_3"]


@given(st.lists(st.one_of(st.just(ANY), st.text(min_size=1, max_size=6)), min_size=1, max_size=4))
def test_a_path_leads_to_its_place_or_is_missing(steps: list[str]) -> None:
    text = json_path(steps)
    if text is not None:
        path = parse_path(text)
        assert (path.root, *(path.steps or ())) == tuple(ANY_STEP if step == ANY else step for step in steps)


def test_places_with_uncommon_names_have_paths_too() -> None:
    assert json_path(("a b", "é", ANY, "c.d")) == "$['a b']['é'][*]['c.d']"
    assert json_path(("it's", 'a"\\')) == "$['it\\'s']['a\"\\\\']"
    assert parse_path("$.key['*']").steps == ("*",)
    assert parse_path("$.key[*]").steps == (ANY_STEP,)
    assert subject("user", ["tenant-id", "id"]) == "user/{$.key['tenant-id']}/{$.key.id}"
    assert subject("user", ["a}"]) == "user/{$.key['a}']}"
    assert subject("user", ["a\n"]) is None


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1, unique=True, max_size=2
    )
)
def test_a_subject_can_be_built_over_keys_of_any_visible_name(key: list[str]) -> None:
    template = subject("thing", key)
    assert template is not None
    compiled = compile_subject(template)
    assert list(compiled.names) == key


def test_no_plural_is_made_up_for_the_source() -> None:
    assert collection("prod-UserProfiles") == "user_profiles"
    assert collection("Category") == "category"
    assert collection("Address") == "address"
    assert collection("...") == "item"


@pytest.mark.parametrize("name", ["password", "passwordHash", "apiKey", "refresh_tokens", "CLIENT-SECRET"])
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", ["secretary", "passenger", "tokenizer", "key", "pinned", "name"])
def test_a_name_that_only_sounds_like_a_secret_is_not_one(name: str) -> None:
    assert not secret_name(name)


def test_a_secret_is_known_by_its_value_too() -> None:
    assert secret_value("AKIA" + "A" * 16)
    assert secret_value("-----BEGIN RSA PRIVATE KEY-----")
    assert not secret_value("free text that begins with eyJ")

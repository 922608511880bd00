"""Attributes that serve the store: found by name, by values and by what DynamoDB says."""

from __future__ import annotations

from typing import Any

from bridge.onboarding.entities.discriminator import explained, find
from bridge.onboarding.entities.technical import expiry_of, technical
from tests.onboarding.entities.tables import observed


def found(indexes: frozenset[str] = frozenset(), /, **attributes: Any) -> dict[str, str]:
    sample = observed([{"PK": "a", "SK": str(n), **attributes} for n in range(3)])
    its = technical(sample.items, kind="_et", expiry=expiry_of(sample), indexes=indexes)
    return {each.name: each.why for each in its}


def test_keys_of_indexes_are_known_by_their_names() -> None:
    names = (
        "GSI1PK",
        "GSI1SK",
        "gsi2pk",
        "GSI_1_PK",
        "gsi1_sk",
        "LSI1SK",
        "_gsi1pk",
        "SK2",
        "pk1",
        "GSI1",
        "gsi1hash",
    )
    assert found(frozenset(), **dict.fromkeys(names, "x")) == dict.fromkeys(names, "key of an index")


def test_attributes_with_a_meaning_are_no_keys_of_indexes() -> None:
    assert found(**dict.fromkeys(("email", "status", "sku", "indexed", "gsiName", "skill"), "x")) == {}


def test_a_named_key_of_an_index_is_technical_only_where_it_is_composed() -> None:
    names = frozenset({"email", "byStatus"})
    assert found(names, email="a@b.test", byStatus="STATUS#OPEN") == {"byStatus": "key of an index"}


def test_a_counter_is_a_whole_number_called_version() -> None:
    assert found(version=3, _rev=1) == {"version": "counter of versions", "_rev": "counter of versions"}
    assert found(version="1.0") == {}


def test_expiry_is_a_name_and_epoch_seconds() -> None:
    assert found(ttl=1_800_000_000) == {"ttl": "TTL"}
    assert found(expiresAt=1_800_000_000) == {"expiresAt": "TTL"}
    assert found(ttl=3600) == {}
    assert found(ttl="1800000000") == {}
    assert found(total=1_800_000_000) == {}


def test_the_entity_attribute_and_those_of_electrodb_are_technical() -> None:
    assert found(_et="User", __edb_e__="user", __edb_v__="1") == {
        "_et": "the kind of the item",
        "__edb_e__": "written by ElectroDB",
        "__edb_v__": "written by ElectroDB",
    }


def test_the_entity_attribute_is_found_by_its_name_before_others() -> None:
    sample = observed([{"PK": f"{n}", "SK": "A", "type": "xy"[n % 2], "_et": "uv"[n % 2]} for n in range(20)])
    kind = find(sample, [()] * 20)
    assert kind is not None
    assert (kind.name, kind.found_by, kind.counts) == ("_et", "name", {"u": 10, "v": 10})


def test_an_attribute_called_type_is_taken_where_it_separates_attributes_or_keys() -> None:
    apart = observed(
        [
            {"PK": f"{n}", "SK": "A", "type": "xy"[n % 2], "abcd"[n % 2] * 3: 1, "efgh"[n % 2]: 1}
            for n in range(20)
        ]
    )
    alike = observed(
        [{"PK": f"{n}", "SK": "A", "type": "xy"[n % 2], "same": 1, "more": 2} for n in range(20)]
    )
    assert find(apart, [()] * 20) is not None
    assert find(alike, [()] * 20) is None
    assert find(alike, [n % 2 for n in range(20)]) is not None


def test_an_attribute_of_any_name_is_taken_where_it_agrees_with_the_keys() -> None:
    sample = observed([{"PK": f"{n}", "SK": "A", "what": ("user", "order")[n % 2]} for n in range(40)])
    kind = find(sample, [n % 2 for n in range(40)])
    assert kind is not None
    assert (kind.name, kind.found_by) == ("what", "distribution")
    assert find(sample, [n % 3 for n in range(40)]) is None


def test_explained_is_1_for_a_function_and_0_for_independent_values() -> None:
    assert explained((n % 2, n % 4) for n in range(40)) == 1.0
    assert abs(explained((n % 2, n // 2 % 2) for n in range(40))) < 1e-9


def test_long_texts_name_no_kind() -> None:
    sample = observed([{"PK": f"{n}", "SK": "A", "_et": "uv"[n % 2] * 65} for n in range(20)])
    assert find(sample, [()] * 20) is None

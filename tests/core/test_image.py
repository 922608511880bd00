"""An image that is read attribute by attribute says the same as one that is read whole."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.core.image import Image
from bridge.core.pattern.parts import flow
from bridge.errors import MalformedRecord

TYPED: dict[str, Any] = {"c": {"S": "x"}, "a": {"N": "1"}, "b": {"M": {"k": {"S": "y"}}}}


@pytest.mark.parametrize("order", ["abc", "cba", "b", ""])
def test_a_whole_image_has_its_attributes_in_the_order_of_their_names(order: str) -> None:
    image = Image(TYPED, "NewImage")
    for name in order:
        assert image[name] == {"a": 1, "b": {"k": "y"}, "c": "x"}[name]
    assert list(image.whole().items()) == [("a", 1), ("b", {"k": "y"}), ("c", "x")]
    assert list(image.whole().items()) == list(image.whole().items())


@pytest.mark.parametrize(
    "value", ["S", 5, None, [], {}, {"S": "x", "N": "1"}, {"N": "1", "S": "x"}, {"S": 1}]
)
def test_a_value_that_is_no_typed_value_is_malformed_wherever_it_is_read(value: Any) -> None:
    with pytest.raises(MalformedRecord):
        _ = Image({"a": value}, "NewImage")["a"]
    with pytest.raises(MalformedRecord):
        Image({"a": value}, "NewImage").whole()
    with pytest.raises(MalformedRecord):
        Image({"a": value}, "NewImage").check()


def test_a_twin_gives_the_attributes_that_do_not_differ() -> None:
    before = Image({**TYPED, "only": {"S": "z"}}, "OldImage")
    after = Image({**TYPED, "c": {"S": "new"}}, "NewImage", before, frozenset({"c", "only"}))
    assert after["b"] is before["b"]
    assert after.whole() == {"a": 1, "b": {"k": "y"}, "c": "new"}
    assert list(after.whole()) == ["a", "b", "c"]
    after.check()


def test_a_piece_of_yaml_shows_every_letter_as_it_is_written() -> None:
    assert flow({"ü ✓": ["é, è", 1, True]}) == '{"ü ✓": ["é, è", 1, true]}'

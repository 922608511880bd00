"""A subscriber needs nothing but ``changes`` to follow an item."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from bridge.core.diff.fields import compile_diff, differing_names
from bridge.core.values import plain_item
from bridge.demo.subscribers import apply_changes
from tests.builders.strategies import two_images


@given(two_images())
def test_changes_applied_to_the_item_before_give_the_item_after(images: tuple[Any, Any]) -> None:
    before, after = images
    item = plain_item(before, "before")
    apply_changes(item, compile_diff()(before, after, differing_names(before, after)))
    assert item == plain_item(after, "after")

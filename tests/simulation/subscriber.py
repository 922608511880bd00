"""A subscriber that keeps a copy of the table, applying events by ``sequence`` for each subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.simulation.configuration import CHANGED, visible
from tests.simulation.world import Image


class Subscriber:
    """``copy``: the items by key, as far as events told of them."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, Image | None]] = {}

    def apply(self, event: Mapping[str, Any]) -> None:
        if event["type"] != f"{CHANGED}.v1":
            return
        held = self._held.get(event["subject"])
        if held is None or event["sequence"] > held[0]:  # text, as any subscriber would compare it
            self._held[event["subject"]] = (event["sequence"], event["data"].get("after"))

    def apply_all(self, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            self.apply(event)

    def knows(self, key: str) -> bool:
        return f"item/{key}" in self._held

    def item(self, key: str) -> Image | None:
        held = self._held.get(f"item/{key}")
        return None if held is None else visible(held[1])

    @property
    def keys(self) -> set[str]:
        return {subject.removeprefix("item/") for subject in self._held}

"""Why a schema cannot be converted, and where in the schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Obstacle:
    """``pointer`` is a JSON Pointer into ``document`` (the ``$id`` of a file of the folder)."""

    document: str
    pointer: str
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        text = f"{self.pointer or 'the schema'} {self.reason}"
        return f"{text} ({self.suggestion})" if self.suggestion else text


class NotExpressible(BridgeError):
    """The older draft cannot express the schema. Contains every obstacle."""

    def __init__(self, draft: str, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(dict.fromkeys(obstacles))
        super().__init__(f"cannot be expressed in {draft}: {'; '.join(map(str, self.obstacles))}")


class Obstructed(Exception):
    """Ends the conversion of one subschema. The others continue, so that every obstacle is reported."""

    def __init__(self, place: Place, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.obstacle = Obstacle(place.document, place.pointer, reason, suggestion)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a schema: a document and a JSON Pointer."""

    document: str
    pointer: str = ""

    def __truediv__(self, steps: str) -> Place:
        return Place(self.document, f"{self.pointer}/{steps}")

"""The result of comparing two schema versions: the verdict, every break with its example, the bump."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

Direction = Literal["backward", "forward"]
"""``backward``: old events against new consumers. ``forward``: new events against old consumers."""


class Verdict(StrEnum):
    """``unproven`` is never "compatible": it means that the question could not be decided."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNPROVEN = "unproven"
    INVALID = "invalid"


class Mode(StrEnum):
    """Which directions must hold. TRANSITIVE: against every earlier version, not only against the last."""

    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    NONE = "NONE"

    @property
    def transitive(self) -> bool:
        return self.value.endswith("_TRANSITIVE")

    @property
    def directions(self) -> tuple[Direction, ...]:
        """``NONE`` asks for nothing: breaks are neither searched nor reported."""
        return _DIRECTIONS[self.value.removesuffix("_TRANSITIVE")]


_DIRECTIONS: Final[dict[str, tuple[Direction, ...]]] = {
    "BACKWARD": ("backward",),
    "FORWARD": ("forward",),
    "FULL": ("backward", "forward"),
    "NONE": (),
}


class Policy(StrEnum):
    """How the two documents are read before they are compared.

    ``views``: producers by the closed reading (nothing undeclared), consumers by the open one.
    ``strict``, ``lenient``: plain containment, like Confluent's compatibility policies of these names.
    """

    VIEWS = "views"
    STRICT = "strict"
    LENIENT = "lenient"


class Bump(StrEnum):
    """The smallest allowed change of the version number. ``none``: the documents are equal as JSON."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Break:
    """One reason why a direction does not hold.

    ``rule`` is a stable name such as ``required-added``; ``old_pointer`` and ``new_pointer`` are JSON
    Pointers into the two documents (``None`` where that document has no such place). ``example`` is the
    data of an event that ``produced_by`` allows and the other side refuses; both sides were validated.
    """

    rule: str
    direction: Direction
    old_pointer: str | None
    new_pointer: str | None
    message: str
    example: Any
    produced_by: Literal["old", "new"]
    bump: Bump
    hint: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """A direction that could be neither proven nor refuted; ``reason`` is a stable name."""

    direction: Direction
    reason: str
    message: str
    old_pointer: str | None = None
    new_pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``bump`` is the smallest one in every mode; ``problem`` says why input is unusable (``invalid``)."""

    verdict: Verdict
    mode: Mode
    policy: Policy
    breaks: tuple[Break, ...] = ()
    unproven: tuple[Unproven, ...] = ()
    bump: Bump = Bump.MAJOR
    problem: str = ""

    @property
    def needed(self) -> Bump:
        """The smallest bump in this mode: what breaks only in a direction that the mode does not ask for is a
        minor change."""
        asked = self.verdict not in (Verdict.COMPATIBLE, Verdict.UNPROVEN)
        return self.bump if asked or self.bump is not Bump.MAJOR else Bump.MINOR

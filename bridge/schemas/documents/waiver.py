"""A waiver: a person vouches for a pair of versions that could not be proven, for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bridge.schemas.compatibility.verdict import Direction
from bridge.schemas.semver import Version


@dataclass(frozen=True, slots=True)
class Waiver:
    """Covers what is *unproven* between two versions in ``direction`` (``None``: both); a proven break is
    never waived. It counts up to and including the day ``until``. ``line`` is where it stands in
    ``meta.yaml``."""

    old: Version
    new: Version
    direction: Direction | None
    who: str
    why: str
    until: date
    line: int = 0

    def covers(self, old: Version, new: Version, direction: Direction, today: date) -> bool:
        return (
            (self.old, self.new) == (old, new)
            and self.direction in (None, direction)
            and not self.expired(today)
        )

    def expired(self, today: date) -> bool:
        return today > self.until

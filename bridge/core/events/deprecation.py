"""What the events of a version tell that is being replaced: CloudEvents' deprecation extension.

Source: CloudEvents repository, cloudevents/extensions/deprecation.md. ``deprecated`` is always true where the
extension is used, everything else optional: ``deprecationfrom`` and ``deprecationsunset`` are timestamps,
``deprecationmigration`` is a URI. A sunset may move later, never earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Deprecation:
    """``since``: the day from which a version is deprecated. ``sunset``: the last day on which it is
    published, whole; readers may refuse what comes after. ``migration``: where its readers learn what to
    do, a URI. Days are UTC's."""

    since: date | None = None
    sunset: date | None = None
    migration: str = ""

    def attributes(self) -> dict[str, Any]:
        """The extension's attributes, in JSON."""
        published: dict[str, Any] = {"deprecated": True}
        if self.since is not None:
            published["deprecationfrom"] = f"{self.since.isoformat()}T00:00:00Z"
        if self.sunset is not None:
            published["deprecationsunset"] = f"{self.sunset.isoformat()}T23:59:59Z"
        if self.migration:
            published["deprecationmigration"] = self.migration
        return published

"""How close a sunset is, in the words of every warning about it."""

from __future__ import annotations

from typing import Final

SOON_DAYS: Final = 30
"""From this many days before a last day on, it is announced."""
WEEK_DAYS: Final = 7


def days_left(left: int) -> str:
    """For a number of days, the last one included: 0 is the last day itself."""
    if left == 0:
        return "ends today"
    if left == 1:
        return "ends tomorrow"
    return f"ends in {left} days" + (" (less than a week)" if left < WEEK_DAYS else "")

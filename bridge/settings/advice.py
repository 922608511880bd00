"""What a person may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def did_you_mean(text: str, known: Sequence[str]) -> str:
    """``did you mean 'changed'?``, or nothing where nothing is near."""
    close = difflib.get_close_matches(text, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""

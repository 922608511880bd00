"""The promise as a line of text: received = published + without event + quarantined + returned for retry."""

from __future__ import annotations

from collections.abc import Mapping


def sum_up(counts: Mapping[str, int]) -> str:
    """``counts`` as ``Outcome.as_dict`` names them; ``unreadable`` where input could not be read at all."""
    line = (
        f"{counts['received']} received = {counts['published']} published "
        f"+ {counts['without_event']} without event + {counts['quarantined']} quarantined "
        f"+ {counts['returned']} returned for retry; {counts['events']} events"
    )
    return line + (f"; {counts['unreadable']} unreadable" if counts.get("unreadable") else "")

"""The collector of cycles, for a process that makes much and drops it whole: it would look again and again
for cycles that are not there."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

COLLECTOR: Final = (50_000, 20, 50)
"""``gc.set_threshold``."""


@contextmanager
def calm_collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECTOR)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

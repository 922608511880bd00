"""The time that the processor spent: a busy machine does not change it much."""

from __future__ import annotations

import time


def processor_s() -> float:
    """Of this process, and of those that it started and that have ended."""
    spent = time.process_time()
    try:
        import resource
    except ImportError:
        return spent  # this system does not tell what ended processes spent
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent + ended.ru_utime + ended.ru_stime

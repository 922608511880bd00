"""The machine's time."""

from __future__ import annotations

import time

from bridge.edges.local.clock import SystemClock
from bridge.ports.clock import Deadline


def test_it_has_the_machine_s_time_and_does_not_sleep_a_negative_time() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 60
    before = clock.monotonic()
    clock.sleep(-5)
    clock.sleep(0.001)
    assert clock.monotonic() - before >= 0.001
    assert 0 < Deadline.after(clock, 100).remaining_s() <= 100

"""Events as lines on an output stream."""

from __future__ import annotations

import errno
import io
import os

import pytest

from bridge.edges.local.stdout import StdoutSink
from bridge.errors import SinkUnavailable, TargetMissing
from bridge.ports.clock import Deadline
from tests.fakes.clock import FakeClock
from tests.fakes.event_builder import event


def _deadline() -> Deadline:
    return Deadline.after(FakeClock(), 9)


def test_each_event_is_one_line_of_exactly_its_bytes() -> None:
    stream = io.BytesIO()
    StdoutSink(stream).publish([event(0), event(1)], _deadline())
    assert stream.getvalue() == event(0).body + b"\n" + event(1).body + b"\n"


def test_a_batch_is_flushed_when_it_is_published() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(writing, "wb") as stream:
        StdoutSink(stream).publish([event(0)], _deadline())
        assert os.read(reading, 65_536) == event(0).body + b"\n"
    os.close(reading)


def test_a_reader_that_is_gone_fails_the_batch() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    raw = os.fdopen(writing, "wb", buffering=0)
    with pytest.raises(TargetMissing, match="nobody reads"):
        StdoutSink(raw).publish([event(0)], _deadline())
    raw.close()
    with pytest.raises(TargetMissing):
        StdoutSink(raw).check()


def test_a_full_disk_hands_the_batch_back() -> None:
    class Full(io.BytesIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    stream = Full()
    results = StdoutSink(stream).publish([event(0), event(1)], _deadline())
    assert [result.status for result in results] == ["failed", "failed"]
    assert {isinstance(result.error, SinkUnavailable) for result in results} == {True}
    assert "No space left" in str(results[0].error)

"""Events as lines of text: one CloudEvent a line, byte for byte what another sink would publish."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import BinaryIO

from bridge.core.event import Event
from bridge.errors import SinkUnavailable, TargetMissing
from bridge.ports.clock import Deadline
from bridge.ports.sink import ACCEPTED, SKIPPED, EntryResult


class StdoutSink:
    """Writes to a binary stream (``sys.stdout.buffer``), flushed once a batch."""

    max_bytes = sys.maxsize

    def __init__(self, stream: BinaryIO, *, name: str = "stdout") -> None:
        self.name = name
        self._stream = stream

    def check(self) -> None:
        """Raises ``TargetMissing`` where the stream cannot be written to."""
        if self._stream.closed or not self._stream.writable():
            raise TargetMissing(f"sink {self.name}: the output stream is not open for writing")

    def size_of(self, event: Event) -> int:
        return len(event.body)

    def publish(
        self, events: Sequence[Event], deadline: Deadline, *, halt_on_failure: bool = False
    ) -> list[EntryResult]:
        """Write the batch in one piece. A full disk fails all of it; a reader that is gone is
        ``TargetMissing``, since no later line could arrive either."""
        if deadline.remaining_s() <= 0:
            return [SKIPPED] * len(events)
        try:
            self._stream.write(b"".join(event.body + b"\n" for event in events))
            self._stream.flush()
        except (BrokenPipeError, ValueError) as error:  # ValueError: the stream is closed
            hint = "the reader of the output ended; start it again"
            raise TargetMissing(f"sink {self.name}: nobody reads the output any more", hint=hint) from error
        except OSError as error:
            text = f"sink {self.name}: the output took no more ({error.strerror})"
            failure = SinkUnavailable(text, hint="a part may have been written; it is written again")
            return [EntryResult("failed", failure)] * len(events)
        return [ACCEPTED] * len(events)

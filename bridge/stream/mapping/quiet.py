"""How far a Lambda function is behind its stream, also where the stream is quiet.

Lambda tells CloudWatch the age of a batch when it sends one. Where none was sent for a quarter of an hour,
the event source mapping itself says whether that is because there was none. ``State`` has documented values;
``LastProcessingResult`` is documented as a text without values, so what is not known here to be fine is not
taken for fine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bridge.errors import StreamBehind
from bridge.ports.clock import Clock
from bridge.ports.setup import MappingFacts

SETTLES_S: Final = 900
"""A mapping may take several minutes until it reads after it was made, 90 s after a change (docs: Lambda,
"Polling and stream starting positions"); until then its last result is that of before."""

RESULT_SHOWN_MAX: Final = 120


class Metrics(Protocol):
    """What CloudWatch has of a function, of the last quarter of an hour."""

    def lag_s(self) -> float | None: ...

    def throttles(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FunctionLag:
    """A ``LagSource``. Only where ``metrics`` has no age are asked: ``source_arn``, the stream that the table
    has now, and ``mappings``, those that may read it. ``tell`` is given a line for people where a quiet
    stream is taken for one."""

    function: str
    metrics: Metrics
    source_arn: Callable[[], str]
    mappings: Callable[[str], Sequence[MappingFacts]]
    clock: Clock
    report: Callable[[str], None]

    def lag_s(self) -> float | None:
        """Seconds, 0 where nothing waits. Raises ``StreamBehind`` where nobody can tell, with what to look
        at, and as the edges do."""
        age_s = self.metrics.lag_s()
        if age_s is not None:
            return age_s
        source_arn = self.source_arn()
        ours = [
            each
            for each in self.mappings(source_arn)
            if each.function_name == self.function and each.source_arn == source_arn
        ]
        if not ours:
            raise self._unknown(
                f"no mapping of it reads {source_arn}",
                "`stream-bridge doctor` says what does; --stream-stopped (stream_stopped in an execution's "
                "input) where nothing does, --lag 0s where you know that something else has read it all",
            )
        for each in ours:
            self._require_idle(each)
        if throttles := self.metrics.throttles():
            raise self._unknown(
                f"it was throttled {throttles} times meanwhile, so that batches may wait",
                f"`aws lambda get-function-concurrency --function-name {self.function}` and "
                "`aws lambda get-account-settings` show what there is",
            )
        results = " and ".join(f"{each.id} is {each.state}, {each.result}" for each in ours)
        self.report(
            f"lag 0 s: function {self.function} was sent nothing in the last 15 min, and mapping {results}: "
            "a quiet stream"
        )
        return 0.0

    def _require_idle(self, mapping: MappingFacts) -> None:
        """Raises ``StreamBehind``."""
        name = f"mapping {mapping.id}"
        look = f"aws lambda get-event-source-mapping --uuid {mapping.id}"
        if mapping.state == "Disabled":
            raise self._unknown(
                f"{name} is Disabled, so what the stream holds waits",
                f"switch it on (aws lambda update-event-source-mapping --uuid {mapping.id} --enabled) and "
                "resume; or say --stream-stopped (stream_stopped in an execution's input) where it is meant "
                "to be off",
            )
        if mapping.state != "Enabled":
            raise self._unknown(
                f"{name} is {mapping.state or 'in no state'}", f"wait until {look} is Enabled"
            )
        modified = mapping.modified
        if modified is not None and self.clock.now() - modified.timestamp() < SETTLES_S:
            raise self._unknown(
                f"{name} was made or changed less than 15 min ago, and may not read yet",
                "`reconcile resume` once that is over",
            )
        # "OK" is what AWS answers; emulators say how many records, too.
        if mapping.result != "No records processed" and mapping.result.split(" ")[0] != "OK":
            said = mapping.result[:RESULT_SHOWN_MAX] or "nothing"
            raise self._unknown(
                f"the last result of {name} is {said}",
                f"aws logs tail /aws/lambda/{self.function} --since 1h, and {look}; --lag 0s where you know "
                "that nothing is left to be read",
            )

    def _unknown(self, why: str, hint: str) -> StreamBehind:
        return StreamBehind(
            f"nobody can tell how far function {self.function} is behind the stream: CloudWatch has no "
            f"IteratorAge of the last 15 min, and {why}",
            hint=hint,
        )

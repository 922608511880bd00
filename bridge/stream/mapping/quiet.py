"""How far a Lambda function is behind its stream, also if the stream is quiet.

Lambda reports the age of a batch to CloudWatch when it sends one. If it sent none for 15 minutes, the event
source mapping itself shows whether there was nothing to send. ``State`` has documented values.
``LastProcessingResult`` is documented as text without values, so only results that are known to be good count
as good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bridge.errors import StreamBehind
from bridge.ports.clock import Clock
from bridge.ports.setup import MappingFacts

SETTLES_S: Final = 900
"""A new mapping may take several minutes until it reads, a changed one 90 s (docs: Lambda, "Polling and
stream starting positions"). Until then its last result is the old one."""

RESULT_SHOWN_MAX: Final = 120


class Metrics(Protocol):
    """The metrics of a function in CloudWatch, of the last 15 minutes."""

    def lag_s(self) -> float | None: ...

    def throttles(self) -> int: ...


@dataclass(frozen=True, slots=True)
class FunctionLag:
    """A ``LagSource``. Only if ``metrics`` has no age, these are called: ``source_arn``, the table's current
    stream, and ``mappings``, those that may read it. ``report`` gets a line for people if the stream counts
    as quiet."""

    function: str
    metrics: Metrics
    source_arn: Callable[[], str]
    mappings: Callable[[str], Sequence[MappingFacts]]
    clock: Clock
    report: Callable[[str], None]

    def lag_s(self) -> float | None:
        """Seconds, 0 if nothing waits. Raises ``StreamBehind`` if the lag cannot be known, with what to
        check, and as the edges do."""
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
                f"no mapping of the function reads {source_arn}",
                "`stream-bridge doctor` shows what does; --stream-stopped (stream_stopped in an execution's "
                "input) if nothing does, --lag 0s if you know that something else has read it all",
            )
        for each in ours:
            self._require_idle(each)
        if throttles := self.metrics.throttles():
            raise self._unknown(
                f"it was throttled {throttles} {'time' if throttles == 1 else 'times'}, so batches may wait",
                f"`aws lambda get-function-concurrency --function-name {self.function}` and "
                "`aws lambda get-account-settings` show the limits",
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
                f"{name} is Disabled, so the records in the stream wait",
                f"enable it (aws lambda update-event-source-mapping --uuid {mapping.id} --enabled) and "
                "resume; or give --stream-stopped (stream_stopped in an execution's input) if it stays off",
            )
        if mapping.state != "Enabled":
            raise self._unknown(
                f"{name} is {mapping.state or 'in no state'}", f"wait until {look} is Enabled"
            )
        modified = mapping.modified
        if modified is not None and self.clock.now() - modified.timestamp() < SETTLES_S:
            raise self._unknown(
                f"{name} was created or changed less than 15 min ago, and may not read yet",
                "`reconcile resume` once that is over",
            )
        # AWS returns "OK"; emulators add the number of records.
        if mapping.result != "No records processed" and mapping.result.split(" ")[0] != "OK":
            said = mapping.result[:RESULT_SHOWN_MAX] or "nothing"
            raise self._unknown(
                f"the last result of {name} is {said}",
                f"aws logs tail /aws/lambda/{self.function} --since 1h, and {look}; --lag 0s if you know "
                "that nothing is left to read",
            )

    def _unknown(self, why: str, hint: str) -> StreamBehind:
        return StreamBehind(
            f"the lag of function {self.function} cannot be known: CloudWatch has no IteratorAge of the last "
            f"15 min, and {why}",
            hint=hint,
        )

"""Redrive and reconciliation as the deployed functions do them: an event in, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from bridge.errors import BridgeError
from bridge.lambdas import reconcile, redrive
from tests.fakes.context import LambdaContext
from tests.simulation.account.functions import Process
from tests.simulation.account.project import project
from tests.simulation.account.tables import FUNCTION, MAPPING_ID
from tests.simulation.judge import Violation
from tests.simulation.recovery.boxes import GIVEN_UP_BUCKET, GIVEN_UP_QUEUE, AwsBox, QueueBox
from tests.simulation.recovery.redrive import Redrive
from tests.simulation.recovery.run_stores import BUCKET as RUNS_BUCKET
from tests.simulation.simulation import Simulation
from tests.simulation.world import TABLE

_TIME_MS: Final = 600_000
_MESSAGES: Final = 10


class FunctionRedrive(Redrive):
    """``bridge.lambdas.redrive``: by the mapping of the on-failure queue, or by a schedule that names the
    bucket. What is gone from there must have ended, and what was trimmed must be in the log."""

    def _batches(self) -> bool:
        box, simulation = cast(AwsBox, self._box), self._simulation
        before = box.names()
        config = project(simulation.options)
        process = Process(redrive._open, "redrive", config, simulation.account, simulation.judge)
        try:
            if isinstance(box, QueueBox):
                while self._messages(process, box):
                    simulation.world.note("the queue's mapping takes the next messages")
            elif before:
                process.handle({"bucket": GIVEN_UP_BUCKET}, LambdaContext(_TIME_MS))
        except BridgeError as error:
            simulation.world.note(f"the redrive function fails: {error.reason} {error.message}")
        finally:
            for name in before - box.names():
                self.redriven.update(box.places[name])
        trimmed = self._trimmed(process)
        stay = box.names() - trimmed
        if not simulation.faults.on and stay:
            raise Violation(f"in calm the redrive function leaves {sorted(stay)}")
        return not stay

    def _messages(self, process: Process, box: QueueBox) -> bool:
        """As Lambda does: it receives, calls, and deletes what is not reported. Whether there were any."""
        on, self._simulation.faults.on = self._simulation.faults.on, False
        received = box.peer.receive_message(QueueUrl=GIVEN_UP_QUEUE, MaxNumberOfMessages=_MESSAGES)
        self._simulation.faults.on = on
        messages = received.get("Messages", ())
        if not messages:
            return False
        records = [
            {"messageId": each["MessageId"], "body": each["Body"], "eventSource": "aws:sqs"}
            for each in messages
        ]
        answer = process.handle({"Records": records}, LambdaContext(_TIME_MS))
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        self._simulation.faults.on = False
        for each in messages:
            if each["MessageId"] not in failed:
                box.peer.delete_message(QueueUrl=GIVEN_UP_QUEUE, ReceiptHandle=each["ReceiptHandle"])
        self._simulation.faults.on = on
        return True

    def _trimmed(self, process: Process) -> set[str]:
        trimmed = set()
        for line in process.lines:
            if line.get("message") == "batch trimmed":
                name = str(line["batch"])
                gone = len(self._box.places[name]) - len(self._still_in_stream(self._box.places[name]))
                if not 1 <= line["records"] <= gone:  # the stream has forgotten more since
                    raise Violation(f"{name}, logged as trimmed with {line['records']}, lacks {gone} records")
                self.redriven.update(self._still_in_stream(self._box.places[name]))
                trimmed.add(name)
        return trimmed


def reconcile_function(simulation: Simulation, event: Mapping[str, Any], remaining_ms: int) -> Any:
    """One call of ``bridge.lambdas.reconcile``, in a process of its own."""
    process = Process(
        reconcile._open,
        "reconcile",
        project(simulation.options),
        simulation.account,
        simulation.judge,
        BRIDGE_TABLE=TABLE,
        RUNS_BUCKET=RUNS_BUCKET,
        BRIDGE_FUNCTION=FUNCTION,
        MAPPING_ID=MAPPING_ID,
    )
    return process.handle(event, LambdaContext(remaining_ms))

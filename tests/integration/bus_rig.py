"""A bus and a queue, and a verb that watches them as a child process beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.edges.eventbridge.temporary_rule import PREFIX
from tests.builders.aws import REGION, Aws
from tests.builders.places import ROOT


@dataclass
class BusRig:
    """``verb`` is what every start begins with, ``wait_s`` how long a run may take."""

    aws: Aws
    bus: str
    queue: str
    folder: Path
    verb: tuple[str, ...]
    wait_s: float
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "bridge", *self.verb]
        command += ["--region", os.environ.get("AWS_REGION", REGION), "--endpoint-url", self.aws.endpoint_url]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        process = subprocess.Popen(
            [*command, *words],
            env={**clean, **credentials, "PYTHONPATH": str(ROOT)},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def run(self, *words: str) -> tuple[int, str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=self.wait_s)
        return process.returncode, out, err

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def put(self, *events: dict[str, Any]) -> None:
        entries = [
            {
                "Source": each["source"],
                "DetailType": each["type"],
                "Detail": json.dumps(each),
                "EventBusName": self.bus,
            }
            for each in events
        ]
        assert self.aws.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def waiting(self) -> int:
        """Messages that the queue keeps, in sight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def left_behind(self) -> tuple[list[str], list[str]]:
        """Rules and queues of the verb's own."""
        rules = self.aws.client("events").list_rules(EventBusName=self.bus, NamePrefix=PREFIX)["Rules"]
        queues = self.aws.client("sqs").list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", [])
        return [rule["Name"] for rule in rules], queues

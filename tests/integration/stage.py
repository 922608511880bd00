"""The resources of the demonstration for a test, and ``stream-bridge run`` as a child process beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.demo import resources
from bridge.demo.environment import CONFIGURATION
from tests.builders.aws import REGION, Aws

SOURCE = "com.example.demo"
_TRIES = 10


@contextmanager
def built_resources(
    aws: Aws, source: str = SOURCE
) -> Iterator[tuple[resources.Clients, resources.Resources]]:
    """Created for the test; deleted after it if the endpoint is shared."""
    clients = resources.Clients(*(aws.client(name) for name in ("dynamodb", "events", "sns", "sqs")))
    built = resources.build(clients, source=source, prefix=aws.name("run"))
    try:
        yield clients, built
    finally:
        if aws.shared:
            resources.remove(clients, built)


@dataclass
class Stage:
    """The resources and configuration of the demonstration, and a folder for one bridge's state."""

    aws: Aws
    clients: resources.Clients
    built: resources.Resources
    folder: Path
    endpoint_url: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "DEMO_BUS": self.built.bus,
            "DEMO_TOPIC": self.built.topic_arn,
            "DEMO_QUARANTINE": str(self.folder / "quarantine"),
            "DEMO_LEDGER": self.built.ledger,
            "DEMO_HASH_KEY": "not-a-secret-but-long-enough",
        }

    def sign_up(self, *users: str) -> None:
        """One insert for each; the same user again is a modification."""
        for user in users:
            self.clients.dynamodb.put_item(TableName="Users", Item=user_item(user))

    def bus_events(self, expected: int) -> list[dict[str, Any]]:
        return self._collect(self.built.bus_queue, expected)

    def feed_events(self, expected: int) -> list[dict[str, Any]]:
        return self._collect(self.built.topic_queue, expected)

    def _collect(self, queue: resources.Queue, expected: int) -> list[dict[str, Any]]:
        """What waits in a queue, waiting no longer than it takes for ``expected`` events to arrive."""
        events = list(resources.drain(self.clients.sqs, queue))
        for _ in range(_TRIES):
            if len(events) >= expected:
                break
            events += resources.drain(self.clients.sqs, queue, wait_s=1)
        return events

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """``stream-bridge run`` to its end."""
        with self.start(*arguments, **environ) as process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "bridge", "run", "--config", str(CONFIGURATION)]
        command += ["--endpoint-url", self.endpoint_url, "--region", os.environ.get("AWS_REGION", REGION)]
        command += ["--state", str(self.folder / "state"), *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return subprocess.Popen(
            command,
            env={**clean, **credentials, **self.variables, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def checkpoint(self) -> dict[str, str]:
        """The saved positions of Users, by shard."""
        (path,) = (self.folder / "state").glob("Users-*.json")
        positions: dict[str, str] = json.loads(path.read_text())["shards"]
        return positions


def user_item(user: str) -> dict[str, Any]:
    return {
        "userId": {"S": user},
        "email": {"S": f"{user}@example.com"},
        "plan": {"S": "free"},
        "profile": {"M": {"name": {"S": user}, "address": {"M": {}}}},
    }

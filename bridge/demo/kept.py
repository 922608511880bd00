"""What ``demo --keep`` leaves for other tools: a project, an env file, and the commands that use them."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.demo.environment import CONFIGURATION, DemoEnvironment
from bridge.demo.resources import TABLES

_ITEM: Final = (
    '{"userId": {"S": "u-1"}, "email": {"S": "me@example.com"}, "plan": {"S": "free"}, '
    '"profile": {"M": {"name": {"S": "Me"}, "address": {"M": {}}}}}'
)
_COUNT: Final = "import boto3; print(boto3.client('dynamodb').scan(TableName='Orders')['Count'])"


@dataclass(frozen=True, slots=True)
class Kept:
    """``setup`` are the lines that every shell needs first; ``commands`` work in any order after them."""

    setup: tuple[str, ...]
    commands: tuple[str, ...]


def keep(running: DemoEnvironment, environ: Mapping[str, str]) -> Kept:
    """Write the files into the demo's folder, which goes when the demo ends. ``environ`` points AWS tools at
    the embedded AWS."""
    folder = running.folder
    config = folder / CONFIGURATION.name
    shutil.copytree(CONFIGURATION.parent, folder, dirs_exist_ok=True)
    variables = {**environ, **running.variables, "BRIDGE_CONFIG": str(config)}
    env_file = folder / "demo.env"
    env_file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
    env_file.chmod(0o600)
    return Kept(
        ("unset AWS_PROFILE", f". {shlex.quote(str(env_file))}"),
        tuple(_commands(running, running.state)),
    )


def _commands(running: DemoEnvironment, checkpoints: Path) -> list[str]:
    lag = shlex.join(["--checkpoints", str(checkpoints)])
    resources = running.resources
    return [
        f"stream-bridge tail --bus {resources.bus}",
        f"stream-bridge doctor {lag}",
        *(f"stream-bridge reconcile plan --table {table} {lag}" for table in TABLES),
        "stream-bridge quarantine list",
        f'python -c "{_COUNT}"',
        f"aws dynamodb put-item --table-name Users --item '{_ITEM}'",
        f"aws sqs receive-message --queue-url {resources.bus_queue.url}",
        f"aws sqs receive-message --queue-url {resources.topic_queue.url}",
        "aws dynamodb scan --table-name Orders",
    ]

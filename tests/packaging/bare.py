"""A Python process that has nothing but its standard library and an unpacked package, as in Lambda."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

_HANDLE = """
import json, sys
sys.path.insert(0, {task!r})
class Context:
    function_name, memory_limit_in_mb = "stream-bridge", "512"
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-west-1:123456789012:function:stream-bridge", "1"
    def get_remaining_time_in_millis(self):
        return 60_000
import importlib
handler = importlib.import_module("bridge.lambdas.{handler}").handler
answers = [handler(event, Context()) for event in json.load(sys.stdin)]
origins = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print("\\n" + json.dumps({{"answers": answers, "origins": origins}}))
"""


def unpack(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def run(script: str, *, given: str = "", **environment: str) -> str:
    """Standard output of ``script``: isolated (-I), without site-packages (-S), as a package finds it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ.get("PATH", ""), "AWS_DEFAULT_REGION": "eu-west-1", **environment},
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def invoke(
    task: Path, events: list[Any], *, handler: str = "stream", **environment: str
) -> tuple[list[Any], list[str], list[str]]:
    """Answers to ``events``, lines of standard output, and the files that modules came from."""
    script = _HANDLE.format(task=str(task), handler=handler)
    settings = {"BRIDGE_CONFIG": str(task / "bridge.yaml"), **environment}
    *lines, last = run(script, given=json.dumps(events), **settings).splitlines()
    reported = json.loads(last)
    return reported["answers"], lines, reported["origins"]

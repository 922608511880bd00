"""The command line in this process, and a small project for it to work on."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.app import run

CONFIG = """\
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks:
  domain: {kind: eventbridge, bus: "${EVENT_BUS}"}
  billing: {kind: sns, topic: "arn:aws:sns:eu-central-1:123456789012:billing"}
quarantine: {kind: directory, path: ./quarantine}
tables:
  Users:
    subject: user/{$.key.id}
    sink: domain
    events:
      - type: com.example.user.created
        op: insert
        versions: [{schema: "1.0.0", data: {id: $.key.id, balance: $.after.balance}}]
      - type: com.example.user.noted
        op: modify
        when: {changed: [/note]}
        versions: ["1.0.0"]
        sink: billing
      - type: com.example.user.renamed
        op: modify
        when: {changed: [/name]}
        versions: ["1.0.0"]
"""
TYPES = ("com.example.user.created", "com.example.user.noted", "com.example.user.renamed")


@dataclass(frozen=True)
class Done:
    """What one command line did."""

    code: int
    out: bytes
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The JSON lines on stderr about records that would fail."""
        lines = [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]
        return [line for line in lines if "reason" in line]

    @property
    def last_line(self) -> str:
        return self.err.splitlines()[-1]


@dataclass(frozen=True)
class Shell:
    """``stream-bridge`` in a folder that holds a project."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[bytes]

    def run(self, *words: str, stdin: bytes = b"") -> Done:
        self.monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the command line puts its own there
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        code = run(words)
        out, err = self.capture.readouterr()
        return Done(code, out, err.decode())

    def write(self, name: str, content: str | bytes | Mapping[str, Any] | Sequence[Any]) -> str:
        """A file of the project; anything but text and bytes is written as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return name

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


def project(shell: Shell) -> None:
    """Three types of events about Users, on a bus and a topic."""
    shell.write("bridge.yaml", CONFIG)
    shell.write("event_schemas/registry.yaml", "base: https://schemas.example.com\n")
    for name in TYPES:
        folder = f"event_schemas/{name}"
        required = "id" if name.endswith("created") else "key"
        document = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"https://schemas.example.com/{name}/1.0.0.json",
            "description": "For tests.",
            "type": "object",
            "required": [required],
            "properties": {"id": {"type": "string", "maxLength": 20}},
        }
        shell.write(f"{folder}/1.0.0.json", document)
        shell.write(f"{folder}/meta.yaml", "summary: For tests.\nowner: {team: tests, contact: tests}\n")
        shell.write(f"{folder}/examples/1.0.0/valid/one.json", {required: "u-1"})
        shell.write(f"{folder}/examples/1.0.0/invalid/none.required.json", {})

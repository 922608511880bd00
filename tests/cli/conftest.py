"""A project in a folder of its own, and a shell in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell, project


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVENT_BUS", "domain")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    for name in ("BRIDGE_CONFIG", "STREAM_BRIDGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    made = Shell(tmp_path, monkeypatch, capsysbinary)
    project(made)
    return made

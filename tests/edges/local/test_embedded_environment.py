"""No part of the embedded AWS can reach a real one: all that it starts with is listed here by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.edges.local.embedded import _PASSED_ON, _environment


def test_the_server_has_its_own_home_and_address_and_nothing_of_the_callers_aws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in _PASSED_ON:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/where/programs/are")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_ACCESS_KEY_ID", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "the caller's")
    found = _environment(4567, Path("/home/of/it"), "DEBUG")
    assert found == {
        "PATH": "/where/programs/are",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": "4567",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": "000000000000",
        "MINISTACK_REGION": "us-east-1",
        "LOG_LEVEL": "DEBUG",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFTP_HOST": "127.0.0.1",
        "DOCKER_HOST": "unix:///home/of/it/no-docker.sock",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "STATE_DIR": "/home/of/it/state",
        "S3_DATA_DIR": "/home/of/it/s3",
        "HOME": "/home/of/it",
        "TMPDIR": "/home/of/it",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4567",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

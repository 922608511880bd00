"""Fixtures that every test may use: the embedded AWS, and how hard Hypothesis works.

``BRIDGE_TEST_ENDPOINT`` sends the ``aws`` fixture to another endpoint (DynamoDB Local, another emulator).
Such an endpoint is never reset. Without it no test talks past loopback.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from bridge.edges.local.embedded import EmbeddedAws
from tests.builders.aws import Aws
from tests.plugins import planned, reached

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI", "").lower() in ("1", "true") else "default")

ENDPOINT = os.environ.get("BRIDGE_TEST_ENDPOINT", "")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(reached)
    config.pluginmanager.register(planned)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for an AWS is marked so, and can be chosen or left out with ``-m``."""
    for item in items:
        if {"aws", "embedded_aws"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.embedded)


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """One MiniStack for this worker, with whatever earlier tests left in it."""
    with EmbeddedAws() as server:
        yield server


@pytest.fixture(scope="session")
def _aws(request: pytest.FixtureRequest) -> Aws:
    """Clients are made once: it costs more than a reset."""
    if ENDPOINT:
        return Aws(ENDPOINT, shared=True)
    server: EmbeddedAws = request.getfixturevalue("embedded_aws")
    return Aws(server.endpoint_url, shared=False)


@pytest.fixture
def aws(request: pytest.FixtureRequest, _aws: Aws) -> Aws:
    """An empty AWS; or, with ``BRIDGE_TEST_ENDPOINT``, one to share with others."""
    if not _aws.shared:
        request.getfixturevalue("embedded_aws").reset()
    return _aws

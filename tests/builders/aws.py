"""AWS clients for tests: an endpoint, credentials without any access, and names that do not collide."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"


def client(service: str, endpoint_url: str, **settings: Any) -> Any:
    """A boto3 client of ``endpoint_url``. ``settings`` go into botocore's ``Config``."""
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint_url,
        region_name=os.environ.get("AWS_REGION", REGION),
        config=Config(**{"retries": {"total_max_attempts": 2}, **settings}),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@dataclass
class Aws:
    """What the ``aws`` fixture gives: clients of the endpoint under test, made once each."""

    endpoint_url: str
    shared: bool
    """Another endpoint than our own: it is never reset, so names must not collide and things be removed."""
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = client(service, self.endpoint_url)
        return self._clients[service]

    def name(self, base: str) -> str:
        """``base``, made unique where the endpoint is shared."""
        return f"{base}-{self._run}" if self.shared else base

"""boto3 as the product meets it: a client for each service, which hands every call to the peer it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

REGION = "eu-central-1"
ACCOUNT_ID = "123456789012"

Choose = Callable[[Mapping[str, Any]], Any]
"""The peer that a request is for."""
OnCall = Callable[[str, str, Mapping[str, Any]], None]
"""Hears of every call: service, method and request."""


class Client:
    """A boto3 client. Its events reach nobody: the peers speak botocore's language already."""

    def __init__(self, service: str, choose: Choose, on_call: OnCall) -> None:
        self.meta = SimpleNamespace(
            events=SimpleNamespace(register=_nothing, emit=_nothing),
            endpoint_url=f"https://{service}.{REGION}.amazonaws.com",
            region_name=REGION,
            service_model=None,
        )
        self._service, self._choose, self._on_call = service, choose, on_call
        self._last: Any = None

    def unheard(self) -> None:
        """The answer to the last call came too late."""
        told = getattr(self._last, "unheard", None)
        if told is not None:
            told()

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)
        return _Method(self, method)

    def call(self, method: str, request: dict[str, Any]) -> Any:
        self._on_call(self._service, method, request)
        self._last = peer = self._choose(request)
        return getattr(peer, method)(**request)


class _Method:
    """Names its client as a bound method does."""

    def __init__(self, client: Client, name: str) -> None:
        self.__self__ = client
        self._name = name

    def __call__(self, **request: Any) -> Any:
        return self.__self__.call(self._name, request)


class Session:
    """``boto3.session.Session``. ``make`` is set for the time of a run."""

    make: Callable[[str], Client]

    def __init__(self, region_name: str | None = None) -> None:
        self.region_name = region_name or REGION

    def client(self, service: str, **_: Any) -> Client:
        return self.make(service)


def _nothing(*_: Any, **__: Any) -> None:
    """Nobody listens."""

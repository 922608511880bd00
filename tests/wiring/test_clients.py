"""The clients that everything shares: they say who calls, and do no work that the service does anyway."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from bridge import __version__
from bridge.errors import ClientNotMade
from bridge.wiring.clients import ClientFactory, client_factory


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> ClientFactory:
    """Clients whose calls never leave this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    make = client_factory(region="eu-central-1", endpoint_url="http://127.0.0.1:9")

    def client(service: str) -> Any:
        made = make(service)
        made.meta.events.register("before-call", lambda **_: (SimpleNamespace(status_code=200), {"ok": 1}))
        return made

    return client


def test_every_call_says_that_it_is_ours(clients: ClientFactory) -> None:
    for service in ("dynamodb", "events", "s3"):
        assert clients(service).meta.config.user_agent.startswith(f"stream-bridge/{__version__} Boto3/")


def test_requests_of_many_keys_are_checked_by_the_service_alone(clients: ClientFactory) -> None:
    too_short: dict[str, Any] = {"RequestItems": {"t": {"Keys": []}}}
    assert clients("dynamodb").batch_get_item(**too_short) == {"ok": 1}
    with pytest.raises(ParamValidationError, match="Invalid length for parameter Entries"):
        clients("events").put_events(Entries=[])


def test_a_missing_region_and_an_unknown_profile_are_reported_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(ClientNotMade, match=r"the client of schemas cannot be created: .*AWS_DEFAULT_REGION"):
        client_factory()("schemas")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ClientNotMade, match="nobody") as caught:
        client_factory()("schemas")
    assert "AWS_PROFILE" in caught.value.hint
    assert "Region" not in caught.value.hint


@pytest.mark.parametrize("endpoint", ["notaurl", "http://", "http://[::1", "http://localhost:99999"])
@pytest.mark.parametrize("way", ["option", "variable"])
def test_an_endpoint_that_is_no_url_is_reported_with_the_form_to_write(
    endpoint: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint if way == "variable" else "http://localhost:1")
    with pytest.raises(ClientNotMade) as caught:
        client_factory(endpoint_url=endpoint if way == "option" else None, region="eu-central-1")("events")
    assert "http://host:port" in caught.value.hint


def test_a_region_that_cannot_be_one_is_reported_as_such() -> None:
    with pytest.raises(ClientNotMade) as caught:
        client_factory(region="a b")("events")
    assert "--region" in caught.value.hint

"""What bridge.yaml says about quarantine and claim check is what is built, asked for and retried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.core.events.claim_check import Claim
from bridge.edges.local.memory import MemoryQuarantine
from bridge.errors import QuarantineUnavailable, TargetMissing
from bridge.ports.quarantine import Quarantined
from bridge.ports.telemetry import Silence
from bridge.schemas.documents.schema_set import SchemaSet
from bridge.settings import Settings, read_settings
from bridge.wiring.bridge import (
    Configuration,
    build_claim_check,
    build_quarantine,
    build_relay,
    check_targets,
    memory_claim_check,
)
from bridge.wiring.clients import client_factory
from tests.fakes.clients.aws_peer import AwsPeer
from tests.fakes.clients.s3 import S3Client
from tests.fakes.clients.sqs import SqsClient

CONFIG = """
version: 1
source: com.example.accounts
sinks: {{bus: {{kind: memory}}}}
quarantine: {quarantine}
{claim_check}
tables:
  Users:
    subject: user/{{$.key.id}}
    events: [{{type: com.example.user.created, op: insert, versions: ["1.0.0"]}}]
"""
CLAIM = Claim("com.example.user.created.v1", b'{"n":1}')
ENTRY = Quarantined({"eventID": "e1"}, "e1", "Users", "r", "s", "m", "h", "2026-11-01T12:00:00Z", "1")


def settings(quarantine: str = "{kind: directory, path: q}", claim_check: str = "") -> Settings:
    text = CONFIG.format(quarantine=quarantine, claim_check=claim_check and f"claim_check: {claim_check}")
    return read_settings(text.encode(), "bridge.yaml", Path(), {})


def relay(made: Settings, **clients: AwsPeer) -> Any:
    configuration = Configuration(made, SchemaSet({}), {})
    return build_relay(configuration, {}, Silence(), client=lambda service: clients[service])


def test_quarantined_records_go_to_the_configured_bucket_and_prefix() -> None:
    s3 = S3Client("bad-records")
    made = settings("{kind: s3, bucket: bad-records, prefix: users, kms_key: alias/bad}")
    build_quarantine(made, lambda service: {"s3": s3}[service]).put(ENTRY)
    ((key, kept),) = s3.objects.items()
    assert (key.split("/")[0], kept.encryption, kept.kms_key) == ("users", "aws:kms", "alias/bad")


def test_a_queue_takes_what_is_quarantined_and_is_asked_how_much_it_takes() -> None:
    sqs = SqsClient()
    bridge = relay(settings(f"{{kind: sqs, queue: '{sqs.url}'}}"), sqs=sqs)
    check_targets(bridge)
    assert sqs.calls["GetQueueAttributes"] == 1
    bridge.quarantine.put(ENTRY)
    assert len(sqs.messages) == 1


def test_a_claim_check_keeps_data_where_dry_runs_say_it_will_be() -> None:
    s3 = S3Client("large-events")
    made = settings(claim_check="{bucket: large-events, prefix: big, kms_key: alias/big}")
    real, dry = build_claim_check(made, lambda service: {"s3": s3}[service]), memory_claim_check(made)
    assert real is not None
    assert dry is not None
    real.store(CLAIM)
    assert [(key, kept.kms_key) for key, kept in s3.objects.items()] == [(f"big/{CLAIM.name}", "alias/big")]
    assert real.locate(CLAIM) == dry.locate(CLAIM) == f"s3://large-events/big/{CLAIM.name}"


def test_without_a_claim_check_there_is_none_wet_or_dry() -> None:
    assert build_claim_check(settings()) is None
    assert memory_claim_check(settings()) is None


def test_a_claim_check_that_is_not_there_is_found_at_start_up(tmp_path: Path) -> None:
    s3 = S3Client("other-bucket")
    made = settings(f"{{kind: directory, path: {tmp_path}}}", "{bucket: large-events}")
    with pytest.raises(TargetMissing, match="large-events"):
        check_targets(relay(made, s3=s3))


def test_a_quarantine_that_cannot_be_reached_is_found_at_start_up(tmp_path: Path) -> None:
    (tmp_path / "q").write_text("in the way")
    with pytest.raises(QuarantineUnavailable):
        check_targets(relay(settings(f"{{kind: directory, path: {tmp_path / 'q'}}}")))


def test_no_client_is_made_where_everything_stands_in_memory() -> None:
    """A dry run asks for no region and no credentials, whatever bridge.yaml names."""
    made = settings("{kind: s3, bucket: bad-records}", "{bucket: large-events}")
    configuration = Configuration(made, SchemaSet({}), {})
    asked: list[str] = []
    bridge = build_relay(
        configuration,
        {},
        Silence(),
        quarantine=MemoryQuarantine(),
        claim_check=memory_claim_check(made),
        client=asked.append,
    )
    check_targets(bridge)
    assert asked == []


@pytest.mark.parametrize(
    ("service", "attempts"),
    [("events", 1), ("eventbridgev2", 1), ("sns", 1), ("s3", 2), ("sqs", 2), ("dynamodb", 4)],
)
def test_no_client_repeats_calls_longer_than_an_invocation_can_wait(service: str, attempts: int) -> None:
    config = client_factory(endpoint_url="http://127.0.0.1:1", region="us-east-1")(service).meta.config
    assert config.retries["total_max_attempts"] == attempts

"""The size limits of the configured sinks, online and offline alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.edges.eventbridge import v2 as eventbridge_v2
from bridge.edges.eventbridge.classic import entry_bytes
from bridge.edges.sns.topic import message_bytes
from bridge.limits import EVENTBRIDGE_BYTES, EVENTBRIDGE_V2_BYTES, SNS_BYTES
from bridge.ports.sink import Sink
from bridge.settings import Settings, read_settings
from bridge.wiring.bridge import build_sinks, memory_sinks
from tests.fakes.clients.held import held
from tests.fakes.event_builder import event

BUS_V2 = "arn:aws:events:eu-central-1:123456789012:event-busv2/domain/abcdefghijklmnopqrstuvwx1"
CONFIG = """
version: 1
source: com.example.accounts
sinks:
  bus: {{kind: eventbridge, bus: domain{limit}}}
  topic: {{kind: sns, topic: "arn:aws:sns:eu-central-1:123456789012:billing"{limit}}}
  new: {{kind: eventbridge_v2, bus: "{bus}"{limit}}}
  raw: {{kind: eventbridge_v2, bus: "{bus}", raw: true{limit}}}
quarantine: {{kind: directory, path: ./quarantine}}
tables:
  Users:
    subject: user/{{$.key.id}}
    sink: [bus, topic, new, raw]
    events: [{{type: com.example.user.created, op: insert, versions: ["1.0.0"]}}]
"""


def settings(limit: str = "") -> Settings:
    return read_settings(CONFIG.format(limit=limit, bus=BUS_V2).encode(), "bridge.yaml", Path(), {})


@held("sns")
class _Topic:
    """The one call that ``check`` makes."""

    def get_topic_attributes(self, *, TopicArn: str) -> dict[str, dict[str, str]]:
        return {"Attributes": {"TopicArn": TopicArn, "MaximumMessageSize": str(1024 * 1024)}}


def sinks(limit: str = "") -> tuple[dict[str, Sink], dict[str, Sink]]:
    real = build_sinks(settings(limit), lambda service: _Topic())
    return real, dict(memory_sinks(settings(limit)))


def test_a_memory_sink_measures_like_the_sink_it_stands_for() -> None:
    real, memory = sinks()
    one = event(0)
    assert memory["bus"].size_of(one) == real["bus"].size_of(one) == entry_bytes(one)
    assert memory["topic"].size_of(one) == real["topic"].size_of(one) == message_bytes(one)
    for name, bytes_of in (("new", eventbridge_v2.entry_bytes), ("raw", eventbridge_v2.raw_entry_bytes)):
        assert memory[name].size_of(one) == real[name].size_of(one) == bytes_of(one)
        assert memory[name].max_bytes == real[name].max_bytes == EVENTBRIDGE_V2_BYTES - 1
    assert memory["bus"].max_bytes == real["bus"].max_bytes == EVENTBRIDGE_BYTES - 1
    assert memory["topic"].max_bytes == real["topic"].max_bytes == SNS_BYTES


@pytest.mark.parametrize("name", ["bus", "topic", "new", "raw"])
def test_a_configured_limit_is_kept_by_every_sink(name: str) -> None:
    real, memory = sinks(", max_bytes: 1000")
    assert real[name].max_bytes == memory[name].max_bytes == 1000


def test_a_topic_that_takes_more_does_not_lift_a_configured_limit() -> None:
    real, _ = sinks(", max_bytes: 1000")
    real["topic"].check()
    assert real["topic"].max_bytes == 1000
    real, _ = sinks()
    real["topic"].check()
    assert real["topic"].max_bytes == 1024 * 1024

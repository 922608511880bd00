"""The AWS services that a configuration needs for one of its tables."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.settings import Settings
from bridge.settings.sinks import EventBridgeSettings, EventBridgeV2Settings, SinkSettings, SnsSettings
from bridge.settings.stores import BucketQuarantineSettings, DynamoDbLedgerSettings, QueueQuarantineSettings


@dataclass(frozen=True, slots=True)
class Uses:
    """``key``: a customer managed KMS key encrypts the stores. ``table_key``: one encrypts the table."""

    event_bus: bool = False
    event_bus_v2: bool = False
    raw_events: bool = False
    topic: bool = False
    ledger: bool = False
    quarantine_bucket: bool = False
    quarantine_queue: bool = False
    claim_check: bool = False
    fetch: bool = False
    tracing: bool = False
    key: bool = False
    table_key: bool = False
    quarantine_prefix: str = "quarantine/"
    claim_check_prefix: str = "claim-check/"

    @property
    def whole_events(self) -> bool:
        """Whether the new custom bus receives events in EventBridge's envelope."""
        return self.event_bus_v2 and not self.raw_events

    @property
    def raw_events_v2(self) -> bool:
        """Whether the new custom bus receives CloudEvents without the envelope."""
        return self.event_bus_v2 and self.raw_events

    @property
    def ledger_key(self) -> bool:
        """Whether a customer managed KMS key encrypts the ledger."""
        return self.ledger and self.key


def uses_of(settings: Settings, table: str, *, key: bool = False, table_key: bool = False) -> Uses:
    """What ``table``, named as in bridge.yaml, needs. Every sink counts, even if another table publishes to
    it, because the check at start-up calls all of them (``wiring.check_targets``)."""
    sinks = settings.sinks.values()
    quarantine, claim_check = settings.quarantine, settings.claim_check
    own_key = getattr(quarantine, "kms_key", None) or (claim_check is not None and claim_check.kms_key)
    return Uses(
        event_bus=any(isinstance(sink, EventBridgeSettings) for sink in sinks),
        event_bus_v2=any(isinstance(sink, EventBridgeV2Settings) for sink in sinks),
        raw_events=any(_is_raw(sink) for sink in sinks),
        topic=any(isinstance(sink, SnsSettings) for sink in sinks),
        ledger=isinstance(settings.ledger, DynamoDbLedgerSettings),
        quarantine_bucket=isinstance(quarantine, BucketQuarantineSettings),
        quarantine_queue=isinstance(quarantine, QueueQuarantineSettings),
        claim_check=claim_check is not None,
        fetch=any(kind.settings.fetch is not None for kind in settings.kinds() if kind.table == table),
        tracing=settings.telemetry.tracing == "xray",
        key=key or bool(own_key),
        table_key=table_key,
        quarantine_prefix=_prefix(getattr(quarantine, "prefix", "quarantine/")),
        claim_check_prefix=_prefix("claim-check/" if claim_check is None else claim_check.prefix),
    )


def _is_raw(sink: SinkSettings) -> bool:
    return isinstance(sink, EventBridgeV2Settings) and sink.raw


def _prefix(text: str) -> str:
    trimmed = text.strip("/")
    return f"{trimmed}/" if trimmed else ""

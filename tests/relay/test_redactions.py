"""A redaction rule that protects nothing is seen while the bridge runs."""

from __future__ import annotations

from typing import Any

from bridge.core.jsonpath import parse_path
from bridge.core.redact import RedactRule
from bridge.relay.redactions import RedactionWatch
from bridge.relay.relay import Relay
from tests.builders.bridges import handle, relay, table
from tests.builders.records import lambda_record
from tests.fakes.telemetry import KeptTelemetry

RULES = (RedactRule(parse_path("$.mail"), "mask"), RedactRule(parse_path("$.Mail"), "drop"))


def watched(looked_at: int, *rules: RedactRule) -> tuple[Relay, KeptTelemetry]:
    bridge = relay(tables=[table(redact=rules or RULES)])
    bridge.redactions.looked_at = looked_at
    assert isinstance(bridge.telemetry, KeptTelemetry)
    return bridge, bridge.telemetry


def put(seq: int, **after: Any) -> dict[str, Any]:
    return lambda_record(op="insert", key={"id": str(seq)}, after={"id": str(seq), **after}, seq=seq)


def test_a_rule_that_never_matched_in_the_last_changes_is_a_metric_and_one_warning() -> None:
    bridge, telemetry = watched(3)
    for seq in range(1, 6):
        handle(bridge, put(seq, mail="m"))
    assert telemetry.samples["RedactionRulesUnmatched"] == [0, 0, 1, 1, 1]
    ((level, _, fields),) = [line for line in telemetry.lines if "matched nothing" in line[1]]
    assert (level, fields["path"], fields["table"], fields["changes"]) == ("warning", "$.Mail", "Users", 3)


def test_a_match_makes_the_rule_quiet_again() -> None:
    bridge, telemetry = watched(2)
    handle(bridge, put(1, mail="m"), put(2, mail="m"))
    handle(bridge, put(3, mail="m", Mail="M"))
    assert telemetry.samples["RedactionRulesUnmatched"] == [1, 0]


def test_changes_without_an_image_prove_nothing_about_a_rule() -> None:
    bridge, telemetry = watched(1)
    handle(bridge, lambda_record(op="modify", key={"id": "a"}, view="KEYS_ONLY"))
    assert telemetry.samples["RedactionRulesUnmatched"] == [0]


def test_values_of_another_shape_are_counted_also_if_the_record_is_then_quarantined() -> None:
    def refuse(data: dict[str, Any]) -> None:
        raise EventInvalid("required")

    from bridge.errors import EventInvalid
    from tests.builders.bridges import rule

    bridge = relay(
        tables=[table(rule(validate=refuse), redact=(RedactRule(parse_path("$.pii.mail"), "drop"),))]
    )
    outcome = handle(bridge, put(1, pii="4111"))
    telemetry = bridge.telemetry
    assert isinstance(telemetry, KeptTelemetry)
    assert outcome.quarantined == 1
    assert telemetry.counts["RedactionValuesDropped"] == 1
    assert "4111" not in repr(telemetry.lines)


def test_a_table_without_rules_says_nothing() -> None:
    bridge = relay()
    handle(bridge, put(1))
    assert "RedactionRulesUnmatched" not in bridge.telemetry.samples  # type: ignore[attr-defined]


def test_each_process_remembers_for_itself() -> None:
    assert RedactionWatch().since is not RedactionWatch().since

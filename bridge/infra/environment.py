"""The variables that ``infra/*.yaml`` give the functions: what bridge.yaml may name as ``${…}`` there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_REFERENCE: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}")
_COMMENT: Final = re.compile(r"(^|\s)#.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Variable:
    """``stand_in`` is a value of the right form, for where only the form counts."""

    meaning: str
    stand_in: str


ENVIRONMENT: Final[Mapping[str, Variable]] = {
    "BRIDGE_CONFIG": Variable("path of bridge.yaml in the package", "bridge.yaml"),
    "BRIDGE_TABLE": Variable("table to reconcile, as bridge.yaml names it", "Table"),
    "BRIDGE_FUNCTION": Variable("function whose lag a reconciliation looks at", "stream-bridge"),
    "MAPPING_ID": Variable(
        "event source mapping that tells a quiet stream", "00000000-0000-0000-0000-000000000000"
    ),
    "RUNS_BUCKET": Variable("bucket of reconciliations", "stand-in"),
    "EVENT_BUS": Variable("name or ARN of the event bus", "stand-in"),
    "EVENT_BUS_V2_ARN": Variable(
        "ARN of the new custom event bus",
        "arn:aws:events:us-east-1:000000000000:event-busv2/stand-in/aaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    "TOPIC_ARN": Variable("ARN of the topic", "arn:aws:sns:us-east-1:000000000000:stand-in.fifo"),
    "LEDGER_TABLE": Variable("name of the ledger's table", "stand-in"),
    "QUARANTINE_BUCKET": Variable("bucket for quarantine", "stand-in"),
    "QUARANTINE_QUEUE_URL": Variable(
        "URL of the queue for quarantine", "https://sqs.us-east-1.amazonaws.com/000000000000/stand-in"
    ),
    "CLAIM_CHECK_BUCKET": Variable("bucket for the data of large events", "stand-in"),
    "KINESIS_STREAM_ARN": Variable(
        "ARN of the Kinesis data stream", "arn:aws:kinesis:us-east-1:000000000000:stream/stand-in"
    ),
    "KMS_KEY_ARN": Variable(
        "ARN of the KMS key",
        "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000",
    ),
    "HASH_KEY": Variable("text of the secret for hash_key", "stand-in"),
    "REDACTION_KEY": Variable("text of the secret for redactions with: hmac", "stand-in"),
}


def stand_ins() -> dict[str, str]:
    """A value for each, so that a configuration can be read where nothing is deployed."""
    return {name: variable.stand_in for name, variable in ENVIRONMENT.items()}


def unknown_variables(text: str) -> list[str]:
    """What the text of a bridge.yaml asks of the environment, without a default, and the templates do not
    give."""
    found = {
        name
        for name, default in _REFERENCE.findall(_COMMENT.sub("", text))
        if not default and name not in ENVIRONMENT
    }
    return sorted(found)

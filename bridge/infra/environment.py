"""The environment variables that ``infra/*.yaml`` give the functions, and that bridge.yaml may use as
``${…}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_REFERENCE: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}")
_COMMENT: Final = re.compile(r"(^|\s)#.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Variable:
    """``sample`` is a value of the right form, for use where only the form matters."""

    meaning: str
    sample: str


ENVIRONMENT: Final[Mapping[str, Variable]] = {
    "BRIDGE_CONFIG": Variable("path of bridge.yaml in the package", "bridge.yaml"),
    "BRIDGE_TABLE": Variable("table to reconcile, as bridge.yaml names it", "Table"),
    "BRIDGE_FUNCTION": Variable("function whose lag a reconciliation checks", "stream-bridge"),
    "MAPPING_ID": Variable(
        "event source mapping that a reconciliation asks if the stream has no lag",
        "00000000-0000-0000-0000-000000000000",
    ),
    "STREAM_ARN": Variable(
        "stream that a pipe reads",
        "arn:aws:dynamodb:us-east-1:000000000000:table/Sample/stream/2026-01-01T00:00:00.000",
    ),
    "RUNS_BUCKET": Variable("bucket of reconciliations", "sample"),
    "EVENT_BUS": Variable("name or ARN of the event bus", "sample"),
    "EVENT_BUS_V2_ARN": Variable(
        "ARN of the new custom event bus",
        "arn:aws:events:us-east-1:000000000000:event-busv2/sample/aaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    "TOPIC_ARN": Variable("ARN of the topic", "arn:aws:sns:us-east-1:000000000000:sample.fifo"),
    "LEDGER_TABLE": Variable("name of the ledger's table", "sample"),
    "QUARANTINE_BUCKET": Variable("bucket for quarantine", "sample"),
    "QUARANTINE_QUEUE_URL": Variable(
        "URL of the queue for quarantine", "https://sqs.us-east-1.amazonaws.com/000000000000/sample"
    ),
    "CLAIM_CHECK_BUCKET": Variable("bucket for the data of large events", "sample"),
    "KINESIS_STREAM_ARN": Variable(
        "ARN of the Kinesis data stream", "arn:aws:kinesis:us-east-1:000000000000:stream/sample"
    ),
    "KMS_KEY_ARN": Variable(
        "ARN of the KMS key",
        "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000",
    ),
    "HASH_KEY": Variable("text of the secret for hash_key", "sample"),
    "REDACTION_KEY": Variable("text of the secret for redactions with: hmac", "sample"),
}


def sample_environment() -> dict[str, str]:
    """A value for each variable, so that a configuration can be read without a deployment."""
    return {name: variable.sample for name, variable in ENVIRONMENT.items()}


def unknown_variables(text: str) -> list[str]:
    """The variables that the text of a bridge.yaml uses without a default, and that the templates do not
    set."""
    found = {
        name
        for name, default in _REFERENCE.findall(_COMMENT.sub("", text))
        if not default and name not in ENVIRONMENT
    }
    return sorted(found)

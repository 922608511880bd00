"""The folder of a deployment: bridge.yaml and event_schemas, as an operator has them and a function is
packed with them. Runs with the same files share a folder, so nothing may write into it."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.simulation.configuration import document_of
from tests.simulation.kinds import PII_KEY
from tests.simulation.options import Options
from tests.simulation.peers.stores import QUARANTINE_BUCKET, QUARANTINE_QUEUE
from tests.simulation.recovery.boxes import GIVEN_UP_BUCKET, GIVEN_UP_QUEUE
from tests.simulation.recovery.run_stores import BUCKET as RUNS_BUCKET
from tests.simulation.schemas import DeployKind, write_schemas
from tests.simulation.world import TABLE

GRACE_S = 30
STATE = f"s3://{RUNS_BUCKET}"


def project(options: Options, deploy: DeployKind = "good", *, share: float = 1.0, kinesis: str = "") -> Path:
    """The path of bridge.yaml. ``share``: of the breaker. ``kinesis``: the changes come over this stream."""
    text = json.dumps(_document(options, share, kinesis))
    return _written(text.replace(f'"{PII_KEY.decode()}"', '"${PII_KEY}"'), deploy)


def _document(options: Options, share: float, kinesis: str) -> dict[str, Any]:
    document = document_of(
        "dynamodb" if options.ledger == "dynamodb" else "none",
        options.keep,
        options.heal,
        options.claim_check,
        options.entities,
        options.account.billing,
    )
    document["hash_key"] = "${HASH_KEY}"
    document["breaker"] = {"share": share, "at_least": options.breaker_at_least}
    if options.quarantine == "sqs":
        document["quarantine"] = {"kind": "sqs", "queue": QUARANTINE_QUEUE}
    else:
        document["quarantine"] = {"kind": "s3", "bucket": QUARANTINE_BUCKET}
    if options.recovery.boxes == "sqs":
        document["mapping"] = {"on_failure": {"kind": "sqs", "queue": GIVEN_UP_QUEUE}}
    else:
        document["mapping"] = {"on_failure": {"kind": "s3", "bucket": GIVEN_UP_BUCKET}}
    document["tables"][TABLE] = {**document["tables"][TABLE], "reconcile": {"grace": GRACE_S}}
    if kinesis:
        document["tables"][TABLE]["kinesis"] = kinesis
        document["ledger"] = {"kind": "memory"}
    document["telemetry"] = {"level": "warning"}
    return document


@lru_cache(maxsize=256)
def _written(text: str, deploy: DeployKind) -> Path:
    folder = _root() / f"{deploy}-{blake2b(text.encode(), digest_size=8).hexdigest()}"
    write_schemas(folder / "event_schemas", deploy)
    config = folder / "bridge.yaml"
    config.write_text(text, encoding="utf-8")
    return config


@lru_cache
def _root() -> Path:
    """For the life of this process."""
    folder = Path(tempfile.mkdtemp(prefix="simulation-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder

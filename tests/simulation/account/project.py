"""The folder of a deployment: bridge.yaml and event_schemas, as an operator has them and a function is
packed with them."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import weakref
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.simulation.configuration import document_of
from tests.simulation.options import Options
from tests.simulation.peers.stores import QUARANTINE_BUCKET, QUARANTINE_QUEUE
from tests.simulation.recovery.boxes import GIVEN_UP_BUCKET, GIVEN_UP_QUEUE
from tests.simulation.recovery.run_stores import BUCKET as RUNS_BUCKET
from tests.simulation.schemas import DeployKind, write_schemas
from tests.simulation.world import TABLE

GRACE_S = 30
STATE = f"s3://{RUNS_BUCKET}"


class Project:
    """One folder for each deployment that was asked for; they end with the run."""

    def __init__(self, options: Options) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="simulation-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._options = options

    def config(self, deploy: DeployKind = "good", *, share: float = 0.5) -> Path:
        """The path of bridge.yaml. ``share``: of the breaker."""
        folder = self.folder / f"{deploy}-{share}"
        config = folder / "bridge.yaml"
        if not config.exists():
            shutil.copytree(_schemas(deploy), folder / "event_schemas")
            config.write_text(json.dumps(self._document(share), indent=1), encoding="utf-8")
        return config

    def _document(self, share: float) -> dict[str, Any]:
        options = self._options
        document = document_of(
            "dynamodb" if options.ledger == "dynamodb" else "none",
            options.keep,
            options.heal,
            options.claim_check,
            options.entities,
        )
        document["hash_key"] = "${HASH_KEY}"
        document["breaker"] = {"share": share, "at_least": options.breaker_at_least}
        if options.quarantine == "sqs":
            document["quarantine"] = {"kind": "sqs", "queue": QUARANTINE_QUEUE}
        else:
            document["quarantine"] = {"kind": "s3", "bucket": QUARANTINE_BUCKET}
        boxes = options.recovery.boxes
        if boxes == "s3":
            document["mapping"] = {"on_failure": {"kind": "s3", "bucket": GIVEN_UP_BUCKET}}
        elif boxes == "sqs":
            document["mapping"] = {"on_failure": {"kind": "sqs", "queue": GIVEN_UP_QUEUE}}
        document["tables"][TABLE] = {**document["tables"][TABLE], "reconcile": {"grace": GRACE_S}}
        document["telemetry"] = {"level": "warning"}
        return document


@lru_cache
def _schemas(deploy: DeployKind) -> Path:
    """Written once for the life of this process."""
    folder = Path(tempfile.mkdtemp(prefix="simulation-schemas-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_schemas(folder, deploy)
    return folder

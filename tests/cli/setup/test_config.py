"""``stream-bridge config``."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema_rs


def test_the_schema_for_editors_is_one_valid_json_schema_on_stdout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "config", "schema"], capture_output=True, text=True, check=True
    )
    schema = json.loads(done.stdout)
    jsonschema_rs.meta.validate(schema)
    assert {"version", "source", "sinks", "tables"} <= set(schema["properties"])
    assert done.stderr == ""

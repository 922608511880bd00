"""Validators of the official schemas in this folder."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

_FOLDER = Path(__file__).parent


@cache
def _validator(name: str) -> Any:
    text = (_FOLDER / name).read_text("utf-8")
    # This pattern of SARIF has a bracket too many, so that it is no regular expression of ECMA-262.
    schema = json.loads(
        text.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")
    )
    return jsonschema_rs.validator_for(schema)


def asyncapi_errors(document: Any) -> list[str]:
    """Where an AsyncAPI 3.0.0 document breaks the official schema."""
    return _errors("asyncapi-3.0.0.json", document)


def sarif_errors(document: Any) -> list[str]:
    """Where a SARIF 2.1.0 log breaks its schema."""
    return _errors("sarif-2.1.0.json", document)


def _errors(name: str, document: Any) -> list[str]:
    found = _validator(name).iter_errors(document)
    return [f"/{'/'.join(map(str, each.instance_path))}: {each.message[:200]}" for each in found]

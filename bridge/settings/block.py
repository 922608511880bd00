"""What every block of bridge.yaml is made of. Each is a frozen model; what a description says is what the
reference prints."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


def shown_default(text: str) -> dict[str, Any]:
    """What the reference prints as a default that depends on other settings."""
    return {"x-default": text}


class Block(BaseModel):
    """One mapping of the file: unknown keys are refused, and inputs never reach a message."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=())

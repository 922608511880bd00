"""The account that the credentials belong to."""

from __future__ import annotations

from typing import Any

from bridge.edges.answers.errors import AwsTarget
from bridge.errors import SourceUnavailable


def account_of(sts: Any) -> str:
    """Needs no permission (docs: GetCallerIdentity). Raises ``AccessDenied`` without credentials, and
    ``SourceUnavailable``."""
    target = AwsTarget(sts, "sts", "the account of the credentials", SourceUnavailable)
    return str(target.call("GetCallerIdentity")["Account"])

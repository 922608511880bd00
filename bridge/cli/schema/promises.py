"""What must hold before a version is published or locked: from then on it cannot be taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bridge.cli.schema.options import LIMIT_S
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.schemas.documents.schema_set import SchemaSet


def hold_promises(schemas: SchemaSet) -> None:
    """Raises ``ConfigurationError`` with every finding of ``schema check``: breaks, what is not proven and
    not waived, version numbers that say too little."""
    from bridge.schemas.compatibility.compare import Comparer
    from bridge.schemas.evolution.promises import check_types

    comparer = Comparer({schema.id: schema.document for schema in schemas}, limit_s=LIMIT_S)
    reports = check_types(schemas, comparer.compare, today=datetime.now(UTC).date())
    findings = [finding for report in reports for judged in report.pairs for finding in judged.findings]
    if wrong := [finding for finding in findings if finding.severity == "error"]:
        raise ConfigurationError(wrong)

"""Regenerate the golden events: ``python -m tests.golden.regenerate`` at the root of the repository.

Every file of ``examples/records`` is rendered with ``examples/bridge.yaml``; ``tests/golden/sources.py`` adds
the other sources. Check the differences before you commit them: subscribers see exactly these bytes.
"""

from __future__ import annotations

from pathlib import Path

from bridge.cli.records.files import read_records
from bridge.cli.records.preview import Previewer
from bridge.wiring.bridge import load_configuration
from tests.builders.places import ROOT
from tests.golden import sources as source_goldens

RECORDS = ROOT / "examples" / "records"
GOLDEN = ROOT / "tests" / "golden"
ENVIRONMENT = {
    "EVENT_BUS": "domain",
    "BILLING_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:billing.fifo",
    "QUARANTINE_DIR": "quarantine",
    "PII_KEY": "golden-golden-golden-golden-golden",
}


def sources() -> list[Path]:
    return sorted(RECORDS.glob("*.json"))


def golden_of(source: Path) -> Path:
    return GOLDEN / f"{source.stem}.ndjson"


def render(source: Path) -> tuple[bytes, list[str]]:
    """The events of one example as lines, and why records of it would be quarantined."""
    configuration = load_configuration(ROOT / "examples" / "bridge.yaml", ENVIRONMENT)
    previewer = Previewer(configuration)
    with source.open("rb") as stream:
        previews = [previewer.preview(record) for record in read_records(stream, source.name)]
    lines = b"".join(event.body + b"\n" for preview in previews for event in preview.events)
    return lines, [preview.why for preview in previews if preview.end == "quarantined"]


def main() -> None:
    for source in sources():
        golden_of(source).write_bytes(render(source)[0])
    source_goldens.main()


if __name__ == "__main__":
    main()

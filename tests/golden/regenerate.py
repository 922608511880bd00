"""Regenerate the golden events: ``python -m tests.golden.regenerate`` at the root of the repository.

Every file of ``examples/records`` is rendered with ``examples/bridge.yaml``, and those of
``examples/single-table`` with the one there; ``tests/golden/sources.py`` adds
the other sources. Check the differences before you commit them: subscribers see exactly these bytes.
"""

from __future__ import annotations

from pathlib import Path

from bridge.cli.records.files import read_records
from bridge.cli.records.preview import Previewer
from bridge.wiring.bridge import load_configuration
from tests.builders.places import ROOT
from tests.golden import sources as source_goldens

EXAMPLES = ROOT / "examples"
SINGLE_TABLE = EXAMPLES / "single-table"
GOLDEN = ROOT / "tests" / "golden"
ENVIRONMENT = {
    "EVENT_BUS": "domain",
    "BILLING_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:billing.fifo",
    "QUARANTINE_DIR": "quarantine",
    "PII_KEY": "golden-golden-golden-golden-golden",
}


def sources(examples: Path = EXAMPLES) -> list[Path]:
    """The records of the examples with two plain tables, or of another folder of examples."""
    return sorted(examples.glob("records/*.json"))


def every_source() -> list[Path]:
    return [*sources(), *sources(SINGLE_TABLE)]


def golden_of(source: Path) -> Path:
    folder = GOLDEN / "single_table" if SINGLE_TABLE in source.parents else GOLDEN
    return folder / f"{source.stem}.ndjson"


def render(source: Path) -> tuple[bytes, list[str]]:
    """The events of one example as lines, and why records of it would be quarantined."""
    configuration = load_configuration(source.parent.parent / "bridge.yaml", ENVIRONMENT)
    previewer = Previewer(configuration)
    with source.open("rb") as stream:
        previews = [previewer.preview(record) for record in read_records(stream, source.name)]
    lines = b"".join(event.body + b"\n" for preview in previews for event in preview.events)
    return lines, [preview.why for preview in previews if preview.end == "quarantined"]


def main() -> None:
    for source in every_source():
        golden_of(source).write_bytes(render(source)[0])
    source_goldens.main()


if __name__ == "__main__":
    main()

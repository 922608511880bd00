"""The committed reference is what the models say."""

from __future__ import annotations

from tests.builders.places import ROOT
from tests.settings.reference import COMMAND, render_reference


def test_the_committed_reference_is_up_to_date() -> None:
    committed = ROOT / "docs" / "configuration.md"
    assert committed.read_text(encoding="utf-8") == render_reference(), f"regenerate it: {COMMAND}"


def test_the_reference_names_every_block() -> None:
    text = render_reference()
    for heading in (
        "The file",
        "`sinks.<name>` of kind `sns`",
        "`quarantine` of kind `sqs`",
        "`tables.<name>.events[].versions[]`",
        "`mapping`",
    ):
        assert f"## {heading}\n" in text
    assert "## `schema_cache`" in text

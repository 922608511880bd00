"""A package for this machine, built once: of what is installed, so that no index is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.packaging.__main__ import HERE, ROOT
from infra.packaging.libraries import from_installed
from infra.packaging.package import Package, build
from tests.packaging.bare import unpack

LOCK = ROOT / "requirements" / "runtime.txt"


def local_configuration(folder: Path) -> Path:
    """The sample domain with sinks that need no AWS."""
    text = (ROOT / "examples" / "bridge.yaml").read_text()
    for line, kind in (
        ('{kind: eventbridge, bus: "${EVENT_BUS:-domain-events}"}', "{kind: stdout}"),
        (
            '{kind: sns, topic: "${BILLING_TOPIC_ARN:-arn:aws:sns:eu-west-1:123456789012:billing.fifo}"}',
            "{kind: memory}",
        ),
        ("ledger: {kind: memory}", "ledger: {kind: none}"),
        ("schemas: ../event_schemas", f"schemas: {ROOT / 'event_schemas'}"),
    ):
        assert line in text
        text = text.replace(line, kind)
    config = folder / "bridge.yaml"
    config.write_text(text)
    return config


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("package")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARANTINE_DIR", str(folder))
        patch.setenv("PII_KEY", "x" * 32)
        return build(
            from_installed(LOCK),
            root=ROOT,
            config=local_configuration(folder),
            schemas=None,
            python=HERE,
            out=folder / "here.zip",
        )


@pytest.fixture(scope="session")
def task(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package where Lambda would have unpacked it."""
    return unpack(package.path, tmp_path_factory.mktemp("task"))

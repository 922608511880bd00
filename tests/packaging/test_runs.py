"""The package runs where there is nothing else."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from infra.packaging.__main__ import HERE, ROOT
from infra.packaging.libraries import PackagingError, fetch, from_wheels
from infra.packaging.package import build
from tests.golden.regenerate import ENVIRONMENT, golden_of, sources
from tests.packaging.bare import invoke, run, unpack
from tests.packaging.conftest import LOCK, local_configuration

KEY = ENVIRONMENT["PII_KEY"]


def _published_as_golden(task: Path, quarantine: Path) -> None:
    events = [json.loads(source.read_text()) for source in sources()]
    answers, lines, origins = invoke(task, events, QUARANTINE_DIR=str(quarantine), PII_KEY=KEY)
    assert answers == [{"batchItemFailures": []}] * len(events)
    reported = [line for line in lines if line.startswith('{"specversion"')]
    golden = [line for source in sources() for line in golden_of(source).read_text().splitlines()]
    assert sorted(set(reported)) == sorted(set(golden))
    standard = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(task), "")
    assert [name for name in origins if name and not name.startswith(standard[:3])] == []
    assert not [name for name in origins if "site-packages" in name]


def test_examples_become_their_golden_events_with_nothing_but_the_package(task: Path, tmp_path: Path) -> None:
    _published_as_golden(task, tmp_path)


def test_the_wheels_for_x86_64_are_the_same_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way of ``make package``, for this Python: wheels by the lock, packed, unpacked, run. Without
    an index there is nothing to try; in CI there must be one."""
    monkeypatch.setenv("QUARANTINE_DIR", str(tmp_path))
    monkeypatch.setenv("PII_KEY", KEY)
    try:
        wheels = fetch(LOCK, "x86_64", HERE, ROOT / "build" / "wheels")
    except PackagingError as error:
        if _in_ci():
            raise
        pytest.skip(f"no wheels: {error}")
    config = local_configuration(tmp_path)
    out = tmp_path / "stream-bridge-x86_64.zip"
    built = build(from_wheels(wheels), root=ROOT, config=config, schemas=None, python=HERE, out=out)
    assert built.unzipped_bytes < 60_000_000
    if not _is_linux_x86_64():
        pytest.skip("built; a package for Linux on x86_64 does not run here")
    _published_as_golden(unpack(out, tmp_path / "task"), tmp_path / "quarantine")


def test_every_module_of_the_package_can_be_imported_in_it(task: Path) -> None:
    """Those that a configuration asks for only now and then (sinks, stores, tracing) lack nothing either."""
    names = sorted(
        ".".join(path.relative_to(task).with_suffix("").parts).removesuffix(".__init__")
        for path in (task / "bridge").rglob("*.py")
    )
    assert "bridge.lambdas.stream" in names
    script = f"""
import sys
sys.path.insert(0, {str(task)!r})
import importlib
for name in {names!r}:
    importlib.import_module(name)
from cloudevents.core.v1.event import CloudEvent
from jsonpath_ng.ext.parser import parse
parse("$.a[?(@.b > 1)]")
"""
    run(script)


def test_every_service_that_the_bridge_talks_to_has_its_client_in_the_package(task: Path) -> None:
    services = sorted(path.name for path in (task / "botocore" / "data").iterdir() if path.is_dir())
    assert {"dynamodb", "events", "eventbridgev2", "s3", "sns", "sqs"} <= set(services)
    script = f"""
import sys
sys.path.insert(0, {str(task)!r})
from bridge.wiring.clients import client_factory
client = client_factory()
print(*[client(service).meta.service_model.service_name for service in {services!r}])
"""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    assert run(script, **keys).split() == services


def test_a_traced_batch_needs_nothing_more(task: Path, tmp_path: Path) -> None:
    text = (task / "bridge.yaml").read_text()
    config = tmp_path / "bridge.yaml"
    config.write_text(
        text.replace("schemas: ./event_schemas", f"schemas: {task / 'event_schemas'}")
        + "\ntelemetry: {tracing: xray}\n"
    )
    event = json.loads(sources()[0].read_text())
    answers, _, origins = invoke(
        task,
        [event],
        BRIDGE_CONFIG=str(config),
        QUARANTINE_DIR=str(tmp_path),
        PII_KEY=KEY,
        AWS_XRAY_DAEMON_ADDRESS="127.0.0.1:9",
        _X_AMZN_TRACE_ID="Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    )
    assert answers == [{"batchItemFailures": []}]
    assert any("aws_xray_sdk" in name for name in origins)


def _is_linux_x86_64() -> bool:
    return sys.platform == "linux" and sysconfig.get_platform().endswith("x86_64")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")

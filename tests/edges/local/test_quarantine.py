"""What a quarantine directory looks like on disk."""

from __future__ import annotations

import base64
import json
import resource
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bridge.edges.local.quarantine import DirectoryQuarantine
from bridge.errors import BridgeError, EntryMissing, QuarantineUnavailable
from bridge.ports.quarantine import Quarantined


def _quarantined(
    record: Mapping[str, Any] | None = None, record_id: str = "e1", number: int = 1
) -> Quarantined:
    return Quarantined(
        record=record or {"eventID": record_id},
        record_id=record_id,
        table="Users",
        reason="malformed_record",
        stage="decode",
        message="no dynamodb",
        hint="",
        time="2026-11-01T12:00:00Z",
        version="0.1.0",
        sequence=f"2026-10-01T00:00:00.000/{number:040d}",
    )


@pytest.fixture
def store(tmp_path: Path) -> DirectoryQuarantine:
    return DirectoryQuarantine(tmp_path / "deep" / "quarantine")


def test_directory_and_files_are_closed_to_others(store: DirectoryQuarantine) -> None:
    store.put(_quarantined())
    (name,) = store.names()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.path / name).stat().st_mode) == 0o600


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    DirectoryQuarantine(tmp_path).check()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_a_check_leaves_nothing_behind(store: DirectoryQuarantine) -> None:
    store.check()
    assert list(store.path.iterdir()) == []


def test_names_are_readable_and_sort_by_position(store: DirectoryQuarantine) -> None:
    for number in (10, 9, 100):
        store.put(_quarantined(record_id=f"e{number}", number=number))
    assert [entry.record_id for entry in store.entries()] == ["e9", "e10", "e100"]
    assert store.names()[0].startswith("0" * 39 + "9-e9-")


def test_a_record_of_the_streams_api_is_kept_in_the_shape_lambda_hands_over(
    store: DirectoryQuarantine,
) -> None:
    created = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
    image = {"b": {"B": b"\x00\xff"}, "bs": {"BS": [b"a", bytearray(b"b")]}, "t": (1, 2)}
    record = {
        "dynamodb": MappingProxyType({"NewImage": image, "ApproximateCreationDateTime": created}),
        "count": Decimal(5),
        "share": Decimal("0.10"),
    }
    store.put(_quarantined(record))
    (entry,) = store.entries()
    assert entry.record == {
        "dynamodb": {
            "NewImage": {
                "b": {"B": base64.b64encode(b"\x00\xff").decode()},
                "bs": {"BS": ["YQ==", "Yg=="]},
                "t": [1, 2],
            },
            "ApproximateCreationDateTime": int(created.timestamp()),
        },
        "count": 5,
        "share": "0.10",
    }


def test_a_file_is_plain_ascii_json(store: DirectoryQuarantine) -> None:
    store.put(_quarantined({"eventID": "e1", "name": "東京"}))
    (name,) = store.names()
    data = (store.path / name).read_bytes()
    assert data.isascii()
    assert json.loads(data)["record"]["name"] == "東京"
    assert json.loads(data)["reason"] == "malformed_record"


def test_a_path_that_cannot_be_a_directory_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = DirectoryQuarantine(tmp_path / "file" / "quarantine")
    with pytest.raises(QuarantineUnavailable, match="Not a directory"):
        store.check()
    with pytest.raises(QuarantineUnavailable, match="Not a directory"):
        store.put(_quarantined())


@pytest.fixture
def _full_disk() -> Iterator[None]:
    """No file of this process may grow beyond 100 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("_full_disk")
def test_a_full_disk_is_unavailable_and_leaves_no_half_file(store: DirectoryQuarantine) -> None:
    with pytest.raises(QuarantineUnavailable) as caught:
        store.put(_quarantined({"secret": "x" * 500}))
    assert "xxx" not in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert list(store.path.iterdir()) == []


def test_a_file_that_is_no_quarantined_record_is_named(store: DirectoryQuarantine) -> None:
    store.check()
    for content in (b"{", b"[]", b'{"record": {}}', b'{"reason": "x"}'):
        (store.path / "odd.json").write_bytes(content)
        with pytest.raises(BridgeError, match=r"odd\.json: not a quarantined record"):
            store.load("odd.json")


def test_an_entry_written_by_a_later_version_is_still_read(store: DirectoryQuarantine) -> None:
    store.put(_quarantined())
    (name,) = store.names()
    content = json.loads((store.path / name).read_bytes()) | {"field_of_tomorrow": 1}
    (store.path / name).write_text(json.dumps(content))
    assert store.load(name) == _quarantined()


@pytest.mark.parametrize("name", ["../beside.json", "deep/inner.json", "/etc/hostname"])
def test_a_name_that_leads_out_of_the_directory_is_no_entry(tmp_path: Path, name: str) -> None:
    """Neither read nor removed, also where a quarantined record is there."""
    store = DirectoryQuarantine(tmp_path / "store")
    store.put(_quarantined())
    (written,) = (tmp_path / "store").iterdir()
    (tmp_path / "store" / "deep").mkdir()
    others = [tmp_path / "beside.json", tmp_path / "store" / "deep" / "inner.json"]
    for other in others:
        other.write_bytes(written.read_bytes())
    for use in (store.load, store.remove):
        with pytest.raises(EntryMissing):
            use(name)
    assert {other.exists() for other in others} == {True}


def test_a_directory_that_was_never_made_has_no_entries(tmp_path: Path) -> None:
    assert DirectoryQuarantine(tmp_path / "store").names() == []

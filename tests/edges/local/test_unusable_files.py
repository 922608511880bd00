"""A folder or file of this machine that cannot be used is named; one that is not whole is not believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.local.checkpoints import FileCheckpoints
from bridge.edges.local.failures import DirectoryFailureDestination, DirectoryFailureSource
from bridge.edges.local.run_store import DirectoryRunStore
from bridge.errors import CheckpointBroken, CheckpointUnavailable, DestinationUnavailable
from bridge.ports.failures import StoredBatch

ARN = "arn:aws:dynamodb:eu-central-1:111122223333:table/Users/stream/2026-11-01T10:00:00.000"
KINESIS = "arn:aws:kinesis:eu-central-1:111122223333:stream/changes"
INFO: dict[str, Any] = {
    "requestContext": {"requestId": "r1"},
    "timestamp": "2026-11-01T12:00:00.000Z",
    "DDBStreamBatchInfo": {"shardId": "shard-1", "startSequenceNumber": "1"},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file where a folder should be."""
    path = tmp_path / "file"
    path.write_bytes(b"")
    return path


def test_a_file_in_the_place_of_a_folder_is_named(file: Path) -> None:
    with pytest.raises(CheckpointUnavailable, match=r"folder .*file/T cannot be used"):
        DirectoryRunStore(file).acquire("T", "me", 60, 0)
    with pytest.raises(CheckpointUnavailable, match=r"checkpoint file .*file/.* cannot be written"):
        FileCheckpoints(file).save(ARN, {})
    with pytest.raises(DestinationUnavailable, match=r"cannot be written below .*file"):
        DirectoryFailureDestination(file, "mapping").send(INFO, {"Records": []})


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    (tmp_path / "a.json" / "b").write_bytes(b"")
    source = DirectoryFailureSource(tmp_path)
    with pytest.raises(DestinationUnavailable, match=r"folder .*: Is a directory"):
        list(source.batches())
    with pytest.raises(DestinationUnavailable, match="folder"):
        source.remove(StoredBatch("a.json", b""))
    with pytest.raises(CheckpointBroken, match=r"a\.json cannot be read"):
        DirectoryRunStore(tmp_path).get("a")
    checkpoints = FileCheckpoints(tmp_path)
    checkpoints.path_of(ARN).mkdir()
    with pytest.raises(CheckpointBroken, match="cannot be read"):
        checkpoints.load(ARN)


def test_what_a_run_never_wrote_is_not_there(tmp_path: Path) -> None:
    store = DirectoryRunStore(tmp_path)
    assert store.get("T/nothing") is None
    assert list(store.names("T")) == []
    assert FileCheckpoints(tmp_path).load(ARN) == {}
    DirectoryFailureSource(tmp_path).remove(StoredBatch("gone.json", b""))


def test_documents_are_named_in_order_and_removed_with_their_folder(tmp_path: Path) -> None:
    store = DirectoryRunStore(tmp_path)
    lease = store.acquire("T", "me", 60, 0)
    for name in ("T/run/b", "T/run/a", "T/other"):
        store.put(name, {"format": 1}, lease)
    assert list(store.names("T/run")) == ["T/run/a", "T/run/b"]
    store.remove("T/run", lease)
    assert list(store.names("T/run")) == []
    assert store.get("T/other") is not None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "does not hold an object"),
        ({"format": 2, "stream": ARN, "shards": {}}, "is not of format 1"),
        ({"format": 1, "stream": KINESIS, "shards": {}}, "belongs to another stream"),
        ({"format": 1, "stream": ARN}, "has no positions"),
        ({"format": 1, "stream": ARN, "shards": []}, "has no positions"),
        ({"format": 1, "stream": ARN, "shards": {"s": 1}}, "has no positions"),
        ({"format": 1, "stream": ARN, "shards": {"s": "1", "t": None}}, "has no positions"),
    ],
)
def test_a_checkpoint_that_is_not_this_streams_is_never_guessed(
    tmp_path: Path, content: Any, problem: str
) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    checkpoints.path_of(ARN).write_text(json.dumps(content))
    with pytest.raises(CheckpointBroken, match=problem):
        checkpoints.load(ARN)


def test_each_stream_has_a_checkpoint_file_with_a_name_that_people_can_read(tmp_path: Path) -> None:
    checkpoints = FileCheckpoints(tmp_path)
    name = checkpoints.path_of(ARN).name
    assert name.startswith("Users-2026-11-01T10-00-00.000-")
    assert checkpoints.path_of(KINESIS).name.startswith("changes-")
    assert len(name) == len("Users-2026-11-01T10-00-00.000-") + 12 + len(".json")
    other = ARN.replace("1111", "2222")
    assert checkpoints.path_of(other) != checkpoints.path_of(ARN)
    long = checkpoints.path_of(ARN.replace("Users", "U" * 255)).name
    assert len(long) == 150 + 1 + 12 + len(".json")
    checkpoints.save(ARN, {"s": "1"})
    checkpoints.save(other, {"s": "2"})
    assert (checkpoints.load(ARN), checkpoints.load(other)) == ({"s": "1"}, {"s": "2"})

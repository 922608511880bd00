"""``schema publish``: plans, publishes, reports drift, and writes the lock last."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bridge.schemas.documents.entry_files import LOCK_FOLDER, read_lock
from tests.cli.shell import Done, Shell
from tests.fakes.clients.batch_peer import client_error
from tests.schemas.folders import TYPE, put, schema
from tests.schemas.registries.rig import NAME, Rig, add_version, make_folder

TARGETS = (
    "publish: [{kind: eventbridge, registry: orders}, {kind: glue, registry: orders, region: eu-west-1}]\n"
)


class Aws:
    """Both services behind the factory that the verb makes its clients with."""

    def __init__(self) -> None:
        self.eventbridge, self.glue = Rig("eventbridge"), Rig("glue")
        self.regions: list[str | None] = []

    def factory(self, *, endpoint_url: str | None = None, region: str | None = None) -> Any:
        self.regions.append(region)
        return {"schemas": self.eventbridge.client, "glue": self.glue.client}.__getitem__

    @property
    def writes(self) -> tuple[int, int]:
        return self.eventbridge.writes, self.glue.writes


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    aws = Aws()
    monkeypatch.setattr("bridge.wiring.clients.client_factory", aws.factory)
    return aws


@pytest.fixture
def folder(shell: Shell) -> Path:
    return make_folder(shell.folder / "published", "1.0.0", "1.1.0", targets=TARGETS)


def files_of_lock(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (folder / LOCK_FOLDER).rglob("*") if path.is_file()}


def publish(shell: Shell, *words: str) -> Done:
    return shell.run("schema", "publish", "-s", "published", *words)


def test_a_plan_shows_what_is_new_and_does_nothing(shell: Shell, aws: Aws, folder: Path) -> None:
    done = publish(shell, "--plan")
    assert done.code == 0
    shown = done.out.decode()
    assert "eventbridge://orders" in shown
    assert "glue://orders?region=eu-west-1" in shown
    assert shown.count(f"new        {NAME} 1.1.0") == 2
    assert aws.writes == (0, 0)
    assert aws.regions == [None, "eu-west-1"]
    assert not (folder / LOCK_FOLDER).exists()


def test_applying_publishes_everywhere_and_then_writes_the_lock(shell: Shell, aws: Aws, folder: Path) -> None:
    done = publish(shell, "--apply")
    assert done.code == 0, done.err
    assert aws.writes == (2, 2)
    lock = read_lock(folder)
    assert lock is not None
    assert {str(version) for _, version in lock.versions} == {"1.0.0", "1.1.0"}
    assert set(lock.published) == {"eventbridge://orders", "glue://orders?region=eu-west-1"}
    before = files_of_lock(folder)
    again = publish(shell, "--apply", "--output", "json")
    assert json.loads(again.out)["locked"] is False
    assert aws.writes == (2, 2)
    assert files_of_lock(folder) == before


def test_a_shared_definition_is_inside_what_is_published_and_is_not_published_itself(
    shell: Shell, aws: Aws, folder: Path
) -> None:
    put(folder, "shared/money/1.0.0.json", schema(of="shared/money", defs={"money": {"minimum": 417}}))
    reference = {"$ref": "../shared/money/1.0.0.json#/$defs/money"}
    add_version(folder, "1.2.0", properties={"id": {"type": "integer"}, "total": reference})
    done = publish(shell, "--apply")
    assert done.code == 0, done.err
    stored = [rig.registry.read(NAME) for rig in (aws.eventbridge, aws.glue)]
    texts = [each.versions[-1].content for each in stored if each is not None]
    assert [("417" in text, "shared/money" in text) for text in texts] == [(True, False)] * 2
    assert [rig.registry.names() for rig in (aws.eventbridge, aws.glue)] == [[NAME]] * 2
    lock = read_lock(folder)
    assert lock is not None
    assert "shared/money" in {name for name, _ in lock.versions}
    assert {name for names in lock.published.values() for name, _ in names} == {TYPE}


def test_a_target_that_fails_leaves_no_lock_and_the_next_run_goes_on(
    shell: Shell, aws: Aws, folder: Path
) -> None:
    aws.glue.client.fail = lambda operation, call: (
        client_error("AccessDeniedException", operation, 400)
        if operation == "RegisterSchemaVersion"
        else None
    )
    assert publish(shell, "--apply").code == 1
    assert aws.writes == (2, 2)
    assert not (folder / LOCK_FOLDER).exists()
    del aws.glue.client.fail
    assert publish(shell, "--apply").code == 0
    assert aws.writes == (2, 3)
    assert (folder / LOCK_FOLDER).exists()


def test_one_target_alone_writes_no_lock(shell: Shell, aws: Aws, folder: Path) -> None:
    done = publish(shell, "--apply", "--target", "glue://orders?region=eu-west-1")
    assert done.code == 0
    assert aws.writes == (0, 2)
    assert not (folder / LOCK_FOLDER).exists()
    assert "written only by a run over all targets" in done.err


def test_drift_is_shown_and_ends_with_2_and_nothing_is_written(shell: Shell, aws: Aws, folder: Path) -> None:
    publish(shell, "--apply")
    aws.eventbridge.client.edit(NAME, "{}")
    add_version(folder, "1.2.0")
    before = files_of_lock(folder)
    for words in (["--plan"], ["--apply"]):
        done = publish(shell, *words)
        assert done.code == 2
        assert f"drifted    {NAME}: its version 3 in the registry" in done.out.decode()
    assert aws.writes == (2, 2)
    assert files_of_lock(folder) == before


def test_what_was_removed_by_hand_is_published_again_only_with_restore(
    shell: Shell, aws: Aws, folder: Path
) -> None:
    publish(shell, "--apply")
    aws.eventbridge.client.remove_version(NAME, 2)
    assert publish(shell, "--apply").code == 2
    assert publish(shell, "--apply", "--restore").code == 0
    assert len(aws.eventbridge.documents()) == 2


def test_a_target_that_is_added_later_gets_everything(shell: Shell, aws: Aws, folder: Path) -> None:
    put(
        folder,
        "registry.yaml",
        "base: https://schemas.example.com\n" + TARGETS.partition(", {kind: glue")[0] + "]\n",
    )
    assert publish(shell, "--apply").code == 0
    put(folder, "registry.yaml", f"base: https://schemas.example.com\n{TARGETS}")
    assert publish(shell, "--apply").code == 0
    assert aws.writes == (2, 2)


def test_everything_that_cannot_be_published_is_reported_before_a_registry_is_called(
    shell: Shell, aws: Aws, folder: Path
) -> None:
    list_ = {"type": "array", "contains": {"const": 1}, "minContains": 2}
    add_version(folder, "2.0.0", properties={"id": {"type": "integer"}, "list": list_})
    add_version(folder, "3.0.0", description="x" * 120_000)
    done = publish(shell, "--apply")
    assert done.code == 3
    assert done.err.count("2.0.0.json /properties/list/contains: counts elements") == 2
    assert "draft 4, which EventBridge's registry accepts, cannot express it" in done.err
    assert "draft 7, which Glue accepts, cannot express it" in done.err
    assert "EventBridge's registry accepts 100,000" in done.err
    assert not aws.eventbridge.client.calls
    assert not aws.glue.client.calls


def test_a_version_that_breaks_its_promise_is_not_published(shell: Shell, aws: Aws, folder: Path) -> None:
    add_version(folder, "1.2.0", properties={"id": {"type": "integer"}, "more": {}}, required=["id", "more"])
    put(folder, "com.example.thing.made/examples/1.2.0/valid/one.json", {"id": 1, "more": 1})
    done = publish(shell, "--apply")
    assert done.code == 3
    assert "1.2.0.json" in done.err
    assert aws.writes == (0, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "choose --plan or --apply"),
        (["--plan", "--apply"], "choose --plan or --apply"),
        (["--plan", "--target", "none"], "has no target 'none'"),
    ],
)
def test_bad_usage_is_reported(shell: Shell, aws: Aws, folder: Path, words: list[str], said: str) -> None:
    done = publish(shell, *words)
    assert done.code == 1
    assert said in done.err


def test_a_folder_that_publishes_nowhere_is_reported(shell: Shell, aws: Aws) -> None:
    make_folder(shell.folder / "published")
    done = publish(shell, "--plan")
    assert done.code == 1
    assert "names no registry to publish to" in done.err


@pytest.mark.parametrize("address", ["eventbridge://orders", "glue://orders?region=eu-west-1"])
def test_a_folder_can_be_checked_against_what_is_published(
    shell: Shell, aws: Aws, folder: Path, address: str
) -> None:
    publish(shell, "--apply")
    shutil.rmtree(folder / LOCK_FOLDER)
    same = shell.run("schema", "check", "-s", "published", "--against", address)
    assert same.code == 0, same.err
    add_version(folder, "1.1.0", description="Another text.")
    add_version(folder, "1.2.0")
    done = shell.run("schema", "check", "-s", "published", "--against", address)
    assert done.code == 2
    assert f"was changed since {address}" in done.out.decode()

"""A verb that promises to touch nothing cannot reach a store or a bus: not even a client is made."""

from __future__ import annotations

from typing import Any, NoReturn

import boto3.session
import pytest

from tests.builders.records import lambda_event
from tests.cli.records.test_render import created
from tests.cli.shell import Shell

STORES = """\
ledger: {kind: dynamodb, table: the-real-ledger, keep: fields}
quarantine: {kind: s3, bucket: the-real-quarantine}
claim_check: {bucket: the-real-claim-check}
hash_key: not-a-secret-but-long-enough-for-tests
"""

OFFLINE: dict[str, tuple[str, ...]] = {
    "invoke": ("invoke", "in.json"),
    "render": ("render", "in.json"),
    "render --explain": ("render", "in.json", "--explain"),
    "check": ("check",),
    "config schema": ("config", "schema"),
    "infra render": ("infra", "render", "--out", "rendered"),
    "infra diff": ("infra", "diff", "--out", "rendered"),
    "pattern": ("pattern", "com.example.user.created"),
    "schema lint": ("schema", "lint"),
    "schema check": ("schema", "check"),
    "schema list": ("schema", "list"),
    "schema show": ("schema", "show", "com.example.user.created@1.0.0"),
    "schema asyncapi": ("schema", "asyncapi"),
}


@pytest.mark.parametrize("words", OFFLINE.values(), ids=OFFLINE.keys())
def test_an_offline_verb_makes_no_client(shell: Shell, words: tuple[str, ...]) -> None:
    shell.edit("bridge.yaml", "quarantine: {kind: directory, path: ./quarantine}\n", STORES)
    shell.write("in.json", lambda_event(created(1), created(2), created(1)))

    def never(self: Any, service: str, *args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError(f"{words[0]} made a client of {service}")

    shell.monkeypatch.setattr(boto3.session.Session, "client", never)
    done = shell.run(*words)
    assert "made a client" not in done.err
    assert done.code in (0, 2), done.err


def test_invoke_remembers_a_repeat_in_its_batch_as_the_configured_ledger_would(shell: Shell) -> None:
    shell.edit("bridge.yaml", "quarantine: {kind: directory, path: ./quarantine}\n", STORES)
    one = created(1)
    done = shell.run("invoke", shell.write("in.json", lambda_event(one, one)))
    assert done.code == 0

"""``schema check`` remembers verdicts between runs, and a cache changes nothing but the time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.schemas.compatibility.compare import Comparer
from bridge.schemas.compatibility.verdict import Comparison, Mode, Policy, Unproven, Verdict
from tests.cli.shell import TYPES, Done, Shell

CREATED = f"event_schemas/{TYPES[0]}"


def version(type_name: str, number: str, **parts: Any) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://schemas.example.com/{type_name}/{number}.json",
        "type": "object",
        "required": ["id" if type_name.endswith("created") else "key"],
        "properties": {"id": {"type": "string", "maxLength": 20}, **parts},
    }


class Compared:
    """The pairs that were really compared."""

    def __init__(self) -> None:
        self.pairs: list[str] = []
        self.answer: Comparison | None = None

    def take(self) -> list[str]:
        taken, self.pairs = sorted(self.pairs), []
        return taken


@pytest.fixture
def compared(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Compared:
    """Two versions of each type, and what is compared of them."""
    found = Compared()
    real = Comparer.compare

    def compare(self: Comparer, old: Any, new: Any, *, mode: Mode, policy: Policy) -> Comparison:
        found.pairs.append(new["$id"].rpartition("/")[0].rpartition(".")[2])
        return found.answer or real(self, old, new, mode=mode, policy=policy)

    monkeypatch.setattr(Comparer, "compare", compare)
    for type_name in TYPES:
        shell.write(f"event_schemas/{type_name}/1.1.0.json", version(type_name, "1.1.0", a={}))
    return found


def cache_file(shell: Shell) -> Path:
    (path,) = (shell.folder / ".cache/stream-bridge/verdicts").iterdir()
    return path


def both(done: Done) -> tuple[int, bytes, str]:
    return done.code, done.out, done.err


@pytest.mark.parametrize("output", ["text", "json", "junit", "github"])
@pytest.mark.parametrize("rules", [{}, {"type": "integer"}, {"id": {"type": "integer"}}])
def test_a_second_check_says_the_same_and_compares_nothing(
    shell: Shell, compared: Compared, output: str, rules: dict[str, Any]
) -> None:
    members = rules if "id" in rules else {"a": rules}
    shell.write(f"{CREATED}/1.1.0.json", version(TYPES[0], "1.1.0", **members))
    first = shell.run("schema", "check", "--output", output)
    assert compared.take() == ["created", "noted", "renamed"]
    assert both(shell.run("schema", "check", "--output", output)) == both(first)
    assert compared.take() == []


def test_only_the_pairs_of_a_changed_version_are_compared_again(shell: Shell, compared: Compared) -> None:
    shell.run("schema", "check")
    compared.take()
    shell.write(f"{CREATED}/1.1.0.json", version(TYPES[0], "1.1.0", a={"title": "A"}))
    assert shell.run("schema", "check").code == 0
    assert compared.take() == ["created"]


def test_a_break_is_reported_although_the_version_before_it_was_fine(
    shell: Shell, compared: Compared
) -> None:
    shell.run("schema", "check")
    shell.write(f"{CREATED}/1.1.0.json", version(TYPES[0], "1.1.0", id={"type": "string", "maxLength": 5}))
    done = shell.run("schema", "check")
    assert (done.code, b"max-length-lowered" in done.out) == (2, True)


def test_without_a_cache_every_pair_is_compared_and_no_file_is_written(
    shell: Shell, compared: Compared
) -> None:
    for _ in range(2):
        assert shell.run("schema", "check", "--no-cache").code == 0
        assert compared.take() == ["created", "noted", "renamed"]
    assert not (shell.folder / ".cache").exists()


def test_without_a_cache_a_file_that_exists_is_not_read(shell: Shell, compared: Compared) -> None:
    shell.run("schema", "check")
    compared.take()
    shell.run("schema", "check", "--no-cache")
    assert compared.take() == ["created", "noted", "renamed"]


def test_a_damaged_cache_is_reported_not_believed_and_replaced(shell: Shell, compared: Compared) -> None:
    clean = shell.run("schema", "check")
    compared.take()
    path = cache_file(shell)
    path.write_bytes(path.read_bytes()[:-10])
    done = shell.run("schema", "check")
    assert f"{path}: is damaged; it is not used, and every pair is compared" in done.err
    assert (done.code, done.out) == (clean.code, clean.out)
    assert compared.take() == ["created", "noted", "renamed"]
    assert both(shell.run("schema", "check")) == both(clean)
    assert compared.take() == []


def test_a_cache_that_cannot_be_written_costs_only_time(shell: Shell, compared: Compared) -> None:
    shell.write(".cache", "a file where the folder should be")
    done = shell.run("schema", "check")
    assert done.code == 0
    assert "cannot be read: Not a directory; it is not used" in done.err
    assert "cannot be written: " in done.err


def test_an_unproven_pair_is_compared_again_by_the_next_check(shell: Shell, compared: Compared) -> None:
    late = Unproven("backward", "time-limit", "the time limit of 5 s was reached")
    compared.answer = Comparison(Verdict.UNPROVEN, Mode.FULL_TRANSITIVE, Policy.VIEWS, unproven=(late,))
    for _ in range(2):
        assert shell.run("schema", "check").code == 4
        assert compared.take() == ["created", "noted", "renamed"]


def test_an_answer_that_somebody_invented_is_compared_again(shell: Shell, compared: Compared) -> None:
    shell.run("schema", "check")
    path = cache_file(shell)
    data = json.loads(path.read_bytes().partition(b"\n")[2])
    data["verdicts"] = {key: {"verdict": "compatible"} for key in data["verdicts"]}
    body = json.dumps(data).encode()
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    compared.take()
    assert shell.run("schema", "check").code == 0
    assert compared.take() == ["created", "noted", "renamed"]


def test_a_schema_that_no_validator_can_be_made_of_is_refused_compared_or_not(
    shell: Shell, compared: Compared
) -> None:
    shell.run("schema", "check")
    for number in ("1.1.0", "2.0.0"):
        shell.write(f"{CREATED}/{number}.json", version(TYPES[0], number, a={"pattern": r"\p{Foo}"}))
        for options in ((), ("--no-cache",), ()):
            done = shell.run("schema", "check", *options)
            assert (done.code, b"cannot be used as a schema" in done.out) == (3, True)
        (shell.folder / f"{CREATED}/{number}.json").unlink()

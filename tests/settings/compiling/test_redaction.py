"""A ``redact`` path that begins outside the item is refused; the line that the message says is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.core.records.decode import decode
from bridge.errors import ConfigurationError
from bridge.settings import read_settings
from bridge.settings.compiling.tables import compile_tables
from tests.builders.records import lambda_record
from tests.settings.compiling.test_tables import AnySchema

FILE = """
version: 1
source: com.example.shop
sinks: {{out: {{kind: memory}}}}
quarantine: {{kind: directory, path: q}}
tables:
  Users:
    subject: "{subject}"
    redact: [{{path: "{path}", with: {action}{key}}}]
    events: [{{type: com.example.user.changed, op: insert, versions: ["1.0.0"]}}]
"""


def problems(path: str, *, subject: str = "user/{$.key.id}", action: str = "drop") -> list[str]:
    key = ', key: "k"' if action == "hmac" else ""
    text = FILE.format(path=path, subject=subject, action=action, key=key)
    settings = read_settings(text.encode(), "b.yaml", Path(), {})
    try:
        compile_tables(settings, AnySchema())
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []


def left_of(path: str, **item: object) -> dict[str, object]:
    text = FILE.format(path=path, subject="user/{$.key.id}", action="drop", key="")
    users = compile_tables(read_settings(text.encode(), "b.yaml", Path(), {}), AnySchema())["Users"]
    after = users.view(decode(lambda_record(key={"id": "a"}, after={"id": "a", **item}))).after
    assert after is not None
    return after.whole()


OTHER_ROOTS = [
    ("$.after.email", "$.email"),
    ("$.before.email", "$.email"),
    ("$.current.email", "$.email"),
    ("$.NewImage.email", "$.email"),
    ("$.NewImage.email.S", "$.email"),
    ("$.dynamodb.NewImage.email.S", "$.email"),
    ("$.OldImage.pii.M.email.S", "$.pii.email"),
    ("$.Item.email", "$.email"),
    ("$.after.cards[*].number", "$.cards[*].number"),
    ("$.after['e-mail']", "$['e-mail']"),
    ("/email", "$.email"),
    ("email", "$.email"),
]


@pytest.mark.parametrize(("wrong", "right"), OTHER_ROOTS)
def test_a_path_with_an_unknown_root_is_an_error_and_the_path_that_it_names_works(
    wrong: str, right: str
) -> None:
    (problem,) = problems(wrong)
    assert problem.startswith("b.yaml:9:21 tables.Users.redact[0].path: ")
    assert f"did you mean '{right}'?" in problem
    assert problems(right) == []
    item = {"email": "x", "e-mail": "x", "pii": {"email": "x"}, "cards": [{"number": "x"}]}
    assert repr(left_of(right, **item)).count("'x'") == 3


def test_an_attribute_that_is_called_like_a_root_is_written_in_brackets() -> None:
    (problem,) = problems("$.meta.ip")
    assert "write $['meta'].ip if the item has an attribute meta" in problem
    assert problems("$['meta'].ip") == []
    assert left_of("$['meta'].ip", meta={"ip": "1.2.3.4"}) == {"id": "a", "meta": {}}


def test_both_ways_of_writing_a_name_make_the_same_fingerprints() -> None:
    from bridge.settings.compiling.redaction import name_of_rule

    assert name_of_rule("$['meta'].ip") == name_of_rule("$.meta.ip") == "$.meta.ip"
    assert name_of_rule("$['e-mail']") == "$['e-mail']"


@pytest.mark.parametrize(
    ("path", "subject", "needed"),
    [
        ("$.email", "user/{$.key.emailHash}", False),
        ("$.emailHash", "user/{$.key.emailHash}", True),
        ("$.sk", "user/{$.key['sk']}", True),
        ("$['sk']", "user/{$.key.sk}", True),
        ("$.sk", "user/{$.key.pk}/{$.key.sk}", True),
        ("$.key", "user/{$.key.key}", True),
    ],
)
def test_whether_the_subject_needs_a_redacted_key_is_decided_by_parsed_paths(
    path: str, subject: str, needed: bool
) -> None:
    found = " ".join(problems(path if path != "$.key" else "$['key']", subject=subject))
    assert ("the subject needs" in found) == needed
    assert problems("$['key']" if path == "$.key" else path, subject=subject, action="hmac") == []


def test_a_rule_that_reaches_into_a_key_attribute_is_refused_because_a_key_holds_no_map() -> None:
    (problem,) = problems("$.id.S", action="hmac")
    assert "reaches into id, a part of the key" in problem
    assert "did you mean '$.id'?" in problem
    assert problems("$.id", action="hmac") == []

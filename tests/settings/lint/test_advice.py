"""Every advice is followed here: the file with the line that the advice says passes the check, and works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.setup.check import find_problems
from bridge.core.records.decode import decode
from bridge.errors import Problem
from bridge.wiring.bridge import load_configuration
from tests.builders.records import lambda_record

FILE = """\
version: 1
source: com.example.shop
schemas: ./event_schemas
hash_key: "${KEY}"
sinks: {out: {kind: memory}}
ledger: {kind: dynamodb, table: ledger, keep: image, heal: report}
quarantine: {kind: directory, path: ./quarantine}
tables:
  Users:
    subject: SUBJECT
    filter: FILTER
    diff: {ignore: [IGNORE], lists: LISTS}
    numbers: {string: [STRING]}
    redact: [{path: "REDACT", with: drop}]
    events:
      - {type: com.example.user.changed, op: OP, when: WHEN, versions: ["1.0.0"]}
      - {type: com.example.user.named, op: insert, versions: [{schema: "1.0.0", data: DATA}]}
"""
FINE = {
    "SUBJECT": "user/{$.key.pk}/{$.key.sk}",
    "FILTER": "{dynamodb: {Keys: {pk: {S: [u]}}}}",
    "IGNORE": "/updatedAt",
    "LISTS": "{by: /no}",
    "STRING": "/lines/*/qty",
    "REDACT": "$.secret",
    "OP": "modify",
    "WHEN": "{changed: [/plan]}",
    "DATA": "{name: $.after.profile.name, id: $.key.pk}",
}
BEFORE: dict[str, Any] = {
    "pk": "u", "sk": "1", "plan": "free", "secret": "s", "updatedAt": "t0", "total": 4, "active": False,
    "profile": {"name": "Ada", "mail": "a@b"}, "lines": [{"qty": 1, "no": "4111"}], "tags": {"x"},
    "attr_1": "a", "attr_2": "b",
}  # fmt: skip
AFTER: dict[str, Any] = {
    **BEFORE, "plan": "pro", "updatedAt": "t1", "total": 9, "active": True,
    "profile": {"name": "Eva", "mail": "c@d"}, "lines": [{"qty": 2, "no": "4112"}], "attr_1": "c",
}  # fmt: skip
KEY = {"pk": "u", "sk": "1"}
INSERT = lambda_record(op="insert", key=KEY, after=AFTER, seq=1)
MODIFY = lambda_record(op="modify", key=KEY, before=BEFORE, after=AFTER, seq=2)
REMOVE = lambda_record(op="remove", key=KEY, before=AFTER, seq=3)
RECORDS = {"insert": INSERT, "modify": MODIFY, "remove": REMOVE}


def schema(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://schemas.example.com/{name}/1.0.0.json",
        "title": "T",
        "description": "D.",
        "type": "object",
        **document,
    }


@dataclass
class Project:
    folder: Path

    def write(self, **parts: str) -> None:
        text = FILE
        for name, part in {**FINE, **parts}.items():
            text = text.replace(name, part)
        (self.folder / "bridge.yaml").write_text(text, encoding="utf-8")

    def problems(self, **parts: str) -> list[Problem]:
        self.write(**parts)
        found = find_problems(self.folder / "bridge.yaml", {"KEY": "k"}).problems
        return [each for each in found if each.file.endswith("bridge.yaml")]

    def published(self, op: str, **parts: str) -> list[dict[str, Any]]:
        """The data of the changed events of one record."""
        self.write(**parts)
        table = load_configuration(self.folder / "bridge.yaml", {"KEY": "k"}).tables["Users"]
        record = RECORDS[op]
        events = table.translate(record, decode(record), "key").events
        return [{"type": each.type, **json.loads(each.body)["data"]} for each in events]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    schemas = tmp_path / "event_schemas"
    documents: dict[str, dict[str, Any]] = {
        "com.example.user.changed": {"properties": {"operation": {"type": "string"}}},
        "com.example.user.named": {
            "required": ["name", "id"],
            "properties": {"name": {"type": "string"}, "id": {"type": "string"}, "by": {"const": "us"}},
        },
    }
    for name, document in documents.items():
        (schemas / name).mkdir(parents=True)
        (schemas / name / "1.0.0.json").write_text(json.dumps(schema(name, document)), encoding="utf-8")
        (schemas / name / "meta.yaml").write_text("summary: s\nowner: t\n", encoding="utf-8")
    samples = tmp_path / "examples" / "records"
    samples.mkdir(parents=True)
    lines = "".join(json.dumps(record) + "\n" for record in (INSERT, MODIFY, REMOVE))
    (samples / "Users.ndjson").write_text(lines, encoding="utf-8")
    return Project(tmp_path)


def test_the_file_without_a_mistake_has_no_finding_and_publishes(project: Project) -> None:
    assert [str(each) for each in project.problems()] == []
    (event,) = project.published("modify")
    assert event["type"] == "com.example.user.changed.v1"
    assert project.published("insert") == [{"type": "com.example.user.named.v1", "name": "Eva", "id": "u"}]


# The part of the file, what a person wrote, the right words, which the advice must contain, and the whole
# part with them. The event of a modify must then be published.
FILTERS = [
    ("{dynamodb: {Keys: {pk: [u]}}}", "pk: {S: [u]}", "{dynamodb: {Keys: {pk: {S: [u]}}}}"),
    ("{dynamodb: {Keys: {pk: {s: [u]}}}}", "'S'", "{dynamodb: {Keys: {pk: {S: [u]}}}}"),
    ("{dynamodb: {Keys: {pk: {String: [u]}}}}", "'S'", "{dynamodb: {Keys: {pk: {S: [u]}}}}"),
    ("{dynamodb: {Keys: {PK: {S: [u]}}}}", "'pk'", "{dynamodb: {Keys: {pk: {S: [u]}}}}"),
    ("{dynamodb: {Key: {pk: {S: [u]}}}}", "'Keys'", "{dynamodb: {Keys: {pk: {S: [u]}}}}"),
    (
        "{body: {dynamodb: {Keys: {pk: {S: [u]}}}}}",
        "dynamodb: {Keys: {pk: {S: [u]}}}",
        "{dynamodb: {Keys: {pk: {S: [u]}}}}",
    ),
    (
        "{data: {dynamodb: {Keys: {pk: {S: [u]}}}}}",
        "dynamodb: {Keys: {pk: {S: [u]}}}",
        "{dynamodb: {Keys: {pk: {S: [u]}}}}",
    ),
    ("{Keys: {pk: {S: [u]}}}", "dynamodb: {Keys: {pk: {S: [u]}}}", "{dynamodb: {Keys: {pk: {S: [u]}}}}"),
    (
        "{NewImage: {plan: {S: [pro]}}}",
        "dynamodb: {NewImage: {plan: {S: [pro]}}}",
        "{dynamodb: {NewImage: {plan: {S: [pro]}}}}",
    ),
    (
        "{$or: [{Keys: {pk: {S: [u]}}}, {eventName: [MODIFY]}]}",
        "dynamodb: {Keys: {pk: {S: [u]}}}",
        "{$or: [{dynamodb: {Keys: {pk: {S: [u]}}}}, {eventName: [MODIFY]}]}",
    ),
    ("{eventName: [insert, modify]}", "'INSERT'", "{eventName: [INSERT, MODIFY]}"),
    ("{eventname: [MODIFY, INSERT]}", "'eventName'", "{eventName: [MODIFY, INSERT]}"),
    ("{eventSource: [dynamodb]}", "aws:dynamodb", '{eventSource: ["aws:dynamodb"]}'),
    (
        "{dynamodb: {NewImage: {total: {N: [9]}}}}",
        'N: ["9"]',
        '{dynamodb: {NewImage: {total: {N: ["9"]}}}}',
    ),
    (
        '{dynamodb: {NewImage: {total: {N: [{numeric: ["=", 9]}]}}}}',
        'N: ["9"]',
        '{dynamodb: {NewImage: {total: {N: ["9"]}}}}',
    ),
    (
        "{dynamodb: {NewImage: {total: {N: [{anything-but: 4}]}}}}",
        '{anything-but: "4"}',
        '{dynamodb: {NewImage: {total: {N: [{anything-but: "4"}]}}}}',
    ),
    ("{dynamodb: {NewImage: {total: {S: [9]}}}}", 'N: ["9"]', '{dynamodb: {NewImage: {total: {N: ["9"]}}}}'),
    (
        '{dynamodb: {NewImage: {active: {BOOL: ["true"]}}}}',
        "BOOL: [true]",
        "{dynamodb: {NewImage: {active: {BOOL: [true]}}}}",
    ),
    (
        "{dynamodb: {NewImage: {active: [true]}}}",
        "active: {BOOL: [true]}",
        "{dynamodb: {NewImage: {active: {BOOL: [true]}}}}",
    ),
    (
        "{dynamodb: {NewImage: {gone: [{exists: false}]}}}",
        "gone: {S: [{exists: false}]}",
        "{dynamodb: {NewImage: {plan: {S: [{exists: true}]}}}}",
    ),
    (
        "{dynamodb: {OldImage: [{exists: true}]}}",
        "eventName: [MODIFY, REMOVE]",
        "{eventName: [MODIFY, REMOVE, INSERT]}",
    ),
    ("{dynamodb: {NewImage: {Plan: {S: [pro]}}}}", "'plan'", "{dynamodb: {NewImage: {plan: {S: [pro]}}}}"),
]
WHENS = [
    ('{changed: ["$.after.plan"]}', "'/plan'", "{changed: [/plan]}"),
    ('{changed: ["$.plan"]}', "'/plan'", "{changed: [/plan]}"),
    ("{changed: [after.profile.name]}", "'/profile/name'", "{changed: [/profile/name]}"),
    ("{changed: [/after/plan]}", "'/plan'", "{changed: [/plan]}"),
    ("{changed: [/NewImage/plan/S]}", "'/plan'", "{changed: [/plan]}"),
    ("{changed: [/plan/S]}", "'/plan'", "{changed: [/plan]}"),
    ("{changed: [/Plan]}", "'/plan'", "{changed: [/plan]}"),
    ("{changed: [/profile/nmae]}", "'/profile/name'", "{changed: [/profile/name]}"),
    ("{changed: [/lines/qty]}", "'/lines/*/qty'", "{changed: [/lines/*/qty]}"),
    ('{changed: ["/lines*/qty"]}', "'/lines/*/qty'", "{changed: [/lines/*/qty]}"),
    ('{changed: ["/attr_*"]}', "'/attr_1', '/attr_2'", "{changed: [/attr_1, /attr_2]}"),
    ('{changed: ["$.after.lines[*].qty"]}', "'/lines/*/qty'", "{changed: [/lines/*/qty]}"),
    ("{after: {plan: {S: [pro]}}}", "plan: [pro]", "{after: {plan: [pro]}}"),
    ("{after: {plan: {s: [pro]}}}", "plan: [pro]", "{after: {plan: [pro]}}"),
    ("{after: {Plan: [pro]}}", "'plan'", "{after: {plan: [pro]}}"),
    ("{after: {after: {plan: [pro]}}}", "plan: [pro]", "{after: {plan: [pro]}}"),
    ("{after: {NewImage: {plan: {S: [pro]}}}}", "plan: [pro]", "{after: {plan: [pro]}}"),
    ("{after: {dynamodb: {NewImage: {plan: {S: [pro]}}}}}", "plan: [pro]", "{after: {plan: [pro]}}"),
    ("{after: {profile: {Name: [Eva]}}}", "'name'", "{after: {profile: {name: [Eva]}}}"),
    ("{key: {pk: {S: [u]}}}", "pk: [u]", "{key: {pk: [u]}}"),
    ("{key: {PK: [u]}}", "'pk'", "{key: {pk: [u]}}"),
    ("{before: {Plan: [free]}}", "'plan'", "{before: {plan: [free]}}"),
]


def followed(project: Project, part: str, wrong: str, words: str, right: str) -> None:
    found = project.problems(**{part: wrong})
    assert found, f"no finding for {wrong}"
    assert all(each.line and each.column for each in found)
    assert any(words in each.suggestion for each in found), [str(each) for each in found]
    assert [
        str(each) for each in project.problems(**{part: right}) if "gaps in an item" not in str(each)
    ] == []


@pytest.mark.parametrize(("wrong", "words", "right"), FILTERS)
def test_a_filter_that_can_never_match_is_found_and_the_corrected_one_matches(
    project: Project, wrong: str, words: str, right: str
) -> None:
    followed(project, "FILTER", wrong, words, right)
    assert len(project.published("modify", FILTER=right)) == 1


def test_a_range_under_n_is_advised_to_be_a_condition_of_the_event_which_then_holds(project: Project) -> None:
    wrong = '{dynamodb: {NewImage: {total: {N: [{numeric: [">", 5]}]}}}}'
    (found,) = [each for each in project.problems(FILTER=wrong) if each.severity == "error"]
    words = 'when: {after: {total: [{numeric: [">", 5]}]}}'
    assert words in found.suggestion
    right = words.removeprefix("when: ")
    assert project.problems(WHEN=right) == []
    assert len(project.published("modify", WHEN=right)) == 1
    assert project.published("modify", WHEN=right.replace("5", "9")) == []


@pytest.mark.parametrize(("wrong", "words", "right"), WHENS)
def test_a_condition_that_can_never_hold_is_found_and_the_corrected_one_holds(
    project: Project, wrong: str, words: str, right: str
) -> None:
    followed(project, "WHEN", wrong, words, right)
    assert len(project.published("modify", WHEN=right)) == 1


@pytest.mark.parametrize(
    ("wrong", "words", "right"),
    [
        ('"$.after.updatedAt"', "'/updatedAt'", "/updatedAt"),
        ("/UpdatedAt", "'/updatedAt'", "/updatedAt"),
        ("/after/updatedAt", "'/updatedAt'", "/updatedAt"),
        ('"/updated*"', "'/updatedAt'", "/updatedAt"),
        ("/updatedAt/S", "'/updatedAt'", "/updatedAt"),
    ],
)
def test_an_ignored_field_that_does_not_exist_is_found_and_the_corrected_one_is_ignored(
    project: Project, wrong: str, words: str, right: str
) -> None:
    followed(project, "IGNORE", wrong, words, right)
    (event,) = project.published("modify", IGNORE=right)
    assert "/updatedAt" not in {change["path"] for change in event["changes"]}


@pytest.mark.parametrize(
    ("wrong", "words", "right"),
    [
        ('"$.after.lines[*].qty"', "'/lines/*/qty'", "/lines/*/qty"),
        ("/lines/qty", "'/lines/*/qty'", "/lines/*/qty"),
        ("/Total", "'/total'", "/total"),
        ('"/lines*/qty"', "'/lines/*/qty'", "/lines/*/qty"),
    ],
)
def test_a_path_of_numbers_that_leads_nowhere_is_found_and_the_corrected_one_makes_text(
    project: Project, wrong: str, words: str, right: str
) -> None:
    followed(project, "STRING", wrong, words, right)
    (event,) = project.published("modify", STRING=right)
    assert "2" in (event["after"]["lines"][0]["qty"], "2" if event["after"]["total"] == "9" else "")


def test_a_member_that_identifies_no_element_is_found_and_the_corrected_one_identifies(
    project: Project,
) -> None:
    followed(project, "LISTS", "{by: /No}", "'/no'", "{by: /no}")
    (event,) = project.published("modify", LISTS="{by: /no}")
    assert any("id" in change for change in event["changes"])


@pytest.mark.parametrize(
    ("wrong", "words", "right", "gone"),
    [
        ("$.after.secret", "'$.secret'", "$.secret", "s"),
        ("$.Secret", "'$.secret'", "$.secret", "s"),
        ("$.secret.S", "'$.secret'", "$.secret", "s"),
        ("$.NewImage.secret.S", "'$.secret'", "$.secret", "s"),
        ("$.profile.Mail", "'$.profile.mail'", "$.profile.mail", "c@d"),
        ("$.lines.no", "'$.lines[*].no'", "$.lines[*].no", "4112"),
        ("$.lines[*].No", "'$.lines[*].no'", "$.lines[*].no", "4112"),
        ("$.tags[0].x", "'$.tags'", "$.tags", "x"),
    ],
)
def test_a_redact_rule_that_matches_nothing_known_is_found_and_the_corrected_one_redacts(
    project: Project, wrong: str, words: str, right: str, gone: str
) -> None:
    followed(project, "REDACT", wrong, words, right)
    assert f'"{gone}"' not in json.dumps(project.published("modify", REDACT=right))


def test_a_redact_rule_without_anything_like_it_asks_for_a_sample_and_is_quiet_with_one(
    project: Project,
) -> None:
    (found,) = project.problems(REDACT="$.passwordHash")
    assert "put a record of the table that has it into examples/records" in found.suggestion
    record = lambda_record(op="insert", key=KEY, after={**KEY, "passwordHash": "p"}, seq=9)
    sample = project.folder / "examples" / "records" / "more.json"
    sample.write_text(json.dumps({"Records": [record]}), encoding="utf-8")
    assert project.problems(REDACT="$.passwordHash") == []


@pytest.mark.parametrize(
    ("wrong", "words", "right"),
    [
        ("user/{$.key.pk}/{$.key.sort}", "'sk'", "user/{$.key.pk}/{$.key.sk}"),
        ("user/{$.key.PK}/{$.key.sk}", "'pk'", "user/{$.key.pk}/{$.key.sk}"),
        ("user/{$.key.pk}", "user/{$.key.pk}/{$.key.sk}", "user/{$.key.pk}/{$.key.sk}"),
        ("user", "user/{$.key.", "user/{$.key.pk}/{$.key.sk}"),
        ("user/{$.key.pk.`split(-,0,-1)`}/{$.key.sk}", "'$.key.pk'", "user/{$.key.pk}/{$.key.sk}"),
    ],
)
def test_a_subject_that_names_no_item_or_several_is_found_and_the_corrected_one_names_one(
    project: Project, wrong: str, words: str, right: str
) -> None:
    followed(project, "SUBJECT", f'"{wrong}"', words, f'"{right}"')


@pytest.mark.parametrize(
    ("wrong", "words", "right"),
    [
        ("{id: $.key.pk}", "name: $.after.name", "{id: $.key.pk, name: $.after.profile.name}"),
        (
            "{id: $.key.pk, name: $.before.profile.name}",
            "'$.after.profile.name'",
            "{id: $.key.pk, name: $.after.profile.name}",
        ),
        (
            "{id: $.key.pk, name: $.after.profile.nmae}",
            "'$.after.profile.name'",
            "{id: $.key.pk, name: $.after.profile.name}",
        ),
        (
            "{id: $.key.id, name: $.after.plan}",
            "the key has pk, sk",
            "{id: $.key.pk, name: $.after.plan}",
        ),
        (
            "{id: $.key.pk, name: '$.after.profile.name.`split(x,0,-1)`'}",
            "'$.after.profile.name'",
            "{id: $.key.pk, name: $.after.profile.name}",
        ),
        (
            "{id: $.key.pk, name: $.after.plan, by: them}",
            "a value that the schema allows",
            "{id: $.key.pk, name: $.after.plan, by: us}",
        ),
    ],
)
def test_a_mapping_that_never_makes_valid_data_is_found_and_the_corrected_one_does(
    project: Project, wrong: str, words: str, right: str
) -> None:
    followed(project, "DATA", wrong, words, right)
    assert len(project.published("insert", DATA=right)) == 1


def test_a_type_in_draft_is_found_and_an_active_one_is_not(project: Project) -> None:
    meta = project.folder / "event_schemas" / "com.example.user.named" / "meta.yaml"
    meta.write_text("summary: s\nowner: t\nstatus: draft\n", encoding="utf-8")
    (found,) = project.problems()
    assert "has status draft" in found.message
    assert "write status: active" in found.suggestion
    meta.write_text("summary: s\nowner: t\nstatus: active\n", encoding="utf-8")
    assert project.problems() == []


def test_an_event_of_an_operation_that_the_filter_never_passes_is_found(project: Project) -> None:
    wrong = "{eventName: [INSERT]}"
    (found,) = [each for each in project.problems(FILTER=wrong) if each.severity == "error"]
    assert "the table's filter passes no MODIFY" in found.message
    assert [
        each for each in project.problems(FILTER="{eventName: [INSERT, MODIFY]}") if each.severity == "error"
    ] == []


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"WHEN": "{changed: [/updatedAt]}"}, "remove /updatedAt from diff.ignore"),
        ({"WHEN": "{changed: [/secret]}"}, "redact it with hmac"),
        ({"WHEN": "{changed: [/sk]}"}, "a field that is no key"),
    ],
)
def test_a_change_that_the_diff_never_shows_is_found(
    project: Project, parts: dict[str, str], words: str
) -> None:
    (found,) = project.problems(**parts)
    assert found.message.startswith("never changes: ")
    assert words in found.suggestion


def test_without_samples_only_what_is_certainly_wrong_is_found(project: Project) -> None:
    for path in (project.folder / "examples" / "records").iterdir():
        path.unlink()
    assert [str(each) for each in project.problems(REDACT="$.profile.name", STRING="/total")] == []
    assert [
        str(each) for each in project.problems(REDACT="$.profile.name", WHEN="{changed: [/nickname]}")
    ] == []
    (found,) = project.problems(REDACT="$.profile.name", WHEN="{changed: [/after/nickname]}")
    assert "did you mean '/nickname'?" in found.suggestion

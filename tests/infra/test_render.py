"""``infra render`` writes what the templates need from bridge.yaml; ``infra diff`` shows when it is out of
date."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.core.pattern.matching import compile_filters
from bridge.errors import ConfigurationError
from bridge.infra.environment import ENVIRONMENT, sample_environment, unknown_variables
from bridge.infra.parameters import filter_patterns
from bridge.infra.rendered import compare, render, write
from bridge.settings import Settings, read_settings
from tests.cli.shell import Shell
from tests.infra.permission_facts import grants
from tests.infra.templates import CODE, INFRA, STREAM_ARN, Stack, all_stacks, expand, kinesis, reconciliation
from tests.infra.test_permissions import ARNS

EXAMPLE = INFRA / "example" / "bridge.yaml"
HEAD = """\
version: 1
source: com.example.accounts
schemas: event_schemas
hash_key: "${HASH_KEY}"
"""
TABLES = """\
tables:
  Users:
    name: prod-users
    subject: user/{$.key.userId}
    sink: domain
    events: [{type: com.example.user.created, op: insert, versions: ["1.0.0"]}]
"""
SINKS = 'sinks: {domain: {kind: eventbridge, bus: "${EVENT_BUS}"}}\n'
QUARANTINE = 'quarantine: {kind: s3, bucket: "${QUARANTINE_BUCKET}"}\n'
LEDGER = 'ledger: {kind: dynamodb, table: "${LEDGER_TABLE}"}\n'


def settings(
    *more: str,
    sinks: str = SINKS,
    quarantine: str = QUARANTINE,
    ledger: str = LEDGER,
    tables: str = TABLES,
    head: str = HEAD,
) -> Settings:
    text = head + sinks + ledger + quarantine + "".join(more) + tables
    return read_settings(text.encode(), "bridge.yaml", Path(), sample_environment())


def deployed(of: Settings, table: str = "Users", **more: str) -> Stack:
    """The bridge stack with exactly what is rendered and what a deployer has to add."""
    parameters = render(of, table).parameters["bridge.parameters.json"]
    return Stack("bridge", {**parameters, **CODE, "StreamArn": STREAM_ARN, **more})


# --- filters -----------------------------------------------------------------------------------------

KINESIS = "    kinesis: arn:aws:kinesis:eu-central-1:123456789012:stream/changes\n"
USERS_ONLY = "    filter: {dynamodb: {Keys: {userId: {S: [{prefix: u-}]}}}}\n"
ORDERS = TABLES.removeprefix("tables:\n").replace("Users", "Orders").replace("users", "orders")


def record_in_kinesis(table: str, key: str) -> dict[str, Any]:
    """As a mapping of Kinesis shows DynamoDB's record to a filter."""
    own = {"eventSource": "aws:dynamodb", "tableName": table, "eventName": "INSERT"}
    return {"data": {**own, "dynamodb": {"Keys": {"userId": {"S": key}}}}}


def takes(of: Settings, table: str, record: dict[str, Any]) -> bool:
    criteria = render(of, table).documents["filter-criteria.json"]
    patterns = [json.loads(each["Pattern"]) for each in criteria.get("Filters", [])]
    return not patterns or compile_filters(patterns)(record)


def test_filters_of_a_table_behind_kinesis_match_what_a_mapping_of_kinesis_sees() -> None:
    of = settings(tables=TABLES + KINESIS + USERS_ONLY)
    assert takes(of, "Users", record_in_kinesis("prod-users", "u-1"))
    assert not takes(of, "Users", record_in_kinesis("prod-users", "x-1"))
    assert not takes(of, "Users", {"data": {"dynamodb": {"Keys": {"userId": {"S": "u-1"}}}}})
    whole = settings(tables=TABLES + KINESIS)
    assert takes(whole, "Users", record_in_kinesis("prod-users", "x-1"))
    assert not takes(whole, "Users", {"data": {"written": "by another program"}})


def test_the_filter_of_a_shared_kinesis_stream_takes_what_any_of_its_tables_takes() -> None:
    of = settings(tables=TABLES + KINESIS + USERS_ONLY + ORDERS + KINESIS)
    for table in ("Users", "Orders"):
        assert takes(of, table, record_in_kinesis("prod-users", "u-1"))
        assert not takes(of, table, record_in_kinesis("prod-users", "x-1"))
        assert takes(of, table, record_in_kinesis("prod-orders", "x-1"))


@pytest.mark.parametrize("of", [settings(), settings(tables=TABLES + USERS_ONLY)])
def test_the_terraform_line_of_the_readme_reads_the_filter_file_with_and_without_filters(
    of: Settings, tmp_path: Path
) -> None:
    write(render(of, "Users"), tmp_path / "rendered")
    readme = (INFRA / "terraform" / "README.md").read_text()
    expression = re.search(r"filter_patterns = (\[.*?\n  \])", readme, re.DOTALL)
    assert expression is not None
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not installed")
    line = f"jsonencode({' '.join(expression[1].split())})\n"
    shown = subprocess.run(
        [terraform, "console"], input=line, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(json.loads(shown)) == filter_patterns(of, "Users")


# --- parameters and templates fit --------------------------------------------------------------------


@pytest.mark.parametrize(
    "of",
    [
        settings(),
        settings(ledger="ledger: {kind: none}\n"),
        settings(quarantine='quarantine: {kind: sqs, queue: "${QUARANTINE_QUEUE_URL}"}\n'),
        settings(sinks='sinks: {domain: {kind: sns, topic: "${TOPIC_ARN}"}}\n'),
        settings(sinks='sinks: {domain: {kind: eventbridge_v2, bus: "${EVENT_BUS_V2_ARN}"}}\n'),
        settings(sinks='sinks: {domain: {kind: eventbridge_v2, bus: "${EVENT_BUS_V2_ARN}", raw: true}}\n'),
        settings('claim_check: {bucket: "${CLAIM_CHECK_BUCKET}", prefix: large}\n'),
        settings("telemetry: {tracing: xray}\n"),
        settings(tables=TABLES + "    fetch: current\n"),
    ],
    ids=["plain", "no ledger", "queue", "topic", "bus v2", "raw", "claim check", "tracing", "fetch"],
)
def test_the_role_that_is_deployed_is_the_policy_that_is_rendered(of: Settings) -> None:
    """Template and configuration cannot drift: what bridge.yaml needs is what its parameters switch on."""
    stack = deployed(of)
    for function, role, log_group in (("stream", "FunctionRole", ""), ("redrive", "RedriveRole", "-redrive")):
        rendered = grants(render(of, "Users").documents["policies.json"][function]["Statement"])
        arns = {**ARNS, "LogGroupArn": ARNS["LogGroupArn"] + log_group}
        wanted = {(action, _filled(resource, arns)) for action, resource in rendered}
        assert grants(stack.policies(role)) == wanted


def _filled(text: str, arns: dict[str, str]) -> str:
    for name, arn in arns.items():
        text = text.replace(f"${{{name}}}", arn)
    return text


def test_every_variable_of_the_configuration_is_set_by_the_templates() -> None:
    """The example names some; what a function is not given would stop it at its start."""
    text = EXAMPLE.read_text()
    of = read_settings(text.encode(), "bridge.yaml", EXAMPLE.parent, sample_environment())
    stack = deployed(of)
    for function in ("Function", "RedriveFunction"):
        variables = stack.properties(function)["Environment"]["Variables"]
        assert read_settings(text.encode(), "bridge.yaml", EXAMPLE.parent, variables).tables.keys() == {
            "Users"
        }
    behind = kinesis(stack).properties("Function")["Environment"]["Variables"]
    assert read_settings(text.encode(), "bridge.yaml", EXAMPLE.parent, behind).source == of.source
    worker = reconciliation(stack, **render(of, "Users").parameters["reconciliation.parameters.json"])
    variables = worker.properties("Worker")["Environment"]["Variables"]
    assert read_settings(text.encode(), "bridge.yaml", EXAMPLE.parent, variables).source == of.source


def test_the_page_about_deploying_lists_the_variables() -> None:
    page = (INFRA.parent / "docs" / "deploy.md").read_text()
    original = {name for name in ENVIRONMENT if not name.startswith("BRIDGE_")} - {
        "RUNS_BUCKET",
        "MAPPING_ID",
    }
    listed = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", page.partition("## What the settings")[0]))
    assert original <= listed | {"KINESIS_STREAM_ARN"}


def test_templates_set_only_variables_that_are_known() -> None:
    for stack in all_stacks():
        for name, each in stack.of_type("AWS::Lambda::Function").items():
            assert set(each["Environment"]["Variables"]) <= set(ENVIRONMENT), f"{stack.name}.{name}"


@pytest.mark.parametrize("name", ["bridge", "reconciliation", "observability", "kinesis"])
def test_rendered_parameters_are_parameters_of_the_template(name: str) -> None:
    of = settings(tables=TABLES + '    kinesis: "${KINESIS_STREAM_ARN}"\n')
    rendered = render(of, "Users").parameters[f"{name}.parameters.json"]
    assert set(rendered) <= set(expand(name)["Parameters"])


def test_settings_of_the_mapping_are_those_of_the_configuration() -> None:
    of = settings(
        "mapping: {batch_size: 50, window: 1.5s, parallelization_factor: 3,"
        " max_retries: 7, max_record_age: 2h}\n"
    )
    mapping = deployed(of).properties("Mapping")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == ("50", "2")
    assert (mapping["ParallelizationFactor"], mapping["MaximumRetryAttempts"]) == ("3", "7")
    assert mapping["MaximumRecordAgeInSeconds"] == "7200"


def test_limits_that_the_configuration_leaves_open_are_the_templates() -> None:
    """In Lambda no limit means retrying until the stream has forgotten."""
    mapping = deployed(settings()).properties("Mapping")
    assert mapping["MaximumRetryAttempts"] == 1000
    assert mapping["MaximumRecordAgeInSeconds"] == 43_200


def test_filters_are_lambdas_and_the_rest_is_emptied() -> None:
    tables = TABLES + "    filter: [{eventName: [INSERT]}, {eventName: [REMOVE]}]\n"
    of = settings(tables=tables)
    criteria = deployed(of).properties("Mapping")["FilterCriteria"]
    assert criteria == render(of, "Users").documents["filter-criteria.json"]
    assert [json.loads(each["Pattern"]) for each in criteria["Filters"]] == [
        {"eventName": ["INSERT"]},
        {"eventName": ["REMOVE"]},
    ]
    parameters = render(settings(), "Users").parameters["bridge.parameters.json"]
    assert parameters["FilterPattern1"] == "", "a filter that was taken out must not stay"


def test_each_type_and_major_has_a_rule() -> None:
    rules = render(settings(), "Users").documents["rules.json"]["Resources"]
    assert {json.dumps(rule["Properties"]["EventPattern"]) for rule in rules.values()} == {
        json.dumps({"source": ["com.example.accounts"], "detail-type": ["com.example.user.created.v1"]})
    }
    assert set(rules) == {"UserCreatedV1Rule"}


def test_types_with_the_same_last_words_have_rules_of_different_names() -> None:
    tables = TABLES.replace(
        "events: [", 'events: [{type: org.example.user.created, op: remove, versions: ["1.0.0"]}, '
    )
    rules = render(settings(tables=tables), "Users").documents["rules.json"]["Resources"]
    assert set(rules) == {"ComExampleUserCreatedV1Rule", "OrgExampleUserCreatedV1Rule"}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: settings(quarantine="quarantine: {kind: directory, path: q}\n"),
            "a folder lasts only as long as",
        ),
        (lambda: settings(ledger="ledger: {kind: memory}\n"), "memory lasts only as long as the function"),
        (
            lambda: settings(sinks="sinks: {domain: {kind: stdout}}\n"),
            "stdout lasts only as long as the function",
        ),
        (
            lambda: settings(
                sinks="sinks: {domain: {kind: eventbridge, bus: a}, other: {kind: eventbridge, bus: b}}\n"
            ),
            "one target of kind eventbridge",
        ),
        (lambda: settings("mapping: {starting_position: LATEST}\n"), "can skip records"),
        (lambda: settings("mapping: {max_record_age: 2d}\n"), "longer than the stream keeps"),
        (lambda: settings(head=HEAD.replace('hash_key: "${HASH_KEY}"\n', "")), "hash_key"),
        (lambda: settings(tables=TABLES + f"    filter: {[{'eventName': ['INSERT']}] * 6}\n"), "5 patterns"),
    ],
)
def test_what_the_templates_do_not_support_is_reported_at_its_place(
    make: Callable[[], Settings], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        render(make(), "Users")


def test_variables_that_no_template_sets_are_found_in_the_text() -> None:
    text = 'a: "${EVENT_BUS}" # ${COMMENT}\nb: "${MINE}${OTHERS:-x}$${PLAIN}"\n'
    assert unknown_variables(text) == ["MINE"]


# --- files -------------------------------------------------------------------------------------------


def drifts(of: Settings, folder: Path) -> list[str]:
    return [f"{drift.file}: {drift.what}" for drift in compare(render(of, "Users"), folder)]


def test_files_that_were_just_written_agree(tmp_path: Path) -> None:
    paths = write(render(settings(), "Users"), tmp_path)
    assert sorted(path.name for path in paths) == sorted(path.name for path in (tmp_path / "Users").iterdir())
    assert drifts(settings(), tmp_path) == []


def test_what_a_deployer_adds_to_the_parameters_stays_and_is_no_drift(tmp_path: Path) -> None:
    write(render(settings(), "Users"), tmp_path)
    path = tmp_path / "Users" / "bridge.parameters.json"
    added = {"ParameterKey": "StreamArn", "ParameterValue": STREAM_ARN}
    path.write_text(json.dumps([*json.loads(path.read_text()), added]))
    assert drifts(settings(), tmp_path) == []
    write(render(settings("mapping: {batch_size: 7}\n"), "Users"), tmp_path)
    after = {each["ParameterKey"]: each["ParameterValue"] for each in json.loads(path.read_text())}
    assert (after["StreamArn"], after["BatchSize"]) == (STREAM_ARN, "7")


def test_every_change_of_the_configuration_that_matters_is_seen(tmp_path: Path) -> None:
    write(render(settings(), "Users"), tmp_path)
    changed = settings(
        'claim_check: {bucket: "${CLAIM_CHECK_BUCKET}"}\n',
        "mapping: {batch_size: 7}\n",
        tables=TABLES.replace("user.created", "user.made") + "    filter: {eventName: [INSERT]}\n",
    )
    assert drifts(changed, tmp_path) == [
        "Users/bridge.parameters.json: UsesClaimCheck has another value",
        "Users/bridge.parameters.json: BatchSize has another value",
        "Users/bridge.parameters.json: FilterPattern1 has another value",
        "Users/reconciliation.parameters.json: UsesClaimCheck has another value",
        "Users/filter-criteria.json: Filters is missing",
        *(
            f"Users/policies.json: {function} differs"
            for function in ("kinesis", "pipe", "reconcile", "redrive", "stream")
        ),
        "Users/rules.json: Resources differs",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        ("{", "does not contain parameters"),
        ('[{"a": 1}]', "does not contain parameters"),
    ],
)
def test_files_that_are_gone_or_broken_are_drift(tmp_path: Path, content: str | None, said: str) -> None:
    write(render(settings(), "Users"), tmp_path)
    path = tmp_path / "Users" / "bridge.parameters.json"
    path.unlink() if content is None else path.write_text(content)
    assert drifts(settings(), tmp_path) == [f"Users/bridge.parameters.json: {said}"]


# --- the verbs ---------------------------------------------------------------------------------------


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    for name in ("BRIDGE_CONFIG", *ENVIRONMENT):
        monkeypatch.delenv(name, raising=False)
    made = Shell(tmp_path, monkeypatch, capsysbinary)
    made.write("bridge.yaml", HEAD + SINKS + LEDGER + QUARANTINE + TABLES)
    return made


def test_render_writes_a_folder_for_each_table_without_any_variable_set(shell: Shell) -> None:
    done = shell.run("infra", "render", "--out", "out")
    assert done.code == 0, done.err
    written = done.out.decode().splitlines()
    assert "out/Users/bridge.parameters.json" in written
    assert {(shell.folder / path).is_file() for path in written} == {True}
    assert shell.run("infra", "diff", "--out", "out").code == 0


def test_diff_names_each_difference_with_its_fix_and_exits_2(shell: Shell) -> None:
    shell.run("infra", "render", "--out", "out")
    shell.edit("bridge.yaml", "tables:", "mapping: {batch_size: 7}\ntables:")
    done = shell.run("infra", "diff", "--out", "out")
    assert done.code == 2
    (line,) = done.out.decode().splitlines()
    assert line == (
        "out/Users/bridge.parameters.json: BatchSize has another value"
        " - stream-bridge infra render --config bridge.yaml --out out"
    )
    (reported,) = json.loads(shell.run("infra", "diff", "--out", "out", "--output", "json").out)["drifts"]
    assert reported["file"] == "Users/bridge.parameters.json"


def test_the_fix_removes_the_difference(shell: Shell) -> None:
    shell.run("infra", "render", "--kms", "--table", "prod-users")
    shell.edit("bridge.yaml", "tables:", "mapping: {batch_size: 7}\ntables:")
    done = shell.run("infra", "diff", "--kms", "--table", "prod-users")
    fix = done.out.decode().splitlines()[0].partition(" - stream-bridge ")[2]
    assert shell.run(*fix.split()).code == 0
    assert shell.run("infra", "diff", "--kms", "--table", "prod-users").code == 0


def test_a_missing_table_and_a_configuration_that_cannot_be_deployed_are_reported(shell: Shell) -> None:
    assert "its tables are Users" in shell.run("infra", "render", "--table", "Other").err
    shell.edit("bridge.yaml", QUARANTINE, "quarantine: {kind: directory, path: q}\n")
    done = shell.run("infra", "render")
    assert done.code == 3
    assert "bridge.yaml:7" in done.err


def test_a_variable_of_ones_own_is_pointed_out(shell: Shell) -> None:
    shell.edit("bridge.yaml", "com.example.accounts", "${MINE}")
    shell.write(".env", "MINE=com.example.mine\n")
    done = shell.run("infra", "render", "--env-file", ".env")
    assert done.code == 0
    assert "names ${MINE}, which the templates do not set" in done.err


def test_what_is_rendered_is_the_same_every_time(shell: Shell) -> None:
    def files() -> dict[str, bytes]:
        shell.run("infra", "render", "--out", "out")
        return {path.name: path.read_bytes() for path in (shell.folder / "out" / "Users").iterdir()}

    assert files() == files()


# --- filters of entities -----------------------------------------------------------------------------

ENTITIES = """\
tables:
  app:
    name: app-main
    sink: domain
    entities:
      user:
        key: {PK: "USER#{userId}"}
        subject: user/{userId}
        events: [{type: com.example.user.created, op: insert, versions: ["1.0.0"]}]
"""


def test_the_filter_of_a_table_with_entities_is_deployed_and_its_absence_is_said(shell: Shell) -> None:
    of = settings(tables=ENTITIES)
    rendered = render(of, "app")
    pattern = '{"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"USER#"}]}}}}'
    assert rendered.documents["filter-criteria.json"] == {"Filters": [{"Pattern": pattern}]}
    assert rendered.parameters["bridge.parameters.json"]["FilterPattern1"] == pattern
    shell.write("bridge.yaml", HEAD + SINKS + LEDGER + QUARANTINE + ENTITIES + "    other: quarantine\n")
    done = shell.run("infra", "render", "--out", "rendered")
    assert "note: table app: no filter is derived: items of no entity go into quarantine" in done.err
    assert json.loads((shell.folder / "rendered/app/filter-criteria.json").read_text()) == {}

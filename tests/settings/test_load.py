"""bridge.yaml becomes settings: the design's example, defaults, the environment, places."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bridge.errors import ConfigurationError
from bridge.settings import Settings, load_settings, read_settings
from bridge.settings.mapping import QueueDestination
from bridge.settings.sinks import EventBridgeSettings, SnsSettings
from bridge.settings.stores import DirectoryQuarantineSettings

TOPIC = "arn:aws:sns:eu-west-1:123456789012:billing.fifo"
ENVIRON = {"EVENT_BUS": "domain-bus", "BILLING_TOPIC_ARN": TOPIC, "PII_KEY": "a-very-secret-key"}

DESIGN = """\
# yaml-language-server: $schema=./bridge.schema.json
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks:
  domain:  {kind: eventbridge, bus: "${EVENT_BUS}"}
  billing: {kind: sns, topic: "${BILLING_TOPIC_ARN}"}
ledger: {kind: memory}
quarantine: {kind: directory, path: ./quarantine}
tables:
  Users:
    subject: user/{$.key.userId}
    sink: domain
    owner: {team: identity, contact: "#identity"}
    filter: {dynamodb: {Keys: {userId: {S: [{prefix: "u-"}]}}}}
    diff: {ignore: [/updatedAt], lists: index}
    redact:
      - {path: $.email, with: hmac, key: "${PII_KEY}"}
      - {path: $.passwordHash, with: drop}
    events:
      - type: com.example.user.created
        op: insert
        versions: ["1.0.0"]
      - type: com.example.user.plan_changed
        op: modify
        when: {changed: [/plan], after: {plan: [pro, enterprise]}}
        versions:
          - {schema: "2.0.0", data: {userId: $.key.userId, plan: {from: $.before.plan, to: $.after.plan}}}
          - {schema: "1.1.0", from: "2.0.0", data: {userId: $.userId, plan: $.plan.to}, sunset: 2027-06-30}
        sink: [domain, billing]
      - type: com.example.user.deleted
        op: remove
        versions: ["1.0.0"]
"""

SMALL = """\
version: 1
source: com.example
sinks: {out: {kind: stdout}}
quarantine: {kind: directory, path: /var/quarantine}
tables:
  Users:
    subject: user/{$.key.id}
    events: [{type: a.b, op: insert, versions: ["1.0.0"]}]
"""


def read(text: str, **environ: str) -> Settings:
    return read_settings(text.encode(), "bridge.yaml", Path("conf"), environ)


def folder(path: str) -> DirectoryQuarantineSettings:
    return DirectoryQuarantineSettings(kind="directory", path=Path(path))


def lines(text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(text, **environ)
    return [str(problem) for problem in caught.value.problems]


def test_the_design_example_loads() -> None:
    settings = read(DESIGN, **ENVIRON)
    assert settings.warnings == ()
    domain, billing = settings.sinks["domain"], settings.sinks["billing"]
    assert isinstance(domain, EventBridgeSettings)
    assert domain.bus == "domain-bus"
    assert isinstance(billing, SnsSettings)
    assert billing.topic == TOPIC
    users = settings.tables["Users"]
    assert users.name == "Users"
    assert [event.sink for event in users.events] == [("domain",), ("domain", "billing"), ("domain",)]
    assert [version.major for version in users.events[1].versions] == [2, 1]
    older = users.events[1].versions[1]
    assert (older.from_, older.sunset) == ("2.0.0", date(2027, 6, 30))
    assert users.events[0].versions[0].schema_version == "1.0.0"
    assert users.filter == ({"dynamodb": {"Keys": {"userId": {"S": [{"prefix": "u-"}]}}}},)
    assert users.redact[0].key == SecretStr("a-very-secret-key")
    assert settings.schemas == Path("conf/event_schemas")
    assert settings.quarantine == folder("conf/quarantine")


def test_defaults_are_filled_in() -> None:
    settings = read(SMALL)
    users = settings.tables["Users"]
    assert users.name == "Users"
    assert users.sink == users.events[0].sink == ("out",)
    assert settings.ledger.kind == "none"
    assert settings.schemas == Path("conf/event_schemas")
    assert settings.quarantine == folder("/var/quarantine")
    assert (settings.breaker.share, settings.breaker.at_least) == (0.5, 10)
    mapping = settings.mapping
    assert (mapping.batch_size, mapping.parallelization_factor) == (100, 1)
    assert mapping.starting_position == "TRIM_HORIZON"
    assert [mapping.max_retries, mapping.max_record_age_s, mapping.on_failure] == [None, None, None]


def test_settings_are_frozen() -> None:
    settings = read(SMALL)
    with pytest.raises(ValidationError, match="frozen"):
        settings.source = "other"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("0.5", 0.5), ("250ms", 0.25), ("30s", 30.0), ("1.5m", 90.0), ("${W}", 20.0), ("0", 0.0)],
)
def test_a_duration_is_seconds_or_text_with_a_unit(text: str, seconds: float) -> None:
    assert read(SMALL + f"mapping:\n  window: {text}\n", W="20").mapping.window_s == seconds


def test_the_mapping_block_is_read() -> None:
    text = """\
mapping:
  batch_size: ${BATCH}
  window: 2s
  parallelization_factor: 4
  starting_position: ${START:-LATEST}
  bisect: ${BISECT}
  max_retries: 3
  max_record_age: 1h
  on_failure: {kind: sqs, queue: "http://127.0.0.1:4566/000000000000/failures"}
"""
    mapping = read(SMALL + text, BATCH="500", BISECT="true", START="").mapping
    assert (mapping.batch_size, mapping.window_s, mapping.parallelization_factor) == (500, 2.0, 4)
    assert (mapping.starting_position, mapping.bisect) == ("LATEST", True)
    assert (mapping.max_retries, mapping.max_record_age_s) == (3, 3600.0)
    assert isinstance(mapping.on_failure, QueueDestination)


def test_a_default_an_escape_and_several_names_in_one_text() -> None:
    text = SMALL.replace("user/{$.key.id}", '"${A}-${B:-b}/$${C}"')
    assert read(text, A="a").tables["Users"].subject == "a-b/${C}"


def test_a_default_replaces_a_variable_that_is_unset_or_empty() -> None:
    text = SMALL.replace("user/{$.key.id}", "'${A:-user}/{$.key.id}'")
    subjects = [read(text, **environ).tables["Users"].subject for environ in ({}, {"A": ""}, {"A": "u"})]
    assert subjects == ["user/{$.key.id}", "user/{$.key.id}", "u/{$.key.id}"]


def test_a_secret_that_takes_its_default_is_a_warning_until_the_variable_is_set() -> None:
    text = DESIGN.replace("${PII_KEY}", "${PII_KEY:-sample}")
    environ = {name: value for name, value in ENVIRON.items() if name != "PII_KEY"}
    (warning,) = read(text, **environ).warnings
    assert "is a secret, and the default in this file is used" in warning.message
    assert read(text, **ENVIRON).warnings == ()


def test_patterns_and_data_hold_plain_text_from_the_environment() -> None:
    text = SMALL.replace("op: insert", "op: insert, when: {after: {plan: ['${PLAN}']}}")
    when = read(text, PLAN="pro").tables["Users"].events[0].when
    assert when is not None
    assert when.after == {"plan": ["pro"]}
    assert type(when.after["plan"][0]) is str


def test_a_missing_variable_is_named_at_its_place() -> None:
    assert lines(DESIGN, EVENT_BUSS="x", PII_KEY="k") == [
        (
            "bridge.yaml:6:37 sinks.domain.bus: the environment variable EVENT_BUS is not set"
            " — did you mean ${EVENT_BUSS}?"
        ),
        (
            "bridge.yaml:7:31 sinks.billing.topic: the environment variable BILLING_TOPIC_ARN is not set"
            " — set it, or write ${BILLING_TOPIC_ARN:-default}"
        ),
    ]


def test_a_variable_that_is_set_to_nothing_is_empty() -> None:
    text = SMALL.replace("user/{$.key.id}", "${A}")
    assert lines(text, A="") == ["bridge.yaml:7:14 tables.Users.subject: must not be empty"]


def test_a_kind_cannot_come_from_the_environment() -> None:
    assert lines(SMALL.replace("kind: stdout", "kind: '${KIND:-stdout}'")) == [
        (
            "bridge.yaml:3:21 sinks.out.kind: cannot come from the environment,"
            " because it decides which keys this block has"
        )
    ]


def test_a_broken_reference_is_explained() -> None:
    assert lines(SMALL.replace("user/{$.key.id}", "user/${1x}")) == [
        (
            "bridge.yaml:7:14 tables.Users.subject: ${ must be followed by a name and }"
            " — write ${NAME}, ${NAME:-default}, or $${ for a plain ${"
        )
    ]


def test_secrets_and_values_of_the_environment_are_never_shown() -> None:
    shown = repr(read(DESIGN, **ENVIRON)) + str(read(DESIGN, **ENVIRON).model_dump())
    assert "a-very-secret-key" not in shown
    bad = SMALL.replace("a.b", "'${T}'").replace("[{", "[{sink: '${S}', ").replace('"1.0.0"', "'${V}'")
    text = "\n".join(
        lines(bad + "mapping: {batch_size: '${N}'}\n", T="hush.v1", S="hushed", V="hush", N="hush")
    )
    assert len(text.splitlines()) == 4
    assert "hush" not in text


def test_the_error_carries_no_trace_of_the_models_own_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(SMALL.replace("op: insert", "op: [x]"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_problems_found_later_get_the_place_of_their_path() -> None:
    settings = read(DESIGN, **ENVIRON)
    path = ("tables", "Users", "events", 1, "when", "changed", 0)
    assert settings.locate(path) == ("bridge.yaml", 26, 26)
    assert str(settings.problem(path, "is not in the schema", "did you mean '/plans'?")) == (
        "bridge.yaml:26:26 tables.Users.events[1].when.changed[0]: is not in the schema"
        " — did you mean '/plans'?"
    )
    assert settings.problem(("tables", "Users"), "odd", severity="warning").severity == "warning"


def test_a_file_is_read_and_its_folder_is_where_paths_start(tmp_path: Path) -> None:
    file = tmp_path / "bridge.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert load_settings(file, {}).schemas == tmp_path / "event_schemas"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(tmp_path / "absent.yaml", {})
    assert str(caught.value) == f"{tmp_path}/absent.yaml the file does not exist — name another with --config"
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "what"), [("", "is empty"), ("# no\n", "is empty"), ("[1]", "must be a mapping")]
)
def test_a_file_without_settings_is_refused(text: str, what: str) -> None:
    assert lines(text) == [f"bridge.yaml {what}"]

"""What commands say of a configuration includes every entity of its tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.edges.dynamodb.fetcher import TableFetcher
from bridge.infra.rendered import rules_of
from bridge.infra.uses import uses_of
from bridge.wiring.bridge import build_fetcher, load_configuration
from tests.cli.shell import Shell

CONFIG = """\
version: 1
source: com.example.accounts
schemas: ./event_schemas
sinks: {domain: {kind: eventbridge, bus: orders}}
quarantine: {kind: directory, path: ./quarantine}
tables:
  app:
    name: app-main
    owner: {team: shop, contact: "#shop"}
    sink: domain
    entities:
      user:
        key: {PK: "USER#{userId}"}
        subject: user/{userId}
        owner: {team: identity, contact: "#identity"}
        fetch: current
        events: [{type: com.example.user.noted, op: modify, versions: ["1.0.0"]}]
      order:
        key: {PK: "ORDER#{orderId}"}
        subject: order/{orderId}
        events:
          - {type: com.example.user.noted, op: insert, versions: ["1.0.0"]}
          - {type: com.example.user.renamed, op: modify, versions: ["1.0.0"]}
"""


@pytest.fixture
def project(shell: Shell) -> Shell:
    shell.write("bridge.yaml", CONFIG)
    for name in ("created", "noted", "renamed"):  # without meta.yaml the owner is that of bridge.yaml
        (shell.folder / f"event_schemas/com.example.user.{name}/meta.yaml").unlink()
    return shell


def test_the_asyncapi_document_has_the_events_owners_and_subjects_of_each_entity(project: Shell) -> None:
    document: dict[str, Any] = json.loads(project.run("schema", "asyncapi", "--output", "json").out)
    messages = document["components"]["messages"]
    assert messages["com.example.user.noted.v1"]["x-entities"] == [
        {"name": "user", "subject": "user/{userId}"},
        {"name": "order", "subject": "order/{orderId}"},
    ]
    owners = {name: message["x-owner"]["team"] for name, message in messages.items()}
    assert owners == {"com.example.user.noted.v1": "identity", "com.example.user.renamed.v1": "shop"}
    tags = {each["name"] for each in messages["com.example.user.renamed.v1"]["tags"]}
    assert tags == {"team:shop", "entity:order"}


def test_check_counts_entities_and_their_event_types(project: Shell) -> None:
    counts = json.loads(project.run("check", "--output", "json").out)["counts"]
    assert (counts["table"], counts["entity"], counts["event type"]) == (1, 2, 2)
    assert "1 table, 2 entities, 2 event types" in project.run("check").err


def test_a_pattern_is_written_for_the_event_of_an_entity(project: Shell) -> None:
    done = project.run("pattern", "of", "com.example.user.renamed")
    assert json.loads(done.out)["detail-type"] == ["com.example.user.renamed.v1"]


def test_what_is_rendered_has_the_rules_and_the_permissions_of_each_entity(project: Shell) -> None:
    configuration = load_configuration(project.folder / "bridge.yaml", {})
    rules = rules_of(configuration.settings, "app")["Resources"]
    assert sorted(rules) == ["UserNotedV1Rule", "UserRenamedV1Rule"]
    assert uses_of(configuration.settings, "app").fetch
    assert isinstance(build_fetcher(configuration, lambda service: object()), TableFetcher)

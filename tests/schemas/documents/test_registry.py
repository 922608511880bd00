"""registry.yaml and meta.yaml say what holds for a folder and a type; every mistake has its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.ports.registry import RegistryAddress
from bridge.schemas.compatibility.verdict import Mode, Policy
from bridge.schemas.documents.meta import Status, Waiver, parse_meta
from bridge.schemas.documents.registry import (
    Owner,
    RegistrySettings,
    parse_registry,
)
from bridge.schemas.documents.schema_set import SchemaSet, Version
from tests.schemas.folders import TYPE, put, schema

REGISTRY = """\
base: https://schemas.example.com
compatibility: BACKWARD
policy: strict
owners:
  makers: {contact: "#makers"}
publish:
  - {kind: eventbridge, registry: domain-events, region: eu-central-1}
  - {kind: glue, registry: domain-events}
"""
META = """\
summary: A thing was made.
owner: makers
status: deprecated
compatibility: FULL
policy: lenient
migration: Read com.example.other instead.
sunset:
  1: 2027-06-30
  "1.1.0": {date: 2027-03-31, since: 2026-12-01, migration: https://docs.example.com/1.1.0}
waivers:
  - versions: [1.0.0, 1.1.0]
    direction: forward
    who: ada
    why: The pattern only spells out what was always written.
    until: 2027-01-31
"""


def test_the_defaults_are_full_transitive_and_views() -> None:
    settings = parse_registry(b"base: https://a.example\n", "registry.yaml")
    assert settings == RegistrySettings("https://a.example", Mode.FULL_TRANSITIVE, Policy.VIEWS, {}, ())


def test_registry_yaml_has_mode_policy_owners_and_targets() -> None:
    settings = parse_registry(REGISTRY.encode(), "registry.yaml")
    assert (settings.compatibility, settings.policy) == (Mode.BACKWARD, Policy.STRICT)
    assert settings.owners == {"makers": Owner("makers", "#makers")}
    assert settings.publish == (
        RegistryAddress("eventbridge", "domain-events", "eu-central-1"),
        RegistryAddress("glue", "domain-events"),
    )
    first, second = map(str, settings.publish)
    assert (first, second) == ("eventbridge://domain-events?region=eu-central-1", "glue://domain-events")


def test_meta_yaml_has_status_sunsets_and_waivers() -> None:
    meta = parse_meta(META.encode(), "meta.yaml")
    assert (meta.status, meta.compatibility, meta.policy) == (Status.DEPRECATED, Mode.FULL, Policy.LENIENT)
    first, second = meta.sunset_of(Version(1, 0, 0)), meta.sunset_of(Version(1, 1, 0))
    assert first is not None
    assert second is not None
    assert (first.day, first.since) == (date(2027, 6, 30), None)
    assert first.migration == "Read com.example.other instead."
    assert (second.day, second.since) == (date(2027, 3, 31), date(2026, 12, 1))
    assert second.migration == "https://docs.example.com/1.1.0"
    assert meta.sunset_of(Version(2, 0, 0)) is None
    why = "The pattern only spells out what was always written."
    waiver = Waiver(Version(1, 0, 0), Version(1, 1, 0), "forward", "ada", why, date(2027, 1, 31), 11)
    assert meta.waivers == (waiver,)


def test_a_waiver_covers_its_pair_and_direction_up_to_its_last_day() -> None:
    (waiver,) = parse_meta(META.encode(), "meta.yaml").waivers
    pair = (Version(1, 0, 0), Version(1, 1, 0))
    assert waiver.covers(*pair, "forward", date(2027, 1, 31))
    assert not waiver.covers(*pair, "forward", date(2027, 2, 1))
    assert not waiver.covers(*pair, "backward", date(2027, 1, 31))
    assert not waiver.covers(pair[0], Version(1, 2, 0), "forward", date(2027, 1, 31))


def test_a_type_keeps_its_own_mode_and_policy_and_takes_the_others_from_the_registry(tmp_path: Path) -> None:
    put(tmp_path, "registry.yaml", REGISTRY)
    put(tmp_path, f"{TYPE}/1.0.0.json", schema())
    put(tmp_path, f"{TYPE}/meta.yaml", "summary: a\nowner: makers\npolicy: views\n")
    schemas = SchemaSet.load(tmp_path)
    assert (schemas.mode_of(TYPE), schemas.policy_of(TYPE)) == (Mode.BACKWARD, Policy.VIEWS)
    assert schemas.metas[TYPE].contact == "#makers"


def test_an_owner_that_the_registry_does_not_know_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "registry.yaml", REGISTRY)
    put(tmp_path, f"{TYPE}/1.0.0.json", schema())
    put(tmp_path, f"{TYPE}/meta.yaml", "summary: a\nowner: maker\n")
    with pytest.raises(
        ConfigurationError, match=r"owner: 'maker' is not an owner in .* — did you mean 'makers'"
    ):
        SchemaSet.load(tmp_path)


WRONG_REGISTRY = {
    "policy: strikt": "2:9 policy: must be one of views, strict, lenient — did you mean 'strict'?",
    "compatibility: full": "2:16 compatibility: must be one of BACKWARD, BACKWARD_TRANSITIVE, FORWARD, "
    "FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE, NONE — did you mean 'FULL'?",
    "publsh: []": "2:1 publsh: unknown key 'publsh' — did you mean 'publish'?",
    "publish: {}": "2:10 publish: must be a list",
    "publish: [{kind: glue}]": "2:11 publish[0]: required key 'registry' is missing",
    "publish: [{kind: glu, registry: a}]": "2:18 publish[0].kind: must be one of eventbridge, glue — "
    "did you mean 'glue'?",
    "publish: [{kind: glue, registry: 'a b'}]": "2:34 publish[0].registry: glue takes letters",
    "publish: [{kind: eventbridge, registry: aws.events}]": "2:41 publish[0].registry: eventbridge takes",
    "publish: [{kind: glue, registry: a, region: here}]": "2:45 publish[0].region: is not an AWS region",
    "publish: [{kind: glue, registry: a}, {kind: glue, registry: a}]": "publish[1]: glue://a is listed twice",
    "owners: {a: {}}": "2:13 owners.a: required key 'contact' is missing",
}
WRONG_META = {
    "status: gone": "3:9 status: must be one of draft, active, deprecated, retired",
    "sunset: 2027-01-01": "3:9 sunset: must be a mapping",
    "sunset: {1: soon}": "3:13 sunset.1: must be a date — such as 2027-06-30",
    "sunset: {1: 2027-02-30}": "3:13 sunset.1: must be a date",
    "sunset: {v1: 2027-01-01}": '3:10 sunset.v1: is neither a major nor a version — such as "1"',
    "sunset: {1: {date: 2027-01-01, since: 2027-02-01}}": "3:39 sunset.1.since: is after the sunset",
    "waivers: [{versions: [1.0.0], who: a, why: b, until: 2027-01-01}]": "must name two versions",
    "waivers: [{versions: [1.1.0, 1.0.0], who: a, why: b, until: 2027-01-01}]": "the older first",
    "waivers: [{versions: [1.0.0, 1.1], who: a, why: b, until: 2027-01-01}]": "3:30 waivers[0].versions[1]: "
    "is not a version",
    "waivers: [{versions: [1.0.0, 1.1.0], who: a, why: b}]": "waivers[0]: required key 'until' is missing",
    "waivers: [{versions: [1.0.0, 1.1.0], who: a, why: b, until: 2027-01-01, direction: x}]": "both",
    "contact: '#a'": "3:10 contact: is given in owner.contact already",
}


@pytest.mark.parametrize("line", WRONG_REGISTRY)
def test_a_mistake_in_registry_yaml_is_reported_with_its_place(line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_registry(f"base: https://a.example\n{line}\n".encode(), "registry.yaml")
    assert any(WRONG_REGISTRY[line] in str(problem) for problem in caught.value.problems), caught.value


@pytest.mark.parametrize("line", WRONG_META)
def test_a_mistake_in_meta_yaml_is_reported_with_its_place(line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_meta(f"summary: a\nowner: {{team: b, contact: c}}\n{line}\n".encode(), "meta.yaml")
    assert any(WRONG_META[line] in str(problem) for problem in caught.value.problems), caught.value

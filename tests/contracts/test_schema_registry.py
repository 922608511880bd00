"""What every schema registry keeps to, on peers that hold each request against botocore's models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from bridge.errors import (
    AccessDenied,
    BatchError,
    BridgeError,
    RegistryUnavailable,
    SchemaTaken,
    TargetMissing,
)
from bridge.ports.registry import Candidate
from tests.fakes.clients.batch_peer import client_error, throttling, timeout
from tests.schemas.registries.rig import KINDS, Rig

DRAFT = {
    "eventbridge": "http://json-schema.org/draft-04/schema#",
    "glue": "http://json-schema.org/draft-07/schema#",
}


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


def candidate(
    rig: Rig, version: str = "1.0.0", name: str = "com.example.thing.made.v1", **more: Any
) -> Candidate:
    document = {"$schema": DRAFT[rig.kind], "description": version, **more}
    labels = {"version": version, "sha256": f"{version:0<64}", "owner": "things & co"}
    return Candidate(name, json.dumps(document), f"{name} {version}", labels)


def test_what_was_created_and_added_is_read_in_order_with_the_settings_asked_for(rig: Rig) -> None:
    contents = [candidate(rig, f"1.{minor}.0") for minor in range(5)]  # more than a page
    rig.registry.create(contents[0])
    for each in contents[1:]:
        rig.registry.add(each)
    stored = rig.registry.read(contents[0].name)
    assert stored is not None
    assert [version.content for version in stored.versions] == [each.content for each in contents]
    assert [version.number for version in stored.versions] == [1, 2, 3, 4, 5]
    assert {version.status for version in stored.versions} == {"available"}
    assert stored.settings == rig.registry.settings


def test_every_name_is_listed_over_all_pages(rig: Rig) -> None:
    names = [f"com.example.type{n}.made.v1" for n in range(5)]
    for name in names:
        rig.registry.create(candidate(rig, name=name))
    assert list(rig.registry.names()) == names


def test_a_schema_that_is_not_there_is_none_and_an_empty_registry_has_no_names(rig: Rig) -> None:
    assert rig.registry.read("com.example.none.v1") is None
    assert list(rig.registry.names()) == []


def test_a_schema_is_made_once(rig: Rig) -> None:
    rig.registry.create(candidate(rig))
    with pytest.raises(SchemaTaken):
        rig.registry.create(candidate(rig, "1.1.0"))
    stored = rig.registry.read(candidate(rig).name)
    assert stored is not None
    assert len(stored.versions) == 1


def test_a_version_that_is_sent_twice_leaves_nothing_but_itself(rig: Rig) -> None:
    rig.registry.create(candidate(rig))
    for _ in range(2):
        rig.registry.add(candidate(rig, "1.1.0"))
    stored = rig.registry.read(candidate(rig).name)
    assert stored is not None
    contents = {version.content for version in stored.versions}
    assert contents == {candidate(rig).content, candidate(rig, "1.1.0").content}


def test_labels_are_kept_in_the_registrys_alphabet_and_a_repeat_is_no_error(rig: Rig) -> None:
    ours = candidate(rig)
    rig.registry.create(ours)
    for _ in range(2):
        stored = rig.registry.read(ours.name)
        assert stored is not None
        rig.registry.label(ours, stored.versions[0])
    stored = rig.registry.read(ours.name)
    assert stored is not None
    wanted = {label: (value,) for label, value in rig.registry.labels_of(ours).items()}
    assert dict(stored.versions[0].labels) == wanted
    if rig.kind == "glue":
        assert wanted["owner"] == ("things___co",)
        blind = rig.registry.read(ours.name, labels=False)
        assert blind is not None
        rig.registry.label(ours, blind.versions[0])  # what is there already is refused, and that is fine


def test_a_version_removed_by_hand_is_gone_and_its_number_is_not_given_again(rig: Rig) -> None:
    rig.registry.create(candidate(rig))
    rig.registry.add(candidate(rig, "1.1.0"))
    rig.client.remove_version(candidate(rig).name, 2)
    rig.registry.add(candidate(rig, "1.2.0"))
    stored = rig.registry.read(candidate(rig).name)
    assert stored is not None
    assert [version.number for version in stored.versions] == [1, 3]


@pytest.mark.parametrize("call", ["check", "names", "read", "create", "add"])
@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (throttling("Any"), RegistryUnavailable),
        (client_error("TooManyRequestsException", "Any", 429), RegistryUnavailable),
        (client_error("ConcurrentModificationException", "Any", 400), RegistryUnavailable),
        (client_error("ServiceUnavailableException", "Any", 503), RegistryUnavailable),
        (client_error("InternalServiceException", "Any", 500), RegistryUnavailable),
        (timeout(), RegistryUnavailable),
        (client_error("UnauthorizedException", "Any", 401), AccessDenied),
        (client_error("ResourceNumberLimitExceededException", "Any", 400), BatchError),
    ],
    ids=lambda value: value.response["Error"]["Code"] if isinstance(value, ClientError) else "",
)
def test_trouble_is_ours_by_what_can_be_done_about_it(
    rig: Rig, call: str, trouble: Exception, expected: type[BridgeError]
) -> None:
    rig.client.fail = lambda operation, number: trouble
    with pytest.raises(expected) as caught:
        _do(rig, call)
    assert caught.value.__cause__ is trouble


@pytest.mark.parametrize("call", ["check", "names", "read", "create", "add"])
def test_a_registry_that_is_missing_or_closed_raises_its_own_error(rig: Rig, call: str) -> None:
    rig.client.exists = False
    with pytest.raises(TargetMissing, match=rf"schema registry {rig.kind}://orders does not exist"):
        _do(rig, call)
    rig.client.exists, rig.client.denied = True, True
    with pytest.raises(AccessDenied):
        _do(rig, call)


def _do(rig: Rig, call: str) -> None:
    match call:
        case "read":
            rig.registry.read("com.example.thing.made.v1")
        case "create":
            rig.registry.create(candidate(rig))
        case "add":
            rig.registry.add(candidate(rig))
        case _:
            getattr(rig.registry, call)()


def test_a_content_over_the_limit_or_not_of_the_draft_is_refused_by_the_service(rig: Rig) -> None:
    for document in (
        {"description": "x" * 200_000},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
    ):
        with pytest.raises(BatchError, match=r"answered (BadRequest|InvalidInput)Exception"):
            rig.registry.create(candidate(rig, **document))
    with pytest.raises(BatchError, match=r"answered (BadRequest|InvalidInput)Exception"):
        rig.registry.create(candidate(rig, name="a name with blanks"))


def test_the_peers_refuse_what_botocores_models_do_not_know(rig: Rig) -> None:
    with pytest.raises(ParamValidationError, match="Unknown parameter"):
        rig.client.create_schema(RegistryName="orders", Nonsense=1)
    with pytest.raises(ParamValidationError, match="Missing required parameter"):
        rig.client.create_schema()
    with pytest.raises(ParamValidationError, match="Invalid type"):
        rig.client.create_schema(SchemaName=1)

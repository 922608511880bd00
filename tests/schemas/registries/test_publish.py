"""Publishing ends with what the folder has, whoever comes in between, or says why and overwrites nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import AccessDenied, BridgeError, RegistryUnavailable, SchemaRefused
from bridge.ports.registry import RegistryAddress, RegistryKind
from bridge.schemas.conversion.registered import compile_document
from bridge.schemas.registries.candidates import prepare
from bridge.schemas.registries.plan import TargetPlan
from bridge.schemas.registries.publish import Drifted, plan, publish
from tests.fakes.clients.batch_peer import client_error, throttling, timeout
from tests.fakes.faults import acts
from tests.schemas.folders import TYPE, put, schema
from tests.schemas.registries.rig import KINDS, NAME, Rig, add_version, load, make_folder


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


def states(plans: list[TargetPlan]) -> list[tuple[str, str]]:
    return [(line.version, line.state) for plan in plans for line in plan.lines]


def whats(plans: list[TargetPlan]) -> str:
    return "; ".join(line.what for plan in plans for line in plan.lines if line.state == "drifted")


def publish_all(rig: Rig, folder: Path) -> list[TargetPlan]:
    return publish([rig.target(load(folder))], rig.patience)


def plan_all(rig: Rig, folder: Path, *, published: bool = True) -> list[TargetPlan]:
    schemas = load(folder)
    return plan([rig.target(schemas, list(schemas.schemas) if published else [])])


def test_a_first_run_publishes_every_version_in_order_and_a_second_one_writes_nothing(
    rig: Rig, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path, "1.0.0", "1.1.0", "2.0.0")
    assert states(plan_all(rig, folder, published=False)) == [
        ("1.0.0", "new"),
        ("1.1.0", "new"),
        ("2.0.0", "new"),
    ]
    assert rig.writes == 0
    assert states(publish_all(rig, folder)) == [("1.0.0", "same"), ("1.1.0", "same"), ("2.0.0", "same")]
    assert rig.writes == 3
    ids = [str(each.get("$id", each.get("id"))) for each in rig.documents()]
    assert [each.rsplit("/", 1)[1] for each in ids] == ["1.0.0.json", "1.1.0.json"]
    assert len(rig.documents(f"{TYPE}.v2")) == 1
    publish_all(rig, folder)
    assert rig.writes == 3


def test_a_registry_that_writes_documents_anew_is_still_the_same(rig: Rig, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    publish_all(rig, folder)
    kept = rig.client.schemas[NAME].versions[0]
    attribute = "definition" if rig.kind == "glue" else "content"
    document = json.loads(getattr(kept, attribute))
    setattr(kept, attribute, json.dumps(dict(reversed(document.items()))))
    assert states(plan_all(rig, folder)) == [("1.0.0", "same")]


def test_drafts_are_not_published(rig: Rig, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    put(folder, f"{TYPE}/meta.yaml", "summary: A thing.\nowner: things\nstatus: draft\n")
    assert publish_all(rig, folder)[0].lines == ()


def test_the_schemas_of_others_in_the_registry_are_counted_and_left_alone(rig: Rig, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    rig.client.edit("com.example.other.v1", "{}")
    assert publish_all(rig, folder)[0].strangers == 1
    assert rig.client.contents("com.example.other.v1") == ["{}"]


# --- somebody changed the registry by hand ---


def by_hand(rig: Rig, what: str, folder: Path) -> str:
    """Change the registry, and answer what the plan must say."""
    kept = rig.documents()[0]
    match what:
        case "edited":
            rig.client.remove_version(NAME, 1)
            kept["description"] = "Edited."
            rig.client.edit(NAME, json.dumps(kept))
            return r"differs from .*1\.0\.0\.json at /description"
        case "added":
            rig.client.edit(NAME, json.dumps(kept).replace("/1.0.0.json", "/1.7.0.json"))
            return r"1\.7\.0, which this folder does not have"
        case "foreign":
            rig.client.edit(NAME, "{}")
            return "names no version of this type"
        case "no JSON":
            rig.client.edit(NAME, "{")
            return "is not JSON"
        case "deleted":
            rig.client.remove_version(NAME, 1)
            return "was published there and was removed"
        case "deleted whole":
            rig.client.remove(NAME)
            return "was published there and was removed"
        case _:
            if rig.kind == "glue":
                rig.client.schemas[NAME].compatibility = "BACKWARD"
                return "its compatibility is BACKWARD, not NONE"
            rig.client.schemas[NAME].versions[0].type = "OpenApi3"
            return "its type is JSONSchemaDraft4, OpenApi3, not JSONSchemaDraft4"


@pytest.mark.parametrize(
    "what", ["edited", "added", "foreign", "no JSON", "deleted", "deleted whole", "settings"]
)
def test_a_change_by_hand_is_reported_and_nothing_is_written(rig: Rig, what: str, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    publish_all(rig, folder)
    said = by_hand(rig, what, folder)
    published = list(load(folder).schemas)
    add_version(folder, "1.2.0")
    plans = plan([rig.target(load(folder), published)])
    assert any(line.state == "drifted" for line in plans[0].lines)
    with pytest.raises(Drifted, match=said):
        publish([rig.target(load(folder), published)], rig.patience)
    assert rig.writes == 2


def test_drift_in_one_target_keeps_all_targets_from_being_written(tmp_path: Path) -> None:
    one, two = Rig("eventbridge"), Rig("glue")
    folder = make_folder(tmp_path, "1.0.0")
    two.client.edit(NAME, "{}")
    with pytest.raises(Drifted):
        publish([one.target(load(folder)), two.target(load(folder))], one.patience)
    assert (one.writes, two.writes) == (0, 0)


def test_metadata_edited_by_hand_is_drift_and_another_owner_is_not(tmp_path: Path) -> None:
    rig = Rig("glue")
    folder = make_folder(tmp_path, "1.0.0")
    publish_all(rig, folder)
    kept = rig.client.schemas[NAME].versions[0]
    assert kept.metadata == {
        "version": ["1.0.0"],
        "sha256": [rig.prepared(load(folder))[0].digest.removeprefix("sha256:")],
        "dataschema": [f"https://schemas.example.com/{TYPE}/1.0.0.json"],
        "owner": ["things_team"],
    }
    kept.metadata["owner"] = ["others"]
    assert states(plan_all(rig, folder)) == [("1.0.0", "same")]
    kept.metadata["version"] = ["1.0.1"]
    assert whats(plan_all(rig, folder)) == "its metadata version says 1.0.1, not 1.0.0"


# --- trouble ---


@pytest.mark.parametrize(
    ("kind", "cut_at"),
    [*[("eventbridge", number) for number in range(1, 4)], *[("glue", number) for number in range(1, 16)]],
)
def test_a_run_that_was_cut_off_goes_on_where_it_was(kind: RegistryKind, cut_at: int, tmp_path: Path) -> None:
    """Half a set is published: the next run completes it, and publishes nothing twice. Each write is cut."""
    rig = Rig(kind)
    folder = make_folder(tmp_path, "1.0.0", "1.1.0", "2.0.0")
    calls = 0

    def cut(operation: str, call: int) -> Exception | None:
        nonlocal calls
        calls += not operation.startswith(("List", "Describe", "Get", "Query"))
        return client_error("AccessDeniedException", operation, 400) if calls >= cut_at else None

    rig.client.fail = cut
    with suppress(AccessDenied):
        publish_all(rig, folder)
    del rig.client.fail
    publish_all(rig, folder)
    assert len(rig.documents()) == 2
    assert len(rig.documents(f"{TYPE}.v2")) == 1
    assert states(plan_all(rig, folder)) == [("1.0.0", "same"), ("1.1.0", "same"), ("2.0.0", "same")]


@pytest.mark.parametrize("trouble", [throttling("Any"), timeout()], ids=["throttled", "timeout"])
def test_throttling_and_timeouts_are_waited_out(rig: Rig, trouble: Exception, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    rig.client.fail = lambda operation, call: trouble if call % 3 else None
    publish_all(rig, folder)
    assert len(rig.documents()) == 2
    assert rig.clock.slept


def test_an_answer_that_got_lost_leaves_no_version_twice(rig: Rig, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0", "1.1.0", "1.2.0")
    rig.client.lose = lambda operation, call: timeout() if call == 0 else None
    publish_all(rig, folder)
    assert len(rig.documents()) == 3


def test_a_registry_that_throttles_for_good_ends_the_run_with_its_reason(rig: Rig, tmp_path: Path) -> None:
    rig.client.fail = lambda operation, call: throttling(operation)
    with pytest.raises(RegistryUnavailable, match="ThrottlingException"):
        publish_all(rig, make_folder(tmp_path))
    assert 40 < sum(rig.clock.slept) <= 60


def test_a_registry_that_shows_what_it_took_later_is_waited_for(tmp_path: Path) -> None:
    rig = Rig("eventbridge")
    rig.client.lag_s = 3.0
    folder = make_folder(tmp_path)
    assert states(publish_all(rig, folder)) == [("1.0.0", "same"), ("1.1.0", "same")]
    assert sum(rig.clock.slept) >= 3.0


def test_a_version_that_settles_later_is_waited_for_and_then_labelled(tmp_path: Path) -> None:
    rig = Rig("glue")
    rig.client.settle_s = 10.0
    folder = make_folder(tmp_path)
    assert states(publish_all(rig, folder)) == [("1.0.0", "same"), ("1.1.0", "same")]
    assert sum(rig.clock.slept) >= 10.0
    versions = rig.client.schemas[NAME].versions
    assert {set(each.metadata) >= {"version", "sha256"} for each in versions} == {True}


def test_a_version_that_never_settles_is_unfinished_and_the_next_run_completes_it(tmp_path: Path) -> None:
    rig = Rig("glue")
    rig.client.settle_s = 90.0
    folder = make_folder(tmp_path)
    with pytest.raises(RegistryUnavailable, match="still pending"):
        publish_all(rig, folder)
    assert states(plan_all(rig, folder)) == [("1.0.0", "same"), ("1.1.0", "unfinished")]
    rig.clock.advance(90.0)
    publish_all(rig, folder)
    assert rig.writes == 2


def test_a_version_that_failed_in_the_registry_is_reported_and_not_sent_again(tmp_path: Path) -> None:
    rig = Rig("glue")
    rig.client.fails = lambda definition: "Version 1.1.0." in definition
    folder = make_folder(tmp_path)
    for _ in range(2):
        with pytest.raises(SchemaRefused, match=r"has marked .* 1\.1\.0 as failed"):
            publish_all(rig, folder)
    assert rig.writes == 2
    del rig.client.fails
    rig.client.remove_version(NAME, 2)
    assert states(publish_all(rig, folder)) == [("1.0.0", "same"), ("1.1.0", "same")]


class Other:
    """Another publisher, of a folder of its own, who acts right before one of our writes."""

    def __init__(self, rig: Rig, folder: Path, *, before: int) -> None:
        self.rig = rig
        self.folder = folder
        self._before = before
        self._acting = False
        rig.client.fail = acts(self._between)

    def _between(self, operation: str, call: int) -> bool:
        if not self._acting and operation.startswith(("Create", "Update", "Register")):
            self._before -= 1
            if self._before == 0:
                self._acting = True
                publish_all(self.rig, self.folder)
                return True
        return False


@pytest.mark.parametrize("before", [1, 2, 3])
def test_two_publishers_of_the_same_folder_at_once_both_succeed(
    rig: Rig, before: int, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path, "1.0.0", "1.1.0", "1.2.0")
    other = Other(rig, folder, before=before)
    assert {state for _, state in states(publish_all(rig, folder))} == {"same"}
    assert other._acting
    contents = [json.dumps(each) for each in rig.documents()]
    assert len(set(contents)) == 3


@pytest.mark.parametrize("before", [1, 2])
def test_of_two_publishers_with_different_contents_the_later_one_gets_an_error(
    rig: Rig, before: int, tmp_path: Path
) -> None:
    ours = make_folder(tmp_path / "ours")
    theirs = make_folder(tmp_path / "theirs")
    for version in ("1.0.0", "1.1.0"):
        add_version(theirs, version, description="Theirs.")
    Other(rig, theirs, before=before)
    with pytest.raises(Drifted, match="at /description"):
        publish_all(rig, ours)


def test_a_later_version_of_somebody_else_is_reported_before_anything_counts_as_done(
    rig: Rig, tmp_path: Path
) -> None:
    folder = make_folder(tmp_path)
    acted = False

    def after(operation: str, call: int) -> bool:
        nonlocal acted
        if acted or operation not in ("UpdateSchema", "RegisterSchemaVersion"):
            return False
        acted = True
        rig.client.edit(NAME, "{}")
        return True

    rig.client.lose = acts(after)
    with pytest.raises(Drifted, match="names no version of this type"):
        publish_all(rig, folder)


# --- before anything is asked of a registry ---


def refusals(folder: Path, kind: Any) -> list[str]:
    return [problem.message for problem in prepare(load(folder), RegistryAddress(kind, "orders"))[1]]


@pytest.mark.parametrize(("kind", "limit"), [("eventbridge", 100_000), ("glue", 170_000)])
def test_a_document_over_the_limit_is_refused_with_its_size(kind: Any, limit: int, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    add_version(folder, "1.1.0", description="x" * (limit - 1_000))
    assert refusals(folder, kind) == []
    add_version(folder, "1.1.0", description="x" * limit)
    (message,) = refusals(folder, kind)
    assert f"accepts {limit:,}" in message


def test_a_document_that_fits_without_its_blanks_is_published_without_them(tmp_path: Path) -> None:
    members = {f"m{n}": {"type": "string", "minLength": 1} for n in range(1_800)}
    folder = make_folder(tmp_path, "1.0.0")
    add_version(folder, "1.0.0", properties=members, required=[])
    put(folder, f"{TYPE}/examples/1.0.0/invalid/none.required.json", {"m1": ""})
    rig = Rig("eventbridge")
    publish_all(rig, folder)
    assert "\n" not in rig.client.contents(NAME)[0]
    assert len(rig.client.contents(NAME)[0]) <= 100_000


def test_a_name_that_glue_refuses_is_reported_before_anything_is_published(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    long = "com.example." + "x" * 241
    add_version(folder, "1.0.0", of=long)
    assert f"Glue refuses the name {long}.v1" in refusals(folder, "glue")
    assert refusals(folder, "eventbridge") == []


def test_a_version_without_examples_is_not_published_because_nothing_proves_its_conversion(
    tmp_path: Path,
) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    put(folder, f"{TYPE}/1.1.0.json", schema("1.1.0"))
    (message,) = refusals(folder, "glue")
    assert "has no examples" in message


def test_a_conversion_that_judges_otherwise_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    from bridge.schemas import conversion

    honest = conversion.convert

    def careless(*given: Any, **more: Any) -> dict[str, Any]:
        return {k: v for k, v in honest(*given, **more).items() if k != "required"}

    monkeypatch.setattr(conversion, "convert", careless)
    messages = refusals(folder, "eventbridge")
    assert "its conversion gives another verdict for" in messages[0]
    assert "none.required.json" in messages[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_older_draft_cannot_say_is_a_finding_at_its_place(kind: Any, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    list_ = {"type": "array", "contains": {"const": 1}, "minContains": 2}
    add_version(folder, "1.1.0", properties={"id": {"type": "integer"}, "list": list_})
    prepared, (problem,) = prepare(load(folder), RegistryAddress(kind, "orders"))
    assert problem.path == "/properties/list/contains"
    assert problem.file.endswith("1.1.0.json")
    assert [str(each.schema.version) for each in prepared] == ["1.0.0"]


def test_a_remote_reference_never_gets_as_far_as_a_registry(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "1.0.0")
    add_version(folder, "1.1.0", properties={"id": {"$ref": "https://elsewhere.example.org/id.json"}})
    with pytest.raises(BridgeError, match="nothing is fetched from elsewhere"):
        load(folder)


def test_a_published_document_needs_no_other(rig: Rig, tmp_path: Path) -> None:
    """References to other files of the folder come with the document: a registry keeps one."""
    folder = make_folder(tmp_path, "1.0.0")
    reference = {"$ref": f"../{TYPE}/1.0.0.json#/properties/id"}
    add_version(folder, of="com.example.thing.sold", properties={"id": reference})
    publish_all(rig, folder)
    (document,) = rig.documents("com.example.thing.sold.v1")
    validator = compile_document(document)
    assert validator.is_valid({"id": 1})
    assert not validator.is_valid({"id": "one"})

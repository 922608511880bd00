"""What an event source mapping with the settings of infra/bridge.yaml does with trouble: the embedded AWS
does not do it as Lambda does, so the project's runner does, configured from the same template."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bridge.edges.local.clock import SystemClock
from bridge.infra.environment import sample_environment
from bridge.stream.mapping.settings import MappingSettings
from bridge.wiring.bridge import load_configuration
from bridge.wiring.run import mapping_settings as settings_of_run
from infra.local.configuration import rendered_for, write_configuration
from tests.builders.aws import Aws
from tests.deploy.mapping import mapping_settings, template_mapping
from tests.deploy.rig import TemplateRig, keys_of
from tests.fakes.clock import FakeClock
from tests.infra.templates import bridge
from tests.stream.rig import Rig


def deployed(aws: Aws, folder: Path, **parameters: str) -> TemplateRig:
    if aws.shared:
        pytest.skip("stacks have names of their own; another endpoint may hold them already")
    return TemplateRig(aws, folder, FakeClock(time.time()), SystemClock(), **parameters)


# --- the template, read ------------------------------------------------------------------------------


def test_the_template_alone_gives_the_runner_these_settings() -> None:
    settings = template_mapping(bridge()).settings
    assert settings == MappingSettings(
        batch_size=100,
        window_s=0,
        parallelization_factor=1,
        starting_position="TRIM_HORIZON",
        bisect=True,
        max_retries=1000,
        max_record_age_s=43_200,
        report_batch_item_failures=True,
    )


def test_a_property_that_the_reader_does_not_know_is_no_property_that_it_passes_over() -> None:
    with pytest.raises(AssertionError, match="TumblingWindowInSeconds"):
        mapping_settings({**bridge().properties("Mapping"), "TumblingWindowInSeconds": 5})


def test_a_mapping_that_reports_no_items_would_be_read_as_such() -> None:
    plain = {**bridge().properties("Mapping"), "FunctionResponseTypes": []}
    assert not mapping_settings(plain).report_batch_item_failures


def test_filter_patterns_are_alternatives() -> None:
    wants = template_mapping(
        bridge(FilterPattern1='{"eventName":["INSERT"]}', FilterPattern2='{"eventName":["REMOVE"]}')
    ).settings.wants
    assert [wants({"eventName": name}) for name in ("INSERT", "MODIFY", "REMOVE")] == [True, False, True]


def test_the_runner_of_one_machine_and_the_mapping_of_the_template_agree(tmp_path: Path) -> None:
    """bridge.yaml decides the same of both."""
    configuration = load_configuration(write_configuration(tmp_path), sample_environment())
    rendered = rendered_for(configuration.settings)
    own = settings_of_run(configuration.settings, "Users", configuration.tables["Users"])
    theirs = template_mapping(bridge(**rendered.parameters["bridge.parameters.json"])).settings
    for name in ("batch_size", "window_s", "parallelization_factor", "starting_position"):
        assert getattr(own, name) == getattr(theirs, name), name
    for key, wanted in {"u-1": True, "test-1": False}.items():
        record = {"dynamodb": {"Keys": {"userId": {"S": key}}}}
        assert own.wants(record) is theirs.wants(record) is wanted


# --- the template's own numbers, against a function that fails ---------------------------------------


def test_a_batch_that_fails_as_a_whole_is_narrowed_down_to_the_one_record() -> None:
    """With the template's own numbers: a thousand retries fit into the record's age, and only what cannot be
    done is given up."""
    rig = Rig()
    written = rig.write(8)
    mapping = template_mapping(bridge())

    def poison(sequences: list[str]) -> Any:
        if written[5] in sequences:
            raise RuntimeError
        return None

    rig.function.always = poison
    stats = rig.run(
        bisect=mapping.settings.bisect,
        max_retries=mapping.settings.max_retries,
        max_record_age_s=mapping.settings.max_record_age_s,
    )
    ((info, payload),) = rig.kept.sent
    assert info["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert [record["dynamodb"]["SequenceNumber"] for record in payload["Records"]] == [written[5]]
    assert (stats.done, stats.given_up, stats.dropped) == (7, 1, 0)


def test_a_record_is_given_up_while_the_stream_still_has_it() -> None:
    """An outage of the function's own: at half of the stream's 24 hours, whatever the retries."""
    rig = Rig()
    rig.write(1)
    mapping = template_mapping(bridge(MaximumRetryAttempts="10000"))
    began_s = rig.clock.now()

    def down(sequences: list[str]) -> Any:
        rig.clock.advance(mapping.pace.function_timeout_s)
        raise TimeoutError

    rig.function.always = down
    rig.run(max_retries=mapping.settings.max_retries, max_record_age_s=mapping.settings.max_record_age_s)
    ((info, _),) = rig.kept.sent
    assert info["requestContext"]["condition"] == "RecordAgeExceeded"
    assert 12 * 3600 <= rig.clock.now() - began_s < 13 * 3600


# --- the stack, deployed, with the runner as its mapping ---------------------------------------------


def test_a_poison_record_is_quarantined_and_delays_no_other_record(aws: Aws, tmp_path: Path) -> None:
    rig = deployed(aws, tmp_path)
    assert rig.mapping.bucket == rig.outputs["OnFailureBucketName"]
    rig.sign_up("u-1")
    rig.sign_up("u-poison", plan={"S": "no plan of original"})
    rig.sign_up("u-2", "test-1")
    stats = rig.run()
    assert rig.batches == [["u-1", "u-poison", "u-2"]], "once; the filter of the template kept test-1 out"
    assert sorted(rig.heard()) == ["user/u-1", "user/u-2"]
    assert rig.quarantined() == 1
    assert (stats.given_up, rig.given_up(), rig.notified()) == (0, [], [])


def test_an_entry_that_the_bus_refuses_is_returned_for_retry_and_published_once(
    aws: Aws, tmp_path: Path
) -> None:
    """A partial failure: the batch is sent again from the refused record on, and no event is published
    twice."""
    rig = deployed(aws, tmp_path)
    rig.bus.refused = {"user/u-2"}
    rig.sign_up("u-1", "u-2", "u-3")
    stats = rig.run(fixed_at=5)
    assert rig.batches[:3] == [["u-1", "u-2", "u-3"], ["u-2", "u-3"], ["u-2"]], "and it is bisected"
    assert sorted(rig.heard()) == ["user/u-1", "user/u-2", "user/u-3"]
    assert rig.bus.tries["user/u-1"] == rig.bus.tries["user/u-3"] == 1
    assert rig.bus.tries["user/u-2"] > 4
    assert (stats.done, stats.given_up, rig.quarantined(), rig.notified()) == (3, 0, 0, [])


def test_retries_that_are_used_up_end_in_the_bucket_with_a_message_for_the_alarm_and_can_be_redriven(
    aws: Aws, tmp_path: Path
) -> None:
    rig = deployed(aws, tmp_path, MaximumRetryAttempts="3")
    rig.bus.refused = {"user/u-2"}
    rig.sign_up("u-1", "u-2", "u-3")
    stats = rig.run()
    assert rig.batches == [["u-1", "u-2", "u-3"], ["u-2", "u-3"], *[["u-2"]] * 4, ["u-3"]]
    assert sorted(rig.heard()) == ["user/u-1", "user/u-3"]
    (object_,) = rig.given_up()
    assert object_["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert keys_of(object_) == ["u-2"], "bisected down to what could not be done, and whole"
    assert (stats.given_up, stats.dropped) == (1, 0)
    (key,) = rig.notified()
    assert key.startswith("aws/lambda/")

    rig.bus.refused = set()
    rig.redrive()
    assert rig.heard() == ["user/u-2"]
    assert rig.given_up() == []

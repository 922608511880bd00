"""Trouble that begins with templates: a stream that is replaced, two stacks on one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.doctor.finding import Context
from bridge.doctor.mapping import judge_mapping, judge_mappings
from bridge.ports.setup import MappingFacts
from tests.infra.templates import NAMES, STREAM_ARN, Stack, bridge, expand, pipe, read

NEW_STREAM_ARN = STREAM_ARN.replace("2026-01-01", "2026-03-01")


# --- a stack update that replaces the stream ---------------------------------------------------------


def test_a_new_stream_gets_a_mapping_that_starts_at_its_beginning() -> None:
    """EventSourceArn is create-only, so CloudFormation makes a new mapping; nothing of the new stream is
    skipped, and what is given up goes where it went."""
    before, after = bridge(), bridge(StreamArn=NEW_STREAM_ARN)
    old, new = before.properties("Mapping"), after.properties("Mapping")
    assert {key for key in old if old[key] != new[key]} == {"EventSourceArn"}
    assert new["StartingPosition"] == "TRIM_HORIZON"


def test_a_new_stream_changes_the_mapping_and_the_right_to_read_it_and_nothing_else() -> None:
    before, after = bridge(), bridge(StreamArn=NEW_STREAM_ARN)
    changed = {name for name in before.resources if before.resources[name] != after.resources[name]}
    assert changed == {"Mapping", "FunctionRole"}
    assert before.exports() == after.exports(), "subscribers notice nothing"


def test_the_arn_of_a_stream_is_no_export() -> None:
    """CloudFormation refuses to change an export in use, after it has replaced the stream, and rolls back:
    that makes a third stream."""
    for name in NAMES:
        for output in read(name).get("Outputs", {}).values():
            if "Export" in output:
                assert "StreamArn" not in json.dumps(output)


def test_a_table_that_is_replaced_leaves_the_old_one_to_be_drained() -> None:
    table = Stack("example-table", {}).resources["Table"]
    assert (table["UpdateReplacePolicy"], table["DeletionPolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


# --- two stacks on one table -------------------------------------------------------------------------


def test_a_stack_is_one_reader_of_its_stream() -> None:
    """Two readers of a shard are the limit (docs: DynamoDB Streams); the second is for others."""
    readers = [
        each
        for each in bridge().of_type("AWS::Lambda::EventSourceMapping").values()
        if STREAM_ARN in str(each)
    ]
    assert len(readers) == 1
    assert len(pipe().of_type("AWS::Pipes::Pipe")) == 1
    for name in ("bridge", "pipe"):
        described = expand(name)["Parameters"]["StreamArn"]["Description"]
        assert "two readers" in described, f"{name} does not say so"


def test_two_stacks_of_different_names_share_nothing_that_they_write() -> None:
    """They would publish every change twice, each with its own ledger; neither breaks the other."""
    first, second = bridge(), bridge(BridgeName="other-bridge")
    kinds = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup")
    for kind in kinds:
        original = {first.arn(name) for name in first.of_type(kind)}
        theirs = {second.arn(name) for name in second.of_type(kind)}
        assert original
        assert not original & theirs, kind


def test_a_second_stack_of_the_same_name_collides_instead_of_joining_in() -> None:
    """Names are given, so that CloudFormation fails the second stack: "already exists"."""
    names = {
        "AWS::Lambda::Function": "FunctionName",
        "AWS::DynamoDB::Table": "TableName",
        "AWS::S3::Bucket": "BucketName",
        "AWS::SQS::Queue": "QueueName",
        "AWS::Events::EventBus": "Name",
    }
    for kind, name in names.items():
        for each in bridge().of_type(kind).values():
            assert each[name]


def facts(function: str, properties: Mapping[str, Any]) -> MappingFacts:
    """The mapping of a template in the form of ListEventSourceMappings."""
    return MappingFacts(
        id=function,
        function=f"arn:aws:lambda:eu-central-1:123456789012:function:{function}",
        source_arn=properties["EventSourceArn"],
        state="Enabled",
        starting_position=properties["StartingPosition"],
        reports_items=properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"],
        bisects=properties["BisectBatchOnFunctionError"],
        retries=properties["MaximumRetryAttempts"],
        record_age_s=properties["MaximumRecordAgeInSeconds"],
        destination=properties["DestinationConfig"]["OnFailure"]["Destination"],
        modified=None,
    )


def test_doctor_reports_a_second_reader() -> None:
    context = Context("bridge.yaml", "Users", "Users", 0.0, "")
    both = [facts(name, bridge(BridgeName=name).properties("Mapping")) for name in ("one", "two")]
    finding, _ = judge_mappings(context, STREAM_ARN, both, None)
    assert finding.severity == "warning"
    assert "of one, two" in finding.message


def test_doctor_has_nothing_to_say_about_the_mapping_of_the_template() -> None:
    mapping = facts("stream-bridge", bridge().properties("Mapping"))
    assert {finding.severity for finding in judge_mapping(mapping)} == {"ok"}

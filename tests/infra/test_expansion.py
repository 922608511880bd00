"""What CloudFormation is given in the end: the settings that keep changes from being lost, and data from
being read by others."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

from bridge.core.pattern.matching import compile_pattern
from bridge.limits import STREAM_RETENTION_S
from tests.infra.templates import (
    ACCOUNT,
    EVERYTHING,
    KEY_ARN,
    REGION,
    STREAM_ARN,
    Stack,
    all_stacks,
    bridge,
    expand,
    kinesis,
    pipe,
    read,
    reconciliation,
)


@cache
def whole() -> Stack:
    return Stack("bridge", EVERYTHING)


@cache
def stacks() -> tuple[Stack, ...]:
    return all_stacks()


def every(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{stack.name}.{key}", each) for stack in stacks() for key, each in stack.of_type(kind).items()]


# --- the event source mapping ------------------------------------------------------------------------


def test_the_mapping_reads_everything_and_gives_up_nothing_in_silence() -> None:
    mapping = whole().properties("Mapping")
    assert mapping["EventSourceArn"] == STREAM_ARN
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["ParallelizationFactor"] == 1
    assert 0 < mapping["MaximumRetryAttempts"] < 10_000
    assert 0 < mapping["MaximumRecordAgeInSeconds"] < STREAM_RETENTION_S
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == whole().arn("OnFailureBucket")
    assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert mapping["FunctionName"] == "stream-bridge"


def test_a_record_cannot_be_set_to_outlive_its_stream() -> None:
    declared = expand("bridge")["Parameters"]["MaximumRecordAgeSeconds"]
    assert declared["MaxValue"] < STREAM_RETENTION_S
    with pytest.raises(AssertionError, match="MaximumRecordAgeSeconds"):
        bridge(MaximumRecordAgeSeconds="86400")


def test_filters_are_the_parameters_and_none_means_every_record() -> None:
    patterns = [each["Pattern"] for each in whole().properties("Mapping")["FilterCriteria"]["Filters"]]
    assert patterns == [EVERYTHING["FilterPattern1"], EVERYTHING["FilterPattern2"]]
    assert "FilterCriteria" not in bridge().properties("Mapping")


def test_kinesis_has_the_same_settings_as_the_stream() -> None:
    """But where it starts from, how old records may be there, and what is no change of DynamoDB's."""
    own = {"EventSourceArn", "FunctionName", "FilterCriteria", "MaximumRecordAgeInSeconds", "Enabled"}
    theirs = kinesis(whole()).properties("Mapping")
    original = whole().properties("Mapping")
    assert {key: value for key, value in theirs.items() if key not in own} == {
        key: value for key, value in original.items() if key not in own
    }
    pattern = json.loads(theirs["FilterCriteria"]["Filters"][0]["Pattern"])
    assert pattern == {"data": {"eventSource": ["aws:dynamodb"]}}


def test_a_pipe_gives_up_into_a_queue_and_never_sends_more_than_a_bus_takes() -> None:
    stack = pipe()
    source = stack.properties("Pipe")["SourceParameters"]["DynamoDBStreamParameters"]
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["OnPartialBatchItemFailure"] == "AUTOMATIC_BISECT"
    assert source["DeadLetterConfig"]["Arn"] == stack.arn("DeadLetters")
    assert source["MaximumRecordAgeInSeconds"] < STREAM_RETENTION_S
    assert expand("pipe")["Parameters"]["BatchSize"]["MaxValue"] == 10
    assert stack.properties("Pipe")["Enrichment"] == stack.arn("Enrichment")


# --- functions ---------------------------------------------------------------------------------------


def test_functions_are_those_of_the_package_with_their_own_role_and_log_group() -> None:
    seen = set()
    for name, each in every("AWS::Lambda::Function"):
        assert each["Runtime"] == "python3.13", name
        assert each["Architectures"] == ["arm64"], name
        assert each["LoggingConfig"]["LogFormat"] == "Text", name
        assert each["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{each['FunctionName']}", name
        assert each["Code"] == {"S3Bucket": "code", "S3Key": "bridge-0123.zip"}, name
        module, _, function = each["Handler"].rpartition(".")
        assert function == "handler"
        assert find_spec(module) is not None, name
        seen.add(module)
    assert {module.rpartition(".")[2] for module in seen} == {
        "stream",
        "redrive",
        "reconcile",
        "pipe",
        "kinesis",
    }


def test_log_groups_end_and_no_function_makes_its_own() -> None:
    for name, each in every("AWS::Logs::LogGroup"):
        assert each["RetentionInDays"], name
    for stack in stacks():
        given = {each["LogGroupName"] for each in stack.of_type("AWS::Logs::LogGroup").values()}
        for each in stack.of_type("AWS::Lambda::Function").values():
            assert each["LoggingConfig"]["LogGroup"] in given


def test_concurrency_and_tracing_are_as_asked_for() -> None:
    assert whole().properties("Function")["ReservedConcurrentExecutions"] == "8"
    assert "ReservedConcurrentExecutions" not in bridge().properties("Function")
    assert whole().properties("Function")["TracingConfig"] == {"Mode": "Active"}
    assert bridge().properties("Function")["TracingConfig"] == {"Mode": "PassThrough"}


def test_sam_adds_nothing_of_its_own_but_how_the_redrive_is_invoked() -> None:
    """No unlisted roles, policies or permissions."""
    for name in ("bridge", "reconciliation", "pipe", "kinesis"):
        added = set(expand(name)["Resources"]) - set(read(name)["Resources"])
        assert added == ({"RedriveFunctionEventInvokeConfig"} if name == "bridge" else set())


def test_hash_keys_come_from_a_secret_and_a_given_one_is_taken() -> None:
    def hash_key(stack: Stack) -> str:
        value: str = stack.properties("Function")["Environment"]["Variables"]["HASH_KEY"]
        return value

    made = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:stream-bridge/hash-key-abcdef"
    given = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:own"
    assert hash_key(bridge()) == f"{{{{resolve:secretsmanager:{made}}}}}"
    stack = bridge(HashKeySecretArn=given)
    assert hash_key(stack) == f"{{{{resolve:secretsmanager:{given}}}}}"
    assert "HashKeySecret" not in stack.resources


# --- what is kept ------------------------------------------------------------------------------------


def test_tables_are_protected_can_be_restored_and_forget_what_is_due() -> None:
    for name, each in every("AWS::DynamoDB::Table"):
        assert each["DeletionProtectionEnabled"] == "true", name
        assert each["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert each["TimeToLiveSpecification"]["Enabled"] is True, name
        assert each["BillingMode"] == "PAY_PER_REQUEST", name
    ledger = whole().properties("LedgerTable")
    assert ledger["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert ledger["TimeToLiveSpecification"]["AttributeName"] == "ttl"


def test_buckets_are_closed_encrypted_and_forget_what_is_due() -> None:
    for stack in stacks():
        policies = {
            each["Bucket"]: each["PolicyDocument"] for each in stack.of_type("AWS::S3::BucketPolicy").values()
        }
        for name, each in stack.of_type("AWS::S3::Bucket").items():
            assert set(each["PublicAccessBlockConfiguration"].values()) == {True}
            assert each["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert each["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            assert any("ExpirationInDays" in rule for rule in each["LifecycleConfiguration"]["Rules"])
            assert len(each["BucketName"].replace(ACCOUNT, "").replace(REGION, "")) <= 63 - 12 - 14, name
            denied = [s for s in policies[each["BucketName"]]["Statement"] if s["Effect"] == "Deny"]
            assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert denied[0]["Resource"] == [stack.arn(name), stack.arn(name) + "/*"]


def test_names_of_buckets_fit_for_the_longest_name_in_the_longest_region() -> None:
    longest = bridge(BridgeName="a" * 20)
    for each in longest.of_type("AWS::S3::Bucket").values():
        assert len(each["BucketName"].replace(REGION, "ap-southeast-2")) <= 63


def test_quarantined_records_outlast_nothing_else_in_their_bucket() -> None:
    """A claim's lifecycle must not reach quarantine, so they are two buckets."""
    assert (
        whole().properties("QuarantineBucket")["BucketName"]
        != whole().properties("ClaimCheckBucket")["BucketName"]
    )


def test_queues_are_encrypted_and_keep_for_as_long_as_there_is() -> None:
    for name, each in every("AWS::SQS::Queue"):
        assert each.get("SqsManagedSseEnabled") is True or each.get("KmsMasterKeyId") == KEY_ARN, name
        assert each["MessageRetentionPeriod"] == 1_209_600, name


def test_a_key_of_ones_own_reaches_everything_that_holds_data() -> None:
    stack = whole()
    assert stack.properties("LedgerTable")["SSESpecification"]["KMSMasterKeyId"] == KEY_ARN
    assert stack.properties("EventBus")["KmsKeyIdentifier"] == KEY_ARN
    assert stack.properties("Archive")["KmsKeyIdentifier"] == KEY_ARN
    assert stack.properties("EventBusV2")["EncryptionConfiguration"] == {"KmsKeyIdentifier": KEY_ARN}
    assert stack.properties("Topic")["KmsMasterKeyId"] == KEY_ARN
    assert stack.properties("HashKeySecret")["KmsKeyId"] == KEY_ARN
    for each in stack.of_type("AWS::Logs::LogGroup").values():
        assert each["KmsKeyId"] == KEY_ARN
    for each in stack.of_type("AWS::Lambda::Function").values():
        assert each["KmsKeyArn"] == KEY_ARN
    for each in stack.of_type("AWS::S3::Bucket").values():
        (rule,) = each["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY_ARN
        assert rule["BucketKeyEnabled"] is True


def test_without_one_nothing_names_a_key() -> None:
    assert "kms" not in json.dumps(bridge().resources["LedgerTable"]).lower()
    (rule,) = bridge().properties("OnFailureBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_what_holds_data_stays_when_a_stack_goes_or_replaces_it() -> None:
    kinds = {
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
        "AWS::Events::EventBus",
        "AWS::Events::Archive",
        "AWS::EventsV2::EventBus",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
    }
    for stack in stacks():
        for name, resource in stack.resources.items():
            if resource["Type"] in kinds:
                assert resource["DeletionPolicy"] == "Retain", f"{stack.name}.{name}"
                assert resource["UpdateReplacePolicy"] == "Retain", f"{stack.name}.{name}"


def test_a_batch_that_is_given_up_leaves_a_message_and_nothing_else_does() -> None:
    """S3 sends a message of its own to a queue that a bucket notifies (docs, s3:TestEvent), and the alarm on
    the first message would ring at every first deploy. It sends none to EventBridge."""
    stack = whole()
    reported = stack.properties("OnFailureBucket")["NotificationConfiguration"]
    assert reported == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    rule = stack.properties("OnFailureRule")
    assert "EventBusName" not in rule, "S3 publishes to the default bus of the account"
    assert rule["State"] == "ENABLED"
    given_up = {"source": "aws.s3", "detail-type": "Object Created"}
    bucket = stack.properties("OnFailureBucket")["BucketName"]
    matches = compile_pattern(rule["EventPattern"]).matches
    assert matches({**given_up, "detail": {"bucket": {"name": bucket}, "object": {"key": "aws/lambda/x"}}})
    assert not matches({**given_up, "detail": {"bucket": {"name": "another"}}})
    assert not matches({**given_up, "detail-type": "Object Deleted", "detail": {"bucket": {"name": bucket}}})
    assert [each["Arn"] for each in rule["Targets"]] == [stack.arn("OnFailureQueue")]
    (allowed,) = [
        each
        for each in stack.properties("OnFailureQueuePolicy")["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": stack.arn("OnFailureRule")}}


# --- where events go ---------------------------------------------------------------------------------


def test_the_bus_has_an_archive_a_log_and_lets_the_organisation_make_its_own_rules() -> None:
    stack = whole()
    assert stack.properties("Archive")["SourceArn"] == stack.arn("EventBus")
    assert stack.properties("EventBus")["LogConfig"] == {"Level": "TRACE", "IncludeDetail": "NONE"}
    kinds = {each["LogType"] for each in stack.of_type("AWS::Logs::DeliverySource").values()}
    assert kinds == {"ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"}
    statement = stack.properties("EventBusPolicy")["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
        "StringEqualsIfExists": {"events:creatorAccount": "${aws:PrincipalAccount}"},
    }
    assert "events:PutEvents" not in statement["Action"], "events are the bridge's to put"


def test_without_an_organization_no_other_account_has_access() -> None:
    assert "EventBusPolicy" not in bridge().resources


def test_a_bus_of_another_account_is_published_to_and_not_made() -> None:
    arn = "arn:aws:events:eu-central-1:210987654321:event-bus/domain"
    stack = bridge(EventBusArn=arn)
    assert not {"EventBus", "Archive", "EventBusErrorLogs"} & set(stack.resources)
    assert stack.properties("Function")["Environment"]["Variables"]["EVENT_BUS"] == arn
    (publishes,) = [each for each in stack.policies("FunctionRole") if each["Sid"] == "PublishToBus"]
    assert publishes["Resource"] == arn


def test_a_stack_that_publishes_nowhere_is_refused() -> None:
    rule = expand("bridge")["Rules"]["PublishesSomewhere"]["Assertions"][0]["Assert"]
    assert {json.dumps(each) for each in rule["Fn::Or"]} == {
        json.dumps({"Fn::Equals": [{"Ref": name}, "true"]})
        for name in ("PublishesToEventBus", "PublishesToEventBusV2", "PublishesToTopic")
    }


def test_a_topic_of_the_stack_keeps_order() -> None:
    topic = whole().properties("Topic")
    assert topic["TopicName"].endswith(".fifo")
    assert topic["FifoTopic"] is True
    assert topic["ContentBasedDeduplication"] is False


# --- schedules ---------------------------------------------------------------------------------------


def test_redriving_is_off_until_somebody_switches_it_on() -> None:
    assert bridge().properties("RedriveScheduleEntry")["State"] == "DISABLED"
    target = bridge().properties("RedriveScheduleEntry")["Target"]
    assert json.loads(target["Input"]) == {"bucket": bridge().properties("OnFailureBucket")["BucketName"]}


def test_schedules_report_when_they_could_not_start_their_target() -> None:
    for stack in (bridge(), reconciliation(bridge())):
        for each in stack.of_type("AWS::Scheduler::Schedule").values():
            queues = {stack.arn(name) for name in stack.of_type("AWS::SQS::Queue")}
            assert each["Target"]["DeadLetterConfig"]["Arn"] in queues
            assert each["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
            assert each["FlexibleTimeWindow"]["Mode"] == "FLEXIBLE"


def test_reconciliations_start_in_the_time_zone_that_is_asked_for() -> None:
    schedule = reconciliation(bridge(), ScheduleTimeZone="Europe/Berlin").properties("Schedule")
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["State"] == "ENABLED"


# --- stacks among each other -------------------------------------------------------------------------


def test_what_a_stack_imports_another_exports() -> None:
    """What is optional is exported under its condition; building the stacks resolved every import."""
    exported = set(whole().exports())
    assert {f"stream-bridge-{name}" for name in ("EventBusName", "TopicArn", "EventBusV2Arn")} <= exported
    assert (
        Stack("example-subscriber", {}, whole().exports()).properties("Rule")["EventBusName"]
        == "stream-bridge"
    )


def test_observability_needs_no_other_stack() -> None:
    assert "ImportValue" not in json.dumps(expand("observability"))

"""A planned Terraform module in CloudFormation's words, to be held against a stack of the templates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.infra.templates import read
from tests.infra.terraform.files import Module, Resource

Properties = dict[str, Any]


def variable(parameter: str) -> str:
    """The variable's name for a template's parameter."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter.replace("V2", "_v2")).lower()


def is_arn(name: str, declared: Mapping[str, Any]) -> bool:
    """Optional ARNs are objects in Terraform, so that it is known when planned whether there is one."""
    return name.endswith("Arn") and declared.get("Default") == ""


def variables(template: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a stack as the module's variables."""
    declared = read(template)["Parameters"]
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        if name.startswith("FilterPattern"):
            found.setdefault("filter_patterns", []).append(value)
        elif is_arn(name, declared[name]):
            found[variable(name).removesuffix("_arn")] = {"arn": value} if value else None
        else:
            found[variable(name)] = plain(value)
    return found


def plain(value: Any) -> Any:
    """Parameters are texts; CloudFormation takes them for what the property wants."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d+", value) else value


def renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> Properties:
    """Attributes by CloudFormation's names; an unexpected one is an error."""
    unknown = set(given) - set(names) - {"lifecycle", "skip_destroy"}
    assert not unknown, f"compared with nothing: {unknown}"
    return {names[key]: value for key, value in given.items() if names.get(key)}


def only(several: list[Any]) -> Any:
    (one,) = several
    return one


def function(given: Mapping[str, Any], module: Module) -> Properties:
    found = renamed(
        {key: value for key, value in given.items() if key not in _NESTED_OF_FUNCTION},
        {
            "function_name": "FunctionName",
            "description": "Description",
            "handler": "Handler",
            "runtime": "Runtime",
            "architectures": "Architectures",
            "memory_size": "MemorySize",
            "timeout": "Timeout",
            "reserved_concurrent_executions": "ReservedConcurrentExecutions",
            "kms_key_arn": "KmsKeyArn",
            "role": "",  # compared by what it may do
        },
    )
    logging = only(given["logging_config"])
    return found | {
        "Code": {"S3Bucket": given["s3_bucket"], "S3Key": given["s3_key"]},
        "Environment": {"Variables": only(given["environment"])["variables"]},
        "LoggingConfig": {"LogGroup": logging["log_group"], "LogFormat": logging["log_format"]},
        "TracingConfig": {"Mode": only(given["tracing_config"])["mode"]},
    }


_NESTED_OF_FUNCTION = {"environment", "logging_config", "tracing_config", "s3_bucket", "s3_key", "lifecycle"}


def mapping(given: Mapping[str, Any], module: Module) -> Properties:
    found = renamed(
        given,
        {
            "function_name": "FunctionName",
            "event_source_arn": "EventSourceArn",
            "enabled": "Enabled",
            "starting_position": "StartingPosition",
            "batch_size": "BatchSize",
            "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
            "parallelization_factor": "ParallelizationFactor",
            "function_response_types": "FunctionResponseTypes",
            "bisect_batch_on_function_error": "BisectBatchOnFunctionError",
            "maximum_retry_attempts": "MaximumRetryAttempts",
            "maximum_record_age_in_seconds": "MaximumRecordAgeInSeconds",
            "destination_config": "DestinationConfig",
            "filter_criteria": "FilterCriteria",
            "metrics_config": "MetricsConfig",
        },
    )
    on_failure = only(only(found["DestinationConfig"])["on_failure"])
    found["DestinationConfig"] = {"OnFailure": {"Destination": on_failure["destination_arn"]}}
    found["MetricsConfig"] = {"Metrics": only(found["MetricsConfig"])["metrics"]}
    if "FilterCriteria" in found:
        patterns = only(found["FilterCriteria"])["filter"]
        found["FilterCriteria"] = {"Filters": [{"Pattern": each["pattern"]} for each in patterns]}
    return found


def bucket(given: Mapping[str, Any], module: Module) -> Properties:
    name = given["bucket"]

    def beside(kind: str) -> Any:
        return only([each.given for each in module.instances(kind).values() if each.given["bucket"] == name])

    encryption = only(beside("aws_s3_bucket_server_side_encryption_configuration")["rule"])
    default = only(encryption["apply_server_side_encryption_by_default"])
    encrypted: Properties = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": default["sse_algorithm"]}}
    if "kms_master_key_id" in default:
        encrypted["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] = default["kms_master_key_id"]
        encrypted["BucketKeyEnabled"] = encryption["bucket_key_enabled"]
    rules = []
    for rule in beside("aws_s3_bucket_lifecycle_configuration")["rule"]:
        reported: Properties = {"Id": rule["id"], "Status": rule["status"]}
        if prefix := only(rule["filter"])["prefix"]:
            reported["Prefix"] = prefix
        if "expiration" in rule:
            reported["ExpirationInDays"] = only(rule["expiration"])["days"]
        if "abort_incomplete_multipart_upload" in rule:
            days = only(rule["abort_incomplete_multipart_upload"])["days_after_initiation"]
            reported["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
        rules.append(reported)
    block = beside("aws_s3_bucket_public_access_block")
    found: Properties = {
        "BucketName": name,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encrypted]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": block["block_public_acls"],
            "BlockPublicPolicy": block["block_public_policy"],
            "IgnorePublicAcls": block["ignore_public_acls"],
            "RestrictPublicBuckets": block["restrict_public_buckets"],
        },
        "OwnershipControls": {
            "Rules": [
                {"ObjectOwnership": each["object_ownership"]}
                for each in beside("aws_s3_bucket_ownership_controls")["rule"]
            ]
        },
        "LifecycleConfiguration": {"Rules": rules},
    }
    for each in module.instances("aws_s3_bucket_notification").values():
        if each.given["bucket"] == name:
            reported = renamed(each.given, {"bucket": "", "eventbridge": "EventBridgeEnabled"})
            found["NotificationConfiguration"] = {"EventBridgeConfiguration": reported}
    return found


def table(given: Mapping[str, Any], module: Module) -> Properties:
    attribute = only(given["attribute"])
    ttl = only(given["ttl"])
    found: Properties = {
        "TableName": given["name"],
        "AttributeDefinitions": [{"AttributeName": attribute["name"], "AttributeType": attribute["type"]}],
        "KeySchema": [{"AttributeName": given["hash_key"], "KeyType": "HASH"}],
        "BillingMode": given["billing_mode"],
        "DeletionProtectionEnabled": given["deletion_protection_enabled"],
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": only(given["point_in_time_recovery"])["enabled"]
        },
        "TimeToLiveSpecification": {"AttributeName": ttl["attribute_name"], "Enabled": ttl["enabled"]},
    }
    if "server_side_encryption" in given:
        sse = only(given["server_side_encryption"])
        found["SSESpecification"] = {
            "SSEEnabled": sse["enabled"],
            "SSEType": "KMS",
            "KMSMasterKeyId": sse["kms_key_arn"],
        }
    return found


def bus(given: Mapping[str, Any], module: Module) -> Properties:
    found = renamed(
        given,
        {
            "name": "Name",
            "description": "Description",
            "kms_key_identifier": "KmsKeyIdentifier",
            "log_config": "LogConfig",
        },
    )
    config = only(found["LogConfig"])
    return found | {"LogConfig": {"Level": config["level"], "IncludeDetail": config["include_detail"]}}


def schedule(given: Mapping[str, Any], module: Module) -> Properties:
    target, window = only(given["target"]), only(given["flexible_time_window"])
    retry = only(target["retry_policy"])
    role = only(
        [
            each
            for each in module.instances("aws_iam_role").values()
            if each.attribute("arn") == target["role_arn"]
        ]
    )
    found: Properties = {
        "Name": given["name"],
        "Description": given["description"],
        "State": given["state"],
        "ScheduleExpression": given["schedule_expression"],
        "FlexibleTimeWindow": {
            "Mode": window["mode"],
            "MaximumWindowInMinutes": window["maximum_window_in_minutes"],
        },
        "Target": {
            "Arn": target["arn"],
            "RoleArn": role.given["description"],
            "Input": target["input"],
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": retry["maximum_event_age_in_seconds"],
                "MaximumRetryAttempts": retry["maximum_retry_attempts"],
            },
            "DeadLetterConfig": {"Arn": only(target["dead_letter_config"])["arn"]},
        },
    }
    if "schedule_expression_timezone" in given:
        found["ScheduleExpressionTimezone"] = given["schedule_expression_timezone"]
    return found


def machine(given: Mapping[str, Any], module: Module) -> Properties:
    logging = only(given["logging_configuration"])
    return {
        "StateMachineName": given["name"],
        "StateMachineType": given["type"],
        "Definition": json.loads(given["definition"]),
        "LoggingConfiguration": {
            "Level": logging["level"],
            "IncludeExecutionData": logging["include_execution_data"],
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": logging["log_destination"]}}],
        },
        "TracingConfiguration": {"Enabled": only(given["tracing_configuration"])["enabled"]},
    }


def alarm(given: Mapping[str, Any], module: Module) -> Properties:
    found = renamed(
        given,
        {
            "alarm_name": "AlarmName",
            "alarm_description": "AlarmDescription",
            "namespace": "Namespace",
            "metric_name": "MetricName",
            "statistic": "Statistic",
            "dimensions": "Dimensions",
            "period": "Period",
            "datapoints_to_alarm": "DatapointsToAlarm",
            "evaluation_periods": "EvaluationPeriods",
            "threshold": "Threshold",
            "comparison_operator": "ComparisonOperator",
            "treat_missing_data": "TreatMissingData",
            "alarm_actions": "AlarmActions",
            "ok_actions": "OKActions",
        },
    )
    return found | {
        "Dimensions": [{"Name": key, "Value": value} for key, value in found["Dimensions"].items()]
    }


def rule(given: Mapping[str, Any], module: Module) -> Properties:
    found = renamed(
        given,
        {"name": "Name", "description": "Description", "event_pattern": "EventPattern", "state": "State"},
    )
    targets = [
        renamed(each.given, {"target_id": "Id", "arn": "Arn", "rule": ""})
        for each in module.instances("aws_cloudwatch_event_target").values()
        if each.given["rule"] == given["name"]
    ]
    return found | {"EventPattern": json.loads(found["EventPattern"]), "Targets": targets}


def _simple(**names: str) -> Any:
    return lambda given, module: renamed(given, names)


def _policy(of: str) -> Any:
    return lambda given, module: {"Of": given[of], "Statement": json.loads(given["policy"])["Statement"]}


TRANSLATED: dict[str, tuple[str, Any]] = {
    "aws_lambda_function": ("AWS::Lambda::Function", function),
    "aws_lambda_event_source_mapping": ("AWS::Lambda::EventSourceMapping", mapping),
    "aws_lambda_function_event_invoke_config": (
        "AWS::Lambda::EventInvokeConfig",
        _simple(function_name="FunctionName", maximum_retry_attempts="MaximumRetryAttempts"),
    ),
    "aws_cloudwatch_log_group": (
        "AWS::Logs::LogGroup",
        _simple(name="LogGroupName", retention_in_days="RetentionInDays", kms_key_id="KmsKeyId"),
    ),
    "aws_cloudwatch_event_bus": ("AWS::Events::EventBus", bus),
    "aws_cloudwatch_event_archive": (
        "AWS::Events::Archive",
        _simple(
            name="ArchiveName",
            description="Description",
            event_source_arn="SourceArn",
            retention_days="RetentionDays",
            kms_key_identifier="KmsKeyIdentifier",
        ),
    ),
    "aws_cloudwatch_event_rule": ("AWS::Events::Rule", rule),
    "aws_cloudwatch_event_bus_policy": ("AWS::Events::EventBusPolicy", _policy("event_bus_name")),
    "aws_cloudwatch_log_delivery_source": (
        "AWS::Logs::DeliverySource",
        _simple(name="Name", log_type="LogType", resource_arn="ResourceArn"),
    ),
    "aws_cloudwatch_log_delivery": (
        "AWS::Logs::Delivery",
        _simple(delivery_source_name="DeliverySourceName", delivery_destination_arn="DeliveryDestinationArn"),
    ),
    "aws_sns_topic": (
        "AWS::SNS::Topic",
        _simple(
            name="TopicName",
            fifo_topic="FifoTopic",
            content_based_deduplication="ContentBasedDeduplication",
            fifo_throughput_scope="FifoThroughputScope",
            kms_master_key_id="KmsMasterKeyId",
        ),
    ),
    "aws_sns_topic_policy": ("AWS::SNS::TopicPolicy", _policy("arn")),
    "aws_sqs_queue": (
        "AWS::SQS::Queue",
        _simple(
            name="QueueName",
            message_retention_seconds="MessageRetentionPeriod",
            sqs_managed_sse_enabled="SqsManagedSseEnabled",
            kms_master_key_id="KmsMasterKeyId",
        ),
    ),
    "aws_sqs_queue_policy": ("AWS::SQS::QueuePolicy", _policy("queue_url")),
    "aws_s3_bucket": ("AWS::S3::Bucket", bucket),
    "aws_s3_bucket_policy": ("AWS::S3::BucketPolicy", _policy("bucket")),
    "aws_dynamodb_table": ("AWS::DynamoDB::Table", table),
    "aws_secretsmanager_secret": (
        "AWS::SecretsManager::Secret",
        _simple(name="Name", description="Description", kms_key_id="KmsKeyId"),
    ),
    "aws_scheduler_schedule": ("AWS::Scheduler::Schedule", schedule),
    "aws_sfn_state_machine": ("AWS::StepFunctions::StateMachine", machine),
    "aws_cloudwatch_metric_alarm": ("AWS::CloudWatch::Alarm", alarm),
    "aws_cloudwatch_dashboard": (
        "AWS::CloudWatch::Dashboard",
        lambda given, module: {
            "DashboardName": given["dashboard_name"],
            "DashboardBody": json.loads(given["dashboard_body"]),
        },
    ),
}
# Parts of one of those, or compared by what roles may do.
PARTS = {
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_delivery_destination",  # held by the deliveries that name it
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_secretsmanager_secret_version",
}


def resources(module: Module) -> dict[str, list[Properties]]:
    found: dict[str, list[Properties]] = {}
    for kind in sorted(module.kinds() - PARTS):
        template_kind, translate = TRANSLATED[kind]
        for each in module.instances(kind).values():
            found.setdefault(template_kind, []).append(translate(each.given, module))
    return found


def roles(module: Module) -> dict[str, tuple[Any, list[dict[str, Any]]]]:
    """By description: who may take the role, and what it may do."""
    found = {}
    for each in module.instances("aws_iam_role").values():
        trust = json.loads(each.given["assume_role_policy"])["Statement"]
        found[each.given["description"]] = (trust, module.statements(each.attribute("name")))
    return found


def kept(module: Module) -> set[str]:
    """Names of what outlives a destroy, or refuses one."""
    found = set()
    for kind in module.kinds():
        for each in module.instances(kind).values():
            if each.given.get("skip_destroy") or _refuses(each):
                found.add(str(each.given.get("bucket") or each.given.get("name")))
    return found


def _refuses(resource: Resource) -> bool:
    return any(each.get("prevent_destroy") for each in resource.given.get("lifecycle", []))

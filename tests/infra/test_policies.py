"""Every policy of the templates is checked by a policy linter and by rules of this project."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from tests.infra.templates import INFRA, Stack, all_stacks

EXCEPTIONS = yaml.safe_load((INFRA / "policy-exceptions.yaml").read_text())
_LINTER = """
import json, sys, warnings
warnings.simplefilter("ignore")  # it asks for pkg_resources
from parliament import analyze_policy_string
for statement in json.load(sys.stdin):
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for each in analyze_policy_string(document).findings:
        print(json.dumps({"issue": each.issue, "detail": str(each.detail), "statement": statement}))
"""


def lint(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One by one, so that a finding names its statement."""
    reported = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _LINTER],
        input=json.dumps(statements),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in reported.stdout.splitlines()]


@cache
def stacks() -> tuple[Stack, ...]:
    return all_stacks()


def identity_policies() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for number, stack in enumerate(stacks()):
        for role, properties in stack.of_type("AWS::IAM::Role").items():
            assert all("arn:aws:iam::aws:" not in arn for arn in properties.get("ManagedPolicyArns", []))
            for policy in properties.get("Policies", []):
                found[f"{stack.name}#{number}.{role}.{policy['PolicyName']}"] = policy["PolicyDocument"]
        for name, properties in stack.of_type("AWS::IAM::ManagedPolicy").items():
            found[f"{stack.name}#{number}.{name}"] = properties["PolicyDocument"]
    return found


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, document in identity_policies().items():
        for statement in document["Statement"]:
            yield name, statement


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_no_statement_is_about_everything_where_a_resource_can_be_named() -> None:
    wide = {
        action
        for _, each in statements()
        if "*" in listed(each["Resource"])
        for action in listed(each["Action"])
    }
    assert wide - set(EXCEPTIONS["any_resource"]) == set()
    assert set(EXCEPTIONS["any_resource"]) - wide == set(), "an exception that nothing needs"


def test_no_statement_allows_a_family_of_actions() -> None:
    assert [
        (name, each) for name, each in statements() if any("*" in action for action in listed(each["Action"]))
    ] == []


def test_resources_are_of_this_account_or_buckets_by_their_whole_name() -> None:
    for name, each in statements():
        for resource in listed(each["Resource"]):
            if resource == "*":
                continue
            service, _, rest = resource.removeprefix("arn:aws:").partition(":")
            assert service == "s3" or ":123456789012:" in resource, f"{name}: {resource}"
            if service == "s3":
                assert "*" not in rest.partition("/")[0], f"{name}: {resource}"


def is_excepted(finding: dict[str, Any], exception: dict[str, str]) -> bool:
    statement = finding["statement"]
    about = [*listed(statement["Action"]), *listed(statement["Resource"])]
    return exception["issue"] == finding["issue"] and any(exception["about"] in each for each in about)


def test_the_linter_finds_nothing_but_the_reasoned_exceptions() -> None:
    unique = {json.dumps(statement, sort_keys=True): statement for _, statement in statements()}
    findings = lint(list(unique.values()))
    exceptions = EXCEPTIONS["linter"]
    assert [each for each in findings if not any(is_excepted(each, other) for other in exceptions)] == []
    unused = [each for each in exceptions if not any(is_excepted(other, each) for other in findings)]
    assert unused == [], "an exception that nothing needs"


def test_the_linter_would_find_a_statement_that_is_wrong() -> None:
    wrong = {"Sid": "A", "Effect": "Allow", "Action": "s3:NoSuch", "Resource": "arn:aws:s3:::bucket"}
    mismatched = {"Sid": "B", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"}
    assert {each["issue"] for each in lint([wrong, mismatched])} == {"UNKNOWN_ACTION", "RESOURCE_MISMATCH"}


_BOUNDS = {"aws:PrincipalOrgID", "aws:SourceArn", "aws:SourceAccount"}


@pytest.mark.parametrize(
    "kind", ["S3::BucketPolicy", "SQS::QueuePolicy", "SNS::TopicPolicy", "Events::EventBusPolicy"]
)
def test_whoever_is_let_in_from_outside_is_bounded_by_a_condition(kind: str) -> None:
    seen = 0
    for stack in stacks():
        for name, properties in stack.of_type(f"AWS::{kind}").items():
            given = properties.get("PolicyDocument", {}).get("Statement") or [properties["Statement"]]
            for statement in given:
                if statement["Effect"] != "Allow":
                    continue
                seen += 1
                keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
                assert keys & _BOUNDS, f"{stack.name}.{name}.{statement['Sid']}"
    assert seen


def test_roles_of_services_that_act_for_many_accounts_name_this_one() -> None:
    """Otherwise somebody else's pipe, schedule or state machine could use the role."""
    for stack in stacks():
        for name, properties in stack.of_type("AWS::IAM::Role").items():
            for statement in properties["AssumeRolePolicyDocument"]["Statement"]:
                if statement["Principal"]["Service"] != "lambda.amazonaws.com":
                    bound = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                    assert bound == "123456789012", f"{stack.name}.{name}"

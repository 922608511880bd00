"""Whoever speaks for an AWS service in a test is held against botocore's model."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from botocore import xform_name

from bridge.edges.answers.always import OPERATIONS

TESTS = Path(__file__).parents[1]
METHODS = {xform_name(name.partition(":")[2]) for name in OPERATIONS} - {"scan"}
"""``scan`` is a word of the quarantine too; a stub of DynamoDB has other operations beside it."""

PEERS = {"AwsPeer", "BatchPeer", "RegistryPeer", "DynamoDbClient", "EventsClient", "SnsClient", "SqsClient"}
EXCEPTIONS = {
    "MoodyBus": "passes on to the embedded AWS through boto3's own client",
    "SimulatedBus": "runs 20,000 times; EventsClient has its rules and is held",
}


def _stubs() -> list[tuple[str, ast.ClassDef]]:
    found = []
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and METHODS & {
                each.name for each in node.body if isinstance(each, ast.FunctionDef)
            }:
                found.append((f"{path.relative_to(TESTS)}:{node.name}", node))
    return found


@pytest.mark.parametrize(("name", "stub"), [pytest.param(*each, id=each[0]) for each in _stubs()])
def test_a_class_with_an_operation_of_aws_is_held_against_its_model(name: str, stub: ast.ClassDef) -> None:
    if stub.name in EXCEPTIONS:
        return
    bases = {base.id for base in stub.bases if isinstance(base, ast.Name)}
    decorators = {
        d.func.id for d in stub.decorator_list if isinstance(d, ast.Call) and isinstance(d.func, ast.Name)
    }
    assert bases & PEERS or "held" in decorators, f"{name}: derive it from a peer, or decorate it with held"


def test_each_exception_is_still_there() -> None:
    assert {name.partition(":")[2] for name, _ in _stubs()} >= EXCEPTIONS.keys()

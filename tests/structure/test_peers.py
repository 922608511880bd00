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

ROOTS = {"AwsPeer", "BatchPeer"}
EXCEPTIONS = {"MoodyBus": "passes on to the embedded AWS through boto3's own client"}
UNHELD = "simulation/"
"""Runs 20,000 times; its peers have the rules of those in tests/fakes, whose contracts hold them."""


def _classes() -> list[tuple[str, ast.ClassDef]]:
    return [
        (str(path.relative_to(TESTS)), node)
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]


def _bases(stub: ast.ClassDef) -> set[str]:
    return {base.id for base in stub.bases if isinstance(base, ast.Name)}


def _peers() -> set[str]:
    """The classes that descend from a peer."""
    found, classes = set(ROOTS), _classes()
    while more := {each.name for _, each in classes if _bases(each) & found} - found:
        found |= more
    return found


PEERS = _peers()


def _stubs() -> list[tuple[str, ast.ClassDef]]:
    return [
        (f"{path}:{node.name}", node)
        for path, node in _classes()
        if not path.startswith(UNHELD)
        and METHODS & {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    ]


@pytest.mark.parametrize(("name", "stub"), [pytest.param(*each, id=each[0]) for each in _stubs()])
def test_a_class_with_an_operation_of_aws_is_held_against_its_model(name: str, stub: ast.ClassDef) -> None:
    if stub.name in EXCEPTIONS:
        return
    decorators = {
        d.func.id for d in stub.decorator_list if isinstance(d, ast.Call) and isinstance(d.func, ast.Name)
    }
    assert _bases(stub) & PEERS or "held" in decorators, f"{name}: derive it from a peer, or use held"


def test_each_exception_is_still_there() -> None:
    assert {name.partition(":")[2] for name, _ in _stubs()} >= EXCEPTIONS.keys()

"""The Terraform modules say what the templates say: resource for resource, setting for setting."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.infra.comparable_stack import stack_kept, stack_resources, stack_roles
from tests.infra.templates import (
    ACCOUNT,
    CODE,
    EVERYTHING,
    KEY_ARN,
    REGION,
    STREAM_ARN,
    TABLE_KEY_ARN,
    Stack,
    bridge,
    read,
    reconciliation,
)
from tests.infra.terraform.as_template import is_arn, kept, resources, roles, variable, variables
from tests.infra.terraform.files import MODULES, ROOT, Module, RefusedError, attributes, blocks, labels, parse
from tests.infra.test_policies import EXCEPTIONS, is_excepted, lint, listed

BUS_V2 = f"arn:aws:events:{REGION}:{ACCOUNT}:event-busv2/own/" + "a" * 25
TOPICS = {name: f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}" for name in ("warn", "page")}
Pair = tuple[Stack, Module]

BRIDGES: dict[str, dict[str, str]] = {
    "plain": {},
    "everything": {**EVERYTHING, "EventBusV2Arn": BUS_V2},
    "raw and queue": {
        **EVERYTHING,
        "EventBusV2Arn": BUS_V2,
        "PublishesRawEvents": "true",
        "Quarantine": "queue",
        "BusLogLevel": "INFO",
    },
    "least": {
        "StreamArn": "",
        "UsesLedger": "false",
        "UsesClaimCheck": "false",
        "ArchiveDays": "0",
        "BusLogLevel": "OFF",
    },
    "given": {
        "EventBusArn": f"arn:aws:events:{REGION}:210987654321:event-bus/theirs",
        "PublishesToTopic": "true",
        "TopicArn": TOPICS["page"],
        "HashKeySecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:own",
        "RedactionKeySecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:redaction",
        "MappingEnabled": "false",
        "RedriveState": "ENABLED",
    },
}
RECONCILIATIONS: dict[str, dict[str, str]] = {
    "plain": {},
    "everything": {
        "PublishesToEventBusV2": "true",
        "PublishesToTopic": "true",
        "Tracing": "Active",
        "TableKmsKeyArn": TABLE_KEY_ARN,
        "KmsKeyArn": KEY_ARN,
    },
    "raw and queue": {
        "PublishesToEventBusV2": "true",
        "PublishesRawEvents": "true",
        "PublishesToTopic": "true",
        "Quarantine": "queue",
        "RedactionKeySecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:redaction",
    },
}
OBSERVABILITIES: dict[str, dict[str, str]] = {
    "plain": {},
    "queue": {
        "Quarantine": "queue",
        "UsesReconciliation": "false",
        "FunctionName": "other",
        "KmsKeyArn": KEY_ARN,
    },
    "own topics": {"WarningTopicArn": TOPICS["warn"], "PageTopicArn": TOPICS["page"], "LagPageMs": "60000"},
}
NAMES = [
    *(("bridge", name) for name in BRIDGES),
    *(("reconciliation", name) for name in RECONCILIATIONS),
    *(("observability", name) for name in OBSERVABILITIES),
]


@cache
def pair(module: str, name: str) -> Pair:
    """A stack and the module, given the same."""
    if module == "bridge":
        given = {**CODE, "StreamArn": STREAM_ARN, **BRIDGES[name]}
        return Stack("bridge", given), Module("bridge", variables("bridge", given))
    if module == "observability":
        given = OBSERVABILITIES[name]
        return Stack("observability", given), Module("observability", variables("observability", given))
    stack, of = pair("bridge", name)
    given = RECONCILIATIONS[name]
    runs = reconciliation(stack, **given)
    outputs = of.outputs()
    taken = {key: outputs[key] for key in _taken_of_bridge()}
    own = variables("reconciliation", {**runs.parameters})
    return runs, Module("reconciliation", {**own, "bridge": taken})


def _taken_of_bridge() -> list[str]:
    """Attributes of ``var.bridge``, as its type says."""
    text = (ROOT / "reconciliation" / "variables.tf").read_text()
    body = text.partition('variable "bridge"')[2].partition("})")[0]
    return re.findall(r"^    (\w+)\s+=", body, re.MULTILINE)


@pytest.fixture(params=NAMES, ids=lambda each: f"{each[0]}: {each[1]}")
def both(request: pytest.FixtureRequest) -> Pair:
    return pair(*request.param)


def in_order(several: list[Any]) -> list[Any]:
    return sorted(several, key=lambda each: json.dumps(each, sort_keys=True))


def test_the_same_resources_with_the_same_settings(both: Pair) -> None:
    stack, module = both
    original, theirs = stack_resources(stack), resources(module)
    assert set(theirs) == set(original)
    for kind in original:
        assert in_order(theirs[kind]) == in_order(original[kind]), kind


def test_roles_may_do_the_same_for_the_same_services(both: Pair) -> None:
    stack, module = both
    original, theirs = stack_roles(stack), roles(module)
    assert set(theirs) == set(original)
    for role, (trust, statements) in original.items():
        assert theirs[role][0] == trust, role
        assert in_order(theirs[role][1]) == in_order(statements), role


def test_what_holds_data_refuses_to_be_destroyed(both: Pair) -> None:
    stack, module = both
    assert kept(module) == stack_kept(stack)


def test_a_statement_that_differs_is_noticed() -> None:
    """Of the comparison itself: actions are compared, and so are resources."""
    stack, module = pair("bridge", "plain")
    reported = roles(module)["Permissions of the function stream-bridge"][1]
    reported[0]["Action"] = reported[0]["Action"][:1]
    assert in_order(reported) != in_order(stack_roles(stack)["Permissions of the function stream-bridge"][1])


# --- variables and outputs -------------------------------------------------------------------------------


def declared(module: str) -> dict[str, Any]:
    return {labels(each)[1]: each for each in parse(module) if labels(each)[0] == "variable"}


NOT_IN_MODULES = {
    "bridge": {"EventBusV2RetentionDays"},  # of a new custom bus, which the AWS provider cannot make
    # var.bridge has the outputs instead of a stack to import from
    "reconciliation": {"BridgeStack", "FunctionName", "MappingId"},
    "observability": set[str](),
}
FURTHER = {"bridge": {"filter_patterns"}, "reconciliation": {"bridge"}, "observability": set[str]()}


def parameters() -> Iterator[Any]:
    for module in MODULES:
        for name, parameter in read(module)["Parameters"].items():
            if name not in NOT_IN_MODULES[module] and not name.startswith("FilterPattern"):
                yield pytest.param(module, name, parameter, id=f"{module}: {name}")


def name_of(name: str, parameter: Any) -> str:
    return variable(name).removesuffix("_arn") if is_arn(name, parameter) else variable(name)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_parameters_of_the_template(module: str) -> None:
    theirs = {
        name_of(name, parameter)
        for name, parameter in read(module)["Parameters"].items()
        if name not in NOT_IN_MODULES[module] and not name.startswith("FilterPattern")
    }
    assert set(declared(module)) == theirs | FURTHER[module]


@pytest.mark.parametrize("module", MODULES)
def test_every_variable_and_output_is_described(module: str) -> None:
    for each in parse(module):
        if labels(each)[0] in ("variable", "output"):
            assert "description" in attributes(each), labels(each)
        if labels(each)[0] == "variable":
            assert "type" in attributes(each), labels(each)


REQUIRED: dict[str, dict[str, Any]] = {
    "bridge": {"code_bucket": "code", "code_key": "key"},
    "reconciliation": {
        "code_bucket": "code",
        "code_key": "key",
        "table": "Users",
        "table_arn": STREAM_ARN.partition("/stream/")[0],
        "bridge": dict.fromkeys(_taken_of_bridge(), "given"),
    },
    "observability": {},
}


def refused(parameter: Any) -> list[Any]:
    """Values that the template refuses."""
    if parameter.get("AllowedValues") == ["true", "false"]:
        return []
    if "AllowedValues" in parameter:
        return [2] if parameter["Type"] == "Number" else ["NO"]
    bounds = [parameter["MinValue"] - 1] if "MinValue" in parameter else []
    bounds += [parameter["MaxValue"] + 1] if "MaxValue" in parameter else []
    if "AllowedPattern" in parameter:
        return ["?? ??"]
    return bounds or ([""] if "MinLength" in parameter else [])


@pytest.mark.parametrize(("module", "name", "parameter"), list(parameters()))
def test_defaults_are_the_templates_and_what_it_refuses_is_refused(
    module: str, name: str, parameter: Any
) -> None:
    own = name_of(name, parameter)
    values = Module(module, REQUIRED[module]).values
    if "Default" in parameter:
        default = parameter["Default"]
        if default in ("true", "false"):
            default = default == "true"
        absent = is_arn(name, parameter) or name == "ReservedConcurrency"
        assert values[own] == (None if absent else default)
    else:
        assert own in REQUIRED[module]
    for value in refused(parameter):
        given = {"arn": value} if is_arn(name, parameter) else (0 if name == "ReservedConcurrency" else value)
        with pytest.raises(RefusedError, match=f"^{own}: "):
            Module(module, {**REQUIRED[module], own: given})


def test_six_filters_are_refused() -> None:
    with pytest.raises(RefusedError, match="five"):
        Module("bridge", {**REQUIRED["bridge"], "filter_patterns": ["{}"] * 6})


def test_a_module_has_the_outputs_that_the_template_exports() -> None:
    for name in MODULES:
        theirs = {variable(each) for each in read(name).get("Outputs", {})}
        assert set(Module(name, REQUIRED[name]).outputs()) == theirs
    stack, module = pair("bridge", "everything")
    original = {
        variable(key.partition("-")[2].partition("-")[2]): value for key, value in stack.exports().items()
    }
    reported = module.outputs()
    unlike = {"mapping_id", "pipeline_policy_arn", "on_failure_queue_url"}  # names that only AWS gives
    assert {key: reported[key] for key in original if key not in unlike} == {
        key: value for key, value in original.items() if key not in unlike
    }


# --- what Terraform needs --------------------------------------------------------------------------------


def test_versions_are_bounded_from_below() -> None:
    for name in MODULES:
        (terraform,) = (each for each in parse(name) if labels(each) == ["terraform"])
        assert "required_version" in attributes(terraform)
        assert labels(blocks(terraform)[0]) == ["required_providers"]


def test_whether_something_is_made_never_hangs_on_an_arn() -> None:
    """An ARN may be unknown when planned, and a count must not be: objects are compared to null."""
    for name in MODULES:
        for path in sorted((ROOT / name).glob("*.tf")):
            assert not re.search(r"\barn\s*[!=]=", path.read_text()), path


def test_the_policy_linter_finds_nothing_but_the_reasoned_exceptions() -> None:
    statements = [
        each
        for module, name in NAMES
        for _, several in roles(pair(module, name)[1]).values()
        for each in several
    ]
    assert statements
    unique = {json.dumps(each, sort_keys=True): each for each in statements}
    findings = lint(list(unique.values()))
    assert [
        each for each in findings if not any(is_excepted(each, other) for other in EXCEPTIONS["linter"])
    ] == []
    wide = {
        action for each in statements if "*" in listed(each["Resource"]) for action in listed(each["Action"])
    }
    assert wide <= set(EXCEPTIONS["any_resource"])


def test_the_bridge_of_a_bridge_has_what_a_reconciliation_takes() -> None:
    assert set(_taken_of_bridge()) <= set(pair("bridge", "plain")[1].outputs())
    assert "event_bus_arn" in _taken_of_bridge()
    assert bridge().exports()

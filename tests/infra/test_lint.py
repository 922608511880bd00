"""The templates are what CloudFormation reads: linted, and free of what only some tools understand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.templates import INFRA, NAMES, read


def test_the_linter_of_cloudformation_has_neither_errors_nor_warnings() -> None:
    files = [str(INFRA / f"{name}.yaml") for name in NAMES]
    linter = Path(sys.executable).with_name("cfn-lint")
    reported = subprocess.run([str(linter), "--", *files], capture_output=True, text=True, check=False)
    assert reported.stdout == ""
    assert reported.returncode == 0, reported.stderr


def test_every_template_is_linted() -> None:
    files = {path.stem for path in INFRA.glob("*.yaml")} - {"policy-exceptions"}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_no_yaml_aliases(name: str) -> None:
    """CloudFormation refuses them, although every other reader takes them."""
    import yaml

    text = (INFRA / f"{name}.yaml").read_text()
    assert not [event for event in yaml.parse(text) if isinstance(event, yaml.AliasEvent)]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_says_what_it_is_for_and_what_it_may_be(name: str) -> None:
    for key, parameter in read(name)["Parameters"].items():
        assert len(parameter["Description"]) > 10, key
        assert parameter["Description"].endswith((".", ")")), key
        bounded = {"AllowedPattern", "AllowedValues", "MinValue", "MinLength", "MaxLength"} & set(parameter)
        assert bounded, f"{key} takes anything"
        if "AllowedPattern" in parameter and "ConstraintDescription" not in parameter:
            raise AssertionError(f"{key}: an error must not show a pattern")


@pytest.mark.parametrize("name", ["bridge", "reconciliation", "observability", "pipe", "kinesis"])
def test_the_console_shows_every_parameter_in_a_group(name: str) -> None:
    template = read(name)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [key for group in groups for key in group["Parameters"]]
    assert sorted(shown) == sorted(template["Parameters"])


@pytest.mark.parametrize("name", NAMES)
def test_a_template_fits_into_one_request(name: str) -> None:
    """Docs, CloudFormation quotas: 1 MB from S3, 51,200 bytes in the request itself; 500 resources."""
    template = read(name)
    assert (INFRA / f"{name}.yaml").stat().st_size < 51_200
    assert len(template["Resources"]) < 500
    assert len(template.get("Parameters", {})) <= 200


def test_secrets_come_by_reference_and_never_as_a_parameter() -> None:
    for name in NAMES:
        for key in read(name)["Parameters"]:
            assert not re.search(r"(?i)(password|token|secret|key)$", key) or key in ("CodeKey",), (
                f"{name}: {key}"
            )

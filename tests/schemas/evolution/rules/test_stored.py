"""Rule patterns are found in every form in which people keep them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.schemas.evolution.rules.stored import read_rules

PATTERN = {"detail-type": ["x.v1"], "detail": {"data": {"plan": ["pro"]}}}
TEMPLATE = """
Resources:
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {detail-type: [x.v1], detail: {data: {plan: [pro]}}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: !Sub "${Name}.handler"
      Events:
        Plan:
          Type: EventBridgeRule
          Properties: {Pattern: {detail-type: [x.v1], detail: {data: {plan: [pro]}}}}
        Other: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
  Computed:
    Type: AWS::Events::Rule
    Properties: {EventPattern: {source: [!Ref Source]}}
  Timer: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day)}}
"""


def test_a_pattern_alone_has_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "plans.json").write_text(json.dumps(PATTERN))
    (rule,) = read_rules(tmp_path / "plans.json")
    assert (rule.name, rule.pattern) == ("plans", PATTERN)


def test_what_list_rules_printed_is_read_with_its_text_patterns(tmp_path: Path) -> None:
    rules = {"Rules": [{"Name": "a", "EventPattern": json.dumps(PATTERN)}, {"Name": "nightly"}]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    (rule,) = read_rules(tmp_path / "rules.json")
    assert (rule.name, rule.pattern) == ("a", PATTERN)


def test_rules_of_a_template_are_read_and_computed_ones_say_so(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    found = {rule.name: rule for rule in read_rules(tmp_path / "template.yaml")}
    assert list(found) == ["Rule", "Function.Plan", "Computed"]
    assert found["Rule"].pattern == found["Function.Plan"].pattern == PATTERN
    assert "computed at deployment (Ref)" in found["Computed"].problem


def test_a_folder_is_searched_in_order_and_files_without_rules_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.json").write_text(json.dumps(PATTERN))
    (tmp_path / "a.json").write_text(json.dumps(PATTERN))
    (tmp_path / "values.yaml").write_text("replicas: [1]\n")
    (tmp_path / "notes.md").write_text("no rule")
    assert [rule.name for rule in read_rules(tmp_path)] == ["a", "two"]


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"a": 1}'])
def test_a_named_file_without_a_pattern_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ConfigurationError):
        read_rules(tmp_path / "x.json")

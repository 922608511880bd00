# Plans with a mocked provider: terraform init && terraform test. Nothing is asked of AWS.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 17
    error_message = "Seventeen alarms."
  }
}

run "without_reconciliation_and_with_topics" {
  command = plan

  variables {
    uses_reconciliation = false
    quarantine          = "queue"
    warning_topic       = { arn = "arn:aws:sns:eu-central-1:123456789012:warn" }
    page_topic          = { arn = "arn:aws:sns:eu-central-1:123456789012:page" }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 14 && length(aws_sns_topic.alarms) == 0
    error_message = "No alarm on what is not there, and no topic that is not needed."
  }
}

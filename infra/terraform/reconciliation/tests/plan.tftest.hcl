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

variables {
  code_bucket = "code"
  code_key    = "bridge-0123.zip"
  table       = "Users"
  table_arn   = "arn:aws:dynamodb:eu-central-1:123456789012:table/Users"
  bridge = {
    function_name           = "stream-bridge"
    event_bus_arn           = "arn:aws:events:eu-central-1:123456789012:event-bus/stream-bridge"
    ledger_table_name       = "stream-bridge-ledger"
    hash_key_secret_arn     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:stream-bridge/hash-key-abcdef"
    quarantine_bucket_name  = "stream-bridge-quarantine"
    claim_check_bucket_name = "stream-bridge-claim-check"
  }
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = aws_scheduler_schedule.reconcile.state == "ENABLED"
    error_message = "Nights are reconciled."
  }
}

run "with_a_key_and_traces" {
  command = plan

  variables {
    tracing = "Active"
    kms_key = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = aws_lambda_function.worker.tracing_config[0].mode == "Active"
    error_message = "Traces are on."
  }
}

# The bridge of one table: function, event source mapping, roles. Mirrors infra/bridge.yaml; a test compares the two.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  # An object with an ARN, and not the ARN, because a plan must know whether it is given even if the ARN is unknown.
  reads_stream        = var.stream != null
  fetches             = var.fetches_items && local.reads_stream
  makes_bus           = var.publishes_to_event_bus && var.event_bus == null
  archives            = local.makes_bus && var.archive_days != 0
  logs_bus            = local.makes_bus && var.bus_log_level != "OFF"
  publishes_whole     = var.publishes_to_event_bus_v2 && !var.publishes_raw_events
  publishes_raw       = var.publishes_to_event_bus_v2 && var.publishes_raw_events
  makes_topic         = var.publishes_to_topic && var.topic == null
  quarantine_bucket   = var.quarantine == "bucket"
  quarantine_queue    = var.quarantine == "queue"
  has_organization    = var.organization_id != ""
  has_key             = var.kms_key != null
  key_arn             = local.has_key ? var.kms_key.arn : null
  makes_hash_key      = var.hash_key_secret == null
  has_redaction_key   = var.redaction_key_secret != null
  hash_key_secret_arn = local.makes_hash_key ? aws_secretsmanager_secret.hash_key[0].arn : var.hash_key_secret.arn

  event_bus_arn    = local.makes_bus ? aws_cloudwatch_event_bus.this[0].arn : (var.publishes_to_event_bus ? var.event_bus.arn : null)
  event_bus_name   = local.makes_bus ? aws_cloudwatch_event_bus.this[0].name : (var.publishes_to_event_bus ? var.event_bus.arn : null)
  event_bus_v2_arn = var.publishes_to_event_bus_v2 ? var.event_bus_v2.arn : null
  topic_arn        = local.makes_topic ? aws_sns_topic.this[0].arn : (var.publishes_to_topic ? var.topic.arn : null)

  assume_lambda = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })

  # What bridge.yaml may use as ${…}.
  variables = {
    BRIDGE_CONFIG        = var.config_path
    EVENT_BUS            = local.event_bus_name
    EVENT_BUS_V2_ARN     = local.event_bus_v2_arn
    TOPIC_ARN            = local.topic_arn
    LEDGER_TABLE         = var.uses_ledger ? aws_dynamodb_table.ledger[0].name : null
    QUARANTINE_BUCKET    = local.quarantine_bucket ? aws_s3_bucket.store["quarantine"].id : null
    QUARANTINE_QUEUE_URL = local.quarantine_queue ? aws_sqs_queue.quarantine[0].url : null
    CLAIM_CHECK_BUCKET   = var.uses_claim_check ? aws_s3_bucket.store["claim-check"].id : null
    KMS_KEY_ARN          = local.key_arn
    HASH_KEY             = data.aws_secretsmanager_secret_version.hash_key.secret_string
    REDACTION_KEY        = local.has_redaction_key ? data.aws_secretsmanager_secret_version.redaction_key[0].secret_string : null
  }
  environment = { for name, value in local.variables : name => value if value != null }
}

resource "aws_lambda_function" "bridge" {
  function_name                  = var.bridge_name
  description                    = "Turns the records of a table's stream into CloudEvents"
  handler                        = "bridge.lambdas.stream.handler"
  runtime                        = "python3.13"
  architectures                  = [var.architecture]
  s3_bucket                      = var.code_bucket
  s3_key                         = var.code_key
  role                           = aws_iam_role.function.arn
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = local.key_arn

  environment {
    variables = local.environment
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.function.name
    log_format = "Text" # log lines are already JSON, and metrics must arrive unchanged
  }

  tracing_config {
    mode = var.tracing
  }

  lifecycle {
    precondition {
      condition     = var.publishes_to_event_bus || var.publishes_to_event_bus_v2 || var.publishes_to_topic
      error_message = "At least one of publishes_to_event_bus, publishes_to_event_bus_v2 and publishes_to_topic must be true."
    }
    precondition {
      condition     = !var.publishes_to_event_bus_v2 || var.event_bus_v2 != null
      error_message = "publishes_to_event_bus_v2 needs event_bus_v2: the AWS provider makes no new custom bus."
    }
  }

  depends_on = [aws_iam_role_policy.function, aws_iam_role_policy_attachment.function]
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.bridge_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  skip_destroy      = true # logs are also needed after the bridge is deleted
}

resource "aws_lambda_event_source_mapping" "stream" {
  count = local.reads_stream ? 1 : 0

  function_name                      = aws_lambda_function.bridge.function_name
  event_source_arn                   = var.stream.arn
  enabled                            = var.mapping_enabled
  starting_position                  = "TRIM_HORIZON" # LATEST can skip records while a mapping is created or updated
  batch_size                         = var.batch_size
  maximum_batching_window_in_seconds = var.batch_window_seconds
  parallelization_factor             = var.parallelization_factor
  function_response_types            = ["ReportBatchItemFailures"] # without it, records that are returned for retry count as done
  bisect_batch_on_function_error     = true                        # a batch that fails as a whole is split until the cause is isolated
  maximum_retry_attempts             = var.maximum_retry_attempts
  maximum_record_age_in_seconds      = var.maximum_record_age_seconds

  destination_config {
    on_failure {
      destination_arn = aws_s3_bucket.store["on-failure"].arn # S3 gets the records; SQS would get only positions
    }
  }

  dynamic "filter_criteria" {
    for_each = length(var.filter_patterns) > 0 ? [1] : []
    content {
      dynamic "filter" {
        for_each = var.filter_patterns
        content {
          pattern = filter.value
        }
      }
    }
  }

  metrics_config {
    metrics = ["EventCount"] # Lambda counts what it filtered, dropped and gave up
  }
}

# --- roles ---------------------------------------------------------------------------------------
# The same statements as in infra/bridge.yaml.

resource "aws_iam_role" "function" {
  name_prefix        = "${var.bridge_name}-"
  description        = "Permissions of the function ${var.bridge_name}"
  assume_role_policy = local.assume_lambda
}

resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = aws_iam_policy.pipeline.arn
}

resource "aws_iam_role_policy" "function" {
  name = "bridge"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.bridge_name}:*"
      },
      var.tracing != "Active" ? null : {
        Sid      = "WriteTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
      !local.reads_stream ? null : {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = var.stream.arn
      },
      !local.reads_stream ? null : {
        Sid      = "ListStreams"
        Effect   = "Allow"
        Action   = "dynamodb:ListStreams"
        Resource = "*"
      },
      {
        Sid      = "GiveUpObjects"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${aws_s3_bucket.store["on-failure"].arn}/aws/lambda/*"
      },
      {
        Sid      = "GiveUpBucket"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.store["on-failure"].arn
      },
    ] : statement if statement != null]
  })
}

# What the pipeline needs for every source of records.
resource "aws_iam_policy" "pipeline" {
  name_prefix = "${var.bridge_name}-pipeline-"
  description = "Sinks and stores of the pipeline of ${var.bridge_name}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      var.table_kms_key == null ? null : {
        Sid      = "UseTableKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:DescribeKey"]
        Resource = var.table_kms_key.arn
      },
      !var.publishes_to_event_bus ? null : {
        Sid      = "PublishToBus"
        Effect   = "Allow"
        Action   = ["events:PutEvents", "events:DescribeEventBus"]
        Resource = local.event_bus_arn
      },
      !local.publishes_whole ? null : {
        Sid      = "PublishToBusV2"
        Effect   = "Allow"
        Action   = ["events:PutEvents", "events:DescribeEventBus"]
        Resource = local.event_bus_v2_arn
      },
      !local.publishes_raw ? null : {
        Sid      = "PublishRawToBusV2"
        Effect   = "Allow"
        Action   = ["events:PutRawEvents", "events:DescribeEventBus"]
        Resource = local.event_bus_v2_arn
      },
      !var.publishes_to_topic ? null : {
        Sid      = "PublishToTopic"
        Effect   = "Allow"
        Action   = ["sns:Publish", "sns:GetTopicAttributes"]
        Resource = local.topic_arn
      },
      !var.uses_ledger ? null : {
        Sid      = "KeepLedger"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeTable", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:PutItem"]
        Resource = aws_dynamodb_table.ledger[0].arn
      },
      !local.quarantine_bucket ? null : {
        Sid      = "PutQuarantine"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${aws_s3_bucket.store["quarantine"].arn}/${var.quarantine_prefix}*"
      },
      !local.quarantine_bucket ? null : {
        Sid      = "FindQuarantine"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.store["quarantine"].arn
      },
      !local.quarantine_queue ? null : {
        Sid      = "SendQuarantine"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
        Resource = aws_sqs_queue.quarantine[0].arn
      },
      !var.uses_claim_check ? null : {
        Sid      = "CheckInClaims"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject"]
        Resource = "${aws_s3_bucket.store["claim-check"].arn}/${var.claim_check_prefix}*"
      },
      !var.uses_claim_check ? null : {
        Sid      = "FindClaims"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.store["claim-check"].arn
      },
      !local.fetches ? null : {
        Sid      = "FetchItems"
        Effect   = "Allow"
        Action   = "dynamodb:BatchGetItem"
        Resource = split("/stream/", var.stream.arn)[0] # the table's ARN
      },
      !(local.has_key && var.uses_ledger) ? null : {
        Sid      = "UseKeyForLedger"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource = local.key_arn
      },
      !local.has_key ? null : {
        Sid      = "UseKeyForStores"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      },
    ] : statement if statement != null]
  })
}

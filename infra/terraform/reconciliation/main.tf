# The nightly reconciliation of one table: schedule, state machine, worker. Mirrors infra/reconciliation.yaml.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id
  dns_suffix = data.aws_partition.current.dns_suffix
  name       = "${var.bridge_name}-reconcile"

  traces            = var.tracing == "Active"
  publishes_whole   = var.publishes_to_event_bus_v2 && !var.publishes_raw_events
  publishes_raw     = var.publishes_to_event_bus_v2 && var.publishes_raw_events
  has_key           = var.kms_key != null
  key_arn           = local.has_key ? var.kms_key.arn : null
  has_redaction_key = var.redaction_key_secret != null
  ledger_arn        = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.bridge.ledger_table_name}"
  claim_check_arn   = var.uses_claim_check ? "arn:${local.partition}:s3:::${var.bridge.claim_check_bucket_name}" : null
  quarantine_url    = var.quarantine == "queue" ? "https://sqs.${local.region}.${local.dns_suffix}/${local.account}/${var.bridge.quarantine_queue_name}" : null

  variables = {
    BRIDGE_CONFIG        = var.config_path
    BRIDGE_TABLE         = var.table
    BRIDGE_FUNCTION      = var.bridge.function_name # whose lag is checked
    MAPPING_ID           = var.bridge.mapping_id    # which is checked if a stream has no lag metric
    RUNS_BUCKET          = aws_s3_bucket.runs.id
    EVENT_BUS            = var.publishes_to_event_bus ? var.bridge.event_bus_arn : null
    EVENT_BUS_V2_ARN     = var.publishes_to_event_bus_v2 ? var.bridge.event_bus_v2_arn : null
    TOPIC_ARN            = var.publishes_to_topic ? var.bridge.topic_arn : null
    LEDGER_TABLE         = var.bridge.ledger_table_name
    QUARANTINE_BUCKET    = var.quarantine == "bucket" ? var.bridge.quarantine_bucket_name : null
    QUARANTINE_QUEUE_URL = local.quarantine_url
    CLAIM_CHECK_BUCKET   = var.uses_claim_check ? var.bridge.claim_check_bucket_name : null
    KMS_KEY_ARN          = local.key_arn
    HASH_KEY             = data.aws_secretsmanager_secret_version.hash_key.secret_string
    REDACTION_KEY        = local.has_redaction_key ? data.aws_secretsmanager_secret_version.redaction_key[0].secret_string : null
  }
}

# The function's environment contains them, and so does the state: encrypt the state.
data "aws_secretsmanager_secret_version" "hash_key" {
  secret_id = var.bridge.hash_key_secret_arn
}

data "aws_secretsmanager_secret_version" "redaction_key" {
  count = local.has_redaction_key ? 1 : 0

  secret_id = var.redaction_key_secret.arn
}

# --- the worker ----------------------------------------------------------------------------------

resource "aws_lambda_function" "worker" {
  function_name = local.name
  description   = "One step of a reconciliation, called by the state machine"
  handler       = "bridge.lambdas.reconcile.handler"
  runtime       = "python3.13"
  architectures = [var.architecture]
  s3_bucket     = var.code_bucket
  s3_key        = var.code_key
  role          = aws_iam_role.worker.arn
  memory_size   = var.worker_memory_mb
  timeout       = 900 # a segment continues from its checkpoint in the next invocation
  kms_key_arn   = local.key_arn

  environment {
    variables = { for name, value in local.variables : name => value if value != null }
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.worker.name
    log_format = "Text"
  }

  tracing_config {
    mode = var.tracing
  }

  depends_on = [aws_iam_role_policy.worker]
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  skip_destroy      = true
}

resource "aws_iam_role" "worker" {
  name_prefix = "${var.bridge_name}-"
  description = "Permissions of the function ${local.name}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# The same statements as in infra/reconciliation.yaml.
resource "aws_iam_role_policy" "worker" {
  name = "reconcile"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.name}:*"
      },
      !local.traces ? null : {
        Sid      = "WriteTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
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
        Resource = var.bridge.event_bus_arn
      },
      !local.publishes_whole ? null : {
        Sid      = "PublishToBusV2"
        Effect   = "Allow"
        Action   = ["events:PutEvents", "events:DescribeEventBus"]
        Resource = var.bridge.event_bus_v2_arn
      },
      !local.publishes_raw ? null : {
        Sid      = "PublishRawToBusV2"
        Effect   = "Allow"
        Action   = ["events:PutRawEvents", "events:DescribeEventBus"]
        Resource = var.bridge.event_bus_v2_arn
      },
      !var.publishes_to_topic ? null : {
        Sid      = "PublishToTopic"
        Effect   = "Allow"
        Action   = ["sns:Publish", "sns:GetTopicAttributes"]
        Resource = var.bridge.topic_arn
      },
      {
        Sid      = "KeepLedger"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeTable", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Scan"]
        Resource = local.ledger_arn
      },
      !var.uses_claim_check ? null : {
        Sid      = "CheckInClaims"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject"]
        Resource = "${local.claim_check_arn}/${var.claim_check_prefix}*"
      },
      !var.uses_claim_check ? null : {
        Sid      = "FindClaims"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.claim_check_arn
      },
      {
        Sid      = "ReadTable"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:BatchGetItem"]
        Resource = var.table_arn
      },
      {
        Sid      = "ReadLag"
        Effect   = "Allow"
        Action   = "cloudwatch:GetMetricStatistics"
        Resource = "*"
      },
      var.bridge.mapping_id == null ? null : {
        Sid      = "ReadMapping"
        Effect   = "Allow"
        Action   = "lambda:GetEventSourceMapping"
        Resource = "arn:${local.partition}:lambda:${local.region}:${local.account}:event-source-mapping:${var.bridge.mapping_id}"
      },
      {
        Sid      = "KeepRuns"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = "${aws_s3_bucket.runs.arn}/reconcile/*"
      },
      {
        Sid      = "FindRuns"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.runs.arn
      },
      !local.has_key ? null : {
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        Resource = local.key_arn
      },
    ] : statement if statement != null]
  })
}

# --- runs ----------------------------------------------------------------------------------------
# No versioning: each step of a run replaces documents with conditional writes. They contain item keys, which older
# versions would keep beyond their retention.

resource "aws_s3_bucket" "runs" {
  bucket = "${var.bridge_name}-runs-${local.account}-${local.region}"

  lifecycle {
    prevent_destroy = true # reports
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "runs" {
  bucket = aws_s3_bucket.runs.id

  rule {
    bucket_key_enabled = local.has_key ? true : null

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.has_key ? "aws:kms" : "AES256"
      kms_master_key_id = local.key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "runs" {
  bucket                  = aws_s3_bucket.runs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "runs" {
  bucket = aws_s3_bucket.runs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "runs" {
  bucket = aws_s3_bucket.runs.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {
      prefix = ""
    }

    expiration {
      days = var.run_days
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "runs" {
  bucket = aws_s3_bucket.runs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.runs.arn, "${aws_s3_bucket.runs.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

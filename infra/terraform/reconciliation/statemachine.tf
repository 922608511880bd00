# The state machine, with the same definition file as the template, and its schedule.

resource "aws_sfn_state_machine" "reconcile" {
  name     = local.name
  type     = "STANDARD" # a run may take hours, and can be redriven
  role_arn = aws_iam_role.state_machine.arn
  definition = templatefile("${path.module}/../../statemachine.asl.json", {
    WorkerArn      = aws_lambda_function.worker.arn
    RunsBucket     = aws_s3_bucket.runs.id
    MaxConcurrency = var.max_concurrency
  })

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = local.traces
  }

  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  name              = "/aws/vendedlogs/states/${local.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
}

resource "aws_iam_role" "state_machine" {
  name_prefix = "${var.bridge_name}-"
  description = "Permissions of the state machine ${local.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "state_machine" {
  name = "run"
  role = aws_iam_role.state_machine.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid      = "Work"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.worker.arn
      },
      # A Distributed Map starts executions of its own state machine, and redrives them. The name is used instead of
      # a reference, because the state machine needs its role first.
      {
        Sid      = "StartChildren"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.name}"
      },
      {
        Sid    = "FollowChildren"
        Effect = "Allow"
        Action = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"]
        Resource = [ # executions of the state machine, and of its map runs (NAME/LABEL:ID)
          "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.name}:*",
          "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.name}/*:*",
        ]
      },
      {
        Sid      = "KeepMaps"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
        Resource = "${aws_s3_bucket.runs.arn}/maps/*"
      },
      {
        Sid      = "FindMaps"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.runs.arn
      },
      {
        Sid    = "DeliverLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:GetLogDelivery",
          "logs:UpdateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:DescribeResourcePolicies",
          "logs:DescribeLogGroups",
        ]
        Resource = "*"
      },
      !local.traces ? null : {
        Sid      = "WriteTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]
        Resource = "*"
      },
      !local.has_key ? null : {
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      },
    ] : statement if statement != null]
  })
}

# --- the schedule --------------------------------------------------------------------------------

resource "aws_scheduler_schedule" "reconcile" {
  name                         = local.name
  description                  = "Reconciles ${var.table}"
  state                        = var.schedule_state
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = var.schedule_time_zone

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_window_minutes
  }

  target {
    arn      = aws_sfn_state_machine.reconcile.arn
    role_arn = aws_iam_role.schedule.arn
    # A schedule may fire twice; the lease stops the second run before it does anything.
    input = "{\"table\": \"${var.table}\", \"scheduled\": \"<aws.scheduler.scheduled-time>\"}"

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = aws_sqs_queue.schedule.arn
    }
  }
}

resource "aws_sqs_queue" "schedule" {
  name                      = "${local.name}-schedule"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true # it contains the constant input of the schedule
}

resource "aws_iam_role" "schedule" {
  name_prefix = "${var.bridge_name}-"
  description = "Starts ${local.name} on its schedule"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "start"
  role = aws_iam_role.schedule.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Start", Effect = "Allow", Action = "states:StartExecution", Resource = aws_sfn_state_machine.reconcile.arn },
      { Sid = "TellFailure", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.schedule.arn },
    ]
  })
}

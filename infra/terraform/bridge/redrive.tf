# Processes batches again that were given up, on a schedule that is off by default.

resource "aws_lambda_function" "redrive" {
  function_name                  = "${var.bridge_name}-redrive"
  description                    = "Processes batches again that were given up"
  handler                        = "bridge.lambdas.redrive.handler"
  runtime                        = "python3.13"
  architectures                  = [var.architecture]
  s3_bucket                      = var.code_bucket
  s3_key                         = var.code_key
  role                           = aws_iam_role.redrive.arn
  memory_size                    = var.memory_mb
  timeout                        = 300
  reserved_concurrent_executions = var.reserved_concurrency == null ? null : 1
  kms_key_arn                    = local.key_arn

  environment {
    variables = local.environment
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.redrive.name
    log_format = "Text"
  }

  tracing_config {
    mode = var.tracing
  }

  depends_on = [aws_iam_role_policy.redrive, aws_iam_role_policy_attachment.redrive]
}

resource "aws_lambda_function_event_invoke_config" "redrive" {
  function_name          = aws_lambda_function.redrive.function_name
  maximum_retry_attempts = 0 # the next run of the schedule is the retry
}

resource "aws_cloudwatch_log_group" "redrive" {
  name              = "/aws/lambda/${var.bridge_name}-redrive"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  skip_destroy      = true
}

resource "aws_iam_role" "redrive" {
  name_prefix        = "${var.bridge_name}-"
  description        = "Permissions of the function ${var.bridge_name}-redrive"
  assume_role_policy = local.assume_lambda
}

resource "aws_iam_role_policy_attachment" "redrive" {
  role       = aws_iam_role.redrive.name
  policy_arn = aws_iam_policy.pipeline.arn
}

resource "aws_iam_role_policy" "redrive" {
  name = "redrive"
  role = aws_iam_role.redrive.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.bridge_name}-redrive:*"
      },
      var.tracing != "Active" ? null : {
        Sid      = "WriteTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
      {
        Sid      = "RedriveObjects"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:DeleteObject"]
        Resource = "${aws_s3_bucket.store["on-failure"].arn}/aws/lambda/*"
      },
      {
        Sid      = "RedriveBucket"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.store["on-failure"].arn
      },
    ] : statement if statement != null]
  })
}

resource "aws_scheduler_schedule" "redrive" {
  name                = "${var.bridge_name}-redrive"
  description         = "Redrives batches that ${var.bridge_name} gave up"
  state               = var.redrive_state
  schedule_expression = var.redrive_schedule

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = aws_lambda_function.redrive.arn
    role_arn = aws_iam_role.redrive_schedule.arn
    input    = "{\"bucket\": \"${aws_s3_bucket.store["on-failure"].id}\"}"

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }

    dead_letter_config {
      arn = aws_sqs_queue.redrive_schedule.arn
    }
  }
}

resource "aws_sqs_queue" "redrive_schedule" {
  name                      = "${var.bridge_name}-redrive-schedule"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true # it contains the constant input of the schedule
}

resource "aws_iam_role" "redrive_schedule" {
  name_prefix = "${var.bridge_name}-"
  description = "Starts ${var.bridge_name}-redrive on its schedule"
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

resource "aws_iam_role_policy" "redrive_schedule" {
  name = "start"
  role = aws_iam_role.redrive_schedule.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Start", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.redrive.arn },
      { Sid = "TellFailure", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.redrive_schedule.arn },
    ]
  })
}

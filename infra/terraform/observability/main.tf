# Alarms and a dashboard. The same alarms as in infra/observability.yaml.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  function  = var.function_name != "" ? var.function_name : var.bridge_name

  makes_topic = var.warning_topic == null || var.page_topic == null
  topics = {
    warning = var.warning_topic == null ? aws_sns_topic.alarms[0].arn : var.warning_topic.arn
    page    = var.page_topic == null ? aws_sns_topic.alarms[0].arn : var.page_topic.arn
  }

  # metric: namespace, name, statistic. datapoints: number of datapoints, of number of periods. By default an alarm
  # goes off above its threshold, and missing data is fine.
  alarms = {
    lag_warning = {
      name       = "lag-warning"
      text       = "The bridge is behind its stream."
      runbook    = "lag"
      severity   = "warning"
      metric     = ["AWS/Lambda", "IteratorAge", "Maximum"]
      dimensions = { FunctionName = local.function }
      period_s   = 60
      datapoints = [5, 5]
      threshold  = var.lag_warning_ms
    }
    lag_page = {
      name       = "lag-page"
      text       = "The bridge is far behind its stream."
      runbook    = "lag"
      severity   = "page"
      metric     = ["AWS/Lambda", "IteratorAge", "Maximum"]
      dimensions = { FunctionName = local.function }
      period_s   = 60
      datapoints = [5, 5]
      threshold  = var.lag_page_ms
    }
    lag_near_retention = {
      name       = "lag-near-retention"
      text       = "The stream keeps records for 24 h, and the bridge is near that limit: changes are about to be lost."
      runbook    = "more-than-24-h-down"
      severity   = "page"
      metric     = ["AWS/Lambda", "IteratorAge", "Maximum"]
      dimensions = { FunctionName = local.function }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = var.lag_near_retention_ms
    }
    function_errors = {
      name       = "function-errors"
      text       = "Batches fail as a whole and are retried."
      runbook    = "function-errors"
      severity   = "page"
      metric     = ["AWS/Lambda", "Errors", "Sum"]
      dimensions = { FunctionName = local.function }
      period_s   = 300
      datapoints = [3, 3]
      threshold  = 0
    }
    function_throttles = {
      name       = "function-throttles"
      text       = "Lambda has no concurrency left for the bridge."
      runbook    = "function-throttles"
      severity   = "warning"
      metric     = ["AWS/Lambda", "Throttles", "Sum"]
      dimensions = { FunctionName = local.function }
      period_s   = 300
      datapoints = [3, 3]
      threshold  = 0
    }
    batches_failed = {
      name       = "batches-failed"
      text       = "The bridge fails batches on purpose: a target is missing or denies access, or most records of a batch cannot succeed."
      runbook    = "bus-missing"
      severity   = "page"
      metric     = ["StreamBridge", "BatchesFailed", "Sum"]
      dimensions = { service = var.service_name }
      period_s   = 300
      datapoints = [2, 2]
      threshold  = 0
    }
    on_failure_depth = {
      name       = "on-failure"
      text       = "Batches were given up; they are in the on-failure bucket."
      runbook    = "poison-record"
      severity   = "page"
      metric     = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"]
      dimensions = { QueueName = "${var.bridge_name}-on-failure" }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    records_quarantined = {
      name       = "records-quarantined"
      text       = "Records were quarantined."
      runbook    = "a-record-is-quarantined"
      severity   = "warning"
      metric     = ["StreamBridge", "RecordsQuarantined", "Sum"]
      dimensions = { service = var.service_name }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    quarantine_bucket_depth = {
      made       = var.quarantine == "bucket"
      name       = "quarantine-depth"
      text       = "Quarantine fills up; a lifecycle rule deletes its entries in the end."
      runbook    = "quarantine-full"
      severity   = "warning"
      metric     = ["AWS/S3", "NumberOfObjects", "Average"]
      dimensions = { BucketName = "${var.bridge_name}-quarantine-${local.account}-${local.region}", StorageType = "AllStorageTypes" }
      period_s   = 86400
      datapoints = [1, 2]
      threshold  = var.quarantine_depth_max
    }
    quarantine_queue_depth = {
      made       = var.quarantine == "queue"
      name       = "quarantine-depth"
      text       = "Quarantine fills up; a queue keeps its messages for 14 days."
      runbook    = "quarantine-full"
      severity   = "warning"
      metric     = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"]
      dimensions = { QueueName = "${var.bridge_name}-quarantine" }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = var.quarantine_depth_max
    }
    failed_entries = {
      name       = "failed-entries"
      text       = "A bus or topic refuses entries of calls; they are retried."
      runbook    = "failed-entries"
      severity   = "warning"
      metric     = ["StreamBridge", "SinkEntriesFailed", "Sum"]
      dimensions = { service = var.service_name }
      period_s   = 300
      datapoints = [3, 3]
      threshold  = var.failed_entries_max
    }
    gaps_seen = {
      name       = "gaps-seen"
      text       = "Some changes follow a change that was never settled."
      runbook    = "a-gap-was-seen"
      severity   = "warning"
      metric     = ["StreamBridge", "GapsSeen", "Sum"]
      dimensions = { service = var.service_name }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    no_reconciliation = {
      made       = var.uses_reconciliation
      name       = "no-reconciliation"
      text       = "No complete reconciliation for 26 h."
      runbook    = "no-complete-reconciliation"
      severity   = "page"
      metric     = ["StreamBridge", "ReconciliationsCompleted", "Sum"]
      dimensions = { service = var.service_name }
      period_s   = 3600
      datapoints = [26, 26]
      threshold  = 1
      compare    = "LessThanThreshold"
      missing    = "breaching"
    }
    reconciliation_failed = {
      made       = var.uses_reconciliation
      name       = "reconciliation-failed"
      text       = "A reconciliation has failed."
      runbook    = "no-complete-reconciliation"
      severity   = "warning"
      metric     = ["AWS/States", "ExecutionsFailed", "Sum"]
      dimensions = { StateMachineArn = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.bridge_name}-reconcile" }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    reconciliation_not_started = {
      made       = var.uses_reconciliation
      name       = "reconciliation-not-started"
      text       = "The schedule could not start a reconciliation."
      runbook    = "no-complete-reconciliation"
      severity   = "warning"
      metric     = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"]
      dimensions = { QueueName = "${var.bridge_name}-reconcile-schedule" }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    redrive_errors = {
      name       = "redrive-errors"
      text       = "Batches that were given up are redriven, and fail again."
      runbook    = "poison-record"
      severity   = "warning"
      metric     = ["AWS/Lambda", "Errors", "Sum"]
      dimensions = { FunctionName = "${var.bridge_name}-redrive" }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    redrive_not_started = {
      name       = "redrive-not-started"
      text       = "The schedule could not start the redrive function."
      runbook    = "poison-record"
      severity   = "warning"
      metric     = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"]
      dimensions = { QueueName = "${var.bridge_name}-redrive-schedule" }
      period_s   = 300
      datapoints = [1, 1]
      threshold  = 0
    }
    ledger_throttled = {
      name       = "ledger-throttled"
      text       = "DynamoDB throttles writes of the ledger; batches wait."
      runbook    = "lag"
      severity   = "warning"
      metric     = ["AWS/DynamoDB", "WriteThrottleEvents", "Sum"]
      dimensions = { TableName = "${var.bridge_name}-ledger" }
      period_s   = 300
      datapoints = [3, 3]
      threshold  = 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for id, alarm in local.alarms : id => alarm if try(alarm.made, true) }

  alarm_name          = "${var.bridge_name}-${each.value.name}"
  alarm_description   = "${each.value.text} Runbook: ${var.runbook_base_url}#${each.value.runbook}"
  namespace           = each.value.metric[0]
  metric_name         = each.value.metric[1]
  statistic           = each.value.metric[2]
  dimensions          = each.value.dimensions
  period              = each.value.period_s
  datapoints_to_alarm = each.value.datapoints[0]
  evaluation_periods  = each.value.datapoints[1]
  threshold           = each.value.threshold
  comparison_operator = try(each.value.compare, "GreaterThanThreshold")
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = [local.topics[each.value.severity]]
  ok_actions          = [local.topics[each.value.severity]]
}

resource "aws_sns_topic" "alarms" {
  count = local.makes_topic ? 1 : 0

  name = "${var.bridge_name}-alarms"
  # Not alias/aws/sns, because CloudWatch may not use that key. Alarms contain numbers and no data.
  kms_master_key_id = var.kms_key == null ? null : var.kms_key.arn
}

resource "aws_sns_topic_policy" "alarms" {
  count = local.makes_topic ? 1 : 0

  arn = aws_sns_topic.alarms[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsTell"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

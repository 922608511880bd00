resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.bridge_name
  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "Lag behind the stream (ms)"
          region = "${local.region}"
          stat   = "Maximum"
          period = 60
          annotations = {
            horizontal = [
              { label = "page", value = var.lag_page_ms },
              { label = "near retention", value = var.lag_near_retention_ms },
            ]
          }
          metrics = [["AWS/Lambda", "IteratorAge", "FunctionName", "${local.function}"]]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "How records end"
          region = "${local.region}"
          stat   = "Sum"
          period = 300
          metrics = [
            ["StreamBridge", "RecordsReceived", "service", "${var.service_name}"],
            [".", "RecordsPublished", ".", "."],
            [".", "RecordsWithoutEvent", ".", "."],
            [".", "RecordsQuarantined", ".", "."],
            [".", "RecordsReturned", ".", "."],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 6
        width  = 12
        height = 6
        properties = {
          title  = "The function"
          region = "${local.region}"
          stat   = "Sum"
          period = 300
          metrics = [
            ["AWS/Lambda", "Invocations", "FunctionName", "${local.function}"],
            [".", "Errors", ".", "."],
            [".", "Throttles", ".", "."],
            [".", "Duration", ".", ".", { stat = "p99", yAxis = "right" }],
            ["StreamBridge", "BatchesFailed", "service", "${var.service_name}"],
          ]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 6
        width  = 12
        height = 6
        properties = {
          title  = "Sinks"
          region = "${local.region}"
          stat   = "Sum"
          period = 300
          metrics = [
            ["StreamBridge", "EventsPublished", "service", "${var.service_name}"],
            [".", "SinkCalls", ".", "."],
            [".", "SinkRetries", ".", "."],
            [".", "SinkEntriesFailed", ".", "."],
            [".", "PublishLatency", ".", ".", { stat = "p99", yAxis = "right" }],
          ]
        }
      },
      {
        type   = "metric"
        x      = 0
        y      = 12
        width  = 12
        height = 6
        properties = {
          title  = "What waits for people"
          region = "${local.region}"
          stat   = "Maximum"
          period = 300
          metrics = [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${var.bridge_name}-on-failure"],
            [
              "AWS/S3",
              "NumberOfObjects",
              "StorageType",
              "AllStorageTypes",
              "BucketName",
              "${var.bridge_name}-quarantine-${local.account}-${local.region}",
              { period = 86400, stat = "Average" },
            ],
            ["StreamBridge", "GapsSeen", "service", "${var.service_name}", { stat = "Sum" }],
          ]
        }
      },
      {
        type   = "metric"
        x      = 12
        y      = 12
        width  = 12
        height = 6
        properties = {
          title  = "Reconciliation and ledger"
          region = "${local.region}"
          stat   = "Sum"
          period = 3600
          metrics = [
            [
              "AWS/States",
              "ExecutionsSucceeded",
              "StateMachineArn",
              "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.bridge_name}-reconcile",
            ],
            [".", "ExecutionsFailed", ".", "."],
            ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "${var.bridge_name}-ledger"],
            [".", "WriteThrottleEvents", ".", "."],
          ]
        }
      },
    ]
  })
}

# Where events go: a bus with archive, logs and policy, a FIFO topic.

resource "aws_cloudwatch_event_bus" "this" {
  count = local.makes_bus ? 1 : 0

  name               = var.bridge_name
  description        = "Domain events of ${var.bridge_name}"
  kms_key_identifier = local.key_arn

  log_config {
    level          = var.bus_log_level
    include_detail = "NONE" # no event contents in logs
  }

  lifecycle {
    prevent_destroy = true # subscribers' rules need it
  }
}

resource "aws_cloudwatch_event_bus_policy" "this" {
  count = local.makes_bus && local.has_organization ? 1 : 0

  event_bus_name = aws_cloudwatch_event_bus.this[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OrganisationManagesItsOwnRules"
      Effect    = "Allow"
      Principal = "*"
      Action = [
        "events:PutRule",
        "events:DeleteRule",
        "events:DescribeRule",
        "events:DisableRule",
        "events:EnableRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "events:ListTargetsByRule",
        "events:TagResource",
        "events:UntagResource",
        "events:ListTagsForResource",
      ]
      Resource = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${var.bridge_name}/*"
      Condition = {
        StringEquals         = { "aws:PrincipalOrgID" = var.organization_id }
        StringEqualsIfExists = { "events:creatorAccount" = "$${aws:PrincipalAccount}" } # only rules that it created itself
      }
    }]
  })
}

resource "aws_cloudwatch_event_archive" "this" {
  count = local.archives ? 1 : 0

  name               = "${var.bridge_name}-archive"
  description        = "Events that ${var.bridge_name} published, for replays"
  event_source_arn   = aws_cloudwatch_event_bus.this[0].arn
  retention_days     = var.archive_days
  kms_key_identifier = local.key_arn

  lifecycle {
    prevent_destroy = true
  }
}

locals {
  # A level includes those above it.
  bus_logs = {
    for name, levels in {
      errors = ["ERROR", "INFO", "TRACE"]
      info   = ["INFO", "TRACE"]
      trace  = ["TRACE"]
    } : name => { log_type = "${levels[0]}_LOGS" } if local.makes_bus && contains(levels, var.bus_log_level)
  }
}

resource "aws_cloudwatch_log_group" "bus" {
  count = local.logs_bus ? 1 : 0

  name              = "/aws/vendedlogs/events/event-bus/${var.bridge_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
}

resource "aws_cloudwatch_log_delivery_destination" "bus" {
  count = local.logs_bus ? 1 : 0

  name = "${var.bridge_name}-bus-logs"

  delivery_destination_configuration {
    destination_resource_arn = aws_cloudwatch_log_group.bus[0].arn
  }
}

resource "aws_cloudwatch_log_delivery_source" "bus" {
  for_each = local.bus_logs

  name         = "${var.bridge_name}-bus-${each.key}"
  log_type     = each.value.log_type
  resource_arn = aws_cloudwatch_event_bus.this[0].arn
}

resource "aws_cloudwatch_log_delivery" "bus" {
  for_each = local.bus_logs

  delivery_source_name     = aws_cloudwatch_log_delivery_source.bus[each.key].name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.bus[0].arn
}

resource "aws_sns_topic" "this" {
  count = local.makes_topic ? 1 : 0

  name                        = "${var.bridge_name}.fifo"
  fifo_topic                  = true
  content_based_deduplication = false # the event's id is the deduplication id
  fifo_throughput_scope       = "MessageGroup"
  kms_master_key_id           = local.has_key ? local.key_arn : "alias/aws/sns"

  lifecycle {
    prevent_destroy = true # subscriptions need it
  }
}

resource "aws_sns_topic_policy" "this" {
  count = local.makes_topic ? 1 : 0

  arn = aws_sns_topic.this[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      !local.has_organization ? null : {
        Sid       = "OrganisationSubscribes"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["sns:Subscribe", "sns:GetTopicAttributes"]
        Resource  = aws_sns_topic.this[0].arn
        Condition = { StringEquals = { "aws:PrincipalOrgID" = var.organization_id } }
      },
    ] : statement if statement != null]
  })
}

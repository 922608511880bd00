# The stores: ledger, secret, buckets for given-up batches, quarantine and claims.

resource "aws_dynamodb_table" "ledger" {
  count = var.uses_ledger ? 1 : 0

  name                        = "${var.bridge_name}-ledger"
  billing_mode                = "PAY_PER_REQUEST" # its load follows the load of the table, bursts included
  hash_key                    = "pk"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "pk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  ttl {
    attribute_name = "ttl" # rows of removed items
    enabled        = true
  }

  dynamic "server_side_encryption" {
    for_each = local.has_key ? [1] : [] # otherwise DynamoDB's own key: a table is always encrypted
    content {
      enabled     = true
      kms_key_arn = local.key_arn
    }
  }

  lifecycle {
    prevent_destroy = true # nothing else records what was published
  }
}

resource "aws_secretsmanager_secret" "hash_key" {
  count = local.makes_hash_key ? 1 : 0

  name        = "${var.bridge_name}/hash-key"
  description = "hash_key of bridge.yaml. It is never rotated, because the ledger's fingerprints depend on it"
  kms_key_id  = local.key_arn

  lifecycle {
    prevent_destroy = true # without it the ledger's fingerprints are useless
  }
}

ephemeral "aws_secretsmanager_random_password" "hash_key" {
  count = local.makes_hash_key ? 1 : 0

  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "hash_key" {
  count = local.makes_hash_key ? 1 : 0

  secret_id                = aws_secretsmanager_secret.hash_key[0].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.hash_key[0].random_password
  secret_string_wo_version = 1 # another number would create another key
}

# The function's environment contains it, and so does the state: encrypt the state.
data "aws_secretsmanager_secret_version" "hash_key" {
  secret_id = local.hash_key_secret_arn

  depends_on = [aws_secretsmanager_secret_version.hash_key]
}

data "aws_secretsmanager_secret_version" "redaction_key" {
  count = local.has_redaction_key ? 1 : 0

  secret_id = var.redaction_key_secret.arn
}

locals {
  # No versioning: a quarantined record or a given-up batch is deleted after it is settled, and an older version
  # would keep its raw contents. The name of a claim is the hash of its content.
  buckets = {
    for name, bucket in {
      on-failure  = { made = true, prefix = "", days = var.kept_days }
      quarantine  = { made = local.quarantine_bucket, prefix = "", days = var.kept_days }
      claim-check = { made = var.uses_claim_check, prefix = var.claim_check_prefix, days = var.claim_check_days }
    } : name => bucket if bucket.made
  }
}

resource "aws_s3_bucket" "store" {
  for_each = local.buckets

  bucket = "${var.bridge_name}-${each.key}-${local.account}-${local.region}"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "store" {
  for_each = local.buckets

  bucket = aws_s3_bucket.store[each.key].id

  rule {
    bucket_key_enabled = local.has_key ? true : null

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.has_key ? "aws:kms" : "AES256"
      kms_master_key_id = local.key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "store" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.store[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "store" {
  for_each = local.buckets

  bucket = aws_s3_bucket.store[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "store" {
  for_each = local.buckets

  bucket = aws_s3_bucket.store[each.key].id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {
      prefix = each.value.prefix
    }

    expiration {
      days = each.value.days
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

resource "aws_s3_bucket_policy" "store" {
  for_each = local.buckets

  bucket = aws_s3_bucket.store[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.store[each.key].arn, "${aws_s3_bucket.store[each.key].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      !(each.key == "claim-check" && local.has_organization) ? null : {
        Sid       = "OrganisationReadsClaims"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.store[each.key].arn}/${var.claim_check_prefix}*"
        Condition = { StringEquals = { "aws:PrincipalOrgID" = var.organization_id } }
      },
    ] : statement if statement != null]
  })
}

# One message for each batch that was given up, because a bucket has no depth that an alarm could watch. It contains
# names of objects and no data, so it is encrypted with SQS's own key.
resource "aws_sqs_queue" "on_failure" {
  name                      = "${var.bridge_name}-on-failure"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "on_failure" {
  queue_url = aws_sqs_queue.on_failure.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RuleSends"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.on_failure.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.on_failure.arn } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.on_failure.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# A rule sends it and not the bucket itself, because S3 sends its own message to a new queue (s3:TestEvent), and the
# alarm would go off at the first apply.
resource "aws_s3_bucket_notification" "on_failure" {
  bucket      = aws_s3_bucket.store["on-failure"].id
  eventbridge = true
}

resource "aws_cloudwatch_event_rule" "on_failure" {
  name        = "${var.bridge_name}-on-failure"
  description = "Batches that ${var.bridge_name} gave up"
  state       = "ENABLED"
  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail        = { bucket = { name = [aws_s3_bucket.store["on-failure"].bucket] } }
  })
}

resource "aws_cloudwatch_event_target" "on_failure" {
  rule      = aws_cloudwatch_event_rule.on_failure.name
  target_id = "queue"
  arn       = aws_sqs_queue.on_failure.arn
}

resource "aws_sqs_queue" "quarantine" {
  count = local.quarantine_queue ? 1 : 0

  name                      = "${var.bridge_name}-quarantine"
  message_retention_seconds = 1209600 # the maximum; no redrive policy, because every look at a message receives it
  kms_master_key_id         = local.key_arn
  sqs_managed_sse_enabled   = local.has_key ? null : true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue_policy" "quarantine" {
  count = local.quarantine_queue ? 1 : 0

  queue_url = aws_sqs_queue.quarantine[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.quarantine[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

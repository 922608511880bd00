output "function_name" {
  description = "Name of the function, and dimension of IteratorAge and its other metrics."
  value       = aws_lambda_function.bridge.function_name
}

output "redrive_function_name" {
  description = "The redrive function."
  value       = aws_lambda_function.redrive.function_name
}

output "mapping_id" {
  description = "UUID of the event source mapping."
  value       = one(aws_lambda_event_source_mapping.stream[*].uuid)
}

output "event_bus_name" {
  description = "Name of the bus of this module, for rules of this account."
  value       = one(aws_cloudwatch_event_bus.this[*].name)
}

output "event_bus_arn" {
  description = "ARN of the bus, for rules of other accounts."
  value       = local.event_bus_arn
}

output "event_bus_v2_arn" {
  description = "ARN of the new custom bus, for subscribers."
  value       = local.event_bus_v2_arn
}

output "topic_arn" {
  description = "ARN of the topic, for subscriptions."
  value       = local.topic_arn
}

output "ledger_table_name" {
  description = "Name of the ledger's table."
  value       = one(aws_dynamodb_table.ledger[*].name)
}

output "hash_key_secret_arn" {
  description = "Secret with hash_key."
  value       = local.hash_key_secret_arn
}

output "quarantine_bucket_name" {
  description = "Bucket with quarantined records."
  value       = local.quarantine_bucket ? aws_s3_bucket.store["quarantine"].id : null
}

output "quarantine_queue_name" {
  description = "Queue with quarantined records."
  value       = one(aws_sqs_queue.quarantine[*].name)
}

output "claim_check_bucket_name" {
  description = "Bucket with the data of large events. Subscribers read the objects that dataref names."
  value       = var.uses_claim_check ? aws_s3_bucket.store["claim-check"].id : null
}

output "on_failure_bucket_name" {
  description = "Bucket with batches that were given up, for stream-bridge redrive --bucket."
  value       = aws_s3_bucket.store["on-failure"].id
}

output "on_failure_queue_name" {
  description = "Queue with one message for each given-up batch."
  value       = aws_sqs_queue.on_failure.name
}

output "on_failure_queue_url" {
  description = "URL of that queue."
  value       = aws_sqs_queue.on_failure.url
}

output "pipeline_policy_arn" {
  description = "Managed policy with the permissions of the pipeline, for functions of other modules."
  value       = aws_iam_policy.pipeline.arn
}

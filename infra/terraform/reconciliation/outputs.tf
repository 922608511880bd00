output "state_machine_arn" {
  description = "The state machine. Start it by hand with aws stepfunctions start-execution."
  value       = aws_sfn_state_machine.reconcile.arn
}

output "worker_name" {
  description = "The worker."
  value       = aws_lambda_function.worker.function_name
}

output "runs_bucket_name" {
  description = "Leases, checkpoints and reports of runs, under reconcile/."
  value       = aws_s3_bucket.runs.id
}

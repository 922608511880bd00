variable "bridge_name" {
  description = "bridge_name of the module in infra/terraform/bridge."
  type        = string
  default     = "stream-bridge"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.bridge_name))
    error_message = "bridge_name: 3 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "bridge" {
  description = "The bridge whose bus, ledger and stores are used: module.bridge, or an object with the same outputs."
  type = object({
    function_name           = string
    mapping_id              = optional(string)
    event_bus_arn           = optional(string)
    event_bus_v2_arn        = optional(string)
    topic_arn               = optional(string)
    ledger_table_name       = string
    hash_key_secret_arn     = string
    quarantine_bucket_name  = optional(string)
    quarantine_queue_name   = optional(string)
    claim_check_bucket_name = optional(string)
  })
}

variable "code_bucket" {
  description = "S3 bucket with the packaged function."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.code_bucket))
    error_message = "code_bucket: the name of a bucket."
  }
}

variable "code_key" {
  description = "Object key of the package, the same as that of the bridge."
  type        = string
  validation {
    condition     = length(var.code_key) >= 1
    error_message = "code_key: not empty."
  }
}

variable "architecture" {
  description = "Instruction set for which the package was built."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: one of arm64, x86_64."
  }
}

variable "config_path" {
  description = "Path of bridge.yaml inside the package."
  type        = string
  default     = "bridge.yaml"
  validation {
    condition     = length(var.config_path) >= 1
    error_message = "config_path: not empty."
  }
}

variable "table" {
  description = "Name of the table in bridge.yaml."
  type        = string
  validation {
    condition     = length(var.table) >= 1
    error_message = "table: not empty."
  }
}

variable "table_arn" {
  description = "ARN of the table."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]+$", var.table_arn))
    error_message = "table_arn: the ARN of a DynamoDB table (…:table/NAME)."
  }
}

variable "table_kms_key" {
  description = "Customer managed key of the table. Null if it has none."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.table_kms_key == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.table_kms_key.arn))
    error_message = "table_kms_key: the ARN of a KMS key (…:key/ID), or null."
  }
}

variable "schedule_state" {
  description = "Whether the schedule starts runs. Seed or backfill the ledger first."
  type        = string
  default     = "ENABLED"
  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "schedule_state: one of ENABLED, DISABLED."
  }
}

variable "schedule_expression" {
  description = "When runs start. At least once a day, or the alarm for a missing reconciliation goes off."
  type        = string
  default     = "cron(0 2 * * ? *)"
  validation {
    condition     = can(regex("^(rate|cron|at)\\(.+\\)$", var.schedule_expression))
    error_message = "schedule_expression: a rate(), cron() or at() expression."
  }
}

variable "schedule_time_zone" {
  description = "Time zone of the schedule, with its daylight saving time."
  type        = string
  default     = "UTC"
  validation {
    condition     = can(regex("^[A-Za-z0-9_+/-]{1,50}$", var.schedule_time_zone))
    error_message = "schedule_time_zone: a name of the IANA time zone database, such as Europe/Berlin."
  }
}

variable "flexible_window_minutes" {
  description = "Runs start at a random time within this number of minutes, so that many tables do not start at the same time."
  type        = number
  default     = 30
  validation {
    condition     = var.flexible_window_minutes >= 1 && var.flexible_window_minutes <= 1440
    error_message = "flexible_window_minutes: a number from 1 to 1440."
  }
}

variable "max_concurrency" {
  description = "Number of segments that are read in parallel. They share max_rcu of bridge.yaml."
  type        = number
  default     = 4
  validation {
    condition     = var.max_concurrency >= 1 && var.max_concurrency <= 1000
    error_message = "max_concurrency: a number from 1 to 1000."
  }
}

variable "worker_memory_mb" {
  description = "Memory of the worker. Its share of a CPU grows with the memory."
  type        = number
  default     = 1024
  validation {
    condition     = var.worker_memory_mb >= 128 && var.worker_memory_mb <= 10240
    error_message = "worker_memory_mb: a number from 128 to 10240."
  }
}

variable "tracing" {
  description = "Active with telemetry.tracing: xray in bridge.yaml."
  type        = string
  default     = "PassThrough"
  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing)
    error_message = "tracing: one of Active, PassThrough."
  }
}

variable "log_retention_days" {
  description = "How long log lines are kept."
  type        = number
  default     = 30
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days: one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "run_days" {
  description = "How long reports, checkpoints and suspects of runs are kept. They contain item keys."
  type        = number
  default     = 90
  validation {
    condition     = var.run_days >= 8 && var.run_days <= 3650
    error_message = "run_days: a number from 8 to 3650."
  }
}

variable "publishes_to_event_bus" {
  description = "Whether bridge.yaml has a sink of kind eventbridge."
  type        = bool
  default     = true
}

variable "publishes_to_event_bus_v2" {
  description = "Whether bridge.yaml has a sink of kind eventbridge_v2."
  type        = bool
  default     = false
}

variable "publishes_raw_events" {
  description = "Whether that sink has raw: true."
  type        = bool
  default     = false
}

variable "publishes_to_topic" {
  description = "Whether bridge.yaml has a sink of kind sns."
  type        = bool
  default     = false
}

variable "uses_claim_check" {
  description = "Whether bridge.yaml has a claim_check."
  type        = bool
  default     = true
}

variable "claim_check_prefix" {
  description = "claim_check.prefix of bridge.yaml."
  type        = string
  default     = "claim-check/"
  validation {
    condition     = can(regex("^([A-Za-z0-9!_.*'()/-]{0,511}/)?$", var.claim_check_prefix))
    error_message = "claim_check_prefix: a prefix that ends in /, or empty."
  }
}

variable "quarantine" {
  description = "quarantine kind s3 or sqs. A reconciliation only names it, and stores nothing there."
  type        = string
  default     = "bucket"
  validation {
    condition     = contains(["bucket", "queue"], var.quarantine)
    error_message = "quarantine: one of bucket, queue."
  }
}

variable "redaction_key_secret" {
  description = "The same as in the bridge module."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.redaction_key_secret == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.redaction_key_secret.arn))
    error_message = "redaction_key_secret: the ARN of a secret, or null."
  }
}

variable "kms_key" {
  description = "The same as in the bridge module."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.kms_key == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key.arn))
    error_message = "kms_key: the ARN of a KMS key (…:key/ID), or null."
  }
}

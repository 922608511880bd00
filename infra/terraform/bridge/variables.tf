variable "bridge_name" {
  description = "Part of all names in this module; use one name per table, account and Region. A new name creates all resources again."
  type        = string
  default     = "stream-bridge"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.bridge_name))
    error_message = "bridge_name: 3 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
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
  description = "Object key of the package. Include a hash of its content in the name, so that a new package is a change."
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
  description = "Path of bridge.yaml inside the package (BRIDGE_CONFIG)."
  type        = string
  default     = "bridge.yaml"
  validation {
    condition     = length(var.config_path) >= 1
    error_message = "config_path: not empty."
  }
}

variable "stream" {
  description = "The table's stream. A shard serves two readers, and this is one of them. A stream that was disabled and enabled again has another ARN, and a new ARN here creates a new mapping: reconcile afterwards. Null: no mapping (infra/pipe.yaml and infra/kinesis.yaml bring their own)."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.stream == null || can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]+/stream/.+$", var.stream.arn))
    error_message = "stream: the ARN of a DynamoDB stream (…:table/NAME/stream/LABEL), or null."
  }
}

variable "table_kms_key" {
  description = "Customer managed key of the source table; which also encrypts its stream. Null if the table has none."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.table_kms_key == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.table_kms_key.arn))
    error_message = "table_kms_key: the ARN of a KMS key (…:key/ID), or null."
  }
}

variable "filter_patterns" {
  description = "Filter patterns of the mapping, from bridge.yaml (rendered). Without a pattern the mapping takes every record; with several, one must match."
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.filter_patterns) <= 5
    error_message = "filter_patterns: Lambda takes five at most."
  }
  validation {
    condition     = alltrue([for pattern in var.filter_patterns : length(pattern) <= 4096])
    error_message = "filter_patterns: a pattern is at most 4096 characters long."
  }
}

variable "mapping_enabled" {
  description = "Whether the stream is read. If it is off for longer than the stream keeps records (24 h), changes are lost."
  type        = bool
  default     = true
}

variable "batch_size" {
  description = "Maximum number of records in an invocation. A call to EventBridge takes 10 events; calls are made in parallel."
  type        = number
  default     = 100
  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000
    error_message = "batch_size: a number from 1 to 10000."
  }
}

variable "batch_window_seconds" {
  description = "Longest wait for a batch to fill. 0 publishes at once; a few seconds cost less for a busy table."
  type        = number
  default     = 0
  validation {
    condition     = var.batch_window_seconds >= 0 && var.batch_window_seconds <= 300
    error_message = "batch_window_seconds: a number from 0 to 300."
  }
}

variable "parallelization_factor" {
  description = "Batches of one shard at once. The default is 1, because one lane keeps up with the 1,000 writes per second of a shard in most cases, and with more lanes the ranges in on-failure objects overlap. Order per item is kept in both cases."
  type        = number
  default     = 1
  validation {
    condition     = var.parallelization_factor >= 1 && var.parallelization_factor <= 10
    error_message = "parallelization_factor: a number from 1 to 10."
  }
}

variable "maximum_retry_attempts" {
  description = "Number of retries before a batch is given up to the on-failure bucket. There is always a limit; Lambda's default has none."
  type        = number
  default     = 1000
  validation {
    condition     = var.maximum_retry_attempts >= 0 && var.maximum_retry_attempts <= 10000
    error_message = "maximum_retry_attempts: a number from 0 to 10000."
  }
}

variable "maximum_record_age_seconds" {
  description = "Age at which a record is given up. It is below the 24 h of the stream, so that the record is in the bucket before the stream deletes it."
  type        = number
  default     = 43200
  validation {
    condition     = var.maximum_record_age_seconds >= 60 && var.maximum_record_age_seconds <= 82800
    error_message = "maximum_record_age_seconds: a number from 60 to 82800."
  }
}

variable "memory_mb" {
  description = "Memory of the function. Its share of a CPU grows with the memory."
  type        = number
  default     = 512
  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb: a number from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Timeout of an invocation. The last 2 s are reserved for quarantining, settling and responding."
  type        = number
  default     = 60
  validation {
    condition     = var.timeout_seconds >= 30 && var.timeout_seconds <= 900
    error_message = "timeout_seconds: a number from 30 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Reserved concurrency of the function, so that others cannot use it up. At least shards x ParallelizationFactor. If null, none is reserved."
  type        = number
  default     = null
  validation {
    condition     = var.reserved_concurrency == null || try(var.reserved_concurrency >= 1 && var.reserved_concurrency <= 9999, false)
    error_message = "reserved_concurrency: a number from 1 to 9999, or null."
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

variable "fetches_items" {
  description = "Whether the table has fetch: current in bridge.yaml. The function then reads items of the table."
  type        = bool
  default     = false
}

variable "publishes_to_event_bus" {
  description = "Whether bridge.yaml has a sink of kind eventbridge."
  type        = bool
  default     = true
}

variable "event_bus" {
  description = "An existing event bus, of another table's bridge or of another account (whose policy must allow this account). If null, the module creates one."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.event_bus == null || can(regex("^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/.+$", var.event_bus.arn))
    error_message = "event_bus: the ARN of an event bus (…:event-bus/NAME), or null."
  }
}

variable "archive_days" {
  description = "How long the archive of a bus of this stack keeps events for replays. 0 creates no archive."
  type        = number
  default     = 30
  validation {
    condition     = var.archive_days >= 0 && var.archive_days <= 3650
    error_message = "archive_days: a number from 0 to 3650."
  }
}

variable "bus_log_level" {
  description = "Log level of a bus of this stack. ERROR logs failed deliveries; event contents are never logged."
  type        = string
  default     = "ERROR"
  validation {
    condition     = contains(["OFF", "ERROR", "INFO", "TRACE"], var.bus_log_level)
    error_message = "bus_log_level: one of OFF, ERROR, INFO, TRACE."
  }
}

variable "organization_id" {
  description = "Organization whose accounts may create their own rules on the bus and subscribe to the topic. If empty, no other account may."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^(o-[a-z0-9]{10,32})?$", var.organization_id))
    error_message = "organization_id: an organization id (o-…), or empty."
  }
}

variable "publishes_to_event_bus_v2" {
  description = "Whether bridge.yaml has a sink of kind eventbridge_v2 (EventBridge's new custom bus)."
  type        = bool
  default     = false
}

variable "publishes_raw_events" {
  description = "Whether that sink has raw: true."
  type        = bool
  default     = false
}

variable "event_bus_v2" {
  description = "An existing new custom bus. The AWS provider cannot create one."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.event_bus_v2 == null || can(regex("^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-busv2/.+$", var.event_bus_v2.arn))
    error_message = "event_bus_v2: the ARN of a new custom event bus (…:event-busv2/NAME/ID), or null."
  }
}

variable "publishes_to_topic" {
  description = "Whether bridge.yaml has a sink of kind sns."
  type        = bool
  default     = false
}

variable "topic" {
  description = "An existing topic. If null, the module creates a FIFO topic, which keeps order per subject."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.topic == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.topic.arn))
    error_message = "topic: the ARN of a topic, or null."
  }
}

variable "uses_ledger" {
  description = "Whether bridge.yaml has a ledger of kind dynamodb. Reconciliation needs one."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether the ledger's table is protected from deletion."
  type        = bool
  default     = true
}

variable "hash_key_secret" {
  description = "Secret whose text is hash_key of bridge.yaml (HASH_KEY). If null, the module creates one. With another key the ledger's fingerprints are useless, and the ledger has to be seeded again."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.hash_key_secret == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.hash_key_secret.arn))
    error_message = "hash_key_secret: the ARN of a secret, or null."
  }
}

variable "redaction_key_secret" {
  description = "Secret whose text is the key of redactions with: hmac (REDACTION_KEY). Null if bridge.yaml has none."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.redaction_key_secret == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.redaction_key_secret.arn))
    error_message = "redaction_key_secret: the ARN of a secret, or null."
  }
}

variable "quarantine" {
  description = "Store for records that can never become their events: quarantine kind s3 or sqs."
  type        = string
  default     = "bucket"
  validation {
    condition     = contains(["bucket", "queue"], var.quarantine)
    error_message = "quarantine: one of bucket, queue."
  }
}

variable "quarantine_prefix" {
  description = "quarantine.prefix of bridge.yaml."
  type        = string
  default     = "quarantine/"
  validation {
    condition     = can(regex("^([A-Za-z0-9!_.*'()/-]{0,511}/)?$", var.quarantine_prefix))
    error_message = "quarantine_prefix: a prefix that ends in /, or empty."
  }
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

variable "claim_check_days" {
  description = "How long the data of large events is kept. It must be a day longer than the archive, the retention of buses and subscribers' queues."
  type        = number
  default     = 45
  validation {
    condition     = var.claim_check_days >= 2 && var.claim_check_days <= 3650
    error_message = "claim_check_days: a number from 2 to 3650."
  }
}

variable "kept_days" {
  description = "How long quarantined records and given-up batches are kept. They are then deleted for good."
  type        = number
  default     = 90
  validation {
    condition     = var.kept_days >= 14 && var.kept_days <= 3650
    error_message = "kept_days: a number from 14 to 3650."
  }
}

variable "kms_key" {
  description = "Customer managed key for all resources that hold data (infra/key.yaml creates one). If null, the services' own keys encrypt."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.kms_key == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key.arn))
    error_message = "kms_key: the ARN of a KMS key (…:key/ID), or null."
  }
}

variable "redrive_state" {
  description = "Whether given-up batches are redriven on a schedule. It is off, because batches fail again until their cause is fixed. Switch it on after the fix, and off again."
  type        = string
  default     = "DISABLED"
  validation {
    condition     = contains(["DISABLED", "ENABLED"], var.redrive_state)
    error_message = "redrive_state: one of DISABLED, ENABLED."
  }
}

variable "redrive_schedule" {
  description = "Schedule of the redrive, while it is on."
  type        = string
  default     = "rate(1 hour)"
  validation {
    condition     = can(regex("^(rate|cron|at)\\(.+\\)$", var.redrive_schedule))
    error_message = "redrive_schedule: a rate(), cron() or at() expression."
  }
}

variable "bridge_name" {
  description = "bridge_name of the module in infra/terraform/bridge."
  type        = string
  default     = "stream-bridge"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.bridge_name))
    error_message = "bridge_name: 3 to 20 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "function_name" {
  description = "The function that walks the records, where it is not named bridge_name (infra/kinesis.yaml)."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{0,64}$", var.function_name))
    error_message = "function_name: the name of a function, or empty."
  }
}

variable "service_name" {
  description = "telemetry.service of bridge.yaml (rendered): the dimension of our own metrics. Tables that share it share those alarms."
  type        = string
  default     = "stream-bridge"
  validation {
    condition     = length(var.service_name) >= 1
    error_message = "service_name: not empty."
  }
}

variable "quarantine" {
  description = "Where quarantined records go: quarantine kind s3 or sqs."
  type        = string
  default     = "bucket"
  validation {
    condition     = contains(["bucket", "queue"], var.quarantine)
    error_message = "quarantine: one of bucket, queue."
  }
}

variable "uses_reconciliation" {
  description = "Whether infra/terraform/reconciliation is deployed."
  type        = bool
  default     = true
}

variable "warning_topic" {
  description = "Topic for what can wait until morning. Null makes one for everything."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.warning_topic == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.warning_topic.arn))
    error_message = "warning_topic: the ARN of a topic, or null."
  }
}

variable "page_topic" {
  description = "Topic for what cannot. Null makes one for everything."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.page_topic == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.page_topic.arn))
    error_message = "page_topic: the ARN of a topic, or null."
  }
}

variable "runbook_base_url" {
  description = "Where your people read docs/operations.md; each alarm links its section."
  type        = string
  default     = "https://example.com/stream-bridge/docs/operations.md"
  validation {
    condition     = can(regex("^https?://[^#]+$", var.runbook_base_url))
    error_message = "runbook_base_url: a URL without."
  }
}

variable "kms_key" {
  description = "Key of the topic made here; its policy must let CloudWatch in, as infra/key.yaml does."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.kms_key == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key.arn))
    error_message = "kms_key: the ARN of a KMS key (…:key/ID), or null."
  }
}

variable "lag_warning_ms" {
  description = "Age of the oldest record of a batch, in ms, above which a warning is given (5 minutes)."
  type        = number
  default     = 300000
  validation {
    condition     = var.lag_warning_ms >= 1000 && var.lag_warning_ms <= 86400000
    error_message = "lag_warning_ms: a number from 1000 to 86400000."
  }
}

variable "lag_page_ms" {
  description = "The same for a page (1 h)."
  type        = number
  default     = 3600000
  validation {
    condition     = var.lag_page_ms >= 1000 && var.lag_page_ms <= 86400000
    error_message = "lag_page_ms: a number from 1000 to 86400000."
  }
}

variable "lag_near_retention_ms" {
  description = "The same against the stream's 24 h (12 h; then as long is left to mend it)."
  type        = number
  default     = 43200000
  validation {
    condition     = var.lag_near_retention_ms >= 3600000 && var.lag_near_retention_ms <= 86400000
    error_message = "lag_near_retention_ms: a number from 3600000 to 86400000."
  }
}

variable "failed_entries_max" {
  description = "Entries in 5 minutes that a bus or topic did not take at the first try. Some are ordinary."
  type        = number
  default     = 100
  validation {
    condition     = var.failed_entries_max >= 0
    error_message = "failed_entries_max: 0 or more."
  }
}

variable "quarantine_depth_max" {
  description = "Entries in quarantine above which it counts as full. Of a bucket AWS counts them once a day."
  type        = number
  default     = 100
  validation {
    condition     = var.quarantine_depth_max >= 0
    error_message = "quarantine_depth_max: 0 or more."
  }
}

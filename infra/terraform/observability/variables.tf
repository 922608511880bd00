variable "bridge_name" {
  description = "bridge_name of the module in infra/terraform/bridge."
  type        = string
  default     = "stream-bridge"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.bridge_name))
    error_message = "bridge_name: 3 to 20 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "function_name" {
  description = "The function that processes the records, if its name is not bridge_name (infra/kinesis.yaml)."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{0,64}$", var.function_name))
    error_message = "function_name: the name of a function, or empty."
  }
}

variable "service_name" {
  description = "telemetry.service of bridge.yaml (rendered): the dimension of the bridge's own metrics. Tables with the same value share those alarms."
  type        = string
  default     = "stream-bridge"
  validation {
    condition     = length(var.service_name) >= 1
    error_message = "service_name: not empty."
  }
}

variable "quarantine" {
  description = "Store for quarantined records: quarantine kind s3 or sqs."
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
  description = "Topic for warnings, which can wait until morning. If null, the module creates one topic for all alarms."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.warning_topic == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.warning_topic.arn))
    error_message = "warning_topic: the ARN of a topic, or null."
  }
}

variable "page_topic" {
  description = "Topic for pages, which cannot wait. If null, the module creates one topic for all alarms."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.page_topic == null || can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.page_topic.arn))
    error_message = "page_topic: the ARN of a topic, or null."
  }
}

variable "runbook_base_url" {
  description = "URL at which your team reads docs/operations.md. Each alarm links to its section."
  type        = string
  default     = "https://example.com/stream-bridge/docs/operations.md"
  validation {
    condition     = can(regex("^https?://[^#]+$", var.runbook_base_url))
    error_message = "runbook_base_url: a URL without."
  }
}

variable "kms_key" {
  description = "Key of the topic that is created here. Its policy must allow CloudWatch, as in infra/key.yaml."
  type        = object({ arn = string })
  default     = null
  validation {
    condition     = var.kms_key == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key.arn))
    error_message = "kms_key: the ARN of a KMS key (…:key/ID), or null."
  }
}

variable "lag_warning_ms" {
  description = "Age of the oldest record of a batch, in ms, above which a warning is sent (5 minutes)."
  type        = number
  default     = 300000
  validation {
    condition     = var.lag_warning_ms >= 1000 && var.lag_warning_ms <= 86400000
    error_message = "lag_warning_ms: a number from 1000 to 86400000."
  }
}

variable "lag_page_ms" {
  description = "The same for a page (1 hour)."
  type        = number
  default     = 3600000
  validation {
    condition     = var.lag_page_ms >= 1000 && var.lag_page_ms <= 86400000
    error_message = "lag_page_ms: a number from 1000 to 86400000."
  }
}

variable "lag_near_retention_ms" {
  description = "The same for the alarm near the stream's limit of 24 h (12 h, which leaves 12 h for the fix)."
  type        = number
  default     = 43200000
  validation {
    condition     = var.lag_near_retention_ms >= 3600000 && var.lag_near_retention_ms <= 86400000
    error_message = "lag_near_retention_ms: a number from 3600000 to 86400000."
  }
}

variable "failed_entries_max" {
  description = "Number of entries in 5 minutes that a bus or topic refused at the first attempt. A few are normal."
  type        = number
  default     = 100
  validation {
    condition     = var.failed_entries_max >= 0
    error_message = "failed_entries_max: 0 or more."
  }
}

variable "quarantine_depth_max" {
  description = "Number of entries in quarantine above which it counts as full. For a bucket, AWS counts them once a day."
  type        = number
  default     = 100
  validation {
    condition     = var.quarantine_depth_max >= 0
    error_message = "quarantine_depth_max: 0 or more."
  }
}

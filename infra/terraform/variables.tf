variable "stamp" {
  description = "Name of the stamp."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,9}[a-z0-9]$", var.stamp))
    error_message = "The stamp's name has 2 to 11 lower-case letters, digits and hyphens."
  }
}

variable "location" {
  description = "Where everything lies; must be of the region class."
  type        = string
  validation {
    condition     = contains(lookup(jsondecode(file("${path.module}/../common/stamp.json")).regions, var.data_region, []), var.location)
    error_message = "This location is not of the region class data_region."
  }
}

variable "data_region" {
  description = "The region class: tenants of another one are refused, and so is every resource elsewhere."
  type        = string
  validation {
    condition     = contains(["eu", "us"], var.data_region)
    error_message = "The region class is eu or us."
  }
}

variable "app_client_id" {
  description = "Client id of the app registration that tenants consent to: an output of entra/."
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.app_client_id))
    error_message = "The client id is a GUID in lower case."
  }
}

variable "scoped_app_client_id" {
  description = "Client id of the app registration for tenants that grant single mailboxes only; empty: not offered."
  type        = string
  default     = ""
}

variable "home_tenant" {
  description = "The tenant whose Owners own this deployment; empty: the one of the subscription."
  type        = string
  default     = ""
}

variable "other_stamps" {
  description = "Public addresses of the other stamps: us=https://…,uk=https://…"
  type        = string
  default     = ""
}

variable "more_settings" {
  description = "Further settings of the app (handlers/config.rs), such as those of a national cloud."
  type        = map(string)
  default     = {}
}

variable "network_mode" {
  description = "privateEndpoints: storage and vault have no public address. serviceEndpoints: free, but they have one, open to the app's subnet alone."
  type        = string
  default     = "privateEndpoints"
  validation {
    condition     = contains(["privateEndpoints", "serviceEndpoints"], var.network_mode)
    error_message = "The network mode is privateEndpoints or serviceEndpoints."
  }
}

variable "address_prefix" {
  description = "The private network, of 512 addresses."
  type        = string
  default     = "10.20.0.0/23"
}

variable "allowed_cidrs" {
  description = "Who may reach port 443 of the app; ignored with Front Door, which is then the only one."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "front_door" {
  description = "Front Door in front: a host name of your own with a managed certificate. A global service."
  type        = bool
  default     = false
}

variable "custom_domain" {
  description = "The host name of your own; only with Front Door."
  type        = string
  default     = ""
}

variable "customer_managed_keys" {
  description = "Storage is encrypted with a key of this vault rather than with Microsoft's. Can't be taken back."
  type        = bool
  default     = false
}

variable "feed_secrets" {
  description = "The app may read the vault's secrets: for calendar feeds that ask for a password."
  type        = bool
  default     = false
}

variable "audit_readings" {
  description = "Log each reading of a blob too; costs as much as all other logs several times over."
  type        = bool
  default     = false
}

variable "zone_redundant" {
  description = "Spread over zones; costs at least two instances where some are always ready."
  type        = bool
  default     = false
}

variable "instance_memory_mb" {
  description = "Memory of an instance."
  type        = number
  default     = 512
  validation {
    condition     = contains([512, 2048, 4096], var.instance_memory_mb)
    error_message = "An instance has 512, 2048 or 4096 MB."
  }
}

variable "maximum_instance_count" {
  description = "The most instances of each function."
  type        = number
  default     = 40
  validation {
    condition     = var.maximum_instance_count >= 40 && var.maximum_instance_count <= 1000
    error_message = "40 to 1000 instances."
  }
}

variable "daily_quota_gb" {
  description = "The most gigabytes of log a day; what is beyond is lost."
  type        = number
  default     = 1
}

variable "alert_email" {
  description = "Whom the alerts write to; empty: alerts are shown in the portal only."
  type        = string
  default     = ""
}

variable "deployer_subject" {
  description = "Who may deploy by a workflow, such as repo:ORG/REPO:environment:eu-prod; empty: no identity is made for it."
  type        = string
  default     = ""
}

# The app registrations, once for all stamps: no secret, no certificate, only the stamps' identities.
# Run once by an Application Developer of the home tenant, and again when a stamp is added. The same as infra/bicep/entra.bicep.
terraform {
  required_version = ">= 1.9"
  required_providers {
    azuread = { source = "hashicorp/azuread", version = "~> 3.0" }
  }
  backend "azurerm" {
    use_azuread_auth = true
  }
}

provider "azuread" {}

variable "display_name" {
  description = "What people see when they consent."
  type        = string
  default     = "Wheelhouse"
}

variable "public_urls" {
  description = "Public addresses of all stamps, without a slash at the end."
  type        = list(string)
  validation {
    condition     = alltrue([for url in var.public_urls : can(regex("^https://[^/]+$", url))])
    error_message = "A public address is https:// and a host name, without a path."
  }
}

variable "identities" {
  description = "Principal ids of the stamps' identities: identity_principal_id of each stamp; empty before the first stamp."
  type        = list(string)
  default     = []
}

variable "scoped" {
  description = "Make the second registration, for tenants that grant single mailboxes only."
  type        = bool
  default     = true
}

data "azuread_client_config" "me" {}

locals {
  common      = jsondecode(file("${path.module}/../../common/entra.json"))
  issuer      = "https://login.microsoftonline.com/${data.azuread_client_config.me.tenant_id}/v2.0"
  redirects   = flatten([for url in var.public_urls : [for path in local.common.redirects : "${url}${path}"]])
  directory   = [for permission in local.common.directory : { id = permission.id, type = "Role" }]
  mailboxes   = [for permission in local.common.mailboxes : { id = permission.id, type = "Role" }]
  sign_in     = [for permission in local.common.signIn : { id = permission.id, type = "Scope" }]
  of_main     = concat(local.directory, local.mailboxes, local.sign_in)
  of_scoped   = local.directory
  scoped_once = var.scoped ? toset(["scoped"]) : toset([])
}

resource "azuread_application" "main" {
  display_name     = var.display_name
  sign_in_audience = "AzureADMultipleOrgs"
  api {
    requested_access_token_version = 2
  }
  web {
    redirect_uris = local.redirects
    implicit_grant {
      id_token_issuance_enabled     = false
      access_token_issuance_enabled = false
    }
  }
  required_resource_access {
    resource_app_id = local.common.graph
    dynamic "resource_access" {
      for_each = local.of_main
      content {
        id   = resource_access.value.id
        type = resource_access.value.type
      }
    }
  }
  dynamic "app_role" {
    for_each = local.common.roles
    content {
      id                   = app_role.value.id
      value                = app_role.value.value
      display_name         = app_role.value.title
      description          = app_role.value.text
      allowed_member_types = ["User", "Application"]
      enabled              = true
    }
  }
}

resource "azuread_service_principal" "main_principal" {
  client_id = azuread_application.main.client_id
}

resource "azuread_application_federated_identity_credential" "main_login" {
  for_each       = toset(var.identities)
  application_id = azuread_application.main.id
  display_name   = "stamp-${each.key}"
  audiences      = [local.common.audience]
  issuer         = local.issuer
  subject        = each.key
}

resource "azuread_application" "scoped_app" {
  for_each         = local.scoped_once
  display_name     = "${var.display_name} (single mailboxes)"
  sign_in_audience = "AzureADMultipleOrgs"
  api {
    requested_access_token_version = 2
  }
  web {
    redirect_uris = local.redirects
    implicit_grant {
      id_token_issuance_enabled     = false
      access_token_issuance_enabled = false
    }
  }
  required_resource_access {
    resource_app_id = local.common.graph
    dynamic "resource_access" {
      for_each = local.of_scoped
      content {
        id   = resource_access.value.id
        type = resource_access.value.type
      }
    }
  }
}

resource "azuread_service_principal" "scoped_principal" {
  for_each  = local.scoped_once
  client_id = azuread_application.scoped_app[each.key].client_id
}

resource "azuread_application_federated_identity_credential" "scoped_login" {
  for_each       = var.scoped ? toset(var.identities) : toset([])
  application_id = azuread_application.scoped_app["scoped"].id
  display_name   = "stamp-${each.key}"
  audiences      = [local.common.audience]
  issuer         = local.issuer
  subject        = each.key
}

output "app_client_id" {
  value = azuread_application.main.client_id
}

output "scoped_app_client_id" {
  value = var.scoped ? azuread_application.scoped_app["scoped"].client_id : ""
}

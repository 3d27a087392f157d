# The app registrations, for all stamps together: no secret, no certificate, only the stamps' identities. The same as infra/bicep/entra.bicep.
# Made once, before the first stamp; repeated with one more entry in `stamps` for each stamp (docs/DEPLOY.md has the commands).
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

variable "stamps" {
  description = "Every stamp that there is: its public address without a slash at the end, and the principal id of its identity; outputs of the stamp."
  type        = list(object({ name = string, url = string, identity = string }))
  default     = []
  validation {
    condition     = alltrue([for stamp in var.stamps : can(regex("^https://[^/]+$", stamp.url))])
    error_message = "A public address is https:// and a host name, without a path."
  }
}

variable "people" {
  description = "Who has which app role in this tenant: object ids of people, groups or service principals."
  type        = list(object({ id = string, role = string }))
  default     = []
  validation {
    condition     = alltrue([for one in var.people : contains(["Reader", "Operator", "Administrator", "Privacy", "Owner"], one.role)])
    error_message = "The app roles are Reader, Operator, Administrator, Privacy and Owner."
  }
}

variable "scoped" {
  description = "Make the second registration, for tenants that grant single mailboxes only."
  type        = bool
  default     = true
}

data "azuread_client_config" "me" {}

locals {
  common    = jsondecode(file("${path.module}/../../common/entra.json"))
  issuer    = "https://login.microsoftonline.com/${data.azuread_client_config.me.tenant_id}/v2.0"
  redirects = flatten([for stamp in var.stamps : [for path in local.common.redirects : "${stamp.url}${path}"]])
  directory = [for permission in local.common.directory : { id = permission.id, type = "Role" }]
  mailboxes = [for permission in local.common.mailboxes : { id = permission.id, type = "Role" }]
  sign_in   = [for permission in local.common.signIn : { id = permission.id, type = "Scope" }]
  registrations = merge(
    {
      wheelhouse = {
        title  = var.display_name
        asks   = concat(local.directory, local.mailboxes, local.sign_in)
        roles  = local.common.roles
        scopes = local.common.scopes
      }
    },
    { for name in var.scoped ? ["wheelhouse-scoped"] : [] : name => {
      title  = "${var.display_name} (single mailboxes)"
      asks   = local.directory
      roles  = []
      scopes = []
    } },
  )
  logins = { for pair in setproduct(keys(local.registrations), var.stamps) : "${pair[0]}/${pair[1].name}" => { of = pair[0], stamp = pair[1] } }
}

resource "azuread_application" "registration" {
  for_each         = local.registrations
  display_name     = each.value.title
  sign_in_audience = "AzureADMultipleOrgs"
  # The sign-in shows who may consent for a tenant: its Global and Privileged Role Administrators.
  group_membership_claims = ["DirectoryRole"]
  api {
    requested_access_token_version = 2
    dynamic "oauth2_permission_scope" {
      for_each = each.value.scopes
      content {
        id                         = oauth2_permission_scope.value.id
        value                      = oauth2_permission_scope.value.value
        type                       = "Admin"
        admin_consent_display_name = oauth2_permission_scope.value.title
        admin_consent_description  = oauth2_permission_scope.value.text
        enabled                    = true
      }
    }
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
      for_each = each.value.asks
      content {
        id   = resource_access.value.id
        type = resource_access.value.type
      }
    }
  }
  dynamic "app_role" {
    for_each = each.value.roles
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

# People without a browser: Azure CLI may ask for tokens in their name, every other program needs an administrator's consent.
resource "azuread_application_pre_authorized" "client" {
  for_each             = { for client in local.common.clients : client.name => client.id }
  application_id       = azuread_application.registration["wheelhouse"].id
  authorized_client_id = each.value
  permission_ids       = [for scope in local.common.scopes : scope.id]
}

resource "azuread_service_principal" "principal" {
  for_each  = azuread_application.registration
  client_id = each.value.client_id
}

resource "azuread_application_federated_identity_credential" "login" {
  for_each       = local.logins
  application_id = azuread_application.registration[each.value.of].id
  display_name   = each.value.stamp.name
  audiences      = [local.common.audience]
  issuer         = local.issuer
  subject        = each.value.stamp.identity
}

resource "azuread_app_role_assignment" "assignment" {
  for_each            = { for one in var.people : "${one.role}-${one.id}" => one }
  app_role_id         = one([for role in local.common.roles : role.id if role.value == each.value.role])
  principal_object_id = each.value.id
  resource_object_id  = azuread_service_principal.principal["wheelhouse"].object_id
}

output "app_client_id" {
  value = azuread_application.registration["wheelhouse"].client_id
}

output "scoped_app_client_id" {
  value = var.scoped ? azuread_application.registration["wheelhouse-scoped"].client_id : ""
}

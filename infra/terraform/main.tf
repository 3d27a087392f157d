# One stamp of Wheelhouse: the same as infra/bicep/main.bicep, under the same names.

data "azurerm_client_config" "me" {}

locals {
  common     = jsondecode(file("${path.module}/../common/stamp.json"))
  token      = substr(sha256("${data.azurerm_client_config.me.subscription_id}/${var.stamp}"), 0, 9)
  short      = replace(var.stamp, "-", "")
  is_private = var.network_mode == "privateEndpoints"
  tenant     = data.azurerm_client_config.me.tenant_id
  names = {
    app   = "func-wheelhouse-${var.stamp}-${substr(local.token, 0, 6)}"
    host  = "whhost${local.short}${substr(local.token, 0, 7)}"
    data  = "whdata${local.short}${substr(local.token, 0, 7)}"
    vault = "kv-${var.stamp}-${local.token}"
  }
  public_url = "https://${local.own_domain ? var.custom_domain : var.front_door ? local.front_host : local.app_host}"
}

resource "azurerm_resource_group" "group" {
  name     = "rg-wheelhouse-${var.stamp}"
  location = var.location
}

# Nothing may be made in this group outside the region class: an assignment of the built-in policy "Allowed locations".
resource "azurerm_resource_group_policy_assignment" "locations" {
  name                 = "wheelhouse-locations"
  display_name         = "Wheelhouse: data stays in ${var.data_region}"
  resource_group_id    = azurerm_resource_group.group.id
  policy_definition_id = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"
  enforce              = true
  parameters           = jsonencode({ listOfAllowedLocations = { value = local.common.regions[var.data_region] } })
}

resource "azurerm_user_assigned_identity" "identity" {
  name                = "id-wheelhouse-${var.stamp}"
  resource_group_name = azurerm_resource_group.group.name
  location            = var.location
  depends_on          = [azurerm_resource_group_policy_assignment.locations]
}

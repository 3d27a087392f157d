# Where logs go: a workspace and Application Insights on it, gone after 30 days, written and read by Entra sign-in alone.

resource "azurerm_log_analytics_workspace" "workspace" {
  name                                    = "log-wheelhouse-${var.stamp}"
  resource_group_name                     = azurerm_resource_group.group.name
  location                                = var.location
  sku                                     = "PerGB2018"
  retention_in_days                       = local.common.days.logs
  local_authentication_enabled            = false
  immediate_data_purge_on_30_days_enabled = true
  allow_resource_only_permissions         = true
  daily_quota_gb                          = var.daily_quota_gb
}

# By azapi: azurerm has no argument for the immediate purge.
resource "azapi_resource" "insights" {
  type      = "Microsoft.Insights/components@2020-02-02"
  name      = "appi-wheelhouse-${var.stamp}"
  parent_id = azurerm_resource_group.group.id
  location  = var.location
  body = {
    kind = "web"
    properties = {
      Application_Type           = "web"
      WorkspaceResourceId        = azurerm_log_analytics_workspace.workspace.id
      RetentionInDays            = local.common.days.logs
      ImmediatePurgeDataOn30Days = true
      DisableLocalAuth           = true
      DisableIpMasking           = false
    }
  }
  # It names the place; without the role Monitoring Metrics Publisher nobody can write there.
  response_export_values = { connection = "properties.ConnectionString" }
}

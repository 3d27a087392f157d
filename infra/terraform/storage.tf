# Two storage accounts: no keys, no public address, no copy outside the region. The Functions host owns the first alone.

locals {
  kept_days = { host = local.common.days.packages, data = 0 }
  in_account = {
    for kind in ["containers", "queues"] : kind => {
      for each in flatten([for purpose, names in local.common[kind] : [for name in names : { purpose = purpose, name = name }]]) :
      each.name => each.purpose
    }
  }
}

resource "azurerm_storage_account" "account" {
  for_each                          = toset(["host", "data"])
  name                              = local.names[each.key]
  resource_group_name               = azurerm_resource_group.group.name
  location                          = var.location
  account_kind                      = "StorageV2"
  account_tier                      = "Standard"
  account_replication_type          = "ZRS"
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  public_network_access_enabled     = !local.is_private
  infrastructure_encryption_enabled = true
  queue_encryption_key_type         = "Account"
  table_encryption_key_type         = "Account"

  network_rules {
    default_action             = "Deny"
    bypass                     = ["None"]
    virtual_network_subnet_ids = local.is_private ? [] : [azurerm_subnet.app.id]
  }
  blob_properties {
    dynamic "delete_retention_policy" {
      for_each = local.kept_days[each.key] > 0 ? [local.kept_days[each.key]] : []
      content {
        days = delete_retention_policy.value
      }
    }
    dynamic "container_delete_retention_policy" {
      for_each = local.kept_days[each.key] > 0 ? [local.kept_days[each.key]] : []
      content {
        days = container_delete_retention_policy.value
      }
    }
  }
  dynamic "identity" {
    for_each = azurerm_user_assigned_identity.storage_identity
    content {
      type         = "UserAssigned"
      identity_ids = [identity.value.id]
    }
  }
  dynamic "customer_managed_key" {
    for_each = azurerm_user_assigned_identity.storage_identity
    content {
      key_vault_key_id          = "${azurerm_key_vault.vault.vault_uri}keys/${azapi_resource.key["storage"].name}"
      user_assigned_identity_id = customer_managed_key.value.id
    }
  }
  depends_on = [azurerm_role_assignment.storage]
}

resource "azurerm_storage_container" "container" {
  for_each              = local.in_account.containers
  name                  = each.key
  storage_account_id    = azurerm_storage_account.account[each.value].id
  container_access_type = "private"
}

resource "azurerm_storage_queue" "queue" {
  for_each           = local.in_account.queues
  name               = each.key
  storage_account_id = azurerm_storage_account.account[each.value].id
}

resource "azurerm_storage_management_policy" "purge" {
  storage_account_id = azurerm_storage_account.account["data"].id
  rule {
    name    = "marks"
    enabled = true
    filters {
      blob_types   = ["blockBlob"]
      prefix_match = local.common.marks
    }
    actions {
      base_blob {
        delete_after_days_since_modification_greater_than = local.common.days.marks
      }
    }
  }
}

resource "azurerm_monitor_diagnostic_setting" "blob_audit" {
  for_each                   = azurerm_storage_account.account
  name                       = "audit"
  target_resource_id         = "${each.value.id}/blobServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.workspace.id
  enabled_log {
    category = "StorageDelete"
  }
  dynamic "enabled_log" {
    for_each = var.audit_readings ? ["StorageRead"] : []
    content {
      category = enabled_log.value
    }
  }
}

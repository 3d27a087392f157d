# The vault: the key that wraps the tenants' data keys and, if wanted, the one that encrypts storage.

resource "azurerm_key_vault" "vault" {
  name                          = local.names.vault
  resource_group_name           = azurerm_resource_group.group.name
  location                      = var.location
  tenant_id                     = local.tenant
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = !local.is_private
  network_acls {
    default_action = "Deny"
    # Storage fetches its key as a trusted service; nobody else does.
    bypass                     = var.customer_managed_keys ? "AzureServices" : "None"
    virtual_network_subnet_ids = local.is_private ? [] : [azurerm_subnet.app.id]
  }
}

# Keys by azapi: azurerm makes them at the vault itself, which nobody reaches from outside.
# Validation is left to the twins in vault.bicep, whose bodies are the same: their type has a location that nobody may set, and
# offline validation sets it.
resource "azapi_resource" "key" {
  for_each                  = toset(var.customer_managed_keys ? ["wheelhouse", "storage"] : ["wheelhouse"])
  type                      = "Microsoft.KeyVault/vaults/keys@2024-11-01"
  name                      = each.key
  parent_id                 = azurerm_key_vault.vault.id
  schema_validation_enabled = false
  body = {
    properties = {
      kty     = "RSA"
      keySize = 3072
      keyOps  = ["wrapKey", "unwrapKey"]
      rotationPolicy = {
        attributes      = { expiryTime = "P2Y" }
        lifetimeActions = [{ trigger = { timeAfterCreate = "P1Y" }, action = { type = "rotate" } }]
      }
    }
  }
}

resource "azurerm_user_assigned_identity" "storage_identity" {
  count               = var.customer_managed_keys ? 1 : 0
  name                = "id-wheelhouse-${var.stamp}-storage"
  resource_group_name = azurerm_resource_group.group.name
  location            = var.location
}

resource "azurerm_monitor_diagnostic_setting" "vault_audit" {
  name                           = "audit"
  target_resource_id             = azurerm_key_vault.vault.id
  log_analytics_workspace_id     = azurerm_log_analytics_workspace.workspace.id
  log_analytics_destination_type = "Dedicated"
  enabled_log {
    category_group = "audit"
  }
}

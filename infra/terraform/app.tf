# The app: one Flex Consumption plan, one site, and its settings, of which none is a secret.

locals {
  # An empty setting counts as not set.
  settings = {
    AzureWebJobsStorage__credential           = "managedidentity"
    AzureWebJobsStorage__clientId             = azurerm_user_assigned_identity.identity.client_id
    AzureWebJobsStorage__blobServiceUri       = azurerm_storage_account.account["host"].primary_blob_endpoint
    Data__credential                          = "managedidentity"
    Data__clientId                            = azurerm_user_assigned_identity.identity.client_id
    Data__queueServiceUri                     = azurerm_storage_account.account["data"].primary_queue_endpoint
    APPLICATIONINSIGHTS_CONNECTION_STRING     = azapi_resource.insights.output.connection
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${azurerm_user_assigned_identity.identity.client_id};Authorization=AAD"
    WHEELHOUSE_PLATFORM                       = "azure"
    WHEELHOUSE_BLOB_URL                       = azurerm_storage_account.account["data"].primary_blob_endpoint
    WHEELHOUSE_QUEUE_URL                      = azurerm_storage_account.account["data"].primary_queue_endpoint
    WHEELHOUSE_VAULT_URL                      = azurerm_key_vault.vault.vault_uri
    WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID     = azurerm_user_assigned_identity.identity.client_id
    WHEELHOUSE_APP_CLIENT_ID                  = var.app_client_id
    WHEELHOUSE_SCOPED_APP_CLIENT_ID           = var.scoped_app_client_id
    WHEELHOUSE_PUBLIC_URL                     = local.public_url
    WHEELHOUSE_HOME_TENANT                    = coalesce(var.home_tenant, local.tenant)
    WHEELHOUSE_REGION                         = var.data_region
    WHEELHOUSE_STAMPS                         = var.other_stamps
  }
  through_front_door = [for profile in azurerm_cdn_frontdoor_profile.profile : {
    name      = "front-door"
    priority  = 100
    action    = "Allow"
    tag       = "ServiceTag"
    ipAddress = "AzureFrontDoor.Backend"
    headers   = { x-azure-fdid = [profile.resource_guid] }
  }]
  direct = [for i, cidr in var.allowed_cidrs : { name = "allowed-${i}", priority = 100 + i, action = "Allow", ipAddress = cidr }]
}

resource "azurerm_service_plan" "plan" {
  name                   = "plan-wheelhouse-${var.stamp}"
  resource_group_name    = azurerm_resource_group.group.name
  location               = var.location
  os_type                = "Linux"
  sku_name               = "FC1"
  zone_balancing_enabled = var.zone_redundant
}

# By azapi: azurerm would put a connection string into the settings, and can't close FTP.
resource "azapi_resource" "app" {
  type      = "Microsoft.Web/sites@2024-11-01"
  name      = local.names.app
  parent_id = azurerm_resource_group.group.id
  location  = var.location
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.identity.id]
  }
  body = {
    kind = "functionapp,linux"
    properties = {
      serverFarmId              = azurerm_service_plan.plan.id
      httpsOnly                 = true
      publicNetworkAccess       = "Enabled"
      virtualNetworkSubnetId    = azurerm_subnet.app.id
      keyVaultReferenceIdentity = azurerm_user_assigned_identity.identity.id
      functionAppConfig = {
        deployment = {
          storage = {
            type  = "blobContainer"
            value = "${azurerm_storage_account.account["host"].primary_blob_endpoint}app-package"
            authentication = {
              type                           = "UserAssignedIdentity"
              userAssignedIdentityResourceId = azurerm_user_assigned_identity.identity.id
            }
          }
        }
        runtime = { name = "custom", version = "1.0" }
        scaleAndConcurrency = {
          instanceMemoryMB     = var.instance_memory_mb
          maximumInstanceCount = var.maximum_instance_count
        }
      }
      siteConfig = {
        appSettings                         = [for name, value in merge(var.more_settings, local.settings) : { name = name, value = value }]
        minTlsVersion                       = "1.2"
        scmMinTlsVersion                    = "1.2"
        ftpsState                           = "Disabled"
        http20Enabled                       = true
        ipSecurityRestrictions              = concat(local.through_front_door, [for rule in local.direct : rule if !var.front_door])
        ipSecurityRestrictionsDefaultAction = "Deny"
        scmIpSecurityRestrictions           = []
        # The workflow opens it for itself alone, and closes it again.
        scmIpSecurityRestrictionsDefaultAction = "Deny"
        scmIpSecurityRestrictionsUseMain       = false
      }
    }
  }
  depends_on = [
    azurerm_role_assignment.app,
    azurerm_private_endpoint.endpoint,
    azurerm_storage_container.container,
  ]
}

# Both policies are there with every site, so they are set rather than made.
resource "azapi_resource_action" "publishing" {
  for_each    = toset(["ftp", "scm"])
  type        = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01"
  resource_id = "${azapi_resource.app.id}/basicPublishingCredentialsPolicies/${each.key}"
  method      = "PUT"
  body        = { properties = { allow = false } }
}

# What each identity may do: the rows of stamp.json, each on one thing, each with what breaks without it.

locals {
  when = {
    always              = true
    feedSecrets         = var.feed_secrets
    customerManagedKeys = var.customer_managed_keys
    deployerSubject     = var.deployer_subject != ""
  }
  roles = {
    for role in local.common.roles : "${role.to}-${role.on}-${role.role}" => role if local.when[lookup(role, "when", "always")]
  }
  granted     = join(", ", distinct([for role in local.common.roles : role.id if role.to != "deployer"]))
  writing     = "Microsoft.Authorization/roleAssignments"
  condition   = <<-EOT
    ((!(ActionMatches{'${local.writing}/write'})) OR (@Request[${local.writing}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${local.granted}} AND @Request[${local.writing}:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'))
    AND ((!(ActionMatches{'${local.writing}/delete'})) OR (@Resource[${local.writing}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${local.granted}} AND @Resource[${local.writing}:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'))
  EOT
  definitions = "/subscriptions/${data.azurerm_client_config.me.subscription_id}/providers/Microsoft.Authorization/roleDefinitions"
}

resource "azurerm_role_assignment" "app" {
  for_each = { for key, role in local.roles : key => role if role.to == "app" }
  scope = {
    host        = azurerm_storage_account.account["host"].id
    data        = azurerm_storage_account.account["data"].id
    wrappingKey = azapi_resource.key["wheelhouse"].id
    vault       = azurerm_key_vault.vault.id
    insights    = azapi_resource.insights.id
  }[each.value.on]
  role_definition_id = "${local.definitions}/${each.value.id}"
  principal_id       = azurerm_user_assigned_identity.identity.principal_id
  principal_type     = "ServicePrincipal"
  description        = each.value.without
}

resource "azurerm_role_assignment" "storage" {
  for_each           = { for key, role in local.roles : key => role if role.to == "storage" }
  scope              = { storageKey = azapi_resource.key["storage"].id }[each.value.on]
  role_definition_id = "${local.definitions}/${each.value.id}"
  principal_id       = azurerm_user_assigned_identity.storage_identity[0].principal_id
  principal_type     = "ServicePrincipal"
  description        = each.value.without
}

# Who deploys by a workflow: an identity without a secret, with rights in this group alone.
resource "azurerm_user_assigned_identity" "deployer" {
  count               = var.deployer_subject != "" ? 1 : 0
  name                = "id-wheelhouse-${var.stamp}-deployer"
  resource_group_name = azurerm_resource_group.group.name
  location            = var.location
}

resource "azurerm_federated_identity_credential" "deployer_login" {
  count                     = var.deployer_subject != "" ? 1 : 0
  name                      = "workflow"
  user_assigned_identity_id = azurerm_user_assigned_identity.deployer[0].id
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = var.deployer_subject
  audience                  = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "deployer" {
  for_each           = { for key, role in local.roles : key => role if role.to == "deployer" }
  scope              = { group = azurerm_resource_group.group.id }[each.value.on]
  role_definition_id = "${local.definitions}/${each.value.id}"
  principal_id       = azurerm_user_assigned_identity.deployer[0].principal_id
  principal_type     = "ServicePrincipal"
  description        = each.value.without
  # The roles of the list and no others, to applications and nobody else.
  condition         = each.value.role == "Contributor" ? null : local.condition
  condition_version = each.value.role == "Contributor" ? null : "2.0"
}

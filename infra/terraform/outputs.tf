output "app_name" {
  value = local.names.app
}

output "public_url" {
  value = local.public_url
}

output "identity_principal_id" {
  value = azurerm_user_assigned_identity.identity.principal_id
}

output "deployer_client_id" {
  value = one(azurerm_user_assigned_identity.deployer[*].client_id)
}

output "resource_group" {
  value = azurerm_resource_group.group.name
}

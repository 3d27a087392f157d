variables {
  stamp         = "eu-prod"
  location      = "westeurope"
  data_region   = "eu"
  app_client_id = "7b1e0f6a-0000-4000-8000-00000000000a"
}

run "storage_has_no_keys_and_no_public_address" {
  command = plan
  assert {
    condition     = length(azurerm_storage_account.account) == 2
    error_message = "The host's account and the data account are two."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : !account.shared_access_key_enabled && !account.local_user_enabled && account.default_to_oauth_authentication])
    error_message = "No account can be opened by a key or a local user."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : !account.public_network_access_enabled && !account.allow_nested_items_to_be_public])
    error_message = "No account has a public address."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : account.network_rules[0].default_action == "Deny" && account.network_rules[0].bypass == toset(["None"])])
    error_message = "Whoever is not named is refused, Microsoft's own services too."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : account.min_tls_version == "TLS1_2" && account.https_traffic_only_enabled])
    error_message = "TLS 1.2 or later."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : account.account_replication_type == "ZRS" && !account.cross_tenant_replication_enabled])
    error_message = "Nothing is copied out of the region."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : account.infrastructure_encryption_enabled])
    error_message = "Encrypted twice at rest."
  }
}

run "the_vault_is_closed_and_keeps_what_it_has" {
  command = plan
  assert {
    condition     = !azurerm_key_vault.vault.public_network_access_enabled && azurerm_key_vault.vault.network_acls[0].default_action == "Deny" && azurerm_key_vault.vault.network_acls[0].bypass == "None"
    error_message = "The vault has no public address, and nobody passes by."
  }
  assert {
    condition     = azurerm_key_vault.vault.rbac_authorization_enabled && azurerm_key_vault.vault.purge_protection_enabled && azurerm_key_vault.vault.soft_delete_retention_days == 90
    error_message = "By roles alone, and nothing in it can be destroyed within 90 days."
  }
  assert {
    condition     = keys(azapi_resource.key) == ["wheelhouse"] && azapi_resource.key["wheelhouse"].body.properties.keySize == 3072 && azapi_resource.key["wheelhouse"].body.properties.keyOps == ["wrapKey", "unwrapKey"]
    error_message = "The wrapping key wraps and unwraps, and does nothing else."
  }
}

run "the_app_answers_on_one_port_and_holds_no_secret" {
  command = plan
  assert {
    condition     = azapi_resource.app.body.properties.httpsOnly && azapi_resource.app.body.properties.siteConfig.minTlsVersion == "1.2" && azapi_resource.app.body.properties.siteConfig.ftpsState == "Disabled"
    error_message = "HTTPS only, TLS 1.2 or later, no FTP."
  }
  assert {
    condition     = azapi_resource.app.body.properties.siteConfig.ipSecurityRestrictionsDefaultAction == "Deny" && azapi_resource.app.body.properties.siteConfig.scmIpSecurityRestrictionsDefaultAction == "Deny" && length(azapi_resource.app.body.properties.siteConfig.scmIpSecurityRestrictions) == 0
    error_message = "Whoever is not named is refused; nobody is named for the deployment site."
  }
  assert {
    condition     = alltrue([for way in azapi_resource_action.publishing : !way.body.properties.allow]) && toset(keys(azapi_resource_action.publishing)) == toset(["ftp", "scm"])
    error_message = "Nobody publishes by a password."
  }
  assert {
    condition     = local.settings.AzureWebJobsStorage__credential == "managedidentity" && local.settings.Data__credential == "managedidentity" && !contains(keys(local.settings), "AzureWebJobsStorage")
    error_message = "Storage is reached by the identity; there is no connection string."
  }
}

run "roles_are_those_of_the_list" {
  command = plan
  assert {
    condition = toset([for grant in azurerm_role_assignment.app : basename(grant.role_definition_id)]) == toset([
      "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
      "e147488a-f6f5-4113-8e2d-b22465e65bf6", "3913510d-42f4-4e42-8a64-420c390055eb",
    ])
    error_message = "The app's identity has exactly five roles."
  }
  assert {
    condition     = length(azurerm_role_assignment.storage) == 0 && length(azurerm_role_assignment.deployer) == 0
    error_message = "Nobody else has any, unless asked for."
  }
  assert {
    condition     = alltrue([for grant in azurerm_role_assignment.app : length(grant.description) > 20 && grant.principal_type == "ServicePrincipal"])
    error_message = "Each says what breaks without it."
  }
}

run "logs_go_after_thirty_days" {
  command = plan
  assert {
    condition     = azurerm_log_analytics_workspace.workspace.retention_in_days == 30 && azurerm_log_analytics_workspace.workspace.immediate_data_purge_on_30_days_enabled && !azurerm_log_analytics_workspace.workspace.local_authentication_enabled
    error_message = "The workspace forgets after 30 days and is reached by Entra sign-in alone."
  }
  assert {
    condition     = azapi_resource.insights.body.properties.RetentionInDays == 30 && azapi_resource.insights.body.properties.ImmediatePurgeDataOn30Days && azapi_resource.insights.body.properties.DisableLocalAuth
    error_message = "So does Application Insights."
  }
  assert {
    condition     = one([for rule in azurerm_storage_management_policy.purge.rule : one(rule.filters).prefix_match]) == toset(["wheelhouse/index/signed-out/"])
    error_message = "Age alone deletes the marks of ended sessions and nothing else."
  }
  assert {
    condition     = length(azurerm_storage_account.account["data"].blob_properties[0].delete_retention_policy) == 0 && azurerm_storage_account.account["host"].blob_properties[0].delete_retention_policy[0].days == 7
    error_message = "What is erased in the data account is gone; old packages come back for a week."
  }
}

run "four_private_endpoints" {
  command = plan
  assert {
    condition     = toset(keys(azurerm_private_endpoint.endpoint)) == toset(["host-blob", "data-blob", "data-queue", "vault-vault"])
    error_message = "What the app needs is reached privately, and nothing more is paid for."
  }
  assert {
    condition     = toset(keys(azurerm_private_dns_zone.zone)) == toset(["blob", "queue", "vault"])
    error_message = "Each kind of endpoint has its zone."
  }
}

run "service_endpoints_instead" {
  command = plan
  variables {
    network_mode = "serviceEndpoints"
  }
  assert {
    condition     = length(azurerm_private_endpoint.endpoint) == 0 && length(azurerm_private_dns_zone.zone) == 0
    error_message = "No private endpoint is paid for."
  }
  assert {
    condition     = alltrue([for account in azurerm_storage_account.account : account.network_rules[0].default_action == "Deny"]) && azurerm_key_vault.vault.network_acls[0].default_action == "Deny"
    error_message = "Still only the app's subnet gets in."
  }
  assert {
    condition     = toset([for each in azurerm_subnet.app.service_endpoint : each.service]) == toset(["Microsoft.Storage", "Microsoft.KeyVault"])
    error_message = "The app's subnet has the endpoints."
  }
}

run "front_door_is_then_the_only_one" {
  command = plan
  variables {
    front_door    = true
    custom_domain = "contacts.example.org"
  }
  assert {
    condition     = local.public_url == "https://contacts.example.org" && length(azurerm_cdn_frontdoor_custom_domain.domain) == 1
    error_message = "The public address is the one of your own."
  }
  assert {
    condition     = azurerm_cdn_frontdoor_origin.origin[0].certificate_name_check_enabled && azurerm_cdn_frontdoor_route.route[0].forwarding_protocol == "HttpsOnly"
    error_message = "Behind Front Door it is HTTPS too, with the name checked."
  }
  assert {
    condition     = length(local.through_front_door) == 1 && local.through_front_door[0].tag == "ServiceTag" && local.through_front_door[0].ipAddress == "AzureFrontDoor.Backend"
    error_message = "Only Front Door, and only this one, gets in."
  }
}

run "own_keys_for_storage" {
  command = plan
  variables {
    customer_managed_keys = true
  }
  assert {
    condition     = length(azurerm_role_assignment.storage) == 1 && alltrue([for account in azurerm_storage_account.account : length(account.customer_managed_key) == 1])
    error_message = "Both accounts use the key, and may."
  }
  assert {
    condition     = azurerm_key_vault.vault.network_acls[0].bypass == "AzureServices"
    error_message = "Storage must reach its key."
  }
}

run "a_workflow_may_grant_nothing_but_the_list" {
  command = plan
  variables {
    deployer_subject = "repo:example/wheelhouse:environment:eu-prod"
  }
  assert {
    condition     = length(azurerm_role_assignment.deployer) == 2 && azurerm_federated_identity_credential.deployer_login[0].subject == var.deployer_subject
    error_message = "One identity, trusted for one environment."
  }
  assert {
    condition     = strcontains(azurerm_role_assignment.deployer["deployer-group-Role Based Access Control Administrator"].condition, "e147488a-f6f5-4113-8e2d-b22465e65bf6") && !strcontains(azurerm_role_assignment.deployer["deployer-group-Role Based Access Control Administrator"].condition, "b24988ac-6180-42a0-ab88-20f7382dd24c")
    error_message = "It may grant the roles of the list, and not its own."
  }
}

run "a_region_elsewhere_is_refused" {
  command = plan
  variables {
    location = "eastus2"
  }
  expect_failures = [var.location]
}

run "a_region_class_that_nobody_knows_is_refused" {
  command = plan
  variables {
    data_region = "mars"
  }
  expect_failures = [var.data_region]
}

run "only_the_region_class_is_allowed" {
  command = plan
  variables {
    location    = "eastus2"
    data_region = "us"
  }
  assert {
    condition     = length(jsondecode(azurerm_resource_group_policy_assignment.locations.parameters).listOfAllowedLocations.value) == 9 && !contains(jsondecode(azurerm_resource_group_policy_assignment.locations.parameters).listOfAllowedLocations.value, "westeurope")
    error_message = "The policy allows the regions of the class and no others."
  }
}

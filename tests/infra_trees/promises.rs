//! What is promised about the stamp, asserted on both languages, word by word.

use serde_json::Value;

use super::{Read, Resource, Tree};

/// A promise: what it is, and how Bicep and Terraform keep it: type, path, and the value or the text of the expression.
struct Promise(&'static str, Kept, Kept);
type Kept = (&'static str, &'static str, &'static str);

const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";
const VAULT: &str = "Microsoft.KeyVault/vaults";
const KEYS: &str = "Microsoft.KeyVault/vaults/keys";
const SITE: &str = "Microsoft.Web/sites";
const WORKSPACE: &str = "Microsoft.OperationalInsights/workspaces";
const INSIGHTS: &str = "Microsoft.Insights/components";
const LIFECYCLE: &str = "Microsoft.Storage/storageAccounts/managementPolicies";
const ENTRA: &str = "Microsoft.Graph/applications";
const TRUST: &str = "Microsoft.Graph/applications/federatedIdentityCredentials";
const CLOSED: &str = "=isPrivate ? 'Disabled' : 'Enabled'";
const BEYOND: &str = "=isPrivate ? [] : [{ id: subnetId }]";
const TF_BEYOND: &str = "=local.is_private ? [] : [azurerm_subnet.app.id]";

/// Path segments are fields; a number is a place in a list. One row a promise: as a table it can be read.
#[rustfmt::skip]
const PROMISES: &[Promise] = &[
    Promise("storage: no shared key", (ACCOUNT, "properties.allowSharedKeyAccess", "false"), ("azurerm_storage_account", "shared_access_key_enabled", "false")),
    Promise("storage: Entra sign-in is the default", (ACCOUNT, "properties.defaultToOAuthAuthentication", "true"), ("azurerm_storage_account", "default_to_oauth_authentication", "true")),
    Promise("storage: no public blob", (ACCOUNT, "properties.allowBlobPublicAccess", "false"), ("azurerm_storage_account", "allow_nested_items_to_be_public", "false")),
    Promise("storage: no copy to another tenant", (ACCOUNT, "properties.allowCrossTenantReplication", "false"), ("azurerm_storage_account", "cross_tenant_replication_enabled", "false")),
    Promise("storage: no local users", (ACCOUNT, "properties.isLocalUserEnabled", "false"), ("azurerm_storage_account", "local_user_enabled", "false")),
    Promise("storage: TLS 1.2", (ACCOUNT, "properties.minimumTlsVersion", "TLS1_2"), ("azurerm_storage_account", "min_tls_version", "TLS1_2")),
    Promise("storage: HTTPS only", (ACCOUNT, "properties.supportsHttpsTrafficOnly", "true"), ("azurerm_storage_account", "https_traffic_only_enabled", "true")),
    Promise("storage: no public network", (ACCOUNT, "properties.publicNetworkAccess", CLOSED), ("azurerm_storage_account", "public_network_access_enabled", "=!local.is_private")),
    Promise("storage: refuses who is not named", (ACCOUNT, "properties.networkAcls.defaultAction", "Deny"), ("azurerm_storage_account", "network_rules.default_action", "Deny")),
    Promise("storage: nobody passes by", (ACCOUNT, "properties.networkAcls.bypass", "None"), ("azurerm_storage_account", "network_rules.bypass.0", "None")),
    Promise("storage: only the app's subnet", (ACCOUNT, "properties.networkAcls.virtualNetworkRules", BEYOND), ("azurerm_storage_account", "network_rules.virtual_network_subnet_ids", TF_BEYOND)),
    Promise("storage: encrypted twice", (ACCOUNT, "properties.encryption.requireInfrastructureEncryption", "true"), ("azurerm_storage_account", "infrastructure_encryption_enabled", "true")),
    Promise("storage: queues under the account's key", (ACCOUNT, "properties.encryption.services.queue.keyType", "Account"), ("azurerm_storage_account", "queue_encryption_key_type", "Account")),
    Promise("storage: within the region", (ACCOUNT, "sku.name", "Standard_ZRS"), ("azurerm_storage_account", "account_replication_type", "ZRS")),
    Promise("containers: not public", ("Microsoft.Storage/storageAccounts/blobServices/containers", "properties.publicAccess", "None"), ("azurerm_storage_container", "container_access_type", "private")),
    Promise("containers: those of the list", ("Microsoft.Storage/storageAccounts/blobServices/containers", "name", "=each"), ("azurerm_storage_container", "name", "=each.key")),
    Promise("queues: those of the list", ("Microsoft.Storage/storageAccounts/queueServices/queues", "name", "=each"), ("azurerm_storage_queue", "name", "=each.key")),
    Promise("lifecycle: marks alone", (LIFECYCLE, "properties.policy.rules.0.definition.filters.prefixMatch", "=marks"), ("azurerm_storage_management_policy", "rule.filters.prefix_match", "=local.common.marks")),
    Promise("lifecycle: the days of the list", (LIFECYCLE, "properties.policy.rules.0.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan", "=days.marks"), ("azurerm_storage_management_policy", "rule.actions.base_blob.delete_after_days_since_modification_greater_than", "=local.common.days.marks")),
    Promise("vault: by roles alone", (VAULT, "properties.enableRbacAuthorization", "true"), ("azurerm_key_vault", "rbac_authorization_enabled", "true")),
    Promise("vault: can't be purged", (VAULT, "properties.enablePurgeProtection", "true"), ("azurerm_key_vault", "purge_protection_enabled", "true")),
    Promise("vault: 90 days to come back", (VAULT, "properties.softDeleteRetentionInDays", "90"), ("azurerm_key_vault", "soft_delete_retention_days", "90")),
    Promise("vault: no public network", (VAULT, "properties.publicNetworkAccess", CLOSED), ("azurerm_key_vault", "public_network_access_enabled", "=!local.is_private")),
    Promise("vault: refuses who is not named", (VAULT, "properties.networkAcls.defaultAction", "Deny"), ("azurerm_key_vault", "network_acls.default_action", "Deny")),
    Promise("vault: storage alone passes by", (VAULT, "properties.networkAcls.bypass", "=customerManagedKeys ? 'AzureServices' : 'None'"), ("azurerm_key_vault", "network_acls.bypass", "=var.customer_managed_keys ? \"AzureServices\" : \"None\"")),
    Promise("vault: only the app's subnet", (VAULT, "properties.networkAcls.virtualNetworkRules", BEYOND), ("azurerm_key_vault", "network_acls.virtual_network_subnet_ids", TF_BEYOND)),
    Promise("keys: RSA", (KEYS, "properties.kty", "RSA"), (KEYS, "properties.kty", "RSA")),
    Promise("keys: 3072 bits", (KEYS, "properties.keySize", "3072"), (KEYS, "properties.keySize", "3072")),
    Promise("keys: wrap", (KEYS, "properties.keyOps.0", "wrapKey"), (KEYS, "properties.keyOps.0", "wrapKey")),
    Promise("keys: unwrap", (KEYS, "properties.keyOps.1", "unwrapKey"), (KEYS, "properties.keyOps.1", "unwrapKey")),
    Promise("keys: nothing else", (KEYS, "properties.keyOps.2", ""), (KEYS, "properties.keyOps.2", "")),
    Promise("keys: a new version each year", (KEYS, "properties.rotationPolicy.lifetimeActions.0.trigger.timeAfterCreate", "P1Y"), (KEYS, "properties.rotationPolicy.lifetimeActions.0.trigger.timeAfterCreate", "P1Y")),
    Promise("keys: the version before still unwraps", (KEYS, "properties.rotationPolicy.attributes.expiryTime", "P2Y"), (KEYS, "properties.rotationPolicy.attributes.expiryTime", "P2Y")),
    Promise("workspace: the days of the list", (WORKSPACE, "properties.retentionInDays", "=days.logs"), ("azurerm_log_analytics_workspace", "retention_in_days", "=local.common.days.logs")),
    Promise("workspace: purged at once then", (WORKSPACE, "properties.features.immediatePurgeDataOn30Days", "true"), ("azurerm_log_analytics_workspace", "immediate_data_purge_on_30_days_enabled", "true")),
    Promise("workspace: Entra sign-in alone", (WORKSPACE, "properties.features.disableLocalAuth", "true"), ("azurerm_log_analytics_workspace", "local_authentication_enabled", "false")),
    Promise("Application Insights: the days of the list", (INSIGHTS, "properties.RetentionInDays", "=days.logs"), (INSIGHTS, "properties.RetentionInDays", "=local.common.days.logs")),
    Promise("Application Insights: purged at once then", (INSIGHTS, "properties.ImmediatePurgeDataOn30Days", "true"), (INSIGHTS, "properties.ImmediatePurgeDataOn30Days", "true")),
    Promise("Application Insights: Entra sign-in alone", (INSIGHTS, "properties.DisableLocalAuth", "true"), (INSIGHTS, "properties.DisableLocalAuth", "true")),
    Promise("Application Insights: addresses are masked", (INSIGHTS, "properties.DisableIpMasking", "false"), (INSIGHTS, "properties.DisableIpMasking", "false")),
    Promise("app: HTTPS only", (SITE, "properties.httpsOnly", "true"), (SITE, "properties.httpsOnly", "true")),
    Promise("app: TLS 1.2", (SITE, "properties.siteConfig.minTlsVersion", "1.2"), (SITE, "properties.siteConfig.minTlsVersion", "1.2")),
    Promise("app: no FTP", (SITE, "properties.siteConfig.ftpsState", "Disabled"), (SITE, "properties.siteConfig.ftpsState", "Disabled")),
    Promise("app: refuses who is not named", (SITE, "properties.siteConfig.ipSecurityRestrictionsDefaultAction", "Deny"), (SITE, "properties.siteConfig.ipSecurityRestrictionsDefaultAction", "Deny")),
    Promise("app: the deployment site too", (SITE, "properties.siteConfig.scmIpSecurityRestrictionsDefaultAction", "Deny"), (SITE, "properties.siteConfig.scmIpSecurityRestrictionsDefaultAction", "Deny")),
    Promise("app: custom handler", (SITE, "properties.functionAppConfig.runtime.name", "custom"), (SITE, "properties.functionAppConfig.runtime.name", "custom")),
    Promise("app: the package by the identity", (SITE, "properties.functionAppConfig.deployment.storage.authentication.type", "UserAssignedIdentity"), (SITE, "properties.functionAppConfig.deployment.storage.authentication.type", "UserAssignedIdentity")),
    Promise("app: nobody publishes by a password", ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", "properties.allow", "false"), ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", "properties.allow", "false")),
    Promise("endpoints: behind their rules", ("Microsoft.Network/virtualNetworks", "properties.subnets.1.properties.privateEndpointNetworkPolicies", "NetworkSecurityGroupEnabled"), ("azurerm_subnet", "private_endpoint_network_policies", "NetworkSecurityGroupEnabled")),
    Promise("endpoints: nobody else", ("Microsoft.Network/networkSecurityGroups", "properties.securityRules.1.properties.access", "Deny"), ("azurerm_network_security_group", "security_rule.1.access", "Deny")),
    Promise("residency: the policy is the built-in one", ("Microsoft.Authorization/policyAssignments", "properties.policyDefinitionId", "=tenantResourceId('Microsoft.Authorization/policyDefinitions', 'e56962a6-4747-49cd-b67b-bf8b01975c4c')"), ("azurerm_resource_group_policy_assignment", "policy_definition_id", "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c")),
    Promise("residency: enforced", ("Microsoft.Authorization/policyAssignments", "properties.enforcementMode", "Default"), ("azurerm_resource_group_policy_assignment", "enforce", "true")),
    Promise("Front Door: the name is checked", ("Microsoft.Cdn/profiles/originGroups/origins", "properties.enforceCertificateNameCheck", "true"), ("azurerm_cdn_frontdoor_origin", "certificate_name_check_enabled", "true")),
    Promise("Front Door: HTTPS behind it", ("Microsoft.Cdn/profiles/afdEndpoints/routes", "properties.forwardingProtocol", "HttpsOnly"), ("azurerm_cdn_frontdoor_route", "forwarding_protocol", "HttpsOnly")),
    Promise("registration: for many tenants", (ENTRA, "signInAudience", "AzureADMultipleOrgs"), ("azuread_application", "sign_in_audience", "AzureADMultipleOrgs")),
    Promise("registration: tokens of version 2", (ENTRA, "api.requestedAccessTokenVersion", "2"), ("azuread_application", "api.requested_access_token_version", "2")),
    Promise("registration: no token in an address", (ENTRA, "web.implicitGrantSettings.enableAccessTokenIssuance", "false"), ("azuread_application", "web.implicit_grant.access_token_issuance_enabled", "false")),
    Promise("registration: no id token in an address", (ENTRA, "web.implicitGrantSettings.enableIdTokenIssuance", "false"), ("azuread_application", "web.implicit_grant.id_token_issuance_enabled", "false")),
    Promise("registration: the sign-in shows administrators", (ENTRA, "groupMembershipClaims", "DirectoryRole"), ("azuread_application", "group_membership_claims.0", "DirectoryRole")),
    Promise("registration: tokens for the exchange alone", (TRUST, "audiences.0", "=common.audience"), ("azuread_application_federated_identity_credential", "audiences.0", "=local.common.audience")),
    Promise("registration: our own tenant alone", (TRUST, "issuer", "=issuer"), ("azuread_application_federated_identity_credential", "issuer", "=local.issuer")),
];

/// Words that would be a secret, a way to one, or something from a registry.
const FORBIDDEN: &[&str] = &[
    "listKeys",
    "listConnectionStrings",
    "accessKeys",
    "AccountKey",
    "SharedAccessSignature",
    "access_key\"",
    "primary_access_key",
    "primary_connection_string",
    "primary_shared_key",
    "passwordCredentials",
    "azuread_application_password",
    "keyCredentials",
    "'br:",
    "'br/",
    "client_secret",
    "azurerm_key_vault_secret",
    "AzureWebJobsStorage\"",
    "AzureWebJobsStorage:",
    "AzureWebJobsStorage =",
];

pub fn findings(tree: &Tree, read: &Read) -> Vec<String> {
    let mut found = Vec::new();
    for Promise(what, bicep, terraform) in PROMISES {
        found.extend(kept(&read.bicep, bicep).map(|how| format!("{what}: Bicep {how}")));
        found.extend(kept(&read.terraform, terraform).map(|how| format!("{what}: Terraform {how}")));
    }
    for (path, text) in tree.under("infra/", "").filter(|(path, _)| !path.contains("/tests/")) {
        let forbidden = FORBIDDEN.iter().filter(|word| text.contains(**word));
        found.extend(forbidden.map(|word| format!("{path}: says `{word}`")));
    }
    found
}

/// What breaks a promise, if anything does: each resource of the type must keep it, and there must be one.
fn kept(all: &[Resource], (kind, path, wanted): &Kept) -> Option<String> {
    let mut of_kind =
        all.iter().filter(|one| one.kind == *kind && !one.existing && has_it(one, path)).peekable();
    if of_kind.peek().is_none() {
        return Some(format!("has no {kind} that says `{path}`"));
    }
    of_kind.find_map(|one| {
        let said = text(at(&one.body, path));
        (said != *wanted).then(|| format!("`{}`: {path} is `{said}` and not `{wanted}`", one.name))
    })
}

/// Only one of the subnets holds endpoints; everything else is asked of every resource of its type.
fn has_it(one: &Resource, path: &str) -> bool {
    one.kind != "azurerm_subnet" || one.body.get(path).is_some()
}

fn at<'a>(body: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(body, |value, step| match step.parse::<usize>() {
        Ok(place) => &value[place],
        Err(_) => &value[step],
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

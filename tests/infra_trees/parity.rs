//! The same resources under the same names, and the same bodies where both languages speak Azure's own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Read, Resource, snake};

/// Azure's type → Terraform's, where it is not azapi's.
const KINDS: &[(&str, &str)] = &[
    ("Microsoft.Resources/resourceGroups", "azurerm_resource_group"),
    ("Microsoft.Authorization/policyAssignments", "azurerm_resource_group_policy_assignment"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "azurerm_user_assigned_identity"),
    (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "azurerm_federated_identity_credential",
    ),
    ("Microsoft.Network/networkSecurityGroups", "azurerm_network_security_group"),
    ("Microsoft.Network/virtualNetworks", "azurerm_virtual_network"),
    ("Microsoft.Network/privateDnsZones", "azurerm_private_dns_zone"),
    (
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "azurerm_private_dns_zone_virtual_network_link",
    ),
    ("Microsoft.Network/privateEndpoints", "azurerm_private_endpoint"),
    ("Microsoft.OperationalInsights/workspaces", "azurerm_log_analytics_workspace"),
    ("Microsoft.KeyVault/vaults", "azurerm_key_vault"),
    ("Microsoft.Insights/diagnosticSettings", "azurerm_monitor_diagnostic_setting"),
    ("Microsoft.Storage/storageAccounts", "azurerm_storage_account"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers", "azurerm_storage_container"),
    ("Microsoft.Storage/storageAccounts/queueServices/queues", "azurerm_storage_queue"),
    ("Microsoft.Storage/storageAccounts/managementPolicies", "azurerm_storage_management_policy"),
    ("Microsoft.Web/serverfarms", "azurerm_service_plan"),
    ("Microsoft.Insights/actionGroups", "azurerm_monitor_action_group"),
    ("Microsoft.Insights/scheduledQueryRules", "azurerm_monitor_scheduled_query_rules_alert_v2"),
    ("Microsoft.Cdn/profiles", "azurerm_cdn_frontdoor_profile"),
    ("Microsoft.Cdn/profiles/afdEndpoints", "azurerm_cdn_frontdoor_endpoint"),
    ("Microsoft.Cdn/profiles/afdEndpoints/routes", "azurerm_cdn_frontdoor_route"),
    ("Microsoft.Cdn/profiles/originGroups", "azurerm_cdn_frontdoor_origin_group"),
    ("Microsoft.Cdn/profiles/originGroups/origins", "azurerm_cdn_frontdoor_origin"),
    ("Microsoft.Cdn/profiles/customDomains", "azurerm_cdn_frontdoor_custom_domain"),
    ("Microsoft.Graph/applications", "azuread_application"),
    ("Microsoft.Graph/servicePrincipals", "azuread_service_principal"),
    (
        "Microsoft.Graph/applications/federatedIdentityCredentials",
        "azuread_application_federated_identity_credential",
    ),
    ("Microsoft.Graph/appRoleAssignedTo", "azuread_app_role_assignment"),
];

/// What one language has as a resource and the other as a part of one, and role assignments, which are judged apart.
const APART: &[&str] = &[
    "Microsoft.Storage/storageAccounts/blobServices",
    "Microsoft.Storage/storageAccounts/queueServices",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    "azurerm_subnet",
    "azurerm_subnet_network_security_group_association",
    "azuread_application_pre_authorized",
    // The package of a deployment without a workflow: a button has no second step.
    "Microsoft.Web/sites/extensions",
    "Microsoft.Authorization/roleAssignments",
    "azurerm_role_assignment",
];

/// Kinds that Terraform writes by azapi: the body is Azure's own, and the same as in Bicep.
const BY_AZAPI: &[&str] = &[
    "Microsoft.Insights/components",
    "Microsoft.Insights/workbooks",
    "Microsoft.KeyVault/vaults/keys",
    "Microsoft.Web/sites",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
];

pub fn findings(read: &Read) -> Vec<String> {
    let (bicep, terraform) = (named(&read.bicep), named(&read.terraform));
    let mut found = Vec::new();
    found.extend(terraform.keys().filter(|key| !bicep.contains_key(*key)).map(only("Terraform")));
    found.extend(bicep.keys().filter(|key| !terraform.contains_key(*key)).map(only("Bicep")));
    for (key, one) in &bicep {
        let Some(other) = terraform.get(key).filter(|_| BY_AZAPI.contains(&key.0.as_str())) else { continue };
        found.extend(differences(&key.1, &one.body["properties"], &other.body["properties"]));
    }
    found.extend(subnets(read));
    found.extend(parameters(read));
    found.extend(of_registrations(read));
    found
}

/// The package is for a button, the tenant's default is computed in Terraform, the subject is no part of the stamp.
const OF_ONE: &[(&str, usize)] = &[("package_uri", 2), ("deployer_subject", 1)];

/// The same parameters with the same defaults, wherever one begins.
fn parameters(read: &Read) -> Vec<String> {
    let places = ["main.bicep", "stamp.bicep", "variables.tf"];
    let all = [0, 1, 2].map(|at| -> BTreeMap<String, &Value> {
        read.parameters[at].iter().map(|(name, default)| (snake(name), default)).collect()
    });
    let names: BTreeSet<_> = all.iter().flat_map(BTreeMap::keys).collect();
    let mut found = Vec::new();
    for name in names {
        let first = all.iter().find_map(|place| place.get(name)).copied().unwrap_or(&Value::Null);
        for (at, place) in all.iter().enumerate().filter(|(at, _)| !OF_ONE.contains(&(name.as_str(), *at))) {
            match place.get(name) {
                None => found.push(format!("parameter {name}: not in {}", places[at])),
                Some(default) if is_same(first, default) => {}
                Some(default) => {
                    found.push(format!("parameter {name}: {default} in {} and not {first}", places[at]))
                }
            }
        }
    }
    found
}

/// The registrations are deployed apart, with parameters of their own.
fn of_registrations(read: &Read) -> Vec<String> {
    let [bicep, terraform] = &read.entra;
    let bicep: BTreeMap<String, &Value> =
        bicep.iter().map(|(name, default)| (snake(name), default)).collect();
    let terraform: BTreeMap<String, &Value> =
        terraform.iter().map(|(name, default)| (name.clone(), default)).collect();
    if bicep == terraform && !bicep.is_empty() {
        return Vec::new();
    }
    vec![format!("parameters of the registrations: Bicep {bicep:?}, Terraform {terraform:?}")]
}

/// Defaults that are computed are compared by nobody: Terraform computes from none, or from an empty one.
fn is_same(one: &Value, other: &Value) -> bool {
    let is_open = |value: &Value| match value.as_str() {
        Some(text) => text.starts_with('=') || text.is_empty(),
        None => value.is_null(),
    };
    one == other || is_open(one) && is_open(other)
}

fn only(language: &str) -> impl Fn(&(String, String)) -> String {
    move |(kind, name)| format!("only {language} has {kind} `{name}`")
}

/// Resources by Azure's type and by their name.
fn named(all: &[Resource]) -> BTreeMap<(String, String), &Resource> {
    let ours = all.iter().filter(|one| !one.existing && !APART.contains(&one.kind.as_str()));
    ours.map(|one| ((arm(&one.kind), snake(&one.name)), one)).collect()
}

fn arm(kind: &str) -> String {
    let known = KINDS.iter().find(|(_, terraform)| *terraform == kind);
    known.map_or(kind, |(arm, _)| arm).to_owned()
}

fn differences(name: &str, bicep: &Value, terraform: &Value) -> Vec<String> {
    let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
    leaves("", bicep, &mut one);
    leaves("", terraform, &mut other);
    let paths: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differ = paths.into_iter().filter(|path| match (one.get(*path), other.get(*path)) {
        (Some(one), Some(other)) => is_literal(one) && is_literal(other) && one != other,
        _ => true,
    });
    differ
        .map(|path| format!("`{name}`{path}: Bicep {:?}, Terraform {:?}", one.get(path), other.get(path)))
        .collect()
}

fn is_literal(value: &Value) -> bool {
    !value.as_str().is_some_and(|text| text.starts_with('='))
}

fn leaves(at: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
    match value {
        // A loop in either language is an expression.
        Value::Object(fields) if fields.contains_key("for") => {
            drop(into.insert(at.to_owned(), "=for".into()))
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| leaves(&format!("{at}.{key}"), value, into));
        }
        other => drop(into.insert(at.to_owned(), other.clone())),
    }
}

/// Subnets are parts of the network in Bicep and resources in Terraform.
fn subnets(read: &Read) -> Vec<String> {
    let network = read.bicep.iter().find(|one| one.kind == "Microsoft.Network/virtualNetworks");
    let parts = network.and_then(|one| one.body["properties"]["subnets"].as_array());
    let bicep: BTreeSet<_> = parts.into_iter().flatten().filter_map(|part| part["name"].as_str()).collect();
    let resources = read.terraform.iter().filter(|one| one.kind == "azurerm_subnet");
    let terraform: BTreeSet<_> = resources.filter_map(|one| one.body["name"].as_str()).collect();
    if bicep == terraform && !bicep.is_empty() {
        return Vec::new();
    }
    vec![format!("subnets: Bicep {bicep:?}, Terraform {terraform:?}")]
}

//! Bicep and Terraform describe the same stamp, keep the same promises, and fit the program. The plantings are what must be caught.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod infra_trees;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use infra_trees::{Tree, roles};
use serde_json::Value;

static OURS: LazyLock<Tree> = LazyLock::new(Tree::ours);

/// `UPDATE_DOCS=1` writes the table of the roles.
#[test]
fn both_trees_agree_with_each_other_and_with_the_program() {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let stamp: Value = serde_json::from_str(OURS.file(STAMP)).unwrap();
        let page = roles::with_table(OURS.file(roles::PAGE), stamp["roles"].as_array().unwrap()).unwrap();
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(roles::PAGE), page).unwrap();
        return;
    }
    assert_eq!(OURS.findings(), Vec::<String>::new());
}

/// Replaces a text in a copy of a file and demands a finding that says this.
fn planted(path: &str, text: &str, instead: &str, finding: &str) {
    let found = OURS.with(path, text, instead).findings();
    assert!(found.iter().any(|one| one.contains(finding)), "{path}, `{instead}`: {found:#?}");
}

const STAMP: &str = "infra/common/stamp.json";
const STORAGE: [&str; 2] = ["infra/bicep/modules/storage.bicep", "infra/terraform/storage.tf"];
const VAULT: [&str; 2] = ["infra/bicep/modules/vault.bicep", "infra/terraform/vault.tf"];
const LOGS: [&str; 2] = ["infra/bicep/modules/logs.bicep", "infra/terraform/logs.tf"];
const APP: [&str; 2] = ["infra/bicep/modules/app.bicep", "infra/terraform/app.tf"];
const GRANTS: [&str; 2] = ["infra/bicep/modules/grants.bicep", "infra/terraform/grants.tf"];

#[test]
fn a_shared_key_is_caught() {
    planted(STORAGE[0], "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "no shared key: Bicep");
    planted(
        STORAGE[1],
        "shared_access_key_enabled         = false",
        "shared_access_key_enabled = true",
        "no shared key: Terraform",
    );
    planted(STORAGE[0], "    allowSharedKeyAccess: false\n", "", "no shared key: Bicep");
    planted(LOGS[0], "disableLocalAuth: true", "disableLocalAuth: false", "workspace: Entra sign-in alone");
    planted(LOGS[1], "DisableLocalAuth           = true", "DisableLocalAuth = false", "Entra sign-in alone");
    planted(
        APP[0],
        "  Data__credential: 'managedidentity'\n",
        "  Data__credential: 'managedidentity'\n  Data: account.listKeys().keys[0].value\n",
        "says `listKeys`",
    );
}

#[test]
fn a_public_network_is_caught() {
    planted(
        STORAGE[0],
        "isPrivate ? 'Disabled' : 'Enabled'",
        "'Enabled'",
        "storage: no public network: Bicep",
    );
    planted(STORAGE[1], "= !local.is_private", "= true", "storage: no public network: Terraform");
    planted(VAULT[0], "defaultAction: 'Deny'", "defaultAction: 'Allow'", "vault: refuses who is not named");
    planted(VAULT[1], "= !local.is_private", "= true", "vault: no public network: Terraform");
    planted(
        STORAGE[1],
        "bypass                     = [\"None\"]",
        "bypass = [\"AzureServices\"]",
        "nobody passes by",
    );
    planted(
        APP[0],
        "scmIpSecurityRestrictionsDefaultAction: 'Deny'",
        "scmIpSecurityRestrictionsDefaultAction: 'Allow'",
        "the deployment site too: Bicep",
    );
    planted(STAMP, r#"{ "on": "data", "group": "queue" },"#, "", "endpoint data queue: missing");
}

#[test]
fn a_missing_role_is_caught() {
    let row = "\"on\": \"data\",\n      \"role\": \"Storage Queue Data Contributor\"";
    planted(
        STAMP,
        row,
        "\"on\": \"data\",\n      \"role\": \"Reader\"",
        "role Storage Queue Data Contributor",
    );
    planted(
        GRANTS[0],
        "each => each.on == 'insights'",
        "each => each.on == 'host'",
        "Bicep assigns nothing on insights",
    );
    planted(
        GRANTS[1],
        "role if role.to == \"storage\"",
        "role if role.to == \"app\"",
        "Terraform assigns nothing to storage",
    );
    planted(
        GRANTS[1],
        "    insights    = azapi_resource.insights.id\n",
        "",
        "on insights it has not the scope",
    );
}

#[test]
fn an_extra_role_is_caught() {
    let owner = "resource more 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: 'x'\n}\n\nresource onHost ";
    planted(GRANTS[0], "resource onHost ", owner, "an assignment beside the list");
    let owner = "resource \"azurerm_role_assignment\" \"more\" {\n  scope = \"/\"\n  principal_id = \"x\"\n}\n\nresource \"azurerm_role_assignment\" \"app\"";
    planted(
        GRANTS[1],
        "resource \"azurerm_role_assignment\" \"app\"",
        owner,
        "an assignment beside the list",
    );
    let row = r#""roles": [
    { "to": "app", "on": "group", "role": "Owner", "id": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "without": "Nothing breaks at all without it." },"#;
    planted(STAMP, "\"roles\": [", row, "role Owner | the resource group");
    planted(GRANTS[0], "scope: dataAccount", "scope: keyVault", "scope is `=keyVault`");
    planted(
        GRANTS[1],
        "role_definition_id = \"${local.definitions}/${each.value.id}\"",
        "role_definition_id = \"x\"",
        "role is `x`",
    );
}

#[test]
fn a_renamed_queue_is_caught() {
    planted(STAMP, "\"gather-poison\"", "\"gathering-poison\"", "queue gathering-poison: in infra");
    planted(
        "function-defs/gather/function.json",
        "\"queueName\": \"gather\"",
        "\"queueName\": \"collect\"",
        "queue collect: in function-defs only",
    );
    planted(
        STORAGE[0],
        "[for each in queues: { name: each }]",
        "[for each in queues: { name: 'q-${each}' }]",
        "queues: those of the list",
    );
    planted(
        STORAGE[1],
        "name               = each.key",
        "name = \"q-${each.key}\"",
        "queues: those of the list",
    );
    planted(STAMP, "[\"wheelhouse\"]", "[\"wheels\"]", "container wheels");
    planted(VAULT[1], ": [\"wheelhouse\"])", ": [\"wheels\"])", "key wheels: in Terraform only");
}

#[test]
fn a_setting_that_nobody_reads_is_caught() {
    planted(APP[0], "WHEELHOUSE_REGION:", "WHEELHOUSE_REGIONS:", "WHEELHOUSE_REGIONS is not a setting here");
    planted(APP[0], "WHEELHOUSE_REGION:", "WHEELHOUSE_REGIONS:", "WHEELHOUSE_REGION is not set");
    planted(APP[1], "WHEELHOUSE_STAMPS ", "WHEELHOUSE_OTHERS ", "setting WHEELHOUSE_OTHERS: in one of");
    planted(
        APP[0],
        "  Data__clientId:",
        "  FUNCTIONS_WORKER_RUNTIME: 'custom'\n  Data__clientId:",
        "FUNCTIONS_WORKER_RUNTIME: nobody reads it",
    );
    planted(APP[0], "  Data__clientId: identityClientId\n", "", "setting Data__clientId: missing");
    planted(
        APP[1],
        "WHEELHOUSE_PLATFORM                       = \"azure\"",
        "WHEELHOUSE_PLATFORM = \"embedded\"",
        "setting WHEELHOUSE_PLATFORM",
    );
}

#[test]
fn a_retention_that_differs_is_caught() {
    planted(STAMP, "\"logs\": 30", "\"logs\": 90", "logs stay 90 days");
    planted(
        LOGS[0],
        "retentionInDays: days.logs",
        "retentionInDays: 730",
        "workspace: the days of the list: Bicep",
    );
    planted(LOGS[1], "local.common.days.logs", "90", "the days of the list: Terraform");
    planted(STORAGE[1], "local.common.days.marks", "365", "lifecycle: the days of the list");
    planted(
        STAMP,
        "wheelhouse/index/signed-out/",
        "wheelhouse/tenants/",
        "lifecycle wheelhouse/tenants/: in infra/common/stamp.json only",
    );
    planted(LOGS[0], "    ImmediatePurgeDataOn30Days: true\n", "", "purged at once");
}

#[test]
fn what_one_language_has_alone_is_caught() {
    planted(
        "infra/terraform/alerts.tf",
        "resource \"azurerm_monitor_action_group\" \"notify\"",
        "resource \"azurerm_public_ip\" \"open\" {}\nresource \"azurerm_monitor_action_group\" \"notify\"",
        "only Terraform has azurerm_public_ip `open`",
    );
    planted(
        VAULT[0],
        "resource key ",
        "resource secondKey ",
        "only Bicep has Microsoft.KeyVault/vaults/keys `second_key`",
    );
    planted(APP[0], "      http20Enabled: true\n", "", "http20Enabled");
    planted(
        APP[1],
        "runtime = { name = \"custom\", version = \"1.0\" }",
        "runtime = { name = \"custom\", version = \"2.0\" }",
        "runtime.version",
    );
    planted("infra/bicep/modules/network.bicep", "name: 'endpoints'", "name: 'ends'", "subnets: Bicep");
}

#[test]
fn a_parameter_that_differs_is_caught() {
    let (bicep, terraform) = ("infra/bicep/main.bicep", "infra/terraform/variables.tf");
    planted(
        bicep,
        "param networkMode string = 'privateEndpoints'",
        "param networkMode string = 'serviceEndpoints'",
        "parameter network_mode",
    );
    planted(
        bicep,
        "param maximumInstanceCount int = 40",
        "param maximumInstanceCount int = 100",
        "parameter maximum_instance_count",
    );
    planted(
        "infra/terraform/entra/main.tf",
        "variable \"people\"",
        "variable \"persons\"",
        "parameters of the registrations",
    );
    planted(
        terraform,
        "variable \"feed_secrets\"",
        "variable \"secrets\"",
        "parameter feed_secrets: not in variables.tf",
    );
}

#[test]
fn what_the_program_does_not_say_or_have_is_caught() {
    planted("infra/common/alerts.json", "'hub due'", "'hub is due'", "the program never writes `hub is due`");
    planted(
        "infra/common/alerts.json",
        "Name == 'schedule'",
        "Name == 'scheduler'",
        "there is no function `scheduler`",
    );
    planted("infra/common/entra.json", "\"value\": \"Owner\"", "\"value\": \"Root\"", "app role Root");
    planted("infra/common/entra.json", "Contacts.ReadWrite", "Mail.Send", "permission Mail.Send");
    planted("infra/common/entra.json", "/sign-in/callback", "/signin-oidc", "nobody answers at /signin-oidc");
    planted(
        "infra/bicep/entra.bicep",
        "    groupMembershipClaims: 'DirectoryRole'\n",
        "",
        "the sign-in shows administrators: Bicep",
    );
}

/// What the checker of Bicep says of a copy with a fault, or of one without.
fn checked(path: &str, text: &str, instead: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    OURS.with(path, text, instead).write("infra/", folder.path());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checker = root.join(CHECKER).canonicalize().unwrap();
    let output =
        Command::new("python3").arg(checker).arg(folder.path().join("infra/bicep")).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

const CHECKER: &str = "../shared/tools/infra-check/check-bicep";

#[test]
fn a_wrong_property_of_the_api_is_caught() {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join(CHECKER).exists() {
        eprintln!("SKIPPED: {CHECKER} is not here");
        return;
    }
    for (path, text, instead, finding) in [
        (APP[0], "httpsOnly: true", "httpsOnly: true", "0 findings"),
        (APP[0], "httpsOnly: true", "httpOnly: true", "httpOnly: no such property"),
        (STORAGE[0], "'TLS1_2'", "'TLS1.2'", "TLS1.2"),
        (VAULT[0], "keySize: 3072", "keySize: '3072'", "keySize"),
        (LOGS[0], "components@2020-02-02", "components@2021-02-02", "not in the type data"),
        (GRANTS[0], "      principalId: principalId\n", "", "principalId"),
    ] {
        let said = checked(path, text, instead);
        assert!(said.contains(finding), "{path}, `{instead}`: {said}");
    }
}

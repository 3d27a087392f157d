//! Who may do what: the list of `stamp.json`, both languages, and what the document says.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Read, Resource, Tree};

/// Where the list is shown to people.
pub const PAGE: &str = "docs/PERMISSIONS.md";

/// What stamp.json calls a thing, what the document calls it, and what Bicep and Terraform call it.
const THINGS: &[(&str, &str, &str, &str)] = &[
    ("host", "the host's account", "=hostAccount", "azurerm_storage_account.account[\"host\"].id"),
    ("data", "the data account", "=dataAccount", "azurerm_storage_account.account[\"data\"].id"),
    (
        "wrappingKey",
        "the key `wheelhouse`",
        "=keyVault::wrappingKey",
        "azapi_resource.key[\"wheelhouse\"].id",
    ),
    ("vault", "the vault", "=keyVault", "azurerm_key_vault.vault.id"),
    ("insights", "Application Insights", "=appInsights", "azapi_resource.insights.id"),
    ("storageKey", "the key `storage`", "=storageKey", "azapi_resource.key[\"storage\"].id"),
    ("group", "the resource group", "", "azurerm_resource_group.group.id"),
];

/// Who gets roles: in stamp.json, in the document, in Bicep and in Terraform.
const WHO: &[(&str, &str, &str, &str)] = &[
    ("app", "the app", "=principalId", "=azurerm_user_assigned_identity.identity.principal_id"),
    (
        "storage",
        "both storage accounts",
        "=storageIdentity!.properties.principalId",
        "=azurerm_user_assigned_identity.storage_identity[0].principal_id",
    ),
    (
        "deployer",
        "the deploy workflow",
        "=deployer.properties.principalId",
        "=azurerm_user_assigned_identity.deployer[0].principal_id",
    ),
];

pub fn findings(tree: &Tree, read: &Read) -> Vec<String> {
    let rows: Vec<Value> = read.stamp()["roles"].as_array().cloned().unwrap_or_default();
    let mut found = listed(&rows);
    found.extend(documented(tree, &rows));
    found.extend(bicep(read, &rows));
    found.extend(terraform(read, &rows));
    found
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// Each row names one thing, and says what breaks without it.
fn listed(rows: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows {
        let role = text(row, "role");
        if THINGS.iter().all(|(on, ..)| *on != text(row, "on")) {
            found.push(format!("role {role}: on {}, which nobody knows", text(row, "on")));
        }
        for (field, what) in [("without", "what breaks without it"), ("limits", "what it does not allow")] {
            if text(row, field).len() < 15 {
                found.push(format!("role {role}: it does not say {what}"));
            }
        }
    }
    found
}

/// The table in PERMISSIONS.md is that of the list.
fn documented(tree: &Tree, rows: &[Value]) -> Vec<String> {
    let page = tree.file(PAGE);
    let Some(right) = with_table(page, rows) else {
        return vec![format!("{PAGE} has no place for the roles")];
    };
    let lines = |page: &str| -> BTreeSet<String> { page.lines().map(str::to_owned).collect() };
    let one_sided = |line: &String| {
        format!("role {}: in one of infra/common/stamp.json and {PAGE} only", line.trim_matches(['|', ' ']))
    };
    lines(&right).symmetric_difference(&lines(page)).map(one_sided).collect()
}

/// The page with the table of the list in its place.
pub fn with_table(page: &str, rows: &[Value]) -> Option<String> {
    let (before, rest) = page.split_once("<!-- roles -->\n")?;
    let (_, after) = rest.split_once("<!-- /roles -->")?;
    let head = "| role | on | whose | what breaks without it | what it does not allow |\n| --- | --- | --- | --- | --- |\n";
    let table: String = rows.iter().map(line).collect();
    Some(format!("{before}<!-- roles -->\n{head}{table}<!-- /roles -->{after}"))
}

fn line(row: &Value) -> String {
    let on = THINGS.iter().find(|(thing, ..)| *thing == text(row, "on")).map_or("?", |(_, words, ..)| *words);
    let whose = WHO.iter().find(|(who, ..)| *who == text(row, "to")).map_or("?", |(_, words, ..)| *words);
    let when = row["when"].as_str().map(|when| format!(", with `{when}`")).unwrap_or_default();
    let [role, without, limits] = ["role", "without", "limits"].map(|field| text(row, field));
    format!("| {role} | {on} | {whose}{when} | {without} | {limits} |\n")
}

/// One loop over the list for each thing, and no assignment beside them.
fn bicep(read: &Read, rows: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for one in read.bicep.iter().filter(|one| one.kind == "Microsoft.Authorization/roleAssignments") {
        let on = one
            .each
            .strip_prefix("role in filter(roles, each => each.on == '")
            .and_then(|rest| rest.strip_suffix("')"));
        let Some(thing) = on.and_then(|on| THINGS.iter().find(|(thing, ..)| *thing == on)) else {
            found.push(format!(
                "Bicep `{}`: an assignment beside the list of infra/common/stamp.json",
                one.name
            ));
            continue;
        };
        done.insert(thing.0);
        found.extend(bicep_row(one, thing, rows));
    }
    let wanted: BTreeSet<_> = rows.iter().map(|row| text(row, "on")).collect();
    found.extend(wanted.difference(&done).map(|on| format!("Bicep assigns nothing on {on}")));
    found
}

fn bicep_row(one: &Resource, thing: &(&str, &str, &str, &str), rows: &[Value]) -> Vec<String> {
    let properties = &one.body["properties"];
    let row = rows.iter().find(|row| text(row, "on") == thing.0);
    let to = row.map_or("", |row| text(row, "to"));
    let who = WHO.iter().find(|(who, ..)| *who == to).map_or("", |(.., bicep, _)| *bicep);
    let is = |what: &str, value: &Value, wanted: &str| {
        let said = value.as_str().unwrap_or_default();
        (said != wanted).then(|| format!("Bicep `{}`: {what} is `{said}` and not `{wanted}`", one.name))
    };
    let role = "=subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)";
    let when = row.map_or("", |row| text(row, "when"));
    let condition = if when.is_empty() || to == "deployer" { String::new() } else { format!("({when})") };
    [
        is("scope", &one.body["scope"], thing.2),
        is("principalId", &properties["principalId"], who),
        is("roleDefinitionId", &properties["roleDefinitionId"], role),
        is("description", &properties["description"], "=role.without"),
        is("its condition", &one.when.as_str().into(), &condition),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// One loop over the list for each identity, and no assignment beside them.
fn terraform(read: &Read, rows: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for one in read.terraform.iter().filter(|one| one.kind == "azurerm_role_assignment") {
        let who = WHO.iter().find(|(who, ..)| {
            one.each == format!("{{for key, role in local.roles : key => role if role.to == \"{who}\"}}")
        });
        let Some(who) = who else {
            found.push(format!(
                "Terraform `{}`: an assignment beside the list of infra/common/stamp.json",
                one.name
            ));
            continue;
        };
        done.insert(who.0);
        found.extend(terraform_rows(one, who, rows));
    }
    let wanted: BTreeSet<_> = rows.iter().map(|row| text(row, "to")).collect();
    found.extend(wanted.difference(&done).map(|to| format!("Terraform assigns nothing to {to}")));
    found
}

fn terraform_rows(one: &Resource, who: &(&str, &str, &str, &str), rows: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, field, wanted) in [
        ("principal", "principal_id", who.3),
        ("role", "role_definition_id", "=\"${local.definitions}/${each.value.id}\""),
        ("description", "description", "=each.value.without"),
    ] {
        let said = one.body[field].as_str().unwrap_or_default();
        if said != wanted {
            found.push(format!("Terraform `{}`: {what} is `{said}` and not `{wanted}`", one.name));
        }
    }
    let scope = one.body["scope"].as_str().unwrap_or_default();
    for row in rows.iter().filter(|row| text(row, "to") == who.0) {
        let reference =
            THINGS.iter().find(|(on, ..)| *on == text(row, "on")).map_or("?", |(.., terraform)| *terraform);
        if !scope.contains(&format!("{} = {reference}", text(row, "on"))) {
            found.push(format!(
                "Terraform `{}`: on {} it has not the scope {reference}",
                one.name,
                text(row, "on")
            ));
        }
    }
    found
}

//! The app's settings: the same in both languages, every one read by the binary or by the Functions host, none missing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use serde_json::Value;
use wheelhouse::config::Settings;

use super::{Read, Tree};

const OURS: &str = "WHEELHOUSE_";
/// What the Functions host reads besides the connections of its triggers; it keeps leases and packages in blobs alone.
const OF_THE_HOST: &[&str] = &[
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__blobServiceUri",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
];

pub fn findings(tree: &Tree, read: &Read) -> Vec<String> {
    let bicep: BTreeSet<&str> = read.bicep_settings.keys().map(String::as_str).collect();
    let locals = read.locals.get("settings").and_then(Value::as_object);
    let terraform: BTreeSet<&str> =
        locals.into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
    let mut found: Vec<String> = bicep
        .symmetric_difference(&terraform)
        .map(|name| format!("setting {name}: in one of Bicep and Terraform only"))
        .collect();
    found.extend(of_the_host(tree, &bicep));
    found.extend(of_the_binary(&bicep));
    found.extend(values(read));
    found.extend(endpoints(read));
    found
}

/// Exactly what the host needs, with the connections that function.json names.
fn of_the_host(tree: &Tree, settings: &BTreeSet<&str>) -> Vec<String> {
    let mut wanted: BTreeSet<String> = OF_THE_HOST.iter().map(|name| (*name).to_owned()).collect();
    for (_, text) in tree.under("function-defs/", "function.json") {
        let definition: Value = serde_json::from_str(text).unwrap_or_default();
        let connections = definition["bindings"].as_array().into_iter().flatten();
        for connection in connections.filter_map(|binding| binding["connection"].as_str()) {
            wanted.extend(
                ["credential", "clientId", "queueServiceUri"].map(|part| format!("{connection}__{part}")),
            );
        }
    }
    let told: BTreeSet<String> =
        settings.iter().filter(|name| !name.starts_with(OURS)).map(|name| (*name).to_owned()).collect();
    let one_sided = |name: &String| match wanted.contains(name) {
        true => format!("setting {name}: missing; the Functions host needs it"),
        false => format!("setting {name}: nobody reads it"),
    };
    wanted.symmetric_difference(&told).map(one_sided).collect()
}

/// The binary itself reads them: it refuses what it does not know, and names what it lacks.
fn of_the_binary(settings: &BTreeSet<&str>) -> Vec<String> {
    let ours = settings.iter().filter(|name| name.starts_with(OURS));
    let mut vars: BTreeMap<&str, &str> = ours.map(|name| (*name, sample(name))).collect();
    vars.insert("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token");
    vars.insert("IDENTITY_HEADER", "sample");
    let vars = vars.into_iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    match Settings::from_vars(vars) {
        Ok(_) => Vec::new(),
        Err(error) => error.refusals.iter().map(|refusal| format!("setting {refusal}")).collect(),
    }
}

fn sample(name: &str) -> &'static str {
    match name {
        "WHEELHOUSE_PLATFORM" => "azure",
        "WHEELHOUSE_REGION" => "eu",
        "WHEELHOUSE_STAMPS" => "us=https://us.example.org",
        name if name.ends_with("_URL") => "https://example.org",
        _ => "11111111-2222-3333-4444-555555555555",
    }
}

/// Literal values are the same in both languages.
fn values(read: &Read) -> Vec<String> {
    let literal = |value: &&Value| !value.as_str().is_some_and(|text| text.starts_with('='));
    let mut found = Vec::new();
    for (name, bicep) in &read.bicep_settings {
        let terraform = &read.locals["settings"][name];
        if [bicep, terraform].iter().any(literal) && bicep != terraform {
            found.push(format!("setting {name}: Bicep {bicep}, Terraform {terraform}"));
        }
    }
    found
}

/// Each service that a setting leads to has a private endpoint, and there are no others.
fn endpoints(read: &Read) -> Vec<String> {
    let mut wanted = BTreeSet::new();
    for (name, value) in &read.bicep_settings {
        let value = value.as_str().unwrap_or_default();
        for on in ["host", "data"] {
            let rest = value.split_once(&format!("https://${{{on}Account}}.")).map(|(_, rest)| rest);
            wanted.extend(rest.and_then(|rest| rest.split('.').next()).map(|group| format!("{on} {group}")));
        }
        if name == "WHEELHOUSE_VAULT_URL" && value == "=vaultUri" {
            wanted.insert("vault vault".to_owned());
        }
    }
    let ends = read.stamp()["endpoints"].as_array().into_iter().flatten();
    let told: BTreeSet<_> = ends
        .map(|end| {
            format!(
                "{} {}",
                end["on"].as_str().unwrap_or_default(),
                end["group"].as_str().unwrap_or_default()
            )
        })
        .collect();
    let one_sided = |end: &String| match wanted.contains(end) {
        true => format!("endpoint {end}: missing; a setting leads there"),
        false => format!("endpoint {end}: no setting leads there"),
    };
    wanted.symmetric_difference(&told).map(one_sided).collect()
}

//! Promises that the source itself keeps: whom the program talks to, how, and with what in hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use wheelhouse::access::{Role, Who, rules};

/// What is built into the deployed binary.
const SHIPPED: [&str; 4] = ["handlers", "connectors", "platform", "sync"];

/// Hosts that the program itself knows; every other one is a setting, or a feed's address that an admin typed.
/// Those of national clouds go together, so that nobody mixes them.
const KNOWN_HOSTS: [&str; 7] = [
    "graph.microsoft.com",
    "login.microsoftonline.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
];

/// What an owner of the deployment may call at another tenant: nothing that shows or moves content.
const OWNERS: [&str; 7] =
    ["connectTenant", "forgetTenant", "getLicence", "getTenant", "listTenants", "setPlan", "getForgotten"];

/// The code of a file without tests and comments.
fn code(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    shipped.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of_entry = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_test = ["tests", "tests.rs", "benches", "azurite", "target"].contains(&name.as_str());
        match path.is_dir() {
            _ if is_test => Vec::new(),
            true => files(&path),
            false if name.ends_with(".rs") => {
                vec![(path.display().to_string(), code(&fs::read_to_string(&path).unwrap()))]
            }
            false => Vec::new(),
        }
    };
    entries.flat_map(of_entry).collect()
}

fn shipped() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all: Vec<_> = SHIPPED.iter().flat_map(|name| files(&root.join(name))).collect();
    assert!(all.len() > 100, "the walk finds the source");
    all
}

#[test]
fn the_program_knows_no_host_but_microsofts() {
    let mut wrong = BTreeSet::new();
    for (file, text) in shipped() {
        for (at, scheme) in text.match_indices("https://").chain(text.match_indices("http://")) {
            let rest = &text[at + scheme.len()..];
            let host: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
            let is_known = host.is_empty() || !host.contains('.') || KNOWN_HOSTS.contains(&host.as_str());
            // What begins with `http://127.0.0.1` is this machine.
            if !is_known
                && host != "127.0.0.1"
                && !host.ends_with(".example")
                && !host.ends_with(".example.com")
            {
                wrong.insert(format!("{file}: {host}"));
            }
        }
    }
    assert!(wrong.is_empty(), "hosts that no setting names:\n{wrong:#?}");
}

#[test]
fn certificate_checks_are_never_off_and_tls_is_never_old() {
    for (file, text) in shipped() {
        for word in ["danger_", "tls_sni(false", "TLS_1_0", "TLS_1_1", "dangerous()"] {
            assert!(!text.contains(word), "{file}: {word}");
        }
    }
    for version in rustls::ALL_VERSIONS {
        let name = format!("{:?}", version.version);
        assert!(["TLSv1_2", "TLSv1_3"].contains(&name.as_str()), "{name}");
    }
}

#[test]
fn nobody_signs_in_by_a_password_or_a_secret_of_the_application() {
    for (file, text) in shipped() {
        for word in
            ["client_secret", "grant_type=password", "\"password\"", "SharedKey", "AccountKey", "sig="]
        {
            assert!(!text.contains(word), "{file}: {word}");
        }
    }
}

#[test]
fn no_route_lets_the_owner_of_the_deployment_at_content() {
    let rules = rules();
    let owners: BTreeSet<&str> = rules
        .routes()
        .filter(|route| {
            let who = route.rule.as_ref().map(|rule| &rule.who);
            matches!(who, Some(Who::Holders(roles)) if roles.contains(&Role::Owner))
        })
        .map(|route| route.operation.as_str())
        .collect();
    let beyond: Vec<_> = owners.iter().filter(|operation| !OWNERS.contains(operation)).collect();
    assert!(beyond.is_empty(), "these let an owner in: {beyond:?}");
    assert!(!owners.is_empty(), "some routes are an owner's");
    let shows =
        |route: &&wheelhouse::access::Route| route.rule.as_ref().is_some_and(|rule| rule.values.is_some());
    for route in rules.routes().filter(shows) {
        let values = route.rule.as_ref().unwrap().values.as_ref().unwrap();
        assert!(!values.contains(&Role::Owner), "{}", route.operation);
    }
}

#[test]
fn every_route_says_whom_it_lets_in() {
    let rules = rules();
    let silent: Vec<_> =
        rules.routes().filter(|route| route.rule.is_none()).map(|route| &route.operation).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

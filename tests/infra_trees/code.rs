//! What the infrastructure says of the program is true: queues, containers, keys, functions, log lines, permissions, days.

use std::collections::BTreeSet;

use serde_json::Value;
use wheelhouse::access::Role;

use super::{Read, Resource, Tree};

type Names = BTreeSet<String>;

pub fn findings(tree: &Tree, read: &Read) -> Vec<String> {
    let mut found = queues(tree, read);
    found.extend(names(tree, read));
    found.extend(days(tree, read));
    found.extend(regions(read));
    found.extend(queries(tree, read));
    found.extend(registration(tree, read));
    found.extend(workflows(tree));
    found
}

fn strings(value: &Value) -> Names {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn one_sided(what: &str, here: (&str, &Names), there: (&str, &Names)) -> Vec<String> {
    let only = |side: &str, names: &Names, others: &Names| -> Vec<String> {
        names.difference(others).map(|name| format!("{what} {name}: in {side} only")).collect()
    };
    [only(here.0, here.1, there.1), only(there.0, there.1, here.1)].concat()
}

/// The folders of function-defs with their bindings.
fn functions(tree: &Tree) -> Vec<(String, Value)> {
    let all = tree.under("function-defs/", "/function.json").map(|(path, text)| {
        let name = path.trim_start_matches("function-defs/").trim_end_matches("/function.json");
        (name.to_owned(), serde_json::from_str::<Value>(text).unwrap_or_default()["bindings"].clone())
    });
    all.collect()
}

/// A queue for each function that one starts.
fn queues(tree: &Tree, read: &Read) -> Vec<String> {
    let bindings = functions(tree)
        .into_iter()
        .flat_map(|(_, bindings)| bindings.as_array().cloned().unwrap_or_default());
    let bound: Names =
        bindings.filter_map(|binding| binding["queueName"].as_str().map(str::to_owned)).collect();
    let mut found = one_sided(
        "queue",
        ("infra/common/stamp.json", &strings(&read.stamp()["queues"]["data"])),
        ("function-defs", &bound),
    );
    found.extend(
        strings(&read.stamp()["queues"]["host"])
            .iter()
            .map(|name| format!("queue {name}: the host's account has none")),
    );
    found
}

/// The container and the key that the program asks for by name, and the container that the package lies in.
fn names(tree: &Tree, read: &Read) -> Vec<String> {
    let app = tree.file("handlers/app.rs");
    let constant = |name: &str| {
        let line = app.lines().find(|line| line.contains(&format!("const {name}: &str = ")));
        line.and_then(|line| line.split('"').nth(1)).unwrap_or_default().to_owned()
    };
    let containers = &read.stamp()["containers"];
    let mut found = one_sided(
        "container",
        ("infra/common/stamp.json", &strings(&containers["data"])),
        ("handlers/app.rs", &Names::from([constant("CONTAINER")])),
    );
    // The program's, and the one that storage may be encrypted with.
    let wanted = Names::from([constant("WRAPPING_KEY"), "storage".to_owned()]);
    found.extend(one_sided("key", ("Bicep", &keys(&read.bicep)), ("handlers/app.rs", &wanted)));
    found.extend(one_sided("key", ("Terraform", &keys(&read.terraform)), ("handlers/app.rs", &wanted)));
    for package in strings(&containers["host"]) {
        for path in ["infra/bicep/modules/app.bicep", "infra/terraform/app.tf"] {
            let says = tree.file(path).contains(&format!("{package}\""))
                || tree.file(path).contains(&format!("/{package}'"));
            found.extend(
                (!says).then(|| format!("container {package}: {path} takes the package from elsewhere")),
            );
        }
    }
    let session = tree.file("handlers/access/session.rs");
    let ended = session.split("const ENDED: &str = \"").nth(1).and_then(|rest| rest.split('"').next());
    let marks = Names::from([format!("{}/{}", constant("CONTAINER"), ended.unwrap_or_default())]);
    found.extend(one_sided(
        "lifecycle",
        ("infra/common/stamp.json", &strings(&read.stamp()["marks"])),
        ("the marks of ended sessions, and only they go by age (docs/decisions/0033)", &marks),
    ));
    found
}

/// The names of the vault's keys: of those that are made, in a loop, and of those that a role is assigned on.
fn keys(all: &[Resource]) -> Names {
    let mut names = Names::new();
    for one in all.iter().filter(|one| one.kind.ends_with("/keys")) {
        let quoted = one.each.split(['\'', '"']).skip(1).step_by(2).map(str::to_owned);
        names.extend(quoted);
        let own = one.body["name"].as_str().filter(|_| one.existing);
        names.extend(own.map(str::to_owned));
    }
    names
}

/// Days that promise something.
fn days(tree: &Tree, read: &Read) -> Vec<String> {
    let days = &read.stamp()["days"];
    let tenants = tree.file("handlers/tables/tenants.rs");
    let kept = tenants.split("Self::Days(").nth(1).and_then(|rest| rest.split(')').next());
    let kept: u64 = kept.and_then(|days| days.parse().ok()).unwrap_or_default();
    let mut found = Vec::new();
    if days["logs"].as_u64() != Some(kept) {
        found.push(format!("retention: logs stay {} days, the program's records {kept}", days["logs"]));
    }
    if days["logs"].as_u64() != Some(30) {
        found.push("retention: only 30 days can be purged at once".to_owned());
    }
    // A session ends after eight hours; its mark must be there as long.
    if !matches!(days["marks"].as_u64(), Some(1..=7)) {
        found.push(format!(
            "retention: marks stay {} days; 1 to 7 outlive a session and no more",
            days["marks"]
        ));
    }
    if !matches!(days["packages"].as_u64(), Some(1..=7)) {
        found.push(format!("retention: old packages stay {} days and not 1 to 7", days["packages"]));
    }
    found
}

/// No region is of two classes, and no place outside a class is named anywhere.
fn regions(read: &Read) -> Vec<String> {
    let (eu, us) = (strings(&read.stamp()["regions"]["eu"]), strings(&read.stamp()["regions"]["us"]));
    let mut found: Vec<_> =
        eu.intersection(&us).map(|name| format!("region {name}: of two classes")).collect();
    found.extend(
        us.iter()
            .filter(|name| !name.contains("us"))
            .map(|name| format!("region {name}: not in the United States")),
    );
    found.extend(
        eu.iter()
            .filter(|name| {
                name.contains("us") && *name != "austriaeast"
                    || name.contains("uk")
                    || name.contains("switzerland")
                    || name.contains("norway")
            })
            .map(|name| format!("region {name}: not in the European Union")),
    );
    found
}

/// Queries name functions that exist and lines that the program writes.
fn queries(tree: &Tree, read: &Read) -> Vec<String> {
    let functions: Names = functions(tree).into_iter().map(|(name, _)| name).collect();
    let mut found = Vec::new();
    for (what, query) in all_queries(read) {
        for name in quoted_after(&query, &["Name == ", "Name in (", "Name !in ("]) {
            let known = functions.contains(&name);
            found.extend((!known).then(|| format!("{what}: there is no function `{name}`")));
        }
        for line in quoted_after(&query, &["line.message) == ", "line.message) in ("]) {
            let written =
                tree.under("handlers/", ".rs").any(|(_, text)| text.contains(&format!("\"{line}\"")));
            found.extend((!written).then(|| format!("{what}: the program never writes `{line}`")));
        }
    }
    found
}

fn all_queries(read: &Read) -> Vec<(String, String)> {
    let alerts = read.common["alerts.json"].as_array().into_iter().flatten().map(|alert| {
        let lines = alert["query"].as_array().into_iter().flatten().filter_map(Value::as_str);
        (format!("alert {}", alert["name"]), lines.collect::<Vec<_>>().join("\n"))
    });
    let items = read.common["workbook.json"]["items"].as_array().into_iter().flatten();
    let charts = items.filter_map(|item| {
        Some((format!("workbook {}", item["name"]), item["content"]["query"].as_str()?.to_owned()))
    });
    alerts.chain(charts).collect()
}

/// The texts in quotes that follow one of these, up to the bracket's end.
fn quoted_after(query: &str, heads: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for head in heads {
        for rest in query.split(head).skip(1) {
            let end =
                if head.ends_with('(') { rest.find(')') } else { rest[1..].find('\'').map(|end| end + 2) };
            let part = &rest[..end.unwrap_or(rest.len())];
            found.extend(part.split('\'').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Roles, permissions, addresses and the audience of the registration are those of the program.
fn registration(tree: &Tree, read: &Read) -> Vec<String> {
    let entra = &read.common["entra.json"];
    let field = |list: &str, field: &str| -> Names {
        let rows = entra[list].as_array().into_iter().flatten();
        rows.filter_map(|row| row[field].as_str().map(str::to_owned)).collect()
    };
    let roles = Role::ALL.iter().map(|role| role.name().to_owned()).collect();
    let mut found = one_sided(
        "app role",
        ("infra/common/entra.json", &field("roles", "value")),
        ("handlers/access/role.rs", &roles),
    );
    let page = tree.file("docs/PERMISSIONS.md");
    let table = page.split("\n## ").nth(1).unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| `")).map(|line| line.replace('`', ""));
    let documented: Names = rows
        .map(|row| row.split(" | ").take(2).collect::<Vec<_>>().join(" ").trim_start_matches("| ").to_owned())
        .collect();
    let mut asked = Names::new();
    for list in ["directory", "mailboxes"] {
        let rows = entra[list].as_array().into_iter().flatten();
        asked.extend(rows.map(|row| {
            format!("{} {}", row["name"].as_str().unwrap_or_default(), row["id"].as_str().unwrap_or_default())
        }));
    }
    found.extend(one_sided(
        "permission",
        ("infra/common/entra.json", &asked),
        ("docs/PERMISSIONS.md", &documented),
    ));
    let functions: Names = functions(tree).into_iter().map(|(name, _)| name).collect();
    for path in strings(&entra["redirects"]) {
        let known = path.split('/').nth(1).is_some_and(|first| functions.contains(first));
        found.extend((!known).then(|| format!("registration: nobody answers at {path}")));
    }
    let audience = entra["audience"].as_str().unwrap_or_default();
    found.extend(
        (!tree.file("handlers/config.rs").contains(&format!("\"{audience}\"")))
            .then(|| format!("registration: the program asks for another audience than {audience}")),
    );
    found
}

/// Actions are pinned by the whole hash of a commit.
fn workflows(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.under(".github/workflows/", ".yml") {
        for line in
            text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
        {
            let hash = line.split('@').nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let whole = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            found.extend((!whole).then(|| format!("{path}: {line} is not pinned by the hash of a commit")));
        }
    }
    found
}

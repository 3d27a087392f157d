//! Role × endpoint: the table of docs/ROLES.md is made of the routes, and each of its cells is tried by a call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod access_world;
mod common;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use access_world::{World, path};
use serde_json::json;
use simulator::Tenant;
use wheelhouse::access::{Caller, Role, Route, Rule, Via, Who, rules};

const ABOUT: &str = "# Who may do what

Roles are app roles of the app registration, assigned by each tenant to its own people and scripts (Entra: enterprise applications, users and
groups). A caller is let into their own tenant alone. `Owner` counts in the home tenant only (`WHEELHOUSE_HOME_TENANT`) and is the one role
that reaches other tenants, where the table says so; no route that an owner reaches shows anybody's contacts or calendars.

| role | is for | includes |
| --- | --- | --- |
| `Reader` | seeing status, and no content | |
| `Operator` | runs and previews | `Reader` |
| `Administrator` | hubs and approvals, and content where that needs it | `Operator`, `Reader` |
| `Privacy` | exports, erasures, the audit log | `Reader` |
| `Owner` | the deployment: its tenants and their plans | |

- People sign in at `/sign-in/start`; the session lasts eight hours, or half an hour without a call. Roles are those of the sign-in.
- Scripts send a bearer token of version 2 for this application (`{client id}/.default`) of their own tenant.
- A session's calls that change something carry `X-CSRF-Token` with the value of `csrf` from `GET /api/me`.
- Without `WHEELHOUSE_PUBLIC_URL` there is no sign-in: whoever is on the machine itself may do everything, and nobody else anything.

The table is made of the routes: `UPDATE_DOCS=1 cargo test --test roles` writes it, and the same test tries every cell by a call.
`yes` = let in; `values` = let in, and may ask for `values=true`; `all` = let in, for all tenants.

";

fn with(role: Role) -> Caller {
    Caller { via: Via::Token, tenant: None, person: None, roles: [role].into() }
}

/// What the table says of a role at a route.
fn cell(rule: &Rule, role: Role) -> &'static str {
    let caller = with(role);
    match () {
        () if rule.who == Who::Anyone || rule.who == Who::SignedIn => "yes",
        () if !rule.admits(&caller) => "-",
        () if rule.crosses_tenants(&caller) => "all",
        () if rule.values.is_some() && rule.shows_values(&caller) => "values",
        () => "yes",
    }
}

fn table() -> String {
    let mut text = ABOUT.to_owned();
    let names: Vec<_> = Role::ALL.iter().map(|role| format!("`{}`", role.name())).collect();
    writeln!(text, "| endpoint | operation | no sign-in | {} |", names.join(" | ")).unwrap();
    writeln!(text, "| --- | --- | --- |{}", " --- |".repeat(names.len())).unwrap();
    for Route { method, path, operation, rule } in rules().routes() {
        let rule = rule.as_ref().unwrap();
        let cells = Role::ALL.map(|role| cell(rule, role)).join(" | ");
        let anyone = if rule.who == Who::Anyone { "yes" } else { "-" };
        writeln!(text, "| `{method} {path}` | `{operation}` | {anyone} | {cells} |").unwrap();
    }
    text
}

#[test]
fn the_document_is_that_of_the_routes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ROLES.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, table()).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        table(),
        "UPDATE_DOCS=1 cargo test --test roles writes it"
    );
}

/// The roles are only counted where they are refused: what else comes of an empty call does not matter.
async fn is_let_in(world: &World, route: &Route, tenant: &Tenant, token: &str, more: &str) -> bool {
    for tenant in [&world.a, &world.b, &world.home] {
        world.connect(tenant).await;
    }
    let place = format!("{}{more}", path(route, &tenant.tenant_id()));
    let answer = world.bearer(route.method.as_str(), &place, token).await;
    assert_ne!(answer.status, 401, "{} {place}: {}", route.method, answer.text());
    answer.status != 403
}

#[tokio::test]
async fn every_cell_is_what_the_table_says() {
    let world = World::new().await;
    let (mut cells, mut wrong) = (0, Vec::new());
    let tokens = |tenant: &Tenant| Role::ALL.map(|role| (role, world.token(tenant, &[role.name()])));
    let (of_a, of_home) = (tokens(&world.a), tokens(&world.home));
    let rules = rules();
    for route in rules.routes().filter(|route| route.path.starts_with("/api/")) {
        let rule = route.rule.as_ref().unwrap();
        for (role, token) in &of_home {
            let cell = cell(rule, *role);
            let crosses = route.path.contains("{tenant}");
            let mut tries = vec![("", &world.home, cell != "-")];
            if rule.values.is_some() {
                tries.push(("?values=true", &world.home, cell == "values"));
            }
            if crosses {
                tries.push(("", &world.a, cell == "all"));
            }
            for (more, tenant, expected) in tries {
                cells += 1;
                if is_let_in(&world, route, tenant, token, more).await != expected {
                    wrong.push(format!(
                        "{} {}{more} × {role:?} of the home tenant: not {cell}",
                        route.method, route.path
                    ));
                }
            }
        }
        for (role, token) in of_a.iter().filter(|(role, _)| *role != Role::Owner) {
            cells += 1;
            let cell = cell(rule, *role);
            if is_let_in(&world, route, &world.a, token, "").await != (cell != "-") {
                wrong.push(format!("{} {} × {role:?}: not {cell}", route.method, route.path));
            }
        }
        let (role, token) = of_a.last().unwrap();
        let is_open = !matches!(rule.who, Who::Holders(_));
        assert_eq!(*role, Role::Owner);
        if is_let_in(&world, route, &world.a, token, "").await != is_open {
            wrong.push(format!("{} {} × an owner of another tenant", route.method, route.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("roles × endpoints: {cells} cells tried");
}

#[tokio::test]
async fn a_reader_sees_which_hubs_there_are_and_not_how_they_are_configured() {
    let world = World::new().await;
    let hubs = format!("/api/tenants/{}/hubs", world.a.tenant_id());
    let hub = json!({ "name": "N", "kind": "contacts", "schedule": "0 * * * *",
        "spokes": [{ "id": "company", "connector": "directory", "contributes": {} },
            { "id": "phones", "connector": "mailbox", "receives": { "folder": "F", "audience": { "allMailboxes": true } } }] });
    let token = format!("Bearer {}", world.token(&world.a, &["Administrator"]));
    let headers = [("authorization", token.as_str())];
    let made = world.call("PUT", &format!("{hubs}/company"), &headers, &hub.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let listed = async |role: &str| world.bearer("GET", &hubs, &world.token(&world.a, &[role])).await.json();
    assert_eq!(listed("Operator").await[0]["config"]["name"], "N");
    for role in ["Reader", "Privacy"] {
        let listed = listed(role).await;
        assert_eq!((&listed[0]["hub"], listed[0].get("config")), (&json!("company"), None), "{role}");
    }
}

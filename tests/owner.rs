//! Whoever owns the deployment sees nobody's contacts or calendars: by the rules, and by what the answers really hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod access_world;
mod common;

use std::collections::BTreeSet;

use access_world::World;
use axum::http::Method;
use common::{Answer, work_off};
use serde_json::{Value, json};
use uuid::Uuid;
use wheelhouse::access::{Caller, Role, Route, Via, Who, rules};

/// What nothing but the content of a contact holds.
const MARK: &str = "Zwetschgenkuchen";

/// A connected tenant whose hub holds a contact with the mark: in a mailbox, in a held plan's hub, in an export.
struct Marked {
    world: World,
    person: Uuid,
    /// The ids that paths name.
    ids: Vec<(&'static str, String)>,
}

impl Marked {
    async fn new() -> Self {
        let world = World::new().await;
        let person = world.a.add_user(json!({ "displayName": "Quirin Zolanski", "jobTitle": MARK })).unwrap();
        let ids =
            [("tenant", world.a.tenant_id()), ("hub", "company".to_owned()), ("spoke", "phones".to_owned())];
        let more = [("key", format!("company:{person}")), ("hash", "0".repeat(32)), ("n", "0".to_owned())];
        let mut marked = Self { world, person, ids: ids.into_iter().chain(more).collect() };
        let spokes = json!([
            { "id": "company", "connector": "directory", "contributes": {} },
            { "id": "phones", "connector": "mailbox",
                "receives": { "folder": "Company contacts", "audience": { "users": [person] } } },
        ]);
        let hub = json!({ "name": "N", "kind": "contacts", "schedule": "0 * * * *", "spokes": spokes });
        marked.make("PUT", "/api/tenants/{tenant}/hubs/{hub}", &hub).await;
        let run = marked.make("POST", "/api/tenants/{tenant}/hubs/{hub}/run", &Value::Null).await;
        let asked = json!({ "person": person });
        let request = marked.make("POST", "/api/tenants/{tenant}/privacy/export", &asked).await;
        work_off(&marked.world.app).await;
        let id = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
        marked.ids.extend([("run", id(&run, "run")), ("request", id(&request, "request"))]);
        marked
    }

    async fn make(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = self.world.token(&self.world.a, &["Administrator", "Privacy"]);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.call(method, &self.path(path), &token, &body).await.good()
    }

    fn path(&self, path: &str) -> String {
        self.ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    }

    async fn call(&self, method: &str, path: &str, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.world.call(method, path, &headers, body).await
    }

    /// The operations whose answers hold the mark.
    async fn shown(&self, routes: &[Route], token: &str) -> BTreeSet<String> {
        let mut shown = BTreeSet::new();
        let person = json!({ "person": self.person, "mailbox": self.person, "mailboxes": [self.person], "mode": "reconnect" });
        for route in routes {
            for query in ["", "?values=true"] {
                let path = format!("{}{query}", self.path(&route.path));
                assert!(!path.contains('{'), "give this an id: {path}");
                let answer = self.call(route.method.as_str(), &path, token, &person.to_string()).await;
                assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text());
                if answer.text().contains(MARK) {
                    shown.insert(route.operation.clone());
                }
            }
        }
        shown
    }
}

/// All routes; the ones that take something away come last.
fn routes() -> Vec<Route> {
    let rules = rules();
    let mut routes: Vec<_> = rules.routes().cloned().collect();
    routes.sort_by_key(|route| (route.method == Method::DELETE, route.path.len() < 30));
    routes
}

#[tokio::test]
async fn no_answer_to_an_owner_holds_what_a_tenants_contact_holds() {
    let marked = Marked::new().await;
    let own = marked.world.token(&marked.world.a, &["Reader", "Operator", "Administrator", "Privacy"]);
    let reads: Vec<_> = routes().into_iter().filter(|route| route.method == Method::GET).collect();
    let shown = marked.shown(&reads, &own).await;
    // The mark is there to be seen.
    assert_eq!(shown, ["getDocumentOfRequest", "getItem"].map(str::to_owned).into());

    let olga = marked.world.token(&marked.world.home, &["Owner"]);
    assert_eq!(marked.shown(&routes(), &olga).await, BTreeSet::new());
}

#[test]
fn no_route_that_lets_an_owner_in_can_show_values() {
    let owner = Caller { via: Via::Token, tenant: None, person: None, roles: [Role::Owner].into() };
    for route in rules().routes() {
        let rule = route.rule.as_ref().unwrap();
        let is_let_in = matches!(rule.who, Who::Holders(_)) && rule.admits(&owner);
        assert!(!is_let_in || rule.values.is_none(), "{} {}", route.method, route.path);
        let may_see = rule.values.is_some() && rule.shows_values(&owner);
        assert!(!may_see, "{} {}", route.method, route.path);
    }
    assert!(rules().routes().any(|route| route.rule.as_ref().unwrap().values.is_some()));
}

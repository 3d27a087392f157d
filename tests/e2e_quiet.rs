//! The whole way of a customer: sign-in, consent, runs, refusals, privacy, withdrawal, sign-out. Nothing that was printed on it
//! names anybody, shows an address, a number, a token or a cookie; nor does a key, a queue message or a clear value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;

use demo::browser::Browser;
use serde_json::{Value, json};
use stage::street::Street;
use stage::{HUB, World};
use uuid::Uuid;

/// What a stranger puts wherever text can be put.
const STRANGER: &str = "Xaverius-Junkmann";

/// Everything of the tenant's people that is somebody's.
fn personal(world: &World) -> BTreeSet<String> {
    let one =
        ["displayName", "surname", "mail", "userPrincipalName", "mobilePhone", "streetAddress", "employeeId"];
    let mut found = BTreeSet::new();
    for user in world.simulator.users() {
        let phones = user["businessPhones"].as_array().into_iter().flatten();
        found.extend(
            one.iter().map(|name| &user[*name]).chain(phones).filter_map(Value::as_str).map(str::to_owned),
        );
    }
    // What is shorter turns up in any id.
    found.retain(|text| text.chars().count() > 4);
    found
}

/// What opens doors: cookies, the session's CSRF token, bearer tokens.
async fn keys(street: &Street, browser: &Browser, found: &mut BTreeSet<String>) {
    let (_, me) = browser.call("GET", &street.at("api/me"), "", &Value::Null).await.unwrap();
    found.extend(me["csrf"].as_str().map(str::to_owned));
    found.extend(browser.cookies().into_values().filter(|value| value.len() > 8));
}

impl Street {
    /// A path of the tenant.
    fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.world.tenant())
    }

    /// What a stranger tries: every refusal is one that could print what it was given.
    async fn trouble(&self, browser: &Browser) {
        for path in [
            format!(
                "consent/callback?error=access_denied&error_description={STRANGER}&state={STRANGER}&tenant={STRANGER}"
            ),
            format!(
                "consent/callback?admin_consent=True&state={STRANGER}&tenant={}",
                self.world.simulator.tenant_id()
            ),
            format!("sign-in/callback?code={STRANGER}&state={STRANGER}"),
            format!("api/tenants/{STRANGER}/hubs/{STRANGER}?values=true"),
            format!("api{}/hubs/{HUB}/items/directory:{STRANGER}", self.path("").trim_start_matches("/api")),
        ] {
            browser.open(&self.at(&path)).await.unwrap();
        }
        let hub = json!({ "name": STRANGER, "kind": STRANGER, "spokes": [{ "filter": STRANGER }] });
        let _ = self.call(browser, "PUT", &self.world.hub(), &hub).await;
        for queue in stage::host::QUEUES {
            let junk = json!({ "v": 1, "name": STRANGER, "tenant": self.world.simulator.tenant_id() });
            self.world.invoke(queue, junk.to_string().as_bytes(), 1).await;
        }
    }

    /// What a person asks for who answers for privacy; the paths that are not there yet are refused, and print nothing either.
    async fn privacy(&self, officer: &Browser, person: Uuid) {
        let address = self.world.person(person, "mail");
        for (what, body) in [
            ("export", json!({ "person": address })),
            ("export", json!({ "person": person })),
            ("correct", json!({ "person": person })),
            ("erase", json!({ "person": address, "mailboxes": true })),
        ] {
            let asked = self.call(officer, "POST", &self.path(&format!("/privacy/{what}")), &body).await;
            self.world.settle().await;
            let Ok(asked) = asked else { continue };
            let request = self.path(&format!("/privacy/requests/{}", asked["request"].as_str().unwrap()));
            for view in ["", "/document", "/report"] {
                let _ = self.call(officer, "GET", &format!("{request}{view}"), &Value::Null).await;
            }
        }
        for view in ["/privacy/erased", "/audit", "/audit/verify", "/audit/people"] {
            let _ = self.call(officer, "GET", &self.path(view), &Value::Null).await;
        }
    }
}

#[tokio::test]
async fn a_whole_story_prints_nobody_and_nothing_that_opens_a_door() {
    let street = Street::of(12, 2, &[]).await;
    let world = &street.world;
    let mut secret = personal(world);
    assert!(secret.len() > 40, "{}", secret.len());
    secret.insert(STRANGER.to_owned());

    let browser = street.browser_of(street.admin).await;
    street.consent(&browser, "all").await;
    keys(&street, &browser, &mut secret).await;
    street.call(&browser, "PUT", &world.hub(), &world.config()).await.unwrap();
    street.run(&browser).await;
    world.simulator.update_user(world.cast.people[3], &json!({ "surname": "Quendolin" })).unwrap();
    street.run(&browser).await;
    secret.extend(personal(world));
    let values = format!("{}/preview?mailbox={}&values=true", world.hub(), world.cast.owners[0]);
    let _ = street.call(&browser, "GET", &values, &Value::Null).await;
    street.trouble(&browser).await;

    let officer = world.cast.people[4];
    world.simulator.assign_role(officer, "Privacy");
    let officer = street.browser_of(officer).await;
    keys(&street, &officer, &mut secret).await;
    street.privacy(&officer, world.cast.people[5]).await;

    let script = world.simulator.tenant().person_token(street.admin).unwrap();
    secret.insert(script.rsplit('.').next().unwrap().to_owned());
    secret.insert(world.simulator.tenant().token().rsplit('.').next().unwrap().to_owned());
    for function in ["schedule", "purge"] {
        world.fire(function).await;
    }
    world.settle().await;

    world.simulator.unconsent();
    let _ = street.call(&browser, "POST", &format!("{}/run", world.hub()), &Value::Null).await;
    world.settle().await;
    street.consent(&browser, "all").await;
    keys(&street, &browser, &mut secret).await;
    let me = browser.call("GET", &street.at("api/me"), "", &Value::Null).await.unwrap().1;
    let csrf = me["csrf"].as_str().unwrap_or_default();
    let _ = browser.call("POST", &street.at("sign-in/out"), csrf, &Value::Null).await.unwrap();

    assert_quiet(world, &secret).await;
}

/// Neither in what was printed, nor on a queue, nor in a key or a file.
async fn assert_quiet(world: &World, secret: &BTreeSet<String>) {
    let printed = world.paper.text();
    assert!(printed.contains("mailboxes visited") && printed.contains("audit"), "{printed}");
    assert_none_in(secret, &printed, "the log");
    for (queue, message) in world.host.seen.lock().unwrap().iter() {
        assert_none_in(secret, &String::from_utf8_lossy(message), queue);
    }
    for prefix in ["tenants/", "index/"] {
        let keys = world.app.tables.names(prefix).await.unwrap();
        assert_none_in(secret, &keys.join("\n"), "a key");
    }
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert_none_in(secret, &String::from_utf8_lossy(&bytes), "a file");
    }
}

#[track_caller]
fn assert_none_in(secret: &BTreeSet<String>, text: &str, what: &str) {
    let found: Vec<_> = secret.iter().filter(|value| text.contains(value.as_str())).collect();
    let lines = text.lines().filter(|line| found.iter().any(|value| line.contains(value.as_str())));
    assert!(found.is_empty(), "{what} holds {found:?}: {:#?}", lines.take(5).collect::<Vec<_>>());
}

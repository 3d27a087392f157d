//! A tenant agrees, from the first page to a synced mailbox; withdraws, and agrees anew; grants single mailboxes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{App, Standing};
use stage::street::Street;
use sync::TenantId;
use wheelhouse::consent::PERMISSIONS;
use wheelhouse::tables::Tables;

const HOURS: Duration = Duration::from_secs(2 * 3600);

#[tokio::test]
async fn from_the_first_page_to_a_synced_mailbox() {
    let street = Street::of(12, 3, &[]).await;
    let browser = demo::browser::Browser::new().unwrap();
    let start = browser.open(&street.at("consent/start")).await.unwrap();
    for permission in &PERMISSIONS {
        for text in [permission.name, permission.without] {
            assert!(start.text.contains(&text.replace('\'', "&#39;")), "{text}");
        }
    }
    assert!(start.text.contains("stays in <strong>local</strong>"), "{}", start.text);
    let back = street.sign_in(&browser, street.admin).await;
    assert_eq!(back.url.path(), "/consent/start");
    assert!(back.text.contains(&street.world.simulator.tenant_id()), "{}", back.text);
    assert_eq!(street.record().await, Value::Null);
    let connected = street.consent(&browser, "all").await;
    assert_eq!((connected.status, connected.url.path()), (200, "/consent/connected"), "{}", connected.text);
    let consent = street.record().await["consent"].clone();
    assert_eq!(consent["by"], json!(street.admin));
    assert_eq!(
        (&consent["mode"], &consent["text"]),
        (&json!("all"), &json!(wheelhouse::consent::TEXT_VERSION))
    );
    let granted: BTreeSet<_> = street.world.simulator.grant_of(App::Main).1.into_iter().collect();
    assert_eq!(consent["permissions"], json!(granted));
    assert_eq!(consent["servicePrincipal"], json!(street.world.simulator.service_principal_id(App::Main)));
    assert_eq!(history(&street).await, [consent]);
    street.call(&browser, "PUT", &street.world.hub(), &street.world.config()).await.unwrap();
    let run = street.run(&browser).await;
    assert_eq!(run["tally"]["creates"], json!(12 * 3), "{run}");
    street.world.assert_right();
}

#[tokio::test]
async fn what_was_withdrawn_rests_and_goes_on_without_duplicates() {
    let street = Street::of(8, 2, &[]).await;
    filled(&street).await;
    let tenant = street.world.simulator.tenant();
    withdrawn(&street, "consent", || tenant.set_standing(Standing::Missing)).await;
    withdrawn(&street, "permission", || tenant.set_roles(&["User.Read.All", "Contacts.ReadWrite"])).await;
    withdrawn(&street, "disabled", || tenant.set_standing(Standing::Disabled)).await;
    assert_eq!(history(&street).await.len(), 4);
}

/// Withdraws in some way: the tenant rests, says why, and goes on when somebody agreed anew.
async fn withdrawn(street: &Street, why: &str, withdraw: impl FnOnce()) {
    let world = &street.world;
    withdraw();
    world.clock.advance(HOURS);
    world.simulator.reset_counts();
    world.fire("schedule").await;
    world.settle().await;
    let suspended = street.record().await["suspended"].clone();
    assert_eq!(suspended["why"], why, "{suspended}");
    assert!(suspended["reason"].as_str().unwrap().contains("consent/start"), "{suspended}");
    world.clock.advance(HOURS);
    let asked = world.simulator.counts().token_calls;
    world.fire("schedule").await;
    world.settle().await;
    assert_eq!(world.simulator.counts().token_calls, asked, "nothing is retried in vain");
    if why == "disabled" {
        world.simulator.set_standing(Standing::Consented);
    }
    let browser = street.browser_of(street.admin).await;
    let shown = browser.open(&street.at("consent/connected")).await.unwrap();
    let reason = suspended["reason"].as_str().unwrap().split('"').next().unwrap();
    assert!(shown.text.contains(reason), "{reason}\n{}", shown.text);
    let connected = street.consent(&browser, "all").await;
    assert_eq!(connected.url.path(), "/consent/connected", "{}", connected.text);
    assert_eq!(street.record().await["suspended"], Value::Null);
    assert!(world.waiting().await > 0, "every hub runs at once");
    world.settle().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "all is there already");
    world.assert_right();
}

#[tokio::test]
async fn single_mailboxes_are_granted_in_exchange() {
    let street = Street::of(6, 2, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let connected = street.consent(&browser, "scoped").await;
    assert_eq!(connected.url.path(), "/consent/connected", "{}", connected.text);
    let simulator = &street.world.simulator;
    let principal = simulator.service_principal_id(App::Scoped);
    let commands = [
        format!("New-ServicePrincipal -AppId {} -ObjectId {principal} ", simulator.scoped_client_id()),
        format!(
            "New-ManagementRoleAssignment -App {principal} -Role &#34;Application Contacts.ReadWrite&#34; "
        ),
        format!(
            "New-ManagementRoleAssignment -App {principal} -Role &#34;Application Calendars.ReadWrite&#34; "
        ),
        format!("Test-ServicePrincipalAuthorization -Identity {principal} "),
    ];
    for command in commands {
        assert!(connected.text.contains(&command), "{command}\n{}", connected.text);
    }
    let consent = &street.record().await["consent"];
    assert_eq!(consent["mode"], "scoped");
    assert_eq!(
        consent["permissions"],
        json!(["GroupMember.Read.All", "OrgContact.Read.All", "User.Read.All"])
    );
    let owners = &street.world.cast.owners;
    simulator.scope(Some(&owners[..1]));
    let form = connected.form_with(&[("csrf", "")]).unwrap();
    let asked = format!("{}\n{}", owners[0], owners[1]);
    let told = browser.submit(&connected, &form, &[("mailboxes", &asked)]).await.unwrap();
    let row = |owner: uuid::Uuid, word: &str| {
        format!("<tr><td><code>{owner}</code></td><td>{word}</td><td>{word}</td></tr>")
    };
    assert!(told.text.contains(&row(owners[0], "within reach")), "{}", told.text);
    assert!(told.text.contains(&row(owners[1], "out of reach")), "{}", told.text);
    street.call(&browser, "PUT", &street.world.hub(), &street.world.config()).await.unwrap();
    let run = street.run(&browser).await;
    assert_eq!(run["tally"]["creates"], json!(6), "{run}");
    let expected = street.world.expected();
    assert_eq!(street.world.mismatches(0, &expected), 0);
    assert_eq!(street.world.contacts(1, stage::FOLDER), Vec::<Value>::new());
    assert_eq!(street.record().await["suspended"], Value::Null, "what Exchange grants is in no token");
}

#[tokio::test]
async fn a_scope_that_reaches_all_mailboxes_is_none() {
    let street = Street::of(6, 2, &[]).await;
    let browser = street.browser_of(street.admin).await;
    let back = street.agree(&browser, "scoped").await;
    let directory = ["User.Read.All", "OrgContact.Read.All", "GroupMember.Read.All"];
    street.world.simulator.set_roles_of(App::Scoped, &[&directory[..], &["Calendars.Read"]].concat());
    let page = browser.open(&back).await.unwrap();
    assert_eq!(page.status, 403);
    assert!(page.text.contains("Calendars.Read, which reaches all of them"), "{}", page.text);
    assert_eq!(street.record().await, Value::Null);
}

#[tokio::test]
async fn microsofts_servers_may_take_a_minute_to_learn_of_a_consent() {
    let street = Street::of(2, 1, &[]).await;
    street.world.simulator.set_quirks(|quirks| quirks.consent_lag_seconds = 40);
    let browser = street.browser_of(street.admin).await;
    let connected = street.consent(&browser, "all").await;
    assert_eq!(connected.url.path(), "/consent/connected", "{}", connected.text);
}

#[tokio::test]
async fn a_tenant_of_another_region_is_sent_to_its_stamp() {
    let stamps = "eu=https://eu.wheelhouse.example";
    let more = [("WHEELHOUSE_REGION", "us".to_owned()), ("WHEELHOUSE_STAMPS", stamps.to_owned())];
    let street = Street::of(2, 1, &more).await;
    let tenant = TenantId::new(street.world.simulator.tenant_id()).unwrap();
    street.world.app.tables.connect(&tenant, "eu", None, street.world.app.now()).await.unwrap();
    let page = street.sign_in(&demo::browser::Browser::new().unwrap(), street.admin).await;
    assert_eq!(page.status, 421);
    assert!(page.text.contains("is bound to eu, and this is us"), "{}", page.text);
    assert!(page.text.contains("href=\"https://eu.wheelhouse.example/consent/start\""), "{}", page.text);
}

/// Connects the tenant and fills its mailboxes.
async fn filled(street: &Street) {
    let browser = street.browser_of(street.admin).await;
    street.consent(&browser, "all").await;
    street.call(&browser, "PUT", &street.world.hub(), &street.world.config()).await.unwrap();
    street.run(&browser).await;
    street.world.assert_right();
}

/// What the tenant's administrators agreed to, the oldest first.
async fn history(street: &Street) -> Vec<Value> {
    let tenant = TenantId::new(street.world.simulator.tenant_id()).unwrap();
    let prefix = Tables::consents_prefix(&tenant);
    let tables = &street.world.app.tables;
    let mut history = Vec::new();
    for name in tables.names(&prefix).await.unwrap() {
        let row = tables.consents.get(&format!("{prefix}{name}")).await.unwrap();
        history.push(serde_json::to_value(row.unwrap().record).unwrap());
    }
    history
}

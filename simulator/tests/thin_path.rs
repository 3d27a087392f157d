//! The main way, once through: log in, read the directory, fill a folder by batch, read it back by delta.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use common::{IMMUTABLE, read, world};
use serde_json::{Value, json};

#[tokio::test]
async fn from_login_to_delta() {
    let mut w = world().await;
    w.sim.set_latency(Duration::from_millis(3));
    w.sim.add_user(json!({ "displayName": "Bo Li", "givenName": "Bo" })).unwrap();

    let query = format!(
        "resource=api://AzureADTokenExchange&api-version=2019-08-01&client_id={}",
        w.sim.identity_client_id()
    );
    let identity = w.http.get(format!("{}?{query}", w.sim.identity_url()));
    let identity = identity.header("X-IDENTITY-HEADER", w.sim.identity_header());
    let assertion = read(identity.send().await.unwrap()).await.unwrap().ok(200).body;
    let form = [
        ("client_id", w.sim.client_id()),
        ("scope", "https://graph.microsoft.com/.default".to_owned()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()),
        ("client_assertion", assertion["access_token"].as_str().unwrap().to_owned()),
        ("grant_type", "client_credentials".to_owned()),
    ];
    let login = format!("{}/{}/oauth2/v2.0/token", w.sim.login_url(), w.sim.tenant_id());
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = w.http.post(login).header("Content-Type", "application/x-www-form-urlencoded").body(body);
    let token = read(request.send().await.unwrap()).await.unwrap().ok(200).body;
    w.token = token["access_token"].as_str().unwrap().to_owned();

    let (people, _) = w.round("/users/delta?$select=displayName,givenName", &[]).await;
    assert_eq!(people.len(), 2);

    let folder = w.folder("Company Contacts").await;
    let url = w.mine(&format!("contactFolders/{folder}/contacts"));
    let create = |n: usize| {
        json!({
            "id": n.to_string(), "method": "POST", "url": url,
            "headers": { "Content-Type": "application/json", "Prefer": "IdType=\"ImmutableId\"" },
            "body": { "givenName": format!("Person {n}"), "surname": "Kos" },
        })
    };
    let answers = w.batch((1..=20).map(create).collect()).await.ok(200);
    assert!(answers.body["responses"].as_array().unwrap().iter().all(|answer| answer["status"] == 201));

    let (contacts, link) = w.round(&format!("{url}/delta"), &[IMMUTABLE]).await;
    assert_eq!(contacts.len(), 20);
    assert_eq!(w.round(&link, &[IMMUTABLE]).await.0, Vec::<Value>::new());
    let contents = w.sim.mailbox_contents(w.user);
    assert_eq!(contents["folders"][1]["contacts"].as_array().unwrap().len(), 20);
    let counts = w.sim.counts();
    assert_eq!(
        (counts.writes.contact_creates, counts.peak_mailbox_concurrency, counts.throttled),
        (20, 4, 0)
    );
}

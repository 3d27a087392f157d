//! Faults on purpose, in both directions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use common::{Watch, World, world};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Layer, Options, Simulator};

/// Creates a contact under a fault: what the client sees, and how many contacts there are then.
async fn create_under(kind: FaultKind) -> (String, u64) {
    let w = world().await;
    w.sim.add_fault(Fault::new(kind));
    let sent = w.try_send("POST", &w.mine("contacts"), &[], Some(json!({ "givenName": "A" }))).await;
    let seen = match sent {
        Ok(reply) if reply.body.is_null() => format!("{} {:.12}", reply.status, reply.text),
        Ok(reply) => reply.short(),
        Err(_) => "no answer".into(),
    };
    (seen.trim().to_owned(), w.sim.counts().writes.contact_creates)
}

/// The same as an item of a batch.
async fn create_in_batch_under(kind: FaultKind) -> (String, u64) {
    let w = world().await;
    w.sim.add_fault(Fault::new(kind).layer(Layer::Item));
    let sent = w.try_send("POST", "/$batch", &[], Some(json!({ "requests": [create(&w)] }))).await;
    let seen = match sent {
        Ok(reply) => {
            let item = &reply.body["responses"][0];
            let body = &item["body"];
            let code = body["error"]["code"]
                .as_str()
                .map_or_else(|| format!("{:.12}", body.as_str().unwrap_or_default()), str::to_owned);
            format!("{} {code}", item["status"])
        }
        Err(_) => "no answer".into(),
    };
    (seen.trim().to_owned(), w.sim.counts().writes.contact_creates)
}

fn create(w: &World) -> Value {
    json!({
        "id": "1", "method": "POST", "url": w.mine("contacts"),
        "headers": { "Content-Type": "application/json" }, "body": { "givenName": "A" },
    })
}

#[tokio::test]
async fn each_fault_of_a_plain_request_has_or_has_not_its_effect() {
    for (kind, seen, effect) in [
        (FaultKind::Unavailable, "503", 0),
        (FaultKind::ServerError, "500 InternalServerError", 0),
        (FaultKind::Conflict, "409 ErrorIrresolvableConflict", 0),
        (FaultKind::GatewayTimeout, "504", 1),
        (FaultKind::ResetBefore, "no answer", 0),
        (FaultKind::ResetAfter, "no answer", 1),
        (FaultKind::ResetMidBody, "no answer", 1),
        (FaultKind::Html, "200 <!DOCTYPE ht", 1),
        (FaultKind::TruncatedJson, "200 {\"@odata.con", 1),
        (FaultKind::ErrorInside, "200 UnknownError", 0),
        (FaultKind::ThrottleStorm, "429 ApplicationThrottled", 0),
    ] {
        assert_eq!(create_under(kind).await, (seen.to_owned(), effect), "{kind:?}");
    }
}

#[tokio::test]
async fn each_fault_of_a_batch_item_has_or_has_not_its_effect() {
    for (kind, seen, effect) in [
        (FaultKind::Unavailable, "503", 0),
        (FaultKind::ServerError, "500 InternalServerError", 0),
        (FaultKind::Conflict, "409 ErrorIrresolvableConflict", 0),
        (FaultKind::GatewayTimeout, "504", 1),
        (FaultKind::ResetBefore, "no answer", 0),
        (FaultKind::ResetAfter, "no answer", 1),
        (FaultKind::ResetMidBody, "no answer", 1),
        (FaultKind::Html, "200 <!DOCTYPE ht", 1),
        (FaultKind::TruncatedJson, "200 {\"@odata.con", 1),
        (FaultKind::ErrorInside, "200 UnknownError", 0),
        (FaultKind::ThrottleStorm, "429 ApplicationThrottled", 0),
    ] {
        assert_eq!(create_in_batch_under(kind).await, (seen.to_owned(), effect), "{kind:?}");
    }
}

#[tokio::test]
async fn a_slow_body_takes_its_time() {
    let w = world().await;
    w.sim.add_fault(Fault::new(FaultKind::SlowBody).milliseconds(200));
    let began = Watch::start();
    w.get("/users").await.ok(200);
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_link_can_lead_back_for_ever() {
    let w = world().await;
    w.sim.add_fault(Fault::new(FaultKind::NextLinkLoop).path("/users/delta"));
    let first = w.get("/users/delta").await.ok(200);
    assert!(first.body.get("@odata.deltaLink").is_none());
    let second = w.get(&first.next().unwrap()).await.ok(200);
    assert_eq!(second.next(), first.next());
}

#[tokio::test]
async fn unknown_values_appear_in_objects() {
    let w = world().await;
    w.sim
        .add_org_contact(json!({ "displayName": "P", "phones": [{ "type": "business", "number": "1" }] }))
        .unwrap();
    w.sim.add_fault(Fault::new(FaultKind::UnknownValues));
    let entry = w.get("/contacts").await.ok(200).entries()[0].clone();
    assert_eq!(entry["phones"][0]["type"], "unknownFutureValue");
    assert!(entry.get("whatIsThis").is_some());
}

#[tokio::test]
async fn control_characters_appear_raw_in_strings() {
    let w = world().await;
    w.sim.add_fault(Fault::new(FaultKind::ControlCharacters));
    let reply = w.get("/users").await.ok(200);
    assert!(reply.body.is_null(), "not JSON any more");
    assert!(reply.text.contains("\"displayName\":\"\u{b}Ana"));
}

#[tokio::test]
async fn a_rule_hits_only_what_it_names() {
    let w = world().await;
    let other = w.sim.add_user(json!({ "displayName": "Bo" })).unwrap();
    w.sim.add_fault(
        Fault::new(FaultKind::Unavailable).method("GET").path("/users/*/contacts").mailbox(w.user),
    );
    assert_eq!(w.get(&w.mine("contacts")).await.status, 503);
    assert_eq!(w.get(&format!("/users/{other}/contacts")).await.status, 200);
    assert_eq!(w.get(&w.mine("contactFolders")).await.status, 200);
    assert_eq!(w.post(&w.mine("contacts"), json!({ "givenName": "A" })).await.status, 201);
    w.sim.clear_faults();
    w.sim.add_fault(Fault::new(FaultKind::ServerError).nth(2));
    let statuses = [w.get("/users").await.status, w.get("/users").await.status, w.get("/users").await.status];
    assert_eq!(statuses, [200, 500, 200]);
}

#[tokio::test]
async fn the_token_endpoint_fails_on_purpose_too() {
    let w = world().await;
    w.sim.add_fault(Fault::new(FaultKind::Unavailable).path("*/oauth2/v2.0/token").times(1));
    let url = format!("{}/{}/oauth2/v2.0/token", w.sim.login_url(), w.sim.tenant_id());
    assert_eq!(w.http.post(&url).send().await.unwrap().status(), 503);
    assert_eq!(w.http.post(&url).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn chance_is_the_same_for_a_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let w = world().await;
        w.sim.add_fault(Fault::new(FaultKind::Unavailable).probability(0.3, 7));
        let mut run = Vec::new();
        for _ in 0..50 {
            run.push(w.get(&w.mine("contacts")).await.status);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    let hits = runs[0].iter().filter(|status| **status == 503).count();
    assert!((5..=30).contains(&hits), "{hits}");
}

#[tokio::test]
async fn the_work_goes_on_when_the_client_hangs_up() {
    let w = world().await;
    w.sim.set_latency(Duration::from_millis(100));
    let hasty = reqwest::Client::builder().timeout(Duration::from_millis(30)).no_proxy().build().unwrap();
    let url = format!("{}/v1.0{}", w.sim.graph_url(), w.mine("contacts"));
    assert!(hasty.post(url).bearer_auth(&w.token).json(&json!({ "givenName": "A" })).send().await.is_err());
    let began = Watch::start();
    while w.sim.counts().writes.contact_creates == 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "the contact never came");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let first = Simulator::start(Options::default()).await.unwrap();
    let port = first.graph_url().rsplit(':').next().unwrap().parse().unwrap();
    let why = Simulator::start(Options { port, ..Options::default() }).await.map(|_| ()).unwrap_err();
    assert_eq!(why.kind(), simulator::ErrorKind::Bind);
    assert!(why.to_string().starts_with(&format!("cannot listen on 127.0.0.1:{port}")));
}

#[tokio::test]
async fn a_cut_in_the_middle_comes_after_the_head() {
    let w = world().await;
    w.sim.add_fault(Fault::new(FaultKind::ResetMidBody));
    let url = format!("{}/v1.0/users", w.sim.graph_url());
    let response = w.http.get(url).bearer_auth(&w.token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.is_err());
}

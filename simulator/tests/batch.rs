//! `$batch`: its rules, its four lanes, its throttling.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{Reply, Watch, World, world};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Layer};

fn create(w: &World, id: usize) -> Value {
    json!({
        "id": id.to_string(), "method": "POST", "url": w.mine("contacts"),
        "headers": { "Content-Type": "application/json" }, "body": { "givenName": format!("P{id}") },
    })
}

fn read(w: &World, id: usize) -> Value {
    json!({ "id": id.to_string(), "method": "GET", "url": format!("/users/{}", w.user) })
}

fn item<'a>(reply: &'a Reply, id: &str) -> &'a Value {
    reply.body["responses"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap()
}

fn statuses(reply: &Reply) -> Vec<u64> {
    reply.body["responses"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn twenty_are_the_most() {
    let w = world().await;
    let reply = w.batch((0..21).map(|n| read(&w, n)).collect()).await;
    insta::assert_snapshot!(format!("{}: {}", reply.short(), reply.message()), @"400 MaximumValueExceeded: Number of batch request steps exceeds the maximum value of 20.");
    assert_eq!(statuses(&w.batch((0..20).map(|n| read(&w, n)).collect()).await.ok(200)), [200; 20]);
}

#[tokio::test]
async fn malformed_batches_are_refused_whole() {
    let w = world().await;
    let mut typeless = create(&w, 1);
    typeless.as_object_mut().unwrap().remove("headers");
    for requests in [
        json!([]),
        json!([read(&w, 1), read(&w, 1)]),
        json!([typeless]),
        json!([{ "method": "GET", "url": "/users" }]),
        json!([{ "id": 1, "method": "GET", "url": "/users" }]),
        json!("nothing"),
    ] {
        assert_eq!(w.batch(requests.clone()).await.short(), "400 BadRequest", "{requests}");
    }
    assert_eq!(w.post("/$batch", json!({})).await.short(), "400 BadRequest");
    assert_eq!(w.get("/$batch").await.short(), "405 MethodNotAllowed");
    assert_eq!(w.sim.counts().writes.total(), 0);
}

#[tokio::test]
async fn a_chain_runs_in_order_and_stops_at_the_first_failure() {
    let w = world().await;
    let mut requests = vec![create(&w, 1), read(&w, 2), create(&w, 3), create(&w, 4)];
    requests[1]["url"] = "/users/nobody".into();
    for (before, n) in ["1", "2", "3"].into_iter().zip(1..) {
        requests[n]["dependsOn"] = json!([before]);
    }
    let reply = w.batch(requests.into()).await.ok(200);
    assert_eq!(item(&reply, "1")["status"], 201);
    assert_eq!(item(&reply, "2")["status"], 404);
    assert_eq!(
        (item(&reply, "3")["status"].as_u64(), item(&reply, "4")["status"].as_u64()),
        (Some(424), Some(424))
    );
    assert_eq!(item(&reply, "3")["body"]["error"]["code"], "FailedDependency");
}

#[tokio::test]
async fn only_chains_or_no_order_at_all_are_taken() {
    let w = world().await;
    let mut tree = vec![read(&w, 1), read(&w, 2), read(&w, 3)];
    tree[1]["dependsOn"] = json!(["1"]);
    tree[2]["dependsOn"] = json!(["1"]);
    assert_eq!(w.batch(tree.clone().into()).await.short(), "400 BadRequest");
    tree[2]["dependsOn"] = json!(["9"]);
    assert_eq!(w.batch(tree.into()).await.short(), "400 BadRequest");
}

#[tokio::test]
async fn the_spellings_of_the_sdks_are_understood() {
    let w = world().await;
    let mut request = create(&w, 1);
    request["url"] = format!("{}/v1.0{}", w.sim.graph_url(), w.mine("contacts")).into();
    request["headers"] = json!({ "content-type": "application/json", "prefer": "IdType=\"ImmutableId\"" });
    request["depends_on"] = json!([]);
    let reply = w.batch(json!([request])).await.ok(200);
    assert!(item(&reply, "1")["body"]["id"].as_str().unwrap().starts_with("AAkALg"));
}

#[tokio::test]
async fn urls_are_relative_and_without_the_version() {
    let w = world().await;
    let mut requests = vec![read(&w, 1), read(&w, 2), read(&w, 3)];
    requests[0]["url"] = format!("/v1.0/users/{}", w.user).into();
    requests[1]["url"] = format!("users/{}", w.user).into();
    requests[2]["url"] = "/$batch".into();
    let reply = w.batch(requests.into()).await.ok(200);
    assert_eq!(item(&reply, "1")["status"], 400);
    assert_eq!(item(&reply, "2")["status"], 200);
    assert_eq!(item(&reply, "3")["status"], 400);
    let foreign = json!([{ "id": "1", "method": "GET", "url": "https://elsewhere.example/v1.0/users" }]);
    assert_eq!(w.batch(foreign).await.short(), "400 BadRequest");
}

#[tokio::test]
async fn headers_of_the_batch_do_not_reach_its_items() {
    let w = world().await;
    let reply = w.batch(json!([create(&w, 1)])).await.ok(200); // the outer request prefers immutable ids
    assert!(item(&reply, "1")["body"]["id"].as_str().unwrap().starts_with("AAMkAD"));
}

#[tokio::test]
async fn an_item_without_content_has_a_null_body() {
    let w = world().await;
    let contact = w.contact("A").await;
    let request = json!([{ "id": "1", "method": "DELETE", "url": w.mine(&format!("contacts/{contact}")) }]);
    let reply = w.batch(request).await.ok(200);
    assert_eq!((&item(&reply, "1")["status"], &item(&reply, "1")["body"]), (&json!(204), &Value::Null));
}

#[tokio::test]
async fn answers_come_in_any_order_but_complete() {
    let w = world().await;
    let reply = w.batch((0..20).map(|n| read(&w, n)).collect()).await.ok(200);
    let order: Vec<&str> =
        reply.body["responses"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
    assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 20);
    assert_ne!(order, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn four_run_at_a_time_and_a_chain_one_by_one() {
    let w = world().await;
    w.sim.set_latency(Duration::from_millis(20));
    let began = Watch::start();
    assert_eq!(statuses(&w.batch((0..20).map(|n| create(&w, n)).collect()).await.ok(200)), [201; 20]);
    assert!(began.elapsed() >= Duration::from_millis(100), "20 items in four lanes take five rounds");
    assert_eq!(w.sim.counts().peak_mailbox_concurrency, 4);
    w.sim.reset_counts();
    let mut chain: Vec<Value> = (0..4).map(|n| create(&w, n)).collect();
    for (n, item) in chain.iter_mut().enumerate().skip(1) {
        item["dependsOn"] = json!([(n - 1).to_string()]);
    }
    let began = Watch::start();
    w.batch(chain.into()).await.ok(200);
    assert!(began.elapsed() >= Duration::from_millis(80));
    assert_eq!(w.sim.counts().peak_mailbox_concurrency, 1);
}

#[tokio::test]
async fn two_batches_at_once_for_one_mailbox_are_throttled_item_by_item() {
    let w = world().await;
    w.sim.set_latency(Duration::from_millis(30));
    let batch = || w.batch((0..20).map(|n| create(&w, n)).collect());
    let (one, other) = tokio::join!(batch(), batch());
    let all: Vec<&Value> =
        [&one, &other].into_iter().flat_map(|reply| reply.body["responses"].as_array().unwrap()).collect();
    let throttled = all.iter().find(|item| item["status"] == 429).expect("some items are throttled");
    assert_eq!(throttled["body"]["error"]["message"], "Application is over its MailboxConcurrency limit.");
    assert!(throttled["headers"]["Retry-After"].as_str().unwrap().parse::<u64>().unwrap() >= 1);
    let counts = w.sim.counts();
    let passed = all.iter().filter(|item| item["status"] == 201).count();
    assert_eq!((counts.writes.contact_creates, counts.throttled), (passed as u64, 40 - passed as u64));
}

#[tokio::test]
async fn a_batch_counts_as_one_call_and_its_items_as_requests() {
    let w = world().await;
    w.batch((0..5).map(|n| create(&w, n)).collect()).await.ok(200);
    w.get(&w.mine("contacts")).await.ok(200);
    let counts = w.sim.counts();
    assert_eq!((counts.http_calls, counts.graph_requests, counts.writes.contact_creates), (2, 6, 5));
    assert!(counts.bytes_in > 500 && counts.bytes_out > 5000);
}

#[tokio::test]
async fn an_item_and_a_whole_batch_can_be_throttled_apart() {
    let w = world().await;
    w.sim.add_fault(Fault::new(FaultKind::ThrottleStorm).layer(Layer::Item).nth(2).retry_after(7));
    let reply = w.batch((0..3).map(|n| create(&w, n)).collect()).await.ok(200);
    assert_eq!(statuses(&reply).iter().filter(|status| **status == 429).count(), 1);
    w.sim.clear_faults();
    w.sim.add_fault(Fault::new(FaultKind::ThrottleStorm).path("/$batch").times(1).retry_after(9));
    let reply = w.batch((0..3).map(|n| create(&w, n)).collect()).await;
    assert_eq!((reply.status, reply.headers["retry-after"].to_str().unwrap()), (429, "9"));
    assert_eq!(w.sim.counts().writes.contact_creates, 2);
}

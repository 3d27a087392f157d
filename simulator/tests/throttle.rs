//! The limits of a mailbox: four at once, 10,000 in ten minutes (the volume is tested beside the gate).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use common::{Watch, World, world, world_with};
use serde_json::{Value, json};
use simulator::{Clock, Options};

async fn still_world() -> World {
    let start = chrono::DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let options = Options { clock: Clock::virtual_at(start), token_seconds: 1_000_000, ..Options::default() };
    world_with(options).await
}

#[tokio::test]
async fn a_fifth_request_at_once_is_throttled() {
    let w = world().await;
    w.sim.set_latency(Duration::from_millis(400));
    let path = w.mine("contacts");
    let replies = futures::future::join_all((0..5).map(|_| w.get(&path))).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].code(), "ApplicationThrottled");
    assert_eq!(refused[0].headers["retry-after"], "1");
}

#[tokio::test]
async fn mailboxes_do_not_share_their_limits() {
    let w = world().await;
    w.sim.set_latency(Duration::from_millis(300));
    let users: Vec<_> =
        (0..8).map(|n| w.sim.add_user(json!({ "displayName": format!("P{n}") })).unwrap()).collect();
    let paths: Vec<String> = users.iter().map(|user| format!("/users/{user}/contacts")).collect();
    let replies = futures::future::join_all(paths.iter().map(|path| w.get(path))).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
}

#[tokio::test]
async fn ten_thousand_requests_in_ten_minutes_are_the_most() {
    let w = still_world().await;
    let reads: Vec<Value> = (0..20)
        .map(|n| json!({ "id": n.to_string(), "method": "GET", "url": w.mine("contactFolders") }))
        .collect();
    for _ in 0..500 {
        w.batch(reads.clone().into()).await.ok(200);
    }
    let refused = w.get(&w.mine("contactFolders")).await;
    assert_eq!(
        (refused.short(), refused.headers["retry-after"].to_str().unwrap()),
        ("429 ApplicationThrottled".into(), "600")
    );
    w.sim.clock().advance(Duration::from_secs(600));
    w.get(&w.mine("contactFolders")).await.ok(200);
}

#[tokio::test]
async fn a_virtual_clock_makes_latency_free() {
    let w = still_world().await;
    w.sim.set_latency(Duration::from_secs(60));
    let began = Watch::start();
    w.get(&w.mine("contacts")).await.ok(200);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn throttling_can_be_switched_off() {
    let w = world().await;
    w.sim.set_latency(Duration::from_millis(300));
    w.sim.set_quirks(|quirks| quirks.throttling = false);
    let path = w.mine("contacts");
    let replies = futures::future::join_all((0..8).map(|_| w.get(&path))).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(w.sim.counts().peak_mailbox_concurrency, 8);
}

#[tokio::test]
async fn two_writes_at_once_to_one_contact_conflict() {
    let w = world().await;
    let path = w.mine(&format!("contacts/{}", w.contact("A").await));
    w.sim.set_latency(Duration::from_millis(300));
    let patch = |title: &'static str| w.patch(&path, json!({ "jobTitle": title }));
    let (one, other) = tokio::join!(patch("x"), patch("y"));
    let mut seen = [one.short(), other.short()];
    seen.sort();
    assert_eq!(seen, ["200", "409 ErrorIrresolvableConflict"]);
    w.patch(&path, json!({ "jobTitle": "z" })).await.ok(200);
}

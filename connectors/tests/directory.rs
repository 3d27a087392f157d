//! Stories of the directory's delta rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::time::Duration;

use common::*;
use connectors::graph::{Kind, Member, Removed, Round};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};

fn names(round: &Round) -> Vec<&str> {
    round.changes.iter().filter_map(|change| change.properties.get("displayName")?.as_str()).collect()
}

#[tokio::test]
async fn a_round_brings_all_and_the_next_only_what_changed() {
    let world = World::new().await;
    let people: Vec<_> = (0..1500)
        .map(|n| {
            world.simulator.add_user(json!({ "displayName": format!("P{n}"), "jobTitle": "Clerk" })).unwrap()
        })
        .collect();
    world.simulator.reset_counts();
    let all = world.reader().users_delta(None).await;
    assert_eq!(all.changes.len(), 1500);
    assert_eq!(world.simulator.counts().http_calls, 2, "pages of 999");
    let link = all.end.unwrap();

    world.simulator.update_user(people[3], &json!({ "jobTitle": null, "city": "Paris" })).unwrap();
    world.simulator.remove_user(people[4]).unwrap();
    world.simulator.purge_user(people[5]).unwrap();
    let mut round = world.reader().users_delta(Some(&link)).await;
    round.changes.sort_by_key(|change| people.iter().position(|id| id.to_string() == change.id));
    assert_eq!(round.changes.len(), 3);
    assert_eq!(round.changes[0].properties["jobTitle"], Value::Null);
    assert_eq!(round.changes[0].properties["city"], "Paris");
    assert!(!round.changes[0].properties.contains_key("displayName"), "only what changed");
    assert_eq!(round.changes[1].removed, Some(Removed::Changed));
    assert_eq!(round.changes[2].removed, Some(Removed::Deleted));
    assert!(!format!("{round:?}").contains("Paris"), "nothing personal is shown");
}

#[tokio::test]
async fn groups_tell_who_came_and_who_went() {
    let world = World::new().await;
    let ana = world.simulator.add_user(json!({ "displayName": "Ana" })).unwrap();
    let inner = world.simulator.add_group(json!({ "displayName": "Inner", "members": [ana] })).unwrap();
    let outer = world.simulator.add_group(json!({ "displayName": "Outer", "members": [inner] })).unwrap();
    let all = world.reader().groups_delta(None).await;
    let of = |round: &Round, id: uuid::Uuid| -> Vec<Member> {
        let changes = round.changes.iter().filter(|change| change.id == id.to_string());
        changes.flat_map(|change| change.members.clone()).collect()
    };
    let kind = "#microsoft.graph.group".to_owned();
    assert_eq!(of(&all, outer), [Member { id: inner.to_string(), kind, removed: false }]);
    assert_eq!(names(&all).len(), 2);
    world.simulator.remove_member(inner, ana).unwrap();
    let next = world.reader().groups_delta(Some(&all.end.unwrap())).await;
    assert!(of(&next, inner)[0].removed);
}

#[tokio::test]
async fn org_contacts_come_too() {
    let world = World::new().await;
    world.simulator.add_org_contact(json!({ "displayName": "Supplier" })).unwrap();
    let all = world.reader().org_contacts_delta(None).await;
    all.end.as_ref().unwrap();
    assert_eq!(names(&all), ["Supplier"]);
}

#[tokio::test]
async fn a_link_that_is_too_old_asks_for_a_full_round() {
    let world = World::new().await;
    let link = world.reader().users_delta(None).await.end.unwrap();
    world.simulator.clock().advance(Duration::from_secs(8 * 86_400));
    let error = world.reader().users_delta(Some(&link)).await.end.unwrap_err();
    assert_eq!(error.kind(), Kind::Resync);
}

#[tokio::test]
async fn a_round_that_breaks_off_keeps_what_it_read_and_says_so() {
    let world = World::new().await;
    for n in 0..1200 {
        world.simulator.add_user(json!({ "displayName": format!("P{n}") })).unwrap();
    }
    // A rule that fires hides the request from those after it: the second page fails four times.
    for _ in 0..4 {
        world.simulator.add_fault(Fault::new(FaultKind::Unavailable).path("/users/delta*").nth(2));
    }
    let round = world.reader().users_delta(None).await;
    let error = round.end.unwrap_err();
    assert!(matches!(error.kind(), Kind::Retry { .. }), "{error}");
    assert_eq!(round.changes.len(), 999);
}

#[tokio::test]
async fn trouble_that_passes_is_waited_out() {
    for kind in [
        FaultKind::Unavailable,
        FaultKind::ServerError,
        FaultKind::GatewayTimeout,
        FaultKind::ResetBefore,
        FaultKind::ResetMidBody,
        FaultKind::Html,
        FaultKind::TruncatedJson,
        FaultKind::ErrorInside,
        FaultKind::ThrottleStorm,
    ] {
        let world = World::new().await;
        world.colleague("Ana");
        world.simulator.add_fault(Fault::new(kind).path("/users/delta*").times(2));
        let round = world.reader().users_delta(None).await;
        assert!(round.end.is_ok(), "{kind:?}: {:?}", round.end);
        assert_eq!(names(&round), ["Ana"]);
    }
}

#[tokio::test]
async fn trouble_that_stays_is_given_up_and_named() {
    let mut said = Vec::new();
    for kind in [FaultKind::Html, FaultKind::TruncatedJson, FaultKind::ErrorInside, FaultKind::ThrottleStorm]
    {
        let world = World::new().await;
        world.simulator.add_fault(Fault::new(kind).path("/users/delta*").retry_after(7));
        let error = world.reader().users_delta(None).await.end.unwrap_err();
        assert_eq!(world.simulator.counts().http_calls, 4, "{kind:?}: bounded");
        let request = error.request_id().unwrap_or("no request id").to_owned();
        said.push(error.to_string().replace(&request, "…"));
    }
    insta::assert_debug_snapshot!(said, @r#"
    [
        "users/delta: HTML instead of JSON: this is no answer of Graph; check the base URL and any proxy between",
        "users/delta: broken JSON: this is no answer of Graph; check the base URL and any proxy between",
        "users/delta: 200 UnknownError (request …): try again later",
        "users/delta: 429 ApplicationThrottled (request …): wait, then go on",
    ]
    "#);
}

#[tokio::test]
async fn a_next_page_without_end_is_noticed() {
    let world = World::new().await;
    world.colleague("Ana");
    world.simulator.add_fault(Fault::new(FaultKind::NextLinkLoop).path("/users/delta*"));
    let round = world.reader().users_delta(None).await;
    insta::assert_snapshot!(round.end.unwrap_err(), @"users/delta: the next page is one that was read before: this is no answer of Graph; check the base URL and any proxy between");
    assert!(world.simulator.counts().http_calls <= 3);
}

#[tokio::test]
async fn control_characters_and_unknown_values_spoil_nothing() {
    for kind in [FaultKind::ControlCharacters, FaultKind::UnknownValues] {
        let world = World::new().await;
        world.colleague("Ana");
        world.simulator.add_fault(Fault::new(kind));
        let round = world.reader().users_delta(None).await;
        assert!(round.end.is_ok(), "{kind:?}: {:?}", round.end);
        assert_eq!(round.changes.len(), 1);
    }
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_not_followed() {
    let world = World::new().await;
    for link in ["http://127.0.0.1:1/v1.0/users/delta?$deltatoken=x", "https://evil.example/v1.0/users", "x"]
    {
        let error = world.reader().users_delta(Some(link)).await.end.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Protocol, "a link that leads away from Graph"));
    }
    assert_eq!(world.simulator.counts().http_calls, 0);
}

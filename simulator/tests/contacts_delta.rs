//! Deltas of a contact folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{IMMUTABLE, World, world};
use serde_json::{Value, json};
use simulator::Lag;

const LARGE: [(&str, &str); 1] = [("Prefer", "odata.maxpagesize=500, IdType=\"ImmutableId\"")];

async fn filled(count: usize) -> (World, String, String) {
    let w = world().await;
    let folder = w.folder("Company").await;
    let path = w.mine(&format!("contactFolders/{folder}/contacts"));
    for number in 0..count {
        w.post(&path, json!({ "givenName": format!("P{number}") })).await.ok(201);
    }
    (w, folder, path)
}

fn ids(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_round_shows_all_then_only_what_changed() {
    let (w, _, path) = filled(3).await;
    let (all, link) = w.round(&format!("{path}/delta"), &LARGE).await;
    assert_eq!(all.len(), 3);
    assert_eq!(all[0]["@odata.type"], "#microsoft.graph.contact");
    let ids = ids(&all);
    let patched =
        w.patch(&w.mine(&format!("contacts/{}", ids[0])), json!({ "jobTitle": "x" })).await.ok(200).body;
    w.delete(&w.mine(&format!("contacts/{}", ids[1]))).await.ok(204);
    let (changes, link) = w.round(&link, &LARGE).await;
    assert_eq!(changes[0]["changeKey"], patched["changeKey"], "our own echo is known by its key");
    let gone = json!({ "@odata.type": "#microsoft.graph.contact", "id": ids[1], "@removed": { "reason": "deleted" } });
    assert_eq!(changes[1..], [gone]);
    assert_eq!(w.round(&link, &LARGE).await.0.len(), 0);
}

#[tokio::test]
async fn a_contact_that_came_and_went_between_rounds_leaves_a_tombstone() {
    let (w, _, path) = filled(0).await;
    let (_, link) = w.round(&format!("{path}/delta"), &LARGE).await;
    let id = w.post(&path, json!({ "givenName": "A" })).await.ok(201).id();
    w.delete(&w.mine(&format!("contacts/{id}"))).await.ok(204);
    assert_eq!(w.round(&link, &LARGE).await.0[0]["@removed"]["reason"], "deleted");
    assert_eq!(
        w.round(&format!("{path}/delta"), &LARGE).await.0.len(),
        0,
        "a first round shows no tombstones"
    );
}

#[tokio::test]
async fn pages_follow_the_preference_and_top_cuts_the_total() {
    let (w, _, path) = filled(25).await;
    let first = w.get(&format!("{path}/delta")).await;
    assert_eq!(first.entries().len(), 10);
    let (all, _) = w.round(&format!("{path}/delta"), &[("Prefer", "odata.maxpagesize=7")]).await;
    assert_eq!(all.len(), 25);
    let (some, link) = w.round(&format!("{path}/delta?$top=5"), &LARGE).await;
    assert_eq!(some.len(), 5);
    assert_eq!(w.round(&link, &LARGE).await.0.len(), 0, "the rest is lost to this reader");
}

#[tokio::test]
async fn the_selection_is_kept_in_the_link() {
    let (w, _, path) = filled(1).await;
    let (all, link) = w.round(&format!("{path}/delta?$select=id,changeKey"), &LARGE).await;
    let names = |entry: &Value| entry.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&all[0]), ["@odata.etag", "@odata.type", "changeKey", "id"]);
    w.patch(&w.mine(&format!("contacts/{}", ids(&all)[0])), json!({ "jobTitle": "x" })).await.ok(200);
    assert_eq!(names(&w.round(&link, &LARGE).await.0[0]), ["@odata.etag", "@odata.type", "changeKey", "id"]);
}

#[tokio::test]
async fn extended_properties_break_a_delta() {
    let (w, _, path) = filled(1).await;
    let reply =
        w.get(&format!("{path}/delta?$expand=singleValueExtendedProperties($filter=id%20eq%20'x')")).await;
    assert_eq!(reply.short(), "500 InternalServerError");
    assert_eq!(reply.message(), "Value cannot be null.\r\nParameter name: type");
    assert_eq!(w.get(&format!("{path}/delta?$filter=x")).await.short(), "400 Request_UnsupportedQuery");
}

#[tokio::test]
async fn malformed_and_foreign_tokens_are_refused() {
    let (w, _, path) = filled(1).await;
    let bad = w.get(&format!("{path}/delta?$deltatoken=nonsense")).await;
    assert_eq!((bad.short(), bad.message()), ("400 BadRequest".to_owned(), "Badly formed token."));
    let (_, link) = w.round(&format!("{path}/delta"), &LARGE).await;
    let other = w.folder("Other").await;
    let token = link.split_once('?').unwrap().1;
    let foreign = w.get(&w.mine(&format!("contactFolders/{other}/contacts/delta?{token}"))).await;
    assert_eq!(foreign.short(), "400 BadRequest");
    w.get(&link.replace("$deltatoken", "$DeltaToken")).await.ok(200);
}

#[tokio::test]
async fn only_the_four_newest_generations_are_kept() {
    let (w, _, path) = filled(1).await;
    let (all, first) = w.round(&format!("{path}/delta"), &LARGE).await;
    let contact = w.mine(&format!("contacts/{}", ids(&all)[0]));
    let mut link = first.clone();
    for number in 0..3 {
        w.patch(&contact, json!({ "jobTitle": format!("{number}") })).await.ok(200);
        link = w.round(&link, &LARGE).await.1;
    }
    w.get(&first).await.ok(200);
    w.patch(&contact, json!({ "jobTitle": "last" })).await.ok(200);
    w.round(&link, &LARGE).await;
    let lost = w.get(&first).await;
    assert_eq!(lost.short(), "410 SyncStateNotFound");
    insta::assert_snapshot!(lost.message(), @"The sync state generation is not found; generation=101;[highest=105][105][104][103][102].");
}

#[tokio::test]
async fn an_unchanged_folder_stays_in_its_generation_unless_switched() {
    let (w, _, path) = filled(1).await;
    let (_, first) = w.round(&format!("{path}/delta"), &LARGE).await;
    for _ in 0..6 {
        w.round(&first, &LARGE).await;
    }
    w.get(&first).await.ok(200);
    w.sim.set_quirks(|quirks| quirks.generation_every_poll = true);
    for _ in 0..4 {
        w.get(&first).await;
    }
    assert_eq!(w.get(&first).await.short(), "410 SyncStateNotFound");
}

#[tokio::test]
async fn a_contact_that_a_colleague_moves_away_is_a_tombstone_here_and_new_there() {
    let (w, _, path) = filled(1).await;
    let (all, link) = w.round(&format!("{path}/delta"), &LARGE).await;
    let (_, elsewhere) = w.round(&w.mine("contacts/delta"), &LARGE).await;
    w.sim.user_moves_contact(w.user, &ids(&all)[0], "Contacts").unwrap();
    let (here, link) = w.round(&link, &LARGE).await;
    assert_eq!(here[0]["@removed"]["reason"], "deleted");
    assert_eq!(ids(&w.round(&elsewhere, &LARGE).await.0), ids(&all));
    w.sim.user_moves_contact(w.user, &ids(&all)[0], "Company").unwrap();
    let (back, _) = w.round(&link, &LARGE).await;
    assert_eq!((back.len(), back[0].get("@removed")), (1, None));
}

#[tokio::test]
async fn links_work_with_both_forms_of_ids() {
    let (w, _, path) = filled(1).await;
    let (immutable, link) = w.round(&format!("{path}/delta"), &LARGE).await;
    w.patch(&w.mine(&format!("contacts/{}", ids(&immutable)[0])), json!({ "jobTitle": "x" })).await.ok(200);
    let (movable, _) = w.round(&link, &[]).await;
    assert_ne!(ids(&movable), ids(&immutable));
}

#[tokio::test]
async fn late_listings_miss_the_newest_writes_and_point_reads_do_not() {
    let (w, _, path) = filled(3).await;
    w.sim.set_lag(w.user, Some(Lag { writes: Some(2), always: true, ..Lag::default() }));
    let id = w.post(&path, json!({ "givenName": "New" })).await.ok(201).id();
    let old = w.sim.mailbox_contents(w.user)["folders"][1]["contacts"][0]["id"].as_str().unwrap().to_owned();
    w.patch(&w.mine(&format!("contacts/{old}")), json!({ "jobTitle": "x" })).await.ok(200);
    let listed = w.send("GET", &path, &[IMMUTABLE], None).await.ok(200);
    assert_eq!((listed.entries().len(), &listed.entries()[0]["jobTitle"]), (3, &Value::Null));
    let (delta, link) = w.round(&format!("{path}/delta"), &LARGE).await;
    assert_eq!(delta.len(), 3);
    w.get(&w.mine(&format!("contacts/{id}"))).await.ok(200);
    w.sim.set_lag(w.user, None);
    let (rest, _) = w.round(&link, &LARGE).await;
    assert_eq!(rest.len(), 2, "what was late comes in the next round");
}

#[tokio::test]
async fn lag_in_milliseconds_passes_with_the_clock() {
    let (w, _, path) = filled(1).await;
    w.sim.set_lag(w.user, Some(Lag { milliseconds: Some(60_000), always: true, ..Lag::default() }));
    w.post(&path, json!({ "givenName": "New" })).await.ok(201);
    assert_eq!(w.get(&path).await.entries().len(), 1);
    w.sim.clock().advance(std::time::Duration::from_secs(61));
    assert_eq!(w.get(&path).await.entries().len(), 2);
}

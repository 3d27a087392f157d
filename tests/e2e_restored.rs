//! The store lost, or put back as it was: what docs/OPERATE.md says of backups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use platform::{AnyRecord, When};
use serde_json::json;
use stage::calendar::{CALENDAR, hour};
use stage::{FOLDER, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Everything below the tenant, as it is stored.
async fn copied(world: &World) -> BTreeMap<String, Bytes> {
    let all = format!("tenants/{}/", world.simulator.tenant_id());
    let mut copy = BTreeMap::new();
    for key in world.app.store.list(&all, None).await.unwrap().keys {
        let bytes = world.app.store.get(&key).await.unwrap().unwrap().bytes;
        copy.insert(key, bytes);
    }
    copy
}

/// The store is what the copy says, and nothing else; the process starts anew.
async fn put_back(world: &World, copy: &BTreeMap<String, Bytes>) {
    for key in copied(world).await.keys().filter(|key| !copy.contains_key(*key)) {
        world.app.store.delete(key, When::Any).await.unwrap();
    }
    for (key, bytes) in copy {
        world.app.store.put(key, bytes.clone(), When::Any).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(600));
}

/// What an administrator can set again: the tenant and its hubs, and nothing that was learnt.
async fn settings_alone(world: &World) -> BTreeMap<String, Bytes> {
    let learnt = format!("tenants/{}/hubs/", world.simulator.tenant_id());
    let mut settings = copied(world).await;
    settings.retain(|key, _| !key.starts_with(&learnt));
    settings
}

async fn changes_nothing_more(world: &World) {
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
}

fn title(world: &World, nth: usize, title: &str) {
    world.simulator.update_user(world.cast.people[nth], &json!({ "jobTitle": title })).unwrap();
}

fn first(world: &World, nth: usize) -> String {
    world.contacts(nth, FOLDER)[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn after_an_old_copy_is_put_back_mailboxes_become_right_and_nothing_is_there_twice() {
    let world = World::filled(20, 3).await;
    let old = copied(&world).await;
    world.clock.advance(DAY);
    title(&world, 5, "Pilot");
    world.simulator.remove_user(world.cast.people[19]).unwrap();
    world.run().await;
    world.simulator.user_deletes_contact(world.cast.owners[1], &first(&world, 1)).unwrap();
    world.run().await;
    world.assert_right();

    put_back(&world, &old).await;
    title(&world, 6, "Sailor");
    let run = world.run().await;
    let writes = world.simulator.counts().writes;
    world.assert_right();
    assert_eq!(writes.total(), 3, "one edit in each mailbox, and nothing of before again: {run}");
    changes_nothing_more(&world).await;
}

#[tokio::test]
async fn without_any_copy_the_tags_in_the_mailboxes_are_enough() {
    let world = World::filled(20, 3).await;
    put_back(&world, &settings_alone(&world).await).await;
    title(&world, 5, "Pilot");
    let run = world.run().await;
    let writes = world.simulator.counts().writes;
    world.assert_right();
    assert_eq!(writes.total(), 3, "the title in each mailbox, and what is equal is only noted: {run}");
    changes_nothing_more(&world).await;
}

/// A base that is older than our own last write takes that write for a colleague's edit, and keeps it. Without bases the hub wins.
#[tokio::test]
async fn what_changed_before_and_after_an_old_copy_was_put_back_stays_until_the_bases_go_too() {
    let world = World::filled(20, 3).await;
    let mut old = copied(&world).await;
    title(&world, 5, "Pilot");
    world.run().await;
    put_back(&world, &old).await;
    title(&world, 5, "Sailor");
    world.run().await;
    let wrong: Vec<_> = (0..3).map(|nth| world.mismatches(nth, &world.expected())).collect();
    assert_eq!(wrong, [1, 1, 1]);

    old.retain(|key, _| !key.contains("/bases/"));
    put_back(&world, &old).await;
    world.run().await;
    world.assert_right();
    assert_eq!(world.simulator.counts().writes.total(), 3, "the title in each mailbox");
}

/// What an older program does with the records of a newer one: docs/OPERATE.md, rollback.
#[tokio::test]
async fn what_a_newer_program_wrote_is_named_and_left_alone() {
    let world = World::filled(20, 2).await;
    let key = world.mailbox_key(0);
    let mut record = world.app.sealed.get_any(&key).await.unwrap().unwrap();
    let ours = record.version;
    record.version += 1;
    world.app.sealed.put_any(&key, record.clone()).await.unwrap();
    title(&world, 5, "Pilot");
    world.run().await;
    let letters = world.dead_letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let said = format!("a newer Wheelhouse wrote version {}, this one reads {ours}", record.version);
    assert!(world.paper.text().contains(&said));
    let after = world.app.sealed.get_any(&key).await.unwrap().unwrap();
    assert_eq!((after.version, &after.json), (record.version, &record.json), "nothing is overwritten");
    assert_eq!(world.simulator.counts().writes.total(), 0);

    world.app.sealed.put_any(&key, AnyRecord { version: ours, ..after }).await.unwrap();
    world.run().await;
    world.assert_right();
}

/// The store alone knew that a colleague's event is the hub's: without it, its copies are leftovers, and nobody deletes them unasked.
#[tokio::test]
async fn what_colleagues_added_waits_for_somebody_if_the_store_is_lost() {
    let all = (1..=9).map(|day| hour(&format!("Event {day}"), &format!("2026-12-0{day}"), 9)).collect();
    let (world, room) = World::with_room(3, all).await;
    let mut config = world.calendar_config(room, json!({}));
    config["spokes"][1]["twoWay"] = json!(true);
    world.configure(&config).await;
    world.run().await;
    world
        .simulator
        .user_creates_event(world.cast.owners[1], CALENDAR, hour("Born", "2026-12-20", 9))
        .unwrap();
    world.run().await;
    let before: Vec<_> = (0..3).map(|nth| world.titles(nth)).collect();
    assert!(before.iter().all(|titles| titles.len() == 10), "{before:?}");

    put_back(&world, &settings_alone(&world).await).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["held"], 3, "{run}");
    let writes = world.simulator.counts().writes;
    assert_eq!((writes.event_creates, writes.event_deletes), (0, 0), "{run}");
    world.run().await;
    assert_eq!((0..3).map(|nth| world.titles(nth)).collect::<Vec<_>>(), before);
}

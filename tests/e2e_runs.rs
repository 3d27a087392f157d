//! What starts runs, what an idle one costs, and two workers at once; and that nothing of anybody is printed, sent or left in clear.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use fake_host::envelope;
use platform::{Queue, When};
use serde_json::json;
use simulator::{Fault, FaultKind};
use stage::calendar::{CALENDAR, hour, weekly, with};
use stage::{FOLDER, World};
use sync::{HubId, TenantId};
use wheelhouse::tables::Tables;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_due_hub_is_started_once_per_occurrence() {
    let world = World::filled(6, 2).await;
    let fire = async || {
        world.fire("schedule").await;
        let waiting = world.waiting().await;
        world.settle().await;
        waiting
    };
    assert_eq!(fire().await, 0, "it is 10:00 and something, the next occurrence is at 11:00");
    world.clock.advance(HOUR);
    assert_eq!((fire().await, fire().await, fire().await), (1, 0, 0));
    world.clock.advance(5 * HOUR);
    assert_eq!((fire().await, fire().await), (1, 0), "five missed occurrences are one run");
    let mut config = world.config();
    config["enabled"] = json!(false);
    world.configure(&config).await;
    world.clock.advance(HOUR);
    assert_eq!(fire().await, 0, "a disabled hub rests");
}

#[tokio::test]
async fn twins_of_the_timer_do_no_harm() {
    let world = World::filled(6, 2).await;
    world.clock.advance(HOUR);
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.simulator.reset_counts();
    tokio::join!(world.fire("schedule"), world.fire("schedule"), world.fire("schedule"));
    assert!((1..=3).contains(&world.waiting().await));
    world.settle().await;
    world.assert_right();
    assert_eq!(world.simulator.counts().writes.total(), 2, "one edit in each mailbox");
    world.fire("schedule").await;
    assert_eq!(world.waiting().await, 0);
}

#[tokio::test]
async fn what_is_damaged_of_one_tenant_or_hub_stops_no_other() {
    let world = World::filled(6, 2).await;
    // Both come first: lists are read in their order.
    let other = TenantId::new("00000000-0000-4000-8000-000000000001").unwrap();
    world.app.tables.connect(&other, "local", None, world.app.now()).await.unwrap();
    let mut config = world.config();
    config["spokes"][1]["receives"]["folder"] = json!("Another folder");
    world.call("PUT", &format!("{}/hubs/a-hub", world.tenant()), &config).await.1.unwrap();
    let tenant = TenantId::new(world.simulator.tenant_id()).unwrap();
    for key in [format!("tenants/{other}/key"), Tables::state_key(&tenant, &HubId::new("a-hub").unwrap())] {
        world.app.store.put(&key, Bytes::from_static(b"junk"), When::Any).await.unwrap();
    }
    let letters = Tables::dead_letters_prefix(&tenant);
    let junk = format!(r#"{{"v":4711,"tenant":"{tenant}"}}"#);
    assert!(world.invoke("gather", junk.as_bytes(), 1).await.is_success());
    assert_eq!(world.app.tables.names(&letters).await.unwrap().len(), 1);
    world.clock.advance(24 * 40 * HOUR);
    for timer in ["schedule", "purge", "rotate"] {
        world.paper.clear();
        let verdict = world.post_envelope(timer, &envelope::timer(timer, "timer", None, false)).await;
        let passed_over = world.paper.said("tenant passed over");
        let whom: Vec<_> =
            passed_over.iter().map(|line| line["tenant"].as_str().unwrap().to_owned()).collect();
        let expected = match timer {
            // Only this one reads the state of hubs.
            "schedule" => vec![other.to_string(), tenant.to_string()],
            _ => vec![other.to_string()],
        };
        assert_eq!(whom, expected, "{timer}: {passed_over:?}");
        assert!(!verdict.is_success(), "{timer}: somebody has to look");
    }
    assert_eq!(world.waiting().await, 1, "the healthy hub was started");
    assert!(world.app.tables.names(&letters).await.unwrap().is_empty(), "what is old was purged");
}

/// Every key with its version.
async fn versions(world: &World, prefix: &str) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    for name in world.app.tables.names(prefix).await.unwrap() {
        let entry = world.app.store.get(&format!("{prefix}{name}")).await.unwrap().unwrap();
        versions.insert(name, entry.etag.as_str().to_owned());
    }
    versions
}

#[tokio::test]
async fn an_idle_run_costs_three_calls_and_writes_nothing_for_any_mailbox() {
    let world = World::filled(12, 4).await;
    world.run().await;
    let prefix = format!("tenants/{}/hubs/{}/", world.simulator.tenant_id(), stage::HUB);
    let before = versions(&world, &prefix).await;
    world.clock.advance(HOUR);
    world.simulator.reset_counts();
    world.fire("schedule").await;
    world.settle().await;
    let counts = world.simulator.counts();
    assert!(counts.http_calls <= 3 && counts.writes.total() == 0, "{counts:?}");
    let of_mailboxes = |versions: &BTreeMap<String, String>| {
        let mailbox =
            |(key, _): &(&String, &String)| world.cast.owners.iter().any(|id| key.contains(&id.to_string()));
        versions.iter().filter(mailbox).map(|(key, etag)| format!("{key} {etag}")).collect::<Vec<_>>()
    };
    let after = versions(&world, &prefix).await;
    assert_eq!(of_mailboxes(&after), of_mailboxes(&before));
    let fresh: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).collect();
    assert!(fresh.iter().all(|key| key.starts_with("runs/")) && fresh.len() == 1, "{fresh:?}");
}

#[tokio::test]
async fn an_unchanged_comparison_writes_one_small_outcome_a_message() {
    let world = World::filled(12, 4).await;
    world.run().await;
    let prefix = format!("tenants/{}/hubs/{}/", world.simulator.tenant_id(), stage::HUB);
    let before = versions(&world, &prefix).await;
    let run = world.run().await;
    let counts = world.simulator.counts();
    assert!(counts.http_calls <= 8 && counts.writes.total() == 0, "{run} {counts:?}");
    let after = versions(&world, &prefix).await;
    let fresh: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).collect();
    assert_eq!(fresh.iter().filter(|key| key.starts_with("outcomes/")).count(), 1, "{fresh:?}");
    assert_eq!(fresh.len(), 2, "the run and its outcome: {fresh:?}");
}

#[tokio::test]
async fn two_workers_at_one_mailbox_make_nothing_twice() {
    for round in 0..5 {
        let world = World::of(40, 2).await;
        world.configure(&world.config()).await;
        world.post(&format!("{}/run", world.hub())).await;
        assert_eq!(world.round().await, 1, "gathered");
        twins(&world, 3).await;
        world.settle().await;
        world.assert_right();
        for nth in 0..4 {
            let title = json!({ "jobTitle": format!("Title {round}") });
            world.simulator.update_user(world.cast.people[30 + nth], &title).unwrap();
        }
        world.simulator.user_deletes_folder(world.cast.owners[0], FOLDER).unwrap();
        world.simulator.add_fault(
            Fault::new(FaultKind::GatewayTimeout).path("/users/*/contact*").probability(0.1, round),
        );
        world.post(&format!("{}/run", world.hub())).await;
        world.round().await;
        twins(&world, 3).await;
        world.settle().await;
        world.simulator.clear_faults();
        world.run().await;
        world.assert_right();
        assert!(world.host.failures.lock().unwrap().is_empty());
    }
}

/// Every waiting message is delivered so many times at once.
async fn twins(world: &World, times: usize) {
    let messages = world.queue.receive("sync-mailbox", 8, HOUR).await.unwrap();
    assert!(!messages.is_empty());
    for message in messages {
        for _ in 0..times {
            let bytes: Bytes = message.bytes.clone();
            world.queue.send("sync-mailbox", bytes, Duration::ZERO).await.unwrap();
        }
        world.queue.delete(message).await.unwrap();
    }
    assert!(world.round().await >= times);
}

/// Everything of the tenant's people that is somebody's: names, addresses, numbers, offices.
fn personal(world: &World) -> BTreeSet<String> {
    let properties = [
        "displayName",
        "surname",
        "mail",
        "userPrincipalName",
        "mobilePhone",
        "officeLocation",
        "streetAddress",
        "employeeId",
    ];
    let mut found = BTreeSet::new();
    for user in world.simulator.users() {
        found.extend(properties.iter().filter_map(|name| user[*name].as_str().map(str::to_owned)));
        let phones = user["businessPhones"].as_array().into_iter().flatten();
        found.extend(phones.filter_map(|phone| phone.as_str().map(str::to_owned)));
    }
    // What is shorter turns up in any id.
    found.retain(|text| text.chars().count() > 4);
    found
}

/// What somebody put on a queue who had no business there.
const JUNK: &str = r#"{"v":1,"name":"Xaverius Junkmann"}"#;

/// A story with everything in it: fills, edits, faults, held plans, a mailbox that leaves, junk on the queues.
async fn whole_story() -> (World, BTreeSet<String>) {
    let world = World::filled(40, 3).await;
    let mut personal = personal(&world);
    let own = json!({ "displayName": "Doctor Quintessenz", "givenName": "Doctor" });
    world.simulator.user_creates_contact(world.cast.owners[0], FOLDER, own).unwrap();
    personal.insert("Doctor Quintessenz".to_owned());
    world
        .simulator
        .update_user(world.cast.people[9], &json!({ "surname": "Quendolin", "jobTitle": "Pilot" }))
        .unwrap();
    for (kind, seed) in [(FaultKind::GatewayTimeout, 1), (FaultKind::Html, 2), (FaultKind::Conflict, 3)] {
        world
            .simulator
            .add_fault(Fault::new(kind).path("/users/*/contact*").probability(0.2, seed).times(30));
    }
    world.run().await;
    world.simulator.clear_faults();
    world.simulator.add_fault(Fault::new(FaultKind::TruncatedJson).path("/users/delta*"));
    world.run().await;
    world.simulator.clear_faults();
    personal.extend(self::personal(&world));
    for person in &world.cast.people[20..40] {
        world.simulator.purge_user(*person).unwrap();
    }
    world.simulator.remove_member(world.cast.mailbox_group, world.cast.owners[2]).unwrap();
    world.run().await;
    let preview = world.get(&format!("{}/preview?mailbox={}", world.hub(), world.cast.owners[0])).await;
    assert!(preview["mailboxes"].is_array(), "{preview}");
    let held = world.held().await;
    assert_eq!(world.decide(&held[0]["hash"], "approve").await.0, 202);
    for queue in stage::host::QUEUES {
        assert!(world.invoke(queue, JUNK.as_bytes(), 1).await.is_success());
    }
    world.fire("purge").await;
    (world, personal)
}

/// A room's calendar that colleagues share and change, private things in it, and what became of their changes.
async fn whole_calendar_story() -> (World, BTreeSet<String>) {
    let place = |text: &str| json!({ "location": { "displayName": text } });
    let mut all: Vec<_> = (1..=6).map(|day| hour("Planquadrat", &format!("2026-12-0{day}"), 9)).collect();
    all.push(with(hour("Zahnwurzel", "2026-12-07", 9), json!({ "sensitivity": "private" })));
    all.push(with(weekly("Jourfixe", "2026-12-04", "friday", 10), place("Dachboden")));
    let (world, room) = World::with_room(3, all).await;
    let mut config = world.calendar_config(room, json!({}));
    config["spokes"][1]["twoWay"] = json!(true);
    world.configure(&config).await;
    world.run().await;
    let (ana, bo) = (world.cast.owners[0], world.cast.owners[1]);
    let id = world.event(0, "Jourfixe")["id"].as_str().unwrap().to_owned();
    world.simulator.user_edits_event(ana, &id, json!({ "subject": "Ringelspiel" })).unwrap();
    let id = world.event(1, "Jourfixe")["id"].as_str().unwrap().to_owned();
    world.simulator.user_edits_event(bo, &id, json!({ "subject": "Wurlitzer" })).unwrap();
    world.simulator.user_creates_event(bo, CALENDAR, hour("Geburtstagsfest", "2026-12-20", 18)).unwrap();
    for (kind, seed) in [(FaultKind::GatewayTimeout, 1), (FaultKind::Html, 2), (FaultKind::TruncatedJson, 3)]
    {
        world.simulator.add_fault(Fault::new(kind).path("/users/*/*vent*").probability(0.2, seed).times(20));
    }
    world.run().await;
    world.simulator.clear_faults();
    world.run().await;
    world.run().await;
    assert!(world.titles(2).contains(&"Geburtstagsfest".to_owned()));
    let page = world.get(&format!("{}/rulings", world.hub())).await;
    assert!(page["rulings"].as_array().unwrap().len() >= 3, "{page}");
    world.assert_quiet();
    let said =
        ["Planquadrat", "Zahnwurzel", "Jourfixe", "Dachboden", "Ringelspiel", "Wurlitzer", "Geburtstagsfest"];
    (world, said.map(str::to_owned).into())
}

#[track_caller]
fn assert_none_in(personal: &BTreeSet<String>, text: &str, what: &str) {
    let found: Vec<_> = personal.iter().filter(|value| text.contains(value.as_str())).collect();
    assert!(found.is_empty(), "{what} holds {found:?}");
}

#[tokio::test]
async fn nothing_of_anybody_is_printed_sent_or_left_in_clear() {
    let (world, personal) = whole_story().await;
    assert!(personal.len() > 150, "{}", personal.len());
    assert!(!world.paper.text().contains("Junkmann"));
    assert_none_anywhere(&world, &personal).await;
}

#[tokio::test]
async fn nothing_of_any_event_is_printed_sent_or_left_in_clear() {
    let (world, said) = whole_calendar_story().await;
    assert_none_anywhere(&world, &said).await;
}

/// Neither in the log, nor on a queue, nor in a key or file.
async fn assert_none_anywhere(world: &World, personal: &BTreeSet<String>) {
    let printed = world.paper.text();
    assert!(printed.contains("mailboxes visited") && printed.lines().count() > 10, "{printed}");
    assert_none_in(personal, &printed, "the log");
    for (queue, message) in world.host.seen.lock().unwrap().iter() {
        assert_none_in(personal, &String::from_utf8_lossy(message), queue);
    }
    for prefix in ["tenants/", "index/"] {
        let keys = world.app.tables.names(prefix).await.unwrap();
        assert!(!keys.is_empty());
        assert_none_in(personal, &keys.join("\n"), "a key");
    }
    let mut files = 0;
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = file.unwrap().path();
        assert_none_in(personal, &path.display().to_string(), "a file's name");
        let bytes = std::fs::read(&path).unwrap();
        assert_none_in(personal, &String::from_utf8_lossy(&bytes), "a file");
        files += 1;
    }
    assert!(files >= 2, "database and key");
}

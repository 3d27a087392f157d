//! Nothing is kept longer than promised: proven by listing the store under a moved clock, and opening every value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;
use std::time::Duration;

use platform::Queue;
use serde_json::{Value, json};
use stage::{FOLDER, World};
use wheelhouse::tables::{Retention, Tables, change_existing};

const FILE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//T//EN\r\nBEGIN:VEVENT\r\nUID:1@t\r\nDTSTAMP:20261101T000000Z\r\n\
    DTSTART:20261205T090000Z\r\nDTEND:20261205T100000Z\r\nSUMMARY:Match\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const DAY: Duration = Duration::from_secs(24 * 3600);

impl World {
    async fn retain(&self, retention: Retention) {
        let key = Tables::tenant_key(&self.simulator.tenant_id().to_string().try_into().unwrap());
        let change = |tenant: &mut wheelhouse::tables::Tenant| tenant.retention = retention;
        change_existing(&self.app.tables.tenants, &key, change).await.unwrap();
    }

    async fn tables(&self) -> BTreeSet<String> {
        let table = |key: &str| {
            key.strip_prefix("hubs/company/").unwrap_or(key).split('/').next().unwrap().to_owned()
        };
        self.values().await.iter().map(|(key, _)| table(key)).collect()
    }

    /// What anybody could be known by.
    fn personal(&self) -> BTreeSet<String> {
        let properties = ["displayName", "mail", "mobilePhone", "jobTitle", "givenName", "surname"];
        let all =
            self.cast.people.iter().flat_map(|person| properties.map(|name| self.person(*person, name)));
        all.filter(|text| text.len() > 3).collect()
    }

    async fn assert_none_of(&self, personal: &BTreeSet<String>) {
        for (key, json) in self.values().await {
            let found: Vec<_> = personal.iter().filter(|text| json.contains(text.as_str())).collect();
            assert!(found.is_empty(), "{key} holds {found:?}");
        }
    }
}

#[tokio::test]
async fn what_is_older_than_the_tenants_days_is_gone() {
    let world = World::filled(6, 2).await;
    let personal = world.personal();
    world.retain(Retention::Days(7)).await;
    assert!(!world.queue_junk().await.is_empty());
    world
        .call(
            "POST",
            &format!("{}/privacy/export", world.tenant()),
            &json!({ "person": world.cast.people[0] }),
        )
        .await
        .1
        .unwrap();
    world.settle().await;
    let full = world.tables().await;
    for table in ["runs", "outcomes", "dead-letters", "requests", "documents", "sources", "snapshot"] {
        assert!(full.contains(table), "{table}: {full:?}");
    }
    world.clock.advance(DAY * 6);
    world.fire("purge").await;
    assert_eq!(world.tables().await, full, "not a day too early");
    world.clock.advance(DAY * 2);
    world.fire("purge").await;
    let left = world.tables().await;
    for table in ["runs", "outcomes", "dead-letters", "requests", "documents", "sources"] {
        assert!(!left.contains(table), "{table}: {left:?}");
    }
    world.assert_none_of(&personal).await;

    // The guards know all the same what was there.
    world.simulator.reset_counts();
    for person in &world.cast.people[2..6] {
        world.simulator.purge_user(*person).unwrap();
    }
    world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
    assert_eq!(world.held().await[0]["why"], "the hub shrank from 6 items to 2");
}

#[tokio::test]
async fn after_every_run_nothing_but_ids_and_fingerprints_stays() {
    let world = World::of(20, 3).await;
    let personal = world.personal();
    world.retain(Retention::AfterEveryRun).await;
    world.configure(&world.config()).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 60, "{run}");
    world.assert_right();
    world.assert_none_of(&personal).await;
    assert!(!world.tables().await.contains("sources"));

    let run = world.run().await;
    assert_eq!(
        (world.simulator.counts().writes.total(), &run["snapshot"]),
        (0, &json!(1)),
        "an unchanged run writes nothing"
    );
    world.simulator.update_user(world.cast.people[3], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.run().await;
    assert_eq!(world.simulator.counts().writes.contact_patches, 3);
    world.assert_right();
    world.assert_none_of(&personal).await;

    // A source that breaks off takes nothing from anybody, as nothing is known of what it held.
    world.simulator.add_fault(simulator::Fault::new(simulator::FaultKind::Unavailable).path("/users/delta*"));
    world.simulator.purge_user(world.cast.people[19]).unwrap();
    let run = world.run().await;
    assert_eq!((world.simulator.counts().writes.total(), &run["mailboxes"]), (0, &json!(0)), "{run}");
    world.simulator.clear_faults();
    world.run().await;
    assert_eq!(world.contacts(0, FOLDER).len(), 19);

    // What waits for somebody's word is done by a run that reads everything anew.
    for person in &world.cast.people[10..19] {
        world.simulator.purge_user(*person).unwrap();
    }
    world.run().await;
    world.assert_none_of(&personal).await;
    let held = world.held().await;
    assert_eq!(held[0]["why"], "the hub shrank from 19 items to 10");
    assert_eq!(world.decide(&held[0]["hash"], "approve").await.0, 202);
    world.assert_right();
    assert_eq!((world.contacts(0, FOLDER).len(), world.held().await.len()), (10, 0));
    world.assert_none_of(&personal).await;
}

#[tokio::test]
async fn contents_go_though_a_message_of_the_run_failed_at_every_attempt() {
    let world = World::of(6, 2).await;
    let personal = world.personal();
    world.retain(Retention::AfterEveryRun).await;
    world.configure(&world.config()).await;
    world.post(&format!("{}/run", world.hub())).await;
    world.round().await;
    let mut messages = world.queue.receive("sync-mailbox", 8, Duration::from_secs(1)).await.unwrap();
    let lost = messages.pop().unwrap();
    let bytes = lost.bytes.clone();
    world.queue.delete(lost).await.unwrap();
    world.settle().await;
    assert!(world.tables().await.contains("sources"), "its mailboxes wait for it");
    assert!(world.invoke("sync-mailbox-poison", &bytes, 1).await.is_success());
    world.assert_none_of(&personal).await;
    world.run().await;
    world.assert_right();
}

#[tokio::test]
async fn a_hub_that_needs_what_is_kept_is_refused() {
    let world = World::of(3, 1).await;
    world.retain(Retention::AfterEveryRun).await;
    let mut config = world.config();
    config["spokes"][1]["twoWay"] = json!(true);
    let (status, refusal) = world.call("PUT", &world.hub(), &config).await;
    insta::assert_snapshot!(format!("{status} {}", refusal.unwrap_err()["error"].as_str().unwrap()), @"409 the tenant has its contents purged after every run, and this hub can't do without: it is two-way: what users changed is kept by the hub alone");
    world.configure(&world.config()).await;
}

#[tokio::test]
async fn an_uploaded_file_goes_with_the_spoke_that_reads_it() {
    let (world, room) = World::with_room(1, Vec::new()).await;
    let files = |contributes: Value| json!({ "id": "team", "connector": "file", "contributes": contributes });
    let mut config = world.calendar_config(room, json!({}));
    let (uploaded, elsewhere) = (files(json!({})), files(json!({ "file": { "text": FILE } })));
    let (calendar, mailboxes) = (config["spokes"][0].clone(), config["spokes"][1].clone());
    let path = format!("{}/spokes/team/file", world.hub());
    let kept = async || {
        world.fire("purge").await;
        world.tables().await.contains("files")
    };
    for spokes in [json!([calendar, mailboxes]), json!([calendar, elsewhere, mailboxes])] {
        config["spokes"] = json!([calendar, uploaded, mailboxes]);
        world.configure(&config).await;
        assert_eq!(world.upload(&path, FILE.replace("Match", "Ana Nowak's birthday")).await, 200);
        world.run().await;
        assert!(kept().await, "while it is read");
        config["spokes"] = spokes;
        world.configure(&config).await;
        assert!(!kept().await);
        world.run().await;
        world.run().await;
        world.fire("purge").await;
        world.assert_none_of(&["Ana Nowak".to_owned()].into()).await;
    }
    config["spokes"] = json!([calendar, uploaded, mailboxes]);
    world.configure(&config).await;
    assert_eq!(world.upload(&path, FILE.to_owned()).await, 200);
    world.run().await;
    let deleted = world.call("DELETE", &format!("{}?keepItems=true", world.hub()), &Value::Null).await;
    assert_eq!(deleted.0, 200, "{deleted:?}");
    assert!(!kept().await, "with the hub too");
}

impl World {
    /// A message that no function can do anything with, which becomes a dead letter.
    async fn queue_junk(&self) -> Vec<String> {
        let message = json!({ "v": 1, "tenant": self.simulator.tenant_id(), "junk": true }).to_string();
        assert!(self.invoke("gather", message.as_bytes(), 1).await.is_success());
        self.dead_letters().await
    }
}

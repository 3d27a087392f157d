//! The audit log: in order, whoever appends; and every kind of tampering is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod ledger;

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::future::join_all;
use ledger::{Ledger, PERSON, TENANT, open};
use platform::When;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use sync::TenantId;
use uuid::Uuid;
use wheelhouse::audit::{self, Actor, Exported};
use wheelhouse::tables::{Entry, Head, Log, Tables};

/// SHA-256 over an exported line without its hash, as somebody without this program would compute it.
fn hash_of(line: &str) -> String {
    let mut fields: Value = serde_json::from_str(line).unwrap();
    fields.as_object_mut().unwrap().remove("hash");
    let digest = digest(&SHA256, fields.to_string().as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn export(ledger: &Ledger) -> String {
    let entries: Vec<_> = audit::entries(&ledger.app, &ledger.log, 0).collect().await;
    let line = |entry: Entry| serde_json::to_string(&entry).unwrap() + "\n";
    entries.into_iter().map(|entry| line(entry.unwrap().unwrap())).collect()
}

/// An entry with another content and a hash that fits it.
fn rewritten(mut entry: Entry, previous: &str) -> Entry {
    entry.details = json!({ "hub": "another" });
    entry.previous = previous.to_owned();
    entry.hash = hash_of(&serde_json::to_string(&entry).unwrap());
    entry
}

impl Ledger {
    async fn put(&self, number: u64, entry: &Entry) {
        self.app.tables.entries.put(&self.key(number), entry, When::Any).await.unwrap();
    }

    async fn remove(&self, number: u64) {
        self.app.store.delete(&self.key(number), When::Any).await.unwrap();
    }

    /// The bytes of an entry as they lie in the store.
    async fn raw(&self, number: u64) -> bytes::Bytes {
        self.app.store.get(&self.key(number)).await.unwrap().unwrap().bytes
    }

    async fn put_raw(&self, number: u64, bytes: bytes::Bytes) {
        self.app.store.put(&self.key(number), bytes, When::Any).await.unwrap();
    }

    async fn mark(&self, number: u64, hash: &str) {
        let head = Head { number, hash: hash.to_owned() };
        self.app.tables.heads.put(&Tables::head_key(&self.log), &head, When::Any).await.unwrap();
    }
}

#[tokio::test]
async fn entries_follow_each_other_and_anybody_can_compute_the_hashes() {
    let ledger = Ledger::of(3).await;
    assert_eq!(ledger.verify().await, "whole to 3");
    let mut previous = "0".repeat(64);
    for (at, line) in export(&ledger).await.lines().enumerate() {
        let entry: Entry = serde_json::from_str(line).unwrap();
        assert_eq!((entry.number, entry.log.as_str(), &entry.previous), (at as u64 + 1, TENANT, &previous));
        assert_eq!(entry.hash, hash_of(line));
        assert_eq!(entry.details, json!({ "hub": "company", "nth": at }));
        previous = entry.hash;
    }
    assert_eq!(Ledger::of(0).await.verify().await, "whole to 0");
}

#[tokio::test]
async fn an_altered_entry_is_found() {
    let ledger = Ledger::of(6).await;
    let good = ledger.entry(3).await;
    ledger.put(3, &Entry { action: "nothing".to_owned(), ..good.clone() }).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 3 was altered: its content does not have its hash");
    ledger.put(3, &rewritten(good.clone(), &good.previous)).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 4 does not follow the one before: one of them was replaced");
    ledger.put(3, &good).await;
    assert_eq!(ledger.verify().await, "whole to 6");
    let mut bytes = ledger.raw(5).await.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    ledger.put_raw(5, bytes.into()).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 5 does not open: it was damaged or moved");
}

#[tokio::test]
async fn a_removed_entry_is_found() {
    for number in [1, 3, 5] {
        let ledger = Ledger::of(6).await;
        ledger.remove(number).await;
        assert_eq!(ledger.verify().await, format!("entry {number} is missing"));
    }
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_found() {
    let ledger = Ledger::of(6).await;
    let five = ledger.entry(5).await;
    ledger.remove(6).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 6 and all that followed are cut off");
    ledger.mark(5, &"ab".repeat(32)).await;
    insta::assert_snapshot!(ledger.verify().await, @"the mark of the log's end does not fit entry 5");
    ledger.app.store.delete(&Tables::head_key(&ledger.log), When::Any).await.unwrap();
    insta::assert_snapshot!(ledger.verify().await, @"the mark of the log's end does not fit entry 5");
    // Whoever has the keys can write the mark anew; what was exported before convicts them.
    ledger.mark(5, &five.hash).await;
    assert_eq!(ledger.verify().await, "whole to 5");
}

#[tokio::test]
async fn reordered_entries_are_found() {
    let ledger = Ledger::of(6).await;
    let (two, three) = (ledger.entry(2).await, ledger.entry(3).await);
    let (raw_two, raw_three) = (ledger.raw(2).await, ledger.raw(3).await);
    ledger.put_raw(2, raw_three).await;
    ledger.put_raw(3, raw_two).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 2 does not open: it was damaged or moved");
    ledger.put(2, &three).await;
    ledger.put(3, &two).await;
    insta::assert_snapshot!(ledger.verify().await, @"another entry stands in the place of entry 2");
}

#[tokio::test]
async fn an_entry_that_is_put_in_again_is_found() {
    let ledger = Ledger::of(6).await;
    let old = ledger.raw(4).await;
    ledger.put_raw(7, old).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 7 does not open: it was damaged or moved");
    let old = ledger.entry(4).await;
    ledger.put(7, &old).await;
    insta::assert_snapshot!(ledger.verify().await, @"another entry stands in the place of entry 7");
}

#[tokio::test]
async fn an_entry_of_another_tenant_is_found() {
    let ledger = Ledger::of(6).await;
    let other = TenantId::new("99999999-2222-4333-8444-555555555555").unwrap();
    for nth in 0..6 {
        ledger.app.audit(&other, Actor::Machine, "putHub", json!({ "nth": nth })).await.unwrap();
    }
    assert_eq!(ledger.verify().await, "whole to 6");
    let key = Tables::entry_key(&Log::from(&other), 3);
    let foreign = ledger.app.tables.entries.get(&key).await.unwrap().unwrap().record;
    ledger.put(3, &foreign).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 3 belongs to another log");
    let raw = ledger.app.store.get(&key).await.unwrap().unwrap().bytes;
    ledger.put_raw(3, raw).await;
    insta::assert_snapshot!(ledger.verify().await, @"entry 3 does not open: it was damaged or moved");
}

#[tokio::test]
async fn a_log_that_was_written_anew_to_its_end_is_found_by_what_was_exported() {
    let ledger = Ledger::of(6).await;
    let exported = Exported::read(&export(&ledger).await).unwrap();
    let mut previous = ledger.entry(2).await.hash;
    for number in 3..=6 {
        let entry = rewritten(ledger.entry(number).await, &previous);
        ledger.put(number, &entry).await;
        previous = entry.hash;
    }
    ledger.mark(6, &previous).await;
    assert_eq!(ledger.verify().await, "whole to 6", "by itself it is as whole as any");
    let found = audit::verify(&ledger.app, &ledger.log, |entry| exported.agrees(entry)).await.unwrap();
    insta::assert_snapshot!(found.unwrap_err(), @"entry 3 is not the one that was exported");
}

#[tokio::test]
async fn exported_lines_are_checked_by_themselves() {
    let ledger = Ledger::of(6).await;
    let text = export(&ledger).await;
    let lines: Vec<&str> = text.lines().collect();
    let check = |lines: &[&str]| match Exported::read(&lines.join("\n")) {
        Ok(exported) => format!("whole, {} entries", exported.hashes.len()),
        Err(broken) => broken.to_string(),
    };
    insta::assert_snapshot!(check(&lines), @"whole, 6 entries");
    insta::assert_snapshot!(check(&lines[2..]), @"whole, 4 entries");
    insta::assert_snapshot!(check(&[lines[0], lines[2]]), @"another entry stands in the place of entry 2");
    insta::assert_snapshot!(check(&[lines[1], lines[0]]), @"another entry stands in the place of entry 3");
    insta::assert_snapshot!(check(&[lines[0], &lines[1].replace("company", "another")]), @"entry 2 was altered: its content does not have its hash");
    insta::assert_snapshot!(check(&[lines[0], &lines[1].replace("putHub", "putHub\",\"x\":\"")]), @"entry 2 does not open: it was damaged or moved");
    let foreign = lines[1].replace("11111111-", "21111111-");
    insta::assert_snapshot!(check(&[lines[0], &foreign]), @"entry 2 belongs to another log");
    assert!(Exported::read(&text).unwrap().reaches(5).is_err(), "a store that is shorter was cut off");
}

#[tokio::test]
async fn many_processes_append_to_one_log_without_a_gap() {
    const PROCESSES: usize = 6;
    const EACH: usize = 20;
    let ledger = Ledger::of(0).await;
    let mut apps = Vec::new();
    for _ in 0..PROCESSES {
        apps.push(open(ledger.folder.path()).await);
    }
    let tenant = &ledger.tenant;
    let append = |app, nth| {
        let app: &wheelhouse::App = app;
        async move { app.audit(tenant, Actor::Machine, "startRun", json!({ "nth": nth })).await.unwrap() }
    };
    let all = apps.iter().flat_map(|app| (0..EACH).map(move |nth| append(app, nth)));
    join_all(all).await;
    assert_eq!(ledger.verify().await, format!("whole to {}", PROCESSES * EACH));
}

#[tokio::test]
async fn the_end_is_found_though_its_mark_is_lost() {
    let ledger = Ledger::of(21).await;
    ledger.app.store.delete(&Tables::head_key(&ledger.log), When::Any).await.unwrap();
    ledger.append(21).await;
    assert_eq!(ledger.verify().await, "whole to 22");
    // A mark that lags behind, as after a kill between the entry and the mark.
    let five = ledger.entry(5).await;
    ledger.mark(5, &five.hash).await;
    assert_eq!(ledger.verify().await, "whole to 22");
    ledger.append(22).await;
    assert_eq!(ledger.verify().await, "whole to 23");
}

#[tokio::test]
async fn whoever_is_forgotten_can_not_be_told_from_anybody_and_the_chain_stays_whole() {
    let ledger = Ledger::of(2).await;
    let person: Uuid = PERSON.parse().unwrap();
    let other = "0f0f0f0f-44d7-43e1-9a83-5f2406dee5bd";
    let details = json!({ "mailboxes": [other], "updates": { format!("directory:{PERSON}"): ["title"] } });
    ledger.app.audit(&ledger.tenant, Actor::Wheelhouse, "written", details).await.unwrap();
    let pseudonym = audit::pseudonym(&ledger.app, &ledger.tenant, person).await.unwrap().unwrap();
    let text = export(&ledger).await;
    assert!(!text.contains(PERSON) && !text.contains(other), "{text}");
    assert_eq!(text.matches(&pseudonym).count(), 3, "two as actor, one as item: {text}");
    let people = audit::people(&ledger.app, &ledger.log).await.unwrap();
    assert_eq!(people.get(&pseudonym), Some(&person));

    audit::forget_person(&ledger.app, &ledger.tenant, person).await.unwrap();
    audit::forget_person(&ledger.app, &ledger.tenant, person).await.unwrap();
    assert_eq!(ledger.verify().await, "whole to 3");
    assert_eq!(export(&ledger).await, text, "not a letter of it changed");
    let people = audit::people(&ledger.app, &ledger.log).await.unwrap();
    assert_eq!(people.into_values().collect::<BTreeSet<_>>(), [other.parse().unwrap()].into());
    ledger.append(9).await;
    let later = audit::pseudonym(&ledger.app, &ledger.tenant, person).await.unwrap().unwrap();
    assert_ne!(later, pseudonym, "what they do later does not lead back");
}

#[tokio::test]
async fn the_log_of_the_deployment_names_tenants_and_hides_people() {
    let ledger = Ledger::of(0).await;
    let owner = Actor::Person(PERSON.parse().unwrap());
    ledger
        .app
        .audit_deployment(owner, "forgetTenant", json!({ "tenant": TENANT, "values": 12 }))
        .await
        .unwrap();
    let log = Log::deployment();
    let entry = ledger.app.tables.entries.get(&Tables::entry_key(&log, 1)).await.unwrap().unwrap().record;
    assert_eq!(entry.details, json!({ "tenant": TENANT, "values": 12 }));
    assert!(entry.actor.starts_with("p-"), "{}", entry.actor);
    assert_eq!(ledger.verify().await, "whole to 0", "the tenant's own log is another one");
}

//! What runs and calls of the API leave in the audit log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use stage::World;
use stage::killed::after;
use sync::TenantId;
use wheelhouse::audit;
use wheelhouse::tables::Log;

async fn entries(world: &World) -> Vec<Value> {
    let log = Log::from(&TenantId::new(world.simulator.tenant_id().to_string()).unwrap());
    let entries: Vec<_> = audit::entries(&world.app, &log, 0).collect().await;
    entries.into_iter().map(|entry| json!(entry.unwrap().unwrap())).collect()
}

/// The entries of one action about a run.
fn of<'a>(entries: &'a [Value], action: &'a str, run: &'a Value) -> Vec<&'a Value> {
    let is = |entry: &&Value| entry["action"] == action && entry["details"]["run"] == run["run"];
    entries.iter().filter(is).collect()
}

#[tokio::test]
async fn a_run_logs_what_it_changed_and_an_unchanged_one_nothing() {
    let world = World::of(12, 3).await;
    world.configure(&world.config()).await;
    let run = world.run().await;
    let first = entries(&world).await;
    assert_eq!(of(&first, "writing", &run).len(), 1, "{first:#?}");
    let written = of(&first, "written", &run);
    let [written] = written.as_slice() else { panic!("{first:#?}") };
    let groups = written["details"]["groups"].as_array().unwrap();
    let [group] = groups.as_slice() else { panic!("the same was done in all mailboxes: {groups:#?}") };
    assert_eq!(group["mailboxes"].as_array().unwrap().len(), 3);
    assert_eq!(group["creates"].as_array().unwrap().len(), 12);
    assert_eq!(group["folder"], "made");

    world.run().await;
    let second = entries(&world).await;
    let new: Vec<_> = second[first.len()..].iter().map(|entry| &entry["action"]).collect();
    assert!(!new.iter().any(|action| *action == "writing" || *action == "written"), "{new:?}");

    let person = world.cast.people[5];
    world.simulator.update_user(person, &json!({ "jobTitle": "Captain" })).unwrap();
    let run = world.run().await;
    let third = entries(&world).await;
    let written = of(&third, "written", &run);
    let group = &written[0]["details"]["groups"][0];
    let tenant = TenantId::new(world.simulator.tenant_id().to_string()).unwrap();
    let pseudonym = audit::pseudonym(&world.app, &tenant, person).await.unwrap().unwrap();
    assert_eq!(group["updates"], json!({ format!("directory:{pseudonym}"): ["jobTitle"] }), "{group:#?}");
    assert_eq!(world.get(&format!("{}/audit/verify", world.tenant())).await["whole"], true);
}

#[tokio::test]
async fn the_log_names_nobody() {
    let world = World::filled(8, 2).await;
    let text = json!(entries(&world).await).to_string();
    for user in world.simulator.users() {
        for property in ["id", "displayName", "mail", "mobilePhone", "surname"] {
            let value = user[property].as_str().unwrap_or("-nobody-");
            assert!(!text.contains(value), "{property} {value}");
        }
    }
}

#[tokio::test]
async fn no_mailbox_is_written_before_the_log_says_so_whenever_the_handler_is_killed() {
    let world = World::of(6, 1).await;
    world.configure(&world.config()).await;
    let mut steps = 1;
    loop {
        world.post(&format!("{}/run", world.hub())).await;
        // Worked on until it is killed; what was on the way is handed out again.
        let done = after(steps, world.settle()).await.is_some();
        let log = entries(&world).await;
        let written = world.contacts(0, stage::FOLDER).len();
        let said = log.iter().any(|entry| entry["action"] == "writing");
        assert!(said || written == 0, "{written} contacts and no word of it after {steps} steps");
        if done && written == 6 {
            break;
        }
        steps += 40;
        world.clock.advance(Duration::from_secs(700));
    }
    world.settle().await;
    let log = entries(&world).await;
    assert_eq!(told(&log).len(), 6, "every contact is told of: {log:#?}");
    assert_every_beginning_has_its_end(&log);
    assert_eq!(world.get(&format!("{}/audit/verify", world.tenant())).await["whole"], true);
    world.assert_right();
}

/// The items that the log says were created.
fn told(log: &[Value]) -> BTreeSet<String> {
    let groups = log.iter().filter(|entry| entry["action"] == "written");
    let groups = groups.flat_map(|entry| entry["details"]["groups"].as_array().unwrap());
    let keys = groups.flat_map(|group| ["creates", "confirmed"].map(|list| &group[list]));
    keys.filter_map(Value::as_array).flatten().map(|key| key.as_str().unwrap().to_owned()).collect()
}

/// Whatever a message began to write, its last word about that is an end.
fn assert_every_beginning_has_its_end(log: &[Value]) {
    let mut open = BTreeSet::new();
    for entry in log {
        let message = (entry["details"]["run"].to_string(), entry["details"]["part"].to_string());
        match entry["action"].as_str().unwrap() {
            "writing" => _ = open.insert(message),
            "written" => _ = open.remove(&message),
            _ => {}
        }
    }
    assert!(open.is_empty(), "begun and never ended: {open:?} in {log:#?}");
}

/// Lets a message be killed at each moment after its first write, then hands it out anew.
#[tokio::test]
async fn what_was_written_is_told_though_the_handler_is_killed_between_its_last_write_and_its_last_entry() {
    // In one portion, and in two.
    for (items, from, stride) in [(6, 6, 1), (520, 500, 500)] {
        let mut killed_late = 0;
        for steps in (0..).step_by(stride) {
            let world = World::of(items, 1).await;
            world.configure(&world.config()).await;
            world.post(&format!("{}/run", world.hub())).await;
            let contacts = || world.contacts(0, stage::FOLDER).len();
            let until_written = async {
                let mut work = pin!(world.settle());
                poll_fn(|cx| match contacts() {
                    found if found >= from => Poll::Ready(()),
                    _ => work.as_mut().poll(cx).map(|()| panic!("it ended before")),
                })
                .await;
                after(steps, work).await.is_some()
            };
            if until_written.await {
                break;
            }
            killed_late += usize::from(told(&entries(&world).await).len() < contacts());
            world.clock.advance(Duration::from_secs(700));
            world.settle().await;
            let log = entries(&world).await;
            assert_eq!(told(&log).len(), items, "killed after {steps} steps: {log:#?}");
            assert_every_beginning_has_its_end(&log);
            world.assert_right();
        }
        assert!(killed_late > 0, "no kill came in between");
    }
}

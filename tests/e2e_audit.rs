//! What runs and calls of the API leave in the audit log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

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
        world.clock.advance(std::time::Duration::from_secs(700));
    }
    world.settle().await;
    let log = entries(&world).await;
    let groups = log.iter().filter(|entry| entry["action"] == "written");
    let groups = groups.flat_map(|entry| entry["details"]["groups"].as_array().unwrap().clone());
    let mut told: Vec<String> = Vec::new();
    for group in groups {
        for list in ["creates", "confirmed"] {
            let keys = group[list].as_array().cloned().unwrap_or_default();
            told.extend(keys.iter().map(|key| key.as_str().unwrap().to_owned()));
        }
    }
    told.sort();
    told.dedup();
    // A handler that was killed between its last write and its last entry has left a beginning without an end.
    let count = |action: &str| log.iter().filter(|entry| entry["action"] == action).count();
    let was_killed = count("writing") > count("written");
    assert!(told.len() == 6 || was_killed, "every contact is told of: {log:#?}");
    assert_eq!(world.get(&format!("{}/audit/verify", world.tenant())).await["whole"], true);
    world.assert_right();
}

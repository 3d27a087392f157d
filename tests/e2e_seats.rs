//! What a tenant's plan allows: how many mailboxes, how often, and what is counted for whoever bills.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::time::Duration;

use serde_json::{Value, json};
use stage::{FOLDER, World};

const HOUR: Duration = Duration::from_secs(3600);

async fn set_plan(world: &World, plan: Value) {
    world.call("PUT", &format!("{}/plan", world.tenant()), &plan).await.1.unwrap();
}

/// Whether the owners' mailboxes hold everybody.
fn served(world: &World) -> Vec<bool> {
    let expected = world.expected();
    (0..world.cast.owners.len()).map(|nth| world.mismatches(nth, &expected) == 0).collect()
}

fn count(served: &[bool]) -> usize {
    served.iter().filter(|served| **served).count()
}

#[tokio::test]
async fn over_the_limit_the_earlier_mailboxes_go_on() {
    let world = World::of(8, 4).await;
    set_plan(&world, json!({ "mailboxes": 3, "shortestMinutes": 1 })).await;
    world.configure(&world.config()).await;
    let run = world.run().await;
    insta::assert_snapshot!(run["problems"][0].as_str().unwrap(), @"1 mailboxes are not served and stay as they are: the tenant's plan serves 3, and those that were first go on; raise the plan, or make the audience smaller");
    let first = served(&world);
    assert_eq!((count(&first), run["mailboxes"].as_u64()), (3, Some(3)), "{run}");
    world.run().await;
    assert_eq!((served(&world), world.simulator.counts().writes.total()), (first.clone(), 0));

    // A smaller plan leaves what was written where it is, and goes on with those that were first.
    set_plan(&world, json!({ "mailboxes": 2, "shortestMinutes": 1 })).await;
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.run().await;
    assert_eq!((count(&served(&world)), world.simulator.counts().writes.contact_deletes), (2, 0));
    let lost = (0..4).find(|nth| first[*nth] && !served(&world)[*nth]).unwrap();
    assert_eq!(world.contacts(lost, FOLDER).len(), 8, "they stay, one title behind");

    // Somebody leaves: whoever lost the seat gets it back, by the hub's own schedule.
    let leaver = (0..4).find(|nth| served(&world)[*nth]).unwrap();
    let group = world.cast.mailbox_group;
    world.simulator.tenant().remove_member(group, world.cast.owners[leaver]).unwrap();
    world.clock.advance(HOUR);
    world.fire("schedule").await;
    world.settle().await;
    assert_eq!(world.contacts(leaver, FOLDER).len(), 0, "who left is cleaned");
    assert_eq!(count(&served(&world)), 2, "{:?}", served(&world));

    // No limit.
    set_plan(&world, json!({ "shortestMinutes": 1 })).await;
    world.clock.advance(HOUR);
    world.fire("schedule").await;
    world.settle().await;
    assert_eq!(count(&served(&world)), 3, "all that are left");
}

#[tokio::test]
async fn a_mailbox_that_lost_its_seat_is_cleaned_when_it_leaves() {
    let world = World::filled(8, 3).await;
    set_plan(&world, json!({ "mailboxes": 2, "shortestMinutes": 1 })).await;
    world.run().await;
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.run().await;
    let lost = (0..3).find(|nth| !served(&world)[*nth]).unwrap();
    world.simulator.tenant().remove_member(world.cast.mailbox_group, world.cast.owners[lost]).unwrap();
    world.run().await;
    assert_eq!(world.contacts(lost, FOLDER).len(), 0);
}

#[tokio::test]
async fn an_approved_plan_is_carried_out_where_the_tenants_plan_serves() {
    let world = World::filled(40, 3).await;
    for person in world.cast.people.iter().skip(25) {
        world.simulator.purge_user(*person).unwrap();
    }
    world.run().await;
    let held = world.held().await;
    assert_eq!((held.len(), &held[0]["mailboxes"]), (1, &json!(3)), "{held:?}");

    set_plan(&world, json!({ "mailboxes": 0, "shortestMinutes": 1 })).await;
    let (status, refused) = world.decide(&held[0]["hash"], "approve").await;
    assert_eq!(status, 409);
    insta::assert_snapshot!(refused.unwrap_err()["error"].as_str().unwrap(), @"the tenant's plan does not serve the mailboxes in which this waits: they stay as they are");
    let full = |world: &World| (0..3).filter(|nth| world.contacts(*nth, FOLDER).len() == 40).count();
    assert_eq!(full(&world), 3);

    set_plan(&world, json!({ "mailboxes": 2, "shortestMinutes": 1 })).await;
    let (status, visiting) = world.decide(&held[0]["hash"], "approve").await;
    assert_eq!((status, &visiting.unwrap()["mailboxes"]), (202, &json!(2)));
    assert_eq!((full(&world), count(&served(&world))), (1, 2), "whoever has no seat keeps what was written");
    let left = world.held().await;
    assert_eq!((left.len(), &left[0]["mailboxes"], &left[0]["decision"]), (1, &json!(1), &Value::Null));

    set_plan(&world, json!({ "shortestMinutes": 1 })).await;
    world.run().await;
    let (status, _) = world.decide(&left[0]["hash"], "approve").await;
    assert_eq!((status, count(&served(&world))), (202, 3));
}

#[tokio::test]
async fn a_schedule_that_is_quicker_than_the_plan_is_stretched_and_said() {
    let world = World::of(6, 2).await;
    set_plan(&world, json!({ "shortestMinutes": 30 })).await;
    let mut config = world.config();
    config["schedule"] = json!("*/5 * * * *");
    let saved = world.call("PUT", &world.hub(), &config).await.1.unwrap();
    insta::assert_snapshot!(saved["warnings"][0].as_str().unwrap(), @"the schedule asks for a run every 5 minutes, and the tenant's plan allows one every 30: it is run that often; raise the plan, or schedule it less often");
    let mut started = 0;
    for _ in 0..120 {
        world.clock.advance(Duration::from_secs(60));
        world.fire("schedule").await;
        started += world.waiting().await;
        world.settle().await;
    }
    assert_eq!(started, 4, "two hours");
    config["schedule"] = json!("0 * * * *");
    let saved = world.call("PUT", &world.hub(), &config).await.1.unwrap();
    assert_eq!(saved["warnings"], Value::Null);
}

#[tokio::test]
async fn the_licence_counts_each_mailbox_once_a_day() {
    let world = World::of(6, 3).await;
    let licence = async || world.get(&format!("{}/licence?month=2026-11", world.tenant())).await;
    assert_eq!(licence().await["mailboxDays"], 0);
    world.configure(&world.config()).await;
    world.run().await;
    // A second hub for one of them counts nobody twice.
    let mut second = world.config();
    second["name"] = json!("Second");
    second["spokes"][1]["receives"]["folder"] = json!("Second");
    second["spokes"][1]["receives"]["audience"] = json!({ "users": [world.cast.owners[0]] });
    let path = format!("{}/hubs/second", world.tenant());
    world.call("PUT", &path, &second).await.1.unwrap();
    world.post(&format!("{path}/run")).await;
    world.settle().await;
    assert_eq!(licence().await["mailboxDays"], 3);

    world.simulator.tenant().remove_member(world.cast.mailbox_group, world.cast.owners[2]).unwrap();
    world.run().await;
    assert_eq!(licence().await["mailboxDays"], 3, "who leaves at noon was served that day");
    world.clock.advance(24 * HOUR);
    world.run().await;
    // On a day without a run the daily timer counts.
    world.clock.advance(24 * HOUR);
    world.fire("purge").await;
    let month = licence().await;
    assert_eq!((&month["mailboxDays"], month["days"].as_array().unwrap().len()), (&json!(7), 3), "{month}");
    assert_eq!(month["days"][1], json!({ "day": "2026-11-22", "mailboxes": 2 }));
    let (status, refused) =
        world.call("GET", &format!("{}/licence?month=13", world.tenant()), &Value::Null).await;
    assert_eq!((status, refused.unwrap_err()["fix"].as_str()), (400, Some("write it like 2026-11")));
}

#[tokio::test]
async fn plans_and_retentions_out_of_bounds_are_refused() {
    let world = World::of(3, 1).await;
    let status = async |what: &str, body: Value| {
        world.call("PUT", &format!("{}/{what}", world.tenant()), &body).await.0
    };
    for body in [
        json!({ "shortestMinutes": 0 }),
        json!({ "shortestMinutes": 10081 }),
        json!({ "mailboxes": -1 }),
        json!([]),
        json!({ "seats": 3 }),
    ] {
        assert_eq!(status("plan", body.clone()).await, 400, "{body}");
    }
    for body in [json!({ "days": 0 }), json!({ "days": 61 }), json!("never"), json!(30), json!({})] {
        assert_eq!(status("retention", body.clone()).await, 400, "{body}");
    }
    assert_eq!(status("plan", json!({ "mailboxes": 5, "shortestMinutes": 10080 })).await, 200);
    assert_eq!(status("retention", json!({ "days": 60 })).await, 200);
    assert_eq!(world.get(&world.tenant()).await["retention"], json!({ "days": 60 }));
    assert_eq!(status("retention", json!("afterEveryRun")).await, 200);
    let tenant = world.get(&world.tenant()).await;
    assert_eq!(tenant["plan"], json!({ "mailboxes": 5, "shortestMinutes": 10080 }));
    assert_eq!((&tenant["region"], &tenant["retention"]), (&json!("local"), &json!("afterEveryRun")));
}

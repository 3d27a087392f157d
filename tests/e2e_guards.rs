//! What must not happen unasked: many deletions, a shrunken audience, a new scope; and what happens when somebody agreed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use serde_json::{Value, json};
use stage::{FOLDER, World};

/// So many people leave for good, the last ones first.
fn purge(world: &World, people: std::ops::Range<usize>) {
    people.for_each(|nth| world.simulator.purge_user(world.cast.people[nth]).unwrap());
}

#[tokio::test]
async fn when_half_of_the_people_are_gone_nothing_is_deleted_until_somebody_agrees() {
    let world = World::filled(30, 2).await;
    purge(&world, 15..30);
    world.simulator.update_user(world.cast.people[3], &json!({ "jobTitle": "Pilot" })).unwrap();
    let run = world.run().await;
    assert_eq!(world.states(&run), ["held", "held"], "{run}");
    assert_eq!(world.simulator.counts().writes.total(), 0);
    let held = world.held().await;
    assert_eq!((held.len(), &held[0]["mailboxes"]), (1, &json!(2)), "one plan, the same in both mailboxes");
    insta::assert_snapshot!(held[0]["why"].as_str().unwrap(), @"the hub shrank from 30 items to 15");

    // What waits is another plan as soon as something changes: the old approval is worth nothing.
    purge(&world, 14..15);
    world.run().await;
    let (status, refusal) = world.decide(&held[0]["hash"], "approve").await;
    insta::assert_snapshot!(format!("{status} {}", refusal.unwrap_err()["error"].as_str().unwrap().replace(held[0]["hash"].as_str().unwrap(), "HASH")), @"409 no plan HASH waits any more, but others do in 2 mailboxes: the hub or they changed");
    assert_eq!(world.contacts(0, FOLDER).len(), 30);

    let held = world.held().await;
    assert_eq!(world.decide(&held[0]["hash"], "approve").await.0, 202);
    world.assert_right();
    assert_eq!((world.contacts(0, FOLDER).len(), world.held().await.len()), (14, 0));
    world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
}

#[tokio::test]
async fn a_rejected_plan_stays_undone_and_nobody_is_asked_again() {
    let world = World::filled(30, 2).await;
    purge(&world, 20..30);
    world.run().await;
    let held = world.held().await;
    assert_eq!(world.decide(&held[0]["hash"], "reject").await.0, 200);
    for _ in 0..2 {
        world.run().await;
        assert_eq!(world.simulator.counts().writes.total(), 0);
        let held = world.held().await;
        assert_eq!((held.len(), &held[0]["decision"]), (1, &json!("rejected")));
    }
    // A change of mind is a new decision on the same plan.
    assert_eq!(world.decide(&held[0]["hash"], "approve").await.0, 202);
    world.assert_right();
}

#[tokio::test]
async fn when_all_mailboxes_leave_at_once_somebody_is_asked() {
    let world = World::filled(12, 12).await;
    for owner in &world.cast.owners {
        world.simulator.remove_member(world.cast.mailbox_group, *owner).unwrap();
    }
    let run = world.run().await;
    assert_eq!(world.states(&run), ["held"; 12], "{run}");
    assert_eq!(world.simulator.counts().writes.total(), 0);
    let held = world.held().await;
    assert_eq!((held.len(), &held[0]["mailboxes"]), (1, &json!(12)));
    insta::assert_snapshot!(held[0]["why"].as_str().unwrap(), @"too many mailboxes left the audience at once");

    // One comes back, and nothing was ever missing there; the others still wait.
    world.simulator.add_member(world.cast.mailbox_group, world.cast.owners[3]).unwrap();
    world.run().await;
    let (held, writes) = (world.held().await, world.simulator.counts().writes.total());
    assert_eq!((held.len(), &held[0]["mailboxes"], writes), (1, &json!(11), 0), "{held:?}");
    assert_eq!(world.decide(&held[0]["hash"], "approve").await.0, 202);
    let left = |nth: usize| world.contacts(nth, FOLDER).len();
    assert_eq!((0..12).map(left).collect::<Vec<_>>(), [0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(world.held().await.len(), 0);
}

#[tokio::test]
async fn a_change_of_scope_holds_the_removals_alone() {
    let world = World::filled(8, 2).await;
    let hidden = world.cast.people[7];
    let group = json!({ "displayName": "Discreet", "members": [hidden] });
    let group = world.simulator.add_group(group).unwrap();
    let mut config = world.config();
    config["spokes"][0]["contributes"]["rules"] = json!({ "excludeGroups": [group] });
    world.configure(&config).await;
    world.simulator.update_user(world.cast.people[3], &json!({ "jobTitle": "Pilot" })).unwrap();
    let newcomer = json!({ "displayName": "Joy New", "givenName": "Joy", "surname": "New" });
    world.simulator.add_user(newcomer).unwrap();
    let run = world.run().await;
    let writes = world.simulator.counts().writes;
    assert_eq!((writes.contact_creates, writes.contact_patches, writes.contact_deletes), (2, 2, 0), "{run}");
    let held = world.held().await;
    assert_eq!((held.len(), held[0]["rows"].as_array().unwrap().len()), (1, 1));
    insta::assert_snapshot!(held[0]["why"].as_str().unwrap(), @"the filter, mapping, spokes or folder changed; removals wait");
    assert_eq!(world.decide(&held[0]["hash"], "approve").await.0, 202);
    assert_eq!(world.contacts(0, FOLDER).len(), 8);

    // From now on the scope is the one that was agreed to: who leaves, leaves.
    world.simulator.purge_user(world.cast.people[6]).unwrap();
    world.run().await;
    let deletes = world.simulator.counts().writes.contact_deletes;
    assert_eq!((deletes, world.held().await.len(), world.contacts(1, FOLDER).len()), (2, 0, 7));
}

#[tokio::test]
async fn clean_up_removes_everything_of_ours_and_nothing_else() {
    let world = World::filled(8, 3).await;
    let own = json!({ "displayName": "My dentist", "givenName": "My" });
    world.simulator.user_creates_contact(world.cast.owners[1], FOLDER, own.clone()).unwrap();
    world.simulator.user_creates_contact(world.cast.owners[2], "Contacts", own).unwrap();
    let refused = world.call("DELETE", &world.hub(), &Value::Null).await;
    assert_eq!(refused.0, 409, "{refused:?}");
    let started = world.post(&format!("{}/cleanup", world.hub())).await;
    world.settle().await;
    let run = world.progress(&started["run"]).await;
    assert_eq!(world.states(&run), ["cleaned"; 3], "{run}");
    assert_eq!(world.simulator.counts().writes.contact_deletes, 24);
    let folders = |nth| world.folders(nth).iter().filter(|folder| folder["displayName"] == FOLDER).count();
    assert_eq!(
        (0..3).map(folders).collect::<Vec<_>>(),
        [0, 1, 0],
        "a folder with something of the user's stays"
    );
    assert_eq!((world.contacts(1, FOLDER).len(), world.contacts(2, "Contacts").len()), (1, 1));

    // The hub is disabled: its schedule fills nothing again, and it can be deleted.
    world.clock.advance(std::time::Duration::from_secs(7200));
    world.fire("schedule").await;
    world.settle().await;
    assert_eq!(world.contacts(0, FOLDER).len(), 0);
    assert_eq!(world.call("DELETE", &world.hub(), &Value::Null).await.0, 200);
    let prefix = format!("tenants/{}/hubs/", world.simulator.tenant_id());
    assert_eq!(world.app.tables.names(&prefix).await.unwrap(), Vec::<String>::new(), "nothing of it is kept");
}

#[tokio::test]
async fn a_source_that_fails_deletes_nothing_whoever_is_missing_from_it() {
    let world = World::filled(12, 2).await;
    world.simulator.set_quirks(|quirks| quirks.directory_page = 4);
    purge(&world, 10..12);
    let mut faults = [simulator::FaultKind::Unavailable, simulator::FaultKind::TruncatedJson].into_iter();
    let newcomer = json!({ "displayName": "Joy New", "givenName": "Joy", "surname": "New" });
    world.simulator.add_user(newcomer).unwrap();
    for kind in faults.by_ref() {
        world.simulator.add_fault(simulator::Fault::new(kind).path("/users/delta*"));
        let run = world.run().await;
        assert_eq!(
            (&run["complete"], run["problems"].as_array().unwrap().len()),
            (&json!(false), 1),
            "{run}"
        );
        assert_eq!(world.simulator.counts().writes.contact_deletes, 0);
        world.simulator.clear_faults();
    }
    world.run().await;
    world.assert_right();
    assert_eq!(world.simulator.counts().writes.contact_deletes, 4);
}

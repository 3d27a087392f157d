//! What becomes of mailboxes whose owners do as they like: edits, deletions, moves, folders of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use fake_host::wire::{Call, Sent, send};
use serde_json::{Value, json};
use stage::{FOLDER, World};

/// A contact that the owner of the mailbox made.
fn own(name: &str) -> Value {
    json!({ "displayName": name, "givenName": name, "mobilePhone": "+43 660 5550177" })
}

/// The contacts of the managed folder that are not ours, by name.
fn foreign(world: &World, nth: usize) -> Vec<String> {
    let contacts = world.contacts(nth, FOLDER);
    let has_tag = |contact: &Value| {
        let tags = contact["singleValueExtendedProperties"].as_array();
        tags.is_some_and(|tags| !tags.is_empty())
    };
    let names = contacts.iter().filter(|contact| !has_tag(contact));
    names.map(|contact| contact["displayName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_contact_of_the_users_own_in_our_folder_is_never_touched() {
    let world = World::filled(6, 2).await;
    let owner = world.cast.owners[0];
    let id = world.simulator.user_creates_contact(owner, FOLDER, own("My dentist")).unwrap();
    world.simulator.update_user(world.cast.people[4], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.run().await;
    assert_eq!(world.simulator.counts().writes.contacts(), 2, "one edit in each mailbox");
    assert_eq!(foreign(&world, 0), ["My dentist"]);
    world.simulator.user_edits_contact(owner, &id, json!({ "jobTitle": "Dentist" })).unwrap();
    world.run().await;
    assert_eq!(world.simulator.counts().writes.contacts(), 0);
    assert_eq!((foreign(&world, 0).len(), world.contacts(0, FOLDER).len()), (1, 7));
}

#[tokio::test]
async fn a_users_edit_stays_and_what_the_user_deletes_or_moves_comes_back() {
    let world = World::filled(6, 2).await;
    let owner = world.cast.owners[0];
    let name = |nth: usize| world.person(world.cast.people[nth], "displayName");
    let edited = world.contact(0, FOLDER, &name(2));
    world
        .simulator
        .user_edits_contact(owner, &edited, json!({ "nickName": "Boss", "jobTitle": "Chief" }))
        .unwrap();
    world.simulator.user_deletes_contact(owner, &world.contact(0, FOLDER, &name(3))).unwrap();
    world.simulator.user_moves_contact(owner, &world.contact(0, FOLDER, &name(4)), "Contacts").unwrap();
    let run = world.run().await;
    let writes = world.simulator.counts().writes;
    assert_eq!((writes.contact_creates, writes.contact_patches, writes.contact_deletes), (2, 0, 0), "{run}");
    assert_eq!(world.mismatches(0, &world.expected()), 2, "the two fields that the user edited");
    assert_eq!(world.contacts(0, "Contacts").len(), 1, "what the user took is the user's");

    // The source changes one edited field: the user's word still stands; another field of the item follows the source.
    let change = json!({ "jobTitle": "Deputy", "mobilePhone": "+43 660 5550100" });
    world.simulator.update_user(world.cast.people[2], &change).unwrap();
    world.run().await;
    let contacts = world.contacts(0, FOLDER);
    let contact = contacts.iter().find(|contact| contact["id"] == edited).unwrap();
    assert_eq!((&contact["jobTitle"], &contact["mobilePhone"]), (&json!("Chief"), &json!("+43 660 5550100")));
    assert_eq!(world.mismatches(1, &world.expected()), 0);
    world.run().await;
    assert_eq!(world.simulator.counts().writes.contacts(), 0);
}

#[tokio::test]
async fn a_folder_that_the_user_deletes_is_made_good() {
    let world = World::filled(6, 3).await;
    world.simulator.user_deletes_folder(world.cast.owners[0], FOLDER).unwrap();
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 6, "{run}");
    world.assert_right();
    world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
}

#[tokio::test]
async fn a_folder_of_the_name_that_is_not_ours_is_refused_with_place_and_fix_and_the_others_go_on() {
    let world = World::of(6, 3).await;
    world.configure(&world.config()).await;
    world.simulator.user_creates_folder(world.cast.owners[1], FOLDER).unwrap();
    world.simulator.user_creates_contact(world.cast.owners[1], FOLDER, own("My dentist")).unwrap();
    let run = world.run().await;
    assert_eq!(world.states(&run), ["done", "failed", "done"]);
    let reason =
        world.outcome(&run, 1)["reason"].as_str().unwrap().replace(&world.cast.owners[1].to_string(), "ID");
    insta::assert_snapshot!(reason, @"mailbox ID: folder: one of that name exists and is not ours; choose another name, or rename that one: the server will not do this");
    assert_eq!(world.contacts(1, FOLDER).len(), 1);
    assert_eq!(world.mismatches(0, &world.expected()) + world.mismatches(2, &world.expected()), 0);

    world.simulator.user_deletes_folder(world.cast.owners[1], FOLDER).unwrap();
    world.run().await;
    world.assert_right();
}

#[tokio::test]
async fn a_lost_record_is_built_anew_from_the_tags() {
    let world = World::filled(8, 2).await;
    for nth in 0..2 {
        world.app.store.delete(&world.mailbox_key(nth), platform::When::Any).await.unwrap();
    }
    world.simulator.user_creates_contact(world.cast.owners[0], FOLDER, own("My dentist")).unwrap();
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.contacts(), 0, "{run}");
    assert_eq!((foreign(&world, 0), world.contacts(0, FOLDER).len()), (vec!["My dentist".to_owned()], 9));
    world.simulator.update_user(world.cast.people[7], &json!({ "jobTitle": "Pilot" })).unwrap();
    world.simulator.purge_user(world.cast.people[6]).unwrap();
    world.run().await;
    assert_eq!(world.simulator.counts().writes.contacts(), 4);
    assert_eq!(world.mismatches(1, &world.expected()), 0);
}

#[tokio::test]
async fn a_folder_that_the_user_renames_stays_ours() {
    let world = World::filled(6, 2).await;
    let owner = world.cast.owners[0];
    let folder = world.folders(0).into_iter().find(|folder| folder["displayName"] == FOLDER).unwrap();
    let path = format!("/v1.0/users/{owner}/contactFolders/{}", folder["id"].as_str().unwrap());
    let call = Call::new("PATCH", &path)
        .header("authorization", &format!("Bearer {}", world.simulator.token()))
        .header("content-type", "application/json")
        .body(Sent::Sized(json!({ "displayName": "Colleagues" }).to_string().into_bytes()));
    let graph = world.simulator.graph_url();
    let port = graph.rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(send(port, &call).await.unwrap().status, 200);
    for title in ["Pilot", "Captain"] {
        world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": title })).unwrap();
        world.run().await;
        let writes = world.simulator.counts().writes;
        assert_eq!((writes.contacts(), writes.total()), (2, 2), "{title}");
        assert_eq!((world.contacts(0, "Colleagues").len(), world.contacts(0, FOLDER).len()), (6, 0));
        assert!(world.contacts(0, "Colleagues").iter().any(|contact| contact["jobTitle"] == title));
        // The mark is enough: the second time nothing is known of the mailbox any more.
        world.app.store.delete(&world.mailbox_key(0), platform::When::Any).await.unwrap();
    }
}

#[tokio::test]
async fn a_reading_that_the_server_forgot_is_read_anew() {
    let world = World::filled(8, 2).await;
    world.run().await;
    for nth in 0..2 {
        let row = world.app.tables.mailboxes.get(&world.mailbox_key(nth)).await.unwrap().unwrap();
        let mut state = row.record;
        let (head, _) = state.link.as_deref().unwrap().split_once("deltatoken=").unwrap();
        state.link = Some(format!("{head}deltatoken=forgotten"));
        world.app.tables.mailboxes.put(&world.mailbox_key(nth), &state, platform::When::Any).await.unwrap();
    }
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    world
        .simulator
        .user_deletes_contact(
            world.cast.owners[0],
            &world.contact(0, FOLDER, &world.person(world.cast.people[6], "displayName")),
        )
        .unwrap();
    let run = world.run().await;
    let writes = world.simulator.counts().writes;
    assert_eq!((writes.contact_patches, writes.contact_creates), (2, 1), "{run}");
    world.assert_right();
}

#[tokio::test]
async fn a_mailbox_that_leaves_is_cleaned_and_keeps_what_is_the_users() {
    let world = World::filled(6, 3).await;
    world.simulator.user_creates_contact(world.cast.owners[1], FOLDER, own("My dentist")).unwrap();
    for nth in 0..2 {
        world.simulator.remove_member(world.cast.mailbox_group, world.cast.owners[nth]).unwrap();
    }
    let run = world.run().await;
    assert_eq!(world.states(&run), ["cleaned", "cleaned", "unchanged"], "{run}");
    let folders = world.folders(0);
    assert!(!folders.iter().any(|folder| folder["displayName"] == FOLDER), "{folders:?}");
    assert_eq!((foreign(&world, 1), world.contacts(1, FOLDER).len()), (vec!["My dentist".to_owned()], 1));
    assert_eq!(world.mismatches(2, &world.expected()), 0);
    let again = world.run().await;
    assert_eq!((world.simulator.counts().writes.total(), &again["mailboxes"]), (0, &json!(1)), "{again}");

    // Who comes back gets everything again; a folder that stayed is taken up again.
    world.simulator.add_member(world.cast.mailbox_group, world.cast.owners[0]).unwrap();
    world.simulator.add_member(world.cast.mailbox_group, world.cast.owners[1]).unwrap();
    let run = world.run().await;
    assert_eq!(world.states(&run), ["done", "done", "unchanged"], "{run}");
    assert_eq!(world.mismatches(0, &world.expected()), 0);
    assert_eq!((foreign(&world, 1).len(), world.contacts(1, FOLDER).len()), (1, 7));
}

#[tokio::test]
async fn a_mailbox_that_leaves_keeps_everything_if_the_hub_says_so() {
    let world = World::of(6, 3).await;
    let mut config = world.config();
    config["spokes"][1]["receives"]["onLeave"] = json!("keep");
    world.configure(&config).await;
    world.run().await;
    world.simulator.remove_member(world.cast.mailbox_group, world.cast.owners[0]).unwrap();
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    let run = world.run().await;
    assert_eq!(world.states(&run), ["unchanged", "done", "done"], "{run}");
    assert_eq!(world.contacts(0, FOLDER).len(), 6);
    assert_eq!(world.mismatches(0, &world.expected()), 1, "it is not kept current any more");
}

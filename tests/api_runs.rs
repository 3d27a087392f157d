//! Runs over the API: started, followed, previewed, held, approved, rejected, cleaned up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod api_world;
mod common;

use api_world::World;
use axum::body::Body;
use serde_json::{Value, json};

/// Half of the people are gone from the directory, as a broken source may say.
fn halve(world: &World) {
    world
        .people
        .iter()
        .rev()
        .take(world.people.len() / 2)
        .for_each(|id| world.simulator.remove_user(*id).unwrap());
}

async fn held(world: &World) -> Value {
    world.get(&format!("{}/held", world.hub("company"))).await.good()
}

async fn decide(world: &World, hash: &Value, what: &str) -> common::Answer {
    world.post(&format!("{}/held/{}/{what}", world.hub("company"), hash.as_str().unwrap())).await
}

#[tokio::test]
async fn a_run_is_started_and_followed_to_its_end() {
    let world = World::of(30).await;
    world.put(&world.hub("company"), &world.config(25)).await.good();
    let started = world.call("POST", &format!("{}/run", world.hub("company")), &[], Body::empty()).await;
    assert_eq!(started.status, 202);
    let run = &started.good()["run"];
    let early = world.get(&format!("{}/runs/{}", world.hub("company"), run.as_str().unwrap())).await;
    assert_eq!(early.status, 404, "its record appears once the sources are read");

    world.work_off().await;
    let progress = world.progress(run).await;
    assert_eq!(
        (&progress["state"], &progress["mailboxes"], &progress["finished"]),
        (&json!("done"), &json!(25), &json!(25))
    );
    assert_eq!(
        (&progress["reason"], &progress["items"], &progress["complete"]),
        (&json!("manual"), &json!(30), &json!(true))
    );
    assert_eq!(progress["tally"]["creates"], 25 * 30);
    assert_eq!(progress["outcomes"].as_array().unwrap().len(), 25);
    assert_eq!(progress["outcomes"][0]["state"], "done");

    let again = world.run().await;
    assert_eq!(
        (&again["state"], &again["unchanged"], &again["tally"]["creates"]),
        (&json!("done"), &json!(25), &json!(0))
    );
    let runs = world.get(&format!("{}/runs", world.hub("company"))).await.good();
    let ids: Vec<_> = runs["runs"].as_array().unwrap().iter().map(|run| run["run"].clone()).collect();
    assert_eq!(runs["more"], false);
    assert_eq!(ids.len(), 2);
    let older = format!("{}/runs?after={}", world.hub("company"), ids[0].as_str().unwrap());
    assert_eq!(world.get(&older).await.good()["runs"][0]["run"], ids[1]);
    assert!(ids[0].as_str() > ids[1].as_str(), "newest first");
}

#[tokio::test]
async fn outcomes_come_in_pages_by_mailbox() {
    let world = World::with_hub(5, 3).await;
    let runs = world.get(&format!("{}/runs", world.hub("company"))).await.good();
    let run = format!("{}/runs/{}", world.hub("company"), runs["runs"][0]["run"].as_str().unwrap());
    let all = world.get(&run).await.good();
    let first = all["outcomes"][0]["mailbox"].as_str().unwrap();
    let rest = world.get(&format!("{run}?after={first}")).await.good();
    assert_eq!(rest["outcomes"].as_array().unwrap()[..], all["outcomes"].as_array().unwrap()[1..]);
    assert_eq!(rest["tally"], all["tally"], "the sum is over all pages");
}

#[tokio::test]
async fn a_run_that_can_not_start_says_why() {
    let world = World::of(3).await;
    let mut config = world.config(2);
    config["spokes"][0]["contributes"]["rules"] = json!({"groups": [world.groups[0]]});
    world.put(&world.hub("company"), &config).await.good();
    world.simulator.remove_group(world.groups[0]).unwrap();
    let progress = world.run().await;
    assert_eq!(progress["state"], "failed");
    let problem = progress["problems"][0].as_str().unwrap();
    assert!(problem.starts_with("spokes[0].contributes.rules: there is no group "), "{problem}");
}

#[tokio::test]
async fn a_preview_shows_the_plan_and_writes_nothing() {
    let world = World::of(6).await;
    world.put(&world.hub("company"), &world.config(5)).await.good();
    world.simulator.reset_counts();
    let path = format!("{}/preview", world.hub("company"));
    let preview = world.get(&path).await.good();
    assert_eq!(preview["snapshot"], json!({"items": 6, "complete": true}));
    assert_eq!(preview["mailboxes"].as_array().unwrap().len(), 3, "the first three");
    assert_eq!(preview["mailboxes"][0]["rows"].as_array().unwrap().len(), 6);
    let written = world.simulator.counts().writes;
    assert_eq!(written, simulator::Writes::default());
    assert_eq!(world.get(&format!("{}/runs", world.hub("company"))).await.good()["runs"], json!([]));

    let one = world.people[4];
    let text =
        world.call("GET", &format!("{path}?mailbox={one}"), &[("accept", "text/plain")], Body::empty()).await;
    let text = text.text();
    assert!(
        text.starts_with(&format!("hub: 6 items, 0 values left out\n\nmailbox {one}\ncreate company:")),
        "{text}"
    );
    for user in world.simulator.users() {
        assert!(!text.contains(user["displayName"].as_str().unwrap()), "a preview names nobody");
    }
}

#[tokio::test]
async fn a_preview_takes_the_mailboxes_of_the_audience_only() {
    let world = World::of(6).await;
    world.put(&world.hub("company"), &world.config(5)).await.good();
    let path = format!("{}/preview", world.hub("company"));
    let [a, b, outside] = [0, 1, 5].map(|at: usize| world.people[at].to_string());
    // The Functions host may join repeated parameters with a comma.
    for query in [format!("mailbox={a}&mailbox={b}"), format!("mailbox={a},{b}")] {
        let preview = world.get(&format!("{path}?{query}")).await.good();
        assert_eq!(preview["mailboxes"].as_array().unwrap().len(), 2);
    }
    let other = world.get(&format!("{path}?mailbox={outside}")).await.refusal();
    assert_eq!(
        other,
        format!(
            "404 mailbox {outside} is not in the hub's audience; name one that is, or change the audience"
        )
    );
    let many = format!("{path}?mailbox={}", vec![a; 21].join(","));
    insta::assert_snapshot!(world.get(&many).await.refusal(), @"400 the call names 21 mailboxes; name at most 20");
    insta::assert_snapshot!(world.get(&format!("{path}?mailbox=ana@contoso.example")).await.refusal(), @"400 MailboxId: must be a GUID in lower case, like 00000000-0000-0000-0000-000000000000; write the object id of the account that owns the mailbox");
}

#[tokio::test]
async fn a_hub_that_lost_half_is_held_shown_once_and_approved_once() {
    let world = World::with_hub(30, 4).await;
    halve(&world);
    let progress = world.run().await;
    assert_eq!((&progress["tally"]["deletes"], &progress["tally"]["held"]), (&json!(0), &json!(4 * 15)));
    assert_eq!(world.contacts(0), 30, "nothing is deleted unasked");
    let held_now = held(&world).await;
    let plan = &held_now[0];
    assert_eq!((held_now.as_array().unwrap().len(), &plan["mailboxes"]), (1, &json!(4)));
    insta::assert_snapshot!(plan["why"].as_str().unwrap(), @"the hub shrank from 30 items to 15");
    assert_eq!(plan["rows"].as_array().unwrap().len(), 15);

    let previewed = world.get(&format!("{}/preview", world.hub("company"))).await.good();
    assert_eq!(previewed["mailboxes"][0]["held"]["hash"], plan["hash"], "the preview names the same plan");

    let approved = decide(&world, &plan["hash"], "approve").await;
    assert_eq!(approved.status, 202);
    world.work_off().await;
    let run = world.progress(&approved.good()["run"]).await;
    assert_eq!(
        (&run["state"], &run["reason"], &run["tally"]["deletes"]),
        (&json!("done"), &json!("approval"), &json!(4 * 15))
    );
    assert_eq!(world.contacts(0), 15);
    assert_eq!(held(&world).await, json!([]));
    insta::assert_snapshot!(decide(&world, &plan["hash"], "approve").await.refusal().replace(plan["hash"].as_str().unwrap(), "<hash>"), @"404 no plan of hub company waits: <hash> was carried out, or is not needed any more; GET …/runs shows what was done");
}

#[tokio::test]
async fn what_was_approved_is_the_measure_for_what_comes_later() {
    let world = World::with_hub(30, 2).await;
    halve(&world);
    world.run().await;
    let hash = held(&world).await[0]["hash"].clone();
    decide(&world, &hash, "approve").await.good();
    world.work_off().await;
    world.simulator.remove_user(world.people[3]).unwrap();
    let progress = world.run().await;
    assert_eq!((&progress["tally"]["deletes"], &progress["tally"]["held"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn a_rejected_plan_stays_rejected() {
    let world = World::with_hub(30, 2).await;
    halve(&world);
    world.run().await;
    let hash = held(&world).await[0]["hash"].clone();
    assert_eq!(decide(&world, &hash, "reject").await.good(), json!({"mailboxes": 2}));
    world.run().await;
    assert_eq!(world.contacts(0), 30);
    assert_eq!(held(&world).await[0]["decision"], "rejected");
}

#[tokio::test]
async fn a_plan_that_changed_needs_a_new_approval() {
    let world = World::with_hub(30, 2).await;
    halve(&world);
    world.run().await;
    let old = held(&world).await[0]["hash"].clone();
    world.simulator.remove_user(world.people[5]).unwrap();
    world.run().await;
    let new = held(&world).await[0]["hash"].clone();
    assert_ne!(old, new);
    let refusal = decide(&world, &old, "approve").await.refusal();
    insta::assert_snapshot!(refusal.replace(old.as_str().unwrap(), "<old>"), @"409 no plan <old> waits any more, but others do in 2 mailboxes: the hub or they changed; GET …/held shows what waits now; approve or reject that");
    assert_eq!(world.contacts(0), 30);
}

#[tokio::test]
async fn a_plan_for_a_hub_that_changed_since_is_not_approved() {
    let world = World::with_hub(30, 2).await;
    halve(&world);
    world.run().await;
    let hash = held(&world).await[0]["hash"].clone();
    world.simulator.remove_user(world.people[0]).unwrap();
    // The sources were read and the mailboxes not yet visited.
    world.post(&format!("{}/run", world.hub("company"))).await.good();
    world.gather_only().await;
    insta::assert_snapshot!(decide(&world, &hash, "approve").await.refusal(), @"409 hub company holds 14 items by now, and this plan was made for 15; POST …/run, wait for it, and decide on what …/held shows then");
}

#[tokio::test]
async fn mailboxes_that_leave_in_crowds_are_cleaned_once_somebody_agrees() {
    let world = World::with_hub(16, 15).await;
    world.put(&world.hub("company"), &world.config(3)).await.good();
    world.run().await;
    assert_eq!(world.contacts(14), 16, "nothing is removed unasked");
    let held_now = held(&world).await;
    assert_eq!(held_now[0]["mailboxes"], 12);
    insta::assert_snapshot!(held_now[0]["why"].as_str().unwrap(), @"too many mailboxes left the audience at once");
    let approved = decide(&world, &held_now[0]["hash"], "approve").await.good();
    world.work_off().await;
    let run = world.progress(&approved["run"]).await;
    assert_eq!((&run["state"], &run["tally"]["deletes"]), (&json!("done"), &json!(12 * 16)));
    assert_eq!([0, 2, 3, 14].map(|person| world.contacts(person)), [16, 16, 0, 0]);
    assert_eq!(held(&world).await, json!([]));
}

#[tokio::test]
async fn a_clean_up_disables_the_hub_and_takes_back_what_it_wrote() {
    let world = World::with_hub(6, 3).await;
    let mine =
        world.simulator.user_creates_contact(world.people[0], "Contacts", json!({"givenName": "Private"}));
    assert!(mine.is_ok());
    let started = world.post(&format!("{}/cleanup", world.hub("company"))).await;
    assert_eq!((started.status.as_u16(), &started.good()["mailboxes"]), (202, &json!(3)));
    world.work_off().await;
    let run = world.progress(&started.good()["run"]).await;
    assert_eq!(
        (&run["state"], &run["reason"], &run["tally"]["deletes"]),
        (&json!("done"), &json!("cleanup"), &json!(18))
    );
    assert_eq!([0, 1, 2].map(|person| world.contacts(person)), [0, 0, 0]);
    let contents = world.simulator.mailbox_contents(world.people[0]).to_string();
    assert!(contents.contains("Private"), "what users made stays");
    assert_eq!(world.get(&world.hub("company")).await.good()["config"]["enabled"], false);
    assert!(world.delete(&world.hub("company")).await.status.is_success(), "now it can be deleted");
}

#[tokio::test]
async fn dead_letters_are_listed_without_their_content() {
    let world = World::of(1).await;
    let queue = async |hub: &str| {
        let text = format!(
            r#"{{"v":1,"tenant":"{}","hub":"{hub}","run":"x","reason":"manual"}}"#,
            world.simulator.tenant_id()
        );
        world.app.queue.send("gather", text.into(), std::time::Duration::ZERO).await.unwrap();
    };
    queue("gone").await;
    world.work_off().await;
    let listed = world.get(&format!("{}/dead-letters", world.tenant())).await.good();
    let letter = &listed["deadLetters"][0];
    assert_eq!((&letter["queue"], &listed["more"]), (&json!("gather"), &json!(false)));
    insta::assert_snapshot!(letter["reason"].as_str().unwrap(), @"there is no hub gone; it was deleted after the message was sent");
}

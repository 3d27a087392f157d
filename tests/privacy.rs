//! What a person may ask for: all that is kept about them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stage::World;
use stage::calendar::with_guests;
use uuid::Uuid;

impl World {
    /// Everything that is kept about somebody.
    async fn export(&self, person: &str) -> Value {
        let request = self.ask("export", json!({ "person": person })).await;
        assert_eq!(
            (&request["state"], &request["progress"]["unreadable"]),
            (&json!("done"), &json!(0)),
            "{request}"
        );
        self.get(&format!("{}/requests/{}/document", self.privacy(), request["request"].as_str().unwrap()))
            .await
    }

    fn address(&self, person: Uuid) -> String {
        self.person(person, "mail")
    }
}

/// The tables in which something was found, with the number of entries.
fn tables(document: &Value) -> Vec<String> {
    let found = document["found"].as_array().unwrap().iter();
    found
        .map(|found| {
            format!("{} {}", found["table"].as_str().unwrap(), found["entries"].as_array().unwrap().len())
        })
        .collect()
}

#[tokio::test]
async fn everything_about_a_person_is_found_by_id_and_by_address_and_nothing_of_others() {
    let world = World::filled(8, 2).await;
    let ana = world.cast.people[5];
    let document = world.export(&ana.to_string()).await;
    assert_eq!(
        tables(&document),
        ["audit-people 1", "audit 1", "bases 1", "bases 1", "snapshot 1", "sources 1", "requests 1"],
        "{document}"
    );
    let by_address = world.export(&world.address(ana).to_uppercase()).await;
    assert_eq!(by_address["ids"], document["ids"]);
    let without_requests = |document: &Value| {
        let found = document["found"].as_array().unwrap().iter();
        found.filter(|found| found["table"] != "requests").cloned().collect::<Vec<_>>()
    };
    assert_eq!(without_requests(&by_address), without_requests(&document));

    let text = document.to_string();
    for value in ["displayName", "mobilePhone", "jobTitle"].map(|name| world.person(ana, name)) {
        assert!(text.contains(&value), "{value} is missing");
    }
    let others: BTreeSet<String> =
        world.cast.people.iter().filter(|other| **other != ana).map(|other| world.address(*other)).collect();
    let strangers: Vec<_> = others.iter().filter(|address| text.contains(address.as_str())).collect();
    assert_eq!(strangers, Vec::<&String>::new());
    let nobody = world.export("nobody@elsewhere.example").await;
    assert_eq!(tables(&nobody), ["requests 1"]);
}

#[tokio::test]
async fn who_is_meant_must_be_an_id_or_an_address() {
    let world = World::of(1, 1).await;
    for body in [
        json!({}),
        json!({ "person": "Ana" }),
        json!({ "person": "" }),
        json!({ "person": "a@b", "more": 1 }),
        json!([]),
    ] {
        let (status, _) = world.call("POST", &format!("{}/export", world.privacy()), &body).await;
        assert_eq!(status, 400, "{body}");
    }
    assert_eq!(world.get(&format!("{}/requests", world.privacy())).await["requests"], json!([]));
}

#[tokio::test]
async fn an_erased_person_is_gone_from_everything_and_from_every_mailbox_and_does_not_come_back() {
    let world = World::filled(8, 3).await;
    let (ana, name) = (world.cast.people[5], world.person(world.cast.people[5], "displayName"));
    let named = world.names(ana);
    world.export(&ana.to_string()).await;
    assert!(!world.still_named(&named).await.is_empty());
    world.simulator.reset_counts();
    let request = world.ask("erase", json!({ "person": world.address(ana), "mailboxes": true })).await;
    assert_eq!(request["state"], "done", "{request}");
    assert_eq!(
        (&request["progress"]["mailboxes"], &request["progress"]["cleaned"]),
        (&json!(3), &json!(3)),
        "{request}"
    );
    assert_eq!(world.simulator.counts().writes.contact_deletes, 3, "and nothing else");
    assert_eq!(world.still_named(&named).await, Vec::<String>::new());
    assert_eq!(world.copies(&name), [0, 0, 0]);
    let report = world
        .get(&format!("{}/requests/{}/report", world.privacy(), request["request"].as_str().unwrap()))
        .await;
    let mailboxes: Vec<_> =
        report["hubs"]["company"].as_object().unwrap().values().map(|stays| &stays["state"]).collect();
    assert_eq!(mailboxes, ["cleaned"; 3], "{report}");

    // Neither a change of theirs nor a full reading brings them back.
    world.simulator.update_user(ana, &json!({ "jobTitle": "Pilot", "mobilePhone": "+1 555 0199" })).unwrap();
    world.run().await;
    world.clock.advance(std::time::Duration::from_secs(8 * 24 * 3600));
    let run = world.run().await;
    assert_eq!((run["items"].clone(), run["complete"].clone()), (json!(7), json!(true)), "{run}");
    assert_eq!(world.still_named(&named).await, Vec::<String>::new());
    assert_eq!(world.held().await.len(), 0);

    // Unless somebody says so.
    let erased = world.get(&format!("{}/erased", world.privacy())).await;
    let id = erased[0]["request"].as_str().unwrap();
    let lifted = world.call("DELETE", &format!("{}/erased/{id}", world.privacy()), &Value::Null).await;
    assert_eq!(lifted.0, 200, "{lifted:?}");
    world.settle().await;
    assert_eq!(world.copies(&name), [1, 1, 1]);
    world.assert_right();
}

#[tokio::test]
async fn copies_that_stay_are_their_owners_own() {
    let world = World::filled(8, 2).await;
    let (ana, name) = (world.cast.people[6], world.person(world.cast.people[6], "displayName"));
    let named = world.names(ana);
    world.simulator.reset_counts();
    let request = world.ask("erase", json!({ "person": ana })).await;
    assert_eq!(
        (&request["state"], &request["progress"]["mailboxes"]),
        (&json!("done"), &json!(2)),
        "{request}"
    );
    assert_eq!(world.still_named(&named).await, Vec::<String>::new());
    world.clock.advance(std::time::Duration::from_secs(8 * 24 * 3600));
    world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
    assert_eq!(world.copies(&name), [1, 1]);
    // What users do with them is theirs too, and a clean-up leaves them.
    let id = world.contact(0, stage::FOLDER, &name);
    world.simulator.user_edits_contact(world.cast.owners[0], &id, json!({ "jobTitle": "Friend" })).unwrap();
    world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
    world.post(&format!("{}/cleanup", world.hub())).await;
    world.settle().await;
    assert_eq!((world.contacts(0, stage::FOLDER).len(), world.copies(&name)), (1, vec![1, 1]));
}

#[tokio::test]
async fn whoever_is_erased_is_served_no_more() {
    let world = World::filled(6, 3).await;
    let owner = world.cast.owners[1];
    let named = world.names(owner);
    let request = world.ask("erase", json!({ "person": owner, "mailboxes": true })).await;
    assert_eq!(request["state"], "done", "{request}");
    assert_eq!(world.still_named(&named).await, Vec::<String>::new());
    assert_eq!(world.contacts(1, stage::FOLDER).len(), 0, "nothing of the hub is left there");
    let run = world.run().await;
    assert_eq!((&run["mailboxes"], &run["items"]), (&json!(2), &json!(5)), "{run}");
}

#[tokio::test]
async fn a_correction_brings_what_the_source_holds() {
    let world = World::of(6, 2).await;
    let mut config = world.config();
    config["spokes"][1]["twoWay"] = json!(true);
    world.configure(&config).await;
    world.run().await;
    let ana = world.cast.people[4];
    let name = world.person(ana, "displayName");
    let id = world.contact(0, stage::FOLDER, &name);
    world.simulator.user_edits_contact(world.cast.owners[0], &id, json!({ "spouseName": "Wrong" })).unwrap();
    world.run().await;
    world.run().await;
    let said = |nth: usize| {
        world.contacts(nth, stage::FOLDER).iter().find(|contact| contact["displayName"] == name).unwrap()["spouseName"].clone()
    };
    assert_eq!((said(0), said(1)), (json!("Wrong"), json!("Wrong")));
    let request = world.ask("correct", json!({ "person": ana })).await;
    assert_eq!(
        (&request["state"], request["runs"].as_object().unwrap().len()),
        (&json!("done"), 1),
        "{request}"
    );
    assert!(said(1).is_null() || said(1) == "", "{:?}", said(1));
}

#[tokio::test]
async fn a_forgotten_tenant_leaves_nothing_but_the_evidence() {
    let world = World::filled(5, 2).await;
    let tenant = world.simulator.tenant_id().to_string();
    let (status, begun) = world.call("DELETE", &world.tenant(), &Value::Null).await;
    assert_eq!(status, 202, "{begun:?}");
    assert_eq!(world.call("GET", &format!("{}/hubs", world.tenant()), &Value::Null).await.0, 404);
    world.settle().await;
    for prefix in [format!("tenants/{tenant}/"), format!("leases/tenants/{tenant}/")] {
        assert_eq!(world.app.tables.names(&prefix).await.unwrap(), Vec::<String>::new());
    }
    assert_eq!(world.get("/api/tenants").await, json!([]));
    let proof = world.get(&format!("{}/forgotten", world.tenant())).await;
    assert!(proof["destroyed"].is_string() && proof["ended"].is_string(), "{proof}");
    assert!(proof["values"].as_u64().unwrap() > 8, "{proof}");
    assert_eq!(
        world.call("DELETE", &world.tenant(), &Value::Null).await.0,
        404,
        "there is nothing more to forget"
    );
    // Whoever connects again begins anew; what lies in mailboxes was nobody's in the meantime.
    world.call("PUT", &world.tenant(), &json!({})).await.1.unwrap();
    world.configure(&world.config()).await;
    world.run().await;
    world.assert_right();
}

#[tokio::test]
async fn the_document_can_be_read_by_people() {
    let world = World::filled(4, 1).await;
    let ana = world.cast.people[2];
    world.simulator.update_user(ana, &json!({ "jobTitle": "<script>alert(1)</script>" })).unwrap();
    world.run().await;
    let request = world.ask("export", json!({ "person": ana })).await;
    let path = format!("{}/requests/{}/document", world.privacy(), request["request"].as_str().unwrap());
    let (html, policy) = world.page(&path).await;
    assert!(html.starts_with("<!doctype html>") && html.contains(&world.person(ana, "displayName")));
    assert!(!html.contains("<script") && html.contains("What the list holds"), "{html}");
    insta::assert_snapshot!(policy, @"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'");
}

#[tokio::test]
async fn of_an_event_only_what_names_them_goes() {
    let (world, room) = World::with_room(2, vec![with_guests()]).await;
    world.configure(&world.calendar_config(room, json!({}))).await;
    world.run().await;
    let names = ["gaston@elsewhere.example", "Gaston Gast"].map(str::to_owned);
    assert!(!world.still_named(&names).await.is_empty());
    assert!(world.event(0, "Planning").to_string().contains("Gaston Gast"));

    let request = world.ask("erase", json!({ "person": "Gaston@elsewhere.example" })).await;
    assert_eq!(request["state"], "done", "{request}");
    world.run().await;
    assert_eq!(world.still_named(&names).await, Vec::<String>::new());
    let event = world.event(0, "Planning").to_string();
    assert!(event.contains("Olga Other") && !event.contains("Gaston"), "{event}");
}

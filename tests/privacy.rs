//! What a person may ask for: all that is kept about them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stage::World;
use uuid::Uuid;

impl World {
    fn privacy(&self) -> String {
        format!("{}/privacy", self.tenant())
    }

    /// Asks for something and waits for its end; the answer is the request.
    async fn ask(&self, what: &str, body: Value) -> Value {
        let (status, asked) = self.call("POST", &format!("{}/{what}", self.privacy()), &body).await;
        let asked = asked.unwrap();
        assert_eq!(status, 202, "{asked}");
        self.settle().await;
        self.request(&asked["request"]).await
    }

    async fn request(&self, id: &Value) -> Value {
        self.get(&format!("{}/requests/{}", self.privacy(), id.as_str().unwrap())).await
    }

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
        ["audit-people 1", "bases 1", "bases 1", "snapshot 1", "sources 1", "requests 1"],
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

//! Stories of hubs with other sources: contact lists beside the directory, iCalendar feeds, filters, rings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use stage::World;
use stage::calendar::CALENDAR;
use uuid::Uuid;

const LIST: &str = "Mobile numbers";

/// The directory, and a list of a shared mailbox that knows one person's mobile phone and one stranger.
async fn merged() -> (World, Uuid) {
    let world = World::of(8, 2).await;
    let shared = world.simulator.add_room("Reception").unwrap();
    world.simulator.user_creates_folder(shared, LIST).unwrap();
    let mail = world.person(world.cast.people[4], "mail");
    let known = json!({ "givenName": "Somebody", "displayName": "Somebody", "spouseName": "Alex",
        "emailAddresses": [{ "address": mail.to_uppercase(), "name": "" }] });
    world.simulator.user_creates_contact(shared, LIST, known).unwrap();
    let stranger = json!({ "givenName": "Taxi", "displayName": "Taxi", "businessPhones": ["+43 1 31300"] });
    world.simulator.user_creates_contact(shared, LIST, stranger).unwrap();
    let mut config = world.config();
    config["match"] = json!({ "by": "emailAddresses" });
    let list = json!({ "id": "reception", "connector": "mailbox",
        "contributes": { "mailbox": shared, "folder": LIST } });
    config["spokes"].as_array_mut().unwrap().insert(1, list);
    world.configure(&config).await;
    (world, shared)
}

fn contact(world: &World, nth: usize, field: &str, value: &str) -> Value {
    let contacts = world.contacts(nth, stage::FOLDER);
    contacts.into_iter().find(|contact| contact[field] == value).unwrap_or_default()
}

#[tokio::test]
async fn a_list_adds_to_what_the_directory_says_field_by_field() {
    let (world, _) = merged().await;
    let run = world.run().await;
    assert_eq!((&run["items"], &run["tally"]["creates"]), (&json!(9), &json!(18)), "{run}");
    let name = world.person(world.cast.people[4], "displayName");
    let copy = contact(&world, 1, "displayName", &name);
    assert_eq!(copy["spouseName"], "Alex", "what only the list knows");
    assert_eq!(contact(&world, 0, "displayName", "Taxi")["businessPhones"], json!(["+43 1 31300"]));
    let preview = world.get(&format!("{}/preview", world.hub())).await;
    let provenance = &preview["provenance"];
    assert_eq!(provenance[0]["fields"]["spouseName"], "reception", "{provenance}");
    let key = provenance[0]["key"].as_str().unwrap().replace('/', "%2F");
    let item = world.get(&format!("{}/items/{key}?values=true", world.hub())).await;
    assert_eq!(item["parts"].as_array().unwrap().len(), 1, "{item}");
    let fields = item["fields"].as_array().unwrap();
    let spouse = fields.iter().find(|field| field["field"] == "spouseName").unwrap();
    assert_eq!((&spouse["from"], &spouse["value"]), (&json!("reception"), &json!("Alex")));
    world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0);
}

#[tokio::test]
async fn a_list_that_can_not_be_read_takes_nothing_away() {
    let (world, shared) = merged().await;
    world.run().await;
    let fault = Fault::new(FaultKind::Unavailable).path("*/contacts/delta*");
    world.simulator.add_fault(fault.mailbox(shared));
    world.simulator.update_user(world.cast.people[5], &json!({ "jobTitle": "Pilot" })).unwrap();
    let run = world.run().await;
    assert_eq!(run["complete"], false, "{run}");
    let name = world.person(world.cast.people[4], "displayName");
    assert_eq!(contact(&world, 1, "displayName", &name)["spouseName"], "Alex");
    assert_ne!(contact(&world, 0, "displayName", "Taxi"), Value::Null);
    assert_ne!(contact(&world, 0, "jobTitle", "Pilot"), Value::Null, "what could be read goes on");
}

#[tokio::test]
async fn a_filter_is_tried_before_it_is_saved() {
    let (world, _) = merged().await;
    let trial = |direction: &str, spoke: &str, filter: &str| {
        let body = json!({ "spoke": spoke, "direction": direction, "filter": filter });
        let path = format!("{}/filter-preview", world.hub());
        let world = &world;
        async move { world.call("POST", &path, &body).await }
    };
    let sides = trial("contributes", "reception", "emailAddresses present").await.1.unwrap();
    assert_eq!((&sides["inside"], &sides["outside"]), (&json!(1), &json!(1)), "{sides}");
    assert!(sides["out"][0].as_str().unwrap().starts_with("reception:"));
    let sides = trial("receives", "mailboxes", "not (displayName = \"taxi\")").await.1.unwrap();
    assert_eq!((&sides["inside"], &sides["outside"]), (&json!(8), &json!(1)), "{sides}");
    let (status, refused) = trial("receives", "mailboxes", "displayName is \"taxi\"").await;
    insta::assert_snapshot!(format!("{status} {}", refused.unwrap_err()), @r#"422 {"error":"filter: in column 13 should be `=`, `one of`, `starts with` or `present`","fix":"correct it there"}"#);
    let (status, refused) = trial("receives", "reception", "displayName present").await;
    insta::assert_snapshot!(format!("{status} {}", refused.unwrap_err()), @r#"404 {"error":"the spoke does not go this way","fix":"name a spoke of the hub that goes this way"}"#);
    let mut config = world.get(&world.hub()).await["config"].clone();
    config["spokes"][2]["receives"]["filter"] = json!("not (displayName = \"taxi\")");
    world.configure(&config).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 16, "{run}");
    assert_eq!(contact(&world, 0, "displayName", "Taxi"), Value::Null);
}

#[tokio::test]
async fn hubs_that_would_feed_each_other_are_refused_by_name() {
    let world = World::of(3, 2).await;
    let (ana, bo) = (world.cast.owners[0], world.cast.owners[1]);
    let hub = |from: Uuid, read: &str, to: Uuid, write: &str| {
        json!({ "name": "Ring", "kind": "events", "schedule": "0 * * * *", "spokes": [
            { "id": "from", "connector": "mailbox", "contributes": { "mailbox": from, "folder": read } },
            { "id": "to", "connector": "mailbox", "receives": { "folder": write, "audience": { "users": [to] } } } ] })
    };
    let at = |name: &str| format!("{}/hubs/{name}", world.tenant());
    world.call("PUT", &at("one"), &hub(ana, "A", bo, "B")).await.1.unwrap();
    let (status, refused) = world.call("PUT", &at("two"), &hub(bo, "B", ana, "A")).await;
    let refused = refused.unwrap_err()["problems"][0].clone();
    assert_eq!(status, 422);
    insta::assert_snapshot!(format!("{}: {}", refused["field"], refused["problem"]), @r#""spokes[0].contributes.folder": "the hubs would feed each other: two → one → two""#);
    world.call("PUT", &at("two"), &hub(bo, "C", ana, "A")).await.1.unwrap();
}

/// A server of one feed.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<(String, u32)>>);

impl Feed {
    /// Serves a text on loopback; the answer is its address.
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/team.ics", listener.local_addr().unwrap());
        let router = Router::new().route("/team.ics", get(Self::answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    async fn answer(State(feed): State<Feed>, headers: HeaderMap) -> axum::response::Response {
        let mut known = feed.0.lock().unwrap();
        known.1 += 1;
        if known.0.is_empty() {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let tag = format!("\"{}\"", known.0.len());
        if headers.get("if-none-match").is_some_and(|known| known.to_str().unwrap() == tag) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        ([("content-type", "text/calendar"), ("etag", &tag)], known.0.clone()).into_response()
    }

    fn says(&self, events: &[&str]) {
        let events: String =
            events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
        let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n";
        self.0.lock().unwrap().0 = format!("{head}{events}END:VCALENDAR\r\n");
    }

    fn asked(&self) -> u32 {
        self.0.lock().unwrap().1
    }
}

const GOOD: &str = "UID:1@x\r\nSUMMARY:Match\r\nDTSTART:20261205T150000Z\r\nDTEND:20261205T170000Z";
const SERIES: &str = "UID:2@x\r\nSUMMARY:Training\r\nDTSTART;TZID=Europe/Vienna:20261201T180000\r\nDURATION:PT2H\r\nRRULE:FREQ=WEEKLY;COUNT=6\r\nEXDATE;TZID=Europe/Vienna:20261215T180000";
const BROKEN: &str = "UID:3@x\r\nSUMMARY:Nonsense\r\nDTSTART:20261205T170000Z\r\nDTEND:20261205T150000Z";

fn feed_config(world: &World, file: Value) -> Value {
    json!({ "name": "Team", "kind": "events", "schedule": "0 * * * *", "readLagSeconds": 1, "spokes": [
        { "id": "team", "connector": "file", "contributes": { "file": file } },
        { "id": "mailboxes", "connector": "mailbox", "receives": {
            "folder": CALENDAR, "audience": { "users": world.cast.owners } } } ] })
}

#[tokio::test]
async fn a_feed_comes_into_every_calendar_and_a_broken_event_spoils_nothing() {
    let world = World::of(2, 2).await;
    let feed = Feed::default();
    feed.says(&[GOOD, SERIES, BROKEN]);
    world.configure(&feed_config(&world, json!({ "url": feed.serve().await }))).await;
    let run = world.run().await;
    assert_eq!((&run["tally"]["creates"], &run["complete"]), (&json!(4), &json!(true)), "{run}");
    insta::assert_snapshot!(run["warnings"][0].as_str().unwrap(), @"team: 1 left out: it ends before it starts");
    assert_eq!(world.titles(1), ["Match", "Training"]);
    assert_eq!(world.event(0, "Training")["cancelled"], json!(["2026-12-15"]));
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
    assert_eq!(run["warnings"].as_array().unwrap().len(), 1, "what is left out is said again");
    world.assert_quiet();
}

#[tokio::test]
async fn a_feed_that_does_not_answer_deletes_nothing() {
    let world = World::of(1, 1).await;
    let feed = Feed::default();
    feed.says(&[GOOD, SERIES]);
    world.configure(&feed_config(&world, json!({ "url": feed.serve().await }))).await;
    world.run().await;
    feed.0.lock().unwrap().0.clear();
    let run = world.run().await;
    assert_eq!(run["complete"], false, "{run}");
    assert!(run["problems"][0].as_str().unwrap().starts_with("team: "), "{run}");
    assert_eq!(world.titles(0), ["Match", "Training"]);
    assert!(feed.asked() >= 3);
    world.assert_quiet();
}

#[tokio::test]
async fn a_file_within_the_configuration_is_a_source_too() {
    let world = World::of(1, 1).await;
    let feed = Feed::default();
    feed.says(&[GOOD]);
    let text = feed.0.lock().unwrap().0.clone();
    world.configure(&feed_config(&world, json!({ "text": text }))).await;
    world.run().await;
    assert_eq!(world.titles(0), ["Match"]);
    world.run().await;
    let counts = world.simulator.counts();
    assert!(counts.writes.total() == 0 && counts.graph_requests <= 1, "{counts:?}");
    world.assert_quiet();
}

#[tokio::test]
async fn a_file_can_be_uploaded_and_replaced() {
    let world = World::of(1, 1).await;
    let mut config = feed_config(&world, Value::Null);
    config["spokes"][0]["contributes"] = json!({});
    world.configure(&config).await;
    let run = world.run().await;
    assert_eq!(
        run["problems"],
        json!(["team: no file was uploaded yet; PUT …/spokes/{spoke}/file brings one"])
    );
    let upload = async |spoke: &str, events: &[&str]| {
        let feed = Feed::default();
        feed.says(events);
        let text = feed.0.lock().unwrap().0.clone();
        world.upload(&format!("{}/spokes/{spoke}/file", world.hub()), text).await
    };
    assert_eq!((upload("mailboxes", &[GOOD]).await, upload("team", &[GOOD]).await), (404, 200));
    world.run().await;
    assert_eq!(world.titles(0), ["Match"]);
    assert_eq!(upload("team", &[GOOD, SERIES]).await, 200);
    world.run().await;
    assert_eq!(world.titles(0), ["Match", "Training"]);
    let long = format!("{GOOD}\r\nDESCRIPTION:{}", "x".repeat(3 << 20));
    assert_eq!(upload("team", &[&long]).await, 200, "larger than other bodies may be");
    let path = format!("{}/spokes/team/file", world.hub());
    assert_eq!(world.upload(&path, "x".repeat(11 << 20)).await, 413);
    assert_eq!(world.upload(&path, "MATCH".to_owned()).await, 400);
    world.assert_quiet();
}

#[tokio::test]
async fn a_feed_inside_the_own_network_is_refused() {
    let world = World::of(1, 1).await;
    let config = feed_config(&world, json!({ "url": "https://169.254.169.254/metadata.ics" }));
    world.call("PUT", &world.hub(), &config).await.1.unwrap();
    let run = world.run().await;
    insta::assert_snapshot!(run["problems"][0].as_str().unwrap(), @"team: the calendar feed: its address leads into a network that is not public");
}

//! Stories of two-way spokes: what a colleague changes reaches all others, or somebody is told why not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use serde_json::{Value, json};
use stage::World;
use stage::calendar::{CALENDAR, hour, weekly, with};
use uuid::Uuid;

const LIST: &str = "Customers";

/// A list of customers in a shared mailbox, in the mailboxes of all owners, where anybody may change it.
async fn list(mailboxes: usize, spoke: Value) -> (World, Uuid) {
    let world = World::of(mailboxes, mailboxes).await;
    let shared = world.simulator.add_room("Sales").unwrap();
    world.simulator.user_creates_folder(shared, LIST).unwrap();
    for nth in 0..8 {
        world.simulator.user_creates_contact(shared, LIST, customer(nth)).unwrap();
    }
    world.configure(&config(&world, shared, spoke)).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 8 * mailboxes, "{run}");
    (world, shared)
}

fn customer(nth: usize) -> Value {
    json!({ "givenName": format!("Cust{nth}"), "surname": "Omer", "displayName": format!("Cust{nth} Omer"),
        "jobTitle": "Buyer", "emailAddresses": [{ "address": format!("cust{nth}@fabrikam.example"), "name": "" }] })
}

fn config(world: &World, shared: Uuid, spoke: Value) -> Value {
    let receives = json!({ "folder": stage::FOLDER, "audience": { "users": world.cast.owners } });
    let mut mailboxes =
        json!({ "id": "mailboxes", "connector": "mailbox", "twoWay": true, "receives": receives });
    mailboxes.as_object_mut().unwrap().extend(spoke.as_object().unwrap().clone());
    json!({
        "name": "Customers", "kind": "contacts", "schedule": "0 * * * *", "readLagSeconds": 1,
        "spokes": [
            { "id": "sales", "connector": "mailbox", "contributes": { "mailbox": shared, "folder": LIST } },
            mailboxes
        ]
    })
}

/// The nth owner changes a contact in their own mailbox.
fn edits(world: &World, nth: usize, name: &str, fields: Value) {
    let contact = world.contact(nth, stage::FOLDER, name);
    world.simulator.user_edits_contact(world.cast.owners[nth], &contact, fields).unwrap();
}

/// A field of a contact in every mailbox.
fn everywhere(world: &World, name: &str, field: &str) -> Vec<Value> {
    let of = |nth| {
        let contacts = world.contacts(nth, stage::FOLDER);
        let found = contacts.iter().find(|contact| contact["displayName"] == name);
        found.map_or(Value::Null, |contact| contact[field].clone())
    };
    (0..world.cast.owners.len()).map(of).collect()
}

fn counts(world: &World) -> Vec<usize> {
    (0..world.cast.owners.len()).map(|nth| world.contacts(nth, stage::FOLDER).len()).collect()
}

/// What was decided, the newest first, a line each.
async fn rulings(world: &World) -> Vec<String> {
    let page = world.get(&format!("{}/rulings", world.hub())).await;
    let line = |ruling: &Value| {
        let text = |name: &str| ruling[name].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {}", text("ruling"), text("field"), text("why"))
    };
    page["rulings"].as_array().unwrap().iter().map(line).collect()
}

/// Two more runs: the second has nothing to write, nothing to tell and nothing to decide.
async fn settled(world: &World) {
    world.run().await;
    let before = rulings(world).await.len();
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
    assert_eq!(run["tally"]["proposed"], Value::Null, "{run}");
    assert_eq!(rulings(world).await.len(), before);
    let open = format!("tenants/{}/hubs/{}/open/", world.simulator.tenant_id(), stage::HUB);
    assert_eq!(world.app.tables.names(&open).await.unwrap(), Vec::<String>::new(), "nothing is open");
    world.assert_quiet();
}

#[tokio::test]
async fn an_edit_in_one_mailbox_reaches_all_others() {
    let (world, shared) = list(3, json!({})).await;
    edits(&world, 1, "Cust2 Omer", json!({ "jobTitle": "Head of buying", "mobilePhone": "+43 660 1" }));
    world.run().await;
    assert_eq!(everywhere(&world, "Cust2 Omer", "jobTitle"), vec![json!("Head of buying"); 3]);
    assert_eq!(everywhere(&world, "Cust2 Omer", "mobilePhone"), vec![json!("+43 660 1"); 3]);
    assert_eq!(rulings(&world).await, ["taken mobilePhone: -", "taken jobTitle: -"]);
    let source = world.simulator.mailbox_contents(shared).to_string();
    assert!(!source.contains("Head of buying"), "a contributor is only read");
    settled(&world).await;
    let key = world.get(&format!("{}/rulings", world.hub())).await["rulings"][0]["key"].clone();
    let item = world.get(&format!("{}/items/{}", world.hub(), encoded(&key))).await;
    let from = |name: &str| {
        let fields = item["fields"].as_array().unwrap();
        fields.iter().find(|field| field["field"] == name).unwrap()["from"].clone()
    };
    assert_eq!((from("jobTitle"), from("surname")), (json!("mailboxes"), json!("sales")));
}

fn encoded(key: &Value) -> String {
    url::form_urlencoded::byte_serialize(key.as_str().unwrap().as_bytes()).collect()
}

#[tokio::test]
async fn the_schedule_alone_brings_an_edit_to_all() {
    let (world, _) = list(3, json!({})).await;
    world.run().await;
    edits(&world, 0, "Cust3 Omer", json!({ "jobTitle": "Retired" }));
    world.clock.advance(std::time::Duration::from_secs(3600));
    world.fire("schedule").await;
    world.settle().await;
    assert_eq!(everywhere(&world, "Cust3 Omer", "jobTitle"), vec![json!("Retired"); 3]);
    settled(&world).await;
}

#[tokio::test]
async fn of_two_edits_one_wins_and_the_other_can_be_brought_back() {
    let (world, _) = list(3, json!({})).await;
    edits(&world, 0, "Cust4 Omer", json!({ "jobTitle": "First" }));
    edits(&world, 2, "Cust4 Omer", json!({ "jobTitle": "Second" }));
    world.run().await;
    world.run().await;
    let titles = everywhere(&world, "Cust4 Omer", "jobTitle");
    assert!(titles.iter().all(|title| *title == titles[0]), "{titles:?}");
    settled(&world).await;
    let page = world.get(&format!("{}/rulings?values=true", world.hub())).await;
    let lost =
        page["rulings"].as_array().unwrap().iter().find(|ruling| ruling["ruling"] == "refused").unwrap();
    assert_eq!(lost["why"], "the hub had another change, which wins by the hub's conflict rule");
    let value = lost["lost"].clone();
    assert!(["First", "Second"].contains(&value.as_str().unwrap()) && value != titles[0], "{lost}");
    let path = format!("{}/rulings/{}/{}/restore", world.hub(), lost["run"].as_str().unwrap(), lost["n"]);
    assert_eq!(world.call("POST", &path, &Value::Null).await.0, 202);
    world.settle().await;
    assert_eq!(everywhere(&world, "Cust4 Omer", "jobTitle"), vec![value; 3]);
    settled(&world).await;
}

#[tokio::test]
async fn a_change_at_the_source_and_one_in_a_mailbox_are_a_conflict() {
    for (conflicts, winner) in [("hub", "Source"), ("spoke", "User"), ("priority", "Source")] {
        let (world, shared) = list(2, json!({})).await;
        let mut config = config(&world, shared, json!({}));
        config["conflicts"] = json!(conflicts);
        world.configure(&config).await;
        world.run().await;
        edits(&world, 1, "Cust5 Omer", json!({ "jobTitle": "User" }));
        let contents = world.simulator.mailbox_contents(shared);
        let folder =
            contents["folders"].as_array().unwrap().iter().find(|folder| folder["displayName"] == LIST);
        let contacts = folder.unwrap()["contacts"].as_array().unwrap();
        let source = contacts.iter().find(|contact| contact["displayName"] == "Cust5 Omer").unwrap();
        let id = source["id"].as_str().unwrap();
        world.simulator.user_edits_contact(shared, id, json!({ "jobTitle": "Source" })).unwrap();
        world.run().await;
        world.run().await;
        assert_eq!(everywhere(&world, "Cust5 Omer", "jobTitle"), vec![json!(winner); 2], "{conflicts}");
        settled(&world).await;
    }
}

#[tokio::test]
async fn a_new_contact_of_a_colleague_reaches_all_and_stays_the_same_item() {
    let (world, _) = list(3, json!({})).await;
    let owner = world.cast.owners[2];
    let new =
        json!({ "givenName": "New", "surname": "Comer", "displayName": "New Comer", "jobTitle": "Owner" });
    let id = world.simulator.user_creates_contact(owner, stage::FOLDER, new).unwrap();
    world.run().await;
    assert_eq!(counts(&world), [9, 9, 9]);
    assert_eq!(everywhere(&world, "New Comer", "jobTitle"), vec![json!("Owner"); 3]);
    assert_eq!(
        world.contact(2, stage::FOLDER, "New Comer"),
        id,
        "the colleague's own item was taken as it is"
    );
    settled(&world).await;
    edits(&world, 0, "New Comer", json!({ "jobTitle": "Chair" }));
    world.run().await;
    assert_eq!(everywhere(&world, "New Comer", "jobTitle"), vec![json!("Chair"); 3]);
    settled(&world).await;
}

#[tokio::test]
async fn a_deletion_comes_back_unless_the_spoke_lets_it_through() {
    for (allowed, left) in [(false, 8), (true, 7)] {
        let (world, shared) = list(3, json!({ "deletesToHub": allowed })).await;
        let contact = world.contact(0, stage::FOLDER, "Cust6 Omer");
        world.simulator.user_deletes_contact(world.cast.owners[0], &contact).unwrap();
        world.run().await;
        world.run().await;
        assert_eq!(counts(&world), [left; 3], "{allowed}");
        settled(&world).await;
        assert!(
            world.simulator.mailbox_contents(shared).to_string().contains("Cust6"),
            "the source keeps it"
        );
    }
}

#[tokio::test]
async fn an_edit_beats_a_deletion() {
    let (world, _) = list(3, json!({ "deletesToHub": true })).await;
    let contact = world.contact(0, stage::FOLDER, "Cust7 Omer");
    world.simulator.user_deletes_contact(world.cast.owners[0], &contact).unwrap();
    edits(&world, 1, "Cust7 Omer", json!({ "jobTitle": "Still here" }));
    world.run().await;
    world.run().await;
    assert_eq!(everywhere(&world, "Cust7 Omer", "jobTitle"), vec![json!("Still here"); 3]);
    settled(&world).await;
}

#[tokio::test]
async fn what_the_directory_owns_comes_back_and_says_so() {
    let world = World::of(6, 2).await;
    let mut config = world.config();
    config["spokes"][1]["twoWay"] = json!(true);
    world.configure(&config).await;
    world.run().await;
    world.assert_right();
    let person = world.person(world.cast.people[3], "displayName");
    edits(&world, 0, &person, json!({ "jobTitle": "Emperor" }));
    world.run().await;
    world.run().await;
    world.assert_right();
    assert_eq!(
        rulings(&world).await,
        ["refused jobTitle: it comes from the company directory, which can't be changed from a mailbox"]
    );
    settled(&world).await;
}

#[tokio::test]
async fn a_new_item_outside_the_filter_stays_where_it_is() {
    let (world, shared) = list(2, json!({})).await;
    let mut config = config(&world, shared, json!({}));
    config["spokes"][1]["receives"]["filter"] = json!("jobTitle = \"Buyer\"");
    world.configure(&config).await;
    world.run().await;
    let owner = world.cast.owners[0];
    let new = json!({ "givenName": "Odd", "displayName": "Odd One", "jobTitle": "Seller" });
    let id = world.simulator.user_creates_contact(owner, stage::FOLDER, new).unwrap();
    world.run().await;
    settled(&world).await;
    assert_eq!(counts(&world), [9, 8]);
    assert_eq!(rulings(&world).await, ["refused -: the spoke's filter does not let it through"]);
    world.simulator.user_edits_contact(owner, &id, json!({ "jobTitle": "Buyer" })).unwrap();
    world.run().await;
    world.run().await;
    assert_eq!(counts(&world), [9, 9], "once it fits, it is taken");
    settled(&world).await;
}

#[tokio::test]
async fn messages_that_come_twice_or_late_decide_nothing_twice() {
    let (world, _) = list(3, json!({})).await;
    edits(&world, 0, "Cust1 Omer", json!({ "jobTitle": "A" }));
    edits(&world, 1, "Cust1 Omer", json!({ "companyName": "B" }));
    world.host.seen.lock().unwrap().clear();
    world.run().await;
    let seen = world.host.seen.lock().unwrap().clone();
    for (queue, bytes) in seen.iter().chain(seen.iter().rev()) {
        assert!(world.invoke(queue, bytes, 2).await.is_success());
    }
    world.settle().await;
    assert_eq!(everywhere(&world, "Cust1 Omer", "jobTitle"), vec![json!("A"); 3]);
    assert_eq!(everywhere(&world, "Cust1 Omer", "companyName"), vec![json!("B"); 3]);
    settled(&world).await;
    assert_eq!(rulings(&world).await.len(), 2, "{:?}", rulings(&world).await);
}

/// A room's calendar that everybody may change.
async fn room(mailboxes: usize, deletes: bool) -> (World, Uuid) {
    let mut events: Vec<_> =
        (1..=7).map(|day| hour(&format!("Event {day}"), &format!("2026-12-0{day}"), 9)).collect();
    events.push(weekly("Stand-up", "2026-12-04", "friday", 10));
    let (world, room) = World::with_room(mailboxes, events).await;
    let mut config = world.calendar_config(room, json!({}));
    config["spokes"][1]["twoWay"] = json!(true);
    config["spokes"][1]["deletesToHub"] = json!(deletes);
    world.configure(&config).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 8 * mailboxes, "{run}");
    (world, room)
}

fn event_id(world: &World, nth: usize, subject: &str) -> String {
    world.event(nth, subject)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_moved_event_moves_for_all() {
    let (world, room) = room(3, false).await;
    let id = event_id(&world, 1, "Event 2");
    world.simulator.user_edits_event(world.cast.owners[1], &id, hour("Event 2 b", "2026-12-10", 15)).unwrap();
    world.run().await;
    for nth in 0..3 {
        let start = world.event(nth, "Event 2 b")["start"]["dateTime"].clone();
        assert!(start.as_str().unwrap().starts_with("2026-12-10T1"), "{start}");
    }
    assert_eq!(
        stage::calendar::titles(&stage::calendar::events(&world.simulator, room, "Calendar"))[1],
        "Event 2"
    );
    settled(&world).await;
}

#[tokio::test]
async fn a_cancelled_date_of_a_series_is_cancelled_for_all() {
    let (world, _) = room(3, false).await;
    let id = event_id(&world, 0, "Stand-up");
    let owner = world.cast.owners[0];
    world.simulator.user_deletes_event(owner, &format!("OID.{id}.2026-12-18")).unwrap();
    world.run().await;
    world.run().await;
    for nth in 0..3 {
        assert_eq!(world.event(nth, "Stand-up")["cancelled"], json!(["2026-12-18"]), "{nth}");
    }
    settled(&world).await;
}

#[tokio::test]
async fn a_new_event_is_for_all_and_a_private_one_stays_at_home() {
    let (world, _) = room(3, false).await;
    let owner = world.cast.owners[2];
    world.simulator.user_creates_event(owner, CALENDAR, hour("Party", "2026-12-11", 18)).unwrap();
    let private = with(hour("Xyzzy", "2026-12-12", 9), json!({ "sensitivity": "private" }));
    world.simulator.user_creates_event(owner, CALENDAR, private).unwrap();
    world.run().await;
    world.run().await;
    for nth in 0..3 {
        assert!(world.titles(nth).contains(&"Party".to_owned()), "{:?}", world.titles(nth));
        assert_eq!(world.titles(nth).contains(&"Xyzzy".to_owned()), nth == 2);
    }
    settled(&world).await;
    assert!(!world.paper.text().contains("Xyzzy"));
}

#[tokio::test]
async fn a_meeting_that_somebody_makes_of_an_event_stays_theirs_and_mails_nobody() {
    let (world, _) = room(2, true).await;
    let id = event_id(&world, 0, "Event 3");
    let guest = json!({ "attendees": [{ "type": "required",
        "emailAddress": { "address": "guest@fabrikam.example", "name": "Gus Guest" } }] });
    world.simulator.user_edits_event(world.cast.owners[0], &id, guest).unwrap();
    world.run().await;
    world.run().await;
    assert_eq!(world.simulator.outbox(), [], "nobody hears of it from us");
    assert!(world.titles(1).contains(&"Event 3".to_owned()), "the others keep theirs");
}

#[tokio::test]
async fn a_deleted_event_leaves_all_calendars_where_that_is_allowed() {
    for (allowed, left) in [(false, 8), (true, 7)] {
        let (world, _) = room(3, allowed).await;
        let id = event_id(&world, 0, "Event 4");
        world.simulator.user_deletes_event(world.cast.owners[0], &id).unwrap();
        world.run().await;
        world.run().await;
        assert_eq!((0..3).map(|nth| world.events(nth).len()).collect::<Vec<_>>(), [left; 3], "{allowed}");
        settled(&world).await;
    }
}

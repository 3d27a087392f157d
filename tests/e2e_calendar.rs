//! Stories of calendars: a room's events in everybody's mailbox, and nobody is ever invited.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fake_host;
mod stage;

use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use stage::World;
use stage::calendar::{CALENDAR, calendar, hour, weekly, with};

/// The titles of the room's events.
const TITLES: [&str; 6] = ["Cooking", "Drawing", "Fencing", "Planning", "Review", "Stand-up"];

/// The same without one.
fn without(title: &str) -> Vec<&'static str> {
    TITLES.into_iter().filter(|other| *other != title).collect()
}

/// A room with a few events, shown in so many mailboxes.
async fn room(mailboxes: usize) -> (World, uuid::Uuid) {
    let events = vec![
        hour("Cooking", "2026-12-07", 9),
        hour("Drawing", "2026-12-08", 9),
        hour("Fencing", "2026-12-09", 9),
        hour("Planning", "2026-12-01", 9),
        with(hour("Review", "2026-12-02", 14), json!({ "location": { "displayName": "Danube" } })),
        weekly("Stand-up", "2026-12-04", "friday", 10),
    ];
    let (world, room) = World::with_room(mailboxes, events).await;
    world.configure(&world.calendar_config(room, json!({}))).await;
    (world, room)
}

fn start(event: &Value) -> &str {
    event["start"]["dateTime"].as_str().unwrap()
}

#[tokio::test]
async fn a_rooms_events_come_into_every_mailbox_once() {
    let (world, _) = room(3).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 18, "{run}");
    assert_eq!(run["problems"], Value::Null, "{run}");
    for nth in 0..3 {
        assert_eq!(world.titles(nth), TITLES);
        assert!(start(&world.event(nth, "Planning")).starts_with("2026-12-01T08:00:00"));
        assert_eq!(world.event(nth, "Review")["location"]["displayName"], "Danube");
        assert_eq!(world.event(nth, "Stand-up")["recurrence"]["pattern"]["type"], "weekly");
    }
    world.assert_quiet();
}

#[tokio::test]
async fn an_unchanged_calendar_costs_two_requests_and_no_write() {
    let (world, _) = room(1).await;
    world.run().await;
    let run = world.run().await;
    let counts = world.simulator.counts();
    assert_eq!(counts.writes.total(), 0, "{run}");
    assert!(counts.graph_requests <= 2, "{counts:?}");
    assert_eq!(run["unchanged"], 1, "{run}");
    world.assert_quiet();
}

#[tokio::test]
async fn moved_and_cancelled_dates_of_a_series_follow() {
    let (world, room) = room(2).await;
    let series = source(&world, room, "Stand-up");
    let date = |day: &str| format!("OID.{series}.{day}");
    let moved = hour("Stand-up (moved)", "2026-12-12", 10);
    world.simulator.user_edits_event(room, &date("2026-12-11"), moved).unwrap();
    world.simulator.user_deletes_event(room, &date("2026-12-18")).unwrap();
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 12, "{run}");
    let copy = world.event(1, "Stand-up");
    assert_eq!(dates(&copy), (vec!["2026-12-11".to_owned()], vec!["2026-12-18".to_owned()]), "{copy}");
    assert_eq!(copy["exceptions"][0]["subject"], "Stand-up (moved)");
    unchanged(&world).await;

    world.simulator.user_deletes_event(room, &date("2026-12-25")).unwrap();
    let again = hour("Stand-up (again)", "2026-12-12", 11);
    world.simulator.user_edits_event(room, &date("2026-12-11"), again).unwrap();
    world.run().await;
    for nth in 0..2 {
        let copy = world.event(nth, "Stand-up");
        assert_eq!(dates(&copy).1, ["2026-12-18", "2026-12-25"], "{copy}");
        assert_eq!(copy["exceptions"][0]["subject"], "Stand-up (again)");
    }
    unchanged(&world).await;
}

#[tokio::test]
async fn a_series_that_gets_another_pattern_keeps_no_old_exception() {
    let (world, room) = room(2).await;
    let series = source(&world, room, "Stand-up");
    world.simulator.user_deletes_event(room, &format!("OID.{series}.2026-12-18")).unwrap();
    world.run().await;
    let monday = weekly("Stand-up", "2026-12-07", "monday", 6);
    world.simulator.user_edits_event(room, &series, monday).unwrap();
    world.run().await;
    let copy = world.event(0, "Stand-up");
    assert_eq!(copy["recurrence"]["pattern"]["daysOfWeek"], json!(["monday"]), "{copy}");
    assert_eq!(dates(&copy), (vec![], vec![]), "{copy}");
    unchanged(&world).await;
}

#[tokio::test]
async fn edits_and_removals_cost_one_write_each() {
    let (world, room) = room(3).await;
    world.run().await;
    let edit = json!({ "subject": "Planning of the year", "location": { "displayName": "Inn" } });
    world.simulator.user_edits_event(room, &source(&world, room, "Planning"), edit).unwrap();
    world.simulator.user_deletes_event(room, &source(&world, room, "Review")).unwrap();
    let run = world.run().await;
    let counts = world.simulator.counts();
    assert_eq!((&run["tally"]["updates"], &run["tally"]["deletes"]), (&json!(3), &json!(3)), "{run}");
    assert_eq!(counts.writes.total(), 6, "{counts:?}");
    assert_eq!(world.titles(2), ["Cooking", "Drawing", "Fencing", "Planning of the year", "Stand-up"]);
    unchanged(&world).await;
}

#[tokio::test]
async fn a_calendar_that_can_not_be_read_deletes_nothing() {
    for kind in [FaultKind::Unavailable, FaultKind::TruncatedJson, FaultKind::Html] {
        let (world, room) = room(2).await;
        world.run().await;
        world.simulator.user_deletes_event(room, &source(&world, room, "Review")).unwrap();
        world.simulator.add_fault(Fault::new(kind).path("*/calendarView/delta*"));
        let run = world.run().await;
        assert_eq!(run["complete"], false, "{kind:?} {run}");
        assert!(run["problems"][0].as_str().unwrap().starts_with("room: "), "{run}");
        assert_eq!(world.titles(0), TITLES, "{kind:?}");
        world.simulator.clear_faults();
        world.run().await;
        assert_eq!(world.titles(0), without("Review"), "{kind:?}");
        unchanged(&world).await;
    }
}

#[tokio::test]
async fn a_meeting_becomes_text_and_nobody_is_invited() {
    let meeting = with(
        hour("Board", "2026-12-03", 9),
        json!({
            "organizer": { "emailAddress": { "address": "chair@contoso.example", "name": "Chair Person" } },
            "attendees": [{ "type": "required",
                "emailAddress": { "address": "guest@fabrikam.example", "name": "Gus Guest" } }],
            "isOnlineMeeting": true, "onlineMeeting": { "joinUrl": "https://meet.example/42" },
            "body": { "contentType": "text", "content": "Agenda" },
        }),
    );
    let (world, room) = World::with_room(2, vec![meeting]).await;
    world.configure(&world.calendar_config(room, json!({}))).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 2, "{run}");
    let copy = world.event(1, "Board");
    let body = copy["body"]["content"].as_str().unwrap();
    for said in ["Agenda", "https://meet.example/42", "Gus Guest", "Chair Person"] {
        assert!(body.contains(said), "{said}: {body}");
    }
    assert_eq!(copy["attendees"].as_array().map_or(0, Vec::len), 0, "{copy}");
    assert_ne!(copy["isOnlineMeeting"], true, "{copy}");
    unchanged(&world).await;
}

#[tokio::test]
async fn busy_only_shows_nothing_else_anywhere() {
    let secret = with(
        hour("Xyzzy takeover", "2026-12-03", 9),
        json!({ "location": { "displayName": "Plugh hall" }, "categories": ["Frobozz"],
            "body": { "contentType": "text", "content": "Quux figures" } }),
    );
    let series = weekly("Xyzzy weekly", "2026-12-04", "friday", 5);
    let private = with(hour("Grault doctor", "2026-12-05", 9), json!({ "sensitivity": "private" }));
    let (world, room) = World::with_room(2, vec![secret, series, private]).await;
    let date = format!("OID.{}.2026-12-11", source(&world, room, "Xyzzy weekly"));
    let moved =
        with(hour("Garply moved", "2026-12-12", 9), json!({ "location": { "displayName": "Waldo" } }));
    world.simulator.user_edits_event(room, &date, moved).unwrap();
    let contributes = json!({ "events": { "privacy": "busyOnly", "privateEvents": "busyOnly" } });
    world.configure(&world.calendar_config(room, contributes)).await;
    let run = world.run().await;
    assert_eq!(run["tally"]["creates"], 6, "{run}");
    assert_eq!(world.titles(0), ["Busy", "Busy", "Busy"]);
    let words = ["Xyzzy", "Plugh", "Frobozz", "Quux", "Grault", "Garply", "Waldo"];
    let preview = world.get(&format!("{}/preview", world.hub())).await;
    let shown =
        [world.simulator.calendar_contents(world.cast.owners[0]), world.get(&world.hub()).await, preview];
    for place in shown.iter().map(Value::to_string).chain([world.paper.text(), run.to_string()]) {
        assert!(words.iter().all(|word| !place.contains(word)), "{place}");
    }
    unchanged(&world).await;
}

#[tokio::test]
async fn private_events_stay_where_they_are_unless_somebody_chose_otherwise() {
    let private = with(hour("Doctor", "2026-12-05", 9), json!({ "sensitivity": "private" }));
    let (world, room) = World::with_room(1, vec![hour("Planning", "2026-12-01", 9), private]).await;
    world.configure(&world.calendar_config(room, json!({}))).await;
    world.run().await;
    assert_eq!(world.titles(0), ["Planning"]);
    let shown = json!({ "events": { "privateEvents": "asTheyAre" } });
    world.configure(&world.calendar_config(room, shown)).await;
    world.run().await;
    assert_eq!(world.titles(0), ["Doctor", "Planning"]);
    assert_eq!(world.event(0, "Doctor")["sensitivity"], "private");
    unchanged(&world).await;
}

#[tokio::test]
async fn a_whole_day_stays_a_whole_day() {
    let day = json!({ "subject": "Holiday", "isAllDay": true,
        "start": { "dateTime": "2026-12-24T00:00:00", "timeZone": "Europe/Vienna" },
        "end": { "dateTime": "2026-12-27T00:00:00", "timeZone": "Europe/Vienna" } });
    let (world, room) = World::with_room(1, vec![day]).await;
    world.configure(&world.calendar_config(room, json!({}))).await;
    world.run().await;
    let copy = world.event(0, "Holiday");
    assert_eq!(copy["isAllDay"], true);
    assert!(start(&copy).starts_with("2026-12-24T00:00"), "{copy}");
    assert!(copy["end"]["dateTime"].as_str().unwrap().starts_with("2026-12-27T00:00"), "{copy}");
    unchanged(&world).await;
}

#[tokio::test]
async fn a_calendar_is_made_in_its_colour_and_found_under_any_name() {
    let (world, room) = room(1).await;
    let mut config = world.calendar_config(room, json!({}));
    config["spokes"][1]["receives"]["color"] = json!("lightTeal");
    world.configure(&config).await;
    world.run().await;
    let owner = world.cast.owners[0];
    assert_eq!(calendar(&world.simulator, owner, CALENDAR).unwrap()["color"], "lightTeal");
    world.simulator.user_deletes_calendar(owner, CALENDAR).unwrap();
    world.run().await;
    assert_eq!(world.titles(0), TITLES, "it comes back");
    unchanged(&world).await;
}

#[tokio::test]
async fn a_calendar_of_the_same_name_is_never_taken_over() {
    let (world, room) = room(1).await;
    let owner = world.cast.owners[0];
    let (other, config) = ("Visits", world.calendar_config(room, json!({})));
    world.simulator.user_creates_calendar(owner, other).unwrap();
    let mut config = config;
    config["spokes"][1]["receives"]["folder"] = json!(other);
    let refused = world.call("PUT", &world.hub(), &config).await.1.unwrap_err();
    let problem = refused["problems"][0]["problem"].as_str().unwrap();
    assert!(problem.ends_with("has a calendar of this name that Wheelhouse did not make"), "{problem}");
}

#[tokio::test]
async fn a_clean_up_leaves_nothing_of_ours_and_all_of_theirs() {
    let (world, room) = room(2).await;
    world.run().await;
    let owner = world.cast.owners[0];
    world.simulator.user_creates_event(owner, "Calendar", hour("Own", "2026-12-01", 9)).unwrap();
    world.post(&format!("{}/cleanup", world.hub())).await;
    world.settle().await;
    assert_eq!(calendar(&world.simulator, owner, CALENDAR), None);
    assert_eq!(stage::calendar::events(&world.simulator, owner, "Calendar").len(), 1);
    assert_eq!(stage::calendar::events(&world.simulator, room, "Calendar").len(), TITLES.len());
    world.assert_quiet();
}

#[tokio::test]
async fn the_window_rolls_with_the_days() {
    let soon = hour("Soon", "2026-12-01", 9);
    let late = hour("Late", "2027-12-20", 9);
    let (world, room) = World::with_room(1, vec![soon, late]).await;
    world
        .configure(&world.calendar_config(room, json!({ "events": { "monthsBack": 1, "monthsAhead": 12 } })))
        .await;
    world.run().await;
    assert_eq!(world.titles(0), ["Soon"]);
    world.clock.advance(std::time::Duration::from_secs(45 * 86_400));
    world.run().await;
    assert_eq!(world.titles(0), ["Late"], "what is over leaves, what comes near arrives");
    unchanged(&world).await;
}

/// The id of a room's event.
fn source(world: &World, room: uuid::Uuid, subject: &str) -> String {
    let events = stage::calendar::events(&world.simulator, room, "Calendar");
    events.iter().find(|event| event["subject"] == subject).unwrap()["id"].as_str().unwrap().to_owned()
}

/// The dates on which a series is otherwise, and those on which it is not at all.
fn dates(series: &Value) -> (Vec<String>, Vec<String>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |name: &str| series[name].as_array().cloned().unwrap_or_default();
    let exceptions = list("exceptions").iter().map(|one| text(&one["date"])).collect();
    (exceptions, list("cancelled").iter().map(text).collect())
}

/// Another run finds nothing to do, and nobody was mailed in all that time.
async fn unchanged(world: &World) {
    let run = world.run().await;
    assert_eq!(world.simulator.counts().writes.total(), 0, "{run}");
    world.assert_quiet();
}

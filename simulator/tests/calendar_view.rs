//! Calendar views and their deltas: a window that stays, slim occurrences, pages, repeats, strays, tokens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::{IMMUTABLE, World, at, fridays, hour_on, world};
use serde_json::{Value, json};

const YEAR: &str = "startDateTime=2027-01-01T00:00:00Z&endDateTime=2028-01-01T00:00:00Z";
const MARCH: &str = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-04-01T00:00:00%2B02:00";

async fn create(w: &World, body: Value) -> String {
    w.post(&w.mine("events"), body).await.ok(201).id()
}

fn view(w: &World) -> String {
    w.mine(&format!("calendarView/delta?{MARCH}"))
}

/// A whole round, as "type start subject" or "removed" by id.
async fn round(w: &World, link: &str) -> (BTreeMap<String, String>, String) {
    let (entries, link) = w.round(link, &[IMMUTABLE]).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |entry: &Value| match entry.get("@removed") {
        Some(_) => "removed".to_owned(),
        None => format!(
            "{} {} {}",
            text(&entry["type"]),
            &text(&entry["start"]["dateTime"])[..16],
            text(&entry["subject"])
        ),
    };
    (entries.iter().map(|entry| (text(&entry["id"]), line(entry))).collect(), link)
}

fn lines(found: &BTreeMap<String, String>) -> String {
    let mut lines: Vec<&str> = found.values().map(|line| line.trim()).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test]
async fn a_view_shows_what_takes_place_in_order() {
    let w = world().await;
    create(&w, fridays("2027-03-19", "Stand-up")).await;
    create(&w, hour_on("2027-03-20", "Trip")).await;
    create(&w, hour_on("2027-05-20", "Later")).await;
    let path = w.mine(&format!("calendarView?{MARCH}&$select=subject,start,type,seriesMasterId&$top=2"));
    let found = w.round(&path, &[("Prefer", "outlook.timezone=\"Europe/Vienna\"")]).await.0;
    let found: Vec<String> =
        found.iter().map(|event| format!("{} {}", event["start"]["dateTime"], event["subject"])).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    "2027-03-19T09:00:00.0000000" "Stand-up"
    "2027-03-20T09:00:00.0000000" "Trip"
    "2027-03-26T09:00:00.0000000" "Stand-up"
    "#);
    let plain = w.get(&w.mine("calendarView")).await;
    assert_eq!(
        format!("{}: {}", plain.short(), plain.message()),
        "400 ErrorInvalidParameter: The value '' of parameter 'StartDateTime' is invalid."
    );
    let long = "startDateTime=2027-01-01&endDateTime=2032-01-02";
    assert_eq!(
        w.get(&w.mine(&format!("calendarView?{long}"))).await.short(),
        "400 ErrorCalendarViewRangeTooBig"
    );
    let unescaped = "startDateTime=2027-03-01T00:00:00+01:00&endDateTime=2027-04-01";
    assert_eq!(
        w.get(&w.mine(&format!("calendarView?{unescaped}"))).await.short(),
        "400 ErrorInvalidParameter"
    );
}

#[tokio::test]
async fn a_first_round_has_masters_slim_occurrences_exceptions_and_singles() {
    let w = world().await;
    let master = create(&w, fridays("2027-03-05", "Stand-up")).await;
    create(&w, hour_on("2027-03-20", "Trip")).await;
    create(&w, hour_on("2027-05-20", "Later")).await;
    let one = |day: &str| w.mine(&format!("events/OID.{master}.{day}"));
    w.patch(&one("2027-03-12"), json!({ "subject": "Retro" })).await.ok(200);
    w.delete(&one("2027-03-19")).await.ok(204);
    let (found, _) = round(&w, &view(&w)).await;
    insta::assert_snapshot!(lines(&found), @"
    exception 2027-03-12T08:00 Retro
    occurrence 2027-03-05T08:00
    occurrence 2027-03-26T08:00
    seriesMaster 2027-03-05T08:00 Stand-up
    singleInstance 2027-03-20T08:00 Trip
    ");
    let (entries, _) = w.round(&view(&w), &[IMMUTABLE]).await;
    let slim = entries.iter().find(|entry| entry["type"] == "occurrence").unwrap();
    let names: Vec<&String> = slim.as_object().unwrap().keys().collect();
    assert_eq!(names, ["@odata.etag", "@odata.type", "end", "id", "seriesMasterId", "start", "type"]);
}

#[tokio::test]
async fn later_rounds_have_what_changed_within_the_window_that_stays() {
    let w = world().await;
    let trip = create(&w, hour_on("2027-03-20", "Trip")).await;
    let fair = create(&w, hour_on("2027-03-21", "Fair")).await;
    let far = create(&w, hour_on("2027-05-20", "Far")).await;
    let (_, link) = round(&w, &view(&w)).await;
    let (nothing, link) = round(&w, &link).await;
    assert_eq!(nothing.len(), 0);
    let event = |id: &str| w.mine(&format!("events/{id}"));
    let to = |day: &str| json!({ "start": at(day, "09:00:00", "UTC"), "end": at(day, "10:00:00", "UTC") });
    w.patch(&event(&trip), to("2027-06-01")).await.ok(200);
    w.patch(&event(&far), to("2027-03-02")).await.ok(200);
    w.delete(&event(&fair)).await.ok(204);
    create(&w, hour_on("2027-07-01", "Never shown")).await;
    let (found, link) = round(&w, &link).await;
    assert_eq!(found[&trip], "removed", "it left the window");
    assert_eq!(found[&fair], "removed");
    assert_eq!(found[&far], "singleInstance 2027-03-02T09:00 Far");
    assert_eq!(found.len(), 3);
    assert_eq!(round(&w, &link).await.0.len(), 0);
}

#[tokio::test]
async fn a_cancelled_date_is_no_removal() {
    let w = world().await;
    let master = create(&w, fridays("2027-03-12", "Stand-up")).await;
    let (_, link) = round(&w, &view(&w)).await;
    w.delete(&w.mine(&format!("events/OID.{master}.2027-03-19"))).await.ok(204);
    let (found, link) = round(&w, &link).await;
    insta::assert_snapshot!(lines(&found), @"
    occurrence 2027-03-12T08:00
    occurrence 2027-03-26T08:00
    seriesMaster 2027-03-12T08:00 Stand-up
    ");
    w.delete(&w.mine(&format!("events/{master}"))).await.ok(204);
    assert_eq!(round(&w, &link).await.0, BTreeMap::from([(master, "removed".to_owned())]));
}

#[tokio::test]
async fn pages_split_a_series() {
    let w = world().await;
    create(&w, fridays("2027-01-01", "Stand-up")).await;
    create(&w, hour_on("2027-03-20", "Trip")).await;
    let path = w.mine(&format!("calendarView/delta?{YEAR}"));
    let (all, _) = round(&w, &path).await;
    assert_eq!(all.len(), 55, "53 Fridays, their master, the trip");
    for size in ["1", "7", "54", "55", "56"] {
        let preference = format!("odata.maxpagesize={size}, IdType=\"ImmutableId\"");
        let (entries, _) = w.round(&path, &[("Prefer", &preference)]).await;
        assert_eq!(entries.len(), 55, "{size}");
    }
}

#[tokio::test]
async fn each_calendar_has_its_own_view() {
    let w = world().await;
    let calendar = w.post(&w.mine("calendars"), json!({ "name": "C" })).await.ok(201).id();
    create(&w, hour_on("2027-03-20", "Default")).await;
    w.post(&w.mine(&format!("calendars/{calendar}/events")), hour_on("2027-03-20", "Other")).await.ok(201);
    for (place, subject) in [
        ("calendarView/delta".to_owned(), "Default"),
        ("calendar/calendarView/delta()".to_owned(), "Default"),
        (format!("calendars/{calendar}/calendarView/delta"), "Other"),
        (format!("calendars('{calendar}')/calendarView/microsoft.graph.delta()"), "Other"),
        (format!("calendars/{calendar}/events/delta"), "Other"),
    ] {
        let (found, link) = round(&w, &w.mine(&format!("{place}?{MARCH}"))).await;
        assert_eq!(lines(&found), format!("singleInstance 2027-03-20T08:00 {subject}"), "{place}");
        assert_eq!(round(&w, &link).await.0.len(), 0);
    }
    let dateless = w.get(&w.mine(&format!("calendars/{calendar}/events/delta"))).await;
    assert_eq!(dateless.short(), "400 ErrorInvalidParameter");
}

#[tokio::test]
async fn a_move_to_another_calendar_is_a_removal_here() {
    let w = world().await;
    w.sim.user_creates_calendar(w.user, "Private").unwrap();
    let trip = create(&w, hour_on("2027-03-20", "Trip")).await;
    let (_, link) = round(&w, &view(&w)).await;
    w.sim.user_moves_event(w.user, &trip, "Private").unwrap();
    assert_eq!(round(&w, &link).await.0, BTreeMap::from([(trip, "removed".to_owned())]));
}

#[tokio::test]
async fn options_that_a_delta_does_not_know_are_refused() {
    let w = world().await;
    for option in ["$select=id", "$expand=extensions", "$filter=x", "$orderby=x", "$search=x"] {
        let reply = w.get(&format!("{}&{option}", view(&w))).await;
        assert_eq!(reply.short(), "400 ErrorInvalidUrlQuery", "{option}");
    }
    assert_eq!(w.get(&format!("{}&$top=5", view(&w))).await.status, 400);
    assert_eq!(w.get(&w.mine("calendarView/delta?$deltatoken=junk")).await.short(), "400 BadRequest");
}

#[tokio::test]
async fn four_generations_stay_usable() {
    let w = world().await;
    let (_, first) = round(&w, &view(&w)).await;
    let mut link = first.clone();
    for number in 0..4 {
        create(&w, hour_on("2027-03-20", &format!("E{number}"))).await;
        link = round(&w, &link).await.1;
    }
    let lost = w.get(&first).await;
    assert_eq!(lost.short(), "410 SyncStateNotFound");
    assert!(
        lost.message().starts_with("The sync state generation is not found; generation="),
        "{}",
        lost.message()
    );
    assert_eq!(round(&w, &link).await.0.len(), 0);
}

#[tokio::test]
async fn repeats_come_before_what_holds_and_strays_from_outside() {
    let w = world().await;
    create(&w, hour_on("2027-03-20", "Trip")).await;
    create(&w, hour_on("2027-05-20", "Later")).await;
    w.sim.set_quirks(|quirks| (quirks.view_repeats, quirks.view_strays) = (1.0, 1.0));
    let (entries, _) = w.round(&view(&w), &[IMMUTABLE]).await;
    let subjects: Vec<&str> = entries.iter().map(|entry| entry["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["An earlier subject", "Trip", "Later"]);
    assert_eq!(entries[0]["id"], entries[1]["id"]);
}

#[tokio::test]
async fn large_pages_can_be_too_much() {
    let w = world().await;
    w.sim.set_quirks(|quirks| quirks.view_page_limit = Some(20));
    let reply = w.send("GET", &view(&w), &[("Prefer", "odata.maxpagesize=50")], None).await;
    assert_eq!((reply.status, reply.text.as_str()), (503, ""));
    w.send("GET", &view(&w), &[("Prefer", "odata.maxpagesize=20")], None).await.ok(200);
}

#[tokio::test]
async fn late_views_come_right_in_the_end() {
    let w = world().await;
    w.sim.set_lag(w.user, Some(simulator::Lag { writes: Some(3), milliseconds: None, always: true }));
    for number in 0..6 {
        create(&w, hour_on("2027-03-20", &format!("E{number}"))).await;
    }
    let (found, link) = round(&w, &view(&w)).await;
    assert_eq!(found.len(), 3);
    w.sim.set_lag(w.user, None);
    assert_eq!(round(&w, &link).await.0.len(), 3);
}

//! Series: rules, single dates, exceptions and cancellations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{World, at, fridays, hour_on, world};
use serde_json::{Value, json};

const MARCH: &str = "startDateTime=2027-03-01T00:00:00Z&endDateTime=2027-04-10T00:00:00Z";

async fn create(w: &World, body: Value) -> String {
    w.post(&w.mine("events"), body).await.ok(201).id()
}

/// Fridays from the fifth of March on.
async fn series(w: &World) -> String {
    create(w, fridays("2027-03-05", "Stand-up")).await
}

fn date(master: &str, date: &str) -> String {
    format!("OID.{master}.{date}")
}

/// Lines of "type start subject".
async fn instances(w: &World, master: &str) -> String {
    let path = w.mine(&format!("events/{master}/instances?{MARCH}&$select=type,start,subject"));
    let line = |event: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let start = text(&event["start"]["dateTime"]).replace(":00.0000000", "");
        format!("{} {start} {}", text(&event["type"]), text(&event["subject"]))
    };
    w.get(&path).await.ok(200).entries().iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn with_dates(w: &World, master: &str) -> Value {
    let path = "?$select=subject,cancelledOccurrences,exceptionOccurrences&$expand=exceptionOccurrences";
    w.send("GET", &w.mine(&format!("events/{master}{path}")), &[common::IMMUTABLE], None).await.ok(200).body
}

async fn refused(w: &World, pattern: Value, range: Value) -> String {
    let mut body = hour_on("2027-03-05", "x");
    body["recurrence"] = json!({ "pattern": pattern, "range": range });
    let reply = w.post(&w.mine("events"), body).await;
    format!("{}: {}", reply.short(), reply.message())
}

#[tokio::test]
async fn a_rule_reads_back_with_all_its_members() {
    let w = world().await;
    let made = w.post(&w.mine("events"), fridays("2027-03-05", "x")).await.ok(201).body;
    insta::assert_snapshot!(made["recurrence"], @r#"{"pattern":{"dayOfMonth":0,"daysOfWeek":["friday"],"firstDayOfWeek":"sunday","index":"first","interval":1,"month":0,"type":"weekly"},"range":{"endDate":"0001-01-01","numberOfOccurrences":0,"recurrenceTimeZone":"Europe/Vienna","startDate":"2027-03-05","type":"noEnd"}}"#);
    assert_eq!(made["type"], "seriesMaster");
    let again = json!({ "subject": "y", "start": made["start"], "end": made["end"], "recurrence": made["recurrence"] });
    w.post(&w.mine("events"), again).await.ok(201);
}

#[tokio::test]
async fn rules_that_are_none_are_refused() {
    let w = world().await;
    let weekly = || json!({ "type": "weekly", "interval": 1, "daysOfWeek": ["friday"] });
    let from = || json!({ "type": "noEnd", "startDate": "2027-03-05" });
    let other_day = json!({ "type": "noEnd", "startDate": "2027-03-06" });
    insta::assert_snapshot!(refused(&w, weekly(), other_day).await, @"400 ErrorInvalidRecurrence: The recurrence is not valid: range.startDate must be the date of the event's start.");
    insta::assert_snapshot!(refused(&w, json!({ "type": "weekly", "interval": 1 }), from()).await, @"400 ErrorInvalidRecurrence: The recurrence is not valid: pattern.daysOfWeek is missing.");
    let patterns = [
        json!({}),
        json!({ "type": "hourly", "interval": 1 }),
        json!({ "type": "daily" }),
        json!({ "type": "daily", "interval": -1 }),
        json!({ "type": "weekly", "interval": 1, "daysOfWeek": [] }),
        json!({ "type": "weekly", "interval": 1, "daysOfWeek": ["fri"] }),
        json!({ "type": "absoluteMonthly", "interval": 1 }),
        json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 32 }),
        json!({ "type": "relativeMonthly", "interval": 1, "index": "first" }),
        json!({ "type": "relativeMonthly", "interval": 1, "index": "fifth", "daysOfWeek": ["friday"] }),
        json!({ "type": "absoluteYearly", "interval": 1, "dayOfMonth": 1 }),
        json!({ "type": "absoluteYearly", "interval": 1, "dayOfMonth": 30, "month": 2 }),
        json!({ "type": "relativeYearly", "interval": 1, "daysOfWeek": ["friday"] }),
        json!({ "type": "daily", "interval": 1, "count": 2 }),
    ];
    for pattern in patterns {
        assert!(refused(&w, pattern.clone(), from()).await.starts_with("400 "), "{pattern}");
    }
    let start = "2027-03-05";
    let ranges = [
        json!({}),
        json!({ "type": "noEnd" }),
        json!({ "type": "endDate", "startDate": start }),
        json!({ "type": "endDate", "startDate": start, "endDate": "2027-03-04" }),
        json!({ "type": "numbered", "startDate": start }),
        json!({ "type": "numbered", "startDate": start, "numberOfOccurrences": 0 }),
        json!({ "type": "noEnd", "startDate": start, "recurrenceTimeZone": "" }),
    ];
    for range in ranges {
        assert!(refused(&w, weekly(), range.clone()).await.starts_with("400 "), "{range}");
    }
    assert_eq!(w.get(&w.mine("events")).await.entries().len(), 0);
}

#[tokio::test]
async fn a_series_keeps_its_time_of_day_when_the_clocks_change() {
    let w = world().await;
    let master = series(&w).await;
    insta::assert_snapshot!(instances(&w, &master).await, @"
    occurrence 2027-03-05T08:00 Stand-up
    occurrence 2027-03-12T08:00 Stand-up
    occurrence 2027-03-19T08:00 Stand-up
    occurrence 2027-03-26T08:00 Stand-up
    occurrence 2027-04-02T07:00 Stand-up
    occurrence 2027-04-09T07:00 Stand-up
    ");
}

#[tokio::test]
async fn a_start_that_is_no_occurrence_moves_to_the_first_one() {
    let w = world().await;
    let mut body = fridays("2027-03-05", "x");
    body["recurrence"]["pattern"]["daysOfWeek"] = json!(["tuesday"]);
    let made = w.post(&w.mine("events"), body).await.ok(201).body;
    assert_eq!(made["start"]["dateTime"], "2027-03-09T08:00:00.0000000");
    assert_eq!(made["recurrence"]["range"]["startDate"], "2027-03-09");
}

#[tokio::test]
async fn one_date_is_read_changed_and_cancelled_by_its_name() {
    let w = world().await;
    let master = series(&w).await;
    let path = |day: &str| w.mine(&format!("events/{}", date(&master, day)));
    let before = w.get(&w.mine(&format!("events/{master}"))).await.body["changeKey"].clone();
    let occurrence = w.get(&path("2027-03-12")).await.ok(200).body;
    assert_eq!((&occurrence["type"], &occurrence["recurrence"]), (&json!("occurrence"), &Value::Null));
    assert_eq!(occurrence["originalStart"], "2027-03-12T08:00:00Z");
    let moved = json!({ "subject": "Retro", "start": at("2027-03-11", "15:00:00", "UTC"), "end": at("2027-03-11", "16:00:00", "UTC") });
    let exception = w.patch(&path("2027-03-12"), moved).await.ok(200).body;
    assert_eq!((&exception["type"], &exception["seriesMasterId"]), (&json!("exception"), &json!(master)));
    w.delete(&path("2027-03-19")).await.ok(204);
    for gone in ["2027-03-19", "2027-03-20", "2027-02-26"] {
        assert_eq!(w.get(&path(gone)).await.short(), "404 ErrorItemNotFound", "{gone}");
        assert_eq!(w.delete(&path(gone)).await.short(), "404 ErrorItemNotFound", "{gone}");
    }
    assert_ne!(w.get(&w.mine(&format!("events/{master}"))).await.body["changeKey"], before);
    insta::assert_snapshot!(instances(&w, &master).await, @"
    occurrence 2027-03-05T08:00 Stand-up
    exception 2027-03-11T15:00 Retro
    occurrence 2027-03-26T08:00 Stand-up
    occurrence 2027-04-02T07:00 Stand-up
    occurrence 2027-04-09T07:00 Stand-up
    ");
    let known = with_dates(&w, &master).await;
    assert_eq!(known["cancelledOccurrences"], json!([date(&master, "2027-03-19")]));
    assert_eq!(known["exceptionOccurrences"][0]["id"], exception["id"]);
    assert_eq!(known["exceptionOccurrences"][0]["subject"], "Retro");
}

#[tokio::test]
async fn instances_have_ids_of_their_own() {
    let w = world().await;
    let master = series(&w).await;
    let path = w.mine(&format!("events/{master}/instances?{MARCH}"));
    let second = w.send("GET", &path, &[common::IMMUTABLE], None).await.ok(200).entries()[1].clone();
    let path = w.mine(&format!("events/{}", second["id"].as_str().unwrap()));
    assert_eq!(w.patch(&path, json!({ "subject": "Retro" })).await.ok(200).body["id"], second["id"]);
    w.delete(&path).await.ok(204);
    assert_eq!(with_dates(&w, &master).await["cancelledOccurrences"], json!([date(&master, "2027-03-12")]));
    assert_eq!(
        w.get(&w.mine(&format!("events/{master}/instances"))).await.short(),
        "400 ErrorInvalidParameter"
    );
    let single = create(&w, hour_on("2027-03-05", "x")).await;
    assert_eq!(
        w.get(&w.mine(&format!("events/{single}/instances?{MARCH}"))).await.short(),
        "400 ErrorInvalidRequest"
    );
}

#[tokio::test]
async fn what_became_of_the_dates_is_told_for_one_event_only() {
    let w = world().await;
    let master = series(&w).await;
    let plain = w.get(&w.mine(&format!("events/{master}"))).await.ok(200).body;
    assert!(plain.get("cancelledOccurrences").is_none() && plain.get("exceptionOccurrences").is_none());
    for option in
        ["$select=cancelledOccurrences", "$select=exceptionOccurrences", "$expand=exceptionOccurrences"]
    {
        assert_eq!(w.get(&w.mine(&format!("events?{option}"))).await.short(), "400 BadRequest", "{option}");
    }
}

#[tokio::test]
async fn an_exception_follows_its_series_in_what_it_did_not_change() {
    let w = world().await;
    let master = series(&w).await;
    let path = w.mine(&format!("events/{}", date(&master, "2027-03-12")));
    w.patch(&path, json!({ "subject": "Retro", "categories": ["Red"] })).await.ok(200);
    w.patch(&w.mine(&format!("events/{master}")), json!({ "subject": "Daily", "showAs": "free" }))
        .await
        .ok(200);
    let exception = w.get(&path).await.ok(200).body;
    assert_eq!((&exception["subject"], &exception["showAs"]), (&json!("Retro"), &json!("free")));
    w.patch(&path, json!({ "subject": null, "categories": [] })).await.ok(200);
    let exception = w.get(&path).await.ok(200).body;
    assert_eq!((&exception["subject"], &exception["categories"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn a_series_of_another_shape_forgets_its_dates() {
    let w = world().await;
    for kept in [false, true] {
        w.sim.set_quirks(|quirks| quirks.exceptions_kept = kept);
        let master = series(&w).await;
        let path = |day: &str| w.mine(&format!("events/{}", date(&master, day)));
        w.patch(&path("2027-03-12"), json!({ "subject": "Retro" })).await.ok(200);
        w.delete(&path("2027-03-19")).await.ok(204);
        w.patch(&w.mine(&format!("events/{master}")), json!({ "subject": "Daily" })).await.ok(200);
        assert_eq!(with_dates(&w, &master).await["cancelledOccurrences"].as_array().unwrap().len(), 1);
        let zone = "Europe/Vienna";
        let later =
            json!({ "start": at("2027-03-05", "11:00:00", zone), "end": at("2027-03-05", "12:00:00", zone) });
        w.patch(&w.mine(&format!("events/{master}")), later).await.ok(200);
        let known = with_dates(&w, &master).await;
        let left = usize::from(kept);
        assert_eq!(known["cancelledOccurrences"].as_array().unwrap().len(), left);
        assert_eq!(known["exceptionOccurrences"].as_array().unwrap().len(), left);
    }
}

#[tokio::test]
async fn an_event_becomes_a_series_and_back() {
    let w = world().await;
    let id = create(&w, hour_on("2027-03-05", "x")).await;
    let path = w.mine(&format!("events/{id}"));
    let rule = fridays("2027-03-05", "x")["recurrence"].clone();
    assert_eq!(w.patch(&path, json!({ "recurrence": rule })).await.ok(200).body["type"], "seriesMaster");
    let one = w.mine(&format!("events/{}", date(&id, "2027-03-12")));
    assert_eq!(w.patch(&one, json!({ "recurrence": rule })).await.short(), "400 ErrorInvalidRecurrence");
    assert_eq!(w.patch(&path, json!({ "recurrence": null })).await.ok(200).body["type"], "singleInstance");
    assert_eq!(w.get(&one).await.short(), "404 ErrorItemNotFound");
}

#[tokio::test]
async fn an_occurrence_stays_between_its_neighbours() {
    let w = world().await;
    let master = series(&w).await;
    let path = w.mine(&format!("events/{}", date(&master, "2027-03-12")));
    let on = |day: &str| json!({ "start": at(day, "15:00:00", "UTC"), "end": at(day, "16:00:00", "UTC") });
    for day in ["2027-03-05", "2027-03-19", "2027-03-30"] {
        assert_eq!(w.patch(&path, on(day)).await.short(), "400 ErrorOccurrenceCrossingBoundary", "{day}");
    }
    w.patch(&path, on("2027-03-18")).await.ok(200);
    let before = w.mine(&format!("events/{}", date(&master, "2027-03-05")));
    w.patch(&before, on("2027-03-17")).await.ok(200);
    w.sim.set_quirks(|quirks| quirks.occurrences_keep_order = false);
    w.patch(&path, on("2027-03-30")).await.ok(200);
}

#[tokio::test]
async fn the_zone_of_the_range_is_the_zone_of_the_series() {
    let w = world().await;
    let mut body = fridays("2027-03-05", "x");
    (body["start"], body["end"]) = (at("2027-03-05", "08:00:00", "UTC"), at("2027-03-05", "09:00:00", "UTC"));
    body["recurrence"]["range"]["recurrenceTimeZone"] = "Central Europe Standard Time".into();
    let master = create(&w, body).await;
    let starts = instances(&w, &master).await;
    assert!(starts.contains("2027-03-26T08:00") && starts.contains("2027-04-02T07:00"), "{starts}");
}

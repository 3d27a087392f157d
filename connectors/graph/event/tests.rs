//! The wire forms of an event.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::{Value as Json, json};
use sync::event::{Bounds, Day, Occurrence, Occurrences, Pattern, Recurrence, Timing, Week};
use sync::hub::Kind;
use sync::{Body as Text, Content, ContentType, Email, Field, HubId, SourceKey, Value};

use super::{Step, steps};
use crate::graph::body::Body;
use crate::graph::item::Item;
use crate::graph::kinds::names;
use crate::graph::tag::Tag;

fn sent(body: &Body<'_>) -> Json {
    serde_json::to_value(body).unwrap()
}

fn created(content: &Content) -> Json {
    let (hub, key) = (HubId::new("company").unwrap(), SourceKey::new("room:1").unwrap());
    let tag = Tag { hub: &hub, key: &key };
    sent(&Body::Create { kind: Kind::Events, content, tag, transaction: Some("one") })
}

fn item(json: &Json) -> Item {
    Item::read("event", json.to_string().as_bytes()).unwrap()
}

/// An event as the server tells it, with these properties.
fn told(properties: Json) -> Json {
    let mut event = json!({
        "id": "AAk=", "changeKey": "x", "createdDateTime": "2026-11-22T00:00:00Z", "type": "singleInstance",
        "start": { "dateTime": "2026-12-01T08:00:00.0000000", "timeZone": "UTC" },
        "end": { "dateTime": "2026-12-01T09:30:00.0000000", "timeZone": "UTC" },
        "isAllDay": false, "recurrence": null, "originalStartTimeZone": "W. Europe Standard Time",
        "subject": "Town hall", "body": { "contentType": "html", "content": "" }, "location": { "displayName": "" },
        "showAs": "busy", "sensitivity": "normal", "importance": "normal", "isReminderOn": false,
        "reminderMinutesBeforeStart": 15, "categories": []
    });
    let Json::Object(properties) = properties else { panic!() };
    event.as_object_mut().unwrap().extend(properties);
    event
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn single(start: &str, end: &str) -> Timing {
    Timing::single(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn weekly() -> Timing {
    let pattern =
        Pattern::Weekly { interval: 1, days_of_week: [Day::Tuesday].into(), first_day_of_week: Day::Monday };
    let rule = Recurrence { pattern, bounds: Bounds::EndDate { end_date: day("2027-06-30") } };
    let at = |text: &str| text.parse().unwrap();
    Timing::series(at("2026-12-01T09:00:00"), at("2026-12-01T10:30:00"), Tz::Europe__Berlin, rule).unwrap()
}

fn weekly_told(properties: Json) -> Json {
    let mut event = told(json!({
        "type": "seriesMaster",
        "recurrence": {
            "pattern": { "type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": ["tuesday"],
                "firstDayOfWeek": "monday", "index": "first" },
            "range": { "type": "endDate", "startDate": "2026-12-01", "endDate": "2027-06-30",
                "recurrenceTimeZone": "W. Europe Standard Time", "numberOfOccurrences": 0 }
        }
    }));
    let Json::Object(properties) = properties else { panic!() };
    event.as_object_mut().unwrap().extend(properties);
    event
}

fn full() -> Content {
    let mut content = Content::default();
    content.set(Field::Subject, "Town hall");
    content.set(Field::Body, Text { content_type: ContentType::Html, content: "<p>All</p>".into() });
    content.set(Field::Timing, single("2026-12-01T08:00:00Z", "2026-12-01T09:30:00Z"));
    content.set(Field::Location, "HQ");
    content.set(Field::ShowAs, "oof");
    content.set(Field::Sensitivity, "private");
    content.set(Field::Importance, "high");
    content.set(Field::Categories, vec!["Company".to_owned()]);
    content.set(Field::ReminderMinutesBeforeStart, "30");
    content
}

#[test]
fn a_new_event_says_all_that_it_must_and_invites_nobody() {
    let mut content = Content::default();
    content.set(Field::Subject, "Town hall");
    content.set(Field::Timing, single("2026-12-01T08:00:00Z", "2026-12-01T09:30:00Z"));
    content.set(Field::Attendees, vec![Email { address: "ana@contoso.example".into(), name: "Ana".into() }]);
    content.set(Field::JoinUrl, "https://meet.example/1");
    insta::assert_snapshot!(serde_json::to_string_pretty(&created(&content)).unwrap(), @r#"
    {
      "end": {
        "dateTime": "2026-12-01T09:30:00",
        "timeZone": "UTC"
      },
      "importance": "normal",
      "isAllDay": false,
      "isReminderOn": false,
      "recurrence": null,
      "responseRequested": false,
      "sensitivity": "normal",
      "showAs": "busy",
      "singleValueExtendedProperties": [
        {
          "id": "String {7c1f0a52-6f0e-4c63-9a5e-3b7d2a9c81f4} Name WheelhouseItem",
          "value": "company/room:1"
        }
      ],
      "start": {
        "dateTime": "2026-12-01T08:00:00",
        "timeZone": "UTC"
      },
      "subject": "Town hall",
      "transactionId": "one"
    }
    "#);
}

#[test]
fn what_is_sent_of_an_event_is_what_comes_back() {
    let mut back = created(&full());
    for (name, value) in [("id", "AAk="), ("changeKey", "x"), ("createdDateTime", "2026-11-22T00:00:00Z")] {
        back[name] = value.into();
    }
    let item = item(&back);
    assert!(!item.spoiled);
    assert_eq!(item.content, full());
}

#[test]
fn an_update_says_only_what_changes_and_clears_each_property_in_its_way() {
    let set: BTreeMap<Field, Option<Value>> = super::FIELDS
        .iter()
        .map(|field| (*field, None))
        .filter(|(field, _)| *field != Field::Timing)
        .collect();
    let sent = sent(&Body::Occurrence(&set));
    insta::assert_snapshot!(serde_json::to_string_pretty(&sent).unwrap(), @r#"
    {
      "body": {
        "content": "",
        "contentType": "text"
      },
      "categories": [],
      "importance": "normal",
      "isReminderOn": false,
      "location": {
        "displayName": ""
      },
      "sensitivity": "normal",
      "showAs": "busy",
      "subject": ""
    }
    "#);
}

#[test]
fn a_series_is_told_in_the_clocks_of_its_zone() {
    let mut content = full();
    content.set(Field::Timing, weekly());
    let sent = created(&content);
    assert_eq!(sent["start"], json!({ "dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/Berlin" }));
    insta::assert_snapshot!(sent["recurrence"], @r#"{"pattern":{"daysOfWeek":["tuesday"],"firstDayOfWeek":"monday","interval":1,"type":"weekly"},"range":{"endDate":"2027-06-30","startDate":"2026-12-01","type":"endDate"}}"#);
    // The server tells it in UTC, and names its zone as Windows does.
    assert_eq!(item(&weekly_told(json!({}))).content.get(Field::Timing), Some(&weekly().into()));
}

#[test]
fn every_rule_is_sent_and_read_as_it_is() {
    let days: std::collections::BTreeSet<Day> = [Day::Monday, Day::Friday].into();
    let (days_of_week, index) = (days.clone(), Week::Last);
    for pattern in [
        Pattern::Daily { interval: 3 },
        Pattern::Weekly { interval: 2, days_of_week: days, first_day_of_week: Day::Sunday },
        Pattern::AbsoluteMonthly { interval: 1, day_of_month: 31 },
        Pattern::RelativeMonthly { interval: 1, days_of_week: days_of_week.clone(), index },
        Pattern::AbsoluteYearly { interval: 1, day_of_month: 29, month: 2 },
        Pattern::RelativeYearly { interval: 4, days_of_week, index, month: 11 },
    ] {
        for bounds in [
            Bounds::NoEnd,
            Bounds::EndDate { end_date: day("2030-01-01") },
            Bounds::Numbered { number_of_occurrences: 7 },
        ] {
            let rule = Recurrence { pattern: pattern.clone(), bounds };
            let timing = Timing::all_day(day("2026-12-01"), day("2026-12-03"), Some(rule)).unwrap();
            let mut content = full();
            content.set(Field::Timing, timing);
            let item = item(&created(&content));
            assert_eq!(item.content.get(Field::Timing), content.get(Field::Timing), "{pattern:?} {bounds:?}");
        }
    }
}

#[test]
fn a_whole_day_is_a_day_whatever_zone_its_midnight_is_told_in() {
    let december = Timing::all_day(day("2026-12-01"), day("2026-12-02"), None).unwrap();
    for (start, end) in [
        ("2026-12-01T00:00:00.0000000", "2026-12-02T00:00:00.0000000"),
        ("2026-11-30T23:00:00.0000000", "2026-12-01T23:00:00.0000000"),
    ] {
        let at = |time: &str| json!({ "dateTime": time, "timeZone": "UTC" });
        let item = item(&told(json!({ "isAllDay": true, "start": at(start), "end": at(end) })));
        assert_eq!(item.content.get(Field::Timing), Some(&december.clone().into()), "{start}");
    }
}

#[test]
fn what_an_event_always_has_is_filled_and_what_nobody_knows_survives() {
    let unusual =
        item(&told(json!({ "showAs": "unknownFutureValue", "sensitivity": null, "importance": "" })));
    assert_eq!(unusual.content.text(Field::ShowAs), Some("unknownFutureValue"));
    assert_eq!(unusual.content.text(Field::Sensitivity), Some("normal"));
    assert_eq!(unusual.content.text(Field::Importance), Some("normal"));
    assert_eq!(
        unusual.content.get(Field::ReminderMinutesBeforeStart),
        None,
        "a reminder that is off is none"
    );
    let reminded = item(&told(json!({ "isReminderOn": true, "reminderMinutesBeforeStart": 0 })));
    assert_eq!(reminded.content.text(Field::ReminderMinutesBeforeStart), Some("0"));
}

#[test]
fn what_tells_about_the_source_is_no_content() {
    let person = |name: &str| json!({ "emailAddress": { "name": name, "address": "x@contoso.example" } });
    let item = item(&told(json!({
        "attendees": [person("Ana"), { "emailAddress": null }], "organizer": person("Bo"), "isOrganizer": true,
        "onlineMeeting": { "joinUrl": "https://meet.example/1" }, "responseStatus": { "response": "declined", "time": "x" },
        "isCancelled": true
    })));
    assert!(item.content.iter().all(|(field, _)| !field.is_source_only()));
    let source = &item.event.source;
    assert_eq!(source.text(Field::JoinUrl), Some("https://meet.example/1"));
    assert_eq!(source.text(Field::ResponseStatus), Some("declined"));
    assert_eq!(source.text(Field::IsCancelled), Some("true"));
    let email = |name: &str| vec![Email { address: "x@contoso.example".into(), name: name.into() }];
    assert_eq!(source.get(Field::Attendees), Some(&email("Ana").into()));
    assert_eq!(source.get(Field::Organizer), Some(&email("Bo").into()));
    assert!(item.event.invites());
}

#[test]
fn an_event_of_another_form_spoils_itself_and_no_other() {
    let zone = |zone: &str| json!({ "dateTime": "2026-12-01T08:00:00", "timeZone": zone });
    for (name, value) in [
        ("start", zone("Nowhere Standard Time")),
        ("start", json!({ "dateTime": "soon", "timeZone": "UTC" })),
        ("start", json!("2026-12-01")),
        ("end", json!({ "dateTime": "2026-11-01T08:00:00", "timeZone": "UTC" })),
        ("isAllDay", json!("yes")),
        ("body", json!({ "contentType": "rtf", "content": "x" })),
        (
            "recurrence",
            json!({ "pattern": { "type": "hourly", "interval": 1 }, "range": { "type": "noEnd" } }),
        ),
        (
            "recurrence",
            json!({ "pattern": { "type": "daily", "interval": 0 }, "range": { "type": "noEnd" } }),
        ),
        ("recurrence", json!({ "pattern": { "type": "daily", "interval": 1 } })),
        ("reminderMinutesBeforeStart", json!("soon")),
        ("attendees", json!("all")),
    ] {
        assert!(item(&told(json!({ name: value }))).spoiled, "{name}: {value}");
    }
    let nowhere =
        json!({ "recurrence": weekly_told(json!({}))["recurrence"], "originalStartTimeZone": "Nowhere" });
    let mut nowhere = told(nowhere);
    nowhere["recurrence"]["range"]["recurrenceTimeZone"] = "tzone://Microsoft/Custom".into();
    assert!(item(&nowhere).spoiled, "a series whose zone nobody knows");
}

fn exception(day: &str, properties: Json) -> Json {
    let mut exception = told(json!({
        "type": "exception", "originalStart": format!("{day}T08:00:00Z"),
        "start": { "dateTime": format!("{day}T08:00:00.0000000"), "timeZone": "UTC" },
        "end": { "dateTime": format!("{day}T09:30:00.0000000"), "timeZone": "UTC" }
    }));
    let Json::Object(properties) = properties else { panic!() };
    exception.as_object_mut().unwrap().extend(properties);
    exception
}

fn changed(timing: Timing, fields: &[(Field, &str)]) -> Occurrence {
    let mut content: Content = fields.iter().copied().collect();
    content.set(Field::Timing, timing);
    Occurrence::Changed(content)
}

#[test]
fn occurrences_are_told_by_what_differs_from_their_series() {
    let later = json!({ "dateTime": "2026-12-22T12:00:00.0000000", "timeZone": "UTC" });
    let end = json!({ "dateTime": "2026-12-22T13:00:00.0000000", "timeZone": "UTC" });
    let item = item(&weekly_told(json!({
        "cancelledOccurrences": ["OID.AAk=.2026-12-08"],
        "exceptionOccurrences": [
            exception("2026-12-15", json!({ "subject": "Christmas party" })),
            exception("2026-12-22", json!({ "start": later, "end": end })),
            exception("2026-12-29", json!({})),
            exception("2027-01-05", json!({ "isCancelled": true })),
            exception("2027-01-12", json!({ "originalStart": null, "occurrenceId": "OID.AAk=.2027-01-13",
                "showAs": "free" })),
        ]
    })));
    assert!(!item.spoiled && item.event.is_series);
    let usual = |day: &str| single(&format!("{day}T08:00:00Z"), &format!("{day}T09:30:00Z"));
    let expected: Occurrences = [
        (day("2026-12-08"), Occurrence::Cancelled),
        (day("2026-12-15"), changed(usual("2026-12-15"), &[(Field::Subject, "Christmas party")])),
        (day("2026-12-22"), changed(single("2026-12-22T12:00:00Z", "2026-12-22T13:00:00Z"), &[])),
        (day("2027-01-05"), Occurrence::Cancelled),
        (day("2027-01-13"), changed(usual("2027-01-12"), &[(Field::ShowAs, "free")])),
    ]
    .into();
    assert_eq!(item.content.get(Field::Occurrences), Some(&expected.into()));
}

#[test]
fn only_what_is_not_yet_so_is_sent_of_occurrences() {
    let usual = |day: &str| single(&format!("{day}T08:00:00Z"), &format!("{day}T09:30:00Z"));
    let party = |day: &str| changed(usual(day), &[(Field::Subject, "Christmas party")]);
    let mut series = full();
    series.set(Field::Timing, weekly());
    let is: Occurrences = [
        (day("2026-12-08"), Occurrence::Cancelled),
        (day("2026-12-15"), party("2026-12-15")),
        (day("2026-12-22"), party("2026-12-22")),
        (day("2026-12-29"), Occurrence::Cancelled),
    ]
    .into();
    series.set(Field::Occurrences, is);
    let wanted: Occurrences = [
        (day("2026-12-08"), Occurrence::Cancelled),
        (day("2026-12-15"), party("2026-12-15")),
        (day("2027-01-05"), Occurrence::Cancelled),
        (day("2027-01-12"), changed(usual("2027-01-13"), &[])),
    ]
    .into();
    let steps = steps(&series, &wanted);
    let expected: BTreeMap<NaiveDate, Step> = [
        (day("2026-12-22"), Step::Change([(Field::Subject, Some("Town hall".into()))].into())),
        (day("2027-01-05"), Step::Cancel),
        (day("2027-01-12"), Step::Change([(Field::Timing, Some(usual("2027-01-13").into()))].into())),
    ]
    .into();
    assert_eq!(steps, expected);
}

#[test]
fn a_listing_asks_for_every_field_that_it_can_tell() {
    let select = &*names(Kind::Events).select;
    let told =
        ["subject", "body", "start", "end", "isAllDay", "recurrence", "location", "showAs", "isReminderOn"];
    assert!(told.iter().all(|name| select.split(',').any(|selected| selected == *name)), "{select}");
    assert!(!select.contains(super::ONLY_LOOKED), "what only a point read tells is refused in a listing");
}

mod fields;
mod laws;
mod series;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{EventOptions, Skipped};
use crate::Content;
use crate::mapping::LeftOut;

/// A content from Graph's names; texts may stand as they are.
fn content(fields: Value) -> Content {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let wrapped = fields.into_iter().map(|(name, value)| {
        let value = if value.is_string() { json!({"text": value}) } else { value };
        (name, value)
    });
    serde_json::from_value(Value::Object(wrapped.collect())).unwrap()
}

fn single(start: &str, end: &str) -> Value {
    json!({"timing": {"start": start, "end": end, "zone": "UTC"}})
}

/// Something every day from nine to ten in Vienna.
fn daily() -> Value {
    json!({"timing": {
        "start": "2026-12-01T09:00:00", "end": "2026-12-01T10:00:00", "zone": "Europe/Vienna",
        "recurrence": {"pattern": {"type": "daily", "interval": 1}, "bounds": {"type": "noEnd"}},
    }})
}

fn meeting() -> Value {
    json!({
        "subject": "Budget", "location": "Room 4", "showAs": "oof", "sensitivity": "normal", "importance": "high",
        "body": {"body": {"contentType": "text", "content": "Numbers"}},
        "categories": {"list": ["Red"]}, "reminderMinutesBeforeStart": "15",
        "organizer": {"emails": [{"address": "ana@contoso.example", "name": "Ana"}]},
        "attendees": {"emails": [{"address": "ben@contoso.example"}, {"address": "x@y.example", "name": "X"}]},
        "joinUrl": "https://meet.example/1?a=1&b=2", "responseStatus": "accepted",
        "timing": single("2026-12-01T09:00:00", "2026-12-01T10:00:00"),
    })
}

/// The meeting with these fields in the place of its own.
fn with(changes: Value) -> Content {
    let mut meeting = meeting();
    meeting.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    content(meeting)
}

fn options(options: Value) -> EventOptions {
    serde_json::from_value(options).unwrap()
}

fn window() -> (DateTime<Utc>, DateTime<Utc>) {
    EventOptions::default().window("2026-12-05T13:00:00Z".parse().unwrap())
}

fn mapped(choices: Value, raw: &Content) -> Result<(Content, Vec<LeftOut>), Skipped> {
    options(choices).event(raw, window())
}

/// One line per filled field, times left out.
fn shown(choices: Value, raw: &Content) -> String {
    let (content, _) = mapped(choices, raw).unwrap();
    let fields = content.iter().filter(|(field, _)| *field != crate::Field::Timing);
    let lines = fields.map(|(field, value)| format!("{field} = {}", serde_json::to_string(value).unwrap()));
    lines.collect::<Vec<_>>().join("\n")
}

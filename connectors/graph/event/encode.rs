//! What is sent of an event: never attendees or an online meeting, for Exchange would mail people.

use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::json;
use sync::event::Timing;
use sync::{Content, Field, Value};

use super::FIELDS;
use super::recurrence;
use crate::graph::contact;

/// Writes a new event; what it must always say is said even where the content is silent.
pub(in crate::graph) fn put_all<M: SerializeMap>(
    to: &mut M,
    content: &Content,
    transaction: Option<&str>,
) -> Result<(), M::Error> {
    for &field in FIELDS {
        let value = content.get(field);
        if value.is_some() || is_always_said(field) {
            put(to, field, value)?;
        }
    }
    to.serialize_entry("responseRequested", &false)?;
    match transaction {
        Some(id) => to.serialize_entry("transactionId", id),
        None => Ok(()),
    }
}

fn is_always_said(field: Field) -> bool {
    field == Field::ReminderMinutesBeforeStart || usual(field).is_some()
}

/// What a field holds where nobody decided.
pub(super) const fn usual(field: Field) -> Option<&'static str> {
    match field {
        Field::ShowAs => Some("busy"),
        Field::Sensitivity | Field::Importance => Some("normal"),
        _ => None,
    }
}

/// Writes a field as the properties that tell it; `None` clears it. What is no field of an event, or is written in
/// another way, is passed over.
pub(in crate::graph) fn put<M: SerializeMap>(
    to: &mut M,
    field: Field,
    value: Option<&Value>,
) -> Result<(), M::Error> {
    let name = field.name();
    match (field, value) {
        (Field::Timing, Some(Value::Timing(timing))) => {
            put_times(to, timing)?;
            let rule = timing.recurrence().map(|rule| recurrence::encode(rule, timing.start().date()));
            to.serialize_entry("recurrence", &rule.unwrap_or_default())
        }
        (Field::Body, Some(Value::Body(body))) => {
            let (kind, text) = (body.content_type.name(), &body.content);
            to.serialize_entry(name, &json!({ "contentType": kind, "content": text }))
        }
        (Field::Body, _) => to.serialize_entry(name, &json!({ "contentType": "text", "content": "" })),
        (Field::Location, value) => {
            to.serialize_entry(name, &json!({ "displayName": value.and_then(text).unwrap_or_default() }))
        }
        (Field::ReminderMinutesBeforeStart, value) => {
            put_reminder(to, value.and_then(text).and_then(|text| text.parse().ok()))
        }
        (Field::Subject, value) => to.serialize_entry(name, value.and_then(text).unwrap_or_default()),
        (Field::Categories, value) => contact::put(to, field, value),
        (field, value) => match value.and_then(text).or(usual(field)) {
            Some(text) if usual(field).is_some() => to.serialize_entry(name, text),
            _ => Ok(()),
        },
    }
}

/// Writes a field of one occurrence, which has no rule of its own.
pub(in crate::graph) fn put_of_occurrence<M: SerializeMap>(
    to: &mut M,
    field: Field,
    value: Option<&Value>,
) -> Result<(), M::Error> {
    match value {
        Some(Value::Timing(timing)) => put_times(to, timing),
        value => put(to, field, value),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn put_reminder<M: SerializeMap>(to: &mut M, minutes: Option<i32>) -> Result<(), M::Error> {
    to.serialize_entry("isReminderOn", &minutes.is_some())?;
    match minutes {
        Some(minutes) => to.serialize_entry(Field::ReminderMinutesBeforeStart.name(), &minutes),
        None => Ok(()),
    }
}

fn put_times<M: SerializeMap>(to: &mut M, timing: &Timing) -> Result<(), M::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Time<'a> {
        date_time: String,
        time_zone: &'a str,
    }
    let time = |time: chrono::NaiveDateTime| Time {
        date_time: time.format("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        time_zone: timing.zone().name(),
    };
    to.serialize_entry("start", &time(timing.start()))?;
    to.serialize_entry("end", &time(timing.end()))?;
    to.serialize_entry("isAllDay", &timing.is_all_day())
}

//! An event in the one form in which source and mirror are compared.

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::text::words;
use crate::api::field;

/// An event in that form.
pub type Entry = Map<String, Value>;

/// An event as the simulator tells it, in the form in which it is compared.
pub fn entry(event: &Value) -> Entry {
    let or = |name: &str, usual: Value| {
        Some(field(event, name)).filter(|v| !v.is_null()).cloned().unwrap_or(usual)
    };
    let is_on = *field(event, "isReminderOn") != json!(false);
    let invites = field(event, "attendees").as_array().is_some_and(|all| !all.is_empty())
        || *field(event, "isOnlineMeeting") == json!(true);
    let exceptions = field(event, "exceptions").as_array().into_iter().flatten();
    let exceptions: Vec<Value> = exceptions.map(|exception| dated(entry(exception), exception)).collect();
    let all = json!({
        "subject": or("subject", json!("")),
        "location": field(field(event, "location"), "displayName").as_str().unwrap_or_default(),
        "showAs": or("showAs", json!("busy")),
        "sensitivity": or("sensitivity", json!("normal")),
        "importance": or("importance", json!("normal")),
        "categories": or("categories", json!([])),
        "reminder": is_on.then(|| or("reminderMinutesBeforeStart", json!(15))),
        "text": words(field(event, "body")),
        "isAllDay": or("isAllDay", json!(false)),
        "start": time(event, "start"),
        "end": time(event, "end"),
        "recurrence": recurrence(field(event, "recurrence")),
        "exceptions": exceptions,
        "cancelled": or("cancelled", json!([])),
        "invites": invites,
    });
    all.as_object().cloned().unwrap_or_default()
}

/// An exception stands for a date of its series.
pub(super) fn dated(mut entry: Entry, exception: &Value) -> Value {
    entry.insert("date".to_owned(), field(exception, "date").clone());
    entry.into()
}

/// A time as it is compared: a day as it stands, a moment in UTC, the times of a series in their own zone.
fn time(event: &Value, name: &str) -> Value {
    let at = field(event, name);
    let local = field(at, "dateTime").as_str().unwrap_or_default();
    let local = local.split('.').next().unwrap_or_default();
    let zone = field(at, "timeZone").as_str().unwrap_or_default();
    if *field(event, "isAllDay") == json!(true) {
        return json!(local.split('T').next());
    }
    if field(event, "recurrence").is_object() {
        return json!(format!("{local} {zone}"));
    }
    moment(local, zone).map_or_else(|| json!(format!("{local} {zone}")), |moment| json!(moment))
}

fn moment(local: &str, zone: &str) -> Option<DateTime<Utc>> {
    let (local, zone): (NaiveDateTime, Tz) = (local.parse().ok()?, zone.parse().ok()?);
    Some(zone.from_local_datetime(&local).earliest()?.to_utc())
}

/// What of a recurrence has a meaning for its type: Graph fills the rest with zeros.
fn recurrence(rule: &Value) -> Value {
    let (pattern, range) = (field(rule, "pattern"), field(rule, "range"));
    if !pattern.is_object() {
        return Value::Null;
    }
    let kind = field(pattern, "type").as_str().unwrap_or_default();
    let parts: &[&str] = match kind {
        "weekly" => &["daysOfWeek"],
        "absoluteMonthly" => &["dayOfMonth"],
        "relativeMonthly" => &["daysOfWeek", "index"],
        "absoluteYearly" => &["dayOfMonth", "month"],
        "relativeYearly" => &["daysOfWeek", "index", "month"],
        _ => &[],
    };
    let bounds = match field(range, "type").as_str() {
        Some("endDate") => "endDate",
        Some("numbered") => "numberOfOccurrences",
        _ => "type",
    };
    let all: Map<String, Value> =
        [(pattern, "type"), (pattern, "interval"), (range, "startDate"), (range, bounds)]
            .into_iter()
            .chain(parts.iter().map(|part| (pattern, *part)))
            .map(|(of, name)| {
                (
                    format!("{name} {}", if of == pattern { "pattern" } else { "range" }),
                    field(of, name).clone(),
                )
            })
            .collect();
    all.into()
}

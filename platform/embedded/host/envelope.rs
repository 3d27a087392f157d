//! What the host posts: the envelopes of the Functions custom handler contract.
//!
//! Numbers and texts of the metadata arrive as JSON text inside a string, dates as plain strings, and a binary message
//! as base64. <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{queue::Message, random::Random};

/// How long the cloud keeps a message by default; the envelope tells it, nothing acts on it here.
const MESSAGE_LIFE: TimeDelta = TimeDelta::days(7);

/// What the host knows about a timer's runs.
pub(super) struct Status {
    pub last: Option<DateTime<Utc>>,
    pub next: DateTime<Utc>,
}

/// The envelope of a queue message.
pub(super) fn queue(binding: &str, message: &Message, next_visible: DateTime<Utc>, sys: Value) -> Value {
    json!({
        "Data": { binding: STANDARD.encode(&message.bytes) },
        "Metadata": {
            "DequeueCount": message.dequeue_count.to_string(),
            "ExpirationTime": seconds(message.inserted + MESSAGE_LIFE),
            "Id": quoted(&message.id),
            "InsertionTime": seconds(message.inserted),
            "NextVisibleTime": seconds(next_visible),
            "PopReceipt": quoted(&message.receipt),
            "sys": sys,
        },
    })
}

/// The envelope of a timer; its status is null when nobody keeps it.
pub(super) fn timer(binding: &str, status: Option<Status>, sys: Value) -> Value {
    let status = status.map(|Status { last, next }| {
        let last = last.map_or_else(|| "0001-01-01T00:00:00+00:00".to_owned(), seconds);
        json!({ "Last": last, "Next": seconds(next), "LastUpdated": last })
    });
    json!({
        "Data": { binding: { "Schedule": { "AdjustForDST": true }, "ScheduleStatus": status, "IsPastDue": false } },
        "Metadata": { "sys": sys },
    })
}

/// The part of the metadata that every envelope has.
pub(super) fn sys(function: &str, now: DateTime<Utc>, random: &dyn Random) -> Value {
    let now = now.to_rfc3339_opts(SecondsFormat::Micros, true);
    json!({ "MethodName": function, "UtcNow": now, "RandGuid": random.uuid() })
}

fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

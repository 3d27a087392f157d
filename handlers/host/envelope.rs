//! What the Functions host posts for a timer or a queue message, taken apart.
//!
//! The host wraps every value in rules of its own (a text becomes a JSON text inside a JSON string), its documentation shows
//! another form, and properties of a JSON message can overwrite the host's metadata. All forms are read here, and metadata is
//! believed only where the message cannot have written it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::invocation::loggable;

/// A message of a queue, as the host handed it over.
#[derive(Clone, PartialEq, Eq)]
pub struct QueueMessage {
    /// What was sent, byte by byte.
    pub bytes: Bytes,
    /// The queue's id of the message; `None` when the message itself could have written it.
    pub id: Option<String>,
    /// How often the message was handed out, this time included; `None` when the message itself could have written it.
    pub dequeue_count: Option<u32>,
    /// When the message was sent; `None` when the message itself could have written it.
    pub inserted: Option<DateTime<Utc>>,
}

impl fmt::Debug for QueueMessage {
    /// Shows everything but the content, which may be anybody's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueMessage")
            .field("id", &self.id)
            .field("dequeue_count", &self.dequeue_count)
            .field("inserted", &self.inserted)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl QueueMessage {
    /// Takes a queue envelope apart, in any of the forms that hosts send or document.
    ///
    /// # Errors
    /// [`BadEnvelope`] when the body is not an envelope with exactly one value.
    pub fn decode(body: &[u8]) -> Result<Self, BadEnvelope> {
        let envelope = Envelope::parse(body)?;
        let (bytes, origin) = payload(envelope.only_value()?)?;
        let metadata = match origin {
            Origin::Host => envelope.metadata,
            Origin::PerhapsMessage => Map::new(),
        };
        Ok(Self {
            bytes,
            id: text(&metadata, "Id").filter(|id| loggable(id).is_some()),
            dequeue_count: text(&metadata, "DequeueCount").and_then(|count| count.parse().ok()),
            inserted: text(&metadata, "InsertionTime").and_then(|time| moment(&time)),
        })
    }
}

/// One tick of a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimerTick {
    /// Whether an occurrence was missed while nothing ran (true only right after a start).
    pub past_due: bool,
    /// When the timer last fired; `None` before the first time or when the timer keeps no monitor.
    pub last: Option<DateTime<Utc>>,
    /// When the timer fires next; `None` when the timer keeps no monitor.
    pub next: Option<DateTime<Utc>>,
}

impl TimerTick {
    /// Takes a timer envelope apart; `PascalCase` and `camelCase` are both read.
    ///
    /// # Errors
    /// [`BadEnvelope`] when the body is not an envelope with exactly one value, or the value is not a timer's.
    pub fn decode(body: &[u8]) -> Result<Self, BadEnvelope> {
        let envelope = Envelope::parse(body)?;
        let wire = TimerWire::deserialize(envelope.only_value()?)
            .map_err(|_| BadEnvelope::new("its value is not a timer's (an object with IsPastDue)"))?;
        let status = wire.status.unwrap_or_default();
        Ok(Self { past_due: wire.past_due, last: status.last(), next: status.next() })
    }
}

/// A request of the host that is not an envelope; says what is wrong with it, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an envelope of the Functions host: {0}; only the host may call this path")]
pub struct BadEnvelope(String);

impl BadEnvelope {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// Serde's own text can quote the input, so only the place is told.
    fn json(error: &serde_json::Error) -> Self {
        Self(format!("no envelope can be read at line {} column {}", error.line(), error.column()))
    }
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Data", alias = "data")]
    data: Map<String, Value>,
    #[serde(rename = "Metadata", alias = "metadata", default)]
    metadata: Map<String, Value>,
}

impl Envelope {
    fn parse(body: &[u8]) -> Result<Self, BadEnvelope> {
        serde_json::from_slice(body).map_err(|error| BadEnvelope::json(&error))
    }

    /// The value of the only binding: its name is the business of `function.json` alone.
    fn only_value(&self) -> Result<&Value, BadEnvelope> {
        let mut values = self.data.values();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(BadEnvelope::new(format!("Data holds {} values instead of one", self.data.len()))),
        }
    }
}

/// Who wrote the metadata beside a payload.
enum Origin {
    /// The host alone: nothing is lifted out of a message that it took for bytes or for plain text.
    Host,
    /// The host lifts the properties of a JSON message into the metadata, over its own.
    PerhapsMessage,
}

fn payload(value: &Value) -> Result<(Bytes, Origin), BadEnvelope> {
    match value {
        Value::String(text) if text.starts_with('"') => {
            let text: String = serde_json::from_str(text)
                .map_err(|_| BadEnvelope::new("its value starts as a JSON text but is none"))?;
            Ok(as_text(text))
        }
        Value::String(text) => Ok(STANDARD
            .decode(text)
            .map_or_else(|_| as_text(text.clone()), |bytes| (bytes.into(), Origin::Host))),
        Value::Object(_) => Ok((value.to_string().into(), Origin::PerhapsMessage)),
        _ => Err(BadEnvelope::new("its value is neither a string nor an object")),
    }
}

fn as_text(text: String) -> (Bytes, Origin) {
    let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
    (text.into(), if is_object { Origin::PerhapsMessage } else { Origin::Host })
}

/// A metadata value as text: hosts send `"\"id\""`, documentation shows `"id"` or a bare number.
fn text(metadata: &Map<String, Value>, key: &str) -> Option<String> {
    match metadata.get(key)? {
        Value::String(quoted) if quoted.starts_with('"') => serde_json::from_str(quoted).ok(),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A time of the host; its "never" is the first of January of the year 1.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (time.year() > 1).then_some(time)
}

#[derive(Deserialize)]
struct TimerWire {
    #[serde(rename = "IsPastDue", alias = "isPastDue")]
    past_due: bool,
    #[serde(rename = "ScheduleStatus", alias = "scheduleStatus", default)]
    status: Option<StatusWire>,
}

#[derive(Default, Deserialize, Serialize)]
struct StatusWire {
    #[serde(rename = "Last", alias = "last", default)]
    last: Option<String>,
    #[serde(rename = "Next", alias = "next", default)]
    next: Option<String>,
}

impl StatusWire {
    fn last(&self) -> Option<DateTime<Utc>> {
        self.last.as_deref().and_then(moment)
    }

    fn next(&self) -> Option<DateTime<Utc>> {
        self.next.as_deref().and_then(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn queue(envelope: &Value) -> QueueMessage {
        QueueMessage::decode(envelope.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn binary_form_is_believed() {
        let message = queue(&json!({
            "Data": {"message": STANDARD.encode(b"{\"dequeueCount\":99}")},
            "Metadata": {"DequeueCount": "2", "Id": "\"52d53c5f\"", "InsertionTime": "2026-11-21T10:00:00+02:00"}
        }));
        assert_eq!(message.bytes.as_ref(), b"{\"dequeueCount\":99}");
        assert_eq!((message.id.as_deref(), message.dequeue_count), (Some("52d53c5f"), Some(2)));
        assert_eq!(message.inserted.unwrap().to_rfc3339(), "2026-11-21T08:00:00+00:00");
    }

    #[test]
    fn bytes_that_are_no_text_survive() {
        let message =
            queue(&json!({"Data": {"message": STANDARD.encode([0xff, 0x00, 0xfe])}, "Metadata": {}}));
        assert_eq!(message.bytes.as_ref(), [0xff, 0x00, 0xfe]);
        assert_eq!(message.dequeue_count, None);
    }

    #[test]
    fn a_json_message_cannot_forge_its_count() {
        let text = json!({"id": "job-7", "dequeueCount": 99}).to_string();
        let twice = Value::String(text.clone()).to_string();
        for data in [Value::String(twice), json!({"id": "job-7", "dequeueCount": 99}), Value::String(text)] {
            let message = queue(
                &json!({"Data": {"m": data}, "Metadata": {"DequeueCount": "\"99\"", "Id": "\"job-7\""}}),
            );
            assert_eq!((message.id, message.dequeue_count, message.inserted), (None, None, None));
            let sent: Value = serde_json::from_slice(&message.bytes).unwrap();
            assert_eq!(sent, json!({"id": "job-7", "dequeueCount": 99}));
        }
    }

    #[test]
    fn plain_text_is_read_in_both_forms() {
        let real = queue(&json!({"Data": {"m": "\"hello!!\""}, "Metadata": {"DequeueCount": "1"}}));
        let docs = queue(&json!({"Data": {"m": "hello!!"}, "Metadata": {"DequeueCount": 1}}));
        assert_eq!(real, docs);
        assert_eq!((real.bytes.as_ref(), real.dequeue_count), (b"hello!!".as_slice(), Some(1)));
    }

    #[test]
    fn an_id_that_is_none_is_dropped() {
        let message = queue(&json!({"Data": {"m": ""}, "Metadata": {"Id": "\"a person's name\""}}));
        assert_eq!((message.id, message.bytes.len()), (None, 0));
    }

    #[test]
    fn refusals_never_quote_the_body() {
        let refusal = |body: &str| QueueMessage::decode(body.as_bytes()).unwrap_err().to_string();
        for body in
            ["", "secret", r#"{"Data":"secret"}"#, r#"{"Data":{}}"#, r#"{"Data":{"a":"\"secret"}}"#, "[1]"]
        {
            assert!(!refusal(body).contains("secret"), "{body}");
        }
        insta::assert_snapshot!(refusal(r#"{"Data":{"a":1,"b":2}}"#), @"this is not an envelope of the Functions host: Data holds 2 values instead of one; only the host may call this path");
        insta::assert_snapshot!(refusal("x"), @"this is not an envelope of the Functions host: no envelope can be read at line 1 column 1; only the host may call this path");
        insta::assert_snapshot!(refusal(r#"{"Data":{"a":[]}}"#), @"this is not an envelope of the Functions host: its value is neither a string nor an object; only the host may call this path");
    }

    #[test]
    fn debug_hides_the_content() {
        let shown = format!("{:?}", queue(&json!({"Data": {"m": "\"secret\""}, "Metadata": {}})));
        assert_eq!(shown, "QueueMessage { id: None, dequeue_count: None, inserted: None, bytes: 6 }");
    }

    fn timer(value: &Value) -> Result<TimerTick, BadEnvelope> {
        TimerTick::decode(json!({"Data": {"timer": value}, "Metadata": {}}).to_string().as_bytes())
    }

    #[test]
    fn both_cases_of_a_timer_are_read() {
        let pascal = timer(&json!({"Schedule": {"AdjustForDST": true}, "IsPastDue": true,
            "ScheduleStatus": {"Last": "2026-11-21T10:00:00.0001+00:00", "Next": "2026-11-21T10:05:00+00:00"}}));
        let camel = timer(&json!({"schedule": {}, "isPastDue": true,
            "scheduleStatus": {"last": "2026-11-21T10:00:00.0001+00:00", "next": "2026-11-21T10:05:00+00:00"}}));
        assert_eq!(pascal, camel);
        assert_eq!(pascal.unwrap().next.unwrap().to_rfc3339(), "2026-11-21T10:05:00+00:00");
    }

    #[test]
    fn a_timer_without_monitor_or_past_has_no_times() {
        let unmonitored = timer(&json!({"ScheduleStatus": null, "IsPastDue": false})).unwrap();
        assert_eq!(unmonitored, TimerTick::default());
        let first = timer(
            &json!({"ScheduleStatus": {"Last": "0001-01-01T00:00:00", "Next": "soon"}, "IsPastDue": false}),
        );
        assert_eq!(first.unwrap(), TimerTick::default());
        let never =
            timer(&json!({"ScheduleStatus": {"Last": "0001-01-01T00:00:00+00:00"}, "IsPastDue": false}));
        assert_eq!(never.unwrap().last, None);
    }

    #[test]
    fn what_is_no_timer_is_refused() {
        assert!(timer(&json!("\"text\"")).is_err());
        assert!(timer(&json!({"IsPastDue": "yes"})).is_err());
    }
}

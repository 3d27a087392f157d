//! What the host posts to a function that a queue or a timer starts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::wire::{Call, Sent};

/// One handing-out of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub queue: String,
    pub id: String,
    pub bytes: Vec<u8>,
    pub dequeue_count: u32,
}

/// How the message lies in the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `"dataType": "binary"`: what our functions declare.
    Binary,
    /// No `dataType`: a JSON text within a JSON string; properties of a JSON message overwrite the metadata.
    Text,
    /// What the vendor's page shows and no host sends.
    Docs,
}

/// The envelope of a queue message.
pub fn queue(function: &str, binding: &str, form: Form, delivery: &Delivery) -> Value {
    let text = || String::from_utf8(delivery.bytes.clone()).expect("only binary carries what is no text");
    let data = match form {
        Form::Binary => json!(STANDARD.encode(&delivery.bytes)),
        Form::Text => json!(json!(text()).to_string()),
        Form::Docs => json!(text()),
    };
    let count = delivery.dequeue_count;
    let mut metadata = json!({
        "DequeueCount": count.to_string(),
        "ExpirationTime": "2026-11-28T10:00:00+00:00",
        "Id": json!(delivery.id).to_string(),
        "InsertionTime": "2026-11-21T10:00:00+00:00",
        "NextVisibleTime": "2026-11-21T10:10:00+00:00",
        "PopReceipt": json!("MThGZWIyMDI1").to_string(),
        "sys": sys(function),
    });
    match form {
        Form::Binary => {}
        Form::Text => lift(&mut metadata, &text()),
        Form::Docs => {
            metadata["DequeueCount"] = json!(count);
            metadata["Id"] = json!(delivery.id);
        }
    }
    json!({ "Data": { binding: data }, "Metadata": metadata })
}

/// Every property of a JSON message that is neither null nor an array goes over the metadata, whatever its case.
fn lift(metadata: &mut Value, text: &str) {
    let Ok(message) = serde_json::from_str::<Map<String, Value>>(text) else { return };
    let metadata = metadata.as_object_mut().expect("an object");
    for (name, value) in message {
        let value = match value {
            Value::Null | Value::Array(_) => continue,
            Value::Object(_) => value,
            Value::String(text) => json!(json!(text).to_string()),
            other => json!(json!(other.to_string()).to_string()),
        };
        let known = metadata.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
        metadata.insert(known.unwrap_or(name), value);
    }
}

/// The envelope of a timer; without `status` the timer keeps no monitor.
pub fn timer(function: &str, binding: &str, status: Option<&str>, past_due: bool) -> Value {
    let status =
        status.map(|last| json!({"Last": last, "Next": "2026-11-21T10:05:00+00:00", "LastUpdated": last}));
    let value =
        json!({ "Schedule": {"AdjustForDST": true}, "ScheduleStatus": status, "IsPastDue": past_due });
    json!({ "Data": { binding: value }, "Metadata": { "sys": sys(function) } })
}

/// The same in the vendor's page and in other languages: lower first letters.
pub fn timer_camel(function: &str, binding: &str) -> Value {
    let value = json!({ "schedule": {"adjustForDST": true}, "scheduleStatus": null, "isPastDue": false });
    json!({ "Data": { binding: value }, "Metadata": { "sys": sys(function) } })
}

/// The same with a function-level `retry`.
pub fn timer_retried(function: &str, binding: &str) -> Value {
    let mut envelope = timer(function, binding, None, false);
    envelope["Metadata"]["RetryContext"] =
        json!({ "RetryCount": 1, "MaxRetryCount": 3, "Exception": { "Message": "…" } });
    envelope
}

fn sys(function: &str) -> Value {
    json!({ "MethodName": function, "UtcNow": "2026-11-21T10:00:00.1234567Z",
        "RandGuid": "e59556b5-892a-4465-a19d-4396f0978dab" })
}

/// The trace of the nth invocation, as its header names it.
pub fn traceparent(nth: u64) -> String {
    format!("00-0af7651916cd43dd{:016x}-b7ad6b71{:08x}-01", nth + 1, nth + 1)
}

/// The request that carries an envelope; hosts are seen to name a trace, and nobody promises it.
pub fn call(function: &str, invocation: &str, trace: Option<&str>, envelope: &Value) -> Call {
    let call = Call::new("POST", &format!("/{function}"))
        .header("X-Azure-Functions-HostVersion", "4.1037.0.0")
        .header("X-Azure-Functions-InvocationId", invocation)
        .header("User-Agent", "Azure-Functions-Host/4.1037.0.0")
        .header("Content-Type", "application/json; charset=utf-8")
        .body(Sent::Chunked(envelope.to_string().into_bytes()));
    trace.into_iter().fold(call, |call, trace| call.header("traceparent", trace))
}

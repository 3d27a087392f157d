//! What the host makes of a queue output: the bytes of the messages it sends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The messages of one queue output; `binary` is the output binding's `dataType`, which switches base64 decoding **off**.
///
/// The error is what fails the invocation after the handler's 200. A date is an error too: the host rewrites it.
pub fn messages(output: &Value, binary: bool) -> Result<Vec<Vec<u8>>, String> {
    match output {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(item).collect(),
        Value::String(text) => lone_text(text, binary),
        other => Ok(vec![pretty(other)]),
    }
}

fn item(item: &Value) -> Result<Vec<u8>, String> {
    match item {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => exact(text),
        other => Ok(pretty(other)),
    }
}

fn lone_text(text: &str, binary: bool) -> Result<Vec<Vec<u8>>, String> {
    if text.starts_with(['[', '{']) {
        let parsed: Value =
            serde_json::from_str(text).map_err(|error| format!("an output like JSON is none: {error}"))?;
        return messages(&parsed, binary);
    }
    match STANDARD.decode(text) {
        Ok(bytes) if !binary && !text.is_empty() => Ok(vec![bytes]),
        _ => Ok(vec![exact(text)?]),
    }
}

fn exact(text: &str) -> Result<Vec<u8>, String> {
    if chrono::DateTime::parse_from_rfc3339(text).is_ok() {
        return Err("a text that is a date is sent in another form".to_owned());
    }
    Ok(text.as_bytes().to_vec())
}

fn pretty(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("JSON can be written")
}

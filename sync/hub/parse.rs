//! From JSON to a configuration.

use super::{HubConfig, Problem};

/// What the parser calls by Rust's names.
const NUMBER: &str = "a whole number from 0 up";

/// Reads a configuration, or says where it can't be read, what is allowed there and what to do.
///
/// Values of the document are not repeated in the message. Call [`HubConfig::validate`] next.
pub fn parse(json: &[u8]) -> Result<HubConfig, Problem> {
    let mut from = serde_json::Deserializer::from_slice(json);
    let config = serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path = error.path().to_string();
        problem(path.trim_start_matches('.'), &error.into_inner())
    })?;
    from.end().map_err(|error| problem("", &error))?;
    Ok(config)
}

fn problem(field: &str, error: &serde_json::Error) -> Problem {
    let message = without_values(&error.to_string()).replace("usize", NUMBER).replace("u32", NUMBER);
    let fix = if message.starts_with("unknown field") {
        "remove it or correct its spelling"
    } else if message.starts_with("missing field") {
        "add it"
    } else if message.contains("stands here twice") {
        "keep one of the two"
    } else if error.is_data() {
        "write what is expected"
    } else {
        "send one JSON object, complete and in UTF-8"
    };
    Problem::new(field, message, fix)
}

/// What stands between quotes in the parser's messages is the document's own text.
fn without_values(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(from), Some(to)) => {
            let (head, tail) = (message.get(..from), message.get(to + 1..));
            format!("{}\"\u{2026}\"{}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        _ => message.to_owned(),
    }
}

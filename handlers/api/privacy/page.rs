//! What an export found, as a page to read or print.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::document::DocumentView;
use crate::access;
use crate::tables::Found;

#[derive(Template)]
#[template(path = "api/privacy/document.html")]
struct Page<'a> {
    document: &'a DocumentView,
    parts: Vec<Part<'a>>,
}

/// One value and what it says about the person.
struct Part<'a> {
    found: &'a Found,
    /// What the table is for.
    about: &'static str,
    /// Each entry as lines of a name and a text.
    entries: Vec<(&'a str, Vec<(String, String)>)>,
}

/// Shows a document.
pub(super) fn page(document: &DocumentView) -> Response {
    let parts = document.found.iter().map(part).collect();
    access::page(StatusCode::OK, &Page { document, parts })
}

fn part(found: &Found) -> Part<'_> {
    let lines = |value| {
        let mut lines = Vec::new();
        flat(value, &mut Vec::new(), &mut lines);
        lines
    };
    let entries = found.entries.iter().map(|entry| (entry.place.as_str(), lines(&entry.holds))).collect();
    Part { found, about: about(&found.table), entries }
}

/// What people keep a table for, in words.
fn about(table: &str) -> &'static str {
    match table {
        "sources" => "What a source was last read to hold",
        "snapshot" => "What the list holds",
        "merged" => "What the list holds without colleagues' changes",
        "overlay" => "What colleagues changed",
        "edits" => "What a mailbox proposes",
        "rulings" => "What was decided about colleagues' changes",
        "files" => "A calendar file that was uploaded",
        "bases" => "What was written into a mailbox, by fingerprint",
        "open" => "A mailbox with unfinished work",
        "held" => "What waits for somebody to agree",
        "runs" | "outcomes" => "What a run did",
        "state" => "Whose mailboxes are served",
        "configs" => "How the list is configured",
        "requests" => "What was asked for a person",
        "erased" => "Who must not come back",
        "consents" | "tenant" => "Who agreed for the organisation",
        "dead-letters" => "A message that could not be worked on",
        _ => "A record",
    }
}

/// A value as lines of a name and a text.
fn flat<'v>(value: &'v Value, path: &mut Vec<&'v str>, lines: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Object(fields) => {
            for (name, part) in fields {
                path.push(name);
                flat(part, path, lines);
                path.pop();
            }
            return;
        }
        Value::Array(parts) => return parts.iter().for_each(|part| flat(part, path, lines)),
        Value::String(text) => text.clone(),
        Value::Null => return,
        other => other.to_string(),
    };
    lines.push((path.join(" · "), text));
}

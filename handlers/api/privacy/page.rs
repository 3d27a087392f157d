//! What an export found, as a page to read or print.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use super::document::DocumentView;
use crate::api::error::ApiError;
use crate::tables::Found;

/// Pages need no script and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";

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
pub(super) fn page(document: &DocumentView) -> Result<Response, ApiError> {
    let parts = document.found.iter().map(part).collect();
    let failed = |_| {
        let fix = "ask for it as JSON: leave out Accept: text/html";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made", fix)
    };
    let html = Page { document, parts }.render().map_err(failed)?;
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, Html(html)).into_response())
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

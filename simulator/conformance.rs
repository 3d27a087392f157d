//! Checking requests and answers against the types of Microsoft's own metadata.
//!
//! The types are read at run time from a file of the shape `{"types": {name: {kind, base, open, props, nav}}, "enums":
//! {name: [member, …]}}`, in which `!` marks what is never null.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::recording::Exchange;

/// The types of Graph.
#[derive(Clone, Debug, Deserialize)]
pub struct Types {
    types: BTreeMap<String, Type>,
    enums: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Type {
    base: Option<String>,
    props: BTreeMap<String, String>,
    nav: BTreeMap<String, String>,
}

impl Types {
    /// Reads the types file.
    ///
    /// # Errors
    /// When the file cannot be read or has another shape.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(file).map_err(|why| Error::file(format!("{}: {why}", file.display())))?;
        serde_json::from_str(&text).map_err(|why| Error::file(format!("{}: {why}", file.display())))
    }

    /// The type of a property, inherited ones too.
    fn property(&self, of: &str, name: &str) -> Option<&str> {
        let held = self.types.get(bare(of))?;
        let here = held.props.get(name).or_else(|| held.nav.get(name)).map(String::as_str);
        here.or_else(|| held.base.as_deref().and_then(|base| self.property(base, name)))
    }

    fn is_enum(&self, name: &str) -> Option<&Vec<String>> {
        self.enums.get(bare(name))
    }
}

fn bare(name: &str) -> &str {
    name.trim_start_matches('#').trim_start_matches("microsoft.").trim_start_matches("graph.")
}

/// Checks a request; the answer lists what is wrong with it, in words.
///
/// `path` is what comes after `/v1.0`; a `$batch` is checked item by item.
#[must_use]
pub fn check_request(method: &str, path: &str, body: Option<&Value>, types: &Types) -> Vec<String> {
    let mut check = Check::new(types, format!("{method} {path}"));
    match body {
        None => {}
        Some(body) if is_batch(path) => check.batch_request(body),
        // the parameters of an action, which the types do not describe
        Some(_) if path.to_ascii_lowercase().ends_with("/cancel") => {}
        Some(body) => match resource(path) {
            Some(kind) => check.object(kind, body, "", true),
            None => check.wrong("", "no known resource takes a body here"),
        },
    }
    check.found
}

/// Checks an answer; the answer lists what is wrong with it, in words.
///
/// Items of a batch are not looked into: check each with its own request (recordings have them one by one).
#[must_use]
pub fn check_answer(
    method: &str,
    path: &str,
    status: u16,
    body: Option<&Value>,
    types: &Types,
) -> Vec<String> {
    let mut check = Check::new(types, format!("{method} {path} → {status}"));
    match (status, body) {
        (204, Some(_)) => check.wrong("", "204 has no body"),
        (_, None) => {}
        (400.., Some(body)) => check.error(body),
        (_, Some(body)) if is_batch(path) => check.batch_answer(body),
        (_, Some(body)) => check.answer(path, body),
    }
    check.found
}

/// Checks a recorded request and its answer.
#[must_use]
pub fn check_exchange(exchange: &Exchange, types: &Types) -> Vec<String> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (request, answer) = (parse(&exchange.request), parse(&exchange.answer));
    let mut found = check_request(&exchange.method, &exchange.path, request.as_ref(), types);
    found.extend(check_answer(&exchange.method, &exchange.path, exchange.status, answer.as_ref(), types));
    found
}

fn is_batch(path: &str) -> bool {
    path.to_ascii_lowercase().starts_with("/$batch")
}

/// The type of what a path names.
fn resource(path: &str) -> Option<&'static str> {
    let path =
        path.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("('", "/").replace("')", "");
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["users", _, "manager"] => Some("user"),
        ["users", _, "events" | "calendarview", ..] => Some("event"),
        ["users", _, "calendars", _, "events" | "calendarview", ..] => Some("event"),
        ["users", _, "calendar", "events" | "calendarview", ..] => Some("event"),
        ["users", _, "calendars" | "calendar", ..] => Some("calendar"),
        ["users", _, rest @ ..] if rest.contains(&"contacts") && rest.first() != Some(&"contactfolders") => {
            Some("contact")
        }
        ["users", _, "contactfolders", _, "contacts", ..] => Some("contact"),
        ["users", _, "contactfolders", ..] => Some("contactFolder"),
        ["users", ..] => Some("user"),
        ["groups", _, _, ..] => Some("directoryObject"),
        ["groups", ..] => Some("group"),
        ["contacts", ..] => Some("orgContact"),
        _ => None,
    }
}

/// What no request sets.
const READ_ONLY: [&str; 23] = [
    "id",
    "changeKey",
    "createdDateTime",
    "lastModifiedDateTime",
    "parentFolderId",
    "iCalUId",
    "webLink",
    "bodyPreview",
    "seriesMasterId",
    "type",
    "isOrganizer",
    "isCancelled",
    "isDraft",
    "hasAttachments",
    "originalStart",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "responseStatus",
    "cancelledOccurrences",
    "organizer",
    "onlineMeeting",
    "onlineMeetingUrl",
    "owner",
];

struct Check<'a> {
    types: &'a Types,
    subject: String,
    found: Vec<String>,
}

impl<'a> Check<'a> {
    fn new(types: &'a Types, subject: String) -> Self {
        Self { types, subject, found: Vec::new() }
    }

    fn wrong(&mut self, place: &str, what: &str) {
        self.found.push(format!(
            "{}: {place}{}{what}",
            self.subject,
            if place.is_empty() { "" } else { ": " }
        ));
    }

    // --- frames ----------------------------------------------------------------------------------------------

    fn answer(&mut self, path: &str, body: &Value) {
        let Some(kind) = resource(path) else { return self.wrong("", "an answer for no known resource") };
        match body.get("value") {
            Some(Value::Array(entries)) => self.collection(kind, body, entries),
            Some(_) => self.wrong("value", "must be a list"),
            None => self.object(kind, body, "", false),
        }
    }

    fn collection(&mut self, kind: &str, body: &Value, entries: &[Value]) {
        for (name, value) in body.as_object().into_iter().flatten() {
            let fits = match name.as_str() {
                "value" => true,
                "@odata.context" | "@odata.nextLink" | "@odata.deltaLink" => value.is_string(),
                "@odata.count" => value.is_u64(),
                _ => false,
            };
            if !fits {
                self.wrong(name, "does not belong into a collection, or has the wrong type");
            }
        }
        for (position, entry) in entries.iter().enumerate() {
            let named = entry.get("@odata.type").and_then(Value::as_str).map(bare).unwrap_or(kind);
            self.object(named, entry, &format!("value[{position}]"), false);
        }
    }

    fn error(&mut self, body: &Value) {
        let error = body.get("error");
        for name in ["code", "message"] {
            if !error.and_then(|error| error.get(name)).is_some_and(Value::is_string) {
                self.wrong("error", &format!("needs a {name}"));
            }
        }
    }

    fn batch_request(&mut self, body: &Value) {
        let items = body.get("requests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for item in items {
            let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
            let found = check_request(text("method"), text("url"), item.get("body"), self.types);
            self.found.extend(found);
        }
    }

    fn batch_answer(&mut self, body: &Value) {
        let items = body.get("responses").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() {
            self.wrong("responses", "a batch answers with a list");
        }
        for item in items {
            let fits =
                item.get("id").is_some_and(Value::is_string) && item.get("status").is_some_and(Value::is_u64);
            if !fits {
                self.wrong("responses", "each needs an id and a status");
            }
        }
    }

    // --- values ----------------------------------------------------------------------------------------------

    fn object(&mut self, kind: &str, body: &Value, place: &str, request: bool) {
        let Some(members) = body.as_object() else { return self.wrong(place, "must be an object") };
        let gone = members.contains_key("@removed");
        if !request
            && self.types.property(kind, "id").is_some()
            && !members.get("id").is_some_and(Value::is_string)
        {
            self.wrong(place, "needs an id");
        }
        if gone && members.keys().any(|name| name != "id" && !name.starts_with('@')) {
            self.wrong(place, "a removed entry has nothing but its id");
        }
        for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
            self.member(kind, name, value, &format!("{place}.{name}"));
        }
        if request {
            self.read_only(members, place);
        }
    }

    fn read_only(&mut self, members: &Map<String, Value>, place: &str) {
        for name in READ_ONLY {
            if members.contains_key(name) {
                self.wrong(&format!("{place}.{name}"), "is read only");
            }
        }
    }

    fn member(&mut self, kind: &str, name: &str, value: &Value, place: &str) {
        let plain = name.split('@').next().unwrap_or(name);
        match self.types.property(kind, plain).map(str::to_owned) {
            None => self.wrong(place, &format!("is no property of {kind}")),
            Some(_) if name.ends_with("@delta") && value.is_array() => {}
            Some(wanted) => self.value(&wanted, value, place),
        }
    }

    fn value(&mut self, wanted: &str, value: &Value, place: &str) {
        let (wanted, required) = wanted.strip_suffix('!').map_or((wanted, false), |wanted| (wanted, true));
        let inner = wanted.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')'));
        match (inner, value) {
            (_, Value::Null) if !required => {}
            (Some(inner), Value::Array(entries)) => {
                for (position, entry) in entries.iter().enumerate() {
                    self.single(inner, entry, &format!("{place}[{position}]"));
                }
            }
            (None, value) => self.single(wanted, value, place),
            _ => self.wrong(place, &format!("must be {wanted}")),
        }
    }

    fn single(&mut self, wanted: &str, value: &Value, place: &str) {
        let fits = match wanted {
            "Edm.String" => value.is_string(),
            "Edm.Boolean" => value.is_boolean(),
            "Edm.Int32" | "Edm.Int64" => value.is_i64(),
            "Edm.Double" => value.is_number(),
            "Edm.Date" => value.as_str().is_some_and(|text| text.parse::<chrono::NaiveDate>().is_ok()),
            "Edm.DateTimeOffset" => {
                value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok())
            }
            named => return self.named(named, value, place),
        };
        if !fits {
            self.wrong(place, &format!("must be {wanted}"));
        }
    }

    /// A complex type, an entity, or an enum; types that the file does not list are not looked into.
    fn named(&mut self, wanted: &str, value: &Value, place: &str) {
        if let Some(members) = self.types.is_enum(wanted) {
            if !value.as_str().is_some_and(|text| members.iter().any(|member| member == text)) {
                self.wrong(place, &format!("is no member of {wanted}"));
            }
        } else if self.types.types.contains_key(bare(wanted)) {
            let Some(members) = value.as_object() else {
                return self.wrong(place, &format!("must be {wanted}"));
            };
            for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
                self.member(wanted, name, value, &format!("{place}.{name}"));
            }
        }
    }
}

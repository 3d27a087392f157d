//! What Exchange accepts in a contact, and what it makes of it.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::contact::{Contact, FIELDS, Kind, STAMPS, place};
use super::extended;
use super::refusal::Refusal;

const MOST_EMAILS: usize = 3;
const NAME_PARTS: [&str; 5] = ["title", "givenName", "middleName", "surname", "generation"];
const ADDRESS_PARTS: [&str; 5] = ["street", "city", "state", "countryOrRegion", "postalCode"];

/// How strict the mailbox is about new contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Create { given_name_required: bool },
    Patch,
}

/// Puts a request body into a contact; the answer names the properties that Graph does not know.
pub(crate) fn apply(
    contact: &mut Contact,
    body: Map<String, Value>,
    write: Write,
) -> Result<Vec<String>, Refusal> {
    require_given_name(&body, write)?;
    let named = NAME_PARTS.iter().any(|part| body.contains_key(*part)) || write != Write::Patch;
    let (regenerate, refile) =
        (named && !has_text(&body, "displayName"), named && !has_text(&body, "fileAs"));
    let mut unknown = Vec::new();
    for (name, value) in body {
        if let Some(stranger) = put(contact, name, value)? {
            unknown.push(stranger);
        }
    }
    if regenerate {
        contact.set("displayName", joined(contact, &NAME_PARTS, " "));
    }
    if refile {
        contact.set("fileAs", filed(contact));
    }
    Ok(unknown)
}

fn require_given_name(body: &Map<String, Value>, write: Write) -> Result<(), Refusal> {
    if write == (Write::Create { given_name_required: true }) && !has_text(body, "givenName") {
        let message = "The property 'GivenName' is required when creating the entity.";
        return Err(Refusal::new(400, "ErrorInvalidProperty", message));
    }
    Ok(())
}

fn has_text(body: &Map<String, Value>, name: &str) -> bool {
    body.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

/// Sets one property; an unknown one is handed back.
fn put(contact: &mut Contact, name: String, value: Value) -> Result<Option<String>, Refusal> {
    if let Some(at) = place(&name) {
        let kind = FIELDS.get(at).map_or(Kind::Text, |(_, kind)| *kind);
        let checked = check(&name, kind, value)?;
        if let Some(field) = contact.fields.get_mut(at) {
            *field = checked;
        }
        return Ok(None);
    }
    match name.as_str() {
        "singleValueExtendedProperties" => extended::merge(&mut contact.extended, &value).map(|()| None),
        read_only if read_only.contains("@odata") || read_only == "id" || STAMPS.contains(&read_only) => {
            Ok(None)
        }
        _ => Ok(Some(name)),
    }
}

fn check(name: &str, kind: Kind, value: Value) -> Result<Value, Refusal> {
    match kind {
        Kind::Text => text(name, value),
        Kind::Texts(most) => texts(name, most, value),
        Kind::Emails => emails(name, value),
        Kind::Address => address(name, value),
        Kind::Date => date(name, &value),
    }
}

pub(crate) fn text(name: &str, value: Value) -> Result<Value, Refusal> {
    if value.is_null() || value.is_string() { Ok(value) } else { Err(mistyped(name, "Edm.String")) }
}

pub(crate) fn texts(name: &str, most: usize, value: Value) -> Result<Value, Refusal> {
    let list = value.as_array().ok_or_else(|| mistyped(name, "Collection(Edm.String)"))?;
    if !list.iter().all(Value::is_string) {
        return Err(mistyped(name, "Collection(Edm.String)"));
    }
    few_enough(name, list.len(), most)?;
    Ok(if list.is_empty() { Value::Null } else { value })
}

fn emails(name: &str, value: Value) -> Result<Value, Refusal> {
    let Value::Array(list) = value else {
        return Err(mistyped(name, "Collection(microsoft.graph.emailAddress)"));
    };
    few_enough(name, list.len(), MOST_EMAILS)?;
    let kept: Result<Vec<Value>, Refusal> = list.into_iter().map(email).collect();
    kept.map(|list| if list.is_empty() { Value::Null } else { list.into() })
}

/// Exchange silently loses an address that is no address; only the name stays.
fn email(entry: Value) -> Result<Value, Refusal> {
    let Value::Object(mut entry) = entry else {
        return Err(mistyped("emailAddresses", "microsoft.graph.emailAddress"));
    };
    entry.retain(|name, _| matches!(name.as_str(), "address" | "name"));
    for (name, value) in &entry {
        text(name, value.clone())?;
    }
    if !entry.get("address").and_then(Value::as_str).is_some_and(sound_address) {
        entry.remove("address");
    }
    entry.entry("name").or_insert(Value::Null);
    Ok(entry.into())
}

fn sound_address(address: &str) -> bool {
    let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control() || ",;<>()[]\"\\".contains(c));
    let parts = address.split_once('@');
    plain
        && parts
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

/// An address is replaced as a whole; what remains without members reads `{}`.
fn address(name: &str, value: Value) -> Result<Value, Refusal> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Object(mut parts) => {
            for (part, value) in &parts {
                text(part, value.clone())?;
            }
            parts.retain(|part, value| ADDRESS_PARTS.contains(&part.as_str()) && !value.is_null());
            Ok(if parts.is_empty() { Value::Null } else { parts.into() })
        }
        _ => Err(mistyped(name, "microsoft.graph.physicalAddress")),
    }
}

/// A birthday comes back at 11:59 of its day, whatever the time was.
fn date(name: &str, value: &Value) -> Result<Value, Refusal> {
    let Some(sent) = value.as_str() else {
        return if value.is_null() { Ok(Value::Null) } else { Err(mistyped(name, "Edm.DateTimeOffset")) };
    };
    let moment = DateTime::parse_from_rfc3339(sent).map_err(|_| mistyped(name, "Edm.DateTimeOffset"))?;
    Ok(format!("{}T11:59:00Z", moment.to_utc().format("%Y-%m-%d")).into())
}

fn few_enough(name: &str, count: usize, most: usize) -> Result<(), Refusal> {
    if count <= most {
        return Ok(());
    }
    let pascal: String =
        name.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect();
    let message = format!(
        "The multi value property {pascal} has {count} entries, that exceeds the max allowed value of {most}"
    );
    Err(Refusal::new(400, "ErrorInvalidArgument", message))
}

pub(crate) fn mistyped(name: &str, wanted: &str) -> Refusal {
    Refusal::new(
        400,
        "RequestBodyRead",
        format!("Cannot convert the value of '{name}' to the expected type '{wanted}'."),
    )
}

fn joined(contact: &Contact, parts: &[&str], between: &str) -> Value {
    let words: Vec<&str> =
        parts.iter().filter_map(|part| contact.get(part).as_str()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() { Value::Null } else { words.join(between).into() }
}

fn filed(contact: &Contact) -> Value {
    let first = joined(contact, &["givenName", "middleName"], " ");
    match (contact.get("surname").as_str().filter(|name| !name.is_empty()), first.as_str()) {
        (Some(last), Some(first)) => format!("{last}, {first}").into(),
        (Some(last), None) => last.into(),
        (None, Some(first)) => first.into(),
        (None, None) => contact.get("companyName").clone(),
    }
}

//! The fields of an event that are stored as they are: names, kinds, checks, what they read when unset.

use serde_json::{Map, Value, json};

use super::contact_write::{mistyped, text, texts};
use super::refusal::Refusal;
use super::zone::only;

/// What a field of an event holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Flag(bool),
    /// One of several words; the first is what it reads when unset.
    Choice(&'static [&'static str]),
    Minutes,
    Texts,
    Body,
    Location,
    Locations,
    Attendees,
    /// Only the organizer's Exchange or the colleague's Outlook sets these.
    Made,
}

const FIELDS: [(&str, Kind); 24] = [
    ("subject", Kind::Text),
    ("body", Kind::Body),
    ("categories", Kind::Texts),
    ("importance", Kind::Choice(&["normal", "low", "high"])),
    ("sensitivity", Kind::Choice(&["normal", "personal", "private", "confidential"])),
    ("showAs", Kind::Choice(&["busy", "unknown", "free", "tentative", "oof", "workingElsewhere"])),
    ("isReminderOn", Kind::Flag(true)),
    ("reminderMinutesBeforeStart", Kind::Minutes),
    ("responseRequested", Kind::Flag(true)),
    ("allowNewTimeProposals", Kind::Flag(true)),
    ("hideAttendees", Kind::Flag(false)),
    ("location", Kind::Location),
    ("locations", Kind::Locations),
    ("attendees", Kind::Attendees),
    ("isOnlineMeeting", Kind::Flag(false)),
    (
        "onlineMeetingProvider",
        Kind::Choice(&["unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"]),
    ),
    ("transactionId", Kind::Text),
    ("onlineMeeting", Kind::Made),
    ("onlineMeetingUrl", Kind::Made),
    ("organizer", Kind::Made),
    ("responseStatus", Kind::Made),
    ("isOrganizer", Kind::Made),
    ("isCancelled", Kind::Made),
    ("originalStartTimeZone", Kind::Made),
];

/// Properties that a client may send back but that it does not set.
const READ_ONLY: [&str; 22] = [
    "id",
    "changeKey",
    "createdDateTime",
    "lastModifiedDateTime",
    "iCalUId",
    "webLink",
    "type",
    "seriesMasterId",
    "occurrenceId",
    "bodyPreview",
    "hasAttachments",
    "isDraft",
    "originalStart",
    "originalEndTimeZone",
    "cancelledOccurrences",
    "onlineMeeting",
    "onlineMeetingUrl",
    "organizer",
    "responseStatus",
    "isOrganizer",
    "isCancelled",
    "originalStartTimeZone",
];

/// Who writes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// A client of Graph.
    Client,
    /// A colleague in Outlook, for whom everything can be set.
    Colleague,
}

/// What became of one property of a request body.
#[derive(Debug)]
pub(crate) enum Taken {
    /// The value to store; `Null` is unset.
    Stored(Value),
    Ignored,
    Unknown,
}

/// Checks one property and gives it the form in which it is stored.
pub(crate) fn take(name: &str, value: Value, hand: Hand) -> Result<Taken, Refusal> {
    let Some((_, kind)) = FIELDS.iter().find(|(known, _)| *known == name) else {
        let known = READ_ONLY.contains(&name) || name.contains("@odata");
        return Ok(if known { Taken::Ignored } else { Taken::Unknown });
    };
    if hand == Hand::Client && READ_ONLY.contains(&name) {
        return Ok(Taken::Ignored);
    }
    check(name, *kind, value).map(Taken::Stored)
}

fn check(name: &str, kind: Kind, value: Value) -> Result<Value, Refusal> {
    match kind {
        Kind::Made => Ok(value),
        Kind::Texts => texts(name, usize::MAX, value),
        Kind::Attendees => list(name, value, attendee),
        Kind::Locations => list(name, value, location),
        _ if value.is_null() => Ok(Value::Null),
        Kind::Text => text(name, value),
        Kind::Flag(_) if value.is_boolean() => Ok(value),
        Kind::Flag(_) => Err(mistyped(name, "Edm.Boolean")),
        Kind::Minutes if value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => Ok(value),
        Kind::Minutes => Err(mistyped(name, "Edm.Int32")),
        Kind::Choice(words) => choice(name, words, &value),
        Kind::Body => body(&value),
        Kind::Location => location(&value),
    }
}

fn choice(name: &str, words: &[&'static str], value: &Value) -> Result<Value, Refusal> {
    let sent = value.as_str().unwrap_or_default();
    let known = words.iter().find(|word| word.eq_ignore_ascii_case(sent));
    known.map(|word| (*word).into()).ok_or_else(|| mistyped(name, "one of its members"))
}

fn list(name: &str, value: Value, check: fn(&Value) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    let Value::Array(entries) = value else { return Err(mistyped(name, "a collection")) };
    let kept: Vec<Value> = entries.iter().map(check).collect::<Result<_, _>>()?;
    Ok(if kept.is_empty() { Value::Null } else { kept.into() })
}

fn members<'a>(name: &str, value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, Refusal> {
    let members = value.as_object().ok_or_else(|| mistyped(name, "an object"))?;
    only(name, members, known)?;
    Ok(members)
}

fn body(value: &Value) -> Result<Value, Refusal> {
    let sent = members("body", value, &["contentType", "content"])?;
    let kind = choice("contentType", &["html", "text"], sent.get("contentType").unwrap_or(&json!("text")))?;
    let content = text("content", sent.get("content").cloned().unwrap_or_default())?;
    Ok(json!({ "contentType": kind, "content": content.as_str().unwrap_or_default() }))
}

const LOCATION: [&str; 8] = [
    "displayName",
    "locationType",
    "uniqueId",
    "uniqueIdType",
    "address",
    "coordinates",
    "locationUri",
    "locationEmailAddress",
];
const PLACES: [&str; 10] = [
    "default",
    "conferenceRoom",
    "homeAddress",
    "businessAddress",
    "geoCoordinates",
    "streetAddress",
    "hotel",
    "restaurant",
    "localBusiness",
    "postalAddress",
];

/// A place; one without a type of its own is known by its name.
fn location(value: &Value) -> Result<Value, Refusal> {
    let mut kept = members("location", value, &LOCATION)?.clone();
    kept.retain(|_, value| !value.is_null());
    for (name, value) in &kept {
        match name.as_str() {
            "locationType" => choice(name, &PLACES, value).map(|_| ())?,
            "address" | "coordinates" => members(name, value, &ADDRESS_AND_COORDINATES).map(|_| ())?,
            _ => text(name, value.clone()).map(|_| ())?,
        }
    }
    let name = kept.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    if name.is_empty() && kept.keys().all(|member| member == "displayName") {
        return Ok(Value::Null);
    }
    kept.entry("locationType").or_insert_with(|| "default".into());
    kept.entry("uniqueId").or_insert_with(|| name.into());
    kept.entry("uniqueIdType").or_insert_with(|| "private".into());
    Ok(kept.into())
}

const ADDRESS_AND_COORDINATES: [&str; 10] = [
    "street",
    "city",
    "state",
    "countryOrRegion",
    "postalCode",
    "accuracy",
    "altitude",
    "altitudeAccuracy",
    "latitude",
    "longitude",
];

const NEVER: &str = "0001-01-01T00:00:00Z";

fn attendee(value: &Value) -> Result<Value, Refusal> {
    let sent = members("attendees", value, &["emailAddress", "type", "status", "proposedNewTime"])?;
    let email = sent.get("emailAddress").ok_or_else(|| mistyped("attendees", "microsoft.graph.attendee"))?;
    let email = members("emailAddress", email, &["address", "name"])?;
    let address = email.get("address").and_then(Value::as_str).unwrap_or_default();
    let name = email.get("name").and_then(Value::as_str).unwrap_or(address);
    let kinds = ["required", "optional", "resource"];
    Ok(json!({
        "type": choice("type", &kinds, sent.get("type").unwrap_or(&json!("required")))?,
        "status": sent.get("status").cloned().unwrap_or_else(|| json!({ "response": "none", "time": NEVER })),
        "emailAddress": { "name": name, "address": address },
    }))
}

/// The stored fields that are wanted as they read; what depends on more than the field itself is set by the caller.
pub(crate) fn shown(
    fields: &Map<String, Value>,
    outlook_made: bool,
    wanted: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let value =
        |name: &str, kind: Kind| fields.get(name).cloned().unwrap_or_else(|| unset(name, kind, outlook_made));
    let asked = FIELDS.iter().filter(|(name, _)| wanted(name));
    asked.map(|(name, kind)| ((*name).to_owned(), value(name, *kind))).collect()
}

fn unset(name: &str, kind: Kind, outlook_made: bool) -> Value {
    match (name, kind) {
        ("subject", _) if outlook_made => "".into(),
        ("isCancelled", _) => false.into(),
        ("isOrganizer", _) => true.into(),
        ("responseStatus", _) => json!({ "response": "organizer", "time": NEVER }),
        (_, Kind::Flag(usual)) => usual.into(),
        (_, Kind::Choice(words)) => words.first().copied().into(),
        (_, Kind::Minutes) => 15.into(),
        (_, Kind::Texts | Kind::Locations | Kind::Attendees) => json!([]),
        (_, Kind::Location) => json!({
            "displayName": "", "locationType": "default", "uniqueIdType": "unknown", "address": {}, "coordinates": {},
        }),
        _ => Value::Null,
    }
}

/// Every property that `$select` can name.
pub(crate) fn selectable(name: &str) -> Option<&'static str> {
    const OTHERS: [&str; 6] =
        ["start", "end", "isAllDay", "recurrence", "exceptionOccurrences", "singleValueExtendedProperties"];
    let all = FIELDS.iter().map(|(name, _)| *name).chain(READ_ONLY).chain(OTHERS);
    all.filter(|known| *known != "occurrenceId").find(|known| known.eq_ignore_ascii_case(name))
}

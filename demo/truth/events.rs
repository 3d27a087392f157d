//! What a calendar should show in each mailbox, and what it shows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::Simulator;
use uuid::Uuid;

use super::entry::{Entry, dated, entry};
use super::text::{joined, words};
use crate::api::field;

/// The sensitivities of which nothing but the time may be seen.
const PRIVATE: [&str; 2] = ["private", "confidential"];

/// Everything in one calendar of a user, as the simulator tells it; nothing if there is no such calendar.
pub fn calendar(simulator: &Simulator, user: Uuid, name: &str) -> Vec<Value> {
    let contents = simulator.calendar_contents(user);
    let calendars = field(&contents, "calendars").as_array().cloned().unwrap_or_default();
    let named = calendars.iter().filter(|calendar| *field(calendar, "name") == json!(name));
    named.flat_map(|calendar| field(calendar, "events").as_array().cloned().unwrap_or_default()).collect()
}

/// What colleagues should see of a source's events where private ones show when they are and nothing else.
pub fn shown(source: &[Value], owner: &str) -> Vec<Entry> {
    source.iter().map(|event| shown_one(event, owner)).collect()
}

fn shown_one(event: &Value, owner: &str) -> Entry {
    let mut entry = entry(event);
    let is_private = PRIVATE.iter().any(|word| entry.get("sensitivity") == Some(&json!(word)));
    let people = if is_private { String::new() } else { people(event, owner) };
    let mut set = |name: &str, value: Value| drop(entry.insert(name.to_owned(), value));
    if is_private {
        set("subject", json!("Busy"));
        set("sensitivity", json!("normal"));
        set("importance", json!("normal"));
        set("location", json!(""));
        set("categories", json!([]));
        set("text", json!(""));
    } else {
        set("text", json!(joined(&format!("{people} {}", words(field(event, "body"))))));
    }
    set("reminder", Value::Null);
    set("invites", json!(false));
    let exceptions = field(event, "exceptions").as_array().into_iter().flatten();
    let exceptions: Vec<Value> =
        exceptions.map(|exception| dated(shown_one(exception, owner), exception)).collect();
    entry.insert("exceptions".to_owned(), exceptions.into());
    entry
}

/// The people of a meeting and the link to it, as text: nothing else of them may be mirrored.
fn people(event: &Value, owner: &str) -> String {
    let person = |recipient: &Value| {
        let address = field(recipient, "emailAddress");
        let text = |name: &str| field(address, name).as_str().unwrap_or_default().to_owned();
        format!("{} <{}>", text("name"), text("address"))
    };
    let mut lines = String::new();
    if let Some(link) = field(field(event, "onlineMeeting"), "joinUrl").as_str() {
        lines.push_str(&format!("Join: {link} "));
    }
    let organizer = Some(field(event, "organizer")).filter(|organizer| organizer.is_object()).map(person);
    lines.push_str(&format!("Organizer: {} ", organizer.as_deref().unwrap_or(owner)));
    let attendees = field(event, "attendees").as_array().cloned().unwrap_or_default();
    if !attendees.is_empty() {
        lines
            .push_str(&format!("Attendees: {}", attendees.iter().map(person).collect::<Vec<_>>().join(", ")));
    }
    lines
}

/// Every difference between what a calendar in a mailbox should show and what it shows, in words.
pub fn differences(simulator: &Simulator, owner: Uuid, name: &str, expected: &[Entry]) -> Vec<String> {
    let found: Vec<Entry> = calendar(simulator, owner, name).iter().map(entry).collect();
    compare(&found, expected)
}

fn compare(found: &[Entry], expected: &[Entry]) -> Vec<String> {
    let (mut found, expected) = (grouped(found), grouped(expected));
    let mut differences = Vec::new();
    for (key, wanted) in expected {
        let held = found.remove(&key).unwrap_or_default();
        if held.len() != wanted.len() {
            differences.push(format!("{key} is there {} times, not {}", held.len(), wanted.len()));
        }
        for (held, wanted) in held.iter().zip(wanted) {
            differences.extend(fields(&key, held, wanted));
        }
    }
    differences.extend(
        found.into_iter().map(|(key, copies)| format!("{key} is there {} times, not 0", copies.len())),
    );
    differences
}

/// Events by what tells them apart: title and start.
fn grouped(entries: &[Entry]) -> BTreeMap<String, Vec<&Entry>> {
    let mut groups: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        groups.entry(format!("{} at {}", text("subject"), text("start"))).or_default().push(entry);
    }
    groups
}

fn fields(key: &str, held: &Entry, wanted: &Entry) -> Vec<String> {
    let differs = wanted.iter().filter(|(name, value)| held.get(*name) != Some(value));
    let null = Value::Null;
    differs
        .map(|(name, value)| format!("{key}: {name} is {}, not {value}", held.get(name).unwrap_or(&null)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meeting() -> Value {
        json!({
            "subject": "Talks", "start": { "dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "Europe/Vienna" },
            "end": { "dateTime": "2026-12-01T10:00:00", "timeZone": "Europe/Vienna" }, "isAllDay": false,
            "location": { "displayName": "Attic" }, "body": { "contentType": "html", "content": "<p>Bring tea</p>" },
            "attendees": [{ "emailAddress": { "name": "Bo", "address": "bo@x.example" } }],
            "onlineMeeting": { "joinUrl": "https://join.example/1" }
        })
    }

    #[test]
    fn people_and_link_become_text_and_a_private_event_only_a_time() {
        let [shown] = &shown(&[meeting()], "Room <room@x.example>")[..] else { panic!("one event") };
        assert_eq!(
            shown["text"],
            "Join: https://join.example/1 Organizer: Room <room@x.example> Attendees: Bo <bo@x.example> Bring tea"
        );
        assert_eq!((&shown["invites"], &shown["start"]), (&json!(false), &json!("2026-12-01T08:00:00Z")));
        let mut private = meeting();
        private["sensitivity"] = json!("private");
        let [hidden] = &super::shown(&[private], "")[..] else { panic!("one event") };
        assert_eq!(
            (&hidden["subject"], &hidden["text"], &hidden["location"]),
            (&json!("Busy"), &json!(""), &json!(""))
        );
        assert_eq!(hidden["start"], shown["start"]);
    }

    #[test]
    fn each_difference_is_told() {
        let wanted = shown(&[meeting()], "");
        assert_eq!(compare(&wanted, &wanted), Vec::<String>::new());
        assert_eq!(compare(&[], &wanted), ["Talks at 2026-12-01T08:00:00Z is there 0 times, not 1"]);
        assert_eq!(compare(&wanted, &[]), ["Talks at 2026-12-01T08:00:00Z is there 1 times, not 0"]);
        let mut other = wanted.clone();
        other[0].insert("showAs".into(), json!("free"));
        assert_eq!(
            compare(&other, &wanted),
            [r#"Talks at 2026-12-01T08:00:00Z: showAs is "free", not "busy""#]
        );
    }
}

//! Calendars of a story: a room that contributes, and what lies in people's calendars.

use serde_json::{Value, json};
use simulator::Simulator;
use uuid::Uuid;

use super::World;

/// The name of the managed calendar.
pub const CALENDAR: &str = "Rooms";

/// An hour of one day, by the zone's clock.
pub fn hour(subject: &str, day: &str, from: u32) -> Value {
    let at = |hour: u32| json!({ "dateTime": format!("{day}T{hour:02}:00:00"), "timeZone": "Europe/Vienna" });
    json!({ "subject": subject, "start": at(from), "end": at(from + 1) })
}

/// The same hour of every week from that day on, so many times.
pub fn weekly(subject: &str, day: &str, weekday: &str, times: u32) -> Value {
    let mut event = hour(subject, day, 9);
    event["recurrence"] = json!({
        "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": [weekday] },
        "range": { "type": "numbered", "startDate": day, "numberOfOccurrences": times } });
    event
}

/// An hour with fields of its own.
pub fn with(mut event: Value, more: Value) -> Value {
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

/// An hour with two guests from elsewhere, Gaston Gast and Olga Other.
pub fn with_guests() -> Value {
    let guest = |address: &str, name: &str| json!({ "type": "required", "emailAddress": { "address": address, "name": name } });
    let guests =
        [guest("gaston@elsewhere.example", "Gaston Gast"), guest("olga@elsewhere.example", "Olga Other")];
    with(hour("Planning", "2026-12-01", 9), json!({ "attendees": guests }))
}

/// The calendar of this name in a mailbox, if it is there.
pub fn calendar(simulator: &Simulator, mailbox: Uuid, name: &str) -> Option<Value> {
    let contents = simulator.calendar_contents(mailbox);
    contents["calendars"].as_array().unwrap().iter().find(|calendar| calendar["name"] == name).cloned()
}

/// The events of a calendar; none if it is not there.
pub fn events(simulator: &Simulator, mailbox: Uuid, name: &str) -> Vec<Value> {
    let calendar = calendar(simulator, mailbox, name);
    calendar.map(|calendar| calendar["events"].as_array().unwrap().clone()).unwrap_or_default()
}

impl World {
    /// The events of the managed calendar in the nth owner's mailbox.
    pub fn events(&self, nth: usize) -> Vec<Value> {
        events(&self.simulator, self.cast.owners[nth], CALENDAR)
    }

    /// The event of this title there.
    pub fn event(&self, nth: usize, subject: &str) -> Value {
        let events = self.events(nth);
        let found = events.iter().find(|event| event["subject"] == subject).cloned();
        found.unwrap_or_else(|| panic!("no {subject} among {:?}", titles(&events)))
    }

    /// The titles of the managed calendar in the nth owner's mailbox, in order.
    pub fn titles(&self, nth: usize) -> Vec<String> {
        titles(&self.events(nth))
    }

    /// Nothing was mailed to anybody, and nobody has anything of ours twice.
    #[track_caller]
    pub fn assert_quiet(&self) {
        assert_eq!(self.simulator.outbox(), [], "nobody may be invited");
        for nth in 0..self.cast.owners.len() {
            let events = self.events(nth);
            let mut tags: Vec<_> = events.iter().filter_map(tag).collect();
            let all = tags.len();
            tags.sort();
            tags.dedup();
            assert_eq!(tags.len(), all, "something is there twice");
        }
        let failures = self.host.failures.lock().unwrap();
        assert!(failures.is_empty(), "an invocation failed: {failures:?} {:#?}", self.paper.warnings());
    }
}

/// The mark of a copy.
fn tag(event: &Value) -> Option<String> {
    let mut properties = event["singleValueExtendedProperties"].as_array()?.iter();
    properties.find_map(|property| Some(property["value"].as_str()?.to_owned()))
}

/// The titles of events, in order.
pub fn titles(events: &[Value]) -> Vec<String> {
    let mut titles: Vec<_> =
        events.iter().map(|event| event["subject"].as_str().unwrap_or_default().to_owned()).collect();
    titles.sort();
    titles
}

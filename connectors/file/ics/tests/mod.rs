//! Stories of calendars: what becomes of each event.

mod rules;
mod series;
mod singles;
mod zones;

use std::fmt::Write;

use chrono_tz::Tz;
use sync::event::{Occurrence, Timing};
use sync::{Content, Field, Value};

use crate::file::{Events, Options};

fn options() -> Options {
    let window = ("2026-01-01T00:00:00Z".parse().unwrap(), "2027-01-01T00:00:00Z".parse().unwrap());
    Options { time_zone: Tz::UTC, unroll: false, window }
}

fn read(events: &str) -> Events {
    read_with(events, &options())
}

fn read_with(events: &str, options: &Options) -> Events {
    super::read(&format!("BEGIN:VCALENDAR\n{}\nEND:VCALENDAR\n", events.trim()), options).unwrap()
}

/// An event with a UID and a title.
fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:u\nSUMMARY:Title\n{}\nEND:VEVENT\n", lines.trim())
}

/// A changed occurrence of it.
fn changed(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:u\nSUMMARY:Changed\n{}\nEND:VEVENT\n", lines.trim())
}

/// When each event is, and what was refused, in few words.
fn told(events: &Events) -> String {
    let mut text = String::new();
    for (id, content) in &events.items {
        writeln!(text, "{id}: {}", when(content)).unwrap();
        if let Some(Value::Occurrences(occurrences)) = content.get(Field::Occurrences) {
            for (day, occurrence) in occurrences.iter() {
                let what = match occurrence {
                    Occurrence::Cancelled => "cancelled".to_owned(),
                    Occurrence::Changed(content) => when(content),
                };
                writeln!(text, "  {day}: {what}").unwrap();
            }
        }
    }
    for refused in &events.refused {
        writeln!(text, "refused {}: {}", refused.number, refused.why).unwrap();
    }
    text
}

fn when(content: &Content) -> String {
    let Some(Value::Timing(timing)) = content.get(Field::Timing) else { panic!("no timing") };
    let title = content.text(Field::Subject).unwrap_or("-");
    match timing.recurrence() {
        None => format!("{title}, {}", span(timing)),
        Some(recurrence) => {
            let pattern = serde_json::to_string(&recurrence.pattern).unwrap();
            let bounds = serde_json::to_string(&recurrence.bounds).unwrap();
            format!("{title}, {} {pattern} {bounds}", span(timing))
        }
    }
}

fn span(timing: &Timing) -> String {
    if timing.is_all_day() {
        return format!("{} to {}", timing.start().date(), timing.end().date());
    }
    let shown = |time: chrono::NaiveDateTime| time.format("%Y-%m-%dT%H:%M").to_string();
    format!("{} to {} {}", shown(timing.start()), shown(timing.end()), timing.zone())
}

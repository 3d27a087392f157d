//! From the text of a calendar to the contents of its events.
//!
//! <https://www.rfc-editor.org/rfc/rfc5545>

mod definition;
mod entry;
mod event;
mod expand;
mod fields;
mod group;
mod mend;
mod rule;
mod series;
mod single;
#[cfg(test)]
mod tests;
mod time;
mod unroll;
mod zones;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarProperty};
use calcard::{Entry, Parser};
use chrono::NaiveDateTime;
use sync::Value;

use self::entry::Component;
use self::group::{Group, Items, Suffix};
use self::zones::Zones;
use super::error::Error;
use super::refused::{Refused, Why};
use super::{Events, Options, limits};

/// Reads the events of a feed's text.
pub(super) fn read(text: &str, options: &Options) -> Result<Events, Error> {
    let calendars = calendars(&mend::mended(text))?;
    let reading = Reading { options, spent: Cell::new(0) };
    let mut events = Events { complete: is_whole(text), ..Events::default() };
    let mut before = 0;
    for calendar in &calendars {
        take(calendar, before, &reading, &mut events);
        before += Component::all(calendar, &ICalendarComponentType::VEvent).count();
    }
    Ok(events)
}

/// What holds for all events of a feed.
struct Reading<'a> {
    options: &'a Options,
    spent: Cell<usize>,
}

impl Reading<'_> {
    /// Takes steps of what all searches of the feed may take together; once they are used up, there is no more.
    fn spend(&self, steps: usize) -> Result<(), Why> {
        let spent = self.spent.get().saturating_add(steps);
        self.spent.set(spent);
        if spent > limits::ALL_OCCURRENCES { Err(Why::TooMany) } else { Ok(()) }
    }
}

fn calendars(text: &str) -> Result<Vec<ICalendar>, Error> {
    let mut parser = Parser::new(text);
    let mut calendars = Vec::new();
    let mut events = 0;
    loop {
        match parser.entry() {
            Entry::Eof => break,
            Entry::ICalendar(calendar) => {
                events += Component::all(&calendar, &ICalendarComponentType::VEvent).count();
                calendars.push(calendar);
            }
            Entry::TooManyComponents => return Err(Error::unreadable("it has too many parts")),
            _ => {}
        }
    }
    if calendars.is_empty() {
        return Err(Error::unreadable(
            "what came is no iCalendar text; check that the address leads to an .ics file",
        ));
    }
    if events > limits::EVENTS {
        let why = format!(
            "it has {events} events, and at most {} are read; choose a smaller calendar",
            limits::EVENTS
        );
        return Err(Error::refused(why));
    }
    Ok(calendars)
}

/// Whether the text goes on to its proper end.
fn is_whole(text: &str) -> bool {
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.is_some_and(|line| line.eq_ignore_ascii_case("END:VCALENDAR"))
}

fn take(calendar: &ICalendar, before: usize, reading: &Reading<'_>, events: &mut Events) {
    let zones = Zones::read(calendar, reading);
    for (uid, group) in groups(calendar, before) {
        let taken = group.items(&zones, reading).and_then(|items| put(&uid, items, events));
        if let Err(why) = taken {
            events.refused.push(Refused {
                uid: Some(uid).filter(|uid| !uid.starts_with(WITHOUT_UID)),
                number: group.number,
                why,
            });
        }
    }
}

/// The groups of a calendar whose first event has this many before it.
fn groups(calendar: &ICalendar, before: usize) -> BTreeMap<String, Group<'_>> {
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for (number, event) in Component::all(calendar, &ICalendarComponentType::VEvent).enumerate() {
        let uid = event.text(&ICalendarProperty::Uid).map_or_else(|| without_uid(event), str::to_owned);
        groups.entry(uid).or_insert_with(|| Group::new(before + number + 1)).add(event);
    }
    groups
}

/// What the ids of events begin with that have no UID.
const WITHOUT_UID: &str = "without-uid/";

/// A name for an event that has none, which stays as long as its title and start do.
fn without_uid(event: Component<'_>) -> String {
    let title = event.text(&ICalendarProperty::Summary).unwrap_or_default();
    let start = event.entry(&ICalendarProperty::Dtstart).map(|entry| format!("{:?}", entry.values));
    let print = Value::from(vec![title.to_owned(), start.unwrap_or_default()]).print();
    format!("{WITHOUT_UID}{print:?}")
}

fn put(uid: &str, items: Items, events: &mut Events) -> Result<(), Why> {
    let mut ids = BTreeSet::new();
    let named = items.list.into_iter().map(|(suffix, content)| (id(uid, suffix, &mut ids), content));
    let named: Vec<_> = named.collect();
    if named.iter().any(|(id, _)| events.items.contains_key(id)) {
        return Err(Why::Twice);
    }
    if events.items.len() + named.len() > limits::EVENTS {
        return Err(Why::TooMany);
    }
    if items.cut {
        events.cut.insert(uid.to_owned());
    }
    events.items.extend(named);
    Ok(())
}

/// The day names an occurrence; where there are several on a day, the time is added.
fn id(uid: &str, suffix: Suffix, taken: &mut BTreeSet<NaiveDateTime>) -> String {
    let Suffix::At(start) = suffix else { return uid.to_owned() };
    let day = start.date();
    let first = !taken.iter().any(|other| other.date() == day);
    taken.insert(start);
    if first { format!("{uid}/{day}") } else { format!("{uid}/{}", start.format("%Y-%m-%dT%H:%M:%S")) }
}

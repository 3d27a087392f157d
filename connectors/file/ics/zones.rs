//! Which zone a name in a calendar stands for.

use std::collections::HashMap;
use std::rc::Rc;

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarProperty};
use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::Reading;
use super::definition::Definition;
use super::entry::Component;
use super::time::{Clock, Time};
use crate::file::refused::Why;
use crate::zone::zone;

/// The zones of one calendar.
pub(super) struct Zones {
    /// The zone that the calendar as a whole names.
    own: Option<Tz>,
    floating: Tz,
    named: HashMap<String, Clock>,
}

impl Zones {
    /// Reads a calendar's zones; the feed's own tells the times without a zone if the calendar names none for them.
    pub fn read(calendar: &ICalendar, reading: &Reading<'_>) -> Zones {
        let root = Component::all(calendar, &ICalendarComponentType::VCalendar).next();
        let own = root.and_then(|root| root.other("X-WR-TIMEZONE")).and_then(zone);
        let definitions = Component::all(calendar, &ICalendarComponentType::VTimezone);
        let named = definitions.filter_map(|definition| {
            let name = definition.text(&ICalendarProperty::Tzid)?;
            let clock = match known(name) {
                Some(zone) => Clock::Known(zone),
                None => Clock::Defined(Rc::new(Definition::read(definition, reading)?)),
            };
            Some((name.to_owned(), clock))
        });
        Zones { own, floating: own.unwrap_or(reading.options.time_zone), named: named.collect() }
    }

    /// The clock of a zone's name; without a name, that of times without a zone.
    pub fn clock(&self, name: Option<&str>) -> Clock {
        let Some(name) = name.map(str::trim) else {
            return self.own.map_or(Clock::Floating(self.floating), Clock::Known);
        };
        match (self.named.get(name), known(name)) {
            (Some(clock), _) => clock.clone(),
            (None, Some(zone)) => Clock::Known(zone),
            (None, None) if is_offset(name) => Clock::Unknown(Why::OffsetZone),
            (None, None) => Clock::Unknown(Why::UnknownZone),
        }
    }

    /// A moment told in UTC: a calendar that names a zone for itself means its clock, by which a series goes on.
    pub fn moment(&self, at: DateTime<Utc>) -> Time {
        let zone = self.own.unwrap_or(Tz::UTC);
        let utc = at.naive_utc();
        Time { local: utc + zone.offset_from_utc_datetime(&utc).fix(), clock: Clock::Known(zone) }
    }
}

/// Whether a name is but an offset, such as `UTC+01:00` or `(GMT -5)`.
fn is_offset(name: &str) -> bool {
    let bare = name.trim_matches(|c: char| c == '(' || c == ')');
    let rest = bare.strip_prefix("UTC").or_else(|| bare.strip_prefix("GMT")).unwrap_or(bare).trim_start();
    let digits = rest.strip_prefix(['+', '-', '\u{2212}']);
    digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit() || c == ':'))
}

/// The zone of a name: as it stands, or the IANA name that ends a name with its maker in front of it
/// (`/freeassociation.sourceforge.net/Europe/Vienna`).
fn known(name: &str) -> Option<Tz> {
    let mut rest = name;
    loop {
        if let Some(zone) = zone(rest) {
            return Some(zone);
        }
        rest = if name.starts_with('/') { rest.split_once('/')?.1 } else { return None };
    }
}

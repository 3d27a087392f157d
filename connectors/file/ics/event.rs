//! One `VEVENT`: when it is and what it says.

use calcard::icalendar::{ICalendarParameterName, ICalendarProperty as Property, ICalendarValue};
use chrono::TimeDelta;
use sync::event::{Timing, TimingError};
use sync::{Content, Field};

use super::entry::{self, Component};
use super::fields;
use super::time::{Clock, Time};
use super::zones::Zones;
use crate::file::refused::Why;

/// One `VEVENT`.
pub(super) struct Event<'a> {
    pub component: Component<'a>,
    /// When it, or the first of its series, starts.
    pub start: Time,
    /// How long it takes, by the clock.
    pub length: TimeDelta,
    /// What it says, without its times.
    pub fields: Content,
    /// Whether its text was cut.
    pub cut: bool,
}

impl<'a> Event<'a> {
    /// Reads an event, or says what is wrong with it.
    pub fn read(component: Component<'a>, zones: &Zones) -> Result<Self, Why> {
        let start = Time::read(component.entry(&Property::Dtstart).ok_or(Why::NoStart)?, zones)?;
        if let Clock::Unknown(why) = start.clock {
            return Err(why);
        }
        let (start, length) = span(component, start, zones)?;
        if length < TimeDelta::zero() {
            return Err(Why::EndsBeforeStart);
        }
        let (fields, cut) = fields::read(component);
        Ok(Event { component, start, length, fields, cut })
    }

    /// The event as a single one.
    pub fn single(&self) -> Result<Content, Why> {
        self.at(&self.start, self.length)
    }

    /// The event as a single one at another time.
    pub fn at(&self, start: &Time, length: TimeDelta) -> Result<Content, Why> {
        let mut content = self.fields.clone();
        content.set(Field::Timing, timing(start, length)?);
        Ok(content)
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        fields::is_cancelled(self.component)
    }

    /// Whether it changes all that come after it.
    pub fn is_this_and_future(&self) -> bool {
        let range = self.component.entry(&Property::RecurrenceId);
        let range = range.and_then(|entry| entry::parameter(entry, &ICalendarParameterName::Range));
        range.is_some_and(|range| !range.is_empty())
    }
}

/// The time of a single event.
pub(super) fn timing(start: &Time, length: TimeDelta) -> Result<Timing, Why> {
    let end = start.later(length)?;
    let timing = if start.is_day() {
        Timing::all_day(start.day(), end.day(), None)
    } else {
        Timing::single(start.utc()?, end.utc()?)
    };
    timing.map_err(why)
}

/// What is wrong with an event of an impossible time.
pub(super) fn why(error: TimingError) -> Why {
    match error {
        TimingError::EndsBeforeStart | TimingError::NoDay => Why::EndsBeforeStart,
    }
}

/// The start of an event, which its end may make a moment of, and its length by the clock.
fn span(component: Component<'_>, start: Time, zones: &Zones) -> Result<(Time, TimeDelta), Why> {
    if let Some(end) = component.entry(&Property::Dtend) {
        return until(start, Time::read(end, zones)?);
    }
    let length = match component.entry(&Property::Duration) {
        Some(duration) => match duration.values.first() {
            Some(ICalendarValue::Duration(duration)) => TimeDelta::seconds(fields::seconds(duration)),
            _ => return Err(Why::BadTime),
        },
        None => TimeDelta::zero(),
    };
    if !start.is_day() {
        return Ok((start, length));
    }
    if length != TimeDelta::days(length.num_days()) {
        return Err(Why::HoursOfDays);
    }
    Ok((start, at_least_a_day(length)))
}

fn until(start: Time, end: Time) -> Result<(Time, TimeDelta), Why> {
    match (start.is_day(), end.is_day()) {
        (true, true) => {
            let length = end.local - start.local;
            Ok((start, at_least_a_day(length)))
        }
        (true, false) => until(Time { local: start.local, clock: end.clock.clone() }, end),
        (false, true) => Ok((start.clone(), end.local - start.local)),
        (false, false) if end.clock == start.clock || matches!(end.clock, Clock::Unknown(_)) => {
            Ok((start.clone(), end.local - start.local))
        }
        (false, false) => Ok((start.clone(), end.utc()? - start.utc()?)),
    }
}

/// Many publishers let a day end on itself.
fn at_least_a_day(length: TimeDelta) -> TimeDelta {
    if length.is_zero() { TimeDelta::days(1) } else { length }
}

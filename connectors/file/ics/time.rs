//! The times of a calendar: days, moments, and what clocks in some zone show.

use std::rc::Rc;

use calcard::common::PartialDateTime;
use calcard::icalendar::{ICalendarEntry, ICalendarParameterName, ICalendarPeriod, ICalendarValue};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use sync::event::moment;

use super::definition::Definition;
use super::entry;
use super::zones::Zones;
use crate::file::refused::Why;

/// The years that Exchange holds.
const YEARS: std::ops::RangeInclusive<i32> = 1601..=4500;

/// A time as a calendar tells it.
#[derive(Clone, PartialEq)]
pub(super) struct Time {
    /// What the clock shows; of a day, its midnight.
    pub local: NaiveDateTime,
    /// Which clock.
    pub clock: Clock,
}

/// Whose clock tells a time.
#[derive(Clone, PartialEq)]
pub(super) enum Clock {
    /// None: it is a whole day.
    Day,
    /// That of a zone that is known.
    Known(Tz),
    /// Any: a time without a zone, told by the feed's own.
    Floating(Tz),
    /// That of a zone which the calendar itself defines.
    Defined(Rc<Definition>),
    /// That of a zone that nobody knows, with the reason.
    Unknown(Why),
}

impl Time {
    /// The first time of a property.
    pub fn read(entry: &ICalendarEntry, zones: &Zones) -> Result<Time, Why> {
        Time::of(entry, entry.values.first().ok_or(Why::BadTime)?, zones)
    }

    /// All times of a property; those that can't be read are left out.
    pub fn read_all<'a>(entry: &'a ICalendarEntry, zones: &'a Zones) -> impl Iterator<Item = Time> + 'a {
        entry.values.iter().filter_map(|value| Time::of(entry, value, zones).ok())
    }

    fn of(entry: &ICalendarEntry, value: &ICalendarValue, zones: &Zones) -> Result<Time, Why> {
        let ICalendarValue::PartialDateTime(time) = value else { return Err(Why::BadTime) };
        Time::told(time, entry::parameter(entry, &ICalendarParameterName::Tzid), zones)
    }

    /// The starts and lengths of a property's periods; those that can't be read are left out.
    pub fn read_periods<'a>(
        entry: &'a ICalendarEntry,
        zones: &'a Zones,
    ) -> impl Iterator<Item = (Time, Option<TimeDelta>)> + 'a {
        let zone = entry::parameter(entry, &ICalendarParameterName::Tzid);
        entry.values.iter().filter_map(move |value| match value {
            ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => {
                let (start, end) = (Time::told(start, zone, zones).ok()?, Time::told(end, zone, zones).ok()?);
                let length = end.local - start.local;
                Some((start, Some(length)))
            }
            ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => {
                let length = TimeDelta::seconds(super::fields::seconds(duration));
                Some((Time::told(start, zone, zones).ok()?, Some(length)))
            }
            _ => None,
        })
    }

    /// A time with the name of its zone.
    fn told(time: &PartialDateTime, zone: Option<&str>, zones: &Zones) -> Result<Time, Why> {
        let read = time.to_date_time().ok_or(Why::BadTime)?;
        if !YEARS.contains(&read.date_time.year()) {
            return Err(Why::FarTime);
        }
        let local = read.date_time;
        Ok(match read.offset {
            _ if !time.has_time() => Time { local, clock: Clock::Day },
            Some(offset) => zones.moment((local - offset).and_utc()),
            None => match zones.clock(zone) {
                Clock::Known(Tz::UTC | Tz::Etc__UTC) => zones.moment(local.and_utc()),
                clock => Time { local, clock },
            },
        })
    }

    /// Whether it is a whole day.
    pub fn is_day(&self) -> bool {
        self.clock == Clock::Day
    }

    /// The moment; of a day, its midnight in UTC.
    pub fn utc(&self) -> Result<DateTime<Utc>, Why> {
        self.clock.moment(self.local)
    }

    /// What the clock shows when so much time has passed on it.
    pub fn later(&self, by: TimeDelta) -> Result<Time, Why> {
        let local = self.local.checked_add_signed(by).ok_or(Why::FarTime)?;
        Ok(Time { local, clock: self.clock.clone() })
    }

    /// The day that the clock shows.
    pub fn day(&self) -> NaiveDate {
        self.local.date()
    }

    /// What a clock shows at this time; of a day, its midnight.
    pub fn on(&self, clock: &Clock) -> Result<NaiveDateTime, Why> {
        if self.clock == *clock || self.is_day() { Ok(self.local) } else { clock.shows(self.utc()?) }
    }

    /// What a clock may show at the occurrence that this time names: what stands there, for many publishers name an
    /// occurrence by the wrong zone, and what it means.
    pub fn names(&self, clock: &Clock) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let in_utc = self.utc().ok().map(|at| at.naive_utc());
        [Some(self.local), in_utc, self.on(clock).ok()].into_iter().flatten()
    }
}

impl Clock {
    /// The zone of a clock that is known.
    pub fn zone(&self) -> Option<Tz> {
        match self {
            Clock::Known(zone) | Clock::Floating(zone) => Some(*zone),
            Clock::Day => Some(Tz::UTC),
            Clock::Defined(_) | Clock::Unknown(_) => None,
        }
    }

    /// The moment at which it shows a time.
    pub fn moment(&self, local: NaiveDateTime) -> Result<DateTime<Utc>, Why> {
        match self {
            Clock::Day => Ok(local.and_utc()),
            Clock::Known(zone) | Clock::Floating(zone) => Ok(moment(local, *zone)),
            Clock::Defined(definition) => Ok((local - definition.offset(local)).and_utc()),
            Clock::Unknown(why) => Err(*why),
        }
    }

    /// What it shows at a moment.
    fn shows(&self, at: DateTime<Utc>) -> Result<NaiveDateTime, Why> {
        let utc = at.naive_utc();
        match self {
            Clock::Day => Ok(utc),
            Clock::Known(zone) | Clock::Floating(zone) => Ok(utc + zone.offset_from_utc_datetime(&utc).fix()),
            Clock::Defined(definition) => Ok(definition.local(utc)),
            Clock::Unknown(why) => Err(*why),
        }
    }
}

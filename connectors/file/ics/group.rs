//! All that a calendar says under one UID.

use std::collections::{BTreeMap, BTreeSet};

use calcard::icalendar::{
    ICalendarEntry, ICalendarProperty as Property, ICalendarRecurrenceRule, ICalendarValue,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use sync::Content;

use super::Reading;
use super::entry::Component;
use super::event::Event;
use super::time::{Clock, Time};
use super::zones::Zones;
use super::{series, single, unroll};
use crate::file::refused::{Rule, Why};

/// The components that share a UID.
pub(super) struct Group<'a> {
    /// Which event of the feed its first is.
    pub number: usize,
    master: Option<Component<'a>>,
    overrides: Vec<Component<'a>>,
}

/// What becomes of a group: the events that it stands for, each with the end of its id.
#[derive(Default)]
pub(super) struct Items {
    pub list: Vec<(Suffix, Content)>,
    /// Whether a text was cut.
    pub cut: bool,
}

/// What follows the UID in an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    /// Nothing: the event or the series itself.
    None,
    /// The day, and where there are several the time, of an occurrence that stands alone.
    At(NaiveDateTime),
}

/// A group, read.
pub(super) struct Parts<'a> {
    pub master: Event<'a>,
    pub overrides: Vec<Override<'a>>,
    pub excluded: Excluded,
}

/// The occurrences that do not take place, as clocks of the master show their starts.
pub(super) struct Excluded {
    pub times: BTreeSet<NaiveDateTime>,
    pub days: BTreeSet<NaiveDate>,
}

/// A changed or cancelled occurrence.
pub(super) struct Override<'a> {
    /// Which occurrence.
    pub of: Time,
    pub event: Event<'a>,
}

impl<'a> Group<'a> {
    /// A group without anything in it yet.
    pub fn new(number: usize) -> Self {
        Group { number, master: None, overrides: Vec::new() }
    }

    /// Adds a component; of two for the same, the one with the higher `SEQUENCE` counts, else the first.
    pub fn add(&mut self, component: Component<'a>) {
        if component.entry(&Property::RecurrenceId).is_some() {
            self.overrides.push(component);
        } else if self.master.is_none_or(|master| sequence(component) > sequence(master)) {
            self.master = Some(component);
        }
    }

    /// The events that the group stands for.
    pub fn items(&self, zones: &Zones, reading: &Reading<'_>) -> Result<Items, Why> {
        let overrides = self.overrides(zones)?;
        let Some(master) = self.master else { return single::orphans(&overrides) };
        let master = Event::read(master, zones)?;
        if master.is_cancelled() {
            // A series is called off with all its occurrences, changed ones too.
            return single::alone(&master);
        }
        let excluded = Excluded::read(&master, zones);
        let parts = Parts { master, overrides, excluded };
        let rules = Rules::read(&parts.master, zones)?;
        if rules.is_empty() {
            return single::items(&parts);
        }
        match series::items(&parts, &rules, reading) {
            Err(Why::Rule(rule)) if reading.options.unroll && rule != Rule::Excluded => {
                unroll::items(&parts, &rules, reading)
            }
            items => items,
        }
    }

    fn overrides(&self, zones: &Zones) -> Result<Vec<Override<'a>>, Why> {
        let mut overrides: BTreeMap<DateTime<Utc>, Override<'a>> = BTreeMap::new();
        for &component in &self.overrides {
            let of = component.entry(&Property::RecurrenceId).ok_or(Why::BadTime)?;
            let new = Override { of: Time::read(of, zones)?, event: Event::read(component, zones)? };
            if new.event.is_this_and_future() {
                return Err(Why::ThisAndFuture);
            }
            let at = new.of.utc().unwrap_or(new.of.local.and_utc());
            let newer = |known: &Override<'_>| sequence(component) > sequence(known.event.component);
            if overrides.get(&at).is_none_or(newer) {
                overrides.insert(at, new);
            }
        }
        Ok(overrides.into_values().collect())
    }
}

impl Excluded {
    fn read(master: &Event<'_>, zones: &Zones) -> Self {
        let entries = master.component.entries(&Property::Exdate);
        let times: Vec<Time> = entries.flat_map(|entry| Time::read_all(entry, zones)).collect();
        Excluded {
            times: times.iter().flat_map(|time| time.names(&master.start.clock)).collect(),
            days: times.iter().filter(|time| time.is_day()).map(Time::day).collect(),
        }
    }

    /// Whether the occurrence that starts there is excluded.
    pub fn has(&self, start: NaiveDateTime) -> bool {
        self.times.contains(&start) || self.days.contains(&start.date())
    }
}

impl Override<'_> {
    /// Whether it is of the occurrence that starts there.
    pub fn is_of(&self, start: NaiveDateTime, clock: &Clock) -> bool {
        self.of.names(clock).any(|named| named == start)
    }
}

impl Parts<'_> {
    /// The clock by which the event repeats.
    pub fn clock(&self) -> &Clock {
        &self.master.start.clock
    }

    /// Whether a changed occurrence is excluded that need not be one of the series.
    pub fn excludes(&self, changed: &Override<'_>) -> bool {
        changed.of.names(self.clock()).any(|start| self.excluded.times.contains(&start))
    }
}

/// How an event repeats, as its calendar says.
pub(super) struct Rules<'a> {
    pub rules: Vec<Ruled<'a>>,
    /// Further starts, some with a length of their own.
    pub dates: Vec<(Time, Option<TimeDelta>)>,
}

/// One rule and the last moment at which its clock may start an occurrence.
pub(super) struct Ruled<'a> {
    pub rule: &'a ICalendarRecurrenceRule,
    pub until: Option<NaiveDateTime>,
}

impl<'a> Rules<'a> {
    fn read(master: &Event<'a>, zones: &Zones) -> Result<Self, Why> {
        if master.component.entry(&Property::Exrule).is_some() {
            return Err(Why::Rule(Rule::Excluded));
        }
        let rules = master.component.entries(&Property::Rrule).map(|entry| ruled(entry, master, zones));
        let dates = master.component.entries(&Property::Rdate).flat_map(|entry| dates(entry, zones));
        Ok(Rules { rules: rules.collect::<Result<_, _>>()?, dates: dates.collect() })
    }

    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.dates.is_empty()
    }
}

fn ruled<'a>(entry: &'a ICalendarEntry, master: &Event<'_>, zones: &Zones) -> Result<Ruled<'a>, Why> {
    let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first() else { return Err(Why::BadRule) };
    let until = match &rule.until {
        Some(until) => Some(until.to_date_time().ok_or(Why::BadRule)?),
        None => None,
    };
    let until = until.map(|until| match &master.start.clock {
        Clock::Day => Ok(until.date_time.date().and_time(NaiveTime::MIN)),
        // Without a zone, its end has none either.
        Clock::Floating(_) => Ok(until.date_time),
        clock => {
            let offset = until.offset.map_or(0, |offset| offset.local_minus_utc());
            let utc = until.date_time - TimeDelta::seconds(offset.into());
            zones.moment(utc.and_utc()).on(clock)
        }
    });
    Ok(Ruled { rule, until: until.transpose()? })
}

fn dates<'a>(
    entry: &'a ICalendarEntry,
    zones: &'a Zones,
) -> impl Iterator<Item = (Time, Option<TimeDelta>)> + 'a {
    Time::read_all(entry, zones).map(|time| (time, None)).chain(Time::read_periods(entry, zones))
}

fn sequence(component: Component<'_>) -> i64 {
    component.integer(&Property::Sequence).unwrap_or(-1)
}

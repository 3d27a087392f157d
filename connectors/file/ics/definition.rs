//! Time zones that a calendar defines itself.
//!
//! <https://www.rfc-editor.org/rfc/rfc5545#section-3.6.5>

use std::ops::RangeInclusive;

use calcard::icalendar::{ICalendarComponentType, ICalendarProperty, ICalendarValue};
use chrono::{Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::entry::Component;
use super::expand;
use crate::file::limits;

/// When clocks in a zone are set, and to what.
#[derive(Debug, PartialEq)]
pub(super) struct Definition {
    first: FixedOffset,
    changes: Vec<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    /// What clocks show at that moment, before they are set.
    at: NaiveDateTime,
    seconds: i32,
}

impl Definition {
    /// Reads a `VTIMEZONE`; none if it says nothing that can be used.
    pub fn read(zone: Component<'_>) -> Option<Definition> {
        let standard: Vec<Observance> = observances(zone, &ICalendarComponentType::Standard).collect();
        let daylight: Vec<Observance> = observances(zone, &ICalendarComponentType::Daylight).collect();
        let first = standard.first().or_else(|| daylight.first())?.to;
        let mut changes: Vec<Change> =
            standard.iter().chain(&daylight).flat_map(Observance::changes).collect();
        changes.sort_unstable();
        Some(Definition { first, changes })
    }

    /// The offset from UTC of what clocks show.
    pub fn offset(&self, local: NaiveDateTime) -> FixedOffset {
        let after = self.changes.partition_point(|change| change.at <= local);
        let last = after.checked_sub(1).and_then(|last| self.changes.get(last));
        last.and_then(|change| FixedOffset::east_opt(change.seconds)).unwrap_or(self.first)
    }

    /// What clocks show at a moment in UTC.
    pub fn local(&self, utc: NaiveDateTime) -> NaiveDateTime {
        let near = utc + self.offset(utc);
        utc + self.offset(near)
    }

    /// A known zone whose clocks show the same every day of these years.
    pub fn known(&self, years: &RangeInclusive<i32>) -> Option<Tz> {
        let likely = COMMON.iter().copied();
        likely.chain(TZ_VARIANTS).find(|zone| self.equals(*zone, years))
    }

    fn equals(&self, zone: Tz, years: &RangeInclusive<i32>) -> bool {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or_default();
        let days = (0..).map_while(|day| first.checked_add_days(Days::new(day)));
        days.take_while(|day| day.year() <= *years.end()).all(|day| {
            let noon = day.and_time(noon);
            let offset = zone.offset_from_local_datetime(&noon).earliest();
            offset.is_some_and(|offset| offset.fix() == self.offset(noon))
        })
    }
}

/// One `STANDARD` or `DAYLIGHT`.
struct Observance {
    to: FixedOffset,
    onsets: Vec<NaiveDateTime>,
}

impl Observance {
    fn changes(&self) -> impl Iterator<Item = Change> {
        let seconds = self.to.local_minus_utc();
        self.onsets.iter().map(move |&at| Change { at, seconds })
    }
}

fn observances<'a>(
    zone: Component<'a>,
    kind: &'a ICalendarComponentType,
) -> impl Iterator<Item = Observance> + 'a {
    zone.inner(kind).filter_map(|observance| {
        let to = offset(observance)?;
        let start = naive(observance.entry(&ICalendarProperty::Dtstart)?.values.first()?)?;
        Some(Observance { to, onsets: onsets(observance, start) })
    })
}

fn onsets(observance: Component<'_>, start: NaiveDateTime) -> Vec<NaiveDateTime> {
    let dates = observance.entries(&ICalendarProperty::Rdate).flat_map(|entry| &entry.values);
    let mut onsets: Vec<NaiveDateTime> = dates.filter_map(naive).collect();
    onsets.push(start);
    let rule = observance.entry(&ICalendarProperty::Rrule).and_then(|entry| entry.values.first());
    if let Some(ICalendarValue::RecurrenceRule(rule)) = rule {
        let until = rule.until.as_ref().and_then(|until| until.to_date_time()).map(|until| until.date_time);
        let from = limits::ZONE_YEARS.start().max(&start.year()).to_owned();
        let begin = start.with_year(from).unwrap_or(start);
        let last = until.map_or(*limits::ZONE_YEARS.end(), |until| until.year());
        let found = expand::starts(rule, begin, limits::ZONE_CHANGES).unwrap_or_default();
        // `UNTIL` is a moment in UTC, these are clock times: within a day of each other they are the same change.
        let until = until.and_then(|until| until.checked_add_days(Days::new(1)));
        let within = |at: &NaiveDateTime| at.year() <= last && until.is_none_or(|until| *at <= until);
        onsets.extend(found.into_iter().filter(|at| *at >= start).filter(within));
    }
    onsets
}

fn offset(observance: Component<'_>) -> Option<FixedOffset> {
    let ICalendarValue::PartialDateTime(to) =
        observance.entry(&ICalendarProperty::Tzoffsetto)?.values.first()?
    else {
        return None;
    };
    let seconds = i32::from(to.tz_hour?) * 3600 + i32::from(to.tz_minute.unwrap_or(0)) * 60;
    FixedOffset::east_opt(if to.tz_minus { -seconds } else { seconds })
}

fn naive(value: &ICalendarValue) -> Option<NaiveDateTime> {
    let ICalendarValue::PartialDateTime(time) = value else { return None };
    Some(time.to_date_time()?.date_time)
}

/// The zones that are tried first, so that of several equal ones the best known is taken.
const COMMON: &[Tz] = &[
    Tz::UTC,
    Tz::Europe__Berlin,
    Tz::Europe__London,
    Tz::Europe__Helsinki,
    Tz::Europe__Lisbon,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Los_Angeles,
    Tz::America__Phoenix,
    Tz::America__Anchorage,
    Tz::America__Halifax,
    Tz::America__Sao_Paulo,
    Tz::America__Argentina__Buenos_Aires,
    Tz::America__Bogota,
    Tz::America__Mexico_City,
    Tz::Pacific__Honolulu,
    Tz::Europe__Istanbul,
    Tz::Europe__Moscow,
    Tz::Asia__Dubai,
    Tz::Asia__Karachi,
    Tz::Asia__Kolkata,
    Tz::Asia__Kathmandu,
    Tz::Asia__Dhaka,
    Tz::Asia__Bangkok,
    Tz::Asia__Shanghai,
    Tz::Asia__Tokyo,
    Tz::Australia__Adelaide,
    Tz::Australia__Brisbane,
    Tz::Australia__Sydney,
    Tz::Pacific__Auckland,
    Tz::Africa__Johannesburg,
    Tz::Africa__Lagos,
    Tz::Africa__Nairobi,
];

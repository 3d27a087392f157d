//! Time zones that a calendar defines itself.
//!
//! <https://www.rfc-editor.org/rfc/rfc5545#section-3.6.5>

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use calcard::icalendar::{
    ICalendarComponentType, ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue,
};
use chrono::{Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::entry::Component;
use super::{Reading, expand};
use crate::file::limits;
use crate::file::refused::Why;

/// When clocks in a zone are set, and to what.
#[derive(Debug)]
pub(super) struct Definition {
    first: FixedOffset,
    changes: Vec<Change>,
    /// The zones that were found alike, by years.
    alike: RefCell<HashMap<RangeInclusive<i32>, Option<Tz>>>,
}

/// Each definition is but itself.
impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    /// What clocks show at that moment, before they are set.
    at: NaiveDateTime,
    seconds: i32,
}

impl Definition {
    /// Reads a `VTIMEZONE`; none if it says nothing that can be used.
    pub fn read(zone: Component<'_>, reading: &Reading<'_>) -> Option<Definition> {
        let standard: Vec<Observance> =
            observances(zone, &ICalendarComponentType::Standard, reading).collect();
        let daylight: Vec<Observance> =
            observances(zone, &ICalendarComponentType::Daylight, reading).collect();
        let first = standard.first().or_else(|| daylight.first())?.to;
        let mut changes: Vec<Change> =
            standard.iter().chain(&daylight).flat_map(Observance::changes).collect();
        changes.sort_unstable();
        Some(Definition { first, changes, alike: RefCell::default() })
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
    pub fn known(&self, years: &RangeInclusive<i32>, reading: &Reading<'_>) -> Result<Option<Tz>, Why> {
        if let Some(found) = self.alike.borrow().get(years) {
            return Ok(*found);
        }
        let mut found = None;
        for zone in COMMON.iter().copied().chain(TZ_VARIANTS) {
            if self.is_alike(zone, years, reading)? {
                found = Some(zone);
                break;
            }
        }
        self.alike.borrow_mut().insert(years.clone(), found);
        Ok(found)
    }

    fn is_alike(&self, zone: Tz, years: &RangeInclusive<i32>, reading: &Reading<'_>) -> Result<bool, Why> {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let mut day = NaiveDate::from_ymd_opt(*years.start(), 1, 1).ok_or(Why::FarTime)?;
        while day.year() <= *years.end() {
            reading.spend(1)?;
            let offset = zone.offset_from_local_datetime(&day.and_time(noon)).earliest();
            if offset.is_none_or(|offset| offset.fix() != self.offset(day.and_time(noon))) {
                return Ok(false);
            }
            day = day.checked_add_days(Days::new(1)).ok_or(Why::FarTime)?;
        }
        Ok(true)
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
    reading: &'a Reading<'a>,
) -> impl Iterator<Item = Observance> + 'a {
    zone.inner(kind).take(limits::ZONE_RULES).filter_map(|observance| {
        let to = offset(observance)?;
        let start = naive(observance.entry(&ICalendarProperty::Dtstart)?.values.first()?)?;
        Some(Observance { to, onsets: onsets(observance, start, reading) })
    })
}

fn onsets(observance: Component<'_>, start: NaiveDateTime, reading: &Reading<'_>) -> Vec<NaiveDateTime> {
    let dates = observance.entries(&ICalendarProperty::Rdate).flat_map(|entry| &entry.values);
    let mut onsets: Vec<NaiveDateTime> = dates.filter_map(naive).collect();
    onsets.push(start);
    let rule = observance.entry(&ICalendarProperty::Rrule).and_then(|entry| entry.values.first());
    if let Some(ICalendarValue::RecurrenceRule(rule)) = rule {
        onsets.extend(yearly(rule, start, reading));
    }
    onsets
}

fn yearly<'a>(
    rule: &ICalendarRecurrenceRule,
    start: NaiveDateTime,
    reading: &'a Reading<'a>,
) -> impl Iterator<Item = NaiveDateTime> {
    let first = start.year().max(*limits::ZONE_YEARS.start());
    let found = expand::starts(rule, start.with_year(first).unwrap_or(start), reading);
    // `UNTIL` is a moment in UTC, these are clock times: within a day of each other they are the same change.
    let until = rule.until.as_ref().and_then(|until| until.to_date_time());
    let until = until.and_then(|until| until.date_time.checked_add_days(Days::new(1)));
    let last = *limits::ZONE_YEARS.end();
    let within = move |at: &NaiveDateTime| at.year() <= last && until.is_none_or(|until| *at <= until);
    let found = found.into_iter().flatten().map_while(Result::ok).take(limits::ZONE_CHANGES);
    found.take_while(within).filter(move |at| *at >= start)
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

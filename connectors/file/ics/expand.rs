//! The times that a recurrence rule gives, as clocks show them.

use calcard::icalendar::{ICalendarFrequency as Frequency, ICalendarRecurrenceRule};
use chrono::{NaiveDateTime, TimeDelta};
use rrule::{RRule, RRuleSetIter, Tz, Unvalidated};

use super::Reading;
use crate::file::limits;
use crate::file::refused::Why;

/// The starts that a rule gives from its event's own on, whatever its `UNTIL`, as far as the search may go.
pub(super) fn starts<'a>(
    rule: &ICalendarRecurrenceRule,
    begin: NaiveDateTime,
    reading: &'a Reading<'a>,
) -> Result<Starts<'a>, Why> {
    reading.spend(1)?;
    let endless = ICalendarRecurrenceRule { until: None, ..rule.clone() };
    let parsed: RRule<Unvalidated> = endless.to_string().parse().map_err(|_| Why::BadRule)?;
    // As if in UTC: a clock has no summer time of its own.
    let set = parsed.build(begin.and_utc().with_timezone(&Tz::UTC)).map_err(|_| Why::BadRule)?;
    let found = set.limit().into_iter();
    Ok(Starts { found, reading, last: begin, stride: stride(rule), counted: rule.count.is_some(), spent: 0 })
}

/// How far a search goes at a time.
fn stride(rule: &ICalendarRecurrenceRule) -> TimeDelta {
    let one = match rule.freq {
        Frequency::Secondly => TimeDelta::seconds(1),
        Frequency::Minutely => TimeDelta::minutes(1),
        Frequency::Hourly => TimeDelta::hours(1),
        Frequency::Daily => TimeDelta::days(1),
        Frequency::Weekly => TimeDelta::days(7),
        Frequency::Monthly => TimeDelta::days(28),
        Frequency::Yearly => TimeDelta::days(365),
    };
    one * i32::from(rule.interval.unwrap_or(1).max(1))
}

/// The starts that a search finds, in order.
pub(super) struct Starts<'a> {
    found: RRuleSetIter,
    reading: &'a Reading<'a>,
    last: NaiveDateTime,
    stride: TimeDelta,
    /// Whether the search ends by a count.
    counted: bool,
    spent: usize,
}

impl Iterator for Starts<'_> {
    type Item = Result<NaiveDateTime, Why>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(start) = self.found.next().map(|start| start.naive_utc()) else {
            // A search without an end gives up after as many steps as this; a rule of days that never come is one.
            let steps = if self.counted { 0 } else { limits::VAIN_SEARCH };
            return self.reading.spend(steps).err().map(Err);
        };
        let strides = (start - self.last).num_seconds() / self.stride.num_seconds().max(1);
        let steps = usize::try_from(strides).unwrap_or_default().saturating_add(1);
        self.last = start;
        self.spent = self.spent.saturating_add(steps);
        if self.spent > limits::OCCURRENCES {
            return Some(Err(Why::TooMany));
        }
        Some(self.reading.spend(steps).map(|()| start))
    }
}

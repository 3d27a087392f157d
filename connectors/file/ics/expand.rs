//! The times that a recurrence rule gives, as clocks show them.

use calcard::icalendar::ICalendarRecurrenceRule;
use chrono::NaiveDateTime;
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use crate::file::refused::Why;

/// The starts that a rule gives from `begin` on, at most so many, whatever its `UNTIL`.
pub(super) fn starts(
    rule: &ICalendarRecurrenceRule,
    begin: NaiveDateTime,
    most: usize,
) -> Result<Vec<NaiveDateTime>, Why> {
    Ok(iterate(rule, begin)?.into_iter().map(|start| start.naive_utc()).take(most).collect())
}

/// The rule's starts from `begin` on, told as if they were in UTC; it stops where nothing comes any more.
pub(super) fn iterate(rule: &ICalendarRecurrenceRule, begin: NaiveDateTime) -> Result<RRuleSet, Why> {
    let rule = ICalendarRecurrenceRule { until: None, ..rule.clone() };
    let rule: RRule<Unvalidated> = rule.to_string().parse().map_err(|_| Why::BadRule)?;
    let set = rule.build(begin.and_utc().with_timezone(&Tz::UTC)).map_err(|_| Why::BadRule)?;
    Ok(set.limit())
}

//! Which recurrence rules a mailbox can hold, and as what.
//!
//! <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>
//! <https://learn.microsoft.com/graph/api/resources/recurrencepattern>

use std::collections::BTreeSet;

use calcard::icalendar::{
    ICalendarDay, ICalendarFrequency as Frequency, ICalendarRecurrenceRule as Rrule,
    ICalendarWeekday as Weekday,
};
use chrono::{Datelike, NaiveDateTime, Timelike};
use sync::event::{Day, Pattern, Week};

use crate::file::refused::Rule;

/// The largest interval that a mailbox holds.
const MOST_INTERVAL: u16 = 999;

/// The pattern that stands for a rule whose event starts at `start`.
pub(super) fn pattern(rule: &Rrule, start: NaiveDateTime) -> Result<Pattern, Rule> {
    let interval = rule.interval.unwrap_or(1);
    if interval > MOST_INTERVAL {
        return Err(Rule::Interval);
    }
    if !keeps_time(rule, start) || !rule.byweekno.is_empty() || !rule.byyearday.is_empty() {
        return Err(Rule::Parts);
    }
    let interval = u32::from(interval);
    match rule.freq {
        Frequency::Daily => daily(rule, interval),
        Frequency::Weekly => weekly(rule, start, interval),
        Frequency::Monthly => monthly(rule, start, interval),
        Frequency::Yearly => yearly(rule, start, interval),
        Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => Err(Rule::Frequency),
    }
}

/// Whether the rule leaves the time of the day as it is.
fn keeps_time(rule: &Rrule, start: NaiveDateTime) -> bool {
    let same = |parts: &[u8], own: u32| parts.iter().all(|&part| u32::from(part) == own);
    same(&rule.byhour, start.hour())
        && same(&rule.byminute, start.minute())
        && same(&rule.bysecond, start.second())
        && rule.skip.is_none()
        && rule.bymonth.iter().all(|month| !month.is_leap())
}

fn daily(rule: &Rrule, interval: u32) -> Result<Pattern, Rule> {
    if !rule.bymonth.is_empty() || !rule.bymonthday.is_empty() || !rule.bysetpos.is_empty() {
        return Err(Rule::Parts);
    }
    if rule.byday.is_empty() {
        return Ok(Pattern::Daily { interval });
    }
    if interval != 1 {
        return Err(Rule::Parts);
    }
    Ok(Pattern::Weekly { interval, days_of_week: days(&rule.byday)?, first_day_of_week: first_day(rule) })
}

fn weekly(rule: &Rrule, start: NaiveDateTime, interval: u32) -> Result<Pattern, Rule> {
    if !rule.bymonth.is_empty() || !rule.bymonthday.is_empty() || !rule.bysetpos.is_empty() {
        return Err(Rule::Parts);
    }
    let days_of_week =
        if rule.byday.is_empty() { BTreeSet::from([weekday(start.weekday())]) } else { days(&rule.byday)? };
    Ok(Pattern::Weekly { interval, days_of_week, first_day_of_week: first_day(rule) })
}

fn monthly(rule: &Rrule, start: NaiveDateTime, interval: u32) -> Result<Pattern, Rule> {
    if !rule.bymonth.is_empty() {
        return Err(Rule::Parts);
    }
    Ok(match on(rule, start)? {
        On::Day(29..) => return Err(Rule::ShortMonths),
        On::Day(day_of_month) => Pattern::AbsoluteMonthly { interval, day_of_month },
        On::Week(days_of_week, index) => Pattern::RelativeMonthly { interval, days_of_week, index },
    })
}

fn yearly(rule: &Rrule, start: NaiveDateTime, interval: u32) -> Result<Pattern, Rule> {
    let month = match rule.bymonth.as_slice() {
        // Without a month, days count within the year, and a day of the month comes in each of its months.
        [] if rule.byday.is_empty() && rule.bymonthday.is_empty() => start.month(),
        [month] => u32::from(month.month()),
        _ => return Err(Rule::Parts),
    };
    Ok(match on(rule, start)? {
        On::Day(day) if day > shortest(month) => return Err(Rule::ShortMonths),
        On::Day(day_of_month) => Pattern::AbsoluteYearly { interval, day_of_month, month },
        On::Week(days_of_week, index) => Pattern::RelativeYearly { interval, days_of_week, index, month },
    })
}

/// The days that a month has in every year.
fn shortest(month: u32) -> u32 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// On what of a month a rule falls.
enum On {
    Day(u32),
    Week(BTreeSet<Day>, Week),
}

fn on(rule: &Rrule, start: NaiveDateTime) -> Result<On, Rule> {
    match (rule.byday.as_slice(), rule.bymonthday.as_slice(), rule.bysetpos.as_slice()) {
        ([], [], []) => Ok(On::Day(start.day())),
        ([], [-1], []) => Ok(On::Week(ALL.into(), Week::Last)),
        ([], [day], []) if *day > 0 => u32::try_from(*day).map(On::Day).map_err(|_| Rule::Parts),
        ([day], [], []) => {
            Ok(On::Week([of(day.weekday)].into(), week(day.ordwk.ok_or(Rule::Parts)?.into())?))
        }
        (set, [], [position]) => {
            let (set, index) = (days(set)?, week(*position)?);
            if is_counted_alike(&set, index) { Ok(On::Week(set, index)) } else { Err(Rule::Parts) }
        }
        _ => Err(Rule::Parts),
    }
}

/// Whether a mailbox counts these days as a rule does: it knows single days, days, weekdays and weekend days; of
/// other sets only the first is sure.
fn is_counted_alike(set: &BTreeSet<Day>, index: Week) -> bool {
    set.len() == 1
        || index == Week::First
        || [ALL.as_slice(), &WEEKDAYS, &WEEKEND].iter().any(|known| set.iter().eq(known.iter()))
}

const ALL: [Day; 7] =
    [Day::Sunday, Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday];
const WEEKDAYS: [Day; 5] = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday];
const WEEKEND: [Day; 2] = [Day::Sunday, Day::Saturday];

fn week(position: i32) -> Result<Week, Rule> {
    Ok(match position {
        1 => Week::First,
        2 => Week::Second,
        3 => Week::Third,
        4 => Week::Fourth,
        -1 => Week::Last,
        _ => return Err(Rule::Parts),
    })
}

/// Days that are not counted.
fn days(days: &[ICalendarDay]) -> Result<BTreeSet<Day>, Rule> {
    let uncounted = |day: &ICalendarDay| day.ordwk.is_none().then(|| of(day.weekday)).ok_or(Rule::Parts);
    days.iter().map(uncounted).collect()
}

fn first_day(rule: &Rrule) -> Day {
    rule.wkst.map_or(Day::Monday, of)
}

fn of(day: Weekday) -> Day {
    match day {
        Weekday::Sunday => Day::Sunday,
        Weekday::Monday => Day::Monday,
        Weekday::Tuesday => Day::Tuesday,
        Weekday::Wednesday => Day::Wednesday,
        Weekday::Thursday => Day::Thursday,
        Weekday::Friday => Day::Friday,
        Weekday::Saturday => Day::Saturday,
    }
}

fn weekday(day: chrono::Weekday) -> Day {
    match day {
        chrono::Weekday::Sun => Day::Sunday,
        chrono::Weekday::Mon => Day::Monday,
        chrono::Weekday::Tue => Day::Tuesday,
        chrono::Weekday::Wed => Day::Wednesday,
        chrono::Weekday::Thu => Day::Thursday,
        chrono::Weekday::Fri => Day::Friday,
        chrono::Weekday::Sat => Day::Saturday,
    }
}

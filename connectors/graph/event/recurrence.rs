//! How a series repeats, on the wire.
//!
//! <https://learn.microsoft.com/graph/api/resources/recurrencepattern>
//! <https://learn.microsoft.com/graph/api/resources/recurrencerange>

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use sync::event::{Bounds, Day, Pattern, Recurrence};

use crate::graph::item::{Loose, Members, WrongForm};

/// The rule as it is sent; it begins on the day of the first occurrence, in the zone of the event's start.
pub(super) fn encode(rule: &Recurrence, first: NaiveDate) -> Json {
    json!({ "pattern": pattern(&rule.pattern), "range": range(rule.bounds, first) })
}

fn pattern(pattern: &Pattern) -> Json {
    match pattern {
        Pattern::Daily { interval } => json!({ "type": "daily", "interval": interval }),
        Pattern::Weekly { interval, days_of_week, first_day_of_week } => json!({
            "type": "weekly", "interval": interval, "daysOfWeek": days_of_week, "firstDayOfWeek": first_day_of_week
        }),
        Pattern::AbsoluteMonthly { interval, day_of_month } => {
            json!({ "type": "absoluteMonthly", "interval": interval, "dayOfMonth": day_of_month })
        }
        Pattern::RelativeMonthly { interval, days_of_week, index } => json!({
            "type": "relativeMonthly", "interval": interval, "daysOfWeek": days_of_week, "index": index
        }),
        Pattern::AbsoluteYearly { interval, day_of_month, month } => json!({
            "type": "absoluteYearly", "interval": interval, "dayOfMonth": day_of_month, "month": month
        }),
        Pattern::RelativeYearly { interval, days_of_week, index, month } => json!({
            "type": "relativeYearly", "interval": interval, "daysOfWeek": days_of_week, "index": index, "month": month
        }),
    }
}

fn range(bounds: Bounds, first: NaiveDate) -> Json {
    match bounds {
        Bounds::NoEnd => json!({ "type": "noEnd", "startDate": first }),
        Bounds::EndDate { end_date } => json!({ "type": "endDate", "startDate": first, "endDate": end_date }),
        Bounds::Numbered { number_of_occurrences } => {
            json!({ "type": "numbered", "startDate": first, "numberOfOccurrences": number_of_occurrences })
        }
    }
}

/// A rule as it was read, and the zone that it names, if it names one.
pub(super) fn decode(rule: Loose) -> Result<Option<(Recurrence, String)>, WrongForm> {
    let Some(mut rule) = rule.members()? else { return Ok(None) };
    let Some(mut range) = rule.take("range").members()? else { return Err(WrongForm) };
    let Some(mut pattern) = rule.take("pattern").members()? else { return Err(WrongForm) };
    let zone = range.take("recurrenceTimeZone").text()?;
    Ok(Some((Recurrence { pattern: read_pattern(&mut pattern)?, bounds: read_range(&mut range)? }, zone)))
}

fn read_range(range: &mut Members) -> Result<Bounds, WrongForm> {
    Ok(match range.take("type").text()?.as_str() {
        "noEnd" => Bounds::NoEnd,
        "endDate" => {
            Bounds::EndDate { end_date: range.take("endDate").text()?.parse().map_err(|_| WrongForm)? }
        }
        "numbered" => {
            Bounds::Numbered { number_of_occurrences: counted(range.take("numberOfOccurrences"), u32::MAX)? }
        }
        _ => return Err(WrongForm),
    })
}

fn read_pattern(from: &mut Members) -> Result<Pattern, WrongForm> {
    let interval = counted(from.take("interval"), u32::MAX)?;
    Ok(match from.take("type").text()?.as_str() {
        "daily" => Pattern::Daily { interval },
        "weekly" => {
            let first_day_of_week = match from.take("firstDayOfWeek") {
                Loose::Nothing => Day::Sunday,
                day => named(day)?,
            };
            Pattern::Weekly { interval, days_of_week: days_of_week(from)?, first_day_of_week }
        }
        "absoluteMonthly" => Pattern::AbsoluteMonthly { interval, day_of_month: day_of_month(from)? },
        "relativeMonthly" => Pattern::RelativeMonthly {
            interval,
            days_of_week: days_of_week(from)?,
            index: named(from.take("index"))?,
        },
        "absoluteYearly" => {
            Pattern::AbsoluteYearly { interval, day_of_month: day_of_month(from)?, month: month(from)? }
        }
        "relativeYearly" => Pattern::RelativeYearly {
            interval,
            days_of_week: days_of_week(from)?,
            index: named(from.take("index"))?,
            month: month(from)?,
        },
        _ => return Err(WrongForm),
    })
}

fn day_of_month(from: &mut Members) -> Result<u32, WrongForm> {
    counted(from.take("dayOfMonth"), 31)
}

fn month(from: &mut Members) -> Result<u32, WrongForm> {
    counted(from.take("month"), 12)
}

fn days_of_week(from: &mut Members) -> Result<BTreeSet<Day>, WrongForm> {
    let days: BTreeSet<Day> = from.take("daysOfWeek").list(named)?.into_iter().collect();
    if days.is_empty() { Err(WrongForm) } else { Ok(days) }
}

fn counted(value: Loose, most: u32) -> Result<u32, WrongForm> {
    let number = value.number()?.and_then(|number| u32::try_from(number).ok());
    number.filter(|number| (1..=most).contains(number)).ok_or(WrongForm)
}

fn named<T: DeserializeOwned>(value: Loose) -> Result<T, WrongForm> {
    serde_json::from_value(Json::String(value.text()?)).map_err(|_| WrongForm)
}

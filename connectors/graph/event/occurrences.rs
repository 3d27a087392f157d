//! The occurrences of a series that differ from it.
//!
//! <https://learn.microsoft.com/graph/api/resources/event>

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sync::event::{Occurrence, Occurrences, Timing, moment};
use sync::{Content, Field, Value};

use super::{FIELDS, decode};
use crate::graph::item::{Loose, Members, WrongForm};

/// Reads what differs from a series; an exception that says what the series says is none.
pub(super) fn read(series: &Content, cancelled: Loose, exceptions: Loose) -> Result<Occurrences, WrongForm> {
    let Some(timing) = timing(series) else { return Ok(Occurrences::new()) };
    let mut occurrences = Occurrences::new();
    for id in cancelled.list(Loose::text)? {
        occurrences.insert(day_of_id(&id)?, Occurrence::Cancelled);
    }
    for exception in exceptions.list(|exception| exception.members()?.ok_or(WrongForm))? {
        if let Some((day, occurrence)) = read_one(series, timing, exception)? {
            occurrences.insert(day, occurrence);
        }
    }
    Ok(occurrences)
}

fn read_one(
    series: &Content,
    timing: &Timing,
    mut from: Members,
) -> Result<Option<(NaiveDate, Occurrence)>, WrongForm> {
    let day = day_of(&mut from, timing)?;
    // The mark that the organiser called it off: it stays in the calendar until it is removed by hand.
    if from.take("isCancelled").flag()? {
        return Ok(Some((day, Occurrence::Cancelled)));
    }
    let mut content = decode::fields(&mut from, Content::default())?;
    let usual = usual(series, timing, day);
    if differing(&usual, &content).is_empty() {
        return Ok(None);
    }
    for field in FIELDS.iter().filter(|field| **field != Field::Timing) {
        if content.get(*field) == series.get(*field) {
            content.set(*field, "");
        }
    }
    Ok(Some((day, Occurrence::Changed(content))))
}

/// The day on which the series had an exception: its id's, or that of its original start.
fn day_of(exception: &mut Members, timing: &Timing) -> Result<NaiveDate, WrongForm> {
    let id = exception.take("occurrenceId").text()?;
    if !id.is_empty() {
        return day_of_id(&id);
    }
    let start: DateTime<Utc> = exception.take("originalStart").text()?.parse().map_err(|_| WrongForm)?;
    // A whole day is told as a midnight, in UTC or in some zone of which nothing more is known.
    if timing.is_all_day() && start.time() != NaiveTime::MIN {
        let is_evening = start.time() >= NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let day = start.date_naive();
        return if is_evening { day.succ_opt().ok_or(WrongForm) } else { Ok(day) };
    }
    Ok(start.with_timezone(&timing.zone()).date_naive())
}

/// The day in `OID.{series}.{YYYY-MM-DD}`.
fn day_of_id(id: &str) -> Result<NaiveDate, WrongForm> {
    id.rsplit_once('.').and_then(|(_, day)| day.parse().ok()).ok_or(WrongForm)
}

fn timing(series: &Content) -> Option<&Timing> {
    match series.get(Field::Timing) {
        Some(Value::Timing(timing)) if timing.recurrence().is_some() => Some(timing),
        _ => None,
    }
}

/// What an occurrence holds of which nothing is known but its series.
fn usual(series: &Content, timing: &Timing, day: NaiveDate) -> Content {
    let shift = day - timing.start().date();
    let (start, end) = (timing.start() + shift, timing.end() + shift);
    let timing = if timing.is_all_day() {
        Timing::all_day(start.date(), end.date(), None)
    } else {
        let (start, end) = (moment(start, timing.zone()), moment(end, timing.zone()));
        Timing::single(start, end.max(start))
    };
    let mut content = series.clone();
    content.set(Field::Occurrences, "");
    // A series whose first occurrence can be told has others that can.
    if let Ok(timing) = timing {
        content.set(Field::Timing, timing);
    }
    content
}

/// What an occurrence holds: its own fields, and the series' where it has none.
fn whole(usual: &Content, own: Option<&Occurrence>) -> Option<Content> {
    let mut content = usual.clone();
    match own {
        Some(Occurrence::Cancelled) => return None,
        Some(Occurrence::Changed(own)) => {
            own.iter().for_each(|(field, value)| content.set(field, value.clone()));
        }
        None => {}
    }
    Some(content)
}

/// The fields of `wanted` that are not as in `is`.
fn differing(is: &Content, wanted: &Content) -> BTreeMap<Field, Option<Value>> {
    let fields = FIELDS.iter().filter(|field| is.get(**field) != wanted.get(**field));
    fields.map(|field| (*field, wanted.get(*field).cloned())).collect()
}

/// What has to be done to one occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graph) enum Step {
    /// These fields change.
    Change(BTreeMap<Field, Option<Value>>),
    /// It is cancelled.
    Cancel,
}

/// What makes the occurrences of a series what is wanted, by their days. What was cancelled stays so: no request brings it
/// back.
pub(in crate::graph) fn steps(series: &Content, wanted: &Occurrences) -> BTreeMap<NaiveDate, Step> {
    let Some(timing) = timing(series) else { return BTreeMap::new() };
    let none = Occurrences::new();
    let is = match series.get(Field::Occurrences) {
        Some(Value::Occurrences(occurrences)) => occurrences,
        _ => &none,
    };
    let days: BTreeSet<&NaiveDate> = is.keys().chain(wanted.keys()).collect();
    let step = |day: &NaiveDate| {
        let usual = usual(series, timing, *day);
        match (whole(&usual, is.get(day)), whole(&usual, wanted.get(day))) {
            (None, _) => None,
            (Some(_), None) => Some(Step::Cancel),
            (Some(is), Some(wanted)) => Some(Step::Change(differing(&is, &wanted)))
                .filter(|step| *step != Step::Change(BTreeMap::new())),
        }
    };
    days.into_iter().filter_map(|day| Some((*day, step(day)?))).collect()
}

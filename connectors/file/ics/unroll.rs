//! Events that repeat as no mailbox can hold it: each occurrence within the window becomes a single event.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use sync::{Field, Value};

use super::group::{Items, Parts, Ruled, Rules, Suffix};
use super::time::Time;
use super::{Reading, expand};
use crate::file::limits;
use crate::file::refused::Why;

/// The occurrences within the window.
pub(super) fn items(parts: &Parts<'_>, rules: &Rules<'_>, reading: &Reading<'_>) -> Result<Items, Why> {
    let changed: BTreeSet<NaiveDateTime> =
        parts.overrides.iter().flat_map(|changed| changed.of.names(parts.clock())).collect();
    let mut items = Items { cut: parts.master.cut, ..Items::default() };
    for (start, length) in starts(parts, rules, reading)? {
        if !parts.excluded.has(start) && !changed.contains(&start) {
            add(&mut items, parts, start, length, reading)?;
        }
    }
    for changed in parts.overrides.iter().filter(|changed| !parts.excludes(changed)) {
        items.push(Suffix::At(changed.of.local), &changed.event)?;
    }
    Ok(items)
}

fn add(
    items: &mut Items,
    parts: &Parts<'_>,
    start: NaiveDateTime,
    length: TimeDelta,
    reading: &Reading<'_>,
) -> Result<(), Why> {
    let content = parts.master.at(&Time { local: start, clock: parts.clock().clone() }, length)?;
    let (from, until) = reading.options.window;
    let touches =
        matches!(content.get(Field::Timing), Some(Value::Timing(timing)) if timing.touches(from, until));
    if touches {
        if items.list.len() >= limits::UNROLLED {
            return Err(Why::TooMany);
        }
        items.list.push((Suffix::At(start), content));
    }
    Ok(())
}

/// All starts before the window's end, in order, each with its length.
fn starts(
    parts: &Parts<'_>,
    rules: &Rules<'_>,
    reading: &Reading<'_>,
) -> Result<BTreeMap<NaiveDateTime, TimeDelta>, Why> {
    let length = parts.master.length;
    let own = parts.master.start.local;
    let mut starts = BTreeMap::new();
    for ruled in &rules.rules {
        given(ruled, own, parts, reading, |start| {
            starts.insert(start, length);
        })?;
    }
    let last = rules.rules.iter().filter_map(|ruled| ruled.until).max();
    if last.is_none_or(|last| own <= last) {
        starts.insert(own, length);
    }
    for (time, own) in &rules.dates {
        starts.insert(time.on(parts.clock())?, own.unwrap_or(length));
    }
    Ok(starts)
}

fn given(
    ruled: &Ruled<'_>,
    own: NaiveDateTime,
    parts: &Parts<'_>,
    reading: &Reading<'_>,
    mut take: impl FnMut(NaiveDateTime),
) -> Result<(), Why> {
    // A day more than the window: its end is a moment, these are clock times.
    let end = reading.options.window.1.naive_utc() + TimeDelta::days(1);
    let from = reading.options.window.0.naive_utc() - TimeDelta::days(1) - parts.master.length;
    for start in expand::starts(ruled.rule, own, reading)? {
        let start = start?;
        if start > end || ruled.until.is_some_and(|until| start > until) {
            break;
        }
        if start >= from {
            take(start);
        }
    }
    Ok(())
}

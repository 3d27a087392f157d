//! An event as the mailbox keeps it: alone, or a series with what became of its dates.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::{Map, Value};

use super::extended::Extended;
use super::mailbox::Item;
use super::recurrence::{End, Recurrence};
use super::zone::{Span, Window, Zone};

/// What an event says.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// The fields that are set, by their Graph names.
    pub(crate) fields: Map<String, Value>,
    pub(crate) span: Span,
    pub(crate) extended: Vec<Extended>,
}

/// One version of an event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) serial: u64,
    /// The serial of its calendar.
    pub(crate) calendar: u64,
    pub(crate) version: u64,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    /// Made in Outlook, not through Graph: unset strings read `""` instead of `null`.
    pub(crate) outlook_made: bool,
    pub(crate) content: Content,
    pub(crate) series: Option<Series>,
    /// All time that any version of it covered: where deltas may have shown it.
    pub(crate) covered: Option<Window>,
}

/// The rule of a series and what became of its dates.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) rule: Recurrence,
    pub(crate) exceptions: BTreeMap<NaiveDate, Exception>,
    pub(crate) cancelled: BTreeSet<NaiveDate>,
}

/// What is different on one date; everything else follows the series.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    /// Fields that were set here; `Null` is unset here.
    pub(crate) fields: Map<String, Value>,
    pub(crate) span: Option<Span>,
    pub(crate) extended: Vec<Extended>,
    pub(crate) created: i64,
    pub(crate) modified: i64,
}

/// An event, or one date of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Date(NaiveDate),
}

impl Item for Event {
    fn serial(&self) -> u64 {
        self.serial
    }

    fn folder(&self) -> u64 {
        self.calendar
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn stamp(&mut self, version: u64, now: i64) {
        (self.version, self.modified) = (version, now);
        let now_covered = self.covers();
        self.covered = Some(self.covered.map_or(now_covered, |before| Window {
            start: before.start.min(now_covered.start),
            end: before.end.max(now_covered.end),
        }));
    }
}

impl Event {
    /// The zone in which the dates of a series count.
    pub(crate) fn zone(&self) -> &Zone {
        &self.content.span.start.zone
    }

    pub(crate) fn exception(&self, date: NaiveDate) -> Option<&Exception> {
        self.series.as_ref().and_then(|series| series.exceptions.get(&date))
    }

    /// Whether the series still takes place on a date.
    pub(crate) fn takes_place(&self, date: NaiveDate) -> bool {
        self.series
            .as_ref()
            .is_some_and(|series| !series.cancelled.contains(&date) && series.rule.falls_on(date))
    }

    /// What a part says: the series' own content, moved to the date and with what is different there.
    pub(crate) fn content_of(&self, part: Part) -> Cow<'_, Content> {
        let Part::Date(date) = part else { return Cow::Borrowed(&self.content) };
        let mut content = self.content.clone();
        content.span = content.span.on(date);
        let Some(exception) = self.exception(date) else { return Cow::Owned(content) };
        content.fields.extend(exception.fields.clone());
        content.fields.retain(|_, value| !value.is_null());
        content.span = exception.span.clone().unwrap_or(content.span);
        for own in &exception.extended {
            content.extended.retain(|held| !held.id.same(&own.id));
            content.extended.push(own.clone());
        }
        Cow::Owned(content)
    }

    pub(crate) fn span_of(&self, part: Part) -> Span {
        match part {
            Part::Whole => self.content.span.clone(),
            Part::Date(date) => {
                let moved = self.exception(date).and_then(|exception| exception.span.clone());
                moved.unwrap_or_else(|| self.content.span.on(date))
            }
        }
    }

    /// The parts that fall into a window, in the order of their dates.
    pub(crate) fn within(&self, window: Window) -> Vec<Part> {
        let Some(series) = &self.series else {
            return if self.content.span.meets(window) { vec![Part::Whole] } else { Vec::new() };
        };
        let last = (window.end + Duration::days(2)).date_naive();
        let regular = series.rule.dates().take_while(|date| *date <= last);
        let regular = regular.filter(|date| {
            !series.cancelled.contains(date)
                && !series.exceptions.contains_key(date)
                && self.content.span.on(*date).meets(window)
        });
        let moved = series.exceptions.keys().copied();
        let moved = moved.filter(|date| self.span_of(Part::Date(*date)).meets(window));
        let dates: BTreeSet<NaiveDate> = regular.chain(moved).collect();
        dates.into_iter().map(Part::Date).collect()
    }

    /// Whether a reader of a window may have been shown this event.
    pub(crate) fn ever_met(&self, window: Window) -> bool {
        self.covered.is_some_and(|covered| covered.start < window.end && covered.end >= window.start)
    }

    /// From its first begin to its last end.
    fn covers(&self) -> Window {
        let (mut start, mut end) = instants(&self.content.span);
        let Some(series) = &self.series else { return Window { start, end } };
        end = match series.rule.end {
            End::Never => DateTime::<Utc>::MAX_UTC,
            _ => series.rule.dates().last().map_or(end, |last| instants(&self.content.span.on(last)).1),
        };
        for moved in series.exceptions.values().filter_map(|exception| exception.span.as_ref()) {
            let (first, last) = instants(moved);
            (start, end) = (start.min(first), end.max(last));
        }
        Window { start, end }
    }
}

fn instants(span: &Span) -> (DateTime<Utc>, DateTime<Utc>) {
    (span.start.instant(), span.end.instant())
}

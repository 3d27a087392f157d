//! Events that repeat as a mailbox can hold it.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use sync::event::{Bounds, Occurrence, Occurrences, Pattern, Recurrence, Timing};
use sync::{Content, Field};

use super::event::{self, Event, why};
use super::group::{Items, Override, Parts, Ruled, Rules, Suffix};
use super::time::Clock;
use super::{Reading, expand, rule};
use crate::file::refused::{Rule, Why};

/// The series, with the occurrences that it can't hold beside it as single events.
pub(super) fn items(parts: &Parts<'_>, rules: &Rules<'_>, reading: &Reading<'_>) -> Result<Items, Why> {
    let ruled = match (rules.rules.as_slice(), rules.dates.as_slice()) {
        ([ruled], []) => ruled,
        (_, []) => return Err(Why::Rule(Rule::Several)),
        _ => return Err(Why::Rule(Rule::Dates)),
    };
    let pattern = rule::pattern(ruled.rule, parts.master.start.local).map_err(Why::Rule)?;
    let zone = zone(parts, ruled, reading)?;
    let starts = starts(parts, ruled, reading)?;
    let mut series = Series { parts, starts, occurrences: Occurrences::new(), items: Items::default() };
    series.first(ruled)?;
    series.exclude();
    series.change()?;
    series.finish(pattern, ruled, zone)
}

/// The zone by which the series goes on.
fn zone(parts: &Parts<'_>, ruled: &Ruled<'_>, reading: &Reading<'_>) -> Result<Tz, Why> {
    let clock = parts.clock();
    let Clock::Defined(definition) = clock else { return clock.zone().ok_or(Why::UnknownZone) };
    let first = parts.master.start.local.year();
    let last = reading.options.window.1.year().max(first);
    let last = ruled.until.map_or(last, |until| until.year().clamp(first, last));
    definition.known(&(first..=last), reading)?.ok_or(Why::Rule(Rule::Zone))
}

/// The starts of the series, as far as one after all that is said of single ones.
fn starts(parts: &Parts<'_>, ruled: &Ruled<'_>, reading: &Reading<'_>) -> Result<Starts, Why> {
    let changed = parts.overrides.iter().flat_map(|changed| changed.of.names(parts.clock()));
    let last = changed.chain(parts.excluded.times.last().copied()).map(|time| time.date());
    let last = last.chain(parts.excluded.days.last().copied()).max();
    let mut list = Vec::new();
    for start in expand::starts(ruled.rule, parts.master.start.local, reading)? {
        let start = start?;
        if ruled.until.is_some_and(|until| start > until) {
            break;
        }
        list.push(start);
        if last.is_none_or(|last| start.date() > last) {
            return Ok(Starts { list, all: false });
        }
    }
    Ok(Starts { list, all: true })
}

struct Starts {
    list: Vec<NaiveDateTime>,
    /// Whether there are no more.
    all: bool,
}

struct Series<'a, 'b> {
    parts: &'a Parts<'b>,
    starts: Starts,
    occurrences: Occurrences,
    items: Items,
}

impl Series<'_, '_> {
    /// An event whose own start is none that its rule gives takes place then all the same.
    fn first(&mut self, ruled: &Ruled<'_>) -> Result<(), Why> {
        let parts = self.parts;
        let start = parts.master.start.local;
        let counts = ruled.until.is_none_or(|until| start <= until);
        if !counts || self.starts.list.first() == Some(&start) || parts.excluded.has(start) {
            return Ok(());
        }
        let changed = parts.overrides.iter().find(|changed| changed.is_of(start, parts.clock()));
        self.items.push(Suffix::At(start), changed.map_or(&parts.master, |changed| &changed.event))
    }

    /// Where in the list the occurrence stands that is changed.
    fn index(&self, changed: &Override<'_>) -> Option<usize> {
        let mut named = changed.of.names(self.parts.clock());
        named.find_map(|start| self.starts.list.binary_search(&start).ok())
    }

    fn exclude(&mut self) {
        let gone = self.starts.list.iter().filter(|start| self.parts.excluded.has(**start));
        self.occurrences.extend(gone.map(|start| (start.date(), Occurrence::Cancelled)));
    }

    fn change(&mut self) -> Result<(), Why> {
        let own = self.parts.master.start.local;
        let apart = self.starts.list.first() != Some(&own);
        let mut before: Option<NaiveDate> = None;
        for changed in &self.parts.overrides {
            match self.index(changed) {
                Some(at) => before = self.change_one(changed, at, before)?.or(before),
                None if apart && changed.is_of(own, self.parts.clock()) => {}
                None if self.parts.excludes(changed) => {}
                None => self.items.push(Suffix::At(changed.of.local), &changed.event)?,
            }
        }
        Ok(())
    }

    /// Changes an occurrence; one that changes places with its neighbours, which Exchange refuses, is cancelled and
    /// stands beside the series. Answers with the day on which it then is, if it is still one of the series.
    fn change_one(
        &mut self,
        changed: &Override<'_>,
        at: usize,
        before: Option<NaiveDate>,
    ) -> Result<Option<NaiveDate>, Why> {
        let Some(start) = self.starts.list.get(at).copied() else { return Ok(None) };
        let day = start.date();
        if self.occurrences.contains_key(&day) {
            // A whole day that is excluded takes the planned occurrence, not the one that was put in its place.
            if !self.parts.excludes(changed) {
                self.items.push(Suffix::At(start), &changed.event)?;
            }
            return Ok(None);
        }
        if changed.event.is_cancelled() {
            self.occurrences.insert(day, Occurrence::Cancelled);
            return Ok(None);
        }
        let new = changed.event.start.on(self.parts.clock())?.date();
        if self.keeps_order(at, new, before) {
            self.items.cut |= changed.event.cut;
            self.occurrences
                .insert(day, Occurrence::Changed(differences(&self.parts.master, &changed.event)?));
            return Ok(Some(new));
        }
        self.occurrences.insert(day, Occurrence::Cancelled);
        self.items.push(Suffix::At(start), &changed.event)?;
        Ok(None)
    }

    fn keeps_order(&self, at: usize, new: NaiveDate, before: Option<NaiveDate>) -> bool {
        let list = &self.starts.list;
        let previous = at.checked_sub(1).and_then(|at| list.get(at)).map(NaiveDateTime::date);
        let next = list.get(at + 1).map(NaiveDateTime::date);
        [previous, before].into_iter().flatten().all(|day| day < new) && next.is_none_or(|next| new < next)
    }

    fn finish(mut self, pattern: Pattern, ruled: &Ruled<'_>, zone: Tz) -> Result<Items, Why> {
        let gone = |start: &NaiveDateTime| {
            matches!(self.occurrences.get(&start.date()), Some(Occurrence::Cancelled))
        };
        let Some(first) = self.starts.list.first().copied() else { return self.items.filled() };
        if self.starts.all && self.starts.list.iter().all(gone) {
            return self.items.filled();
        }
        let master = &self.parts.master;
        let recurrence = Recurrence { pattern, bounds: bounds(ruled, first) };
        let mut content = master.fields.clone();
        content.set(Field::Timing, timing(master, first, zone, recurrence)?);
        content.set(Field::Occurrences, self.occurrences);
        self.items.cut |= master.cut;
        self.items.list.push((Suffix::None, content));
        Ok(self.items)
    }
}

fn timing(master: &Event<'_>, first: NaiveDateTime, zone: Tz, recurrence: Recurrence) -> Result<Timing, Why> {
    let end = first.checked_add_signed(master.length).ok_or(Why::FarTime)?;
    let timing = if master.start.is_day() {
        Timing::all_day(first.date(), end.date(), Some(recurrence))
    } else {
        Timing::series(first, end, zone, recurrence)
    };
    timing.map_err(why)
}

fn bounds(ruled: &Ruled<'_>, first: NaiveDateTime) -> Bounds {
    match (ruled.until, ruled.rule.count) {
        (Some(until), _) if until.time() >= first.time() => Bounds::EndDate { end_date: until.date() },
        (Some(until), _) => Bounds::EndDate { end_date: until.date().pred_opt().unwrap_or(until.date()) },
        (None, Some(number_of_occurrences)) => Bounds::Numbered { number_of_occurrences },
        (None, None) => Bounds::NoEnd,
    }
}

/// What a changed occurrence says other than its series, and when it is.
fn differences(master: &Event<'_>, changed: &Event<'_>) -> Result<Content, Why> {
    let known: BTreeMap<Field, _> = master.fields.iter().collect();
    let fields = changed.fields.iter().filter(|(field, value)| known.get(field) != Some(value));
    let mut content: Content = fields.map(|(field, value)| (field, value.clone())).collect();
    content.set(Field::Timing, event::timing(&changed.start, changed.length)?);
    Ok(content)
}

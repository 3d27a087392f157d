//! From an event of a contributing calendar to the event that is mirrored.
//!
//! What an event may not show is left out here, so that it never comes near a snapshot.

mod body;
mod occurrences;
mod options;
mod show;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, Utc};

use super::LeftOut;
use crate::event::{Occurrence, Occurrences, Timing};
use crate::{Content, Field, Value};
pub use options::{EventOptions, Privacy, PrivateEvents, Reminders, ShowAs};
use show::Shown;

/// Why an entry of a contributor is not in the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skipped {
    /// The filter of its spoke keeps it out.
    Filtered,
    /// It says no time that can be read.
    WithoutTime,
    /// It lies outside the window.
    OutsideWindow,
    /// It was called off.
    Cancelled,
    /// The owner of the calendar declined it.
    Declined,
    /// It is tentative.
    Tentative,
    /// It takes whole days.
    AllDay,
    /// It is private.
    Private,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Skipped::Filtered => "the filter keeps it out",
            Skipped::WithoutTime => "it says no time that can be read",
            Skipped::OutsideWindow => "it lies outside the window",
            Skipped::Cancelled => "it was called off",
            Skipped::Declined => "the owner of the calendar declined it",
            Skipped::Tentative => "it is tentative",
            Skipped::AllDay => "it takes whole days",
            Skipped::Private => "it is private",
        })
    }
}

impl EventOptions {
    /// What the mirrored event of this one shall hold and what had to be left out of it, or why there is none.
    ///
    /// Nothing that only the source may know is in the result, and nothing of what the privacy class keeps back.
    pub fn event(
        &self,
        raw: &Content,
        window: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(Content, Vec<LeftOut>), Skipped> {
        let Some(Value::Timing(timing)) = raw.get(Field::Timing) else { return Err(Skipped::WithoutTime) };
        self.admits(raw, timing)?;
        if !is_within(raw, timing, window) {
            return Err(Skipped::OutsideWindow);
        }
        let class = self.class(raw);
        let Shown { mut content, mut left_out } = self.shown(class, raw);
        content.set(Field::Timing, Value::Timing(timing.clone()));
        let occurrences = self.occurrences(class, raw, timing, &content, &mut left_out);
        content.set(Field::Occurrences, occurrences);
        Ok((content, left_out))
    }

    /// Whether an event, or an occurrence of one, is in.
    fn admits(&self, raw: &Content, timing: &Timing) -> Result<(), Skipped> {
        let is = |field, text: &str| raw.text(field).is_some_and(|held| held.eq_ignore_ascii_case(text));
        let tentative = is(Field::ShowAs, "tentative") || is(Field::ResponseStatus, "tentativelyAccepted");
        let reasons = [
            (is(Field::IsCancelled, "true"), Skipped::Cancelled),
            (!self.declined && is(Field::ResponseStatus, "declined"), Skipped::Declined),
            (!self.tentative && tentative, Skipped::Tentative),
            (!self.all_day && timing.is_all_day(), Skipped::AllDay),
            (self.private_events == PrivateEvents::LeaveOut && is_private(raw), Skipped::Private),
        ];
        reasons.iter().find(|(holds, _)| *holds).map_or(Ok(()), |(_, reason)| Err(*reason))
    }

    /// How much of an event may be shown.
    fn class(&self, raw: &Content) -> Privacy {
        let hides = self.private_events == PrivateEvents::BusyOnly && is_private(raw);
        if hides { Privacy::BusyOnly } else { self.privacy }
    }
}

/// Whether an event is not for others. What nobody knows yet counts as private.
fn is_private(raw: &Content) -> bool {
    !matches!(raw.text(Field::Sensitivity), None | Some("normal" | "personal"))
}

/// Whether it or an occurrence that was moved reaches into the window.
fn is_within(raw: &Content, timing: &Timing, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> bool {
    let touches = |occurrence: &Occurrence| match occurrence {
        Occurrence::Cancelled => false,
        Occurrence::Changed(changed) => timing_of(changed).is_some_and(|timing| timing.touches(from, until)),
    };
    timing.touches(from, until) || occurrences_of(raw).is_some_and(|all| all.values().any(touches))
}

fn timing_of(content: &Content) -> Option<&Timing> {
    match content.get(Field::Timing) {
        Some(Value::Timing(timing)) => Some(timing),
        _ => None,
    }
}

fn occurrences_of(content: &Content) -> Option<&Occurrences> {
    match content.get(Field::Occurrences) {
        Some(Value::Occurrences(occurrences)) => Some(occurrences),
        _ => None,
    }
}

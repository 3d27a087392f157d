//! The single occurrences of a mirrored series.

use chrono::NaiveDate;

use super::super::LeftOut;
use super::options::{EventOptions, Privacy};
use super::show::Shown;
use super::{occurrences_of, timing_of};
use crate::event::{Occurrence, Occurrences, Timing};
use crate::{Content, Field, Value};

impl EventOptions {
    /// The occurrences that are not as the mirrored series says.
    ///
    /// Each is judged like an event of its own, and shows no more than its series. One that is not in is called off
    /// in the mirror, or the series would show it where its rule has it.
    pub(super) fn occurrences(
        &self,
        class: Privacy,
        raw: &Content,
        timing: &Timing,
        series: &Content,
        left_out: &mut Vec<LeftOut>,
    ) -> Occurrences {
        let mut mirrored = Occurrences::new();
        for (date, occurrence) in occurrences_of(raw).into_iter().flatten() {
            let Occurrence::Changed(changed) = occurrence else {
                mirrored.insert(*date, Occurrence::Cancelled);
                continue;
            };
            let Some(when) = timing_of(changed).cloned().or_else(|| regular(timing, *date)) else { continue };
            let whole = over(raw, changed);
            if self.admits(&whole, &when).is_err() {
                mirrored.insert(*date, Occurrence::Cancelled);
                continue;
            }
            let shown = self.shown(class.max(self.class(&whole)), &whole);
            let differs = differs(shown, series, left_out);
            if !differs.is_empty() || regular(timing, *date).as_ref() != Some(&when) {
                mirrored.insert(*date, Occurrence::Changed(timed(differs, when)));
            }
        }
        mirrored
    }
}

/// The occurrence as an event: what it does not say itself is as its series says.
fn over(series: &Content, changed: &Content) -> Content {
    let own = series.iter().filter(|(field, _)| *field != Field::Occurrences);
    own.chain(changed.iter()).map(|(field, value)| (field, value.clone())).collect()
}

/// The fields in which what is shown of an occurrence is not what its series shows.
fn differs(shown: Shown, series: &Content, left_out: &mut Vec<LeftOut>) -> Content {
    left_out.extend(shown.left_out.into_iter().filter(|one| !left_out.contains(one)).collect::<Vec<_>>());
    let other = shown.content.iter().filter(|(field, value)| series.get(*field) != Some(*value));
    other.map(|(field, value)| (field, value.clone())).collect()
}

fn timed(mut content: Content, timing: Timing) -> Content {
    content.set(Field::Timing, Value::from(timing));
    content
}

/// When a series has its occurrence of this day.
fn regular(series: &Timing, date: NaiveDate) -> Option<Timing> {
    let shift = date.signed_duration_since(series.start().date());
    let start = series.start().checked_add_signed(shift)?;
    let end = series.end().checked_add_signed(shift)?;
    if series.is_all_day() {
        return Timing::all_day(start.date(), end.date(), None).ok();
    }
    let moments = Timing::series(start, end, series.zone(), series.recurrence()?.clone()).ok()?;
    Timing::single(moments.starts(), moments.ends()).ok()
}

//! When an event is.

use chrono::{
    DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Recurrence;

/// When an event is: `start`, `end`, `isAllDay` and `recurrence` of Graph, which are right only together.
///
/// There is one way to say each time: a single event is told in UTC, an all-day event in whole days of no zone
/// (`zone` is UTC), a series in the wall-clock time of the zone in which it repeats.
///
/// <https://learn.microsoft.com/graph/api/resources/event>
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    start: NaiveDateTime,
    end: NaiveDateTime,
    zone: Tz,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    all_day: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recurrence: Option<Recurrence>,
}

/// A time that no event can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TimingError {
    /// It would end before it starts.
    #[error("it ends before it starts")]
    EndsBeforeStart,
    /// An all-day event takes at least one day.
    #[error("an all-day event that takes no day")]
    NoDay,
}

impl Timing {
    /// A single event from one moment to another, or for no time at all.
    pub fn single(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, TimingError> {
        Timing::new(start.naive_utc(), end.naive_utc(), Tz::UTC, None)
    }

    /// An event from the morning of `first` to the morning of `after`, which it does not take, perhaps a series.
    pub fn all_day(
        first: NaiveDate,
        after: NaiveDate,
        recurrence: Option<Recurrence>,
    ) -> Result<Self, TimingError> {
        if after <= first {
            return Err(if after < first { TimingError::EndsBeforeStart } else { TimingError::NoDay });
        }
        let morning = |day: NaiveDate| day.and_time(NaiveTime::MIN);
        Ok(Timing { all_day: true, ..Timing::new(morning(first), morning(after), Tz::UTC, recurrence)? })
    }

    /// A series whose first occurrence starts and ends at these wall-clock times.
    pub fn series(
        start: NaiveDateTime,
        end: NaiveDateTime,
        zone: Tz,
        recurrence: Recurrence,
    ) -> Result<Self, TimingError> {
        Timing::new(start, end, zone, Some(recurrence))
    }

    fn new(
        start: NaiveDateTime,
        end: NaiveDateTime,
        zone: Tz,
        recurrence: Option<Recurrence>,
    ) -> Result<Self, TimingError> {
        if end < start {
            return Err(TimingError::EndsBeforeStart);
        }
        Ok(Timing { start, end, zone, all_day: false, recurrence })
    }

    /// When it, or the first of the series, starts: wall-clock time in [`Timing::zone`].
    pub fn start(&self) -> NaiveDateTime {
        self.start
    }

    /// When it, or the first of the series, ends: wall-clock time in [`Timing::zone`].
    pub fn end(&self) -> NaiveDateTime {
        self.end
    }

    /// The zone in which its times are told.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// Whether it takes whole days.
    pub fn is_all_day(&self) -> bool {
        self.all_day
    }

    /// How it repeats, if it does.
    pub fn recurrence(&self) -> Option<&Recurrence> {
        self.recurrence.as_ref()
    }

    /// The moment of its start.
    pub fn starts(&self) -> DateTime<Utc> {
        moment(self.start, self.zone)
    }

    /// The moment of its end.
    pub fn ends(&self) -> DateTime<Utc> {
        moment(self.end, self.zone)
    }

    /// Whether any of it may lie in `from..until`; a series counts as long as it has not ended before.
    pub fn touches(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.starts() < until && self.last_end().is_none_or(|end| end > from || self.starts() >= from)
    }

    /// Not before the end of its last occurrence; none if it goes on for ever or ends after a count.
    fn last_end(&self) -> Option<DateTime<Utc>> {
        match self.recurrence.as_ref().map(|recurrence| recurrence.bounds) {
            None => Some(self.ends()),
            Some(super::Bounds::EndDate { end_date }) => {
                let after = end_date.checked_add_days(Days::new(2))?.and_time(NaiveTime::MIN);
                Some(moment(after, self.zone) + (self.end - self.start))
            }
            Some(super::Bounds::NoEnd | super::Bounds::Numbered { .. }) => None,
        }
    }
}

/// The moment of a wall-clock time: the earlier one where clocks are set back, an hour later where they skip it.
pub fn moment(time: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&time) {
        MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => moment.to_utc(),
        MappedLocalTime::None => {
            let before = zone.from_local_datetime(&(time - TimeDelta::hours(3))).earliest();
            before.map_or(time.and_utc(), |before| before.to_utc() + TimeDelta::hours(3))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn what_ends_before_it_starts_is_no_event() {
        let (nine, ten) = (time("2026-12-01T09:00:00").and_utc(), time("2026-12-01T10:00:00").and_utc());
        assert_eq!(Timing::single(ten, nine), Err(TimingError::EndsBeforeStart));
        assert!(Timing::single(nine, nine).is_ok());
        assert_eq!(Timing::all_day(nine.date_naive(), nine.date_naive(), None), Err(TimingError::NoDay));
    }

    #[test]
    fn a_skipped_hour_is_the_next_one() {
        let skipped = moment(time("2026-03-29T02:30:00"), Tz::Europe__Vienna);
        assert_eq!(skipped, time("2026-03-29T01:30:00").and_utc());
        let twice = moment(time("2026-10-25T02:30:00"), Tz::Europe__Vienna);
        assert_eq!(twice, time("2026-10-25T00:30:00").and_utc());
    }

    #[test]
    fn an_event_touches_a_window_that_it_reaches_into() {
        let at = |text| time(text).and_utc();
        let event = Timing::single(at("2026-12-01T09:00:00"), at("2026-12-01T10:00:00")).unwrap();
        assert!(event.touches(at("2026-12-01T09:59:00"), at("2026-12-02T00:00:00")));
        assert!(!event.touches(at("2026-12-01T10:00:00"), at("2026-12-02T00:00:00")));
        assert!(!event.touches(at("2026-11-01T00:00:00"), at("2026-12-01T09:00:00")));
    }
}

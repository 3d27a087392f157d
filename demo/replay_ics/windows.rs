//! When each file is looked at: a hub sees five years around its day, and many files are older than that.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use platform::{Clock, RealClock};

use crate::files::File;

/// How far a hub looks back and ahead at most.
pub const MONTHS_BACK: u32 = 24;
/// How far it looks ahead.
pub const MONTHS_AHEAD: u32 = 36;
/// The years in which a day is believed: others are mistakes, or stand for eternity.
const YEARS: std::ops::RangeInclusive<i32> = 1980..=2090;

/// One look at one file.
pub struct Play {
    /// The file, by its place.
    pub file: usize,
    /// The day at which it is looked at.
    pub now: DateTime<Utc>,
}

impl Play {
    /// The window that the hub sees on that day.
    pub fn window(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let today = self.now.date_naive();
        let from = today.checked_sub_months(Months::new(MONTHS_BACK)).unwrap_or(today);
        let until = today.checked_add_months(Months::new(MONTHS_AHEAD)).unwrap_or(today);
        let after = until.checked_add_days(Days::new(1)).unwrap_or(until);
        (midnight(from), midnight(after))
    }
}

/// Looks at all files, in the order of time: a clock only goes forward. Each day on which something begins is in one.
pub fn plays(files: &[File]) -> Vec<Play> {
    let today = RealClock::new().now().date_naive();
    let mut plays: Vec<Play> = Vec::new();
    for (file, held) in files.iter().enumerate() {
        let mut seen_until = None;
        let mut days = days(&held.text);
        if days.is_empty() {
            days.insert(today);
        }
        for day in days {
            if seen_until.is_none_or(|until| day > until) {
                let now = day.checked_add_months(Months::new(MONTHS_BACK)).unwrap_or(day);
                seen_until = now.checked_add_months(Months::new(MONTHS_AHEAD));
                plays.push(Play { file, now: midnight(now) });
            }
        }
    }
    plays.sort_by_key(|play| play.now);
    plays
}

/// The days that a file says an event or a changed occurrence begins.
fn days(text: &str) -> BTreeSet<NaiveDate> {
    let mut in_event = false;
    let mut days = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        match line {
            "BEGIN:VEVENT" => in_event = true,
            "END:VEVENT" => in_event = false,
            _ if in_event && (line.starts_with("DTSTART") || line.starts_with("RECURRENCE-ID")) => {
                days.extend(day(line).filter(|day| YEARS.contains(&day.year())));
            }
            _ => {}
        }
    }
    days
}

fn day(line: &str) -> Option<NaiveDate> {
    let value = line.rsplit(':').next()?;
    NaiveDate::parse_from_str(value.get(..8)?, "%Y%m%d").ok()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_beginning_is_in_some_window_and_zones_count_for_nothing() {
        let text = "BEGIN:VTIMEZONE\nDTSTART:19700101T000000\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=X:20100101T100000\n\
                    END:VEVENT\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20200101\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:nonsense\nEND:VEVENT";
        let file = |text: &str| File { text: text.to_owned(), ..File::default() };
        let plays = plays(&[file(text), file("BEGIN:VEVENT\nDTSTART:20110101T000000Z\nEND:VEVENT")]);
        let told: Vec<_> = plays.iter().map(|play| (play.file, play.now.date_naive().to_string())).collect();
        assert_eq!(told, [(0, "2012-01-01".into()), (1, "2013-01-01".into()), (0, "2022-01-01".into())]);
        assert_eq!(plays[0].window().0.to_string(), "2010-01-01 00:00:00 UTC");
    }
}

//! How a series repeats, in Graph's words.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How a series repeats and for how long; it begins on the day on which its first occurrence starts.
///
/// <https://learn.microsoft.com/graph/api/resources/patternedrecurrence>
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recurrence {
    /// On which days.
    pub pattern: Pattern,
    /// Until when.
    pub bounds: Bounds,
}

/// On which days a series has an occurrence; `interval` counts days, weeks, months or years, from 1.
///
/// <https://learn.microsoft.com/graph/api/resources/recurrencepattern>
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "type")]
pub enum Pattern {
    /// Every so many days.
    Daily {
        /// Days from one occurrence to the next.
        interval: u32,
    },
    /// On these days of every so many weeks.
    Weekly {
        /// Weeks from one to the next.
        interval: u32,
        /// At least one.
        days_of_week: BTreeSet<Day>,
        /// With which day a week begins.
        first_day_of_week: Day,
    },
    /// On a day of the month; a month without it has none.
    AbsoluteMonthly {
        /// Months from one to the next.
        interval: u32,
        /// 1 to 31.
        day_of_month: u32,
    },
    /// On a weekday of the month, such as the second Tuesday.
    RelativeMonthly {
        /// Months from one to the next.
        interval: u32,
        /// Any of these counts.
        days_of_week: BTreeSet<Day>,
        /// Which of them.
        index: Week,
    },
    /// On a date of the year.
    AbsoluteYearly {
        /// Years from one to the next.
        interval: u32,
        /// 1 to 31.
        day_of_month: u32,
        /// 1 to 12.
        month: u32,
    },
    /// On a weekday of a month of the year.
    RelativeYearly {
        /// Years from one to the next.
        interval: u32,
        /// Any of these counts.
        days_of_week: BTreeSet<Day>,
        /// Which of them.
        index: Week,
        /// 1 to 12.
        month: u32,
    },
}

/// How long a series goes on.
///
/// <https://learn.microsoft.com/graph/api/resources/recurrencerange>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "type")]
pub enum Bounds {
    /// For ever.
    NoEnd,
    /// Until a day, which is the last that may have an occurrence.
    EndDate {
        /// That day, in the series' own zone.
        end_date: NaiveDate,
    },
    /// So many times.
    Numbered {
        /// At least 1.
        number_of_occurrences: u32,
    },
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Day {
    /// Sunday.
    Sunday,
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
}

/// Which of a month's weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Week {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The last.
    Last,
}

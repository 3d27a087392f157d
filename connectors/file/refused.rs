//! What of a feed is left out, and why.

use std::fmt;

/// An event that was left out; the others of its feed are not touched by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its UID, if it has one.
    pub uid: Option<String>,
    /// Which event of the feed it is, the first being 1.
    pub number: usize,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It has no `DTSTART`.
    NoStart,
    /// A time of it can't be read, or is no date there is.
    BadTime,
    /// A time lies outside of the years that a mailbox can hold.
    FarTime,
    /// Its time zone is neither known by name nor defined in the file.
    UnknownZone,
    /// Its time zone is but an offset from UTC, which says nothing of summer time.
    OffsetZone,
    /// It ends before it starts.
    EndsBeforeStart,
    /// It takes days, yet lasts hours.
    HoursOfDays,
    /// Its `RRULE` can't be read.
    BadRule,
    /// It repeats in a way that a mailbox can't hold.
    Rule(Rule),
    /// Its rule gives no occurrence, or each of them is excluded.
    NoOccurrence,
    /// It has more occurrences than are looked at.
    TooMany,
    /// An occurrence changes all that come after it.
    ThisAndFuture,
    /// Another calendar in the same file has an event with its UID.
    Twice,
}

/// What it is about a repetition that a mailbox can't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// More often than daily.
    Frequency,
    /// More than one `RRULE`.
    Several,
    /// `EXRULE`, which no standard has any more.
    Excluded,
    /// `RDATE`.
    Dates,
    /// An interval over 999.
    Interval,
    /// A combination of `BY…` parts that no pattern of a mailbox stands for.
    Parts,
    /// A day that some months do not have: a mailbox would take their last day, a feed leaves them out.
    ShortMonths,
    /// A zone of its own, like none that a mailbox knows.
    Zone,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::NoStart => "it has no start; its publisher has to mend it",
            Why::BadTime => "one of its times can't be read; its publisher has to mend it",
            Why::FarTime => "it lies before 1601 or after 4500, where a mailbox holds nothing",
            Why::UnknownZone => "its time zone is neither known by name nor defined in the feed",
            Why::OffsetZone => "its time zone is but an offset from UTC, which the feed does not define",
            Why::EndsBeforeStart => "it ends before it starts",
            Why::HoursOfDays => "it starts on a day without a time, yet lasts hours",
            Why::BadRule => "its recurrence rule can't be read; its publisher has to mend it",
            Why::Rule(Rule::Excluded) => return Rule::Excluded.fmt(f),
            Why::Rule(rule) => return write!(f, "{rule}; `unroll` would make single events of it"),
            Why::NoOccurrence => "its recurrence leaves no occurrence",
            Why::TooMany => "it has more occurrences than are looked at",
            Why::ThisAndFuture => "one occurrence changes all that come after it, which a mailbox can't hold",
            Why::Twice => "another calendar of the feed has an event with the same UID",
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Frequency => "it repeats more often than daily",
            Rule::Several => "it has more than one recurrence rule",
            Rule::Excluded => "it excludes occurrences by a rule",
            Rule::Dates => "it repeats on a list of dates",
            Rule::Interval => "it repeats at an interval of more than 999",
            Rule::Parts => "it repeats in a pattern that a mailbox can't hold",
            Rule::ShortMonths => "it repeats on a day that some months do not have",
            Rule::Zone => "it repeats in a time zone of its own, which is like none that a mailbox knows",
        })
    }
}

//! The rule of a series: what Graph takes, and how it reads back.

use chrono::{NaiveDate, Weekday};
use serde_json::{Map, Value, json};

use super::contact_write::mistyped;
use super::refusal::Refusal;
use super::zone::{Zone, only};

/// How often a series takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recurrence {
    pub(crate) kind: Kind,
    /// In days, weeks, months or years.
    pub(crate) interval: u32,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) days: Vec<Weekday>,
    pub(crate) week_begins: Weekday,
    pub(crate) index: Index,
    pub(crate) start: NaiveDate,
    pub(crate) end: End,
    /// The zone that the range names; else the event's own holds.
    pub(crate) zone: Option<Zone>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Daily,
    Weekly,
    AbsoluteMonthly,
    RelativeMonthly,
    AbsoluteYearly,
    RelativeYearly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Never,
    /// The last date, inclusive.
    On(NaiveDate),
    After(usize),
}

const KINDS: [(&str, Kind); 6] = [
    ("daily", Kind::Daily),
    ("weekly", Kind::Weekly),
    ("absoluteMonthly", Kind::AbsoluteMonthly),
    ("relativeMonthly", Kind::RelativeMonthly),
    ("absoluteYearly", Kind::AbsoluteYearly),
    ("relativeYearly", Kind::RelativeYearly),
];
const DAYS: [(&str, Weekday); 7] = [
    ("sunday", Weekday::Sun),
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
];
const INDEXES: [(&str, Index); 5] = [
    ("first", Index::First),
    ("second", Index::Second),
    ("third", Index::Third),
    ("fourth", Index::Fourth),
    ("last", Index::Last),
];
const PATTERN: [&str; 7] =
    ["type", "interval", "month", "dayOfMonth", "daysOfWeek", "firstDayOfWeek", "index"];
const RANGE: [&str; 5] = ["type", "startDate", "endDate", "numberOfOccurrences", "recurrenceTimeZone"];
/// What an unused date reads.
const NO_DATE: &str = "0001-01-01";

impl Kind {
    fn has_days(self) -> bool {
        matches!(self, Self::Weekly | Self::RelativeMonthly | Self::RelativeYearly)
    }

    fn has_month(self) -> bool {
        matches!(self, Self::AbsoluteYearly | Self::RelativeYearly)
    }

    fn has_day(self) -> bool {
        matches!(self, Self::AbsoluteMonthly | Self::AbsoluteYearly)
    }

    fn has_index(self) -> bool {
        matches!(self, Self::RelativeMonthly | Self::RelativeYearly)
    }
}

impl Recurrence {
    /// Reads a `patternedRecurrence`; members that the type of the pattern does not use are ignored.
    pub(crate) fn read(value: &Value) -> Result<Self, Refusal> {
        let whole = object("recurrence", value)?;
        only("recurrence", whole, &["pattern", "range"])?;
        let part = |name: &str| whole.get(name).ok_or_else(|| invalid(&format!("{name} is missing")));
        let (pattern, range) = (object("pattern", part("pattern")?)?, object("range", part("range")?)?);
        only("pattern", pattern, &PATTERN)?;
        only("range", range, &RANGE)?;
        let read = Self::read_parts(pattern, range)?;
        read.check()?;
        Ok(read)
    }

    fn read_parts(pattern: &Map<String, Value>, range: &Map<String, Value>) -> Result<Self, Refusal> {
        let kind = named(pattern, "type", &KINDS)?.ok_or_else(|| invalid("pattern.type is missing"))?;
        let used = |uses: bool, number: u32| if uses { number } else { 0 };
        let days = if kind.has_days() { days(pattern)? } else { Vec::new() };
        let week_begins = named(pattern, "firstDayOfWeek", &DAYS)?.filter(|_| kind == Kind::Weekly);
        Ok(Self {
            kind,
            interval: number(pattern, "interval")?,
            month: used(kind.has_month(), number(pattern, "month")?),
            day: used(kind.has_day(), number(pattern, "dayOfMonth")?),
            days,
            week_begins: week_begins.unwrap_or(Weekday::Sun),
            index: named(pattern, "index", &INDEXES)?.filter(|_| kind.has_index()).unwrap_or(Index::First),
            start: date(range, "startDate")?.ok_or_else(|| invalid("range.startDate is missing"))?,
            end: end(range)?,
            zone: zone(range)?,
        })
    }

    fn check(&self) -> Result<(), Refusal> {
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let months = usize::try_from(self.month).ok().and_then(|month| longest.get(month.checked_sub(1)?));
        let ended = matches!(self.end, End::On(last) if last < self.start);
        let rules = [
            (self.interval > 0, "pattern.interval must be greater than 0"),
            (!self.kind.has_days() || !self.days.is_empty(), "pattern.daysOfWeek is missing"),
            (!self.kind.has_month() || months.is_some(), "pattern.month must be between 1 and 12"),
            (
                !self.kind.has_day() || (1..=*months.unwrap_or(&31)).contains(&self.day),
                "pattern.dayOfMonth is not a day of the month",
            ),
            (self.end != End::After(0), "range.numberOfOccurrences must be greater than 0"),
            (!ended, "range.endDate must not be before range.startDate"),
        ];
        rules.iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, rule)| Err(invalid(rule)))
    }

    /// As it reads back: every member, unused ones with their zero values.
    pub(crate) fn show(&self, zone: &Zone) -> Value {
        let (kind, end, count) = match self.end {
            End::Never => ("noEnd", NO_DATE.to_owned(), 0),
            End::On(last) => ("endDate", last.to_string(), 0),
            End::After(count) => ("numbered", NO_DATE.to_owned(), count),
        };
        json!({
            "pattern": {
                "type": name_of(&KINDS, self.kind),
                "interval": self.interval,
                "month": self.month,
                "dayOfMonth": self.day,
                "daysOfWeek": self.days.iter().map(|day| name_of(&DAYS, *day)).collect::<Vec<_>>(),
                "firstDayOfWeek": name_of(&DAYS, self.week_begins),
                "index": name_of(&INDEXES, self.index),
            },
            "range": {
                "type": kind,
                "startDate": self.start.to_string(),
                "endDate": end,
                "recurrenceTimeZone": self.zone.as_ref().unwrap_or(zone).name,
                "numberOfOccurrences": count,
            },
        })
    }
}

fn end(range: &Map<String, Value>) -> Result<End, Refusal> {
    let last = date(range, "endDate")?;
    let count = usize::try_from(number(range, "numberOfOccurrences")?).unwrap_or(usize::MAX);
    match range.get("type").and_then(Value::as_str) {
        Some("noEnd") => Ok(End::Never),
        Some("endDate") => last.map(End::On).ok_or_else(|| invalid("range.endDate is missing")),
        Some("numbered") => Ok(End::After(count)),
        None => Err(invalid("range.type is missing")),
        Some(_) => Err(mistyped("range.type", "microsoft.graph.recurrenceRangeType")),
    }
}

/// The zone of the range; `null` leaves it to the event, an empty name is no zone.
fn zone(range: &Map<String, Value>) -> Result<Option<Zone>, Refusal> {
    match range.get("recurrenceTimeZone") {
        None | Some(Value::Null) => Ok(None),
        Some(name) => {
            let name = name.as_str().ok_or_else(|| mistyped("recurrenceTimeZone", "Edm.String"))?;
            Zone::read(name).map(Some)
        }
    }
}

fn days(pattern: &Map<String, Value>) -> Result<Vec<Weekday>, Refusal> {
    let wrong = || mistyped("daysOfWeek", "Collection(microsoft.graph.dayOfWeek)");
    let sent = match pattern.get("daysOfWeek") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(sent) => sent.as_array().ok_or_else(wrong)?,
    };
    let known = |day: &Value| find(&DAYS, day.as_str()?);
    let mut days: Vec<Weekday> =
        sent.iter().map(|day| known(day).ok_or_else(wrong)).collect::<Result<_, _>>()?;
    days.sort_by_key(Weekday::num_days_from_sunday);
    days.dedup();
    Ok(days)
}

fn named<T: Copy>(
    part: &Map<String, Value>,
    name: &str,
    table: &[(&'static str, T)],
) -> Result<Option<T>, Refusal> {
    match part.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(text) => {
            let known = text.as_str().and_then(|text| find(table, text));
            known.map(Some).ok_or_else(|| mistyped(name, "one of its members"))
        }
    }
}

fn find<T: Copy>(table: &[(&'static str, T)], text: &str) -> Option<T> {
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, member)| *member)
}

fn name_of<T: PartialEq>(table: &[(&'static str, T)], member: T) -> &'static str {
    table.iter().find(|(_, known)| *known == member).map_or("", |(name, _)| name)
}

fn number(part: &Map<String, Value>, name: &str) -> Result<u32, Refusal> {
    let Some(value) = part.get(name) else { return Ok(0) };
    let number = value.as_i64().filter(|number| i32::try_from(*number).is_ok());
    let number = number.ok_or_else(|| mistyped(name, "Edm.Int32"))?;
    u32::try_from(number).map_err(|_| invalid(&format!("{name} must not be negative")))
}

fn date(range: &Map<String, Value>, name: &str) -> Result<Option<NaiveDate>, Refusal> {
    match range.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(text) => {
            let date = text.as_str().and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
            date.map(Some).ok_or_else(|| mistyped(name, "Edm.Date"))
        }
    }
}

fn object<'a>(name: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Refusal> {
    value.as_object().ok_or_else(|| mistyped(name, "microsoft.graph.patternedRecurrence"))
}

pub(crate) fn invalid(what: &str) -> Refusal {
    Refusal::new(400, "ErrorInvalidRecurrence", format!("The recurrence is not valid: {what}."))
}

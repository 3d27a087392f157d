//! Time zones by their Windows and IANA names, and moments in them.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use icu_time::zone::WindowsParser;
use icu_time::zone::iana::IanaParserExtended;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// A time zone and the name that the client gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    pub(crate) name: String,
    rules: Tz,
}

impl Zone {
    pub(crate) fn utc() -> Self {
        Self { name: "UTC".into(), rules: Tz::UTC }
    }

    /// Finds a zone by its Windows or IANA name.
    pub(crate) fn read(name: &str) -> Result<Self, Refusal> {
        let rules = name.parse().ok().or_else(|| of_windows(name)).ok_or_else(|| unsupported(name))?;
        Ok(Self { name: name.to_owned(), rules })
    }

    /// The instant at which clocks here show a time; a time that clocks skip is taken an hour later, one that they
    /// show twice is the first.
    pub(crate) fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let found = |local: &NaiveDateTime| self.rules.from_local_datetime(local).earliest();
        let skipped = || found(&(local + Duration::hours(1)));
        found(&local).or_else(skipped).map_or_else(|| local.and_utc(), |moment| moment.to_utc())
    }

    /// What clocks here show at an instant.
    pub(crate) fn clock(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.rules).naive_local()
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

fn of_windows(name: &str) -> Option<Tz> {
    let zone = WindowsParser::new().parse(name, None)?;
    let named = IanaParserExtended::new().iter().find(|named| named.time_zone == zone)?;
    named.canonical.parse().ok()
}

fn unsupported(name: &str) -> Refusal {
    let message = format!(
        "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
    );
    Refusal::new(400, "TimeZoneNotSupportedException", message)
}

/// The years that Exchange's calendar has.
const YEARS: RangeInclusive<i32> = 1601..=4500;

/// A time on the clocks of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) local: NaiveDateTime,
    pub(crate) zone: Zone,
}

impl Moment {
    /// Reads a `dateTimeTimeZone`.
    pub(crate) fn read(name: &str, value: &Value) -> Result<Self, Refusal> {
        let wrong = || invalid(name);
        let sent = value.as_object().ok_or_else(wrong)?;
        only(name, sent, &["dateTime", "timeZone"])?;
        let text = sent.get("dateTime").and_then(Value::as_str).ok_or_else(wrong)?;
        let zone = Zone::read(sent.get("timeZone").and_then(Value::as_str).unwrap_or_default())?;
        let plain = text.strip_suffix('Z').filter(|_| zone.rules == Tz::UTC).unwrap_or(text);
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(plain, form).ok());
        let local = local.filter(|local| YEARS.contains(&local.year())).ok_or_else(wrong)?;
        Ok(Self { local, zone })
    }

    pub(crate) fn instant(&self) -> DateTime<Utc> {
        self.zone.instant(self.local)
    }

    pub(crate) fn is_midnight(&self) -> bool {
        self.local.time() == NaiveTime::MIN
    }

    /// The same instant on the clocks of another zone.
    pub(crate) fn moved_to(&self, zone: &Zone) -> Self {
        Self { local: zone.clock(self.instant()), zone: zone.clone() }
    }

    /// The same time of day some days later.
    pub(crate) fn later(&self, days: Duration) -> Self {
        Self { local: self.local.checked_add_signed(days).unwrap_or(self.local), zone: self.zone.clone() }
    }

    /// As Graph writes it: seven digits of a second.
    pub(crate) fn show(&self) -> Value {
        json!({ "dateTime": self.local.format("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": self.zone.name })
    }
}

/// Refuses members that a complex type does not have.
pub(crate) fn only(name: &str, sent: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    let strange = sent.keys().find(|member| !member.starts_with('@') && !known.contains(&member.as_str()));
    strange.map_or(Ok(()), |member| {
        let message = format!("The property '{member}' does not exist on the type of '{name}'.");
        Err(Refusal::new(400, "RequestBodyRead", message))
    })
}

fn invalid(name: &str) -> Refusal {
    let message =
        format!("Cannot convert the value of '{name}' to the type 'microsoft.graph.dateTimeTimeZone'.");
    Refusal::new(400, "RequestBodyRead", message)
}

/// When something takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    pub(crate) all_day: bool,
}

impl Span {
    /// Refuses what no calendar takes: an end before the start, days that do not begin at midnight.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.end.instant() < self.start.instant() {
            let message =
                "At least one property failed validation. The end of an event must not be before its start.";
            return Err(Refusal::new(400, "ErrorPropertyValidationFailure", message));
        }
        let whole_days = self.start.is_midnight()
            && self.end.is_midnight()
            && self.start.zone.same(&self.end.zone)
            && self.start.local < self.end.local;
        if self.all_day && !whole_days {
            let message = "The duration of an event marked as All day must be at least 24 hours: start and end must be \
                           set to midnight and be in the same time zone.";
            return Err(Refusal::new(400, "ErrorPropertyValidationFailure", message));
        }
        Ok(())
    }

    pub(crate) fn date(&self) -> NaiveDate {
        self.start.local.date()
    }

    /// The same span on another date, at the same times of day.
    pub(crate) fn on(&self, date: NaiveDate) -> Self {
        let days = date - self.date();
        Self { start: self.start.later(days), end: self.end.later(days), all_day: self.all_day }
    }

    pub(crate) fn meets(&self, window: Window) -> bool {
        let (start, end) = (self.start.instant(), self.end.instant());
        start < window.end && (end > window.start || (start == end && start >= window.start))
    }
}

/// What a calendar view looks at: from `start` on, before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Window {
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(zone: &str, local: &str) -> String {
        let moment = json!({ "dateTime": local, "timeZone": zone });
        Moment::read("start", &moment).unwrap().instant().to_rfc3339()
    }

    #[test]
    fn windows_and_iana_names_are_the_same_zones() {
        for (windows, iana) in [
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("Pacific Standard Time", "America/Los_Angeles"),
            ("India Standard Time", "Asia/Kolkata"),
            ("Tokyo Standard Time", "Asia/Tokyo"),
            ("AUS Eastern Standard Time", "Australia/Sydney"),
            ("GMT Standard Time", "Europe/London"),
            ("UTC", "Etc/UTC"),
        ] {
            let local = "2026-07-01T09:00:00.0000000";
            assert_eq!(shown(windows, local), shown(iana, local), "{windows}");
        }
        for name in ["", "Mars Standard Time", "+02:00", "europe/berlin", "CEST"] {
            assert_eq!(Zone::read(name).unwrap_err().code, "TimeZoneNotSupportedException", "{name}");
        }
    }

    #[test]
    fn skipped_hours_and_doubled_hours_have_an_instant() {
        assert_eq!(shown("Europe/Berlin", "2026-03-29T02:30:00"), "2026-03-29T01:30:00+00:00");
        assert_eq!(shown("Europe/Berlin", "2026-10-25T02:30:00"), "2026-10-25T00:30:00+00:00");
    }
}

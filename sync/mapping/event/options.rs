//! What an admin decides about the events of a contributing spoke.

use chrono::{DateTime, Days, Months, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize};

/// Which events of a calendar are in, and how much of each; every choice has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EventOptions {
    /// How many months the window reaches back: 0 to 24.
    pub months_back: u32,
    /// How many months the window reaches ahead: 1 to 36.
    pub months_ahead: u32,
    /// How much of an event is shown.
    pub privacy: Privacy,
    /// What becomes of private events.
    pub private_events: PrivateEvents,
    /// Stands before each title.
    pub title_prefix: String,
    /// Stands in the place of each title.
    pub replace_title: String,
    /// Tentative events too.
    pub tentative: bool,
    /// Events that the owner of the calendar declined too.
    pub declined: bool,
    /// Events that take whole days too.
    pub all_day: bool,
    /// What becomes of reminders.
    pub reminders: Reminders,
    /// A category that each event carries.
    pub category: String,
    /// Shows every event like this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_as: Option<ShowAs>,
    /// Of a `file`: what Graph can't repeat becomes single events within the window, instead of being refused.
    pub unroll: bool,
    /// Of a `file`: the zone of times that name none; UTC if absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "zone")]
    pub time_zone: Option<Tz>,
}

/// How much of an event is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Privacy {
    /// Everything; people and the link to an online meeting as text.
    #[default]
    Full,
    /// When it is, its title and its place.
    TitleAndPlace,
    /// When it is.
    BusyOnly,
}

/// What becomes of private events: those whose sensitivity is neither `normal` nor `personal`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PrivateEvents {
    /// They are not in.
    #[default]
    LeaveOut,
    /// They show when they are, and nothing else.
    BusyOnly,
    /// They are shown like the others.
    AsTheyAre,
}

/// What becomes of reminders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reminders {
    /// Nobody is reminded.
    #[default]
    Off,
    /// As in the source.
    Keep,
}

/// How the time of an event is shown.
///
/// <https://learn.microsoft.com/graph/api/resources/event#properties>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ShowAs {
    /// Free.
    Free,
    /// Tentative.
    Tentative,
    /// Busy.
    Busy,
    /// Out of office.
    Oof,
    /// Working elsewhere.
    WorkingElsewhere,
}

impl ShowAs {
    /// Graph's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            ShowAs::Free => "free",
            ShowAs::Tentative => "tentative",
            ShowAs::Busy => "busy",
            ShowAs::Oof => "oof",
            ShowAs::WorkingElsewhere => "workingElsewhere",
        }
    }
}

impl Default for EventOptions {
    fn default() -> Self {
        EventOptions {
            months_back: 1,
            months_ahead: 12,
            privacy: Privacy::default(),
            private_events: PrivateEvents::default(),
            title_prefix: String::new(),
            replace_title: String::new(),
            tentative: true,
            declined: false,
            all_day: true,
            reminders: Reminders::default(),
            category: String::new(),
            show_as: None,
            unroll: false,
            time_zone: None,
        }
    }
}

impl EventOptions {
    /// The window around `now`, from the beginning of a day to the end of one, in UTC: it rolls once a day.
    pub fn window(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let today = now.date_naive();
        let first = today.checked_sub_months(Months::new(self.months_back)).unwrap_or(today);
        let last = today.checked_add_months(Months::new(self.months_ahead)).unwrap_or(today);
        let after = last.checked_add_days(Days::new(1)).unwrap_or(last);
        (first.and_time(NaiveTime::MIN).and_utc(), after.and_time(NaiveTime::MIN).and_utc())
    }
}

/// Reads a zone without repeating in an error what stands there.
fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Tz>, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    let read = |name: String| name.parse().map_err(|_| "is no IANA time zone, such as `Europe/Vienna`");
    name.map(read).transpose().map_err(serde::de::Error::custom)
}

//! What can be written into an item of each kind.

use chrono::{Days, NaiveDate};
use sync::event::{Bounds, Day, Occurrence, Occurrences, Pattern, Recurrence, Timing};
use sync::{Content, Field, Value};

/// What the hub holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Contacts,
    Events,
}

const CONTACT: [Field; 4] = [Field::JobTitle, Field::BusinessPhones, Field::Department, Field::Surname];
const EVENT: [Field; 5] =
    [Field::Subject, Field::Location, Field::Timing, Field::Occurrences, Field::Sensitivity];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Contacts => "contacts",
            Kind::Events => "events",
        }
    }

    pub fn fields(self) -> &'static [Field] {
        match self {
            Kind::Contacts => &CONTACT,
            Kind::Events => &EVENT,
        }
    }

    pub fn new_item(self, text: &str) -> Content {
        match self {
            Kind::Contacts => [(Field::GivenName, text), (Field::DisplayName, text), (Field::JobTitle, text)]
                .into_iter()
                .collect(),
            Kind::Events => {
                let mut event: Content =
                    [(Field::Subject, text), (Field::Sensitivity, "normal")].into_iter().collect();
                event.set(Field::Timing, timing(0));
                event
            }
        }
    }
}

/// A value of a field that tells who wrote it; `None` clears it.
pub fn value(field: Field, who: &str, nth: u8) -> Option<Value> {
    match (field, nth) {
        (Field::Timing, nth) => Some(timing(nth).into()),
        (Field::Occurrences, 0) => None,
        (Field::Occurrences, nth) => Some(occurrences(who, nth).into()),
        (Field::Sensitivity, nth) => Some(Value::from(if nth == 1 { "private" } else { "normal" })),
        (_, 0) => None,
        (Field::BusinessPhones, _) => Some(Value::List(vec![who.to_owned()])),
        // The server trims the blank: what it returns is not what was sent.
        (_, 3) => Some(Value::from(format!("{who} "))),
        _ => Some(Value::from(who)),
    }
}

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
}

fn timing(nth: u8) -> Timing {
    let (start, end) =
        (monday().and_hms_opt(9 + u32::from(nth), 0, 0).unwrap(), monday().and_hms_opt(20, 0, 0).unwrap());
    let pattern =
        Pattern::Weekly { interval: 1, days_of_week: [Day::Monday].into(), first_day_of_week: Day::Sunday };
    Timing::series(start, end, chrono_tz::Europe::Vienna, Recurrence { pattern, bounds: Bounds::NoEnd })
        .unwrap()
}

fn occurrences(who: &str, nth: u8) -> Occurrences {
    let day = |week: u64| monday().checked_add_days(Days::new(7 * week)).unwrap();
    let at = |hour: u32| day(1).and_hms_opt(hour, 0, 0).unwrap().and_utc();
    let mut moved: Content = [(Field::Subject, who)].into_iter().collect();
    moved.set(Field::Timing, Timing::single(at(14), at(15)).unwrap());
    let all = [
        (day(1), Occurrence::Changed(moved)),
        (day(2), Occurrence::Cancelled),
        (day(3), Occurrence::Cancelled),
    ];
    all.into_iter().take(nth.into()).collect()
}

//! The dates of a series.

use chrono::{Datelike, Days, NaiveDate};

use super::recurrence::{End, Index, Kind, Recurrence};

/// Exchange's calendar ends here.
const LAST_YEAR: i32 = 4500;

impl Recurrence {
    /// All dates in order, cancelled ones too.
    pub(crate) fn dates(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        let most = if let End::After(count) = self.end { count } else { usize::MAX };
        let last = if let End::On(last) = self.end { last } else { NaiveDate::MAX };
        let periods = (0..).map_while(|number| self.period(number));
        let all = periods.flatten().filter(|date| *date >= self.start);
        all.take_while(move |date| *date <= last).take(most)
    }

    /// Whether the series takes place on a date.
    pub(crate) fn falls_on(&self, date: NaiveDate) -> bool {
        self.dates().find(|found| *found >= date) == Some(date)
    }

    /// The dates of the day, week, month or year number `number`, in order; `None` after the end of the calendar.
    fn period(&self, number: u32) -> Option<Vec<NaiveDate>> {
        let step = number.checked_mul(self.interval)?;
        let dates = match self.kind {
            Kind::Daily => vec![self.start.checked_add_days(Days::new(step.into()))?],
            Kind::Weekly => self.in_week(step)?,
            Kind::AbsoluteMonthly | Kind::RelativeMonthly => {
                let months = u32::try_from(self.start.year()).ok()? * 12 + self.start.month0();
                let month = months.checked_add(step)?;
                self.in_month(i32::try_from(month / 12).ok()?, month % 12 + 1)?
            }
            Kind::AbsoluteYearly | Kind::RelativeYearly => {
                self.in_month(self.start.year().checked_add(i32::try_from(step).ok()?)?, self.month)?
            }
        };
        dates.iter().all(|date| date.year() <= LAST_YEAR).then_some(dates)
    }

    fn in_week(&self, weeks: u32) -> Option<Vec<NaiveDate>> {
        let first = self.start.week(self.week_begins).checked_first_day()?;
        let first = first.checked_add_days(Days::new(u64::from(weeks) * 7))?;
        let week = (0..7).filter_map(|day| first.checked_add_days(Days::new(day)));
        Some(week.filter(|date| self.days.contains(&date.weekday())).collect())
    }

    fn in_month(&self, year: i32, month: u32) -> Option<Vec<NaiveDate>> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let length = u32::from(first.num_days_in_month());
        if matches!(self.kind, Kind::AbsoluteMonthly | Kind::AbsoluteYearly) {
            // a month without the day has the occurrence on its last day
            return first.with_day(self.day.min(length)).map(|date| vec![date]);
        }
        let fits = |date: &NaiveDate| self.days.contains(&date.weekday());
        let mut days = (1..=length).filter_map(|day| first.with_day(day)).filter(fits);
        let found = match self.index {
            Index::First => days.next(),
            Index::Second => days.nth(1),
            Index::Third => days.nth(2),
            Index::Fourth => days.nth(3),
            Index::Last => days.next_back(),
        };
        Some(found.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn dates(pattern: Value, range: Value) -> String {
        let rule = Recurrence::read(&json!({ "pattern": pattern, "range": range })).unwrap();
        rule.dates().take(6).map(|date| date.to_string()).collect::<Vec<_>>().join(" ")
    }

    fn from(start: &str) -> Value {
        json!({ "type": "noEnd", "startDate": start })
    }

    #[test]
    fn every_kind_of_pattern_has_its_dates() {
        let shown = [
            dates(json!({ "type": "daily", "interval": 3 }), from("2026-02-27")),
            dates(
                json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "monday"] }),
                from("2026-11-02"),
            ),
            dates(
                json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "monday"], "firstDayOfWeek": "monday" }),
                from("2026-11-02"),
            ),
            dates(json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31 }), from("2027-01-31")),
            dates(
                json!({ "type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "last" }),
                from("2026-11-24"),
            ),
            dates(
                json!({ "type": "relativeMonthly", "interval": 1, "index": "first",
                        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"] }),
                from("2026-08-01"),
            ),
            dates(
                json!({ "type": "absoluteYearly", "interval": 1, "dayOfMonth": 29, "month": 2 }),
                from("2027-02-28"),
            ),
            dates(
                json!({ "type": "relativeYearly", "interval": 2, "daysOfWeek": ["thursday"], "index": "fourth", "month": 11 }),
                from("2026-11-26"),
            ),
        ];
        insta::assert_snapshot!(shown.join("\n"), @"
        2026-02-27 2026-03-02 2026-03-05 2026-03-08 2026-03-11 2026-03-14
        2026-11-02 2026-11-15 2026-11-16 2026-11-29 2026-11-30 2026-12-13
        2026-11-02 2026-11-08 2026-11-16 2026-11-22 2026-11-30 2026-12-06
        2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31 2027-06-30
        2026-11-24 2026-12-29 2027-01-26 2027-02-23 2027-03-30 2027-04-27
        2026-08-03 2026-09-01 2026-10-01 2026-11-02 2026-12-01 2027-01-01
        2027-02-28 2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29
        2026-11-26 2028-11-23 2030-11-28 2032-11-25 2034-11-23 2036-11-27
        ");
    }

    #[test]
    fn a_series_ends_by_date_inclusive_or_by_number() {
        let weekly = || json!({ "type": "weekly", "interval": 1, "daysOfWeek": ["friday"] });
        let until = json!({ "type": "endDate", "startDate": "2026-11-04", "endDate": "2026-11-20" });
        assert_eq!(dates(weekly(), until), "2026-11-06 2026-11-13 2026-11-20");
        let twice = json!({ "type": "numbered", "startDate": "2026-11-04", "numberOfOccurrences": 2 });
        assert_eq!(dates(weekly(), twice), "2026-11-06 2026-11-13");
        let never = json!({ "type": "daily", "interval": 2_000_000_000 });
        assert_eq!(dates(never, from("2026-11-04")), "2026-11-04");
    }
}

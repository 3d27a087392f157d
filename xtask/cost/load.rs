//! What hubs make the functions do in a month.

use std::str::FromStr;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use sync::HubConfig;
use sync::hub::Audience;

use super::Options;

/// Hours of a month: a twelfth of a year, as Azure counts.
pub const HOURS: f64 = 730.0;
/// One message's mailboxes.
const TOGETHER: f64 = 20.0;

/// How often what happens in a month.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Load {
    /// Hubs that are looked after.
    pub hubs: f64,
    /// Gatherings.
    pub runs: f64,
    /// Sources that are read by them.
    pub readings: f64,
    /// Messages of up to twenty mailboxes.
    pub messages: f64,
    /// Mailboxes that get something.
    pub writing: f64,
    /// Mailboxes that are looked into and get nothing.
    pub looking: f64,
}

impl Load {
    /// The load of all hubs together.
    ///
    /// # Errors
    /// A schedule can't be read.
    pub fn of(hubs: &[HubConfig], options: &Options) -> Result<Self> {
        hubs.iter().try_fold(Self::default(), |load, hub| Ok(load.and(of_hub(hub, options)?)))
    }

    fn and(self, other: Self) -> Self {
        Self {
            hubs: self.hubs + other.hubs,
            runs: self.runs + other.runs,
            readings: self.readings + other.readings,
            messages: self.messages + other.messages,
            writing: self.writing + other.writing,
            looking: self.looking + other.looking,
        }
    }
}

/// Runs that change nothing end in the gathering; the others write into every mailbox, as if what changed were in all of them.
/// Drift checks look into every mailbox, and every run into those of two-way spokes.
fn of_hub(config: &HubConfig, options: &Options) -> Result<Load> {
    if !config.enabled {
        return Ok(Load::default());
    }
    let runs = runs(&config.schedule)?;
    let drift_checks = HOURS / f64::from(config.drift_check_hours.max(1));
    let changing = runs * f64::from(options.changed) / 100.0;
    let readings = runs * config.contributing().count() as f64;
    let alone = Load { hubs: 1.0, runs, readings, ..Load::default() };
    Ok(config.receiving().fold(alone, |load, (spoke, receives)| {
        let visiting = if spoke.two_way { runs } else { (changing + drift_checks).min(runs) };
        let mailboxes = mailboxes(&receives.audience, options);
        load.and(Load {
            messages: visiting * (mailboxes / TOGETHER).ceil(),
            writing: changing * mailboxes,
            looking: (visiting - changing).max(0.0) * mailboxes,
            ..Load::default()
        })
    }))
}

/// Who is named one by one is counted; how many a group or the tenant has, the options say.
fn mailboxes(audience: &Audience, options: &Options) -> f64 {
    let named = u32::try_from(audience.users.len()).unwrap_or(u32::MAX);
    let is_open = audience.all_mailboxes || !audience.groups.is_empty();
    f64::from(if is_open { options.mailboxes } else { named })
}

/// How often a schedule starts its hub in a month, on the average of a year.
fn runs(schedule: &str) -> Result<f64> {
    let cron = Cron::from_str(schedule).with_context(|| format!("{schedule}: no schedule"))?;
    let begin: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let end = begin + TimeDelta::days(365);
    Ok(cron.iter_after(begin).take_while(|time| *time <= end).count() as f64 / 12.0)
}

#[test]
fn an_hourly_schedule_starts_730_runs_and_a_monthly_one_one() {
    assert_eq!(runs("0 * * * *").unwrap(), 730.0);
    assert_eq!(runs("0 6 1 * *").unwrap(), 1.0);
    assert!(runs("whenever").is_err());
}

#[test]
fn each_spoke_counts_its_own_mailboxes_and_a_disabled_hub_costs_nothing() {
    let json = r#"{ "name": "Rooms", "kind": "events", "schedule": "0 6 * * *", "spokes": [
        { "id": "a", "connector": "mailbox", "contributes": { "mailbox": "66666666-7777-8888-9999-000000000000" } },
        { "id": "b", "connector": "mailbox", "receives": { "folder": "Rooms", "audience": { "allMailboxes": true } } },
        { "id": "c", "connector": "mailbox", "twoWay": true, "receives": { "folder": "Rooms too",
            "audience": { "users": ["11111111-2222-3333-4444-555555555555"] } } } ] }"#;
    let mut hub = sync::hub::parse(json.as_bytes()).unwrap();
    let options = Options { changed: 0, ..super::page::options(100) };
    let runs = 365.0 / 12.0;
    let load = of_hub(&hub, &options).unwrap();
    assert_eq!((load.runs, load.readings), (runs, runs));
    // Once a day is each drift check, and every run of the two-way spoke.
    assert_eq!((load.writing, load.looking), (0.0, runs * 100.0 + runs));
    assert_eq!(load.messages, runs * 5.0 + runs);
    let changed = of_hub(&hub, &Options { changed: 100, ..options.clone() }).unwrap();
    assert_eq!((changed.writing, changed.looking), (runs * 101.0, 0.0));
    hub.enabled = false;
    assert_eq!(of_hub(&hub, &options).unwrap(), Load::default());
}

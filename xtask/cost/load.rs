//! What hubs make the functions do in a month.

use std::str::FromStr;

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use sync::HubConfig;

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
    /// Messages of up to twenty mailboxes.
    pub messages: f64,
    /// Mailboxes that are looked into.
    pub visits: f64,
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
            messages: self.messages + other.messages,
            visits: self.visits + other.visits,
        }
    }
}

/// Runs that change nothing end in the gathering; the others, those of two-way hubs and the drift checks visit every mailbox.
fn of_hub(config: &HubConfig, options: &Options) -> Result<Load> {
    let runs = runs(&config.schedule)?;
    let share = match config.spokes.iter().any(|spoke| spoke.two_way) {
        true => 1.0,
        false => f64::from(options.changed) / 100.0,
    };
    let drift_checks = HOURS / f64::from(config.drift_check_hours.max(1));
    let visiting = (runs * share + drift_checks).min(runs);
    let mailboxes = f64::from(options.mailboxes);
    Ok(Load {
        hubs: 1.0,
        runs,
        messages: visiting * (mailboxes / TOGETHER).ceil(),
        visits: visiting * mailboxes,
    })
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

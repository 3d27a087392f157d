//! What a hub decided about users' changes, run by run.

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::two_way::{Ruling, Verdict};
use sync::{HubId, TenantId};
use utoipa::ToSchema;

use super::Tables;

/// The most decisions of one run that are kept: the newest.
const MOST_VERDICTS: usize = 1000;

/// The decisions of one run, in the order in which they fell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rulings {
    /// When they fell.
    pub when: Option<DateTime<Utc>>,
    /// The decisions, with the values that lost.
    pub verdicts: Vec<Verdict>,
    /// How many earlier ones are not kept.
    pub dropped: usize,
}

/// How many of users' changes became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Ruled {
    /// In the hub now.
    pub taken: usize,
    /// Not taken.
    pub refused: usize,
    /// Taken once, and replaced by a later change of their source.
    pub superseded: usize,
}

impl Rulings {
    /// Adds decisions; those of an earlier delivery of the same message are known already.
    pub fn add(&mut self, now: DateTime<Utc>, verdicts: &[Verdict]) {
        self.when.get_or_insert(now);
        for verdict in verdicts {
            if !self.verdicts.contains(verdict) {
                self.verdicts.push(verdict.clone());
            }
        }
        let excess = self.verdicts.len().saturating_sub(MOST_VERDICTS);
        self.verdicts.drain(..excess);
        self.dropped += excess;
    }
}

impl Ruled {
    /// Counts decisions.
    pub fn of(verdicts: &[Verdict]) -> Self {
        let mut ruled = Ruled::default();
        for verdict in verdicts {
            match verdict.ruling {
                Ruling::Taken | Ruling::Won => ruled.taken += 1,
                Ruling::Refused(_) => ruled.refused += 1,
                Ruling::Superseded => ruled.superseded += 1,
            }
        }
        ruled
    }

    /// Whether nothing was decided.
    pub fn is_nothing(&self) -> bool {
        *self == Ruled::default()
    }
}

impl Record for Rulings {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a hub's decisions; the names are those of the runs and sort by time.
    pub fn rulings_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}rulings/", Self::hub_prefix(tenant, hub))
    }

    /// The decisions of one run.
    pub fn rulings_key(tenant: &TenantId, hub: &HubId, run: &str) -> String {
        format!("{}{run}", Self::rulings_prefix(tenant, hub))
    }
}

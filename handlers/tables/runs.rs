//! Runs, with an outcome per mailbox.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{HubId, MailboxId, TenantId};
use utoipa::ToSchema;

use super::{Ruled, Tables};

/// One pass of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// When it began.
    pub started: DateTime<Utc>,
    /// What started it: `schedule`, `manual`, `edits`, `approval`, `cleanup`.
    pub reason: String,
    /// The snapshot that it brings.
    pub snapshot: u64,
    /// How many items the snapshot holds.
    pub items: usize,
    /// Whether every source was read to its end: if not, nothing is deleted.
    pub complete: bool,
    /// How many mailboxes it visits.
    pub mailboxes: usize,
    /// How many items could not be taken over whole (a fourth e-mail address, for instance).
    pub left_out: usize,
    /// What kept it from starting, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// What of the sources was passed over, and why; it kept nothing from going on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What became of users' changes in two-way spokes.
    #[serde(default, skip_serializing_if = "Ruled::is_nothing")]
    pub rulings: Ruled,
}

impl Run {
    /// A run of which nothing is known yet.
    pub fn begun(started: DateTime<Utc>, reason: &str) -> Self {
        Run {
            started,
            reason: reason.to_owned(),
            snapshot: 0,
            items: 0,
            complete: false,
            mailboxes: 0,
            left_out: 0,
            problems: Vec::new(),
            warnings: Vec::new(),
            rulings: Ruled::default(),
        }
    }
}

impl Record for Run {
    const VERSION: u32 = 1;
}

/// What came of one message of a run: one small record, whatever the number of its mailboxes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outcomes {
    /// Mailboxes that were right already.
    pub unchanged: usize,
    /// The others.
    pub mailboxes: BTreeMap<MailboxId, MailboxOutcome>,
}

impl Record for Outcomes {
    const VERSION: u32 = 1;
}

/// What came of one mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MailboxOutcome {
    /// How it ended.
    pub state: State,
    /// What was done.
    #[serde(flatten)]
    pub tally: Tally,
    /// Why it did not end well, in words and codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The first items that the server refused, with its codes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, String>,
}

/// How a mailbox of a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It was right already.
    #[default]
    Unchanged,
    /// It was made right.
    Done,
    /// It was cleaned.
    Cleaned,
    /// Its plan waits for somebody to agree.
    Held,
    /// Something is left for the next run.
    Left,
    /// It goes on in a message of its own.
    Requeued,
    /// It is left alone for a time.
    Quarantined,
    /// It could not be synced.
    Failed,
}

/// Counts of what was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Items created.
    pub creates: usize,
    /// Items updated.
    pub updates: usize,
    /// Items deleted.
    pub deletes: usize,
    /// Users' edits that were kept.
    pub kept: usize,
    /// Items of a two-way spoke that users changed and the hub has yet to judge.
    #[serde(skip_serializing_if = "is_none")]
    pub proposed: usize,
    /// Operations left for the next run.
    pub left: usize,
    /// Operations that wait for somebody to agree.
    pub held: usize,
    /// Operations that the server refused.
    pub failed: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.creates += other.creates;
        self.updates += other.updates;
        self.deletes += other.deletes;
        self.kept += other.kept;
        self.proposed += other.proposed;
        self.left += other.left;
        self.held += other.held;
        self.failed += other.failed;
    }
}

impl Outcomes {
    /// Adds what a later delivery of the same message came to.
    pub fn add(&mut self, later: Outcomes) {
        self.unchanged = self.unchanged.max(later.unchanged);
        for (mailbox, mut outcome) in later.mailboxes {
            if let Some(before) = self.mailboxes.get(&mailbox) {
                outcome.tally += before.tally;
            }
            self.mailboxes.insert(mailbox, outcome);
        }
    }

    /// How many mailboxes are through.
    pub fn finished(&self) -> usize {
        self.unchanged + self.mailboxes.values().filter(|outcome| outcome.state != State::Requeued).count()
    }
}

impl Tables {
    /// The prefix of a hub's runs; their ids sort by time.
    pub fn runs_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}runs/", Self::hub_prefix(tenant, hub))
    }

    /// One run.
    pub fn run_key(tenant: &TenantId, hub: &HubId, run: &str) -> String {
        format!("{}{run}", Self::runs_prefix(tenant, hub))
    }

    /// The prefix of a run's outcomes.
    pub fn outcomes_prefix(tenant: &TenantId, hub: &HubId, run: &str) -> String {
        format!("{}outcomes/{run}/", Self::hub_prefix(tenant, hub))
    }

    /// What came of one message of a run.
    pub fn outcomes_key(tenant: &TenantId, hub: &HubId, run: &str, part: &str) -> String {
        format!("{}{part}", Self::outcomes_prefix(tenant, hub, run))
    }
}

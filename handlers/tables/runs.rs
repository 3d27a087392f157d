//! Runs, with an outcome per mailbox.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use connectors::graph;
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
    /// When the last of its mailboxes was through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
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
    /// How many mailboxes the hub serves in all.
    #[serde(default)]
    pub serves: usize,
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
    /// What reading its sources asked of Graph.
    #[serde(default)]
    pub traffic: Traffic,
}

impl Run {
    /// A run of which nothing is known yet.
    pub fn begun(started: DateTime<Utc>, reason: &str) -> Self {
        Run {
            started,
            ended: None,
            reason: reason.to_owned(),
            snapshot: 0,
            items: 0,
            complete: false,
            mailboxes: 0,
            serves: 0,
            left_out: 0,
            problems: Vec::new(),
            warnings: Vec::new(),
            rulings: Ruled::default(),
            traffic: Traffic::default(),
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
    /// What all of them together asked of Graph.
    pub traffic: Traffic,
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

/// What was asked of Graph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Traffic {
    /// Requests, those within a batch one by one.
    pub requests: u64,
    /// Those of them that Graph refused because there were too many.
    pub throttled: u64,
    /// Bytes of bodies, sent and received.
    pub bytes: u64,
}

impl From<graph::Traffic> for Traffic {
    fn from(graph::Traffic { requests, throttled, bytes }: graph::Traffic) -> Self {
        Self { requests, throttled, bytes }
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.throttled += other.throttled;
        self.bytes += other.bytes;
    }
}

/// The outcomes of all messages of a run by mailbox: of one that was put back what was done adds up, and the end counts.
pub fn together(parts: Vec<Outcomes>) -> BTreeMap<MailboxId, MailboxOutcome> {
    let mut all: BTreeMap<MailboxId, MailboxOutcome> = BTreeMap::new();
    for (mailbox, outcome) in parts.into_iter().flat_map(|part| part.mailboxes) {
        match all.remove(&mailbox) {
            None => all.insert(mailbox, outcome),
            Some(other) => all.insert(mailbox, join(other, outcome)),
        };
    }
    all
}

fn join(one: MailboxOutcome, other: MailboxOutcome) -> MailboxOutcome {
    let (mut end, before) = if one.state == State::Requeued { (other, one) } else { (one, other) };
    end.tally += before.tally;
    end
}

impl Outcomes {
    /// Adds what a later delivery of the same message came to: a mailbox that it does not name was right by then.
    pub fn add(&mut self, later: Outcomes) {
        let all = later.unchanged + later.mailboxes.len();
        self.traffic += later.traffic;
        self.mailboxes.retain(|mailbox, outcome| {
            let is_right = outcome.state == State::Requeued && !later.mailboxes.contains_key(mailbox);
            if is_right {
                outcome.state = State::Done;
            }
            !is_right || outcome.tally != Tally::default()
        });
        for (mailbox, mut outcome) in later.mailboxes {
            if let Some(before) = self.mailboxes.get(&mailbox) {
                outcome.tally += before.tally;
            }
            self.mailboxes.insert(mailbox, outcome);
        }
        self.unchanged = all.saturating_sub(self.mailboxes.len());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One delivery of a message with three mailboxes, told by the states of some of them.
    fn delivery(states: &[(u32, State, usize)]) -> Outcomes {
        let outcome = |&(nth, state, updates): &(u32, State, usize)| {
            let mailbox = MailboxId::new(format!("00000000-0000-0000-0000-{nth:012}")).unwrap();
            let tally = Tally { updates, ..Tally::default() };
            (mailbox, MailboxOutcome { state, tally, ..MailboxOutcome::default() })
        };
        let mailboxes: BTreeMap<_, _> = states.iter().map(outcome).collect();
        Outcomes { unchanged: 3 - mailboxes.len(), mailboxes, traffic: Traffic::default() }
    }

    #[test]
    fn what_was_put_back_and_is_right_later_is_through() {
        use State::{Done, Requeued};
        for (first, second, together) in [
            (vec![], vec![(1, Done, 2)], vec![(1, Done, 2)]),
            (vec![(1, Done, 2)], vec![], vec![(1, Done, 2)]),
            (vec![(1, Requeued, 2)], vec![(1, Done, 1)], vec![(1, Done, 3)]),
            (vec![(1, Requeued, 2)], vec![], vec![(1, Done, 2)]),
            (vec![(1, Requeued, 0), (2, Done, 1)], vec![], vec![(2, Done, 1)]),
            (vec![(1, Done, 2)], vec![(2, Requeued, 0)], vec![(1, Done, 2), (2, Requeued, 0)]),
        ] {
            let mut both = Outcomes::default();
            both.add(delivery(&first));
            assert_eq!(both, delivery(&first));
            both.add(delivery(&second));
            assert_eq!(both, delivery(&together), "{first:?}, then {second:?}");
        }
    }
}

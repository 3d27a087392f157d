//! What must not happen without somebody agreeing to it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::{Goal, Op, Plan, Removal, Situation, Work};
use crate::{Fate, Snapshot, SourceKey};

/// The fingerprint of a held plan: what an approval agrees to.
///
/// Mailboxes in which the same would happen share one, so that one approval serves them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanHash(u128);

/// Operations that wait for somebody to agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Why they wait.
    pub why: Why,
    /// What an approval must name.
    pub hash: PlanHash,
    /// The operations.
    pub ops: Vec<Op>,
}

/// Why a plan is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "reason")]
pub enum Why {
    /// The hub is empty, and was not.
    HubEmpty {
        /// How many items it held before.
        before: usize,
    },
    /// The hub lost more than its limit allows.
    HubShrank {
        /// How many items it held before.
        before: usize,
        /// How many it holds now.
        after: usize,
    },
    /// Too much of this mailbox would go.
    MailboxDeletes {
        /// Deletes in this mailbox.
        deletes: usize,
        /// How many items we manage in it.
        managed: usize,
    },
    /// Too much would go from all mailboxes together.
    RunDeletes {
        /// Deletes over all mailboxes of the run.
        deletes: usize,
    },
    /// Too many mailboxes left the audience at once.
    AudienceShrank,
    /// The filter, the mapping, the spokes or the folder changed: what they no longer cover waits.
    ScopeChanged,
}

pub(super) fn guard(situation: &Situation<'_>, work: Work) -> Plan {
    let why = match situation.goal {
        Goal::Mirror(snapshot) => why(situation, snapshot, &work),
        Goal::Nothing { ask } => (ask && !work.ops.is_empty()).then_some(Why::AudienceShrank),
    };
    match why {
        None => Plan::Run(work),
        Some(why) => hold(situation, why, work),
    }
}

fn hold(situation: &Situation<'_>, why: Why, mut work: Work) -> Plan {
    let only_removals = why == Why::ScopeChanged;
    let (ops, now): (Vec<Op>, Vec<Op>) = std::mem::take(&mut work.ops)
        .into_iter()
        .partition(|op| waits(op) && (!only_removals || is_removal(op)));
    let hash = PlanHash::of(&ops);
    if situation.approved == Some(hash) {
        work.ops = ops.into_iter().chain(now).collect();
        Plan::Run(work)
    } else {
        Plan::Held { held: Held { why, hash, ops }, now: Work { ops: now, read_again: true, ..work } }
    }
}

/// What somebody asked to be erased waits for nobody.
fn waits(op: &Op) -> bool {
    !matches!(op, Op::Delete { why: Removal::Erased, .. })
}

fn is_removal(op: &Op) -> bool {
    matches!(op, Op::Delete { why: Removal::GoneFromHub, .. })
}

/// Whether an item goes that does not come back in the next step, and that nobody asked to be erased.
fn is_loss(op: &Op) -> bool {
    matches!(op, Op::Delete { why, .. } if !matches!(why, Removal::Replaced | Removal::Erased))
}

/// A plan that removes nothing can harm nobody, whatever became of the hub.
fn why(situation: &Situation<'_>, snapshot: &Snapshot, work: &Work) -> Option<Why> {
    let Situation { base, limits, .. } = situation;
    let deletes = work.ops.iter().filter(|op| is_loss(op) && !snapshot.past.contains_key(op.key())).count();
    let removals =
        work.ops.iter().filter(|op| is_removal(op) && !snapshot.past.contains_key(op.key())).count();
    let (before, after) = (snapshot.last_good, snapshot.items.len());
    let is_ours = |key: &SourceKey| situation.fate(key) != Some(Fate::Released);
    let recorded = base.entries.keys().filter(|key| is_ours(key)).count();
    let listed = situation.mailbox.listed.iter().filter(|item| is_ours(&item.key)).count();
    let managed = recorded.max(listed);
    if deletes == 0 {
        None
    } else if removals > 0 && base.scope != snapshot.scope {
        Some(Why::ScopeChanged)
    } else if removals > 0 && after == 0 && before > 0 {
        Some(Why::HubEmpty { before })
    } else if removals > 0 && before.saturating_sub(after) * 100 > before * limits.shrink_percent {
        Some(Why::HubShrank { before, after })
    } else if deletes > limits.deletes_per_mailbox && deletes * 100 > managed * limits.deletes_percent {
        Some(Why::MailboxDeletes { deletes, managed })
    } else if removals * situation.mailboxes > limits.deletes_per_run.max(situation.mailboxes) {
        Some(Why::RunDeletes { deletes: removals * situation.mailboxes })
    } else {
        None
    }
}

impl PlanHash {
    /// What a plan does, without the ids that differ from mailbox to mailbox and whatever the reason it waits for.
    pub fn of(ops: &[Op]) -> Self {
        let mut lines: Vec<String> = ops.iter().map(line).collect();
        lines.sort();
        let mut hash = Xxh3::new();
        lines.iter().for_each(|line| hash.update(line.as_bytes()));
        PlanHash(hash.digest128())
    }
}

fn line(op: &Op) -> String {
    match op {
        Op::Create { content, .. } => format!("{op} {:?}\n", content.prints()),
        Op::Update { set, .. } => {
            let prints: Vec<_> = set.values().map(|value| value.as_ref().map(crate::Value::print)).collect();
            format!("{op} {prints:?}\n")
        }
        _ => format!("{op}\n"),
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for PlanHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
        number
            .map(PlanHash)
            .ok_or_else(|| "a plan hash has 32 hexadecimal digits, as the list of held plans shows".into())
    }
}

impl TryFrom<String> for PlanHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PlanHash> for String {
    fn from(hash: PlanHash) -> Self {
        hash.to_string()
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::HubEmpty { before } => write!(f, "the hub is empty and held {before} items before"),
            Why::HubShrank { before, after } => write!(f, "the hub shrank from {before} items to {after}"),
            Why::MailboxDeletes { deletes, managed } => {
                write!(f, "{deletes} of {managed} items would be deleted from this mailbox")
            }
            Why::RunDeletes { deletes } => write!(f, "{deletes} items would be deleted over all mailboxes"),
            Why::AudienceShrank => write!(f, "too many mailboxes left the audience at once"),
            Why::ScopeChanged => write!(f, "the filter, mapping, spokes or folder changed; removals wait"),
        }
    }
}

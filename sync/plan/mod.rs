//! Planning: from what is known of the hub and of one mailbox to the operations that make the mailbox right.

mod decide;
mod guard;
mod merge;
mod op;
mod sight;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};

pub use guard::{Held, PlanHash, Why};
pub use op::{Op, Removal};

use crate::two_way::Refusals;
use crate::{
    Base, Content, Erased, Fate, Field, Intents, ItemId, Limits, Mailbox, Policy, Proposal, Snapshot,
    SourceKey,
};
use decide::Decider;

/// Everything that a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What was last known equal on both sides.
    pub base: &'a Base,
    /// Writes without a recorded answer.
    pub intents: &'a Intents,
    /// What the mailbox shall hold.
    pub goal: Goal<'a>,
    /// What the mailbox holds, as far as it was read.
    pub mailbox: &'a Mailbox,
    /// How the spoke treats items.
    pub policy: &'a Policy,
    /// What users of this mailbox may tell the hub; nothing where the spoke is not two-way.
    pub two_way: Option<TwoWay<'a>>,
    /// Who was erased: what is theirs is in no hub, whatever the rest says.
    pub erased: Option<&'a Erased>,
    /// How much may go without asking.
    pub limits: &'a Limits,
    /// How many mailboxes this run serves.
    pub mailboxes: usize,
    /// The held plan that somebody agreed to.
    pub approved: Option<PlanHash>,
    /// When the mailbox was read.
    pub now: DateTime<Utc>,
}

/// What users of a two-way spoke may tell the hub.
#[derive(Debug, Clone, Copy)]
pub struct TwoWay<'a> {
    /// An item that they delete is proposed for removal; else it is restored.
    pub removals: bool,
    /// Private events are proposed like others; else they stay where they are.
    pub private: bool,
    /// What the hub did not take of this mailbox: there the hub's state is written.
    pub refused: Option<&'a Refusals>,
}

impl TwoWay<'_> {
    /// Whether the hub may hear of an item that holds this.
    pub(crate) fn may_tell(&self, content: &Content) -> bool {
        self.private || !content.is_private()
    }
}

/// What a mailbox shall hold.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// The hub's content.
    Mirror(&'a Snapshot),
    /// Nothing of ours: the hub is cleaned up, or the mailbox left the audience.
    Nothing {
        /// Whether somebody must agree first: too many mailboxes left at once.
        ask: bool,
    },
}

/// What to do with one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Read these items one by one and plan again: nothing is decided about an item on a doubtful sight of it.
    Look(BTreeSet<ItemId>),
    /// Do this.
    Run(Work),
    /// Ask first. `now` is what need not wait.
    Held {
        /// What waits, and why.
        held: Held,
        /// What need not wait.
        now: Work,
    },
}

/// Operations, and what was seen on the way to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// The operations, in any order.
    pub ops: Vec<Op>,
    /// Users' edits that stay although the hub has another value.
    pub kept: Vec<(SourceKey, Field)>,
    /// What users changed, for the hub to judge; until then it stays as they left it.
    pub proposals: Vec<Proposal>,
    /// Items that need another step after these operations, such as the exceptions of a series that is created first.
    pub unfinished: bool,
    /// Items whose create has no answer yet and which a lagging listing may still hide.
    pub waiting: Vec<SourceKey>,
    /// The next reading must tell again what this one told: not all that it told is dealt with.
    pub read_again: bool,
}

impl Situation<'_> {
    /// What becomes of the copies of an item, if it is of somebody who was erased.
    fn fate(&self, key: &SourceKey) -> Option<Fate> {
        self.erased?.fate(key)
    }
}

/// Decides what makes the mailbox right.
///
/// Pure: the same situation gives the same plan. The operations name distinct items, so their order is free.
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut decider = Decider::new(situation);
    decider.decide_all();
    let (look, work) = decider.done();
    if look.is_empty() { guard::guard(situation, work) } else { Plan::Look(look) }
}

impl Plan {
    /// What is to be done now.
    pub fn work(&self) -> Option<&Work> {
        match self {
            Plan::Look(_) => None,
            Plan::Run(work) | Plan::Held { now: work, .. } => Some(work),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ops.iter().try_for_each(|op| writeln!(f, "{op}"))?;
        self.kept
            .iter()
            .try_for_each(|(key, field)| writeln!(f, "keep {key}: {field} (edited by the user)"))?;
        self.proposals.iter().try_for_each(|proposal| writeln!(f, "{proposal}"))?;
        self.waiting.iter().try_for_each(|key| writeln!(f, "wait {key} (its create has no answer yet)"))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Plan::Look(ids) => writeln!(f, "look at {} items", ids.len()),
            Plan::Run(work) => work.fmt(f),
            Plan::Held { held, now } => {
                writeln!(f, "held {}: {}", held.hash, held.why)?;
                held.ops.iter().try_for_each(|op| writeln!(f, "  {op}"))?;
                now.fmt(f)
            }
        }
    }
}

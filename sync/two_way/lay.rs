//! The hub's content: what its sources hold, with what users changed laid over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judge::{Judge, print};
use super::overlay::Overlay;
use super::proposal::{Proposal, Proposed};
use super::ruling::{Refusal, Refusals, Verdict};
use crate::{Content, HubConfig, MailboxId, Snapshot, SourceKey};

/// What one mailbox of a two-way spoke proposed at its last visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The receiving spoke that the mailbox belongs to.
    pub spoke: String,
    /// Names these proposals: the same mark is not judged twice.
    pub mark: String,
    /// What was proposed.
    pub proposals: Vec<Proposal>,
}

/// The hub after everything was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid {
    /// The hub's content: the last one itself where nothing differs.
    pub snapshot: Snapshot,
    /// The decisions, in the order in which they fell.
    pub verdicts: Vec<Verdict>,
}

/// Lays users' changes over `merged`, which is what the sources hold, and judges what the mailboxes told.
///
/// Pure and repeatable: proposals that were judged are not judged again, and those that were taken change nothing when
/// they are told again. `last` is the hub's newest snapshot, as this function made it.
pub fn lay(
    config: &HubConfig,
    merged: &Snapshot,
    overlay: &mut Overlay,
    told: &BTreeMap<MailboxId, Told>,
    last: Option<&Snapshot>,
) -> Laid {
    let mut verdicts = overlay.make_way(merged);
    overlay.judged.retain(|mailbox, _| told.contains_key(mailbox));
    let mut judge = Judge::new(config, merged, overlay);
    let mut order: Vec<_> = told.iter().collect();
    order.sort_by_key(|(mailbox, told)| (config.rank(&told.spoke), *mailbox));
    judge.hear(&order);
    let (items, heard) = judge.done();
    verdicts.extend(heard);
    let refused =
        told.iter().map(|(mailbox, told)| (mailbox.clone(), refusals(overlay, mailbox, told, &items)));
    let refused = refused.filter(|(_, refusals)| !refusals.is_empty()).collect();
    Laid { snapshot: next(config, merged, overlay, items, refused, last), verdicts }
}

fn next(
    config: &HubConfig,
    merged: &Snapshot,
    overlay: &Overlay,
    items: BTreeMap<SourceKey, Arc<Content>>,
    refused: BTreeMap<MailboxId, Refusals>,
    last: Option<&Snapshot>,
) -> Snapshot {
    let mut provenance = merged.provenance.clone();
    for (key, fields) in &overlay.edits {
        let known = provenance.entry(key.clone()).or_default();
        known.extend(fields.iter().map(|(&field, edit)| (field, edit.by.spoke.clone())));
    }
    let next = Snapshot { items, provenance, refused, ..merged.clone() };
    next.after(last, &config.limits)
}

/// What was told and is not so in the hub: all of it was judged, so it lost, then or since.
fn refusals(
    overlay: &Overlay,
    mailbox: &MailboxId,
    told: &Told,
    items: &BTreeMap<SourceKey, Arc<Content>>,
) -> Refusals {
    let mut refusals = Refusals::new();
    let unheard = overlay.judged.get(mailbox).map(|judged| &judged.unheard);
    let is_heard = |proposal: &&Proposal| unheard.is_none_or(|unheard| !unheard.contains(&proposal.key));
    for Proposal { key, id, what } in told.proposals.iter().filter(is_heard) {
        let mut refusal = Refusal::default();
        match (what, items.get(key)) {
            (Proposed::Removal(_), Some(_)) => refusal.removal = Some(id.clone()),
            (Proposed::Item { .. }, None) => refusal.item = Some(id.clone()),
            (Proposed::Edit(_) | Proposed::Item { .. }, Some(hub)) => {
                let told = what.edits().into_iter().map(|(field, edited)| (field, print(&edited)));
                refusal.fields = told.filter(|(field, told)| hub.print(*field) != *told).collect();
            }
            (Proposed::Removal(_) | Proposed::Edit(_), None) => {}
        }
        if refusal != Refusal::default() {
            refusals.insert(key.clone(), refusal);
        }
    }
    refusals
}

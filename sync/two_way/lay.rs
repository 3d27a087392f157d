//! The hub's content: what its sources hold, with what users changed laid over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::judge::Judge;
use super::overlay::{Judged, Overlay};
use super::proposal::Proposal;
use super::ruling::{Ruling, Verdict};
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
    for (mailbox, told) in order {
        judge.hear(mailbox, told);
    }
    let (items, heard) = judge.done();
    verdicts.extend(heard);
    Laid { snapshot: next(config, merged, overlay, items, last), verdicts }
}

fn next(
    config: &HubConfig,
    merged: &Snapshot,
    overlay: &Overlay,
    items: BTreeMap<SourceKey, Arc<Content>>,
    last: Option<&Snapshot>,
) -> Snapshot {
    let mut provenance = merged.provenance.clone();
    for (key, fields) in &overlay.edits {
        let known = provenance.entry(key.clone()).or_default();
        known.extend(fields.iter().map(|(&field, edit)| (field, edit.by.spoke.clone())));
    }
    let judged = overlay.judged.iter().filter(|(_, judged)| !judged.refusals.is_empty());
    let refused = judged.map(|(mailbox, judged)| (mailbox.clone(), judged.refusals.clone())).collect();
    let next = Snapshot { items, provenance, refused, ..merged.clone() };
    next.after(last, &config.limits)
}

impl Overlay {
    /// Gives way to what the sources changed later, and forgets what is about items that they dropped.
    fn make_way(&mut self, merged: &Snapshot) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let dropped = |key: &SourceKey| merged.complete && !merged.items.contains_key(key);
        for (key, fields) in &mut self.edits {
            let Some(content) = merged.items.get(key) else { continue };
            fields.retain(|&field, edit| {
                let now = content.print(field);
                let stays = now == edit.over;
                if !stays && now != edit.value.as_ref().map(crate::Value::print) {
                    let (mailbox, lost) = (edit.by.mailbox.clone(), edit.value.take());
                    let ruling = Ruling::Superseded;
                    verdicts.push(Verdict { mailbox, key: key.clone(), field: Some(field), ruling, lost });
                }
                stays
            });
        }
        self.edits.retain(|key, fields| !fields.is_empty() && !dropped(key));
        self.removed.retain(|key, removed| match merged.items.get(key) {
            Some(content) => content.prints() == removed.over,
            None => !dropped(key),
        });
        self.added.retain(|key, added| {
            let Some(content) = merged.items.get(key) else { return true };
            for (field, value) in
                added.content.iter().filter(|(field, _)| content.print(*field) != added.content.print(*field))
            {
                let (mailbox, lost) = (added.by.mailbox.clone(), Some(value.clone()));
                let ruling = Ruling::Superseded;
                verdicts.push(Verdict { mailbox, key: key.clone(), field: Some(field), ruling, lost });
            }
            false
        });
        verdicts
    }

    /// What a mailbox's proposals came to, if these were judged.
    pub(super) fn is_judged(&self, mailbox: &MailboxId, mark: &str) -> bool {
        self.judged.get(mailbox).is_some_and(|judged| judged.mark == mark)
    }

    pub(super) fn note_judged(&mut self, mailbox: &MailboxId, judged: Judged) {
        self.judged.insert(mailbox.clone(), judged);
    }
}

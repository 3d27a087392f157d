//! The decision table, key by key.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::merge::{self, Known, Merged};
use super::sight::{Recorded, Seen, Sight};
use super::{Goal, Op, Removal, Situation, Work};
use crate::{Content, Copy, Entry, Intent, ItemId, Snapshot, SourceKey};

/// Goes through all keys and collects what is to be done and what is to be looked at first.
pub(super) struct Decider<'a> {
    situation: &'a Situation<'a>,
    sight: Sight<'a>,
    look: BTreeSet<ItemId>,
    work: Work,
}

/// One key with everything that is known of it.
#[derive(Clone, Copy)]
struct Case<'a> {
    key: &'a SourceKey,
    entry: Option<&'a Entry>,
    intent: Option<&'a Intent>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(situation: &'a Situation<'a>) -> Self {
        let sight = Sight::new(situation);
        Decider { situation, sight, look: BTreeSet::new(), work: Work::default() }
    }

    pub(super) fn done(self) -> (BTreeSet<ItemId>, Work) {
        (self.look, self.work)
    }

    pub(super) fn decide_all(&mut self) {
        match self.situation.goal {
            Goal::Mirror(snapshot) => self.mirror(snapshot),
            Goal::Nothing { .. } => self.remove_beyond(|_| false, Removal::Cleanup),
        }
    }

    fn mirror(&mut self, snapshot: &'a Snapshot) {
        for (key, wanted) in &snapshot.items {
            self.wanted(self.case(key), wanted);
        }
        // Absence is not deletion: an incomplete snapshot says nothing about what it does not hold.
        self.work.read_again = !snapshot.complete;
        if snapshot.complete {
            self.remove_beyond(|key| snapshot.items.contains_key(key), Removal::GoneFromHub);
        }
    }

    fn remove_beyond(&mut self, hub: impl Fn(&SourceKey) -> bool, why: Removal) {
        for key in self.sight.keys_beyond(hub) {
            self.unwanted(self.case(key), why);
        }
    }

    fn case(&self, key: &'a SourceKey) -> Case<'a> {
        let Situation { base, intents, .. } = self.situation;
        Case { key, entry: base.entries.get(key), intent: intents.get(key) }
    }

    /// The hub has the item.
    fn wanted(&mut self, case: Case<'a>, wanted: &Arc<Content>) {
        let others = self.sight.others(case.key, case.entry);
        let recorded = case.entry.map(|entry| (entry, self.sight.recorded(case.key, entry)));
        match (recorded, others.split_first()) {
            (None, None) => self.create(case, wanted),
            (None, Some((oldest, extras))) => self.keep_oldest(case, *oldest, extras, wanted),
            (Some((entry, Recorded::Doubtful)), _) => self.look_at(&entry.id),
            (Some((entry, Recorded::Absent)), None) => self.recreate(case, entry, wanted),
            (Some((_, Recorded::Absent)), Some((oldest, extras))) => {
                self.keep_oldest(Case { entry: None, ..case }, *oldest, extras, wanted);
            }
            (Some((entry, Recorded::Unchanged)), None) => self.unchanged(case, entry, wanted),
            (Some((entry, Recorded::Unchanged)), Some(_)) => self.look_at(&entry.id),
            (Some((entry, Recorded::Read(copy))), _) => {
                self.keep(case, Some(entry), copy, &others, wanted);
            }
        }
    }

    /// The hub no longer has the item, or nobody shall have it.
    fn unwanted(&mut self, case: Case<'a>, why: Removal) {
        let recorded = case.entry.map(|entry| (entry, self.sight.recorded(case.key, entry)));
        let mut ids: Vec<&ItemId> = match recorded {
            Some((_, Recorded::Absent)) | None => Vec::new(),
            Some((entry, Recorded::Doubtful)) if self.sight.is_named_gone(&entry.id) => Vec::new(),
            // A listing may lag; deleting what is gone is success.
            Some((entry, _)) => vec![&entry.id],
        };
        ids.extend(self.sight.others(case.key, case.entry).iter().map(|item| item.id));
        if ids.is_empty() && !self.is_waiting(case) {
            self.work.ops.push(Op::Forget { key: case.key.clone() });
        }
        let key = case.key;
        self.work.ops.extend(ids.into_iter().map(|id| Op::Delete { key: key.clone(), id: id.clone(), why }));
    }

    fn create(&mut self, case: Case<'a>, wanted: &Arc<Content>) {
        if self.is_waiting(case) {
            self.work.waiting.push(case.key.clone());
        } else {
            self.work.ops.push(Op::Create { key: case.key.clone(), content: Arc::clone(wanted) });
        }
    }

    /// The user deleted the item: it comes back, unless users may hide items.
    fn recreate(&mut self, case: Case<'a>, entry: &Entry, wanted: &Arc<Content>) {
        if !self.situation.policy.users_may_hide {
            self.create(case, wanted);
        } else if !entry.hidden {
            self.record(case.key, Entry { hidden: true, ..entry.clone() });
        }
    }

    /// The item is as it was last seen.
    fn unchanged(&mut self, case: Case<'a>, entry: &Entry, wanted: &Arc<Content>) {
        if case.intent.is_none() && is_settled(entry, wanted) {
            return;
        }
        let doubtful = case.intent.is_some() || entry.change_key.as_str().is_empty();
        if doubtful {
            return self.look_at(&entry.id);
        }
        let merged = merge::merge(self.situation.policy, wanted, Known::AsBefore(entry), None);
        self.settle_on(case, entry.id.clone(), entry, merged, wanted);
    }

    /// The base names none of them: the oldest stays, once it was looked at.
    fn keep_oldest(&mut self, case: Case<'a>, oldest: Seen<'_>, extras: &[Seen<'_>], wanted: &Arc<Content>) {
        match oldest.copy {
            Some(copy) => self.keep(case, None, copy, extras, wanted),
            None => self.look_at(oldest.id),
        }
    }

    /// The item was read; it stays, and every other one of the same identity goes.
    fn keep(
        &mut self,
        case: Case<'a>,
        entry: Option<&Entry>,
        kept: &Copy,
        extras: &[Seen<'_>],
        wanted: &Arc<Content>,
    ) {
        self.duplicates(case, extras);
        let merged = merge::merge(self.situation.policy, wanted, Known::Anew(kept, entry), case.intent);
        let before = entry.cloned().unwrap_or_else(|| merge::adopted(kept, wanted, case.intent));
        self.settle_on(case, kept.id.clone(), &before, merged, wanted);
    }

    fn duplicates(&mut self, case: Case<'a>, extras: &[Seen<'_>]) {
        if matches!(self.situation.goal, Goal::Mirror(snapshot) if !snapshot.complete) {
            return;
        }
        for extra in extras {
            self.look_at(extra.id);
            self.work.ops.push(Op::Delete {
                key: case.key.clone(),
                id: extra.id.clone(),
                why: Removal::Duplicate,
            });
        }
    }

    fn settle_on(
        &mut self,
        case: Case<'a>,
        id: ItemId,
        before: &Entry,
        merged: Merged,
        wanted: &Arc<Content>,
    ) {
        if merged.needs_content {
            return self.look_at(&id);
        }
        let key = case.key;
        self.work.kept.extend(merged.kept.into_iter().map(|field| (key.clone(), field)));
        if !merged.set.is_empty() {
            self.work.ops.push(Op::Update {
                key: key.clone(),
                id,
                change_key: merged.entry.change_key.clone(),
                set: merged.set,
                wanted: Arc::clone(wanted),
                entry: Box::new(merged.entry),
            });
        } else if case.entry.is_none() || case.intent.is_some() || merged.entry != *before {
            self.record(key, merged.entry);
        }
    }

    fn record(&mut self, key: &SourceKey, entry: Entry) {
        self.work.ops.push(Op::Record { key: key.clone(), entry: Box::new(entry) });
    }

    /// Asks for a point read, unless there was one.
    fn look_at(&mut self, id: &ItemId) {
        if !self.sight.is_looked(id) {
            self.look.insert(id.clone());
        }
    }

    /// A create was sent so lately that a listing may not show it yet.
    fn is_waiting(&self, case: Case<'a>) -> bool {
        case.intent.is_some_and(|intent| self.situation.now - intent.since < self.situation.policy.read_lag)
    }
}

/// Nothing to do for an item of which neither side moved, which is nearly every item of every run.
fn is_settled(entry: &Entry, wanted: &Content) -> bool {
    !entry.change_key.as_str().is_empty()
        && !entry.has_edits()
        && entry.wrote.len() == wanted.iter().count()
        && wanted.iter().all(|(field, _)| wanted.print(field) == entry.wrote.get(&field).copied())
}

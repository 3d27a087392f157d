//! The decision table, key by key.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::merge::{self, Known, Merged, Rules};
use super::sight::{Recorded, Seen, Sight};
use super::{Goal, Op, Removal, Situation, TwoWay, Work};
use crate::two_way::{Proposed, Refusal};
use crate::{Content, Copy, Entry, Fate, Field, Intent, ItemId, Proposal, Snapshot, SourceKey};

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
            Goal::Nothing { .. } => self.remove_all(),
        }
    }

    fn mirror(&mut self, snapshot: &'a Snapshot) {
        let situation = self.situation;
        let is_hubs = |key: &SourceKey| situation.fate(key).is_none() && snapshot.items.contains_key(key);
        for (key, wanted) in snapshot.items.iter().filter(|(key, _)| is_hubs(key)) {
            self.wanted(self.case(key), wanted);
        }
        let beyond = self.without_erased(self.sight.keys_beyond(is_hubs));
        // Absence is not deletion: an incomplete snapshot says nothing about what it does not hold.
        self.work.read_again |= !snapshot.complete;
        if !snapshot.complete {
            return;
        }
        for key in beyond {
            let case = self.case(key);
            match self.situation.two_way.filter(|_| !snapshot.outside.contains(key)) {
                Some(two_way) => self.unwanted_unless_edited(case, two_way),
                None => self.unwanted(case, Removal::GoneFromHub),
            }
        }
    }

    fn remove_all(&mut self) {
        for key in self.without_erased(self.sight.keys_beyond(|_| false)) {
            self.unwanted(self.case(key), Removal::Cleanup);
        }
    }

    /// Deals with the items of those who were erased, and leaves the others.
    ///
    /// Neither an incomplete snapshot nor a user's edit keeps them: somebody asked for it.
    fn without_erased(&mut self, mut keys: BTreeSet<&'a SourceKey>) -> BTreeSet<&'a SourceKey> {
        let erased = |key: &&'a SourceKey| self.situation.fate(key).map(|fate| (*key, fate));
        let erased: Vec<_> = keys.iter().filter_map(erased).collect();
        for (key, fate) in erased {
            keys.remove(key);
            match fate {
                Fate::Removed => self.unwanted(self.case(key), Removal::Erased),
                Fate::Released => self.release(self.case(key)),
            }
        }
        keys
    }

    /// The copy is nobody's: it stays as it is, and nothing is known of it.
    fn release(&mut self, case: Case<'a>) {
        if case.entry.is_some() || case.intent.is_some() {
            self.forget(case.key);
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
            (Some((entry, Recorded::Unchanged)), None) if entry.proposed => self.look_at(&entry.id),
            (Some((entry, Recorded::Unchanged)), None) => self.unchanged(case, entry, wanted),
            (Some((entry, Recorded::Unchanged)), Some(_)) => self.look_at(&entry.id),
            (Some((entry, Recorded::Read(copy))), _) => {
                self.keep(case, Some(entry), copy, &others, wanted);
            }
        }
    }

    /// The hub no longer has the item, or nobody shall have it.
    fn unwanted(&mut self, case: Case<'a>, why: Removal) {
        if case.entry.is_some_and(|entry| entry.proposed) {
            return self.forget(case.key);
        }
        let recorded = case.entry.map(|entry| (entry, self.sight.recorded(case.key, entry)));
        let mut ids: Vec<&ItemId> = match recorded {
            Some((_, Recorded::Absent)) | None => Vec::new(),
            Some((entry, Recorded::Doubtful)) if self.sight.is_named_gone(&entry.id) => Vec::new(),
            // A listing may lag; deleting what is gone is success.
            Some((entry, _)) => vec![&entry.id],
        };
        let others = self.sight.others(case.key, case.entry);
        ids.extend(others.iter().filter(|item| item.tagged).map(|item| item.id));
        let is_users = others.iter().any(|item| !item.tagged);
        if ids.is_empty() && !is_users && !self.is_waiting(case) {
            self.forget(case.key);
        }
        if self.situation.policy.looks_first {
            ids.iter().for_each(|id| self.look_at(id));
        }
        let key = case.key;
        self.work.ops.extend(ids.into_iter().map(|id| Op::Delete { key: key.clone(), id: id.clone(), why }));
    }

    /// The hub no longer has the item, and users may have changed it: an edit beats a deletion.
    fn unwanted_unless_edited(&mut self, case: Case<'a>, two_way: TwoWay<'a>) {
        let others = self.sight.others(case.key, case.entry);
        let recorded = case.entry.map(|entry| (entry, self.sight.recorded(case.key, entry)));
        match (recorded, others.as_slice()) {
            (None, [new]) if !new.tagged => match new.copy {
                Some(copy) => self.propose_item(case, copy, two_way),
                None if self.is_refused_item(case, new.id) => {}
                None => self.look_at(new.id),
            },
            (Some((entry, Recorded::Doubtful)), _) if !self.sight.is_named_gone(&entry.id) => {
                self.look_at(&entry.id);
            }
            // A listing may lag behind an edit: nothing is deleted that was not looked at.
            (Some((entry, Recorded::Unchanged)), _) => self.look_at(&entry.id),
            (Some((entry, Recorded::Read(copy))), _)
                if entry.proposed || merge::is_edited(entry, copy, case.intent) =>
            {
                if self.is_refused_item(case, &copy.id) {
                    self.unwanted(case, Removal::GoneFromHub);
                } else if two_way.may_tell(&copy.content) {
                    self.propose_item(case, copy, two_way);
                } else {
                    // It stays with its owner, who made it private.
                    self.work.read_again = true;
                    self.work.kept.push((case.key.clone(), Field::Sensitivity));
                }
            }
            _ => self.unwanted(case, Removal::GoneFromHub),
        }
    }

    fn propose_item(&mut self, case: Case<'a>, copy: &Copy, two_way: TwoWay<'a>) {
        let is_erased = self.situation.erased.is_some_and(|erased| erased.keeps_out(case.key, &copy.content));
        if is_erased || self.is_refused_item(case, &copy.id) || !two_way.may_tell(&copy.content) {
            return;
        }
        let fields = copy.content.iter().filter(|(field, _)| field.may_flow_back());
        let content: Content = fields.map(|(field, value)| (field, value.clone())).collect();
        let over = case.entry.filter(|entry| !entry.proposed).map(|entry| entry.wrote.clone());
        match case.entry {
            // Only the reading knows of what users made of it, until the hub has it.
            Some(entry) => self.work.read_again |= !entry.proposed,
            None => {
                let entry = Entry::holding(copy.id.clone(), copy.change_key.clone(), &content);
                self.record(case.key, Entry { proposed: true, ..entry });
            }
        }
        let over = over.unwrap_or_default();
        self.propose(case.key, copy.id.clone(), Proposed::Item { content, over });
    }

    fn propose(&mut self, key: &SourceKey, id: ItemId, what: Proposed) {
        self.work.proposals.push(Proposal { key: key.clone(), id, what });
    }

    fn is_refused_item(&self, case: Case<'a>, id: &ItemId) -> bool {
        self.refusal(case.key).is_some_and(|refusal| refusal.item.as_ref() == Some(id))
    }

    fn refusal(&self, key: &SourceKey) -> Option<&'a Refusal> {
        self.situation.two_way?.refused?.get(key)
    }

    fn rules(&self, key: &SourceKey) -> Rules<'a> {
        let Situation { policy, two_way, .. } = *self.situation;
        Rules { policy, two_way, refusal: self.refusal(key) }
    }

    fn create(&mut self, case: Case<'a>, wanted: &Arc<Content>) {
        if self.is_waiting(case) {
            self.work.waiting.push(case.key.clone());
        } else {
            self.work.unfinished |= wanted.get(Field::Occurrences).is_some();
            self.work.ops.push(Op::Create { key: case.key.clone(), content: Arc::clone(wanted) });
        }
    }

    /// The user deleted the item: it comes back, unless users may hide items.
    fn recreate(&mut self, case: Case<'a>, entry: &Entry, wanted: &Arc<Content>) {
        if self.may_propose_removal(case.key, entry) {
            // Should the hub refuse, the item must be known to be gone.
            self.work.read_again = true;
            self.propose(case.key, entry.id.clone(), Proposed::Removal(entry.wrote.clone()));
        } else if !self.situation.policy.users_may_hide {
            self.create(case, wanted);
        } else if !entry.hidden {
            self.record(case.key, Entry { hidden: true, ..entry.clone() });
        }
    }

    /// After a change of scope nobody knows what the user meant to remove.
    fn may_propose_removal(&self, key: &SourceKey, entry: &Entry) -> bool {
        let Situation { two_way: Some(two_way), goal: Goal::Mirror(snapshot), base, .. } = self.situation
        else {
            return false;
        };
        let is_refused = self.refusal(key).is_some_and(|refusal| refusal.removal.as_ref() == Some(&entry.id));
        two_way.removals && snapshot.complete && base.scope == snapshot.scope && !is_refused
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
        let merged = merge::merge(self.rules(case.key), wanted, Known::AsBefore(entry), None);
        self.settle_on(case, entry.id.clone(), entry, merged, wanted, true);
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
        let merged = merge::merge(self.rules(case.key), wanted, Known::Anew(kept, entry), case.intent);
        let before = entry.cloned().unwrap_or_else(|| merge::adopted(kept, wanted, case.intent));
        self.settle_on(case, kept.id.clone(), &before, merged, wanted, kept.tagged);
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
        tagged: bool,
    ) {
        if merged.needs_content {
            return self.look_at(&id);
        }
        let key = case.key;
        self.work.unfinished |= merged.unfinished;
        if merged.replace {
            return self.work.ops.push(Op::Delete { key: key.clone(), id, why: Removal::Replaced });
        }
        if !merged.proposed.is_empty() {
            self.propose(key, id.clone(), Proposed::Edit(merged.proposed));
        }
        self.work.kept.extend(merged.kept.into_iter().map(|field| (key.clone(), field)));
        if !merged.set.is_empty() || !tagged {
            self.work.ops.push(Op::Update {
                key: key.clone(),
                id,
                change_key: merged.entry.change_key.clone(),
                set: merged.set,
                wanted: Arc::clone(wanted),
                entry: Box::new(merged.entry),
                tag: !tagged,
            });
        } else if case.entry.is_none() || case.intent.is_some() || merged.entry != *before {
            self.record(key, merged.entry);
        }
    }

    fn forget(&mut self, key: &SourceKey) {
        self.work.ops.push(Op::Forget { key: key.clone() });
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

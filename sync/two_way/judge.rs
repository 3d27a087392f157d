//! Judging what mailboxes propose, one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lay::Told;
use super::overlay::{Added, Author, Judged, Overlay, Removed};
use super::proposal::{Edited, Proposal, Proposed};
use super::ruling::{Reason, Ruling, Verdict};
use crate::hub::Connector;
use crate::{Content, Field, HubConfig, MailboxId, Snapshot, SourceKey, Value, Winner};

type Fields = BTreeMap<Field, Edited>;

/// The hub while it is judged.
pub(super) struct Judge<'a> {
    config: &'a HubConfig,
    merged: &'a Snapshot,
    overlay: &'a mut Overlay,
    items: BTreeMap<SourceKey, Arc<Content>>,
    /// The fields that were taken just now: whoever tells of them next did not know that.
    edited: BTreeMap<SourceKey, BTreeSet<Field>>,
    verdicts: Vec<Verdict>,
}

/// A hearing of one mailbox.
struct Hearing<'t> {
    mailbox: &'t MailboxId,
    mark: &'t str,
    by: Author,
    /// What is to be judged now.
    proposals: Vec<&'t Proposal>,
    /// Its removals are within the hub's limits.
    may_remove: bool,
    /// The items that the hub does not have: an edit of one is told again as a whole.
    unheard: BTreeSet<SourceKey>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(config: &'a HubConfig, merged: &'a Snapshot, overlay: &'a mut Overlay) -> Self {
        let mut items = merged.items.clone();
        items.retain(|key, _| !overlay.removed.contains_key(key));
        items.extend(overlay.added.iter().map(|(key, added)| (key.clone(), Arc::new(added.content.clone()))));
        for (key, fields) in &overlay.edits {
            if let Some(content) = items.get_mut(key) {
                fields.iter().for_each(|(&field, edit)| set(content, field, edit.value.as_ref()));
            }
        }
        Judge { config, merged, overlay, items, edited: BTreeMap::new(), verdicts: Vec::new() }
    }

    pub(super) fn done(self) -> (BTreeMap<SourceKey, Arc<Content>>, Vec<Verdict>) {
        (self.items, self.verdicts)
    }

    /// Judges what the mailboxes told, each once; removals last, because an edit beats a deletion.
    pub(super) fn hear(&mut self, told: &[(&MailboxId, &Told)]) {
        let hearings: Vec<_> = told.iter().map(|(mailbox, told)| self.hearing(mailbox, told)).collect();
        for hearing in &hearings {
            hearing.proposals.iter().for_each(|proposal| self.change(hearing, proposal));
        }
        for hearing in &hearings {
            hearing.proposals.iter().for_each(|proposal| self.removal(hearing, proposal));
        }
        for Hearing { mailbox, mark, unheard, .. } in hearings {
            self.overlay.judged.insert(mailbox.clone(), Judged { mark: mark.to_owned(), unheard });
        }
    }

    fn hearing<'t>(&self, mailbox: &'t MailboxId, told: &'t Told) -> Hearing<'t> {
        let judged = self.overlay.judged.get(mailbox).filter(|judged| judged.mark == told.mark);
        let is_open =
            |proposal: &&Proposal| judged.is_none_or(|judged| judged.unheard.contains(&proposal.key));
        let proposals: Vec<_> = told.proposals.iter().filter(is_open).collect();
        let is_early = |proposal: &&&Proposal| {
            matches!(proposal.what, Proposed::Edit(_)) && !self.items.contains_key(&proposal.key)
        };
        Hearing {
            mailbox,
            mark: &told.mark,
            by: Author { spoke: told.spoke.clone(), mailbox: Some(mailbox.clone()) },
            may_remove: self.may_remove(&told.proposals),
            unheard: proposals.iter().filter(is_early).map(|proposal| proposal.key.clone()).collect(),
            proposals,
        }
    }

    fn change(&mut self, hearing: &Hearing<'_>, proposal: &Proposal) {
        let Proposal { key, what, .. } = proposal;
        match what {
            Proposed::Edit(fields) => self.edit(hearing, key, fields),
            Proposed::Item { content, .. } => self.item(hearing, key, content, &what.edits()),
            Proposed::Removal(_) => {}
        }
    }

    /// All that a mailbox removes at once, or nothing of it: a folder that somebody emptied is a mistake.
    fn may_remove(&self, proposals: &[Proposal]) -> bool {
        let limits = &self.config.limits;
        let removals =
            proposals.iter().filter(|proposal| matches!(proposal.what, Proposed::Removal(_))).count();
        removals <= limits.deletes_per_mailbox.max(self.items.len() * limits.deletes_percent / 100)
    }

    fn edit(&mut self, hearing: &Hearing<'_>, key: &SourceKey, fields: &Fields) {
        // An item that is gone meanwhile is proposed again as a whole.
        if !self.items.contains_key(key) {
            return;
        }
        for unit in units(fields) {
            self.unit(hearing, key, &unit);
        }
    }

    /// Fields that are right only together win or lose together.
    fn unit(&mut self, hearing: &Hearing<'_>, key: &SourceKey, unit: &[(Field, &Edited)]) {
        let Some(hub) = self.items.get(key).map(|content| content.prints()) else { return };
        let changes = |(field, edited): &&(Field, &Edited)| hub.get(field).copied() != print(edited);
        let changed: Vec<_> = unit.iter().filter(changes).copied().collect();
        if changed.is_empty() {
            return;
        }
        if changed.iter().any(|(field, _)| self.is_directorys(key, *field)) {
            return self.refuse(hearing, key, &changed, Reason::DirectoryOwned);
        }
        let just_now = self.edited.get(key);
        let is_untouched = unit.iter().all(|(field, edited)| {
            hub.get(field).copied() == edited.over && just_now.is_none_or(|fields| !fields.contains(field))
        });
        let wins = changed.iter().all(|(field, _)| self.wins(hearing, key, *field));
        match (is_untouched, wins) {
            (true, _) => self.take(hearing, key, &changed, Ruling::Taken),
            (false, true) => self.take(hearing, key, &changed, Ruling::Won),
            (false, false) => self.refuse(hearing, key, &changed, Reason::Conflict),
        }
    }

    /// Whether the mailbox's change beats that of the hub.
    fn wins(&self, hearing: &Hearing<'_>, key: &SourceKey, field: Field) -> bool {
        match self.config.conflicts {
            Winner::Hub => false,
            Winner::Spoke => true,
            Winner::Priority => {
                let edit = self.overlay.edits.get(key).and_then(|fields| fields.get(&field));
                let added = self.overlay.added.get(key).map(|added| added.by.spoke.as_str());
                let hubs = edit.map(|edit| edit.by.spoke.as_str()).or(added);
                let hubs = hubs.unwrap_or_else(|| self.merged.provenance_of(key, field));
                self.config.rank(&hearing.by.spoke) < self.config.rank(hubs)
            }
        }
    }

    /// Whether the field's value comes from the company directory.
    fn is_directorys(&self, key: &SourceKey, field: Field) -> bool {
        let is_filled = self.merged.items.get(key).is_some_and(|content| content.print(field).is_some());
        is_filled && self.is_directory(self.merged.provenance_of(key, field))
    }

    fn is_directory(&self, spoke: &str) -> bool {
        self.config.spoke(spoke).is_some_and(|spoke| spoke.connector == Connector::Directory)
    }

    fn take(&mut self, hearing: &Hearing<'_>, key: &SourceKey, unit: &[(Field, &Edited)], ruling: Ruling) {
        for &(field, edited) in unit {
            let lost = self.items.get(key).and_then(|content| content.get(field)).cloned();
            self.lay_over(key, field, edited.value.as_ref(), &hearing.by);
            let lost = lost.filter(|_| ruling == Ruling::Won);
            self.verdict(hearing, key, Some(field), ruling, lost);
        }
    }

    fn lay_over(&mut self, key: &SourceKey, field: Field, value: Option<&Value>, by: &Author) {
        self.edited.entry(key.clone()).or_default().insert(field);
        if let Some(content) = self.items.get_mut(key) {
            set(content, field, value);
        }
        self.overlay.change(self.merged, (key, field), value, by);
    }

    fn refuse(&mut self, hearing: &Hearing<'_>, key: &SourceKey, unit: &[(Field, &Edited)], why: Reason) {
        for &(field, edited) in unit {
            self.verdict(hearing, key, Some(field), Ruling::Refused(why), edited.value.clone());
        }
    }

    /// A new item, or one that was edited while the hub dropped it: an edit beats a deletion.
    fn item(&mut self, hearing: &Hearing<'_>, key: &SourceKey, content: &Content, edits: &Fields) {
        if self.items.contains_key(key) {
            return self.edit(hearing, key, edits);
        }
        let receives = self.config.spoke(&hearing.by.spoke).and_then(|spoke| spoke.receives.as_ref());
        if receives.is_some_and(|receives| receives.leaves_out(content)) {
            return self.verdict(hearing, key, None, Ruling::Refused(Reason::Filtered), None);
        }
        if let Some(source) = self.merged.items.get(key) {
            self.overlay.removed.remove(key);
            self.items.insert(key.clone(), Arc::clone(source));
            for field in either(content, source) {
                self.lay_over(key, field, content.get(field), &hearing.by);
            }
        } else {
            let added = Added { content: content.clone(), by: hearing.by.clone() };
            self.overlay.added.insert(key.clone(), added);
            self.items.insert(key.clone(), Arc::new(content.clone()));
        }
        self.verdict(hearing, key, None, Ruling::Taken, None);
    }

    fn removal(&mut self, hearing: &Hearing<'_>, proposal: &Proposal) {
        let Proposal { key, what: Proposed::Removal(held), .. } = proposal else { return };
        let Some(content) = self.items.get(key) else { return };
        let source = self.merged.items.get(key);
        let is_directorys =
            source.is_some_and(|content| content.iter().any(|(field, _)| self.is_directorys(key, field)));
        let refused = if is_directorys {
            Some(Reason::DirectoryOwned)
        } else if self.edited.contains_key(key) || content.prints() != *held {
            Some(Reason::EditedElsewhere)
        } else if !hearing.may_remove {
            Some(Reason::TooManyRemovals)
        } else {
            None
        };
        if let Some(why) = refused {
            return self.verdict(hearing, key, None, Ruling::Refused(why), None);
        }
        let over = source.map(|content| content.prints());
        self.items.remove(key);
        self.overlay.edits.remove(key);
        self.overlay.added.remove(key);
        if let Some(over) = over {
            self.overlay.removed.insert(key.clone(), Removed { over, by: hearing.by.clone() });
        }
        self.verdict(hearing, key, None, Ruling::Taken, None);
    }

    fn verdict(
        &mut self,
        hearing: &Hearing<'_>,
        key: &SourceKey,
        field: Option<Field>,
        ruling: Ruling,
        lost: Option<Value>,
    ) {
        let mailbox = hearing.by.mailbox.clone();
        self.verdicts.push(Verdict { mailbox, key: key.clone(), field, ruling, lost });
    }
}

/// The fields in groups that are judged together: occurrences mean nothing without the series they belong to.
fn units(fields: &Fields) -> Vec<Vec<(Field, &Edited)>> {
    let (series, others): (Vec<_>, Vec<_>) = fields
        .iter()
        .map(|(field, edited)| (*field, edited))
        .partition(|(field, _)| matches!(field, Field::Timing | Field::Occurrences));
    let mut units: Vec<_> = others.into_iter().map(|one| vec![one]).collect();
    units.push(series);
    units
}

/// The fields that are filled in one of them and may come from a mailbox.
fn either<'a>(one: &'a Content, other: &'a Content) -> impl Iterator<Item = Field> + use<'a> {
    let fields: BTreeSet<Field> = one.iter().chain(other.iter()).map(|(field, _)| field).collect();
    fields
        .into_iter()
        .filter(|field| field.may_flow_back())
        .filter(|field| one.print(*field) != other.print(*field))
}

pub(super) fn print(edited: &Edited) -> Option<crate::Print> {
    edited.value.as_ref().map(Value::print)
}

fn set(content: &mut Arc<Content>, field: Field, value: Option<&Value>) {
    Arc::make_mut(content).put(field, value.cloned());
}

//! The fields of one item: who wins each, and what is written.

use std::collections::{BTreeMap, BTreeSet};

use super::TwoWay;
use crate::event::Occurrence;
use crate::two_way::{Edited, Refusal};
use crate::{Content, Copy, Difference, Entry, Field, Intent, Mode, Policy, Print, Value, notes};

/// What becomes of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    /// The fields to write; `None` clears.
    pub(super) set: BTreeMap<Field, Option<Value>>,
    /// The fields in which a user's edit stays.
    pub(super) kept: Vec<Field>,
    /// What is known of the item now, before anything is written.
    pub(super) entry: Entry,
    /// A value of the mailbox must be sent back or told, and is not known.
    pub(super) needs_content: bool,
    /// What the user changed, for the hub to judge.
    pub(super) proposed: BTreeMap<Field, Edited>,
    /// What the mailbox holds can't be brought there by changes: the item must be written anew.
    pub(super) replace: bool,
    /// Another step is needed once this one is done.
    pub(super) unfinished: bool,
}

/// What decides about an item's fields.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) policy: &'a Policy,
    pub(super) two_way: Option<TwoWay<'a>>,
    pub(super) refusal: Option<&'a Refusal>,
}

/// An item of ours that the base does not know: in the fields that the hub has, or that we were about to write, what
/// it holds counts as ours; the rest is the user's.
///
/// Where it is a user's own, or its user made it private, every difference is the user's.
pub(super) fn adopted(copy: &Copy, wanted: &Content, intent: Option<&Intent>) -> Entry {
    if !copy.tagged || (copy.content.is_private() && !wanted.is_private()) {
        return differing(copy, wanted);
    }
    let mut entry = Entry::holding(copy.id.clone(), copy.change_key.clone(), &copy.content);
    // Of the notes only our own block is compared: that one is always ours.
    let intended = |field| intent.is_some_and(|intent| intent.writes.contains_key(&field));
    let users = |field| wanted.get(field).is_none() && !intended(field) && field != Field::PersonalNotes;
    for (field, _) in copy.content.iter().filter(|(field, _)| users(*field)) {
        entry.wrote.remove(&field);
        entry.note(field, copy.content.print(field), Difference::Edited);
    }
    entry
}

/// An item of which only what is equal can be ours.
fn differing(copy: &Copy, wanted: &Content) -> Entry {
    let mut entry = Entry::holding(copy.id.clone(), copy.change_key.clone(), &copy.content);
    for (field, _) in
        copy.content.iter().filter(|(field, _)| copy.content.print(*field) != wanted.print(*field))
    {
        entry.wrote.remove(&field);
        entry.note(field, copy.content.print(field), Difference::Edited);
    }
    entry
}

/// Whether somebody changed the item after we last wrote it.
pub(super) fn is_edited(entry: &Entry, copy: &Copy, intent: Option<&Intent>) -> bool {
    let fields = copy.content.iter().map(|(field, _)| field).chain(entry.wrote.keys().copied());
    fields.filter(|field| field.may_flow_back()).any(|field| {
        let holds = copy.content.print(field);
        !intent.is_some_and(|intent| intent.meant(field, holds)) && !entry.was_left(field, holds)
    })
}

/// How an item is known.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    /// As it was last seen.
    AsBefore(&'a Entry),
    /// Read anew; without an entry it is adopted.
    Anew(&'a Copy, Option<&'a Entry>),
}

/// Merges what the hub wants with what the mailbox holds.
pub(super) fn merge(rules: Rules<'_>, wanted: &Content, known: Known<'_>, intent: Option<&Intent>) -> Merged {
    let (entry, copy) = match known {
        Known::AsBefore(entry) => (entry.clone(), None),
        Known::Anew(copy, Some(entry)) => (entry.clone(), Some(copy)),
        Known::Anew(copy, None) => (adopted(copy, wanted, intent), Some(copy)),
    };
    let mut merger = Merger { rules, wanted, copy, intent, out: Merged::of(entry) };
    merger.see_copy();
    for field in merger.fields() {
        merger.field(field);
    }
    merger.keep_names();
    merger.keep_series();
    merger.keep_private();
    merger.out
}

impl Merged {
    fn of(entry: Entry) -> Self {
        Merged {
            set: BTreeMap::new(),
            kept: Vec::new(),
            entry,
            needs_content: false,
            proposed: BTreeMap::new(),
            replace: false,
            unfinished: false,
        }
    }
}

struct Merger<'a> {
    rules: Rules<'a>,
    wanted: &'a Content,
    copy: Option<&'a Copy>,
    intent: Option<&'a Intent>,
    out: Merged,
}

impl Merger<'_> {
    fn see_copy(&mut self) {
        if let Some(copy) = self.copy {
            self.out.entry.change_key = copy.change_key.clone();
            self.out.entry.hidden = false;
            self.out.entry.proposed = false;
        }
    }

    /// The fields that are filled on any side, or that the hub keeps empty.
    fn fields(&self) -> BTreeSet<Field> {
        let entry = &self.out.entry;
        let strict = self.rules.policy.modes.iter().filter(|(_, mode)| **mode == Mode::ClearWithSource);
        let read = self.copy.into_iter().flat_map(|copy| copy.content.iter());
        let mut fields: BTreeSet<Field> = self.wanted.iter().chain(read).map(|(field, _)| field).collect();
        fields.extend(entry.wrote.keys().chain(entry.differs.keys()).chain(strict.map(|(field, _)| field)));
        fields
    }

    fn field(&mut self, field: Field) {
        let hub = self.wanted.print(field);
        let holds = self.holds(field);
        let edited = self.is_edited(field, hub, holds);
        let settled = !edited
            && self.out.entry.wrote.get(&field).copied() == hub
            && holds == self.out.entry.seen(field);
        self.note(field, hub, holds, edited);
        if settled || holds == hub {
            return;
        }
        if self.hub_wins(field, hub, holds, edited) || (edited && self.is_refused(field, holds)) {
            self.write(field);
        } else if edited && self.flows_back(field, holds) {
            self.propose(field);
        } else if edited && hub.is_some() {
            self.out.kept.push(field);
        }
    }

    /// What the mailbox holds in a field.
    fn holds(&self, field: Field) -> Option<Print> {
        match self.copy {
            Some(copy) => copy.content.print(field),
            None => self.out.entry.seen(field),
        }
    }

    /// Whether somebody else than we put into the field what it holds.
    fn is_edited(&self, field: Field, hub: Option<Print>, holds: Option<Print>) -> bool {
        if self.copy.is_none() {
            return holds != hub && self.out.entry.is_edited(field);
        }
        holds != hub && !self.was_intended(field, holds) && !self.out.entry.was_left(field, holds)
    }

    /// Whether an open intent was about to write what the field holds.
    fn was_intended(&self, field: Field, holds: Option<Print>) -> bool {
        let halfway = field.needs_item() && self.is_halfway();
        halfway || self.intent.is_some_and(|intent| intent.meant(field, holds))
    }

    /// Whether an open intent may have brought a part of the occurrences about: they take many requests, and go with
    /// a series that moved.
    fn is_halfway(&self) -> bool {
        if !self.intends(Field::Timing) {
            return self.intends(Field::Occurrences);
        }
        let has_moved = |copy: &Copy| {
            self.intent.is_some_and(|intent| intent.meant(Field::Timing, copy.content.print(Field::Timing)))
        };
        self.copy.is_some_and(has_moved)
    }

    /// Whether an open intent was about to change the field.
    fn intends(&self, field: Field) -> bool {
        self.intent.is_some_and(|intent| intent.writes.get(&field) != self.out.entry.wrote.get(&field))
    }

    /// Whether the hub was told of this state and did not take it.
    fn is_refused(&self, field: Field, holds: Option<Print>) -> bool {
        self.rules.refusal.is_some_and(|refusal| refusal.fields.get(&field) == Some(&holds))
    }

    /// Whether a user's edit of the field is for the hub to judge.
    fn flows_back(&self, field: Field, holds: Option<Print>) -> bool {
        let Some(two_way) = self.rules.two_way else { return false };
        let may_tell = self.copy.is_none_or(|copy| two_way.may_tell(&copy.content));
        let may_clear = holds.is_some() || !field.is_needed();
        may_tell && may_clear && field.may_flow_back()
    }

    fn propose(&mut self, field: Field) {
        match self.copy {
            None => self.out.needs_content = true,
            Some(copy) => {
                let over = self.out.entry.wrote.get(&field).copied();
                let value = copy.content.get(field).cloned();
                self.out.proposed.insert(field, Edited { value, over });
            }
        }
    }

    /// Moves the entry to what is now known of the field.
    fn note(&mut self, field: Field, hub: Option<Print>, holds: Option<Print>, edited: bool) {
        if edited {
            self.out.entry.note(field, holds, Difference::Edited);
        } else if holds == hub || self.was_intended(field, holds) {
            self.out.entry.wrote_now(field, holds);
        } else {
            self.out.entry.note(field, holds, Difference::Server);
        }
    }

    fn hub_wins(&self, field: Field, hub: Option<Print>, holds: Option<Print>, edited: bool) -> bool {
        match self.rules.policy.mode(field) {
            Mode::KeepUserEdit => !edited,
            Mode::Overwrite => hub.is_some() || !edited,
            Mode::ClearWithSource => true,
            Mode::WriteIfEmpty => holds.is_none(),
        }
    }

    fn write(&mut self, field: Field) {
        let wanted = self.wanted.get(field).cloned();
        if field != Field::PersonalNotes {
            self.out.set.insert(field, wanted);
            return;
        }
        let block = self.wanted.text(field).unwrap_or_default();
        match self.copy {
            None => self.out.needs_content = true,
            Some(copy) => {
                let notes = notes::beside(copy.content.text(field).unwrap_or_default(), block);
                self.out.set.insert(field, Some(Value::from(notes)).filter(|notes| !notes.is_empty()));
            }
        }
    }

    /// What a user wrote into a private event does not become public because the event's source does.
    fn keep_private(&mut self) {
        if !self.has_untold_edits() || !self.out.set.contains_key(&Field::Sensitivity) {
            return;
        }
        match self.copy {
            None => self.out.needs_content = true,
            Some(copy) if self.is_kept_private(copy) => {
                self.out.set.remove(&Field::Sensitivity);
                self.out.kept.push(Field::Sensitivity);
            }
            Some(_) => {}
        }
    }

    fn is_kept_private(&self, copy: &Copy) -> bool {
        self.has_untold_edits() && copy.content.is_private()
    }

    fn has_untold_edits(&self) -> bool {
        self.rules.two_way.is_some_and(|two_way| !two_way.private) && self.out.entry.has_edits()
    }

    /// A series and its occurrences are right only together.
    fn keep_series(&mut self) {
        self.propose_series();
        let timing_stays =
            !self.out.set.contains_key(&Field::Timing) && self.out.entry.is_edited(Field::Timing);
        if self.out.set.contains_key(&Field::Timing) {
            // What users did to single dates would go with the series: the item itself must tell.
            self.out.needs_content |= self.rules.two_way.is_some() && self.copy.is_none();
            // Exceptions belong to a pattern: they are written once the new one is there.
            self.out.unfinished |= self.out.set.remove(&Field::Occurrences).is_some();
            self.out.unfinished |= self.wanted.get(Field::Occurrences).is_some();
        } else if timing_stays && self.out.set.remove(&Field::Occurrences).is_some() {
            self.out.kept.push(Field::Occurrences);
        } else if self.out.set.contains_key(&Field::Occurrences) {
            self.reach_occurrences();
        }
    }

    /// The hub must not judge one without the other.
    fn propose_series(&mut self) {
        let pair = [Field::Timing, Field::Occurrences];
        if !pair.iter().any(|field| self.out.proposed.contains_key(field)) {
            return;
        }
        for field in pair {
            self.out.set.remove(&field);
            let over = self.out.entry.wrote.get(&field).copied();
            let is_hubs = over == self.wanted.print(field) && !self.out.entry.is_edited(field);
            let from = if is_hubs { Some(self.wanted) } else { self.copy.map(|copy| &copy.content) };
            let value = from.and_then(|content| content.get(field)).cloned();
            self.out.proposed.entry(field).or_insert(Edited { value, over });
        }
    }

    /// Single occurrences can be changed and cancelled, and never be brought back.
    fn reach_occurrences(&mut self) {
        let Some(copy) = self.copy else {
            self.out.needs_content = true;
            return;
        };
        if can_reach(copy.content.get(Field::Occurrences), self.wanted.get(Field::Occurrences)) {
            return;
        }
        self.out.set.remove(&Field::Occurrences);
        if self.is_kept_private(copy) {
            return self.out.kept.push(Field::Occurrences);
        }
        // What the user told the hub is judged first, and what was refused is told again so that it stays refused.
        self.out.replace = self.out.proposed.is_empty();
        self.out.unfinished |= self.out.replace;
        if !self.out.replace && self.out.entry.is_edited(Field::Occurrences) {
            self.propose(Field::Occurrences);
            self.propose_series();
        }
    }

    /// Exchange derives the display and sort name anew when a name part is written: they go along as they are.
    fn keep_names(&mut self) {
        if !self.out.set.keys().any(|field| field.is_name_part()) {
            return;
        }
        for field in [Field::DisplayName, Field::FileAs] {
            if self.out.set.contains_key(&field) {
                continue;
            }
            let value = match self.copy {
                Some(copy) => copy.content.get(field),
                None if self.out.entry.seen(field) == self.wanted.print(field) => self.wanted.get(field),
                None => {
                    self.out.needs_content = true;
                    continue;
                }
            };
            self.out.set.extend(value.cloned().map(|value| (field, Some(value))));
        }
    }
}

/// Whether changing and cancelling single occurrences leads from what is there to what is wanted: all but what was
/// cancelled can be brought back.
fn can_reach(from: Option<&Value>, to: Option<&Value>) -> bool {
    let Some(Value::Occurrences(from)) = from else { return true };
    let is_cancelled = |date| match to {
        Some(Value::Occurrences(to)) => to.get(date) == Some(&Occurrence::Cancelled),
        _ => false,
    };
    from.iter().all(|(date, is)| *is != Occurrence::Cancelled || is_cancelled(date))
}

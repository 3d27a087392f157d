//! The fields of one item: who wins each, and what is written.

use std::collections::{BTreeMap, BTreeSet};

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
    /// A value of the mailbox must be sent back, and is not known.
    pub(super) needs_content: bool,
}

/// An item of ours that the base does not know: in the fields that the hub has, or that we were about to write, what
/// it holds counts as ours; the rest is the user's.
pub(super) fn adopted(copy: &Copy, wanted: &Content, intent: Option<&Intent>) -> Entry {
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

/// How an item is known.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    /// As it was last seen.
    AsBefore(&'a Entry),
    /// Read anew; without an entry it is adopted.
    Anew(&'a Copy, Option<&'a Entry>),
}

/// Merges what the hub wants with what the mailbox holds.
pub(super) fn merge(policy: &Policy, wanted: &Content, known: Known<'_>, intent: Option<&Intent>) -> Merged {
    let (entry, copy) = match known {
        Known::AsBefore(entry) => (entry.clone(), None),
        Known::Anew(copy, Some(entry)) => (entry.clone(), Some(copy)),
        Known::Anew(copy, None) => (adopted(copy, wanted, intent), Some(copy)),
    };
    let mut merger = Merger { policy, wanted, copy, intent, out: Merged::of(entry) };
    merger.see_copy();
    for field in merger.fields() {
        merger.field(field);
    }
    merger.keep_names();
    merger.out
}

impl Merged {
    fn of(entry: Entry) -> Self {
        Merged { set: BTreeMap::new(), kept: Vec::new(), entry, needs_content: false }
    }
}

struct Merger<'a> {
    policy: &'a Policy,
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
        }
    }

    /// The fields that are filled on any side, or that the hub keeps empty.
    fn fields(&self) -> BTreeSet<Field> {
        let entry = &self.out.entry;
        let strict = self.policy.modes.iter().filter(|(_, mode)| **mode == Mode::ClearWithSource);
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
        if self.hub_wins(field, hub, holds, edited) {
            self.write(field);
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
            return self.out.entry.is_edited(field);
        }
        holds != hub && !self.was_intended(field, holds) && !self.was_left(field, holds)
    }

    /// Whether an open intent was about to write what the field holds.
    fn was_intended(&self, field: Field, holds: Option<Print>) -> bool {
        self.intent.is_some_and(|intent| intent.writes.get(&field).copied() == holds)
    }

    /// Whether the field holds what it held after our last write.
    fn was_left(&self, field: Field, holds: Option<Print>) -> bool {
        let entry = &self.out.entry;
        holds == entry.wrote.get(&field).copied()
            || entry.differs.get(&field) == Some(&Difference::Server(holds))
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
        match self.policy.mode(field) {
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

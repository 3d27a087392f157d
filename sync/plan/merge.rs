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
    /// A user's edit shows that was not known before.
    pub(super) has_new_edits: bool,
    /// A value of the mailbox must be sent back, and is not known.
    pub(super) needs_content: bool,
}

/// An item of ours that the base does not know: what it holds counts as written by us.
pub(super) fn adopted(copy: &Copy) -> Entry {
    Entry::holding(copy.id.clone(), copy.change_key.clone(), &copy.content)
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
    let (entry, copy, before) = match known {
        Known::AsBefore(entry) => (entry.clone(), None, Some(entry)),
        Known::Anew(copy, Some(entry)) => (entry.clone(), Some(copy), Some(entry)),
        Known::Anew(copy, None) => (adopted(copy), Some(copy), None),
    };
    let mut merger = Merger { policy, wanted, before, copy, intent, out: Merged::of(entry) };
    merger.see_copy();
    for field in merger.owned() {
        merger.field(field);
    }
    merger.keep_names();
    merger.out
}

impl Merged {
    fn of(entry: Entry) -> Self {
        Merged { set: BTreeMap::new(), kept: Vec::new(), entry, has_new_edits: false, needs_content: false }
    }
}

struct Merger<'a> {
    policy: &'a Policy,
    wanted: &'a Content,
    before: Option<&'a Entry>,
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

    /// The fields that are the hub's business: what it has, what it once wrote, what it is to keep empty.
    fn owned(&self) -> BTreeSet<Field> {
        let strict = self.policy.modes.iter().filter(|(_, mode)| **mode == Mode::ClearWithSource);
        let written = self.out.entry.wrote.keys();
        self.wanted
            .iter()
            .map(|(field, _)| field)
            .chain(written.copied())
            .chain(strict.map(|(f, _)| *f))
            .collect()
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
        } else if edited {
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
    fn is_edited(&mut self, field: Field, hub: Option<Print>, holds: Option<Print>) -> bool {
        let (Some(before), Some(_)) = (self.before, self.copy) else {
            return self.out.entry.is_edited(field);
        };
        let ours = holds == hub
            || holds == before.wrote.get(&field).copied()
            || before.differs.get(&field) == Some(&Difference::Server(holds))
            || self.intent.is_some_and(|intent| holds == intent.writes.get(&field).copied());
        let known = before.differs.get(&field) == Some(&Difference::Edited(holds));
        self.out.has_new_edits |= !ours && !known;
        !ours
    }

    /// Moves the entry to what is now known of the field.
    fn note(&mut self, field: Field, hub: Option<Print>, holds: Option<Print>, edited: bool) {
        let entry = &mut self.out.entry;
        if edited {
            entry.note(field, holds, Difference::Edited);
        } else if holds == hub
            || self.intent.is_some_and(|intent| intent.writes.get(&field).copied() == holds)
        {
            entry.wrote_now(field, holds);
        } else {
            entry.note(field, holds, Difference::Server);
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

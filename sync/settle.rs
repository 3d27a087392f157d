//! What an operation's effect teaches: the base moves only here, item by item, after the effect is known.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    Base, ChangeKey, Content, Difference, Effect, Entry, Field, Intent, Intents, ItemId, Op, SourceKey, Value,
};

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The mailbox is as the operation wanted it.
    Done,
    /// Left for the next run, which reads the item anew.
    Left,
    /// Whether it happened is not known; the intent stays open.
    Pending,
    /// Refused by the server with this code; retried in the next run.
    Failed(String),
}

/// Moves base and intents to what must be stored before the first of `ops` is sent.
///
/// A create or update that is about to be sent becomes an intent with a random id from `new_id`. What was learnt from
/// the reading is recorded here, because a reading that went on would not tell it again.
pub fn begin(
    base: &mut Base,
    intents: &mut Intents,
    ops: &[Op],
    now: DateTime<Utc>,
    new_id: &mut dyn FnMut() -> String,
) {
    let mut intend = |key: &SourceKey, content: &Content| {
        let intent = Intent { id: new_id(), since: now, writes: content.prints() };
        intents.insert(key.clone(), intent);
    };
    for op in ops {
        match op {
            Op::Create { key, content } => {
                // A recreated item was seen to be gone.
                base.entries.remove(key);
                intend(key, content);
            }
            Op::Update { key, entry, wanted, tag, .. } => {
                if !tag {
                    base.entries.insert(key.clone(), Entry::clone(entry));
                }
                intend(key, wanted);
            }
            Op::Delete { .. } | Op::Record { .. } | Op::Forget { .. } => {}
        }
    }
    for op in ops.iter().filter(|op| !op.is_write()) {
        settle(base, intents, op, Effect::NotSent);
    }
}

/// Whether the reading must be told again should this operation come to nothing.
///
/// An item that the base does not name is known from the reading alone: it would never be removed or tagged.
pub fn needs_reading(base: &Base, op: &Op) -> bool {
    match op {
        Op::Delete { key, id, .. } => base.entries.get(key).is_none_or(|entry| entry.id != *id),
        Op::Update { tag, .. } => *tag,
        _ => false,
    }
}

/// Moves base and intents to what is known after `op` had this `effect`.
pub fn settle(base: &mut Base, intents: &mut Intents, op: &Op, effect: Effect) -> Outcome {
    let outcome = match &effect {
        Effect::Written { .. } | Effect::Deleted => Outcome::Done,
        Effect::Missing | Effect::Conflict | Effect::NotSent => Outcome::Left,
        Effect::Unknown => Outcome::Pending,
        Effect::Refused(code) => Outcome::Failed(code.clone()),
    };
    // A delete says nothing about a write that may still turn up: its intent is forgotten with the item.
    if outcome != Outcome::Pending && !matches!(op, Op::Delete { .. }) {
        intents.remove(op.key());
    }
    match op {
        Op::Create { key, content } => created(base, key, content, effect),
        Op::Update { tag: true, .. } if !matches!(effect, Effect::Written { .. }) => {}
        Op::Update { key, entry, set, wanted, .. } => updated(base, key, entry, set, wanted, effect),
        Op::Delete { key, id, .. } => return deleted(base, key, id, effect, outcome),
        Op::Record { key, entry } => {
            base.entries.insert(key.clone(), Entry::clone(entry));
            return Outcome::Done;
        }
        Op::Forget { key } => {
            base.entries.remove(key);
            return Outcome::Done;
        }
    }
    outcome
}

fn created(base: &mut Base, key: &SourceKey, wanted: &Content, effect: Effect) {
    if let Effect::Written { id, change_key, content } = effect {
        base.entries.insert(key.clone(), Entry::created(id, change_key, wanted, &content));
    }
}

fn updated(
    base: &mut Base,
    key: &SourceKey,
    entry: &Entry,
    set: &BTreeMap<Field, Option<Value>>,
    wanted: &Content,
    effect: Effect,
) {
    let mut entry = entry.clone();
    match effect {
        Effect::Written { id, change_key, content } => {
            entry.id = id;
            entry.change_key = change_key;
            overwritten(&mut entry, set, wanted, &content);
        }
        // An unknown version makes the next plan look at the item before it decides.
        Effect::Missing | Effect::Conflict | Effect::Deleted => entry.change_key = ChangeKey::unknown(),
        Effect::Unknown | Effect::NotSent | Effect::Refused(_) => {}
    }
    base.entries.insert(key.clone(), entry);
}

/// What the fields are after a write, as the server returned them.
///
/// A series that moved may have lost its exceptions: what is there now counts as ours, and the next step brings them.
fn overwritten(
    entry: &mut Entry,
    set: &BTreeMap<Field, Option<Value>>,
    wanted: &Content,
    returned: &Content,
) {
    let sent: Content = set.iter().filter_map(|(&field, value)| Some((field, value.clone()?))).collect();
    let moved = set.contains_key(&Field::Timing);
    for &field in Field::ALL {
        if moved && field.needs_item() {
            entry.wrote_now(field, returned.print(field));
            continue;
        }
        let hub = wanted.print(field);
        // A user's edit that was only sent back beside a name part is still the user's.
        let is_ours = set.contains_key(&field) && (!entry.is_edited(field) || sent.print(field) == hub);
        if is_ours {
            entry.wrote_now(field, hub);
        }
        let by = if is_ours { Difference::Server } else { Difference::Edited };
        if is_ours || returned.print(field) != entry.seen(field) {
            entry.note(field, returned.print(field), by);
        }
    }
}

fn deleted(base: &mut Base, key: &SourceKey, id: &ItemId, effect: Effect, outcome: Outcome) -> Outcome {
    if !matches!(effect, Effect::Deleted | Effect::Missing) {
        return outcome;
    }
    if base.entries.get(key).is_some_and(|entry| entry.id == *id) {
        base.entries.remove(key);
    }
    Outcome::Done
}

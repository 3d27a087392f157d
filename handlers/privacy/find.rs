//! Finds a person in a record of any table, and takes them out of it.
//!
//! Every record is JSON, so one walk serves all tables, those of later versions too. What it looks for is the smallest
//! entry that is the person's own: a contact of a list, a row, a member; of an event, which is more people's than theirs,
//! only the lines that name them.

use serde_json::{Map, Value};
use sync::Who;
use uuid::Uuid;

use crate::tables::Mention;

/// The lists of which an entry that names somebody is theirs as a whole, whatever else stands in it.
const OWN: [&str; 12] = [
    "users",
    "orgContacts",
    "items",
    "added",
    "edits",
    "removed",
    "entries",
    "intents",
    "proposals",
    "verdicts",
    "mailboxes",
    "lost",
];
/// Fields that name somebody else than the one whose entry it is.
const OTHERS: [&str; 4] = ["manager", "assistantName", "spouseName", "personalNotes"];
/// The deepest nesting that is gone into.
const DEEPEST: usize = 40;

/// What a part of a record has to do with a person.
#[derive(PartialEq, Eq)]
enum Part {
    /// It is about them alone.
    Theirs,
    /// They are named in it.
    NamesThem,
    /// Nothing.
    Others,
}

/// Everything in a record that is about a person.
pub fn find(who: &Who, record: &Value) -> Vec<Mention> {
    let mut found = Vec::new();
    collect(who, record, &mut Vec::new(), &mut found);
    found
}

fn collect<'v>(who: &Who, value: &'v Value, path: &mut Vec<&'v str>, found: &mut Vec<Mention>) {
    if path.len() > DEEPEST {
        return;
    }
    let list = path.last().copied().unwrap_or_default();
    for (name, part) in parts(value) {
        path.push(name.unwrap_or("-"));
        match judge(who, list, name, part) {
            Part::Others => {}
            Part::NamesThem if part.is_object() || part.is_array() => collect(who, part, path, found),
            Part::NamesThem | Part::Theirs => {
                found.push(Mention { place: path.join("/"), holds: part.clone() });
            }
        }
        path.pop();
    }
}

/// Takes everything out of a record that is about a person; how many entries that were.
pub fn strike(who: &Who, record: &mut Value) -> usize {
    strike_list(who, "", record, 0)
}

fn strike_list(who: &Who, list: &str, value: &mut Value, depth: usize) -> usize {
    if depth > DEEPEST {
        return 0;
    }
    let mut struck = 0;
    match value {
        Value::Object(fields) => fields.retain(|name, part| {
            let (count, stays) = strike_part(who, (list, Some(name)), part, depth);
            struck += count;
            stays
        }),
        Value::Array(parts) => parts.retain_mut(|part| {
            let (count, stays) = strike_part(who, (list, None), part, depth);
            struck += count;
            stays
        }),
        _ => {}
    }
    struck
}

/// How much of a part is struck out, and whether the rest stays.
fn strike_part(
    who: &Who,
    (list, name): (&str, Option<&str>),
    part: &mut Value,
    depth: usize,
) -> (usize, bool) {
    match (judge(who, list, name, part), &mut *part) {
        (Part::Others, _) => (0, true),
        // Who did it is part of what is kept for others: nobody, from now on.
        (Part::Theirs, Value::String(by)) if name == Some("by") => {
            *by = Uuid::nil().to_string();
            (1, true)
        }
        (Part::Theirs, _) => (1, false),
        (Part::NamesThem, Value::String(text)) => {
            *text = who.erased_from(text).unwrap_or_default();
            (1, true)
        }
        (Part::NamesThem, nested) => {
            let struck = strike_list(who, name.unwrap_or(list), nested, depth + 1);
            (struck, !is_emptied(nested))
        }
    }
}

/// A value of which nothing is left, such as the addresses of an organizer, goes with its name.
fn is_emptied(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn parts(value: &Value) -> Vec<(Option<&str>, &Value)> {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, part)| (Some(name.as_str()), part)).collect(),
        Value::Array(parts) => parts.iter().map(|part| (None, part)).collect(),
        _ => Vec::new(),
    }
}

fn judge(who: &Who, list: &str, name: Option<&str>, part: &Value) -> Part {
    if name.is_some_and(|name| who.is(name)) {
        return Part::Theirs;
    }
    match part {
        Value::String(text) if who.is(text) => Part::Theirs,
        Value::String(text) if who.is_in(text) => Part::NamesThem,
        Value::Object(_) | Value::Array(_) => {
            let is_entry = name.is_none() || OWN.contains(&list);
            if is_entry && part.is_object() && !is_event(part) && is_named(who, part) {
                Part::Theirs
            } else if is_anywhere(who, part) {
                Part::NamesThem
            } else {
                Part::Others
            }
        }
        _ => Part::Others,
    }
}

/// Whether a part says of itself that it is the person's.
fn is_named(who: &Who, part: &Value) -> bool {
    match part {
        Value::String(text) => who.is(text),
        _ => parts(part).into_iter().any(|(name, part)| {
            let is_others = name.is_some_and(|name| OTHERS.contains(&name));
            !is_others && (name.is_some_and(|name| who.is(name)) || is_named(who, part))
        }),
    }
}

fn is_anywhere(who: &Who, part: &Value) -> bool {
    match part {
        Value::String(text) => who.is_in(text),
        _ => parts(part)
            .into_iter()
            .any(|(name, part)| name.is_some_and(|name| who.is(name)) || is_anywhere(who, part)),
    }
}

/// An event belongs to all who are in it.
fn is_event(part: &Value) -> bool {
    parts(part).into_iter().any(|(name, part)| name == Some("timing") || is_event(part))
}

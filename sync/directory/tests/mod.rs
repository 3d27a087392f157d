//! Directories in tests, and the stories about them.

mod feeds;
mod history;
mod laws;
mod rules;

use serde_json::{Value, json};

use super::{Change, Directory, Feed, Member, Round};
use crate::Reading;

/// A GUID that ends in this number.
pub fn id(number: u64) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

/// An entry that sets properties.
pub fn set(number: u64, properties: Value) -> Change {
    let Value::Object(properties) = properties else { panic!("properties are an object") };
    Change { id: id(number), removed: false, properties, members: Vec::new() }
}

/// An entry that says an object is gone.
pub fn gone(number: u64) -> Change {
    Change { removed: true, ..set(number, json!({})) }
}

/// An entry of a group that gains members.
pub fn group(number: u64, members: &[u64]) -> Change {
    let members = members.iter().map(|&member| Member { id: id(member), removed: false }).collect();
    Change { members, ..set(number, json!({})) }
}

/// A round that came to its end.
pub fn round(reading: Reading, changes: impl IntoIterator<Item = Change>) -> Round {
    Round { reading, complete: true, changes: changes.into_iter().collect() }
}

/// A round that broke off.
pub fn broken(reading: Reading, changes: impl IntoIterator<Item = Change>) -> Round {
    Round { complete: false, ..round(reading, changes) }
}

/// A directory of these users, org contacts and groups, read to the end.
pub fn directory<const U: usize, const C: usize, const G: usize>(
    users: [Change; U],
    contacts: [Change; C],
    groups: [Change; G],
) -> Directory {
    let mut directory = Directory::default();
    directory.apply(Feed::Users, round(Reading::Everything, users));
    directory.apply(Feed::OrgContacts, round(Reading::Everything, contacts));
    directory.apply(Feed::Groups, round(Reading::Everything, groups));
    directory
}

//! How a round moves the directory on.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Change, Directory, Feed, Group, Round};
use crate::Reading;

type Objects = BTreeMap<String, Map<String, Value>>;

impl Directory {
    /// Moves the directory on by one round of a feed.
    ///
    /// A round that broke off adds and changes, but removes neither an object nor a member of a group: the caller
    /// asks again from the link it had, and the removals come again. A full reading that finished replaces what
    /// was known.
    pub fn apply(&mut self, feed: Feed, round: Round) {
        let Round { reading, complete, changes } = round;
        let afresh = complete && reading == Reading::Everything;
        match feed {
            Feed::Users => objects(&mut self.users, feed, afresh, complete, changes),
            Feed::OrgContacts => objects(&mut self.org_contacts, feed, afresh, complete, changes),
            Feed::Groups => {
                self.groups_known |= complete;
                groups(&mut self.groups, afresh, complete, changes);
            }
        }
    }
}

fn objects(known: &mut Objects, feed: Feed, afresh: bool, complete: bool, changes: Vec<Change>) {
    if afresh {
        known.clear();
    }
    for change in changes {
        let Some(id) = usable(&change.id) else { continue };
        if change.removed.is_none() {
            merge(known.entry(id).or_default(), feed, change.properties);
        } else if complete {
            known.remove(&id);
        }
    }
}

fn merge(known: &mut Map<String, Value>, feed: Feed, properties: Map<String, Value>) {
    for (name, value) in properties {
        // A cleared list may come as an empty one; both ways must lead to the same state.
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            known.remove(&name);
        } else if feed.properties().contains(&name.as_str()) {
            known.insert(name, value);
        }
    }
}

fn groups(known: &mut BTreeMap<String, Group>, afresh: bool, complete: bool, changes: Vec<Change>) {
    if afresh {
        known.clear();
    }
    for change in changes {
        let Some(id) = usable(&change.id) else { continue };
        if change.removed.is_none() {
            known.entry(id).or_default().apply(&change.properties, complete);
        } else if complete {
            known.remove(&id);
        }
    }
}

impl Group {
    /// A large group comes in several entries, each with a part of its members.
    fn apply(&mut self, properties: &Map<String, Value>, complete: bool) {
        if let Some(name) = properties.get("displayName") {
            self.display_name = name.as_str().unwrap_or_default().to_owned();
        }
        let members = properties.get("members@delta").and_then(Value::as_array);
        for member in members.into_iter().flatten() {
            let Some(id) = member.get("id").and_then(Value::as_str).and_then(usable) else { continue };
            if member.get("@removed").is_none() {
                self.members.insert(id);
            } else if complete {
                self.members.remove(&id);
            }
        }
    }
}

/// An id as it is compared, or nothing if it can be none: it becomes part of an item's identity.
pub(super) fn usable(id: &str) -> Option<String> {
    (1..=128).contains(&id.len()).then(|| id.to_ascii_lowercase())
}

//! How a round moves the directory on.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Change, Directory, Feed, Group, Round};
use crate::Reading;

impl Directory {
    /// Moves the directory on by one round of a feed.
    ///
    /// A round that broke off adds and changes, but removes neither an object nor a member of a group: the caller
    /// asks again from the link it had, and the removals come again. A full reading that finished replaces what
    /// was known.
    pub fn apply(&mut self, feed: Feed, round: Round) {
        let complete = round.complete;
        match feed {
            Feed::Users => walk(&mut self.users, round, |user, change| merge(user, feed, change.properties)),
            Feed::OrgContacts => {
                walk(&mut self.org_contacts, round, |contact, change| {
                    merge(contact, feed, change.properties)
                });
            }
            Feed::Groups => {
                self.groups_known |= complete;
                walk(&mut self.groups, round, |group, change| group.apply(&change, complete));
            }
        }
    }
}

fn walk<T: Default>(known: &mut BTreeMap<String, T>, round: Round, set: impl Fn(&mut T, Change)) {
    let Round { reading, complete, changes } = round;
    if complete && reading == Reading::Everything {
        known.clear();
    }
    for change in changes {
        let Some(id) = usable(&change.id) else { continue };
        if !change.removed {
            set(known.entry(id).or_default(), change);
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

impl Group {
    fn apply(&mut self, change: &Change, complete: bool) {
        if let Some(name) = change.properties.get("displayName") {
            self.display_name = name.as_str().unwrap_or_default().to_owned();
        }
        for member in &change.members {
            let Some(id) = usable(&member.id) else { continue };
            if !member.removed {
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

//! From what the contributing spokes hold to the hub's snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::directory::{Directory, GroupError};
use crate::hub::{Contributes, HubConfig, Problem, Spoke};
use crate::mapping::LeftOut;
use crate::{Content, Limits, MailboxId, Snapshot, SourceKey};

type Items = BTreeMap<SourceKey, Arc<Content>>;

/// What one contributing spoke is known to hold.
#[derive(Debug, Clone)]
pub struct Contribution {
    /// The directory as it stands after the last reading.
    pub directory: Directory,
    /// Every feed of the last reading came to its end without an error.
    pub complete: bool,
}

/// What a hub wants, and for whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The hub's content: the last snapshot itself where nothing differs.
    pub snapshot: Snapshot,
    /// What the contacts could not take, by item.
    pub left_out: BTreeMap<SourceKey, Vec<LeftOut>>,
    /// The receiving spoke's id by mailbox; a mailbox in the audience of several belongs to the first.
    ///
    /// Only a complete snapshot tells that a mailbox which is missing here has left.
    pub audience: BTreeMap<MailboxId, String>,
}

/// Merges what the contributing spokes hold, by spoke id, into the hub's next snapshot.
///
/// A spoke of the configuration that is missing in `spokes` counts as not read. From an incomplete reading nothing
/// leaves the snapshot; what is read wins over what was kept. A person whom two spokes contribute is two items.
/// `version` moves if items or scope do.
///
/// Fails with the place in the configuration if it names a group that the directory doesn't have or whose
/// members were never read to the end: then nobody can tell who is in.
pub fn contributions(
    config: &HubConfig,
    spokes: &BTreeMap<String, Contribution>,
    last: Option<&Snapshot>,
) -> Result<Merged, Problem> {
    let mut read = Read::default();
    for (path, spoke, contributes) in config.contributing_at() {
        if let Some(known) = spokes.get(&spoke.id) {
            read.spoke(spoke, contributes, &known.directory)
                .map_err(|error| Problem::group(format!("{path}.rules"), &error))?;
        }
    }
    let is_complete = |(spoke, _): (&Spoke, _)| spokes.get(&spoke.id).is_some_and(|known| known.complete);
    let complete = config.contributing().all(is_complete);
    let snapshot = next(config, read.items, complete, last);
    Ok(Merged { snapshot, left_out: read.left_out, audience: audience(config, spokes)? })
}

/// What the spokes hold now.
#[derive(Default)]
struct Read {
    items: Items,
    left_out: BTreeMap<SourceKey, Vec<LeftOut>>,
}

impl Read {
    fn spoke(&mut self, spoke: &Spoke, what: &Contributes, directory: &Directory) -> Result<(), GroupError> {
        for person in what.rules.people(directory)? {
            let Ok(key) = SourceKey::new(format!("{}:{}", spoke.id, person.id)) else { continue };
            let (content, left_out) = what.mapping.contact(&person);
            if !left_out.is_empty() {
                self.left_out.insert(key.clone(), left_out);
            }
            self.items.insert(key, Arc::new(content));
        }
        Ok(())
    }
}

fn next(config: &HubConfig, mut items: Items, complete: bool, last: Option<&Snapshot>) -> Snapshot {
    let scope = config.scope();
    let Some(last) = last else {
        return Snapshot { version: 1, complete, last_good: 0, scope, items };
    };
    if !complete {
        for (key, content) in &last.items {
            items.entry(key.clone()).or_insert_with(|| Arc::clone(content));
        }
    }
    if (scope, &items) == (last.scope, &last.items) {
        // A source that could not be read is no news for the mailboxes: their version stays.
        return Snapshot { complete, ..last.clone() };
    }
    let last_good = if is_good(last, &config.limits) { last.items.len() } else { last.last_good };
    Snapshot { version: last.version + 1, complete, last_good, scope, items }
}

/// Whether later snapshots are measured against this one.
///
/// One that shrank too much is held back, and must not become the measure just because another one followed it:
/// whoever records an approval sets its `last_good` to the number of its items.
fn is_good(snapshot: &Snapshot, limits: &Limits) -> bool {
    let (before, now) = (snapshot.last_good, snapshot.items.len());
    let lost = before.saturating_sub(now);
    snapshot.complete && (now > 0 || before == 0) && lost * 100 <= before * limits.shrink_percent
}

/// The mailboxes are those of the tenant, which the first directory knows.
fn audience(
    config: &HubConfig,
    spokes: &BTreeMap<String, Contribution>,
) -> Result<BTreeMap<MailboxId, String>, Problem> {
    let mut audience = BTreeMap::new();
    let Some(known) = config.contributing().find_map(|(spoke, _)| spokes.get(&spoke.id)) else {
        return Ok(audience);
    };
    for (path, spoke, receives) in config.receiving_at() {
        let mailboxes = receives
            .audience
            .mailboxes(&known.directory)
            .map_err(|error| Problem::group(format!("{path}.audience"), &error))?;
        for mailbox in mailboxes {
            audience.entry(mailbox).or_insert_with(|| spoke.id.clone());
        }
    }
    Ok(audience)
}

#[cfg(test)]
mod tests;

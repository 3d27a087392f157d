//! From what the contributing spokes hold to the hub's snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::directory::{Directory, GroupError};
use crate::hub::{Contributes, HubConfig, Problem, Spoke};
use crate::mapping::LeftOut;
use crate::{Content, MailboxId, Snapshot, SourceKey};

type Items = BTreeMap<SourceKey, Arc<Content>>;

/// Under this name `contributions` looks for the directory that only the audience needs; no spoke can be called so.
pub const TENANT: &str = "_tenant";

/// What one contributing spoke is known to hold.
#[derive(Debug, Clone)]
pub struct Contribution {
    /// All that is known after the last reading.
    pub source: Source,
    /// The last reading came to its end without an error.
    pub complete: bool,
}

/// What a source holds.
#[derive(Debug, Clone)]
pub enum Source {
    /// A directory.
    Directory(Directory),
    /// Contacts or events as they stand there, by their ids there.
    Items(BTreeMap<String, Content>),
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
/// leaves the snapshot; what is read wins over what was kept. `now` gives the window of events. Where
/// [`HubConfig::reads_tenant`] says so, the directory for the audience is looked for under [`TENANT`].
///
/// Fails with the place in the configuration if it names a group that the directory doesn't have or whose
/// members were never read to the end: then nobody can tell who is in.
pub fn contributions(
    config: &HubConfig,
    spokes: &BTreeMap<String, Contribution>,
    last: Option<&Snapshot>,
    _now: DateTime<Utc>,
) -> Result<Merged, Problem> {
    let mut read = Read::default();
    for (path, spoke, contributes) in config.contributing_at() {
        if let Some(known) = spokes.get(&spoke.id) {
            read.spoke(spoke, contributes, &known.source)
                .map_err(|error| Problem::group(format!("{path}.rules"), &error))?;
        }
    }
    let complete = sources(config).all(|spoke| spokes.get(spoke).is_some_and(|known| known.complete));
    let snapshot = next(config, read.items, complete, last);
    Ok(Merged { snapshot, left_out: read.left_out, audience: audience(config, spokes)? })
}

/// The names of all that has to be read.
fn sources(config: &HubConfig) -> impl Iterator<Item = &str> {
    let contributing = config.contributing().map(|(spoke, _)| spoke.id.as_str());
    contributing.chain(config.reads_tenant().then_some(TENANT))
}

/// What the spokes hold now.
#[derive(Default)]
struct Read {
    items: Items,
    left_out: BTreeMap<SourceKey, Vec<LeftOut>>,
}

impl Read {
    fn spoke(&mut self, spoke: &Spoke, what: &Contributes, source: &Source) -> Result<(), GroupError> {
        match source {
            Source::Directory(directory) => self.directory(spoke, what, directory),
            Source::Items(items) => {
                self.items(spoke, items);
                Ok(())
            }
        }
    }

    fn directory(
        &mut self,
        spoke: &Spoke,
        what: &Contributes,
        directory: &Directory,
    ) -> Result<(), GroupError> {
        for person in what.rules.people(directory)? {
            let key = SourceKey::of(&spoke.id, person.id);
            let (content, left_out) = what.mapping.contact(&person);
            if !left_out.is_empty() {
                self.left_out.insert(key.clone(), left_out);
            }
            self.items.insert(key, Arc::new(content));
        }
        Ok(())
    }

    fn items(&mut self, spoke: &Spoke, items: &BTreeMap<String, Content>) {
        for (id, raw) in items {
            let shared = raw.iter().filter(|(field, _)| !field.is_source_only());
            let content = shared.map(|(field, value)| (field, value.clone())).collect();
            self.items.insert(SourceKey::of(&spoke.id, id), Arc::new(content));
        }
    }
}

fn next(config: &HubConfig, mut items: Items, complete: bool, last: Option<&Snapshot>) -> Snapshot {
    let scope = config.scope();
    if let Some(last) = last.filter(|_| !complete) {
        for (key, content) in &last.items {
            items.entry(key.clone()).or_insert_with(|| Arc::clone(content));
        }
    }
    Snapshot { complete, scope, items, ..Snapshot::default() }.after(last, &config.limits)
}

/// The mailboxes are those of the tenant, which the first directory knows.
fn audience(
    config: &HubConfig,
    spokes: &BTreeMap<String, Contribution>,
) -> Result<BTreeMap<MailboxId, String>, Problem> {
    let mut audience = BTreeMap::new();
    let nobody = Directory::default();
    let directory = if config.feeds().is_empty() { Some(&nobody) } else { directory(config, spokes) };
    let Some(directory) = directory else { return Ok(audience) };
    for (path, spoke, receives) in config.receiving_at() {
        let mailboxes = receives
            .audience
            .mailboxes(directory)
            .map_err(|error| Problem::group(format!("{path}.audience"), &error))?;
        for mailbox in mailboxes {
            audience.entry(mailbox).or_insert_with(|| spoke.id.clone());
        }
    }
    Ok(audience)
}

fn directory<'a>(config: &HubConfig, spokes: &'a BTreeMap<String, Contribution>) -> Option<&'a Directory> {
    sources(config).find_map(|name| match &spokes.get(name)?.source {
        Source::Directory(directory) => Some(directory),
        Source::Items(_) => None,
    })
}

#[cfg(test)]
mod tests;

//! From what the contributing spokes hold to the hub's snapshot.

mod entries;
mod item;
mod kept;
mod pieces;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::directory::Directory;
use crate::hub::{HubConfig, Kind, Problem};
use crate::mapping::{LeftOut, Skipped};
use crate::{Content, MailboxId, Snapshot, SourceKey};
use entries::Entries;
use kept::kept;
use pieces::Pieces;

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
    /// What had to be left out of contacts and events, by the entry of a contributor.
    pub left_out: BTreeMap<SourceKey, Vec<LeftOut>>,
    /// The entries that were read and are not in, with the reason.
    pub skipped: BTreeMap<SourceKey, Skipped>,
    /// The receiving spoke's id by mailbox; a mailbox in the audience of several belongs to the first.
    ///
    /// Only a complete snapshot tells that a mailbox which is missing here has left.
    pub audience: BTreeMap<MailboxId, String>,
}

/// Merges what the contributing spokes hold, by spoke id, into the hub's next snapshot.
///
/// Entries that the hub's match rule takes for one person become one item, field by field: of several spokes that
/// fill a field the first in the configuration wins. An item keeps its identity as long as one of its entries is
/// there. A spoke that is missing in `spokes` counts as not read. From an incomplete reading nothing leaves the
/// snapshot; what is read wins over what was kept. `now` gives the window of events. Where
/// [`HubConfig::reads_tenant`] says so, the directory for the audience is looked for under [`TENANT`].
///
/// Fails with the place in the configuration if it names a group that the directory doesn't have or whose
/// members were never read to the end: then nobody can tell who is in.
pub fn contributions(
    config: &HubConfig,
    spokes: &BTreeMap<String, Contribution>,
    last: Option<&Snapshot>,
    now: DateTime<Utc>,
) -> Result<Merged, Problem> {
    let (mut left_out, mut skipped) = (BTreeMap::new(), BTreeMap::new());
    let by = config.matching.map(|rule| rule.by);
    let mut pieces = Pieces::new(by.is_some(), last);
    for (path, spoke, contributes) in config.contributing_at() {
        let known = spokes.get(&spoke.id);
        let mut read = Entries::of(config.kind, by, spoke, contributes);
        if let Some(known) = known {
            read.read(&known.source, now).map_err(|error| Problem::group(format!("{path}.rules"), &error))?;
        }
        let kept = match (known, last) {
            (Some(Contribution { complete: true, .. }), _) | (_, None) => Vec::new(),
            (_, Some(last)) => kept(last, &spoke.id, by, |key| read.has(key)),
        };
        pieces.add(read.entries, kept);
        left_out.append(&mut read.left_out);
        skipped.append(&mut read.skipped);
    }
    let complete = sources(config).all(|spoke| spokes.get(spoke).is_some_and(|known| known.complete));
    let mut merged = Snapshot { complete, scope: config.scope(), ..pieces.merged(config.kind) };
    let windows = config.contributing().map(|(_, contributes)| contributes.events.window(now).0);
    if let Some((last, from)) = last.filter(|_| config.kind == Kind::Events).zip(windows.min()) {
        merged.note_past(last, from, now.date_naive());
    }
    let snapshot = merged.after(last, &config.limits);
    Ok(Merged { snapshot, left_out, skipped, audience: audience(config, spokes)? })
}

/// The names of all that has to be read.
fn sources(config: &HubConfig) -> impl Iterator<Item = &str> {
    let contributing = config.contributing().map(|(spoke, _)| spoke.id.as_str());
    contributing.chain(config.reads_tenant().then_some(TENANT))
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

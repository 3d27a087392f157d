//! Hubs that would feed each other.

use super::{Audience, Contributes, HubConfig, Problem, Receives};
use crate::HubId;

/// The first ring among the hubs of a tenant: each writes a folder or calendar that the next one reads, and the last
/// one feeds the first.
///
/// An audience is taken for as large as it may become. Whatever this misses is stopped by the marks on folders and
/// items: what a hub wrote no hub takes for a source.
pub fn ring(hubs: &[(HubId, &HubConfig)]) -> Option<Problem> {
    (0..hubs.len()).find_map(|first| {
        let ring = way_back(hubs, first)?;
        Some(problem(hubs, &ring))
    })
}

/// The shortest way from a hub over others to itself, by places in the list.
fn way_back(hubs: &[(HubId, &HubConfig)], first: usize) -> Option<Vec<usize>> {
    let mut ways = vec![vec![first]];
    let mut seen = vec![false; hubs.len()];
    let mut next = 0;
    while let Some(way) = ways.get(next).cloned() {
        next += 1;
        let (_, writer) = hubs.get(*way.last()?)?;
        for (at, _) in hubs.iter().enumerate().filter(|(_, (_, reader))| feeds(writer, reader)) {
            if at == first {
                return Some(way);
            }
            if let Some(seen) = seen.get_mut(at).filter(|seen| !**seen) {
                *seen = true;
                ways.push(way.iter().copied().chain([at]).collect());
            }
        }
    }
    None
}

/// Whether one hub writes what the other reads.
fn feeds(writer: &HubConfig, reader: &HubConfig) -> bool {
    fed(writer, reader).is_some()
}

/// The place in the reader's configuration where it reads what the writer writes.
fn fed(writer: &HubConfig, reader: &HubConfig) -> Option<String> {
    let writes = |source: &Contributes| {
        let same = |to: &Receives| is_folder(source, &to.folder) && may_serve(&to.audience, source);
        writer.kind == reader.kind && writer.receiving().any(|(_, receives)| same(receives))
    };
    reader.contributing_at().find(|(_, _, source)| writes(source)).map(|(path, _, _)| path)
}

/// Whether a contributor reads the folder of this name. The default one is nobody's.
fn is_folder(source: &Contributes, name: &str) -> bool {
    source.folder.as_ref().is_some_and(|folder| folder.trim().to_lowercase() == name.trim().to_lowercase())
}

/// Whether the contributor's mailbox is in the audience, or may come into it through a group.
fn may_serve(audience: &Audience, source: &Contributes) -> bool {
    let Some(mailbox) = source.mailbox_id() else { return false };
    let names = |ids: &[String]| ids.iter().any(|id| id.eq_ignore_ascii_case(mailbox.as_str()));
    !names(&audience.exclude_users)
        && (audience.all_mailboxes || !audience.groups.is_empty() || names(&audience.users))
}

fn problem(hubs: &[(HubId, &HubConfig)], ring: &[usize]) -> Problem {
    let id = |at: usize| hubs.get(at).map_or("", |(id, _)| id.as_str());
    let first = ring.first().copied().unwrap_or_default();
    let names: Vec<&str> = ring.iter().copied().chain([first]).map(id).collect();
    let config = |at: usize| hubs.get(at).map(|(_, config)| *config);
    let source = ring.last().and_then(|last| fed(config(*last)?, config(first)?));
    Problem::new(
        source.map(|path| format!("{path}.folder")).unwrap_or_default(),
        format!("the hubs would feed each other: {}", names.join(" → ")),
        "read a folder that no hub writes, or take the mailbox out of the audience",
    )
}

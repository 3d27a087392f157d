//! Reads a tenant's directory: one delta per feed.

use connectors::graph::{self, Kind, Reader};
use futures::FutureExt;
use futures::future::join_all;
use sync::Reading as Told;
use sync::directory::{Change, Feed, Member, Round};

use super::read::{FULL_READ, Reading, Reads};
use crate::host::Failure;
use crate::tables::Source;

/// Reads the feeds that the hub needs.
pub(super) async fn read(reads: Reads<'_>, mut source: Source) -> Result<Reading, Failure> {
    let now = reads.app.now();
    let is_full = source.read_fully.is_none_or(|last| now - last >= FULL_READ);
    let mut rounds = Vec::new();
    for feed in reads.config.feeds() {
        let link = source.links.get(name(feed)).filter(|_| !is_full).cloned();
        rounds.push(round(reads.reader, feed, link).boxed());
    }
    let rounds = join_all(rounds).await;
    let (mut moved, mut problems) = (false, Vec::new());
    for (feed, reading, round) in rounds {
        moved |= !round.changes.is_empty();
        let complete = round.end.is_ok();
        match round.end {
            Ok(link) => moved |= source.links.insert(name(feed).to_owned(), link.clone()) != Some(link),
            Err(error) => problems.push(reads.failed(name(feed), &error).await?),
        }
        let changes = round.changes.into_iter().map(change).collect();
        source.directory.apply(feed, Round { reading, complete, changes });
    }
    if is_full && problems.is_empty() {
        source.read_fully = Some(now);
    }
    Ok(Reading { source, moved, problems, is_directory: true })
}

/// One round of a feed; a link that the server no longer knows is answered by reading everything.
async fn round(reader: &Reader, feed: Feed, link: Option<String>) -> (Feed, Told, graph::Round) {
    if let Some(link) = link {
        let round = ask(reader, feed, Some(&link)).await;
        if !matches!(&round.end, Err(error) if error.kind() == Kind::Resync) {
            return (feed, Told::Changes, round);
        }
    }
    (feed, Told::Everything, ask(reader, feed, None).await)
}

async fn ask(reader: &Reader, feed: Feed, link: Option<&str>) -> graph::Round {
    match feed {
        Feed::Users => reader.users_delta(link).await,
        Feed::OrgContacts => reader.org_contacts_delta(link).await,
        Feed::Groups => reader.groups_delta(link).await,
    }
}

const fn name(feed: Feed) -> &'static str {
    match feed {
        Feed::Users => "users",
        Feed::OrgContacts => "orgContacts",
        Feed::Groups => "groups",
    }
}

fn change(change: graph::Change) -> Change {
    let graph::Change { id, removed, properties, members } = change;
    let member = |member: graph::Member| Member { id: member.id, removed: member.removed };
    Change { id, removed: removed.is_some(), properties, members: members.into_iter().map(member).collect() }
}

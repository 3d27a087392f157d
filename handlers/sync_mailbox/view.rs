//! From a reading of a folder to what the core plans on: the items that carry our tag, and in two-way mailboxes those
//! that users put beside them.

use std::collections::BTreeMap;

use connectors::graph::{Error, FolderChanges, Found, Place, Reader, Seen, Which};
use sync::hub::Kind;
use sync::{Copy, ItemId, Listed, Mailbox, Reading, SourceKey};

use super::visit::Visit;
use crate::tables::MailboxState;

/// The most unknown items that are asked for one by one; beyond, the whole folder is listed.
const ONE_BY_ONE: usize = 60;

/// What a reading says about the items that the hub has to do with.
pub(super) async fn view(
    visit: &Visit<'_>,
    place: &Place,
    state: &MailboxState,
    link: Option<&str>,
    read: FolderChanges,
) -> Result<Mailbox, Error> {
    let reading = if link.is_some() { Reading::Changes } else { Reading::Everything };
    let mut mailbox = Mailbox::unread(reading);
    let keys = keys(&visit.reader, place, state, &read.items).await?;
    let born = Born::of(visit, place);
    mailbox.gone = read.gone.into_iter().collect();
    let listed = read.items.into_iter().filter_map(|item| {
        let tag = keys.get(&item.id).cloned();
        let tagged = tag.is_some();
        let key = tag.or_else(|| born.key(&item.id))?;
        Some(Listed { id: item.id, change_key: item.change_key, created: item.created, key, tagged })
    });
    mailbox.listed = listed.collect();
    mailbox.found = found(&visit.reader, place, state).await?;
    Ok(mailbox)
}

/// Looks at items one by one; whether somebody made a meeting of one.
///
/// Whoever changes a meeting mails those who are invited: it is its organizer's from then on, and nothing of ours.
pub(super) async fn look(
    visit: &Visit<'_>,
    place: &Place,
    ids: &[ItemId],
    mailbox: &mut Mailbox,
) -> Result<bool, Error> {
    let born = Born::of(visit, place);
    let mut meetings = false;
    for (id, found) in visit.reader.look_any(place, ids).await {
        let found = found?;
        meetings |= found.as_ref().is_some_and(|found| found.invites);
        let copy = found.filter(|found| !found.invites).and_then(|found| born.copy(found));
        mailbox.looked.insert(id, copy);
    }
    Ok(meetings)
}

/// Which identity an item has that users made.
struct Born<'a> {
    place: &'a Place,
    /// The two-way spoke; in the mailboxes of others such items are nothing to the hub.
    spoke: Option<&'a str>,
}

impl<'a> Born<'a> {
    fn of(visit: &Visit<'a>, place: &'a Place) -> Self {
        let spoke = visit.two_way().map(|_| visit.job.spoke.as_str());
        Born { place, spoke }
    }

    fn key(&self, id: &ItemId) -> Option<SourceKey> {
        Some(SourceKey::born(self.spoke?, &self.place.mailbox, id))
    }

    fn copy(&self, found: Found) -> Option<Copy> {
        let Found { id, change_key, created, tag, content, .. } = found;
        let tagged = tag.is_some();
        let key = tag.or_else(|| self.key(&id))?;
        Some(Copy { id, change_key, created, key, tagged, content })
    }
}

/// The tags of what was read. A calendar tells them; a contact folder does not, so that unknown items are asked for
/// theirs.
async fn keys(
    reader: &Reader,
    place: &Place,
    state: &MailboxState,
    items: &[Seen],
) -> Result<BTreeMap<ItemId, SourceKey>, Error> {
    if place.kind == Kind::Events {
        return Ok(items.iter().filter_map(|item| Some((item.id.clone(), item.tag.clone()?))).collect());
    }
    let mut keys = known(state);
    let unknown: Vec<ItemId> =
        items.iter().map(|item| &item.id).filter(|id| !keys.contains_key(*id)).cloned().collect();
    if !unknown.is_empty() {
        let which = if unknown.len() > ONE_BY_ONE { Which::All } else { Which::These(&unknown) };
        keys.extend(reader.tags(place, which).await?);
    }
    Ok(keys)
}

fn known(state: &MailboxState) -> BTreeMap<ItemId, SourceKey> {
    state.base.entries.iter().map(|(key, entry)| (entry.id.clone(), key.clone())).collect()
}

/// A create without an answer is looked for by its tag.
async fn found(reader: &Reader, place: &Place, state: &MailboxState) -> Result<Vec<Listed>, Error> {
    let open: Vec<SourceKey> = state.intents.keys().cloned().collect();
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let found = reader.find(place, &open).await?;
    let listed = |copy: Copy| Listed {
        id: copy.id,
        change_key: copy.change_key,
        created: copy.created,
        key: copy.key,
        tagged: copy.tagged,
    };
    Ok(found.into_iter().map(listed).collect())
}

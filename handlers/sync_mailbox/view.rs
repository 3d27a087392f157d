//! From a reading of a folder to what the core plans on: only items that carry our tag.

use std::collections::BTreeMap;

use connectors::graph::{Error, FolderChanges, Place, Reader, Which};
use sync::{Copy, ItemId, Listed, Mailbox, Reading, SourceKey};

use crate::tables::MailboxState;

/// The most unknown items that are asked for one by one; beyond, the whole folder is listed.
const ONE_BY_ONE: usize = 60;

/// What a reading says about our items: a delta tells no tags, so unknown items are asked for theirs.
pub(super) async fn view(
    reader: &Reader,
    place: &Place,
    state: &MailboxState,
    link: Option<&str>,
    read: FolderChanges,
) -> Result<Mailbox, Error> {
    let mut keys = known(state);
    let unknown: Vec<ItemId> =
        read.items.iter().map(|item| &item.id).filter(|id| !keys.contains_key(*id)).cloned().collect();
    if !unknown.is_empty() {
        let which = if unknown.len() > ONE_BY_ONE { Which::All } else { Which::These(&unknown) };
        keys.extend(reader.tags(place, which).await?);
    }
    let reading = if link.is_some() { Reading::Changes } else { Reading::Everything };
    let mut mailbox = Mailbox::unread(reading);
    mailbox.gone = read.gone.into_iter().collect();
    let listed = read.items.into_iter().filter_map(|item| {
        let key = keys.get(&item.id)?.clone();
        Some(Listed { id: item.id, change_key: item.change_key, created: item.created, key, tagged: true })
    });
    mailbox.listed = listed.collect();
    mailbox.found = found(reader, place, state).await?;
    Ok(mailbox)
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

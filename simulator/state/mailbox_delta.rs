//! Deltas of folders: what changed, and the rounds, pages and generations of contacts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::contact::Contact;
use super::folder::Folder;
use super::lag::Overlay;
use super::mailbox::{Item, Mailbox};
use super::refusal::Refusal;

/// Where a reader stands; the opaque part of a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) folder: u64,
    /// Everything up to this version has been seen.
    pub(crate) after: u64,
    /// In a first round: the oldest version that it showed. What left before that was never shown.
    pub(crate) began: Option<u64>,
    /// Set between rounds.
    pub(crate) generation: Option<u64>,
    /// The bits of the selected fields.
    pub(crate) select: u64,
    /// What `$top` still allows in this round.
    pub(crate) left: Option<usize>,
}

/// One entry of a delta.
#[derive(Clone, Debug)]
pub(crate) enum Entry<T> {
    Present(Arc<T>),
    Gone(u64),
}

/// One page, and where the next one starts.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry<Contact>>,
    pub(crate) next: Cursor,
    pub(crate) more: bool,
}

/// The changes that a reader has not seen: after a version, and in a first round only what it may have shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unseen {
    pub(crate) after: u64,
    pub(crate) began: Option<u64>,
}

impl<T: Item> Mailbox<T> {
    /// Refuses a delta link whose sync state is no longer kept.
    pub(crate) fn check_generation(&self, folder: u64, generation: Option<u64>) -> Result<(), Refusal> {
        let folder = self.folders.get(&folder).ok_or_else(Refusal::item_not_found)?;
        match generation.filter(|generation| !folder.knows_generation(*generation)) {
            Some(lost) => Err(Refusal::new(410, "SyncStateNotFound", folder.lost_generation(lost))),
            None => Ok(()),
        }
    }

    /// The next changes in a folder, oldest first, each with its version.
    pub(crate) fn changes(
        &self,
        folder: &Folder,
        unseen: Unseen,
        overlay: &Overlay<T>,
        most: usize,
    ) -> Vec<(u64, Entry<T>)> {
        let earlier = overlay.before.values().flatten();
        let earlier = earlier.filter(|item| item.folder() == folder.serial && item.version() > unseen.after);
        let mut found: Vec<(u64, Entry<T>)> =
            earlier.map(|item| (item.version(), Entry::Present(Arc::clone(item)))).collect();
        let current =
            folder.log.range(unseen.after + 1..).take_while(|(version, _)| **version <= overlay.upto);
        let shown = current.filter_map(|(version, item)| self.entry(folder, unseen, *version, *item));
        found.extend(shown.take(most));
        found.sort_by_key(|(version, _)| *version);
        found.truncate(most);
        found
    }

    fn entry(&self, folder: &Folder, unseen: Unseen, version: u64, item: u64) -> Option<(u64, Entry<T>)> {
        if folder.members.contains(&item) {
            return self.items.get(&item).map(|item| (version, Entry::Present(Arc::clone(item))));
        }
        let never_shown = unseen.began.is_some_and(|began| version <= began);
        (!never_shown).then_some((version, Entry::Gone(item)))
    }
}

impl Mailbox<Contact> {
    /// Reads the next page after a cursor.
    pub(crate) fn delta_page(&mut self, mut cursor: Cursor, size: usize, now: i64, every_poll: bool) -> Page {
        let overlay = self.overlay(now);
        let Some(folder) = self.folders.get(&cursor.folder) else {
            return Page { entries: Vec::new(), next: cursor, more: false };
        };
        let oldest = if cursor.after == 0 { folder.moved } else { cursor.began.unwrap_or(folder.moved) };
        cursor.began = cursor.began.map(|_| oldest.min(overlay.upto));
        let size = cursor.left.map_or(size, |left| left.min(size));
        let unseen = Unseen { after: cursor.after, began: cursor.began };
        let mut found = self.changes(folder, unseen, &overlay, size + 1);
        let cut_by_top = cursor.left.is_some_and(|left| left <= size);
        let more = found.len() > size && !cut_by_top;
        found.truncate(size);
        let seen = found.last().map(|(version, _)| *version);
        let end = folder.moved.min(overlay.upto);
        cursor.after = if more { seen.unwrap_or(cursor.after) } else { end.max(cursor.after) };
        cursor.left = cursor.left.map(|left| left - found.len());
        cursor.generation = None;
        if !more {
            (cursor.began, cursor.left) = (None, None);
            let folder = self.folders.get_mut(&cursor.folder);
            cursor.generation = folder.map(|folder| folder.generation(cursor.after, every_poll));
        }
        Page { entries: found.into_iter().map(|(_, entry)| entry).collect(), next: cursor, more }
    }
}

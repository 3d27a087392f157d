//! How Graph names the things of each kind: contacts in contact folders, events in calendars.

use std::sync::LazyLock;

use sync::hub::Kind;
use sync::{ItemId, MailboxId};

use super::tag::escaped;
use super::{contact, event};

/// Graph's names of the things of one kind.
pub(super) struct Names {
    /// Folders, below a mailbox.
    pub folders: &'static str,
    /// The property that holds a folder's name.
    pub title: &'static str,
    /// Items, below a folder.
    pub items: &'static str,
    /// One item, for messages.
    pub item: &'static str,
    /// Writing items, for messages.
    pub writing: &'static str,
    /// The properties that are read of each item in a listing.
    pub select: LazyLock<String>,
    /// In which form items are told.
    pub prefer: &'static str,
}

static CONTACTS: Names = Names {
    folders: "contactFolders",
    title: "displayName",
    items: "contacts",
    item: "contact",
    writing: "contacts (write)",
    select: LazyLock::new(contact::select),
    prefer: "IdType=\"ImmutableId\"",
};

static EVENTS: Names = Names {
    folders: "calendars",
    title: "name",
    items: "events",
    item: "event",
    writing: "events (write)",
    select: LazyLock::new(event::select),
    prefer: "IdType=\"ImmutableId\", outlook.timezone=\"UTC\"",
};

/// Graph's names of a kind's things.
pub(super) fn names(kind: Kind) -> &'static Names {
    match kind {
        Kind::Contacts => &CONTACTS,
        Kind::Events => &EVENTS,
    }
}

impl Names {
    /// The folders of a mailbox.
    pub(super) fn folders_of(&self, mailbox: &MailboxId) -> String {
        format!("/users/{mailbox}/{}", self.folders)
    }

    /// One folder.
    pub(super) fn folder(&self, mailbox: &MailboxId, folder: &str) -> String {
        format!("/users/{mailbox}/{}/{}", self.folders, escaped(folder))
    }

    /// The items of a folder.
    pub(super) fn items_of(&self, mailbox: &MailboxId, folder: &str) -> String {
        format!("{}/{}", self.folder(mailbox, folder), self.items)
    }

    /// One item of a folder.
    pub(super) fn item_of(&self, mailbox: &MailboxId, folder: &str, id: &ItemId) -> String {
        format!("{}/{}", self.items_of(mailbox, folder), escaped(id.as_str()))
    }
}

//! What the simulator counted: the figures that tests and benchmarks compare.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::lock;

/// Figures since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// HTTP requests to Graph; a `$batch` is one.
    pub http_calls: u64,
    /// Requests that Graph answered: each item of a batch, and each plain call.
    pub graph_requests: u64,
    /// Writes that took effect.
    pub writes: Writes,
    /// Writes that reached a mailbox, with or without effect; throttled ones and those that a fault swallowed did not.
    pub attempts: Writes,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of answer bodies.
    pub bytes_out: u64,
    /// Requests to the token endpoint.
    pub token_calls: u64,
    /// Requests for the keys that sign tokens.
    pub key_calls: u64,
    /// Requests to the managed identity endpoint.
    pub identity_calls: u64,
    /// Answers 429, plain and inside batches.
    pub throttled: u64,
    /// Faults that were played.
    pub faults: u64,
    /// Most requests that were at work in one mailbox at once.
    pub peak_mailbox_concurrency: u64,
    /// Names of properties that clients sent and Graph does not know.
    pub unknown_properties: BTreeMap<String, u64>,
}

/// Writes by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Writes {
    /// Contacts created.
    pub contact_creates: u64,
    /// Contacts patched.
    pub contact_patches: u64,
    /// Contacts deleted, softly or for good.
    pub contact_deletes: u64,
    /// Folders created.
    pub folder_creates: u64,
    /// Folders patched.
    pub folder_patches: u64,
    /// Folders deleted.
    pub folder_deletes: u64,
    /// Events created.
    pub event_creates: u64,
    /// Events and occurrences patched.
    pub event_patches: u64,
    /// Events and occurrences deleted or cancelled.
    pub event_deletes: u64,
    /// Calendars created.
    pub calendar_creates: u64,
    /// Calendars patched.
    pub calendar_patches: u64,
    /// Calendars deleted.
    pub calendar_deletes: u64,
}

impl Writes {
    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        let folders = self.folder_creates + self.folder_patches + self.folder_deletes;
        let calendars = self.calendar_creates + self.calendar_patches + self.calendar_deletes;
        self.contacts() + folders + self.events() + calendars
    }

    /// Those to events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.event_creates + self.event_patches + self.event_deletes
    }

    /// Those to contacts.
    #[must_use]
    pub fn contacts(&self) -> u64 {
        self.contact_creates + self.contact_patches + self.contact_deletes
    }

    pub(crate) fn add(&mut self, kind: Write) {
        let count = match kind {
            Write::ContactCreate => &mut self.contact_creates,
            Write::ContactPatch => &mut self.contact_patches,
            Write::ContactDelete => &mut self.contact_deletes,
            Write::FolderCreate => &mut self.folder_creates,
            Write::FolderPatch => &mut self.folder_patches,
            Write::FolderDelete => &mut self.folder_deletes,
            Write::EventCreate => &mut self.event_creates,
            Write::EventPatch => &mut self.event_patches,
            Write::EventDelete => &mut self.event_deletes,
            Write::CalendarCreate => &mut self.calendar_creates,
            Write::CalendarPatch => &mut self.calendar_patches,
            Write::CalendarDelete => &mut self.calendar_deletes,
        };
        *count += 1;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    ContactCreate,
    ContactPatch,
    ContactDelete,
    FolderCreate,
    FolderPatch,
    FolderDelete,
    EventCreate,
    EventPatch,
    EventDelete,
    CalendarCreate,
    CalendarPatch,
    CalendarDelete,
}

/// The counters of a world.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Counts>);

impl Counters {
    pub(crate) fn note(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut lock(&self.0));
    }

    pub(crate) fn read(&self) -> Counts {
        lock(&self.0).clone()
    }

    pub(crate) fn reset(&self) {
        *lock(&self.0) = Counts::default();
    }
}

//! What a colleague does in a mailbox by hand: Outlook or a phone, not the API client.

use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::state::contact::Contact;
use crate::state::contact_write::{Write, apply};
use crate::state::lag::Lag;
use crate::state::lock;
use crate::state::mailbox::Mailbox;
use crate::state::refusal::Refusal;
use crate::tenant::Tenant;

/// Folders are named by id or display name, contacts by either form of their id.
impl Tenant {
    /// A colleague makes a folder; the answer is its id.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn user_creates_folder(&self, user: Uuid, name: &str) -> Result<String, Error> {
        self.in_mailbox(user, |mailbox, _| {
            let serial = mailbox.create_folder(name)?.serial;
            Ok(mailbox.ids.folder(serial))
        })
    }

    /// A colleague deletes a folder with all its contacts.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn user_deletes_folder(&self, user: Uuid, folder: &str) -> Result<(), Error> {
        self.in_mailbox(user, |mailbox, now| {
            let id = mailbox.ids.folder(serial_of(mailbox, folder)?);
            // Outlook finds another name where Deleted Items has one already; nobody sees which.
            mailbox.delete_folder(&id, false, now).or_else(|_| mailbox.delete_folder(&id, true, now))
        })
    }

    /// A colleague creates a contact in Outlook (unset strings will read `""`); the answer is its immutable id.
    ///
    /// # Errors
    /// When the folder is unknown or a field does not fit.
    pub fn user_creates_contact(&self, user: Uuid, folder: &str, fields: Value) -> Result<String, Error> {
        self.in_mailbox(user, |mailbox, now| {
            let serial = serial_of(mailbox, folder)?;
            let mut contact = mailbox.draft(serial, now);
            contact.outlook_made = true;
            fill(&mut contact, fields, Write::Create { given_name_required: false })?;
            let stored = mailbox.store(contact, now);
            Ok(mailbox.ids.item(stored.serial, stored.folder, true))
        })
    }

    /// A colleague edits a contact; only the given fields change.
    ///
    /// # Errors
    /// When the contact is unknown or a field does not fit.
    pub fn user_edits_contact(&self, user: Uuid, contact: &str, fields: Value) -> Result<(), Error> {
        self.in_mailbox(user, |mailbox, now| {
            let mut changed = Contact::clone(mailbox.item(None, contact)?);
            fill(&mut changed, fields, Write::Patch)?;
            mailbox.store(changed, now);
            Ok(())
        })
    }

    /// A colleague deletes a contact.
    ///
    /// # Errors
    /// When the contact is unknown.
    pub fn user_deletes_contact(&self, user: Uuid, contact: &str) -> Result<(), Error> {
        self.in_mailbox(user, |mailbox, now| {
            let serial = mailbox.item(None, contact)?.serial;
            mailbox.remove(serial, now);
            Ok(())
        })
    }

    /// A colleague moves a contact to another folder: a tombstone there, a new item here.
    ///
    /// # Errors
    /// When the contact or the folder is unknown.
    pub fn user_moves_contact(&self, user: Uuid, contact: &str, folder: &str) -> Result<(), Error> {
        self.in_mailbox(user, |mailbox, now| {
            let target = serial_of(mailbox, folder)?;
            let mut moved = Contact::clone(mailbox.item(None, contact)?);
            moved.folder = target;
            mailbox.store(moved, now);
            Ok(())
        })
    }

    /// Makes listings, filters and deltas of a mailbox late, or current again.
    pub fn set_lag(&self, user: Uuid, lag: Option<Lag>) {
        let cell = self.state.cell(user);
        lock(&cell.contacts).lag = lag;
        lock(&cell.events).lag = lag;
    }

    fn in_mailbox<T>(
        &self,
        user: Uuid,
        change: impl FnOnce(&mut Mailbox<Contact>, i64) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let cell = self.state.cell(user);
        let mut mailbox = lock(&cell.contacts);
        change(&mut mailbox, self.world.clock.millis())
            .map_err(|refusal| Error::edit(format!("{}: {}", refusal.code, refusal.message)))
    }
}

fn serial_of(mailbox: &Mailbox<Contact>, folder: &str) -> Result<u64, Refusal> {
    match mailbox.named(folder) {
        Some(folder) => Ok(folder.serial),
        None => mailbox.folder(folder).map(|folder| folder.serial),
    }
}

fn fill(contact: &mut Contact, fields: Value, write: Write) -> Result<(), Refusal> {
    let Value::Object(fields) = fields else {
        return Err(Refusal::bad_request("fields must be a JSON object"));
    };
    match apply(contact, fields, write)?.first() {
        None => Ok(()),
        Some(name) => Err(Refusal::bad_request(format!("a contact has no field '{name}'"))),
    }
}

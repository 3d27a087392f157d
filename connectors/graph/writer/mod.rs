//! Writing; nothing here decides.

mod contact_folder_delete;
mod contact_folder_post;
mod contacts;
mod outcome;

use super::client::Session;
use super::reader::Reader;

pub use contact_folder_post::Made;

/// Whoever writes to one tenant's mailboxes; clones are cheap.
#[derive(Clone)]
pub struct Writer {
    session: Session,
    /// For what has to be looked up after an uncertain answer.
    reader: Reader,
}

impl Writer {
    pub(super) fn new(session: Session) -> Self {
        Writer { reader: Reader::new(session.clone()), session }
    }
}

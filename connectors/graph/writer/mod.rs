//! Writing; nothing here decides.

mod folder_delete;
mod folder_post;
mod items;
mod outcome;
mod series;

use super::client::Session;
use super::reader::Reader;
use super::traffic::Traffic;

pub use folder_post::Made;
pub use items::Transactions;

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

    /// What this writer and its clones asked so far.
    pub fn traffic(&self) -> Traffic {
        self.session.meter.traffic()
    }
}

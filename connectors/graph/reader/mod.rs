//! Reading; nothing here changes anything.

mod changes;
mod find;
mod folders;
mod look;
mod reach;
mod sources;
mod tags;

use super::client::Session;
use super::directory::{self, Round, USER_PROPERTIES};
use super::traffic::Traffic;

pub use changes::{FolderChanges, FolderReading, Seen};
pub use folders::Folder;
pub use reach::{Reach, Reached};
pub use sources::{SourceChange, SourceRound};
pub use tags::Which;

/// Whoever reads from one tenant; clones are cheap.
#[derive(Clone)]
pub struct Reader {
    pub(super) session: Session,
}

impl Reader {
    pub(super) fn new(session: Session) -> Self {
        Reader { session }
    }

    /// What this reader and its clones asked so far.
    pub fn traffic(&self) -> Traffic {
        self.session.meter.traffic()
    }

    /// The users that changed since the link was given, or all.
    ///
    /// <https://learn.microsoft.com/graph/api/user-delta>
    pub async fn users_delta(&self, link: Option<&str>) -> Round {
        let first = format!("/users/delta?$select={USER_PROPERTIES}");
        directory::round(&self.session, "users/delta", &first, link).await
    }

    /// The groups that changed since the link was given, or all, with the direct members that came and went.
    ///
    /// <https://learn.microsoft.com/graph/api/group-delta>
    pub async fn groups_delta(&self, link: Option<&str>) -> Round {
        let first = "/groups/delta?$select=id,displayName,members";
        directory::round(&self.session, "groups/delta", first, link).await
    }

    /// The organisation's contacts that changed since the link was given, or all.
    ///
    /// <https://learn.microsoft.com/graph/api/orgcontact-delta>
    pub async fn org_contacts_delta(&self, link: Option<&str>) -> Round {
        let first = "/contacts/delta?$select=id,displayName,givenName,surname,mail,jobTitle,department,\
            companyName,addresses,phones,proxyAddresses";
        directory::round(&self.session, "contacts/delta", first, link).await
    }
}

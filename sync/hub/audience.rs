//! Which mailboxes a receiving spoke stands for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::MailboxId;
use crate::directory::{Directory, Feed, GroupError, Person};

/// The mailboxes of a receiving spoke: all, or those of groups and users, less the excluded ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Audience {
    /// Every enabled member of the tenant who has a mail address.
    pub all_mailboxes: bool,
    /// The same of these groups (object ids), nested ones included.
    pub groups: Vec<String>,
    /// These accounts (object ids), taken at the admin's word: shared and room mailboxes have disabled accounts.
    pub users: Vec<String>,
    /// Nobody who is in one of these groups.
    pub exclude_groups: Vec<String>,
    /// None of these accounts.
    pub exclude_users: Vec<String>,
}

impl Audience {
    /// The mailboxes, as far as this directory knows them.
    ///
    /// After an incomplete reading a mailbox may be missing here: that is no reason to clean it up.
    pub fn mailboxes(&self, directory: &Directory) -> Result<BTreeSet<MailboxId>, GroupError> {
        let inside = directory.members_of(&self.groups)?;
        let outside = directory.members_of(&self.exclude_groups)?;
        let found = directory
            .people()
            .filter(|person| has_mailbox(person) && (self.all_mailboxes || inside.contains(person.id)))
            .filter_map(|person| mailbox(person.id));
        let named = self.users.iter().filter_map(|id| mailbox(id));
        let excluded: BTreeSet<_> = self.exclude_users.iter().filter_map(|id| mailbox(id)).collect();
        let kept = |id: &MailboxId| !outside.contains(id.as_str()) && !excluded.contains(id);
        Ok(found.chain(named).filter(kept).collect())
    }
}

fn has_mailbox(person: &Person<'_>) -> bool {
    person.feed == Feed::Users
        && person.enabled
        && !person.guest
        && person.mail.is_some_and(|mail| !mail.trim().is_empty())
}

pub(super) fn mailbox(id: &str) -> Option<MailboxId> {
    MailboxId::new(id.to_ascii_lowercase()).ok()
}

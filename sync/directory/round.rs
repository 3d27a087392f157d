//! What a delta query says.

use std::fmt;

use serde_json::{Map, Value};

use crate::Reading;

/// One of the delta queries that fill a [`Directory`](super::Directory).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    /// `users/delta`.
    Users,
    /// `contacts/delta`: the org contacts.
    OrgContacts,
    /// `groups/delta` with its members.
    Groups,
}

impl Feed {
    /// The properties that are kept of each object, by Graph's names; any other is dropped. Groups are also read for
    /// their members.
    pub const fn properties(self) -> &'static [&'static str] {
        match self {
            Feed::Users => USER,
            Feed::OrgContacts => ORG_CONTACT,
            Feed::Groups => GROUP,
        }
    }
}

const USER: &[&str] = &[
    "accountEnabled",
    "businessPhones",
    "city",
    "companyName",
    "country",
    "department",
    "displayName",
    "employeeId",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "onPremisesExtensionAttributes",
    "otherMails",
    "postalCode",
    "proxyAddresses",
    "showInAddressList",
    "state",
    "streetAddress",
    "surname",
    "userPrincipalName",
    "userType",
];

const ORG_CONTACT: &[&str] = &[
    "addresses",
    "companyName",
    "department",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "phones",
    "proxyAddresses",
    "surname",
];

const GROUP: &[&str] = &["displayName"];

/// One entry of a delta answer.
///
/// `Debug` shows the id only, for the properties are personal data.
#[derive(Clone, PartialEq)]
pub struct Change {
    /// The object's id.
    pub id: String,
    /// The object is gone, for good or restorable.
    pub removed: bool,
    /// The properties that the entry names: a value sets, `null` clears, an absent one is as it was.
    pub properties: Map<String, Value>,
    /// The members of a group that came or went; a large group comes in several entries.
    pub members: Vec<Member>,
}

/// A member of a group that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the user, org contact, group or whatever it is.
    pub id: String,
    /// It went.
    pub removed: bool,
}

/// The entries of one round of a delta query, in the order in which they came.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// What the round says about objects that it does not mention.
    pub reading: Reading,
    /// Every page came without an error. A round that broke off removes nothing.
    pub complete: bool,
    /// The entries; the last one about an object wins.
    pub changes: Vec<Change>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.removed { "removed" } else { "set" };
        write!(f, "Change({} {what})", self.id)
    }
}

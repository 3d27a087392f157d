//! The configuration as it is written and stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Contributes, Receives};
use crate::directory::Feed;
use crate::{Limits, Winner};

/// A hub: a named collection of one kind, its spokes, schedule and limits.
///
/// What is read with [`parse`](super::parse) and passes [`HubConfig::validate`] can be run:
///
/// ```
/// let config = sync::hub::parse(br#"{
///   "name": "Company contacts",
///   "kind": "contacts",
///   "schedule": "0 * * * *",
///   "spokes": [
///     {
///       "id": "company",
///       "connector": "directory",
///       "contributes": {
///         "rules": { "withoutPhone": false },
///         "mapping": { "extensionAttributes": { "extensionAttribute5": "birthday" } }
///       }
///     },
///     {
///       "id": "phones",
///       "connector": "mailbox",
///       "receives": {
///         "folder": "Company contacts",
///         "audience": { "allMailboxes": true },
///         "fields": { "mobilePhone": "overwrite" }
///       }
///     }
///   ]
/// }"#)?;
/// assert_eq!(config.validate(|_cron| Ok(())), Ok(()));
/// # Ok::<(), sync::hub::Problem>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HubConfig {
    /// The name that admins see.
    pub name: String,
    /// What the hub holds.
    pub kind: Kind,
    /// When it runs: cron, in UTC.
    pub schedule: String,
    /// A disabled hub does not run by itself.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The endpoints, contributing and receiving; of several that fill a field of an item the first one wins.
    pub spokes: Vec<Spoke>,
    /// Which entries of different contributors are one contact; none but those with the same key if absent.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<Match>,
    /// How much may be removed before somebody has to agree.
    #[serde(default)]
    pub limits: Limits,
    /// Whose change of a field wins where a two-way spoke and the hub changed the same one.
    #[serde(default)]
    pub conflicts: Winner,
    /// After how many hours without a change the mailboxes are compared again all the same: 1 to 168.
    #[serde(default = "a_day")]
    pub drift_check_hours: u32,
    /// How many seconds a listing of a mailbox may lag behind a write, at most a day: the operator's setting if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_lag_seconds: Option<u32>,
}

/// What a hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Contacts.
    Contacts,
    /// Events of calendars.
    Events,
}

/// When two entries of different contributors are one contact: never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// What they have in common.
    pub by: MatchBy,
}

/// What two entries that are one contact have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MatchBy {
    /// An e-mail address.
    EmailAddresses,
    /// The employee id.
    EmployeeId,
}

/// An endpoint of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spoke {
    /// Its id within the hub: lower-case letters, digits and hyphens. It is part of every item's identity.
    pub id: String,
    /// How it is reached.
    pub connector: Connector,
    /// What it brings into the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributes: Option<Contributes>,
    /// What it gets from the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receives: Option<Receives>,
    /// Whether edits in a receiving mailbox come back into the hub.
    #[serde(default)]
    pub two_way: bool,
    /// Whether what is deleted in a two-way mailbox leaves the hub; else it comes back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletes_to_hub: bool,
}

/// How a spoke is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Connector {
    /// The tenant's users and org contacts.
    Directory,
    /// A contact folder or calendar in mailboxes.
    Mailbox,
    /// An iCalendar file.
    File,
}

impl Connector {
    /// Its name in a configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Connector::Directory => "directory",
            Connector::Mailbox => "mailbox",
            Connector::File => "file",
        }
    }
}

impl HubConfig {
    /// The spoke with this id.
    pub fn spoke(&self, id: &str) -> Option<&Spoke> {
        self.spokes.iter().find(|spoke| spoke.id == id)
    }

    /// The place of a spoke in the order of priority, 0 first; an unknown one comes last.
    pub fn rank(&self, id: &str) -> usize {
        self.spokes.iter().position(|spoke| spoke.id == id).unwrap_or(usize::MAX)
    }

    /// The contributing spokes in order.
    pub fn contributing(&self) -> impl Iterator<Item = (&Spoke, &Contributes)> {
        self.contributing_at().map(|(_, spoke, contributes)| (spoke, contributes))
    }

    /// The receiving spokes in order.
    pub fn receiving(&self) -> impl Iterator<Item = (&Spoke, &Receives)> {
        self.receiving_at().map(|(_, spoke, receives)| (spoke, receives))
    }

    /// The contributing spokes, each with its place.
    pub(crate) fn contributing_at(&self) -> impl Iterator<Item = (String, &Spoke, &Contributes)> {
        let place = |at| format!("spokes[{at}].contributes");
        self.spokes
            .iter()
            .enumerate()
            .filter_map(move |(at, spoke)| Some((place(at), spoke, spoke.contributes.as_ref()?)))
    }

    /// The receiving spokes, each with its place.
    pub(crate) fn receiving_at(&self) -> impl Iterator<Item = (String, &Spoke, &Receives)> {
        let place = |at| format!("spokes[{at}].receives");
        self.spokes
            .iter()
            .enumerate()
            .filter_map(move |(at, spoke)| Some((place(at), spoke, spoke.receives.as_ref()?)))
    }

    /// The feeds of the directory that the hub needs, none if it can do without: groups cost most, and are read only
    /// where one is named.
    pub fn feeds(&self) -> BTreeSet<Feed> {
        let contacts = self.directories().any(|contributes| contributes.rules.org_contacts);
        let groups = !self.groups().is_empty();
        let everybody = self.receiving().any(|(_, receives)| receives.audience.all_mailboxes);
        let users = self.directories().next().is_some() || everybody || groups;
        let wanted = [(Feed::Users, users), (Feed::OrgContacts, contacts), (Feed::Groups, groups)];
        wanted.into_iter().filter_map(|(feed, needed)| needed.then_some(feed)).collect()
    }

    /// Whether the directory is read for the audience alone, as [`TENANT`](crate::merge::TENANT): the audience needs
    /// it, and no spoke contributes it.
    pub fn reads_tenant(&self) -> bool {
        self.directories().next().is_none() && !self.feeds().is_empty()
    }

    fn directories(&self) -> impl Iterator<Item = &Contributes> {
        let of_directory = |(spoke, _): &(&Spoke, &Contributes)| spoke.connector == Connector::Directory;
        self.contributing().filter(of_directory).map(|(_, contributes)| contributes)
    }
}

fn yes() -> bool {
    true
}

fn a_day() -> u32 {
    24
}

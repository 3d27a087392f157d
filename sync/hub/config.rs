//! The configuration as it is written and stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Audience, unique};
use crate::directory::{Feed, Rules};
use crate::mapping::Mapping;
use crate::{Field, Limits, Mode};

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
    /// The endpoints, contributing and receiving.
    pub spokes: Vec<Spoke>,
    /// How much may be removed before somebody has to agree.
    #[serde(default)]
    pub limits: Limits,
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
}

/// How a spoke is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Connector {
    /// The tenant's users and org contacts.
    Directory,
    /// A contact folder in mailboxes.
    Mailbox,
}

/// What a spoke brings into the hub.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Contributes {
    /// Who is in.
    pub rules: Rules,
    /// What becomes of each.
    pub mapping: Mapping,
}

/// What a spoke gets from the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receives {
    /// The name of the managed folder.
    pub folder: String,
    /// The mailboxes that the spoke stands for.
    pub audience: Audience,
    /// Who wins a field: `keep-user-edit` where nothing else is said.
    #[serde(default, deserialize_with = "unique::map")]
    pub fields: BTreeMap<Field, Mode>,
    /// An item that a user deletes stays away from that mailbox.
    #[serde(default)]
    pub users_may_hide: bool,
    /// What becomes of a mailbox that leaves the audience.
    #[serde(default)]
    pub on_leave: OnLeave,
}

/// What becomes of a mailbox that leaves the audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnLeave {
    /// Everything that the hub wrote is removed.
    #[default]
    Clean,
    /// The items stay as they are and are not kept current any more.
    Keep,
}

impl HubConfig {
    /// The spoke with this id.
    pub fn spoke(&self, id: &str) -> Option<&Spoke> {
        self.spokes.iter().find(|spoke| spoke.id == id)
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

    /// The feeds of the directory that the hub needs: groups cost most, and are read only where one is named.
    pub fn feeds(&self) -> BTreeSet<Feed> {
        let contacts = self.contributing().any(|(_, contributes)| contributes.rules.org_contacts);
        let wanted =
            [(Feed::Users, true), (Feed::OrgContacts, contacts), (Feed::Groups, !self.groups().is_empty())];
        wanted.into_iter().filter_map(|(feed, needed)| needed.then_some(feed)).collect()
    }
}

fn yes() -> bool {
    true
}

fn a_day() -> u32 {
    24
}

//! What was asked for a person, how far it is, and what an export found.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync::{Fate, TenantId, Who};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Tables;

/// What was asked for a person. The name of the record sorts by time; who the person is stands only in here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What was asked for.
    pub what: What,
    /// The person, as whoever asked wrote it.
    pub person: String,
    /// When.
    pub asked: DateTime<Utc>,
    /// The object id of whoever asked; nobody on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Uuid>,
    /// The person, by everything that stands for them.
    pub who: Who,
    /// What is done next.
    pub step: Step,
    /// The last key that this step has gone through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// What becomes of copies of the erased in mailboxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    /// Since when nothing new of the person is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_out: Option<DateTime<Utc>>,
    /// Everything was gone through a second time, after whatever had begun before was over.
    #[serde(default)]
    pub checked: bool,
    /// How often it waited for mailboxes or runs.
    #[serde(default)]
    pub waited: u32,
    /// The runs that were started for it, by hub.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<String, String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
    /// Why it could not be finished, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// What can be asked for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// Everything that is kept about them.
    Export,
    /// That nothing is kept about them.
    Erase,
    /// That what is kept is what their sources hold.
    Correct,
}

/// What a request does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Find out what else stands for the person.
    Identify,
    /// Collect what is kept.
    Collect,
    /// Keep them from coming back.
    KeepOut,
    /// Take them out of everything that is kept.
    Strike,
    /// Deal with the copies in mailboxes.
    Mailboxes,
    /// Wait until the mailboxes are clean.
    Watch,
    /// Have their sources read anew.
    ReadAnew,
    /// Wait until they are.
    AwaitRuns,
    /// Nothing.
    Done,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// Values that were looked at.
    pub looked: usize,
    /// Values of them that name the person.
    pub found: usize,
    /// Values that could not be opened: what they hold is not known.
    pub unreadable: usize,
    /// Mailboxes that held a copy.
    pub mailboxes: usize,
    /// Those of them that were seen not to hold it any more.
    pub cleaned: usize,
}

impl Record for Request {
    const VERSION: u32 = 1;
}

/// What is kept about a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Document {
    /// When it was finished.
    pub made: Option<DateTime<Utc>>,
    /// Everything that was found, in the order of the keys.
    pub found: Vec<Found>,
}

/// What one value holds about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The table.
    pub table: String,
    /// The hub; none if it is the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// Which record of the table; empty if there is but one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What stands in it about the person.
    pub entries: Vec<Mention>,
}

/// One entry of a value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mention {
    /// Where it stands; empty if it is the whole value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What stands there.
    pub holds: Value,
}

impl Record for Document {
    const VERSION: u32 = 1;
}

/// In which mailboxes copies of an erased person's items were, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Report {
    /// By hub and mailbox.
    pub hubs: BTreeMap<String, BTreeMap<String, Stays>>,
    /// What an administrator has to change: the places in configurations that name the person.
    pub remains: BTreeSet<String>,
}

/// One mailbox that held a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stays {
    /// How it is now.
    pub state: Holds,
    /// When that was seen.
    pub seen: DateTime<Utc>,
    /// What stands in the way, in words and codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether a mailbox holds a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Holds {
    /// It does, and it is to go.
    Holds,
    /// It was seen to be gone.
    Cleaned,
    /// It stays there, as the mailbox owner's own.
    Released,
}

impl Record for Report {
    const VERSION: u32 = 1;
}

impl Request {
    /// A request that nothing was done for yet.
    pub fn new(what: What, person: &str, who: Who, asked: DateTime<Utc>, by: Option<Uuid>) -> Self {
        let (person, step) = (person.trim().to_owned(), Step::Identify);
        let progress = Progress::default();
        Self {
            what,
            person,
            asked,
            by,
            who,
            step,
            after: None,
            progress,
            fate: None,
            kept_out: None,
            checked: false,
            waited: 0,
            runs: BTreeMap::new(),
            ended: None,
            trouble: None,
        }
    }
}

impl Tables {
    /// The prefix of what was asked for a tenant's people; the names sort by time.
    pub fn requests_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/requests/")
    }

    /// One request.
    pub fn request_key(tenant: &TenantId, request: &str) -> String {
        format!("{}{request}", Self::requests_prefix(tenant))
    }

    /// The prefix of what exports found; the names are those of their requests.
    pub fn documents_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/documents/")
    }

    /// The prefix of what erasures found in mailboxes; the names are those of their requests.
    pub fn reports_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/reports/")
    }

    /// In which mailboxes one erasure found copies.
    pub fn report_key(tenant: &TenantId, request: &str) -> String {
        format!("{}{request}", Self::reports_prefix(tenant))
    }

    /// What one export found.
    pub fn document_key(tenant: &TenantId, request: &str) -> String {
        format!("{}{request}", Self::documents_prefix(tenant))
    }
}

//! A tenant: its directory, its mailboxes, and what it granted to the app.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::chance::{guid, mix, text};
use super::contact::Contact;
use super::directory::Directory;
use super::event::Event;
use super::lock;
use super::mailbox::Mailbox;
use super::outbox::Mail;
use super::refusal::Refusal;
use super::throttle::{Bucket, Gate};

/// Whether a user's mailbox can be reached through Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailboxState {
    /// A mailbox in Exchange Online.
    #[default]
    Ok,
    /// 404 `ErrorInvalidUser`: Exchange does not know the user.
    InvalidUser,
    /// 404 `MailboxNotEnabledForRESTAPI`: no licence, soft-deleted, or on-premises.
    NotEnabled,
    /// 403 `ErrorAccessDenied`: the app has no grant for this mailbox.
    AccessDenied,
}

/// How the app stands in a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Consented: tokens are issued.
    #[default]
    Consented,
    /// The enterprise application was deleted or never consented: AADSTS7000229.
    Missing,
    /// An admin disabled sign-in: AADSTS7000112.
    Disabled,
    /// The directory does not know the application: AADSTS700016.
    Unknown,
}

/// What a tenant granted.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) standing: Standing,
    pub(crate) roles: Vec<String>,
}

/// A mailbox with its own locks: nothing waits for another mailbox.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) user: Uuid,
    pub(crate) state: Mutex<MailboxState>,
    pub(crate) gate: Mutex<Gate>,
    pub(crate) contacts: Mutex<Mailbox<Contact>>,
    pub(crate) events: Mutex<Mailbox<Event>>,
}

#[derive(Debug)]
pub(crate) struct TenantState {
    pub(crate) id: Uuid,
    pub(crate) service_principal: Uuid,
    pub(crate) seed: u64,
    pub(crate) grant: Mutex<Grant>,
    pub(crate) directory: Mutex<Directory>,
    pub(crate) bucket: Mutex<Bucket>,
    /// What Exchange would have mailed.
    pub(crate) outbox: Mutex<Vec<Mail>>,
    mailboxes: RwLock<HashMap<Uuid, Arc<Cell>>>,
}

const ROLES: [&str; 6] = [
    "User.Read.All",
    "OrgContact.Read.All",
    "Group.Read.All",
    "GroupMember.Read.All",
    "Contacts.ReadWrite",
    "Calendars.ReadWrite",
];

impl TenantState {
    pub(crate) fn new(seed: u64) -> Self {
        let roles = ROLES.map(str::to_owned).to_vec();
        Self {
            id: guid(seed, "tenant", 0),
            service_principal: guid(seed, "service principal", 0),
            seed,
            grant: Mutex::new(Grant { standing: Standing::Consented, roles }),
            directory: Mutex::default(),
            bucket: Mutex::default(),
            outbox: Mutex::default(),
            mailboxes: RwLock::default(),
        }
    }

    /// The mailbox of a user, by object id or user principal name.
    pub(crate) fn mailbox(&self, user: &str) -> Result<Arc<Cell>, Refusal> {
        let cell = match Uuid::parse_str(user).ok().and_then(|id| self.known(id)) {
            Some(cell) => cell,
            None => {
                let id = lock(&self.directory).user(user).map(|(id, _)| id);
                self.cell(id.ok_or_else(|| invalid_user(user))?)
            }
        };
        let state = *lock(&cell.state);
        match state {
            MailboxState::Ok => Ok(cell),
            MailboxState::InvalidUser => Err(invalid_user(user)),
            MailboxState::NotEnabled => Err(Refusal::new(404, "MailboxNotEnabledForRESTAPI", NOT_ENABLED)),
            MailboxState::AccessDenied => Err(access_denied()),
        }
    }

    /// The mailbox of a user id; made when it is first needed.
    pub(crate) fn cell(&self, user: Uuid) -> Arc<Cell> {
        if let Some(cell) = self.known(user) {
            return cell;
        }
        let mut all = self.mailboxes.write().unwrap_or_else(PoisonError::into_inner);
        let seed = mix(&[self.seed, text(&user.to_string())]);
        let fresh = || {
            let contacts = Mutex::new(Mailbox::contacts(seed));
            let events = Mutex::new(Mailbox::events(mix(&[seed, 1])));
            Arc::new(Cell { user, state: Mutex::default(), gate: Mutex::default(), contacts, events })
        };
        Arc::clone(all.entry(user).or_insert_with(fresh))
    }

    /// The name and address of a mailbox's owner: an `emailAddress`.
    pub(crate) fn owner(&self, user: Uuid) -> Value {
        let directory = lock(&self.directory);
        let user = directory.users.items.get(&user);
        let text = |name: &str| user.and_then(|user| user.props.get(name)).and_then(Value::as_str);
        let address = text("mail").or_else(|| text("userPrincipalName")).unwrap_or_default();
        json!({ "name": text("displayName").unwrap_or_default(), "address": address })
    }

    fn known(&self, user: Uuid) -> Option<Arc<Cell>> {
        self.mailboxes.read().unwrap_or_else(PoisonError::into_inner).get(&user).cloned()
    }
}

const NOT_ENABLED: &str = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";

fn invalid_user(user: &str) -> Refusal {
    Refusal::new(404, "ErrorInvalidUser", format!("The requested user '{user}' is invalid."))
}

pub(crate) fn access_denied() -> Refusal {
    Refusal::new(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
}

//! A tenant: its directory, its mailboxes, and what it granted to the app.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::Access;
use super::chance::{guid, mix, text};
use super::contact::Contact;
use super::directory::Directory;
use super::event::Event;
use super::grant::{App, Grant, Scope, Standing};
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

/// What a tenant granted to each app.
#[derive(Debug)]
pub(crate) struct Grants {
    main: Grant,
    scoped: Grant,
    pub(crate) scope: Scope,
}

impl Grants {
    pub(crate) fn of(&self, app: App) -> &Grant {
        match app {
            App::Main => &self.main,
            App::Scoped => &self.scoped,
        }
    }

    pub(crate) fn of_mut(&mut self, app: App) -> &mut Grant {
        match app {
            App::Main => &mut self.main,
            App::Scoped => &mut self.scoped,
        }
    }
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
    pub(crate) seed: u64,
    pub(crate) gone: AtomicBool,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) access: Mutex<Access>,
    /// Tokens of the apps carry the id of another tenant.
    pub(crate) tokens_of: Mutex<Option<Uuid>>,
    /// The token endpoint refuses the apps with this AADSTS code.
    pub(crate) refused: Mutex<Option<u32>>,
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
        Self::with_id(guid(seed, "tenant", 0), seed)
    }

    pub(crate) fn with_id(id: Uuid, seed: u64) -> Self {
        let roles = ROLES.map(str::to_owned).to_vec();
        let principal = |number| guid(seed, "service principal", number);
        let grants = Grants {
            main: Grant::new(principal(0), Standing::Consented, roles),
            scoped: Grant::new(principal(1), Standing::Missing, Vec::new()),
            scope: Scope::default(),
        };
        Self {
            id,
            seed,
            gone: AtomicBool::new(false),
            grants: Mutex::new(grants),
            access: Mutex::default(),
            tokens_of: Mutex::default(),
            refused: Mutex::default(),
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
            None => self.cell(self.user_id(user)?),
        };
        let state = *lock(&cell.state);
        match state {
            MailboxState::Ok => Ok(cell),
            MailboxState::InvalidUser => Err(invalid_user(user)),
            MailboxState::NotEnabled => Err(Refusal::new(404, "MailboxNotEnabledForRESTAPI", NOT_ENABLED)),
            MailboxState::AccessDenied => Err(access_denied()),
        }
    }

    /// The id of a user, by object id or user principal name.
    pub(crate) fn user_id(&self, user: &str) -> Result<Uuid, Refusal> {
        let id = lock(&self.directory).user(user).map(|(id, _)| id);
        id.ok_or_else(|| invalid_user(user))
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

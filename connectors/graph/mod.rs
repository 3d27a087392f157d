//! Microsoft Graph: the directory of a tenant, and the contacts and events in its mailboxes.
//!
//! <https://learn.microsoft.com/graph/overview>

mod ask;
mod batch;
mod body;
mod client;
mod contact;
mod directory;
mod endpoints;
mod error;
mod event;
mod fence;
mod http;
mod item;
mod json;
mod kinds;
mod lanes;
pub mod login;
mod reader;
mod tag;
mod traffic;
mod walk;
mod window;
mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sync::hub::Kind as HubKind;
use sync::{HubId, MailboxId, TenantId};
use uuid::Uuid;

use crate::clock::Clock;
use client::Shared;
use login::{Login, Proof};

pub use directory::{Change, Member, Removed, Round, USER_PROPERTIES};
pub use endpoints::Endpoints;
pub use error::{Error, Kind, Withdrawn};
pub use item::Found;
pub use reader::{
    Folder, FolderChanges, FolderReading, Reach, Reached, Reader, Seen, SourceChange, SourceRound, Which,
};
pub use traffic::Traffic;
pub use writer::{Made, Transactions, Writer};

/// What the way to Graph is made of.
#[derive(Clone)]
pub struct Options {
    /// Where Graph is.
    pub endpoints: Endpoints,
    /// Who signs in.
    pub login: Arc<dyn Login>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where the ids of requests come from; chance also spreads repeated calls in time.
    pub new_id: Arc<dyn Fn() -> Uuid + Send + Sync>,
    /// How fast, and how long.
    pub pace: Pace,
    /// Whether an update names the version it is meant for. Graph does not document this for contacts: off, an
    /// edit of the last moment loses against ours.
    pub if_match: bool,
}

/// How much is asked of Graph at a time.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Batches in flight over all tenants; Graph runs four requests of each at a time.
    pub batches: usize,
    /// Requests to one mailbox in ten minutes.
    pub requests: u64,
    /// Bytes sent to one mailbox in five minutes.
    pub bytes: u64,
    /// The longest time that one call may take.
    pub timeout: Duration,
}

impl Pace {
    const REQUESTS_SPAN: Duration = Duration::from_secs(600);
    const BYTES_SPAN: Duration = Duration::from_secs(300);
}

impl Default for Pace {
    fn default() -> Self {
        Pace { batches: 256, requests: 10_000, bytes: 150_000_000, timeout: Duration::from_secs(100) }
    }
}

/// The hub's folder in one mailbox: a contact folder or a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What lies in it.
    pub kind: HubKind,
    /// Whose mailbox.
    pub mailbox: MailboxId,
    /// The folder's id.
    pub folder: String,
    /// Whose folder it is: only copies of this hub count.
    pub hub: HubId,
}

/// The folder that a hub has in the mailboxes of its audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Managed<'a> {
    /// What lies in it.
    pub kind: HubKind,
    /// Whose it is.
    pub hub: &'a HubId,
    /// What it is called when it is made; its owner may call it otherwise.
    pub name: &'a str,
    /// The colour in which a calendar is made, by Graph's name of it; `None` leaves it to the server.
    pub color: Option<&'a str>,
}

/// The way to Graph; clones share the lanes.
#[derive(Clone)]
pub struct Graph {
    shared: Arc<Shared>,
}

impl Graph {
    /// Opens the way; nothing is sent yet. Fails if TLS can't be set up.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Graph { shared: Arc::new(Shared::new(options)?) })
    }

    /// Whoever reads from a tenant.
    pub fn reader(&self, tenant: &TenantId) -> Reader {
        Reader::new(self.shared.session(tenant))
    }

    /// What a new token of an application proves about a tenant; nothing that is held or noted counts.
    ///
    /// After a consent it takes up to a minute until every server knows of it: ask again where the answer is
    /// [`Kind::Consent`], or a role is missing.
    pub async fn prove(&self, tenant: &TenantId, client_id: &str) -> Result<Proof, Error> {
        self.shared.options.login.prove(tenant, client_id).await
    }

    /// Whether the tenant still grants what it did, by a token that is some minutes old at most.
    pub async fn renew(&self, tenant: &TenantId) -> Result<(), Error> {
        self.shared.options.login.renew(tenant).await
    }

    /// Forgets the token that is held: the tenant granted something else.
    pub async fn forget(&self, tenant: &TenantId) {
        self.shared.options.login.forget(tenant, None).await;
    }

    /// Whoever writes to a tenant's mailboxes.
    pub fn writer(&self, tenant: &TenantId) -> Writer {
        Writer::new(self.shared.session(tenant))
    }
}

/// Locks; what a panicking thread left behind is still whole, for every change here is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The whole simulated world, shared by all facades.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chance::{guid, mix};
use super::clock::Clock;
use super::counters::Counters;
use super::fault::Faults;
use super::grant::App;
use super::tenant::TenantState;
use crate::error::Error;
use crate::login::Code;
use crate::login::keys::KeyRing;
use crate::recording::Recorder;

/// Behaviour of Graph that is uncertain or varies; each can be switched while the simulator runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// Creating a contact without `givenName` is refused.
    pub given_name_required: bool,
    /// A stale `If-Match` on a contact or event is refused with 412; else the header is ignored.
    pub if_match_honoured: bool,
    /// Deleting a deleted contact gives 403 `ErrorCannotDeleteObject` instead of 404.
    pub redelete_forbidden: bool,
    /// Each finished delta round is a new generation, even when nothing moved.
    pub generation_every_poll: bool,
    /// The chance that a directory delta repeats an entry or an unchanged object.
    pub directory_replays: f64,
    /// Throttling as Graph does it; without it only requests at work are counted.
    pub throttling: bool,
    /// Entries per page of a directory list or delta, unless the client asks for another size.
    pub directory_page: usize,
    /// Entries per page of a contacts delta, unless the client asks for another size.
    pub delta_page: usize,
    /// Bodies of events come back as whole HTML documents, text too; else as they were sent.
    pub html_wrapped: bool,
    /// All-day events are shown in the zone that the reader prefers; else they stay at midnight in any zone.
    pub all_day_converted: bool,
    /// What a second create with the same `transactionId` gets.
    pub duplicate_transaction: Duplicate,
    /// A series that changes shape keeps its exceptions and cancellations.
    pub exceptions_kept: bool,
    /// An occurrence that would reach its neighbours is refused with 400 `ErrorOccurrenceCrossingBoundary`.
    pub occurrences_keep_order: bool,
    /// The chance that a calendar view's delta repeats an entry: an older form of it comes first.
    pub view_repeats: f64,
    /// The chance that a first round of a calendar view's delta has an event from outside the window.
    pub view_strays: f64,
    /// A calendar view's delta in pages larger than this gives 503 without a body.
    pub view_page_limit: Option<usize>,
    /// How long after a consent the token endpoint does not know of it: at first the service principal is missing, then
    /// its roles.
    pub consent_lag_seconds: u64,
    /// The same, in calls for a token; both must be over.
    pub consent_lag_calls: u64,
    /// How long after a change of Exchange's own roles the mailboxes answer as before; half an hour to two hours in truth.
    pub scope_lag_seconds: u64,
}

/// The answer to a create whose `transactionId` was used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicate {
    /// 201 with the event that is there.
    #[default]
    Existing,
    /// 409 `ErrorDuplicateTransactionId`.
    Conflict,
    /// A second event.
    Second,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            given_name_required: true,
            if_match_honoured: true,
            redelete_forbidden: false,
            generation_every_poll: false,
            directory_replays: 0.0,
            throttling: true,
            directory_page: 100,
            delta_page: 10,
            html_wrapped: true,
            all_day_converted: false,
            duplicate_transaction: Duplicate::Existing,
            exceptions_kept: false,
            occurrences_keep_order: true,
            view_repeats: 0.0,
            view_strays: 0.0,
            view_page_limit: None,
            consent_lag_seconds: 0,
            consent_lag_calls: 0,
            scope_lag_seconds: 0,
        }
    }
}

/// The apps and their managed identity, the same for all tenants.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    client_id: Uuid,
    scoped_client_id: Uuid,
    pub(crate) home_tenant: Uuid,
    pub(crate) identity_client_id: Uuid,
    pub(crate) principal: Uuid,
    pub(crate) identity_header: String,
}

impl Ids {
    pub(crate) fn client_id(&self, app: App) -> Uuid {
        match app {
            App::Main => self.client_id,
            App::Scoped => self.scoped_client_id,
        }
    }

    /// The app of a client id.
    pub(crate) fn app(&self, client: &str) -> Option<App> {
        let id = Uuid::parse_str(client).ok()?;
        App::ALL.into_iter().find(|app| self.client_id(*app) == id)
    }
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    pub(crate) recorder: Recorder,
    pub(crate) quirks: Mutex<Quirks>,
    pub(crate) keys: Mutex<KeyRing>,
    /// The addresses to which both apps may send a browser back.
    pub(crate) redirects: Mutex<BTreeSet<String>>,
    /// What signing in gave out, by code.
    pub(crate) codes: Mutex<HashMap<String, Code>>,
    pub(crate) home: Arc<TenantState>,
    latency: AtomicU64,
    lifetime: AtomicU64,
    base: OnceLock<String>,
    tenants: RwLock<Vec<Arc<TenantState>>>,
    requests: AtomicU64,
}

impl World {
    pub(crate) fn new(seed: u64, clock: Clock, quirks: Quirks) -> Result<Self, Error> {
        let ids = Ids {
            client_id: guid(seed, "app", 0),
            scoped_client_id: guid(seed, "app", 1),
            home_tenant: guid(seed, "home tenant", 0),
            identity_client_id: guid(seed, "managed identity", 0),
            principal: guid(seed, "managed identity", 1),
            identity_header: guid(seed, "identity header", 0).to_string(),
        };
        Ok(Self {
            seed,
            clock,
            home: Arc::new(TenantState::with_id(ids.home_tenant, mix(&[seed, 98]))),
            ids,
            counters: Counters::default(),
            faults: Faults::default(),
            recorder: Recorder::default(),
            quirks: Mutex::new(quirks),
            keys: Mutex::new(KeyRing::new(seed)?),
            redirects: Mutex::default(),
            codes: Mutex::default(),
            latency: AtomicU64::new(0),
            lifetime: AtomicU64::new(3599),
            base: OnceLock::new(),
            tenants: RwLock::default(),
            requests: AtomicU64::new(0),
        })
    }

    /// `http://127.0.0.1:PORT`, once it is known.
    pub(crate) fn base(&self) -> &str {
        self.base.get().map_or("", String::as_str)
    }

    pub(crate) fn set_base(&self, base: String) {
        let _ = self.base.set(base);
    }

    pub(crate) fn latency(&self) -> i64 {
        i64::try_from(self.latency.load(Ordering::Relaxed)).unwrap_or(0)
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency.store(micros, Ordering::Relaxed);
    }

    /// How long new tokens live, in seconds.
    pub(crate) fn lifetime(&self) -> u64 {
        self.lifetime.load(Ordering::Relaxed)
    }

    pub(crate) fn set_lifetime(&self, seconds: u64) {
        self.lifetime.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn quirks(&self) -> Quirks {
        *super::lock(&self.quirks)
    }

    /// A tenant by its id, the home tenant too; none that is gone.
    pub(crate) fn tenant(&self, id: Uuid) -> Option<Arc<TenantState>> {
        self.everyone().into_iter().find(|tenant| tenant.id == id)
    }

    /// All tenants that are not gone, the home tenant last.
    pub(crate) fn everyone(&self) -> Vec<Arc<TenantState>> {
        let all = self.tenants().into_iter().chain([Arc::clone(&self.home)]);
        all.filter(|tenant| !tenant.gone.load(Ordering::SeqCst)).collect()
    }

    /// The tenants that the client serves, in the order in which they came.
    pub(crate) fn tenants(&self) -> Vec<Arc<TenantState>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add_tenant(&self) -> Arc<TenantState> {
        let mut all = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let number = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let tenant = Arc::new(TenantState::new(mix(&[self.seed, 99, number])));
        all.push(Arc::clone(&tenant));
        tenant
    }

    /// The id of the next request.
    pub(crate) fn request_id(&self) -> Uuid {
        guid(self.seed, "request", self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

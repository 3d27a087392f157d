//! Starting a simulator, and the handle to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::handler::Handler;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::door::{Door, Scissors};
use crate::error::Error;
use crate::http;
use crate::info::Info;
use crate::login::forge::{Forgery, forge};
use crate::login::jwt;
use crate::recording::Exchange;
use crate::state::clock::Clock;
use crate::state::counters::Counts;
use crate::state::fault::Fault;
use crate::state::lock;
use crate::state::world::{Quirks, World};
use crate::tenant::Tenant;

/// How a simulator starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Every id, order and chance comes from here.
    pub seed: u64,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The clock of the world.
    pub clock: Clock,
    /// How long Graph takes for one request (an item of a batch is one).
    pub latency: Duration,
    /// Behaviour that is uncertain or varies.
    pub quirks: Quirks,
    /// How long access tokens live, in seconds.
    pub token_seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            clock: Clock::real(),
            latency: Duration::ZERO,
            quirks: Quirks::default(),
            token_seconds: 3599,
        }
    }
}

/// A running world: login, managed identity, Graph and remote control on one loopback port.
///
/// It stands for its first tenant (all methods of [`Tenant`] work on it directly); more come by
/// [`Simulator::add_tenant`]. Dropping it closes the port.
pub struct Simulator {
    world: Arc<World>,
    first: Tenant,
    stop: Option<oneshot::Sender<()>>,
}

impl Simulator {
    /// Starts a world with one tenant.
    ///
    /// # Errors
    /// When the port cannot be bound, or no key can be made that signs tokens.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let world = World::new(options.seed, options.clock, options.quirks)?;
        world.set_latency(options.latency);
        world.set_lifetime(options.token_seconds);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = TcpListener::bind(address).await.map_err(|why| Error::bind(address, &why))?;
        let bound = listener.local_addr().map_err(|why| Error::bind(address, &why))?;
        world.set_base(format!("http://{bound}"));
        let world = Arc::new(world);
        let first = Tenant::new(Arc::clone(&world), world.add_tenant());
        let stop = open(listener, Arc::clone(&world));
        Ok(Self { world, first, stop: Some(stop) })
    }

    /// The address that stands for `https://graph.microsoft.com`; requests go to `{graph_url}/v1.0/…`.
    #[must_use]
    pub fn graph_url(&self) -> String {
        self.info().graph_url
    }

    /// The address that stands for `https://login.microsoftonline.com`.
    #[must_use]
    pub fn login_url(&self) -> String {
        self.info().login_url
    }

    /// The whole address of the managed identity endpoint: `IDENTITY_ENDPOINT` of App Service.
    #[must_use]
    pub fn identity_url(&self) -> String {
        self.info().identity_url
    }

    /// The secret that the identity endpoint wants: `IDENTITY_HEADER` of App Service.
    #[must_use]
    pub fn identity_header(&self) -> String {
        self.info().identity_header
    }

    /// The client id of the managed identity.
    #[must_use]
    pub fn identity_client_id(&self) -> String {
        self.info().identity_client_id
    }

    /// The whole address of the remote control; see [`Command`](crate::Command).
    #[must_use]
    pub fn control_url(&self) -> String {
        self.info().control_url
    }

    /// All addresses, ids and a fresh token of the first tenant.
    #[must_use]
    pub fn info(&self) -> Info {
        Info::of(&self.first)
    }

    /// Another tenant in the same world, empty.
    #[must_use]
    pub fn add_tenant(&self) -> Tenant {
        Tenant::new(Arc::clone(&self.world), self.world.add_tenant())
    }

    /// The first tenant; a handle that can be cloned and kept.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.first.clone()
    }

    /// The tenant where both apps and their managed identity are registered.
    #[must_use]
    pub fn home_tenant(&self) -> Tenant {
        Tenant::new(Arc::clone(&self.world), Arc::clone(&self.world.home))
    }

    /// Registers an address to which both apps may send a browser back; it must match to the letter.
    pub fn register_redirect(&self, url: impl Into<String>) {
        lock(&self.world.redirects).insert(url.into());
    }

    /// A new key signs from now on; the one before is published for another day.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate_signing_key(&self) -> Result<(), Error> {
        lock(&self.world.keys).rotate(self.world.clock.seconds())
    }

    /// Takes back all keys but the one that signs: tokens signed by them are good for nothing.
    pub fn withdraw_old_signing_keys(&self) {
        lock(&self.world.keys).withdraw_old();
    }

    /// A token of these claims, signed rightly or wrongly; [`Simulator::claims`] gives some to begin with.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn forge(&self, claims: &Value, forgery: Forgery) -> Result<String, Error> {
        forge(&self.world, claims, forgery)
    }

    /// The claims of a token, unchecked; `null` for what is none.
    #[must_use]
    pub fn claims(token: &str) -> Value {
        jwt::claims(token).map_or(Value::Null, |claims| json!(claims))
    }

    /// The clock of this world.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.world.clock
    }

    /// Changes how long Graph takes for one request.
    pub fn set_latency(&self, latency: Duration) {
        self.world.set_latency(latency);
    }

    /// Changes how long new access tokens live, in seconds.
    pub fn set_token_seconds(&self, seconds: u64) {
        self.world.set_lifetime(seconds);
    }

    /// The switches as they are.
    #[must_use]
    pub fn quirks(&self) -> Quirks {
        self.world.quirks()
    }

    /// Changes the switches.
    pub fn set_quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut lock(&self.world.quirks));
    }

    /// Adds a fault; the first rule that hits a request wins.
    pub fn add_fault(&self, fault: Fault) {
        self.world.faults.add(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// The figures since the start or the last reset.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.world.counters.read()
    }

    /// Starts counting anew.
    pub fn reset_counts(&self) {
        self.world.counters.reset();
    }

    /// Starts or stops remembering requests and answers; off at first.
    pub fn record(&self, on: bool) {
        self.world.recorder.turn(on);
    }

    /// The requests and answers recorded since the last call.
    #[must_use]
    pub fn recorded(&self) -> Vec<Exchange> {
        self.world.recorder.take()
    }
}

fn open(listener: TcpListener, world: Arc<World>) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let service = Router::new()
        .fallback_service(http::front.with_state(world))
        .into_make_service_with_connect_info::<Scissors>();
    tokio::spawn(async move {
        tokio::select! {
            _ = async { axum::serve(Door(listener), service).await } => {}
            _ = stopped => {}
        }
    });
    stop
}

impl Deref for Simulator {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.first
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

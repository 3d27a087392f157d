//! A simulated tenant, a client of it, and a clock that nobody waits for.
#![allow(dead_code)]

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use connectors::Clock;
pub use connectors::graph::Transactions;
use connectors::graph::login::{
    Federated, Grant, Login, ManagedIdentity, ManagedIdentityOptions, NEEDED_ROLES, Secret,
};
use connectors::graph::{
    Endpoints, Error, FolderReading, Graph, Made, Managed, Options, Pace, Place, Reader, Seen, Writer,
};
use serde_json::{Value, json};
use simulator::Simulator;
use simulator::conformance::{Types, check_request};
use sync::event::Timing;
pub use sync::hub::Kind as HubKind;
use sync::{
    ChangeKey, Content, Effect, Entry, Field, HubId, ItemId, MailboxId, Op, Removal, SourceKey, TenantId,
};
use uuid::Uuid;

/// Time passes for the simulator whenever the client would wait.
pub struct Passing(pub simulator::Clock);

#[async_trait]
impl Clock for Passing {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    async fn sleep(&self, time: Duration) {
        // The simulator counts whole microseconds.
        self.0.advance(time + Duration::from_micros(1));
        tokio::task::yield_now().await;
    }
}

/// A tenant and everything to talk to it with.
pub struct World {
    pub simulator: Simulator,
    pub tenant: TenantId,
    pub graph: Graph,
    pub clock: Arc<Passing>,
}

pub fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose client is set up differently.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = simulator::Clock::virtual_at(start());
        let simulator = Simulator::start(simulator::Options { clock, ..Default::default() }).await.unwrap();
        simulator.record(true);
        let clock = Arc::new(Passing(simulator.clock().clone()));
        let mut options = options(&simulator, clock.clone());
        change(&mut options);
        let (tenant, graph) = (TenantId::new(simulator.tenant_id()).unwrap(), Graph::new(options).unwrap());
        World { simulator, tenant, graph, clock }
    }

    pub fn reader(&self) -> Reader {
        self.graph.reader(&self.tenant)
    }

    pub fn writer(&self) -> Writer {
        self.graph.writer(&self.tenant)
    }

    /// A colleague with a mailbox.
    pub fn colleague(&self, name: &str) -> MailboxId {
        let id = self.simulator.add_user(json!({ "displayName": name })).unwrap();
        MailboxId::new(id.to_string()).unwrap()
    }

    /// A colleague whose mailbox has the hub's folder.
    pub async fn place(&self, name: &str) -> Place {
        self.place_of(HubKind::Contacts, name).await
    }

    /// A colleague whose mailbox has the hub's calendar.
    pub async fn calendar(&self, name: &str) -> Place {
        self.place_of(HubKind::Events, name).await
    }

    async fn place_of(&self, kind: HubKind, name: &str) -> Place {
        let mailbox = self.colleague(name);
        let made = self.ensure(&mailbox, kind, "Company").await.unwrap();
        Place { kind, mailbox, folder: made.id, hub: hub() }
    }

    pub async fn ensure(&self, mailbox: &MailboxId, kind: HubKind, name: &str) -> Result<Made, Error> {
        let hub = hub();
        self.writer().ensure_folder(mailbox, Managed { kind, hub: &hub, name, color: None }).await
    }

    pub fn deadline(&self) -> DateTime<Utc> {
        self.clock.now() + Duration::from_secs(3600)
    }

    /// Obeys the operations to a good end; gives what came of each, by its place.
    pub async fn write(&self, place: &Place, ops: &[Op]) -> Vec<Option<Effect>> {
        let (effects, end) = self.try_write(place, ops).await;
        end.unwrap();
        effects
    }

    /// Obeys the operations; gives what came of each, by its place, and how it ended.
    pub async fn try_write(&self, place: &Place, ops: &[Op]) -> (Vec<Option<Effect>>, Result<(), Error>) {
        let mut effects: Vec<Option<Effect>> = vec![None; ops.len()];
        let mut settled = |at: usize, effect| {
            let before = effects[at].replace(effect);
            assert!(before.is_none(), "settled twice");
        };
        let end = self.writer().write(place, ops, &transactions(ops), self.deadline(), &mut settled).await;
        (effects, end)
    }

    /// The contacts that the simulator holds in the hub's folder.
    pub fn held(&self, place: &Place) -> Vec<Value> {
        let contents = self.simulator.mailbox_contents(user(&place.mailbox));
        let folders = contents["folders"].as_array().unwrap();
        let folder = folders.iter().find(|folder| folder["id"] == place.folder.as_str()).unwrap();
        folder["contacts"].as_array().unwrap().clone()
    }

    /// The events that the simulator holds in the hub's calendar.
    pub fn events(&self, place: &Place) -> Vec<Value> {
        let contents = self.simulator.calendar_contents(user(&place.mailbox));
        let calendars = contents["calendars"].as_array().unwrap();
        let calendar = calendars.iter().find(|calendar| calendar["id"] == place.folder.as_str()).unwrap();
        calendar["events"].as_array().unwrap().clone()
    }

    /// What a full reading of the folder shows.
    pub async fn seen(&self, place: &Place) -> Vec<Seen> {
        self.reader().changes(vec![reading(place, None)]).await.remove(0).unwrap().items
    }
}

/// Microsoft's types, where they are at hand.
pub static TYPES: LazyLock<Option<Types>> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/graph-v1-types.json");
    // Written past the test harness, which would swallow it.
    let skipped = |error: &simulator::Error| {
        let text = format!("SKIPPED: no request is checked against Microsoft's types: {error}\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
    };
    Types::load(file.as_ref()).inspect_err(skipped).ok()
});

impl Drop for World {
    /// Whatever the story was: nobody was mailed, and no request in it may say what Microsoft's types do not know.
    fn drop(&mut self) {
        assert!(
            std::thread::panicking() || self.simulator.tenant().outbox().is_empty(),
            "somebody was mailed"
        );
        let Some(types) = TYPES.as_ref().filter(|_| !std::thread::panicking()) else { return };
        for sent in self.simulator.recorded() {
            let body =
                (!sent.request.is_empty()).then(|| serde_json::from_str::<Value>(&sent.request).unwrap());
            let wrong = check_request(&sent.method, &sent.path, body.as_ref(), types);
            assert!(wrong.is_empty(), "{wrong:?}");
        }
    }
}

pub fn options(simulator: &Simulator, clock: Arc<dyn Clock>) -> Options {
    static RING: Once = Once::new();
    RING.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    let endpoints = Endpoints::new(&simulator.login_url(), &simulator.graph_url()).unwrap();
    let numbers = AtomicU64::new(1);
    Options {
        login: login(simulator, &endpoints, clock.clone(), &NEEDED_ROLES),
        endpoints,
        clock,
        new_id: Arc::new(move || Uuid::from_u64_pair(numbers.fetch_add(1, Ordering::Relaxed), 0)),
        pace: Pace { timeout: Duration::from_secs(5), ..Pace::default() },
        if_match: true,
    }
}

pub fn login(
    simulator: &Simulator,
    endpoints: &Endpoints,
    clock: Arc<dyn Clock>,
    needed: &[&str],
) -> Arc<dyn Login> {
    let identity = ManagedIdentityOptions {
        endpoint: simulator.identity_url(),
        header: Secret::new(simulator.identity_header()),
        client_id: simulator.identity_client_id(),
        audience: endpoints.audience().to_owned(),
    };
    let identity = ManagedIdentity::new(identity, clock.clone()).unwrap();
    let needed = needed.iter().map(|role| (*role).to_owned()).collect();
    let grant = Arc::new(Grant { client_id: simulator.client_id(), needed });
    Arc::new(Federated::new(endpoints.clone(), grant, Arc::new(identity), clock).unwrap())
}

pub fn managed<'a>(hub: &'a HubId, name: &'a str) -> Managed<'a> {
    Managed { kind: HubKind::Contacts, hub, name, color: None }
}

pub fn hub() -> HubId {
    HubId::new("company").unwrap()
}

pub fn user(mailbox: &MailboxId) -> Uuid {
    mailbox.as_str().parse().unwrap()
}

pub fn key(number: usize) -> SourceKey {
    SourceKey::new(format!("directory:{number:04}")).unwrap()
}

pub fn person(number: usize) -> Content {
    let mut content = Content::default();
    content.set(Field::GivenName, format!("Given{number}"));
    content.set(Field::DisplayName, format!("Given{number} Family"));
    content.set(Field::MobilePhone, format!("+1 555 {number:04}"));
    content
}

pub fn create(number: usize) -> Op {
    Op::Create { key: key(number), content: Arc::new(person(number)) }
}

/// A meeting of the hub.
pub fn event(number: usize) -> Content {
    let mut content = Content::default();
    let start = DateTime::from_timestamp(1_796_112_000 + 3600 * number as i64, 0).unwrap();
    content.set(Field::Subject, format!("Meeting {number}"));
    content.set(Field::Timing, Timing::single(start, start + Duration::from_secs(1800)).unwrap());
    content
}

pub fn create_event(number: usize) -> Op {
    Op::Create { key: key(number), content: Arc::new(event(number)) }
}

pub fn delete(number: usize, id: &ItemId) -> Op {
    Op::Delete { key: key(number), id: id.clone(), why: Removal::GoneFromHub }
}

/// An update of these fields that is meant for this version.
pub fn update(
    number: usize,
    id: &ItemId,
    change_key: &ChangeKey,
    set: &[(Field, Option<sync::Value>)],
) -> Op {
    let (id, change_key) = (id.clone(), change_key.clone());
    let entry = Box::new(Entry::holding(id.clone(), change_key.clone(), &Content::default()));
    let (set, wanted) = (set.iter().cloned().collect(), Arc::new(person(number)));
    Op::Update { key: key(number), id, change_key, set, wanted, entry, tag: false }
}

/// The version that a write left.
pub fn version(effect: &Option<Effect>) -> ChangeKey {
    let Some(Effect::Written { change_key, .. }) = effect else { panic!("{effect:?}") };
    change_key.clone()
}

pub fn reading(place: &Place, link: Option<String>) -> FolderReading {
    FolderReading { place: place.clone(), link }
}

/// An id for each create, as intents have them.
pub fn transactions(ops: &[Op]) -> Transactions {
    let creates = ops.iter().filter(|op| matches!(op, Op::Create { .. }));
    creates.map(|op| (op.key().clone(), format!("transaction of {}", op.key()))).collect()
}

/// The ids of what was written, in the order of the operations.
pub fn written(effects: &[Option<Effect>]) -> Vec<ItemId> {
    let id = |effect: &Option<Effect>| match effect {
        Some(Effect::Written { id, .. }) => id.clone(),
        other => panic!("not written: {other:?}"),
    };
    effects.iter().map(id).collect()
}

/// A point read shows of each item what its write returned.
pub async fn reads_back_as_written(world: &World, place: &Place, ids: &[ItemId], effects: &[Option<Effect>]) {
    for (id, looked) in world.reader().look(place, ids).await {
        let at = ids.iter().position(|known| *known == id).unwrap();
        let Some(Effect::Written { content, .. }) = &effects[at] else { panic!() };
        assert_eq!(
            &looked.unwrap().unwrap().content,
            content,
            "what a write returns is what a point read shows"
        );
    }
}

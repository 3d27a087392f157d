//! A whole Wheelhouse on a temporary folder beside a simulated tenant, driven by the host's own envelopes, on a clock that
//! passes whenever nobody works: a story of days takes seconds.
#![allow(dead_code, reason = "each test file uses a part of its own")]

pub mod calendar;
pub mod clock;
pub mod host;
pub mod kept;
pub mod killed;
pub mod paper;
pub mod street;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use chrono::{DateTime, Utc};
use clock::IdleClock;
use demo::directory::Cast;
use demo::truth::{self, Expected};
use http_body_util::BodyExt;
use paper::Paper;
use platform::embedded::{Database, SqliteQueue};
use serde_json::{Value, json};
use simulator::{Company, Options, Simulator, fill_company, give_mailboxes};
use tempfile::TempDir;
use tower::ServiceExt;
use tracing::subscriber::DefaultGuard;
use uuid::Uuid;
use wheelhouse::App;
use wheelhouse::config::Settings;

/// The name of the managed folder.
pub const FOLDER: &str = demo::stage::FOLDER;
/// The hub of most stories.
pub const HUB: &str = "company";

/// Whoever works for so long, in real time, waits for what never comes.
const STUCK: Duration = Duration::from_secs(300);

/// Everything of one story.
pub struct World {
    pub simulator: Simulator,
    pub cast: Cast,
    pub clock: Arc<IdleClock>,
    /// A second look at the same store, for the tests' own eyes.
    pub app: App,
    pub queue: SqliteQueue,
    /// What the functions print, at the level `debug`.
    pub paper: Paper,
    pub folder: TempDir,
    pub host: host::Host,
    router: Router,
    _log: DefaultGuard,
}

impl World {
    /// A connected tenant with so many people and mailboxes, and no hub yet.
    pub async fn of(people: usize, mailboxes: usize) -> Self {
        let world = Self::unconnected(people, mailboxes, &[]).await;
        world.call("PUT", &world.tenant(), &json!({})).await.1.unwrap();
        world
    }

    /// The same before the tenant is connected, with further settings.
    pub async fn unconnected(people: usize, mailboxes: usize, more: &[(&str, String)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let paper = Paper::default();
        let writer = paper.clone();
        let log = wheelhouse::logging::subscriber(Some("debug"), move || writer.clone());
        let log = tracing::subscriber::set_default(log);
        let start: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let tenant_clock = simulator::Clock::virtual_at(start);
        let options = Options { clock: tenant_clock.clone(), ..Options::default() };
        let simulator = Simulator::start(options).await.unwrap();
        let cast = cast(&simulator, people, mailboxes);
        let folder = TempDir::new().unwrap();
        let clock = IdleClock::start(start, tenant_clock);
        let settings = || {
            let mut vars: BTreeMap<_, _> = settings(&simulator, folder.path()).into_iter().collect();
            vars.extend(more.iter().map(|(name, value)| ((*name).into(), value.into())));
            Settings::from_vars(vars).unwrap()
        };
        let router = wheelhouse::router(settings(), clock.clone());
        let app = App::open(settings(), clock.clone()).await.unwrap();
        let database = Database::open(folder.path().join("wheelhouse.db"), clock.clone()).await.unwrap();
        let (queue, host) = (database.queue(), host::Host::default());
        Self { simulator, cast, clock, app, queue, paper, folder, host, router, _log: log }
    }

    /// A tenant with mailboxes, and a room whose calendar these events are in; no hub yet.
    pub async fn with_room(mailboxes: usize, events: Vec<Value>) -> (Self, Uuid) {
        let world = Self::of(mailboxes, mailboxes).await;
        let room = world.simulator.add_room("Room Danube").unwrap();
        for event in events {
            world.simulator.user_creates_event(room, "Calendar", event).unwrap();
        }
        (world, room)
    }

    /// A hub that shows a calendar in the mailboxes of all owners.
    pub fn calendar_config(&self, room: Uuid, contributes: Value) -> Value {
        let mut contributes = contributes;
        contributes["mailbox"] = json!(room);
        json!({
            "name": "Rooms", "kind": "events", "schedule": "0 * * * *", "readLagSeconds": 1,
            "spokes": [
                { "id": "room", "connector": "mailbox", "contributes": contributes },
                { "id": "mailboxes", "connector": "mailbox", "receives": {
                    "folder": calendar::CALENDAR, "audience": { "users": self.cast.owners } } }
            ]
        })
    }

    /// The same with the hub, run once.
    pub async fn filled(people: usize, mailboxes: usize) -> Self {
        let world = Self::of(people, mailboxes).await;
        world.configure(&world.config()).await;
        let run = world.run().await;
        assert_eq!(run["tally"]["creates"], json!(people * mailboxes), "{run}");
        world.assert_right();
        world
    }

    /// The hub's configuration: everybody into the mailboxes of the group.
    pub fn config(&self) -> Value {
        config(&self.cast)
    }

    pub async fn configure(&self, config: &Value) {
        self.call("PUT", &self.hub(), config).await.1.unwrap();
    }

    /// The path of the tenant.
    pub fn tenant(&self) -> String {
        format!("/api/tenants/{}", self.simulator.tenant_id())
    }

    /// The path of the hub.
    pub fn hub(&self) -> String {
        format!("{}/hubs/{HUB}", self.tenant())
    }

    /// Where the nth owner's mailbox is stored.
    pub fn mailbox_key(&self, nth: usize) -> String {
        format!("tenants/{}/hubs/{HUB}/bases/{}", self.simulator.tenant_id(), self.cast.owners[nth])
    }

    /// Calls the API from this machine; a refusal is an error.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Result<Value, Value>) {
        let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7071");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let response = self.answer(request.body(body).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let answer = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        (status.as_u16(), if status.is_success() { Ok(answer) } else { Err(answer) })
    }

    /// Uploads a text; the answer is the status.
    pub async fn upload(&self, path: &str, text: String) -> u16 {
        let request = Request::builder().method("PUT").uri(path).header("host", "127.0.0.1:7071");
        let request = request.header("content-type", "text/calendar").body(Body::from(text)).unwrap();
        self.answer(request).await.status().as_u16()
    }

    /// A page as a browser asks for it, and what it may do there.
    pub async fn page(&self, path: &str) -> (String, String) {
        let request = Request::get(path).header("host", "127.0.0.1:7071").header("accept", "text/html,*/*");
        let response = self.answer(request.body(Body::empty()).unwrap()).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (String::from_utf8(bytes.to_vec()).unwrap(), policy)
    }

    /// The router's answer, however much time passes on the story's clock.
    async fn answer(&self, request: Request<Body>) -> Response {
        let answer = self.router.clone().oneshot(request);
        tokio::time::timeout(STUCK, answer).await.expect("an answer: everybody waits for somebody").unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call("GET", path, &Value::Null).await.1.unwrap()
    }

    pub async fn post(&self, path: &str) -> Value {
        self.call("POST", path, &Value::Null).await.1.unwrap()
    }

    /// Runs the hub until nothing is left to do; the answer is the run as the API shows it.
    pub async fn run(&self) -> Value {
        self.simulator.reset_counts();
        let started = self.post(&format!("{}/run", self.hub())).await;
        self.settle().await;
        self.progress(&started["run"]).await
    }

    pub async fn progress(&self, run: &Value) -> Value {
        self.get(&format!("{}/runs/{}", self.hub(), run.as_str().unwrap())).await
    }

    /// The plans that wait for somebody to agree.
    pub async fn held(&self) -> Vec<Value> {
        self.get(&format!("{}/held", self.hub())).await.as_array().unwrap().clone()
    }

    /// Decides the only held plan and waits for what follows.
    pub async fn decide(&self, hash: &Value, decision: &str) -> (u16, Result<Value, Value>) {
        let path = format!("{}/held/{}/{decision}", self.hub(), hash.as_str().unwrap());
        let decided = self.call("POST", &path, &Value::Null).await;
        self.settle().await;
        decided
    }

    /// The reasons of the tenant's dead letters, the newest first.
    pub async fn dead_letters(&self) -> Vec<String> {
        let page = self.get(&format!("{}/dead-letters", self.tenant())).await;
        let letters = page["deadLetters"].as_array().unwrap().iter();
        let said = |letter: &Value, name: &str| letter[name].as_str().unwrap().to_owned();
        letters.map(|letter| format!("{}: {}", said(letter, "queue"), said(letter, "reason"))).collect()
    }

    /// What every mailbox should hold.
    pub fn expected(&self) -> Expected {
        truth::expected_of(&self.simulator, &self.cast)
    }

    /// How many differences there are in the mailbox of the nth owner.
    pub fn mismatches(&self, nth: usize, expected: &Expected) -> usize {
        truth::in_mailbox(&self.simulator, self.cast.owners[nth], expected)
    }

    /// Every mailbox holds exactly what it should, each once.
    #[track_caller]
    pub fn assert_right(&self) {
        let expected = self.expected();
        let wrong: Vec<_> = (0..self.cast.owners.len()).map(|nth| self.mismatches(nth, &expected)).collect();
        assert_eq!(wrong, vec![0; wrong.len()], "differences by mailbox");
    }

    /// The outcome of the nth owner's mailbox in a run, if it was not simply right.
    pub fn outcome(&self, run: &Value, nth: usize) -> Value {
        let id = self.cast.owners[nth].to_string();
        let mut outcomes = run["outcomes"].as_array().unwrap().iter();
        outcomes.find(|outcome| outcome["mailbox"] == id).cloned().unwrap_or(Value::Null)
    }

    /// The states of all mailboxes that were not simply right, in the order of the owners.
    pub fn states(&self, run: &Value) -> Vec<String> {
        let state = |nth| self.outcome(run, nth)["state"].as_str().unwrap_or("unchanged").to_owned();
        (0..self.cast.owners.len()).map(state).collect()
    }

    /// The folders in the nth owner's mailbox.
    pub fn folders(&self, nth: usize) -> Vec<Value> {
        self.simulator.mailbox_contents(self.cast.owners[nth])["folders"].as_array().unwrap().clone()
    }

    /// The contacts in a folder of the nth owner's mailbox; none if it is not there.
    pub fn contacts(&self, nth: usize, folder: &str) -> Vec<Value> {
        let folders = self.folders(nth);
        let found = folders.iter().find(|known| known["displayName"] == folder);
        found.map(|found| found["contacts"].as_array().unwrap().clone()).unwrap_or_default()
    }

    /// The id of the contact of that name in a folder of the nth owner's mailbox.
    pub fn contact(&self, nth: usize, folder: &str, name: &str) -> String {
        let contacts = self.contacts(nth, folder);
        let found = contacts.iter().find(|contact| contact["displayName"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))["id"].as_str().unwrap().to_owned()
    }

    /// A property of a person in the directory.
    pub fn person(&self, id: Uuid, property: &str) -> String {
        let users = self.simulator.users();
        let user = users.iter().find(|user| user["id"] == id.to_string()).unwrap();
        user[property].as_str().unwrap_or_default().to_owned()
    }
}

/// A hub that brings everybody into the mailboxes of the group.
pub fn config(cast: &Cast) -> Value {
    json!({
        "name": "Company directory", "kind": "contacts", "schedule": "0 * * * *", "readLagSeconds": 1,
        "spokes": [
            { "id": "directory", "connector": "directory", "contributes": {
                "mapping": { "extensionAttributes": {
                    "extensionAttribute1": "middleName", "extensionAttribute2": "nickName",
                    "extensionAttribute3": "generation", "extensionAttribute4": "businessHomePage",
                    "extensionAttribute5": "birthday" } } } },
            { "id": "mailboxes", "connector": "mailbox", "receives": {
                "folder": FOLDER, "audience": { "groups": [cast.mailbox_group] } } }
        ]
    })
}

/// A made up company, of which the first people have mailboxes.
pub fn cast(simulator: &Simulator, people: usize, mailboxes: usize) -> Cast {
    let company = Company { people, ..Company::default() };
    let people = fill_company(simulator, &company).unwrap().people;
    let mailbox_group = give_mailboxes(simulator, &people, mailboxes).unwrap();
    let owners = people.iter().take(mailboxes).copied().collect();
    Cast { people, owners, mailbox_group, outside_list: None }
}

/// The settings of a Wheelhouse beside a simulated tenant, by variable.
pub fn settings(simulator: &Simulator, folder: &Path) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    let info = simulator.info();
    let vars = [
        ("WHEELHOUSE_PLATFORM", "embedded".to_owned()),
        ("WHEELHOUSE_DATA_FOLDER", folder.to_str().unwrap().to_owned()),
        ("WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID", info.identity_client_id),
        ("WHEELHOUSE_APP_CLIENT_ID", info.client_id),
        ("WHEELHOUSE_SCOPED_APP_CLIENT_ID", simulator.scoped_client_id()),
        ("WHEELHOUSE_GRAPH_URL", info.graph_url),
        ("WHEELHOUSE_LOGIN_URL", info.login_url),
        ("WHEELHOUSE_FEED_ADDRESSES", "127.0.0.1".to_owned()),
        ("WHEELHOUSE_FEED_HTTP", "allowed".to_owned()),
        ("IDENTITY_ENDPOINT", info.identity_url),
        ("IDENTITY_HEADER", info.identity_header),
    ];
    vars.map(|(name, value)| (name.into(), value.into())).into()
}

//! A Wheelhouse on a temporary folder beside a simulated tenant, called as over HTTP and worked off by hand.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use platform::{Clock, RealClock};
use serde_json::{Value, json};
use simulator::{Company, Options, Simulator, fill_company};
use tempfile::TempDir;
use uuid::Uuid;
use wheelhouse::host::{Functions, Host, Limits};
use wheelhouse::{App, api, gather};

use crate::common::{Answer, pump, settings, work_off};

/// The largest body that the API takes here.
pub const BODY_BYTES: usize = 16 * 1024;

/// The world of a test.
pub struct World {
    pub app: Arc<App>,
    pub simulator: Simulator,
    pub people: Vec<Uuid>,
    pub groups: Vec<Uuid>,
    router: Router,
    _folder: TempDir,
}

impl World {
    /// A connected tenant with so many people in two departments, and no hub yet.
    pub async fn of(people: usize) -> Self {
        let world = Self::unconnected(people).await;
        world.put(&world.tenant(), &json!({})).await.good();
        world
    }

    /// The same before the tenant is connected.
    pub async fn unconnected(people: usize) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let company = Company { people, departments: true, ..Company::default() };
        let filled = fill_company(&simulator.tenant(), &company).unwrap();
        let folder = TempDir::new().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(RealClock::new());
        let app = Arc::new(App::open(settings(&simulator, &folder, []), clock.clone()).await.unwrap());
        let of_app = app.clone();
        let host = Host::new(clock, Limits::default(), move || {
            let app = of_app.clone();
            async move { Ok(app) }
        });
        let router = Functions::new(host).http("api", BODY_BYTES, api::routes()).into_router();
        Self { app, simulator, people: filled.people, groups: filled.groups, router, _folder: folder }
    }

    /// The path of the tenant.
    pub fn tenant(&self) -> String {
        format!("/api/tenants/{}", self.simulator.tenant_id())
    }

    /// The path of a hub.
    pub fn hub(&self, hub: &str) -> String {
        format!("{}/hubs/{hub}", self.tenant())
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(&self.router, request).await
    }

    /// A call from this machine.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7071");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], Body::empty()).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.call("POST", path, &[], Body::empty()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, &[], body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], Body::empty()).await
    }

    /// A hub that brings everybody into the mailboxes of the first so many people.
    pub fn config(&self, mailboxes: usize) -> Value {
        let users: Vec<String> = self.people.iter().take(mailboxes).map(Uuid::to_string).collect();
        json!({
            "name": "Company contacts",
            "kind": "contacts",
            "schedule": "0 * * * *",
            "spokes": [
                {"id": "company", "connector": "directory", "contributes": {}},
                {"id": "phones", "connector": "mailbox",
                    "receives": {"folder": "Company contacts", "audience": {"users": users}}},
            ],
        })
    }

    /// A saved hub `company`, run once to its end.
    pub async fn with_hub(people: usize, mailboxes: usize) -> Self {
        let world = Self::of(people).await;
        world.put(&world.hub("company"), &world.config(mailboxes)).await.good();
        world.run().await;
        world
    }

    /// Runs the hub `company` to its end; the answer is the run's progress.
    pub async fn run(&self) -> Value {
        let started = self.post(&format!("{}/run", self.hub("company"))).await.good();
        self.work_off().await;
        self.progress(&started["run"]).await
    }

    pub async fn progress(&self, run: &Value) -> Value {
        self.get(&format!("{}/runs/{}", self.hub("company"), run.as_str().unwrap())).await.good()
    }

    /// Does what the queues ask for until they are empty.
    pub async fn work_off(&self) {
        work_off(&self.app).await;
    }

    /// Reads the sources and leaves the mailboxes as they are.
    pub async fn gather_only(&self) {
        assert_eq!(pump(&self.app, "gather", gather::run).await, 1);
    }

    /// How many contacts lie in the hub's folder of a person's mailbox.
    pub fn contacts(&self, person: usize) -> usize {
        let contents = self.simulator.mailbox_contents(self.people[person]);
        let folders = contents["folders"].as_array().unwrap().iter();
        let ours = folders.filter(|folder| folder["displayName"] == "Company contacts");
        ours.map(|folder| folder["contacts"].as_array().unwrap().len()).sum()
    }
}

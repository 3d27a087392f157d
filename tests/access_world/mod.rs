//! A Wheelhouse with a public address beside a simulated Microsoft: two connected tenants, people with roles, browsers.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use chrono::{DateTime, Utc};
use platform::ManualClock;
use serde_json::json;
use simulator::{Clock, Options, Script, Simulator, Tenant};
use sync::TenantId;
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;
use wheelhouse::access::Route;
use wheelhouse::host::{Functions, Host, Limits};
use wheelhouse::{App, api, consent, health, sign_in};

use crate::common::{Answer, settings};

/// The app's public address.
pub const PUBLIC: &str = "https://wheelhouse.example";
/// The cookie of a session.
pub const SESSION: &str = "__Host-wheelhouse";

/// The world of a test.
pub struct World {
    pub app: Arc<App>,
    pub simulator: Simulator,
    pub clock: Arc<ManualClock>,
    /// A connected tenant.
    pub a: Tenant,
    /// Another connected tenant.
    pub b: Tenant,
    /// The tenant of the deployment; connected too.
    pub home: Tenant,
    router: Router,
    _folder: TempDir,
}

impl World {
    pub async fn new() -> Self {
        let world = Self::unconnected().await;
        for tenant in [&world.a, &world.b, &world.home] {
            world.connect(tenant).await;
        }
        world
    }

    /// The same before any tenant is connected.
    pub async fn unconnected() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start: DateTime<Utc> = "2026-11-22T08:00:00Z".parse().unwrap();
        let options =
            Options { clock: Clock::virtual_at(start), token_seconds: 86_400, ..Options::default() };
        let simulator = Simulator::start(options).await.unwrap();
        simulator.register_redirect(format!("{PUBLIC}/sign-in/callback"));
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let info = simulator.info();
        let public = [
            ("WHEELHOUSE_SCOPED_APP_CLIENT_ID", info.scoped_client_id),
            ("WHEELHOUSE_PUBLIC_URL", PUBLIC.to_owned()),
            ("WHEELHOUSE_HOME_TENANT", info.home_tenant_id),
        ];
        let app = Arc::new(App::open(settings(&simulator, &folder, public), clock.clone()).await.unwrap());
        let of_app = app.clone();
        let host = Host::new(clock.clone(), Limits::default(), move || {
            let app = of_app.clone();
            async move { Ok(app) }
        });
        let router = Functions::new(host)
            .http("api", 64 * 1024, api::routes())
            .http("sign-in", 16 * 1024, sign_in::routes())
            .http("consent", 16 * 1024, consent::routes())
            .http("health", 1024, health::routes())
            .into_router();
        let (a, b, home) = (simulator.tenant(), simulator.add_tenant(), simulator.home_tenant());
        Self { app, simulator, clock, a, b, home, router, _folder: folder }
    }

    /// Connects a tenant, as consent does.
    pub async fn connect(&self, tenant: &Tenant) {
        let id = TenantId::new(tenant.tenant_id()).unwrap();
        self.app.tables.connect(&id, "local", None, self.app.now()).await.unwrap();
    }

    /// Moves the clocks of both sides on.
    pub fn wait(&self, time: Duration) {
        self.clock.advance(time);
        self.simulator.clock().advance(time);
    }

    /// A person of a tenant with these roles.
    pub fn person(&self, tenant: &Tenant, roles: &[&str]) -> Uuid {
        let person = tenant.add_user(json!({ "displayName": "Quirin Zolanski" })).unwrap();
        roles.iter().for_each(|role| tenant.assign_role(person, role));
        person
    }

    /// A token of a script with these roles.
    pub fn token(&self, tenant: &Tenant, roles: &[&str]) -> String {
        let script: Script = tenant.add_script(roles);
        tenant.script_token(&script).unwrap()
    }

    /// One call, as it comes through the front end; one that names a host comes from where it says.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "wheelhouse.example").header("x-forwarded-for", "203.0.113.9");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(&self.router, request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A call with a bearer token.
    pub async fn bearer(&self, method: &str, path: &str, token: &str) -> Answer {
        self.call(method, path, &[("authorization", &format!("Bearer {token}"))], "").await
    }

    /// A browser in which this person has signed in.
    pub async fn signed_in(&self, tenant: &Tenant, person: Uuid) -> Browser<'_> {
        let mut browser = Browser::new(self);
        let done = browser.sign_in(tenant, person).await;
        assert_eq!(done.status, 303, "{}", done.text());
        browser
    }
}

/// A browser that keeps cookies.
pub struct Browser<'a> {
    pub world: &'a World,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(world: &'a World) -> Self {
        Self { world, cookies: BTreeMap::new() }
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (jar, mut headers) = (pairs.join("; "), headers.to_vec());
        headers.push(("cookie", &jar));
        let answer = self.world.call(method, path, &headers, body).await;
        for (name, value) in answer.cookies() {
            match value.is_empty() {
                true => self.cookies.remove(&name),
                false => self.cookies.insert(name, value),
            };
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Begins a sign-in; the answer is the address of Microsoft's page.
    pub async fn begin(&mut self) -> String {
        let begun = self.get("/sign-in/start").await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        begun.location()
    }

    /// The same where somebody put another nonce into the address.
    pub async fn begin_with_nonce(&mut self, nonce: &str) -> String {
        let page = self.begin().await;
        page.replace(&query(&page, "nonce"), nonce)
    }

    /// Signs in from beginning to end.
    pub async fn sign_in(&mut self, tenant: &Tenant, person: Uuid) -> Answer {
        let page = self.begin().await;
        let back = tenant.signs_in(person, &page).unwrap();
        self.get(&local(&back)).await
    }

    /// What the session's changing calls must carry.
    pub async fn csrf(&mut self) -> String {
        self.get("/api/me").await.json()["csrf"].as_str().unwrap().to_owned()
    }
}

/// Path and query of an address of ours.
pub fn local(address: &str) -> String {
    address.strip_prefix(PUBLIC).unwrap().to_owned()
}

/// A parameter of an address.
pub fn query(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap();
    url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned()
}

/// A path that a call can be sent to: a tenant, and other ids that look right.
pub fn path(route: &Route, tenant: &str) -> String {
    let known = [("tenant", tenant), ("hub", "company"), ("hash", &"0".repeat(32)), ("key", "company:1")];
    let named =
        known.iter().fold(route.path.clone(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
    let parts = named.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a method changes something.
pub fn changes(route: &Route) -> bool {
    route.method != Method::GET
}

//! A small HTTP client for the stories, and worlds to tell them in.
#![allow(dead_code)] // each story file uses its part

pub mod login;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Options, Simulator};

pub use uuid::Uuid;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub fn entries(&self) -> &Vec<Value> {
        self.body["value"].as_array().unwrap()
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub fn next(&self) -> Option<String> {
        self.body["@odata.nextLink"].as_str().map(str::to_owned)
    }

    pub fn delta(&self) -> String {
        self.body["@odata.deltaLink"].as_str().unwrap().to_owned()
    }

    /// "200" or "404 ErrorItemNotFound".
    pub fn short(&self) -> String {
        format!("{} {}", self.status, self.code()).trim().to_owned()
    }

    pub fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// A simulator, a client with a token, and one user with a mailbox.
pub struct World {
    pub sim: Simulator,
    pub http: reqwest::Client,
    pub token: String,
    pub user: Uuid,
}

pub async fn world() -> World {
    world_with(Options::default()).await
}

pub async fn world_with(options: Options) -> World {
    let sim = Simulator::start(options).await.unwrap();
    let user = sim.add_user(json!({ "displayName": "Ana Kos", "mail": "ana@contoso.example" })).unwrap();
    World { http: client(), token: sim.token(), user, sim }
}

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build().unwrap()
}

pub const IMMUTABLE: (&str, &str) = ("Prefer", "IdType=\"ImmutableId\"");

impl World {
    /// Sends a request; a path begins below `/v1.0`, a link is whole.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Reply, reqwest::Error> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/v1.0{path}", self.sim.graph_url())
        };
        let mut request = self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        if !headers.iter().any(|(name, _)| *name == "Authorization") {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await?).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &[IMMUTABLE], Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, &[IMMUTABLE], Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[IMMUTABLE], None).await
    }

    /// The path of something in the user's mailbox.
    pub fn mine(&self, rest: &str) -> String {
        format!("/users/{}/{rest}", self.user)
    }

    pub async fn folder(&self, name: &str) -> String {
        self.post(&self.mine("contactFolders"), json!({ "displayName": name })).await.ok(201).id()
    }

    /// Creates a contact in the default folder.
    pub async fn contact(&self, given_name: &str) -> String {
        self.post(&self.mine("contacts"), json!({ "givenName": given_name })).await.ok(201).id()
    }

    pub async fn batch(&self, requests: Value) -> Reply {
        self.post("/$batch", json!({ "requests": requests })).await
    }

    /// Reads all pages; the entries and the delta link.
    pub async fn round(&self, first: &str, headers: &[(&str, &str)]) -> (Vec<Value>, String) {
        let (mut all, mut path) = (Vec::new(), first.to_owned());
        for _ in 0..1000 {
            let reply = self.send("GET", &path, headers, None).await.ok(200);
            all.extend(reply.entries().clone());
            match reply.next() {
                Some(next) => path = next,
                None => return (all, reply.body["@odata.deltaLink"].as_str().unwrap_or_default().to_owned()),
            }
        }
        panic!("the pages never end");
    }
}

pub async fn read(response: reqwest::Response) -> Result<Reply, reqwest::Error> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Reply { status, headers, text, body })
}

/// A `dateTimeTimeZone`.
pub fn at(day: &str, time: &str, zone: &str) -> Value {
    json!({ "dateTime": format!("{day}T{time}"), "timeZone": zone })
}

/// An event from nine to ten in Vienna.
pub fn hour_on(day: &str, subject: &str) -> Value {
    let zone = "Europe/Vienna";
    json!({ "subject": subject, "start": at(day, "09:00:00", zone), "end": at(day, "10:00:00", zone) })
}

/// Such an event every Friday from the given one on.
pub fn fridays(day: &str, subject: &str) -> Value {
    let mut event = hour_on(day, subject);
    event["recurrence"] = json!({
        "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["friday"] },
        "range": { "type": "noEnd", "startDate": day },
    });
    event
}

/// How long something took, by the real clock.
pub struct Watch(chrono::DateTime<chrono::Utc>);

impl Watch {
    pub fn start() -> Self {
        Self(simulator::Clock::real().now())
    }

    pub fn elapsed(&self) -> Duration {
        (simulator::Clock::real().now() - self.0).to_std().unwrap_or_default()
    }
}

/// What an item shows, without its annotations and these members, which differ from run to run.
pub fn without(body: &Value, moving: &[&str]) -> Value {
    let shown = body.as_object().unwrap().iter();
    let fixed = shown.filter(|(name, _)| !moving.contains(&name.as_str()) && !name.starts_with('@'));
    fixed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

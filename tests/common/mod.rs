//! What stands in place of a browser and of the Functions host: answers, settings, and the queues worked off by hand.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use simulator::Simulator;
use tempfile::TempDir;
use tower::ServiceExt;
use wheelhouse::config::Settings;
use wheelhouse::host::{Failure, Invocation, Limits, QueueMessage};
use wheelhouse::{App, gather, privacy, sync_mailbox};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    /// What a router answers.
    pub async fn of(router: &Router, request: Request<Body>) -> Self {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, bytes }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.to_vec()).unwrap()
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The body of a call that went well.
    pub fn good(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        self.json()
    }

    /// Status and words of a refusal, one a line.
    pub fn refusal(&self) -> String {
        let (status, body) = (self.status.as_u16(), self.json());
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        match body["problems"].as_array() {
            None => format!("{status} {}; {}", text(&body, "error"), text(&body, "fix")),
            Some(problems) => {
                let lines = problems.iter().map(|problem| {
                    format!(
                        "{status} {}: {}; {}",
                        text(problem, "field"),
                        text(problem, "problem"),
                        text(problem, "fix")
                    )
                });
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// Where it leads.
    pub fn location(&self) -> String {
        self.headers["location"].to_str().unwrap().to_owned()
    }

    /// Names and values of the cookies that it sets.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let all = self.headers.get_all("set-cookie").iter();
        let pair = |line: &str| {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        };
        all.map(|line| pair(line.to_str().unwrap())).collect()
    }
}

/// Does what the queues ask for until they are empty; what is delayed stays.
pub async fn work_off(app: &Arc<App>) {
    loop {
        let gathered = pump(app, "gather", gather::run).await;
        let synced = pump(app, "sync-mailbox", sync_mailbox::run).await;
        let asked = pump(app, "privacy", privacy::run).await;
        if gathered + synced + asked == 0 {
            break;
        }
    }
}

/// Works on one message of a queue, if there is one.
pub async fn pump<F, Fut>(app: &Arc<App>, queue: &str, run: F) -> usize
where
    F: Fn(Arc<App>, QueueMessage, Invocation) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let received = app.queue.receive(queue, 1, Duration::from_secs(600)).await.unwrap();
    let count = received.len();
    for message in received {
        let budget = Limits::default().budget;
        let cx = Invocation::begin("test", &HeaderMap::new(), app.clock.clone(), budget);
        let input = QueueMessage {
            bytes: message.bytes.clone(),
            id: Some(message.id.clone()),
            dequeue_count: Some(message.dequeue_count),
            inserted: Some(message.inserted),
        };
        let outcome = run(app.clone(), input, cx).await;
        assert!(!outcome.is_err_and(|failure| failure.is_retry()), "{queue} failed");
        app.queue.delete(message).await.unwrap();
    }
    count
}

/// The settings of an app on a folder that signs in at the simulator; and more.
pub fn settings<const N: usize>(
    simulator: &Simulator,
    folder: &TempDir,
    more: [(&str, String); N],
) -> Settings {
    let info = simulator.info();
    let vars = [
        ("WHEELHOUSE_PLATFORM", "embedded".to_owned()),
        ("WHEELHOUSE_DATA_FOLDER", folder.path().to_str().unwrap().to_owned()),
        ("WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID", info.identity_client_id),
        ("WHEELHOUSE_APP_CLIENT_ID", info.client_id),
        ("WHEELHOUSE_GRAPH_URL", info.graph_url),
        ("WHEELHOUSE_LOGIN_URL", info.login_url),
        ("WHEELHOUSE_READ_LAG_SECONDS", "0".to_owned()),
        ("IDENTITY_ENDPOINT", info.identity_url),
        ("IDENTITY_HEADER", info.identity_header),
    ];
    let vars = vars.into_iter().chain(more);
    Settings::from_vars(vars.map(|(name, value)| (name.into(), value.into()))).unwrap()
}

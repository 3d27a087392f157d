//! Everything that goes to Graph passes here: token, headers, judgement, repetition.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::Method;
use sync::{MailboxId, TenantId};
use tokio::sync::Semaphore;

use super::batch::{self, Answers};
use super::error::{Error, Fault, PATIENCE, PAUSE};
use super::fence::Fence;
use super::http::{self, Answer};
use super::lanes::{Lane, Turn};
use super::login::Secret;
use super::traffic::Meter;
use super::{Options, lock};
use crate::clock::{Clock, later};

/// How often a call is sent again that may be repeated.
const REPEATS: usize = 3;

/// Whenever a tenant has so many lanes more, those are dropped that have nothing to remember.
const LANES: usize = 1_000;

/// Ids stay the same when an item moves within its mailbox.
pub(super) const IMMUTABLE: &str = "IdType=\"ImmutableId\"";

/// What all tenants share.
pub(super) struct Shared {
    pub options: Options,
    http: reqwest::Client,
    batches: Semaphore,
    tenants: Mutex<HashMap<TenantId, Arc<Tenant>>>,
}

/// One tenant's fence and lanes.
struct Tenant {
    id: TenantId,
    fence: Fence,
    lanes: Mutex<HashMap<MailboxId, Arc<Lane>>>,
}

/// The way to one tenant.
#[derive(Clone)]
pub(super) struct Session {
    pub shared: Arc<Shared>,
    pub meter: Arc<Meter>,
    tenant: Arc<Tenant>,
}

/// A call to be made; `path` begins with a slash below the version.
pub(super) struct Call<'a> {
    pub place: &'a str,
    pub method: Method,
    pub path: &'a str,
    pub prefer: &'a str,
    pub body: Option<Bytes>,
    /// How many requests it is.
    pub requests: u64,
}

impl<'a> Call<'a> {
    pub(super) fn get(place: &'a str, path: &'a str) -> Self {
        Call { place, method: Method::GET, path, prefer: IMMUTABLE, body: None, requests: 1 }
    }
}

impl Shared {
    pub(super) fn new(options: Options) -> Result<Self, Error> {
        let http = http::client(options.pace.timeout)?;
        let batches = Semaphore::new(options.pace.batches);
        Ok(Shared { options, http, batches, tenants: Mutex::default() })
    }

    pub(super) fn session(self: &Arc<Self>, tenant: &TenantId) -> Session {
        let new = || Tenant { id: tenant.clone(), fence: Fence::open(), lanes: Mutex::default() };
        let tenant = Arc::clone(lock(&self.tenants).entry(tenant.clone()).or_insert_with(|| Arc::new(new())));
        Session { shared: Arc::clone(self), meter: Arc::default(), tenant }
    }
}

impl Session {
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.shared.options.clock
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    /// The lane of a mailbox.
    pub(super) fn lane(&self, mailbox: &MailboxId) -> Arc<Lane> {
        let mut lanes = lock(&self.tenant.lanes);
        if let Some(lane) = lanes.get(mailbox) {
            return Arc::clone(lane);
        }
        if lanes.len() % LANES == LANES - 1 {
            let now = self.now();
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || !lane.is_idle(now));
        }
        let lane = Arc::new(Lane::new(&self.shared.options.pace));
        lanes.insert(mailbox.clone(), Arc::clone(&lane));
        lane
    }

    /// The right to make one plain call to a mailbox.
    pub(super) async fn turn(&self, place: &str, mailbox: &MailboxId) -> Result<Turn, Error> {
        let until = later(self.now(), PATIENCE);
        let turn = self.lane(mailbox).turn(self.clock(), 1, 0, until).await;
        turn.map_err(|wait| Error::throttled(place, wait))
    }

    /// How long the whole tenant has to stay away.
    pub(super) fn fenced(&self) -> Duration {
        self.tenant.fence.left(self.now())
    }

    /// Makes a call that may be repeated until `read` understands its answer.
    pub(super) async fn repeat<T>(
        &self,
        call: Call<'_>,
        read: impl Fn(Bytes) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.repeat_if(call, Error::passes, read).await
    }

    /// Makes a call that may be repeated after the errors for which that `is_worth` it, until `read` understands its answer.
    pub(super) async fn repeat_if<T>(
        &self,
        call: Call<'_>,
        is_worth: impl Fn(&Error) -> bool,
        read: impl Fn(Bytes) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut waits = self.waits();
        loop {
            let failed = match self.send(&call).await.and_then(|answer| read(answer.body)) {
                Err(error) if is_worth(&error) && error.after().unwrap_or_default() <= PATIENCE => error,
                done => return done,
            };
            let Some(wait) = waits.next() else { return Err(failed) };
            self.clock().sleep(failed.after().unwrap_or(wait)).await;
        }
    }

    /// Makes a call once; an answer that is no success is an error.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer, Error> {
        self.tenant.fence.pass(self.clock()).await;
        let answer = self.signed(call).await?;
        match answer.status {
            200..=299 => Ok(answer),
            _ => Err(refusal(call.place, answer)),
        }
    }

    /// Sends a batch of so many requests; a refusal of the whole keeps the whole tenant away.
    pub(super) async fn send_batch(&self, place: &str, body: Bytes, count: usize) -> Result<Answers, Error> {
        let (method, body, requests) = (Method::POST, Some(body), count as u64);
        let call = Call { place, method, path: "/$batch", prefer: IMMUTABLE, body, requests };
        // A tenant that has to wait does so without a permit: the others go on.
        self.tenant.fence.pass(self.clock()).await;
        // The semaphore is never closed; were it, going on without a permit would be right.
        let _permit = self.shared.batches.acquire().await.ok();
        let sent = self.send(&call).await;
        if let Some(error) = sent.as_ref().err().filter(|error| matches!(error.status(), Some(429 | 503))) {
            self.tenant.fence.close(self.now(), error.after().unwrap_or(PAUSE).min(PATIENCE));
        }
        let answers = batch::decode(place, sent?.body, count)?;
        self.meter.note_parts(answers.iter().flatten());
        Ok(answers)
    }

    /// Sends with a token, and once more with a new one if the first is refused.
    async fn signed(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let login = &self.shared.options.login;
        let token = login.token(&self.tenant.id).await?;
        let answer = self.counted(call, &token).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        login.forget(&self.tenant.id, Some(&token)).await;
        let token = login.token(&self.tenant.id).await?;
        self.counted(call, &token).await
    }

    async fn counted(&self, call: &Call<'_>, token: &Secret) -> Result<Answer, Error> {
        let answer = http::once(self.request(call, token.expose()), call.place).await?;
        self.meter.note(call.requests, call.body.as_ref().map_or(0, Bytes::len), &answer);
        Ok(answer)
    }

    fn request(&self, call: &Call<'_>, token: &str) -> reqwest::RequestBuilder {
        let url = self.shared.options.endpoints.graph(call.path);
        let id = (self.shared.options.new_id)();
        let request = self
            .shared
            .http
            .request(call.method.clone(), url)
            .bearer_auth(token)
            .header("Prefer", call.prefer)
            .header("client-request-id", id.to_string());
        match &call.body {
            Some(body) => request.header("Content-Type", "application/json").body(body.clone()),
            None if call.method == Method::POST => request.header("Content-Length", "0"),
            None => request,
        }
    }

    /// The waits between repetitions, spread by chance so that many do not come back at once.
    pub(super) fn waits(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        let (seed, _) = (self.shared.options.new_id)().as_u64_pair();
        let delays = ExponentialBuilder::default().with_jitter().with_jitter_seed(seed);
        delays.with_max_times(REPEATS).build()
    }
}

/// What the server said instead of a success.
pub(super) fn refusal(place: &str, answer: Answer) -> Error {
    #[derive(Default, serde::Deserialize)]
    struct Body {
        error: Fault,
    }
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.error.into_error(place, answer.status, answer.retry_after)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::super::login::{Login, Proof};
    use super::super::{Endpoints, Pace};
    use super::*;

    struct Still;

    #[async_trait]
    impl Clock for Still {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }

        async fn sleep(&self, _: Duration) {}
    }

    #[async_trait]
    impl Login for Still {
        async fn token(&self, _: &TenantId) -> Result<Secret, Error> {
            Ok(Secret::new("token"))
        }

        async fn renew(&self, _: &TenantId) -> Result<(), Error> {
            Ok(())
        }

        async fn prove(&self, _: &TenantId, _: &str) -> Result<Proof, Error> {
            Err(Error::nonsense("sign-in", "nothing is proven here"))
        }

        async fn forget(&self, _: &TenantId, _: Option<&Secret>) {}
    }

    fn session() -> Session {
        // Another test may have been the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options {
            endpoints: Endpoints::worldwide().unwrap(),
            login: Arc::new(Still),
            clock: Arc::new(Still),
            new_id: Arc::new(uuid::Uuid::nil),
            pace: Pace::default(),
            if_match: true,
        };
        let tenant = TenantId::new("00000000-0000-0000-0000-000000000000").unwrap();
        Arc::new(Shared::new(options).unwrap()).session(&tenant)
    }

    #[tokio::test]
    async fn only_lanes_with_something_to_remember_are_kept() {
        let session = session();
        let mailbox =
            |number: usize| MailboxId::new(format!("00000000-0000-0000-0000-{number:012}")).unwrap();
        session.lane(&mailbox(0)).fence.close(session.now(), PATIENCE);
        drop(session.turn("contacts", &mailbox(1)).await.unwrap());
        let held = session.lane(&mailbox(2));
        for number in 3..5 * LANES {
            session.lane(&mailbox(number));
        }
        assert!(lock(&session.tenant.lanes).len() <= LANES);
        assert_eq!(session.lane(&mailbox(0)).fence.left(session.now()), PATIENCE, "still throttled");
        assert!(!session.lane(&mailbox(1)).is_idle(session.now()), "has spent of its quota");
        assert!(Arc::ptr_eq(&held, &session.lane(&mailbox(2))), "in use");
    }
}

//! Queue `privacy`: what was asked for a person is done, a portion at a time.

mod calendar;
mod correct;
mod erase;
mod export;
mod find;
mod forget;
mod mailboxes;
mod stores;

use std::sync::Arc;
use std::time::Duration;

use platform::{Etag, Row, When};
use sync::TenantId;

use crate::App;
use crate::audit;
use crate::host::{Failure, Invocation, QueueMessage};
use crate::lease::{Leased, leased};
use crate::messages::{Message, Privacy, decode};
use crate::poison::dead_letter;
use crate::tables::{Request, Step, Tables, What};

/// How long a request waits for whoever else is at it.
const WAIT: Duration = Duration::from_secs(60);
/// How many steps one invocation takes, whatever its time.
const MOST_STEPS: usize = 100;

/// Goes on with one request.
pub async fn run(app: Arc<App>, message: QueueMessage, cx: Invocation) -> Result<(), Failure> {
    let job: Privacy = match decode(&message.bytes) {
        Ok(job) => job,
        Err(bad) => return Err(dead_letter(&app, Privacy::QUEUE, &message, bad).await),
    };
    cx.concerns("tenant", &job.tenant).concerns("request", &job.request);
    let key = Tables::forgotten_key(&job.tenant);
    let forgotten = app.tables.forgotten.get(&key).await?;
    if let Some(row) = forgotten.filter(|row| row.record.request == job.request) {
        let wait = forget::forget(&app, &job, row).await?;
        return again(&app, &job, wait).await;
    }
    let key = Tables::request_key(&job.tenant, &job.request);
    let wait = match leased(&app, &format!("{key}/work"), work(&app, &job, &key, &cx)).await? {
        Leased::Done(wait) => wait,
        Leased::Taken => Some(WAIT),
    };
    again(&app, &job, wait).await
}

async fn again(app: &App, job: &Privacy, wait: Option<Duration>) -> Result<(), Failure> {
    match wait {
        Some(delay) => app.send(job, delay).await,
        None => Ok(()),
    }
}

/// One request on its way.
pub(crate) struct Work<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    id: &'a str,
    key: &'a str,
    cx: &'a Invocation,
    request: Request,
    etag: Etag,
}

/// Takes step after step; when to go on, if there is more to do.
async fn work(app: &App, job: &Privacy, key: &str, cx: &Invocation) -> Result<Option<Duration>, Failure> {
    let Some(Row { record: request, etag }) = app.tables.requests.get(key).await? else {
        tracing::warn!("there is no such request any more");
        return Ok(None);
    };
    let mut work = Work { app, tenant: &job.tenant, id: &job.request, key, cx, request, etag };
    for _ in 0..MOST_STEPS {
        if work.request.step == Step::Done {
            return Ok(None);
        }
        if cx.remaining().is_zero() {
            break;
        }
        if let Some(delay) = work.step().await? {
            return Ok(Some(delay));
        }
    }
    Ok(Some(Duration::ZERO))
}

impl Work<'_> {
    /// Does what comes next; how long to wait before the step after it, if that must wait.
    async fn step(&mut self) -> Result<Option<Duration>, Failure> {
        let mut wait = None;
        match self.request.step {
            Step::Identify => self.identify().await?,
            Step::Collect => self.collect().await?,
            Step::KeepOut => self.keep_out().await?,
            Step::Strike => wait = self.strike().await?,
            Step::Mailboxes => self.mailboxes().await?,
            Step::Watch => wait = self.watch().await?,
            Step::ReadAnew => wait = self.read_anew().await?,
            Step::AwaitRuns => wait = self.await_runs().await?,
            Step::Done => {}
        }
        self.save().await?;
        Ok(wait)
    }

    /// Whoever was quicker wins: this delivery fails, and the next one goes on from there.
    async fn save(&mut self) -> Result<(), Failure> {
        let when = When::Match(self.etag.clone());
        self.etag = self.app.tables.requests.put(self.key, &self.request, when).await?;
        Ok(())
    }

    /// Goes on to the next step, from its beginning.
    fn go_on(&mut self, step: Step) {
        self.request.step = step;
        self.request.after = None;
        if step == Step::Done {
            self.request.ended = Some(self.app.now());
        }
    }

    /// Finds out by the directories what else stands for the person.
    async fn identify(&mut self) -> Result<(), Failure> {
        for hub in self.app.tables.hub_ids(self.tenant).await? {
            let prefix = format!("{}sources/", Tables::hub_prefix(self.tenant, &hub));
            for name in self.app.tables.names(&prefix).await? {
                let source = self.app.tables.sources.get(&format!("{prefix}{name}")).await?;
                if let Some(source) = source {
                    self.request.who.learn(&source.record.directory);
                }
            }
        }
        let next = match self.request.what {
            What::Export => Step::Collect,
            What::Erase => Step::KeepOut,
            What::Correct => Step::ReadAnew,
        };
        if next == Step::Collect {
            self.learn_pseudonyms().await?;
        }
        self.go_on(next);
        Ok(())
    }

    /// In the log they stand by a pseudonym.
    async fn learn_pseudonyms(&mut self) -> Result<(), Failure> {
        for id in self.request.who.ids.clone().iter().filter_map(|id| id.parse().ok()) {
            self.request.who.ids.extend(audit::pseudonym(self.app, self.tenant, id).await?);
        }
        Ok(())
    }
}

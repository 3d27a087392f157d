//! One message's visit to its mailboxes: read them together, then each in its lane.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use connectors::graph::{self, Error, FolderChanges, FolderReading, Managed, Place, Reader, Writer};
use futures::FutureExt;
use futures::future::{join_all, try_join_all};
use platform::Row;
use sync::hub::{Color, Kind, Receives};
use sync::{Erased, Goal, HubConfig, HubId, MailboxId, Policy, Snapshot};
use tokio::sync::OnceCell;
use tracing::{Instrument, Span};

use super::Stop;
use super::lane::Lane;
use super::outcome::finish;
use crate::App;
use crate::gather;
use crate::host::{Failure, Invocation};
use crate::messages::{Aim, SyncMailbox};
use crate::run_end;
use crate::tables::{MailboxOutcome, MailboxState, Outcomes, State, Tables, Traffic, change};

/// Everything that the lanes of one message share.
pub(super) struct Visit<'a> {
    pub app: &'a App,
    pub job: &'a SyncMailbox,
    pub config: &'a HubConfig,
    pub receives: Option<&'a Receives>,
    pub snapshot: Option<&'a Snapshot>,
    pub erased: Erased,
    pub policy: Policy,
    pub cx: &'a Invocation,
    pub reader: Reader,
    pub writer: Writer,
    /// Whether a new token showed that a permission was taken away, once it was asked for.
    withdrawn: OnceCell<bool>,
    /// Whether the audit log says that writing begins.
    pub begun: OnceCell<()>,
    /// Whether an earlier delivery of the message may have begun.
    pub again: bool,
}

/// What is stored of a mailbox.
pub(super) type Stored = Option<Row<MailboxState>>;
/// What a reading of its folder brought, if it was read.
pub(super) type Read = Option<Result<FolderChanges, Error>>;

impl<'a> Visit<'a> {
    pub(super) fn new(
        app: &'a App,
        job: &'a SyncMailbox,
        config: &'a HubConfig,
        (snapshot, erased): (Option<&'a Snapshot>, Erased),
        cx: &'a Invocation,
    ) -> Result<Self, Failure> {
        let receives = config.spoke(&job.spoke).and_then(|spoke| spoke.receives.as_ref());
        Ok(Visit {
            app,
            job,
            config,
            receives,
            snapshot,
            erased,
            policy: policy(app, config, receives),
            cx,
            reader: app.graph.reader(&job.tenant),
            writer: app.graph.writer(&job.tenant),
            withdrawn: OnceCell::new(),
            begun: OnceCell::new(),
            again: false,
        })
    }

    pub(super) fn goal(&self) -> Goal<'_> {
        match self.snapshot {
            Some(snapshot) => Goal::Mirror(snapshot),
            None => Goal::Nothing { ask: self.job.goal == Aim::CleanIfApproved },
        }
    }

    /// The hub's folder in a mailbox.
    pub(super) fn place(&self, mailbox: &MailboxId, folder: String) -> Place {
        Place { kind: self.config.kind, mailbox: mailbox.clone(), folder, hub: self.job.hub.clone() }
    }

    /// What the hub's folder is to be.
    pub(super) fn managed(&self, receives: &'a Receives) -> Managed<'a> {
        managed(&self.job.hub, self.config, receives)
    }

    /// How long one portion of a plan may be on its way.
    pub(super) fn portion_time(&self) -> Duration {
        self.app.settings.portion_time
    }

    /// Visits all mailboxes and records what came of them.
    pub(super) async fn all(&self) -> Result<(), Failure> {
        let mut loads = Vec::new();
        for mailbox in &self.job.mailboxes {
            loads.push(self.stored(mailbox).boxed());
        }
        let stored = try_join_all(loads).await?;
        let read = self.read(&stored).await;
        let mut lanes = Vec::new();
        for ((mailbox, stored), read) in self.job.mailboxes.iter().zip(stored).zip(read) {
            lanes.push(Lane::new(self, mailbox, stored).run(read).instrument(named(mailbox)).boxed());
        }
        let mut lanes = join_all(lanes).await;
        // Whatever else fails: what was written is logged.
        self.log_changes(&mut lanes).await?;
        let has_told = lanes.iter().any(|lane| lane.done.told);
        let ends = lanes.into_iter().map(|lane| {
            let named = named(lane.mailbox);
            self.finish(lane).instrument(named).boxed()
        });
        let outcomes = join_all(ends).await;
        let outcomes = outcomes.into_iter().collect::<Result<_, Failure>>()?;
        if has_told {
            gather::call(self.app, &self.job.tenant, &self.job.hub).await?;
        }
        let mut traffic = Traffic::from(self.reader.traffic());
        traffic += self.writer.traffic().into();
        record(self.app, self.job, outcomes, traffic).await
    }

    /// What came of a lane that ended.
    async fn finish(&self, mut lane: Lane<'_>) -> Result<(MailboxId, MailboxOutcome), Failure> {
        if let Some(Stop::Graph(error)) = &lane.done.stop {
            lane.done.withdrawn = self.is_withdrawn(error).await?;
        }
        lane.conclude().await;
        Ok((lane.mailbox.clone(), finish(lane).await?))
    }

    /// Whether what stopped a lane ended the tenant's consent.
    ///
    /// A mailbox out of reach and a permission that was taken away look the same; a new token tells, one for all lanes.
    async fn is_withdrawn(&self, error: &Error) -> Result<bool, Failure> {
        let heed = || self.app.heed(&self.job.tenant, error);
        match error.kind() {
            graph::Kind::Permission => self.withdrawn.get_or_try_init(heed).await.copied(),
            _ => heed().await,
        }
    }

    async fn stored(&self, mailbox: &MailboxId) -> Result<Stored, Failure> {
        let key = Tables::mailbox_key(&self.job.tenant, &self.job.hub, mailbox);
        Ok(self.app.tables.mailboxes.get(&key).await?)
    }

    /// Reads every folder that is known and not left alone, twenty in one call.
    async fn read(&self, stored: &[Stored]) -> Vec<Read> {
        let readings = self.job.mailboxes.iter().zip(stored).map(|(mailbox, stored)| {
            let state = &stored.as_ref()?.record;
            let folder = state.folder.clone().filter(|_| !self.is_quarantined(state))?;
            // What is cleaned is read as a whole, so that nothing of ours is overlooked.
            let link = state.link.clone().filter(|_| self.snapshot.is_some());
            Some(FolderReading { place: self.place(mailbox, folder), link })
        });
        let readings: Vec<_> = readings.collect();
        let is_whole = readings.iter().flatten().any(|reading| reading.link.is_none());
        // The semaphore is never closed; were it, reading without a turn would be right.
        let _turn = if is_whole { self.app.reading.acquire().await.ok() } else { None };
        let mut answers = self.reader.changes(readings.iter().flatten().cloned().collect()).await.into_iter();
        readings.into_iter().map(|reading| reading.and_then(|_| answers.next())).collect()
    }

    pub(super) fn is_quarantined(&self, state: &MailboxState) -> bool {
        let until = state.trouble.as_ref().map(|trouble| trouble.retry_at);
        !self.job.retry && until.is_some_and(|until| until > self.app.now())
    }
}

/// Records what came of the mailboxes of a message.
pub(super) async fn record(
    app: &App,
    job: &SyncMailbox,
    outcomes: BTreeMap<MailboxId, MailboxOutcome>,
    traffic: Traffic,
) -> Result<(), Failure> {
    let SyncMailbox { tenant, hub, run, part, .. } = job;
    let all = outcomes.len();
    let mailboxes: BTreeMap<_, _> =
        outcomes.into_iter().filter(|(_, outcome)| outcome.state != State::Unchanged).collect();
    let outcomes = Outcomes { unchanged: all - mailboxes.len(), mailboxes, traffic };
    tell(job, &outcomes);
    let key = Tables::outcomes_key(tenant, hub, run, part);
    change(&app.tables.outcomes, &key, |known: &mut Outcomes| known.add(outcomes.clone())).await?;
    run_end::look(app, tenant, hub, run).await
}

/// The span that puts a mailbox's id into the log lines about it.
fn named(mailbox: &MailboxId) -> Span {
    tracing::error_span!("mailbox", %mailbox)
}

/// One line for a message of a run. A mailbox that was put back alone speaks when it is given up, and in the figures of its
/// run: a storm of refusals must not become one of lines.
fn tell(job: &SyncMailbox, Outcomes { unchanged, mailboxes, traffic }: &Outcomes) {
    if job.attempt == 0 {
        let (changed, requests, throttled) = (mailboxes.len(), traffic.requests, traffic.throttled);
        tracing::info!(unchanged, changed, requests, throttled, "mailboxes visited");
    }
}

/// What the folder of a receiving spoke is to be.
pub(super) fn managed<'a>(hub: &'a HubId, config: &HubConfig, receives: &'a Receives) -> Managed<'a> {
    let color = receives.color.map(Color::name);
    Managed { kind: config.kind, hub, name: &receives.folder, color }
}

/// The spoke's policy; a lost answer may be as old as the sending of a portion took, and a listing lags on top.
fn policy(app: &App, config: &HubConfig, receives: Option<&Receives>) -> Policy {
    let sending = TimeDelta::from_std(app.settings.portion_time).unwrap_or_default();
    let read_lag = app.read_lag(config.read_lag_seconds) + sending;
    let modes = receives.map(|receives| receives.fields.clone()).unwrap_or_default();
    Policy {
        modes,
        users_may_hide: receives.is_some_and(|receives| receives.users_may_hide),
        read_lag,
        looks_first: config.kind == Kind::Events,
    }
}

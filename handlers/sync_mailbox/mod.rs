//! Queue `sync-mailbox`: make up to twenty mailboxes right, each in a lane of its own.

mod changes;
mod execute;
mod hold;
mod lane;
mod outcome;
mod preview;
mod tell;
mod view;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use platform::Row;
use sync::{HubConfig, Snapshot};

use crate::App;
use crate::gather::Trouble;
use crate::host::{Failure, Invocation, QueueMessage};
use crate::messages::{Aim, Gather, Message, Reason, SyncMailbox, decode};
use crate::poison::dead_letter;
use crate::run_end;
use crate::standing::Standing;
use crate::tables::{MailboxOutcome, Newest, State, Tables, Traffic, Why};
use visit::{Visit, record};

/// The name of the first message's part of any run.
const FIRST_PART: &str = "p00000";

pub use preview::{folder_problem, preview};

/// Makes the mailboxes of one message right.
///
/// A mailbox that fails, or needs more time than there is, goes on in a message of its own; this one succeeds.
pub async fn run(app: Arc<App>, message: QueueMessage, cx: Invocation) -> Result<(), Failure> {
    let job: SyncMailbox = match decode(&message.bytes) {
        Ok(job) => job,
        Err(bad) => return Err(dead_letter(&app, SyncMailbox::QUEUE, &message, bad).await),
    };
    cx.concerns("tenant", &job.tenant).concerns("hub", &job.hub).concerns("run", &job.run);
    let Some(hub) = app.tables.hubs.get(&Tables::hub_key(&job.tenant, &job.hub)).await? else {
        let reason = format!("there is no hub {}; it was deleted after the message was sent", job.hub);
        return Err(dead_letter(&app, SyncMailbox::QUEUE, &message, reason).await);
    };
    let standing = app.standing(&job.tenant).await?;
    if let Some(reason) = standing.refusal() {
        return match standing {
            Standing::Suspended(_) => rest(&app, &job, &reason).await,
            _ => Err(dead_letter(&app, SyncMailbox::QUEUE, &message, reason).await),
        };
    }
    match snapshot(&app, &job, &hub.record.config).await? {
        Ok(Some(snapshot)) if snapshot.is_emptied() => gather_first(&app, &job).await,
        Ok(snapshot) => {
            let config = &hub.record.config;
            let view = snapshot.as_ref().map(|snapshot| snapshot.for_spoke(config, &job.spoke));
            let erased = app.tables.erased(&job.tenant).await?;
            let mut visit = Visit::new(&app, &job, config, (view.as_deref(), erased), &cx)?;
            visit.again = message.dequeue_count > Some(1);
            visit.all().await
        }
        Err(reason) => abandon(&app, &message, &job, &reason).await,
    }
}

/// Records a message that is given up for good; its run ends without these mailboxes, and the next one visits them.
pub(crate) async fn abandon(
    app: &App,
    message: &QueueMessage,
    job: &SyncMailbox,
    reason: &str,
) -> Result<(), Failure> {
    let recorded = dead_letter(app, SyncMailbox::QUEUE, message, reason).await;
    do_without(app, job, reason).await?;
    Err(recorded)
}

/// What an earlier delivery recorded stays; of a hub that was deleted nothing is recorded.
async fn do_without(app: &App, job: &SyncMailbox, reason: &str) -> Result<(), Failure> {
    let SyncMailbox { tenant, hub, run, part, .. } = job;
    if app.tables.runs.get(&Tables::run_key(tenant, hub, run)).await?.is_none() {
        return Ok(());
    }
    match app.tables.outcomes.get(&Tables::outcomes_key(tenant, hub, run, part)).await? {
        Some(_) => run_end::look(app, tenant, hub, run).await,
        None => {
            mark_open(app, job).await?;
            unvisited(app, job, State::Failed, reason).await
        }
    }
}

/// The next run visits these mailboxes although nothing changed; those that left are marked already.
async fn mark_open(app: &App, job: &SyncMailbox) -> Result<(), Failure> {
    if job.goal != Aim::Mirror {
        return Ok(());
    }
    for mailbox in &job.mailboxes {
        app.tables.put_open(&job.tenant, &job.hub, mailbox, Why::Unfinished).await?;
    }
    Ok(())
}

/// The mailboxes of a suspended tenant stay as they are; the run that resumes it visits them all.
async fn rest(app: &App, job: &SyncMailbox, reason: &str) -> Result<(), Failure> {
    unvisited(app, job, State::Left, reason).await
}

/// Records why the mailboxes of a message were not visited.
async fn unvisited(app: &App, job: &SyncMailbox, state: State, reason: &str) -> Result<(), Failure> {
    let outcome = || MailboxOutcome { state, reason: Some(reason.to_owned()), ..MailboxOutcome::default() };
    let outcomes = job.mailboxes.iter().map(|mailbox| (mailbox.clone(), outcome())).collect();
    record(app, job, outcomes, Traffic::default()).await
}

/// The contents were purged after their run: a new one reads them anew, and visits these mailboxes too.
async fn gather_first(app: &App, job: &SyncMailbox) -> Result<(), Failure> {
    rest(app, job, "the hub's content is not kept between runs; a new run was started").await?;
    // One of all the messages of a run starts it.
    if job.part != FIRST_PART && job.mailboxes.len() > 1 {
        return Ok(());
    }
    let (tenant, hub, run) = (job.tenant.clone(), job.hub.clone(), app.new_run());
    app.send(&Gather { tenant, hub, run, reason: Reason::Manual, waited: 0 }, Duration::ZERO).await
}

/// What the mailboxes shall hold; nothing where they are to be cleaned.
async fn snapshot(
    app: &App,
    job: &SyncMailbox,
    config: &HubConfig,
) -> Result<Result<Option<Snapshot>, String>, Failure> {
    if job.goal != Aim::Mirror {
        return Ok(Ok(None));
    }
    if config.spoke(&job.spoke).is_none_or(|spoke| spoke.receives.is_none()) {
        return Ok(Err(format!(
            "the hub has no receiving spoke {:?} any more; the next run visits its mailboxes",
            job.spoke
        )));
    }
    let row = app.tables.snapshots.get(&Tables::snapshot_key(&job.tenant, &job.hub)).await?;
    Ok(row
        .map(|Row { record: Newest(snapshot), .. }| Some(snapshot))
        .ok_or_else(|| "the hub has no snapshot yet; run it, which reads its sources first".to_owned()))
}

/// Why a lane stops before its end.
pub(crate) enum Stop {
    /// Graph said so.
    Graph(connectors::graph::Error),
    /// A port said so, or somebody else is at the same mailbox.
    Platform(Failure),
    /// Somebody else is at the same mailbox, or was quicker.
    Busy,
}

impl From<connectors::graph::Error> for Stop {
    fn from(error: connectors::graph::Error) -> Self {
        Stop::Graph(error)
    }
}

impl From<platform::Error> for Stop {
    fn from(error: platform::Error) -> Self {
        match error.kind() {
            platform::Kind::Conflict | platform::Kind::Taken => Stop::Busy,
            _ => Stop::Platform(error.into()),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Platform(failure)
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Trouble::Failed(match stop {
            Stop::Graph(error) => error.to_string(),
            Stop::Platform(failure) => failure.to_string(),
            Stop::Busy => "another run is at this mailbox; try again in a minute".to_owned(),
        })
    }
}

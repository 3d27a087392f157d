//! Queue `gather`: read each contributing spoke once, merge, and send the mailboxes what changed.

mod content;
mod directory;
mod feed;
mod items;
mod read;
mod targets;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use platform::When;
use sync::{HubConfig, HubId, MailboxId, Merged, Problem, TenantId};

use crate::App;
use crate::host::{Failure, Invocation, QueueMessage};
use crate::lease::{Leased, leased};
use crate::messages::{Gather, Message, Reason, decode};
use crate::poison::dead_letter;
use crate::run_end;
use crate::seats;
use crate::standing::Standing;
use crate::tables::{Hub, HubState, Plan, Ruled, Run, Tables, Why, change, change_existing};
pub(crate) use content::is_two_way;
use content::{Kept, Next};
use read::{Readings, split, strike};
use targets::Targets;

/// How long a gathering waits for another one of the same hub.
const WAIT: Duration = Duration::from_secs(30);
/// How often it waits before it is given up: the other one does the same work.
const MOST_WAITS: u32 = 20;

/// Gathers one hub.
pub async fn run(app: Arc<App>, message: QueueMessage, cx: Invocation) -> Result<(), Failure> {
    let job: Gather = match decode(&message.bytes) {
        Ok(job) => job,
        Err(bad) => return Err(dead_letter(&app, Gather::QUEUE, &message, bad).await),
    };
    cx.concerns("tenant", &job.tenant).concerns("hub", &job.hub).concerns("run", &job.run);
    let Some(hub) = app.tables.hubs.get(&Tables::hub_key(&job.tenant, &job.hub)).await? else {
        let reason = format!("there is no hub {}; it was deleted after the message was sent", job.hub);
        return Err(dead_letter(&app, Gather::QUEUE, &message, reason).await);
    };
    let tenant = match app.standing(&job.tenant).await? {
        Standing::Active(tenant) => tenant,
        standing => return unserved(&app, &job, &message, &standing).await,
    };
    let key = format!("{}gather", Tables::hub_prefix(&job.tenant, &job.hub));
    match leased(&app, &key, gather(&app, &job, &hub.record, tenant.plan)).await? {
        // A run that visits nobody is over now.
        Leased::Done(()) => run_end::look(&app, &job.tenant, &job.hub, &job.run).await,
        Leased::Taken if job.waited < MOST_WAITS => {
            let waited = job.waited + 1;
            app.send(&Gather { waited, ..job }, WAIT).await
        }
        Leased::Taken => abandon(&app, &message, &job, "another gathering of this hub goes on and on").await,
    }
}

/// Records a gathering that is given up for good; its run ends and says why.
pub(crate) async fn abandon(
    app: &App,
    message: &QueueMessage,
    job: &Gather,
    reason: &str,
) -> Result<(), Failure> {
    let recorded = dead_letter(app, Gather::QUEUE, message, reason).await;
    end_early(app, job, reason).await?;
    Err(recorded)
}

/// Of a hub that was deleted nothing is recorded.
async fn end_early(app: &App, job: &Gather, reason: &str) -> Result<(), Failure> {
    let Gather { tenant, hub, run, .. } = job;
    if app.tables.hubs.get(&Tables::hub_key(tenant, hub)).await?.is_none() {
        return Ok(());
    }
    if app.tables.runs.get(&Tables::run_key(tenant, hub, run)).await?.is_none() {
        put_run(app, job, &Run::begun(app.now(), job.reason.name())).await?;
    }
    run_end::cut_short(app, tenant, hub, run, reason).await
}

/// Why a run does nothing that has only a part of its sources and nothing of its last content.
const BLIND: &str = "nothing is kept between runs, so that a run without all its sources changes nothing; the next one tries again";

/// Why sources could not be merged.
#[derive(Debug)]
pub enum Trouble {
    /// The configuration does not fit the directory.
    Config(Problem),
    /// Something did not answer.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Config(problem) => problem.fmt(f),
            Trouble::Failed(reason) => f.write_str(reason),
        }
    }
}

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Trouble::Failed(error.to_string())
    }
}

/// A hub as it would be.
pub struct Looked {
    /// What it would hold and for whom.
    pub merged: Merged,
    /// What was not read to its end, and what was passed over.
    pub problems: Vec<String>,
}

/// What the hub would hold and for whom, read anew; nothing is stored.
pub async fn merged(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    config: &HubConfig,
) -> Result<Looked, Trouble> {
    let (mut readings, _) = read::read(app, tenant, hub, config).await?;
    let erased = app.tables.erased(tenant).await?;
    strike(&mut readings, &erased);
    let kept = Kept::load(app, tenant, hub, config, erased).await?;
    let (known, mut problems, warnings) = split(readings);
    problems.extend(warnings);
    let next = Next::compose(app, config, &known, kept).map_err(Trouble::Config)?;
    Ok(Looked { merged: next.merged, problems })
}

async fn gather(app: &App, job: &Gather, hub: &Hub, plan: Plan) -> Result<(), Failure> {
    let Gather { tenant, hub: id, .. } = job;
    let started = app.now();
    // Whoever asks for a run wants to know how things are now, not how they were when the token was issued.
    if job.reason == Reason::Manual && app.check_grant(tenant).await? {
        let reason = app.standing(tenant).await?.refusal().unwrap_or_default();
        return record_problem(app, job, reason).await;
    }
    let (mut readings, traffic) = read::read(app, tenant, id, &hub.config).await?;
    let erased = app.tables.erased(tenant).await?;
    strike(&mut readings, &erased);
    store_sources(app, job, &readings).await?;
    answer_call(app, job).await?;
    let kept = Kept::load(app, tenant, id, &hub.config, erased).await?;
    let (known, problems, warnings) = split(readings);
    match Next::compose(app, &hub.config, &known, kept) {
        Err(problem) => record_problem(app, job, problem.to_string()).await,
        Ok(next) if next.is_blind() => {
            let mut problems = problems;
            problems.push(BLIND.to_owned());
            let run = Run { problems, warnings, traffic, ..Run::begun(started, job.reason.name()) };
            put_run(app, job, &run).await
        }
        Ok(next) => {
            next.store(app, job, &hub.config).await?;
            let rulings = Ruled::of(&next.verdicts);
            let begun = Run::begun(started, job.reason.name());
            let run = Run { problems, warnings, rulings, traffic, ..begun };
            send(app, job, (hub, plan), next.merged, run).await
        }
    }
}

/// Edits that are told from now on need a call of their own.
async fn answer_call(app: &App, job: &Gather) -> Result<(), Failure> {
    if job.reason == Reason::Edits {
        let key = Tables::state_key(&job.tenant, &job.hub);
        change_existing(&app.tables.states, &key, |state: &mut HubState| state.called = None).await?;
    }
    Ok(())
}

/// How long users' edits wait for those of other mailboxes.
const CALL: Duration = Duration::from_secs(5);
/// After so long a call that nobody answered is forgotten.
const CALL_LASTS: TimeDelta = TimeDelta::minutes(10);

/// Calls for one gathering of what users changed, however many mailboxes tell something at the same time.
pub(crate) async fn call(app: &App, tenant: &TenantId, hub: &HubId) -> Result<(), Failure> {
    let (key, now) = (Tables::state_key(tenant, hub), app.now());
    let is_called = |state: &HubState| state.called.is_some_and(|at| now - at < CALL_LASTS);
    if app.tables.states.get(&key).await?.is_some_and(|row| is_called(&row.record)) {
        return Ok(());
    }
    let mut first = true;
    let note = |state: &mut HubState| {
        first = !is_called(state);
        if first {
            state.called = Some(now);
        }
    };
    change(&app.tables.states, &key, note).await?;
    if !first {
        return Ok(());
    }
    let run = app.new_run();
    let message = Gather { tenant: tenant.clone(), hub: hub.clone(), run, reason: Reason::Edits, waited: 0 };
    app.send(&message, CALL).await
}

async fn store_sources(app: &App, job: &Gather, readings: &Readings) -> Result<(), Failure> {
    for (spoke, reading) in readings.iter().filter(|(_, reading)| reading.moved) {
        let key = Tables::source_key(&job.tenant, &job.hub, spoke);
        app.tables.sources.put(&key, &reading.source, When::Any).await?;
    }
    Ok(())
}

/// Nobody is asked for a tenant that is not served: its run says why.
async fn unserved(
    app: &App,
    job: &Gather,
    message: &QueueMessage,
    standing: &Standing,
) -> Result<(), Failure> {
    let reason = standing.refusal().unwrap_or_default();
    match standing {
        Standing::Suspended(_) => {
            record_problem(app, job, reason).await?;
            run_end::look(app, &job.tenant, &job.hub, &job.run).await
        }
        _ => Err(dead_letter(app, Gather::QUEUE, message, reason).await),
    }
}

/// What keeps a run from starting keeps everything as it is until somebody mends it.
async fn record_problem(app: &App, job: &Gather, problem: String) -> Result<(), Failure> {
    tracing::warn!(problem, "hub refused");
    let run = Run { problems: vec![problem], ..Run::begun(app.now(), job.reason.name()) };
    put_run(app, job, &run).await
}

/// The mailboxes with unfinished work; of those outside the audience only the ones that are to be cleaned.
async fn open_mailboxes(app: &App, job: &Gather, merged: &Merged) -> Result<BTreeSet<MailboxId>, Failure> {
    let mut open = BTreeSet::new();
    for name in app.tables.names(&Tables::open_prefix(&job.tenant, &job.hub)).await? {
        let Ok(mailbox) = MailboxId::new(name) else { continue };
        if merged.audience.contains_key(&mailbox) || is_leaving(app, job, &mailbox).await? {
            open.insert(mailbox);
        }
    }
    Ok(open)
}

async fn is_leaving(app: &App, job: &Gather, mailbox: &MailboxId) -> Result<bool, Failure> {
    let row = app.tables.open.get(&Tables::open_key(&job.tenant, &job.hub, mailbox)).await?;
    Ok(row.is_some_and(|row| row.record.why == Why::Left))
}

async fn put_run(app: &App, job: &Gather, run: &Run) -> Result<(), Failure> {
    let key = Tables::run_key(&job.tenant, &job.hub, &job.run);
    Ok(app.tables.runs.put(&key, run, When::Any).await.map(drop)?)
}

/// Sends first and remembers then: a gathering that is killed in between sends again, and a mailbox that is visited
/// twice is right twice.
async fn send(
    app: &App,
    job: &Gather,
    (hub, plan): (&Hub, Plan),
    merged: Merged,
    mut begun: Run,
) -> Result<(), Failure> {
    let key = Tables::state_key(&job.tenant, &job.hub);
    let state = app.tables.states.get(&key).await?.map(|row| row.record).unwrap_or_default();
    let open = open_mailboxes(app, job, &merged).await?;
    let without = seats::allot(app, &job.tenant, &job.hub, plan, &merged).await?;
    begun.problems.extend(seats::problem(without.len(), plan));
    let targets = Targets::choose(job, hub, &merged, &state, (open, without), app.now());
    let run = Run {
        snapshot: merged.snapshot.version,
        items: merged.snapshot.items.len(),
        complete: merged.snapshot.complete,
        mailboxes: targets.len(),
        serves: targets.serves(),
        left_out: merged.left_out.len(),
        ..begun
    };
    put_run(app, job, &run).await?;
    targets.mark_leaving(app, job).await?;
    for message in targets.messages(job) {
        app.send(&message, Duration::ZERO).await?;
    }
    change(&app.tables.states, &key, |state: &mut HubState| targets.remember(state, hub, &merged, app.now()))
        .await?;
    let Run { items, complete, mailboxes, .. } = run;
    tracing::info!(items, complete, mailboxes, "gathered");
    Ok(())
}

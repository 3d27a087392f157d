//! What becomes of a mailbox after its lane: an outcome, and what is still to be done.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use connectors::graph::Kind;
use platform::When;

use super::Stop;
use super::lane::Lane;
use crate::host::Failure;
use crate::messages::SyncMailbox;
use crate::tables::{MailboxOutcome, State, Tables, Tally, Trouble, Why};

/// How often a mailbox is put back alone in one run.
const MOST_ATTEMPTS: u32 = 5;
/// After so many failing runs a mailbox is left alone for a day at a time.
const MOST_FAILURES: u32 = 5;
/// How long a mailbox is left alone that can't be synced.
const QUARANTINE: TimeDelta = TimeDelta::hours(24);
/// How long somebody else is given who is at the same mailbox.
const BUSY: Duration = Duration::from_secs(60);

/// What a lane did, and what stopped it.
#[derive(Default)]
pub(super) struct Done {
    pub tally: Tally,
    pub refused: BTreeMap<String, String>,
    /// A create has no answer yet.
    pub waiting: bool,
    /// The invocation had no time left.
    pub out_of_time: bool,
    pub quarantined: bool,
    /// Somebody agreed to the plan.
    pub approved: bool,
    /// Nothing of the hub is left in the mailbox.
    pub cleaned: bool,
    /// Something new was written down for the hub to judge.
    pub told: bool,
    pub stop: Option<Stop>,
    /// What stopped it ended the tenant's consent.
    pub withdrawn: bool,
}

/// What follows from how a lane ended.
enum Next {
    /// Nothing is left to do.
    Nothing,
    /// The next run visits it.
    Later(Option<String>),
    /// It goes on alone, after a time.
    Again(Duration, Option<String>),
    /// Nothing: the run that resumes the tenant visits it.
    Rest(String),
    /// It can't be synced at present.
    Trouble { reason: String, for_a_day: bool },
}

/// Records what is to be done next, and says what came of the mailbox.
pub(super) async fn finish(mut lane: Lane<'_>) -> Result<MailboxOutcome, Failure> {
    if lane.done.quarantined {
        return Ok(outcome(
            &lane,
            State::Quarantined,
            lane.state.trouble.as_ref().map(|trouble| trouble.reason.clone()),
        ));
    }
    if lane.done.cleaned && lane.done.stop.is_none() {
        forget(&lane).await?;
        return Ok(outcome(&lane, State::Cleaned, None));
    }
    match next(&lane) {
        Next::Nothing => {
            remember(&mut lane, false, None).await?;
            let state = ended(&lane);
            Ok(outcome(&lane, state, None))
        }
        Next::Later(reason) => {
            remember(&mut lane, true, None).await?;
            Ok(outcome(&lane, State::Left, reason))
        }
        Next::Again(delay, reason) if lane.visit.job.attempt < MOST_ATTEMPTS => {
            put_back(&lane, delay).await?;
            Ok(outcome(&lane, State::Requeued, reason))
        }
        Next::Again(_, reason) => {
            let reason = reason.unwrap_or_else(|| "not finished after several attempts".to_owned());
            troubled(&mut lane, reason, false).await
        }
        Next::Rest(reason) => {
            let (open, trouble) = (lane.visit.job.open.contains(lane.mailbox), lane.state.trouble.take());
            remember(&mut lane, open, trouble).await?;
            Ok(outcome(&lane, State::Left, Some(reason)))
        }
        Next::Trouble { reason, for_a_day } => troubled(&mut lane, reason, for_a_day).await,
    }
}

fn next(lane: &Lane<'_>) -> Next {
    let done = &lane.done;
    match &done.stop {
        Some(Stop::Busy) => Next::Again(BUSY, Some("another run is at this mailbox".to_owned())),
        Some(Stop::Platform(failure)) => Next::Again(BUSY, Some(failure.to_string())),
        Some(Stop::Graph(error)) if done.withdrawn => Next::Rest(format!("{error}; the tenant is suspended")),
        Some(Stop::Graph(error)) => match error.kind() {
            Kind::Retry { .. } | Kind::Throttled { .. } => {
                Next::Again(error.after().unwrap_or(BUSY), Some(error.to_string()))
            }
            Kind::Conflict | Kind::Missing => Next::Later(Some(error.to_string())),
            kind => {
                let for_a_day = matches!(kind, Kind::SkipMailbox | Kind::Permission);
                Next::Trouble { reason: error.to_string(), for_a_day }
            }
        },
        None if done.out_of_time => Next::Again(Duration::ZERO, None),
        None if done.waiting => {
            let lag = lane.visit.policy.read_lag.to_std().unwrap_or(BUSY);
            Next::Again(lag + Duration::from_secs(1), Some("a create has no answer yet".to_owned()))
        }
        None if done.told || done.tally.left + done.tally.failed > 0 => Next::Later(None),
        None => Next::Nothing,
    }
}

fn ended(lane: &Lane<'_>) -> State {
    let Tally { creates, updates, deletes, held, .. } = lane.done.tally;
    match (held, creates + updates + deletes) {
        (0, 0) => State::Unchanged,
        (0, _) => State::Done,
        _ => State::Held,
    }
}

fn outcome(lane: &Lane<'_>, state: State, reason: Option<String>) -> MailboxOutcome {
    MailboxOutcome { state, tally: lane.done.tally, reason, refused: lane.done.refused.clone() }
}

/// Stores whether the mailbox is in trouble, and whether the next run must visit it whatever changed.
async fn remember(lane: &mut Lane<'_>, open: bool, trouble: Option<Trouble>) -> Result<(), Failure> {
    let SyncMailbox { tenant, hub, .. } = lane.visit.job;
    let tables = &lane.visit.app.tables;
    let was_open = lane.visit.job.open.contains(lane.mailbox);
    if open && !was_open {
        tables.put_open(tenant, hub, lane.mailbox, Why::Unfinished).await?;
    } else if !open && was_open {
        tables.open.delete(&Tables::open_key(tenant, hub, lane.mailbox), When::Any).await?;
    }
    lane.state.trouble = trouble;
    match lane.store().await {
        // Somebody else moved the record: what is known there is newer.
        Ok(()) | Err(Stop::Busy) => Ok(()),
        Err(Stop::Platform(failure)) => Err(failure),
        Err(Stop::Graph(error)) => Err(Failure::retry(error)),
    }
}

/// A mailbox that failed is visited again by the next run, and after many failures once a day.
async fn troubled(lane: &mut Lane<'_>, reason: String, for_a_day: bool) -> Result<MailboxOutcome, Failure> {
    let now = lane.visit.app.now();
    let before = lane.state.trouble.take();
    let failures = before.as_ref().map_or(0, |trouble| trouble.failures) + 1;
    if lane.visit.snapshot.is_none() && failures >= MOST_FAILURES {
        // Whoever left the audience and can't be reached for days has most likely left the tenant.
        forget(lane).await?;
        return Ok(outcome(lane, State::Cleaned, Some(reason)));
    }
    let since = before.map_or(now, |trouble| trouble.since);
    let alone = for_a_day || failures >= MOST_FAILURES;
    let retry_at = if alone { now + QUARANTINE } else { now };
    tracing::warn!(failures, reason, "mailbox not synced");
    remember(lane, true, Some(Trouble { reason: reason.clone(), failures, since, retry_at })).await?;
    Ok(outcome(lane, if alone { State::Quarantined } else { State::Failed }, Some(reason)))
}

async fn put_back(lane: &Lane<'_>, delay: Duration) -> Result<(), Failure> {
    let job = lane.visit.job;
    let alone = SyncMailbox {
        part: lane.mailbox.to_string(),
        mailboxes: vec![lane.mailbox.clone()],
        attempt: job.attempt + 1,
        ..job.clone()
    };
    lane.visit.app.send(&alone, delay).await
}

/// Forgets a mailbox in which nothing of the hub is left.
async fn forget(lane: &Lane<'_>) -> Result<(), Failure> {
    let SyncMailbox { tenant, hub, .. } = lane.visit.job;
    let tables = &lane.visit.app.tables;
    tables.held.delete(&Tables::held_key(tenant, hub, lane.mailbox), When::Any).await?;
    tables.edits.delete(&Tables::edits_key(tenant, hub, lane.mailbox), When::Any).await?;
    tables.mailboxes.delete(&lane.key, When::Any).await?;
    Ok(tables.open.delete(&Tables::open_key(tenant, hub, lane.mailbox), When::Any).await?)
}

//! The end of a run: noticed by whoever does its last piece of work, and told in one line of figures.

use std::collections::BTreeSet;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use sync::{HubId, TenantId};

use crate::App;
use crate::host::Failure;
use crate::messages::MOST_MAILBOXES;
use crate::retention;
use crate::tables::{Outcomes, Run, State, Tables, Tally, change_existing, together};

/// How many outcomes are read at a time.
const READS_AT_ONCE: usize = 16;

/// Notes that a run has ended, if no mailbox of it is outstanding; then its contents go, where the tenant wants that.
pub(crate) async fn look(app: &App, tenant: &TenantId, hub: &HubId, run: &str) -> Result<(), Failure> {
    let Some(row) = app.tables.runs.get(&Tables::run_key(tenant, hub, run)).await? else { return Ok(()) };
    if row.record.ended.is_none() {
        let prefix = Tables::outcomes_prefix(tenant, hub, run);
        let Some(parts) = finished(app, &prefix, row.record.mailboxes).await? else { return Ok(()) };
        end(app, (tenant, hub, run), None, parts).await?;
    }
    retention::after_run(app, tenant, hub, run).await
}

/// Ends a run that lost messages before they were sent, and says so in its record; what the others bring is recorded still.
pub(crate) async fn cut_short(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    run: &str,
    problem: &str,
) -> Result<(), Failure> {
    let prefix = Tables::outcomes_prefix(tenant, hub, run);
    let names = app.tables.names(&prefix).await?;
    let parts = parts(app, &prefix, names).map_ok(|(_, outcomes)| outcomes).try_collect().await?;
    end(app, (tenant, hub, run), Some(problem), parts).await?;
    retention::after_run(app, tenant, hub, run).await
}

/// Notes that a run has ended; of several that see the end only one tells it.
async fn end(
    app: &App,
    (tenant, hub, run): (&TenantId, &HubId, &str),
    problem: Option<&str>,
    parts: Vec<Outcomes>,
) -> Result<(), Failure> {
    let (mut ended, now) = (None, app.now());
    let note = |run: &mut Run| {
        ended = run.ended.is_none().then(|| {
            run.problems.extend(problem.map(str::to_owned));
            run.ended = Some(now);
            run.clone()
        });
    };
    change_existing(&app.tables.runs, &Tables::run_key(tenant, hub, run), note).await?;
    if let Some(run) = ended {
        tell(&run, parts);
    }
    Ok(())
}

/// What came of all messages of a run, unless a mailbox is outstanding.
///
/// While one is, little is read: nothing before as many messages came back as it takes at least, then up to the first
/// mailbox that was put back and is not through.
async fn finished(app: &App, prefix: &str, mailboxes: usize) -> Result<Option<Vec<Outcomes>>, Failure> {
    if mailboxes == 0 {
        return Ok(Some(Vec::new()));
    }
    let names: BTreeSet<String> = app.tables.names(prefix).await?.into_iter().collect();
    if names.len() * MOST_MAILBOXES < mailboxes {
        return Ok(None);
    }
    // The run's own messages sort behind those of single mailboxes, and know who was put back.
    let mut parts = parts(app, prefix, names.clone().into_iter().rev());
    let mut all = Vec::new();
    while let Some((name, outcomes)) = parts.try_next().await? {
        let mut put_back = outcomes.mailboxes.iter().filter(|(_, outcome)| outcome.state == State::Requeued);
        if put_back.any(|(mailbox, _)| mailbox.as_str() == name || !names.contains(mailbox.as_str())) {
            return Ok(None);
        }
        all.push(outcomes);
    }
    let finished: usize = all.iter().map(Outcomes::finished).sum();
    Ok((finished >= mailboxes).then_some(all))
}

/// What came of messages by name, in their order.
fn parts<'a>(
    app: &'a App,
    prefix: &'a str,
    names: impl IntoIterator<Item = String, IntoIter: Send + 'a>,
) -> BoxStream<'a, Result<(String, Outcomes), Failure>> {
    let read = move |name: String| async move {
        let row = app.tables.outcomes.get(&format!("{prefix}{name}")).await?;
        Ok((name, row.map(|row| row.record).unwrap_or_default()))
    };
    stream::iter(names).map(read).buffered(READS_AT_ONCE).boxed()
}

/// Writes the line with a run's figures: counts of mailboxes, then of items, then of what it took.
fn tell(run: &Run, parts: Vec<Outcomes>) {
    let mut traffic = run.traffic;
    parts.iter().for_each(|part| traffic += part.traffic);
    let unchanged: usize = parts.iter().map(|part| part.unchanged).sum();
    let all = together(parts);
    let count = |states: &[State]| all.values().filter(|outcome| states.contains(&outcome.state)).count();
    let mut tally = Tally::default();
    all.values().for_each(|outcome| tally += outcome.tally);
    tracing::info!(
        reason = run.reason,
        complete = run.complete,
        problems = run.problems.len(),
        items = run.items,
        serves = run.serves,
        mailboxes = run.mailboxes,
        unchanged,
        changed = count(&[State::Done, State::Cleaned]),
        held = count(&[State::Held]),
        left = count(&[State::Left]),
        failed = count(&[State::Failed]),
        quarantined = count(&[State::Quarantined]),
        creates = tally.creates,
        updates = tally.updates,
        deletes = tally.deletes,
        kept = tally.kept,
        refused = tally.failed,
        requests = traffic.requests,
        throttled = traffic.throttled,
        bytes = traffic.bytes,
        ms = run.ended.map(|ended| (ended - run.started).num_milliseconds()),
        "run ended"
    );
}

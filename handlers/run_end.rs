//! The end of a run: noticed by whoever does its last piece of work, and told in one line of figures.

use std::collections::BTreeSet;

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
    let key = Tables::run_key(tenant, hub, run);
    let Some(row) = app.tables.runs.get(&key).await? else { return Ok(()) };
    if row.record.ended.is_none() {
        let prefix = Tables::outcomes_prefix(tenant, hub, run);
        let Some(parts) = finished(app, &prefix, row.record.mailboxes).await? else { return Ok(()) };
        let (mut first, now) = (false, app.now());
        // Of several that see the end only one tells it.
        let end = |run: &mut Run| {
            first = run.ended.is_none();
            run.ended.get_or_insert(now);
        };
        change_existing(&app.tables.runs, &key, end).await?;
        if first {
            tell(&Run { ended: Some(now), ..row.record }, parts);
        }
    }
    retention::after_run(app, tenant, hub, run).await
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
    let read = |name: String| async move {
        let row = app.tables.outcomes.get(&format!("{prefix}{name}")).await?;
        Ok::<_, Failure>((name, row.map(|row| row.record).unwrap_or_default()))
    };
    // The run's own messages sort behind those of single mailboxes, and know who was put back.
    let mut parts = stream::iter(names.clone().into_iter().rev()).map(read).buffered(READS_AT_ONCE);
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

//! Runs that somebody starts for certain mailboxes.

use std::collections::BTreeMap;
use std::time::Duration;

use platform::When;
use serde::Serialize;
use sync::MailboxId;
use utoipa::ToSchema;

use super::at::AtHub;
use super::error::ApiError;
use crate::messages::{Aim, MOST_MAILBOXES, SyncMailbox};
use crate::tables::{Run, Tables};

/// A run that visits certain mailboxes.
#[derive(Serialize, ToSchema)]
pub(super) struct Visiting {
    /// Its id.
    run: String,
    /// How many mailboxes it visits.
    mailboxes: usize,
}

/// The mailboxes to visit, by the receiving spoke that they belong to; without one they are to be cleaned.
pub(super) type Visits = BTreeMap<Option<String>, Vec<MailboxId>>;

/// Records a run and sends its mailboxes their messages.
///
/// `clean` is the aim for mailboxes that belong to no spoke; `serves` is what the guard over a whole run counts with.
pub(super) async fn send(
    at: &AtHub,
    reason: &str,
    clean: Aim,
    visits: Visits,
    serves: usize,
) -> Result<Visiting, ApiError> {
    let (run, mailboxes) = (at.app.new_run(), visits.values().map(Vec::len).sum());
    let record = Run { mailboxes, serves, ..begun(at, reason).await? };
    at.app.tables.runs.put(&Tables::run_key(&at.tenant, &at.hub, &run), &record, When::Any).await?;
    for message in messages(at, &run, clean, &visits, serves) {
        at.app.send(&message, Duration::ZERO).await?;
    }
    Ok(Visiting { run, mailboxes })
}

fn messages(at: &AtHub, run: &str, clean: Aim, visits: &Visits, serves: usize) -> Vec<SyncMailbox> {
    let all =
        visits.iter().flat_map(|(spoke, all)| all.chunks(MOST_MAILBOXES).map(move |some| (spoke, some)));
    let message = |(nth, (spoke, some)): (usize, (&Option<String>, &[MailboxId]))| SyncMailbox {
        tenant: at.tenant.clone(),
        hub: at.hub.clone(),
        run: run.to_owned(),
        part: format!("p{nth:05}"),
        goal: if spoke.is_some() { Aim::Mirror } else { clean },
        spoke: spoke.clone().unwrap_or_default(),
        retry: true,
        open: Vec::new(),
        mailboxes: some.to_vec(),
        serves,
        attempt: 0,
    };
    all.enumerate().map(message).collect()
}

/// The run's record: it brings the snapshot that there is.
async fn begun(at: &AtHub, reason: &str) -> Result<Run, ApiError> {
    let run = Run::begun(at.app.now(), reason);
    let row = at.app.tables.snapshots.get(&Tables::snapshot_key(&at.tenant, &at.hub)).await?;
    let Some(snapshot) = row.map(|row| row.record.0) else { return Ok(run) };
    Ok(Run { snapshot: snapshot.version, items: snapshot.items.len(), complete: snapshot.complete, ..run })
}

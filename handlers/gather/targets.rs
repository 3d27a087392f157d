//! Which mailboxes a run visits, and what for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use sync::hub::OnLeave;
use sync::{MailboxId, Merged};

use crate::App;
use crate::host::Failure;
use crate::messages::{Aim, Gather, MOST_MAILBOXES, Reason, SyncMailbox};
use crate::tables::{Hub, HubState, Why};

/// The mailboxes of one run.
pub(super) struct Targets {
    /// To be made equal to the hub, by receiving spoke.
    mirror: BTreeMap<String, Vec<MailboxId>>,
    /// To be cleaned, because they left the audience.
    leaving: BTreeSet<MailboxId>,
    /// What the leaving ones shall hold.
    leave: Aim,
    /// Every mailbox of the audience is among them.
    all: bool,
    /// The mailboxes with unfinished work.
    open: BTreeSet<MailboxId>,
    /// Those that the tenant's plan does not serve: they stay as they are.
    without: BTreeSet<MailboxId>,
    /// How many mailboxes the hub serves in all.
    serves: usize,
}

impl Targets {
    /// If nothing moved and no check is due, only the mailboxes with open work and those of two-way spokes are visited.
    pub(super) fn choose(
        job: &Gather,
        hub: &Hub,
        merged: &Merged,
        state: &HubState,
        (open, without): (BTreeSet<MailboxId>, BTreeSet<MailboxId>),
        now: DateTime<Utc>,
    ) -> Self {
        let all = job.reason == Reason::Manual
            || state.sent_version != merged.snapshot.version
            || state.sent_config != Some(hub.changed)
            || is_check_due(hub, state, now);
        let mut mirror: BTreeMap<String, Vec<MailboxId>> = BTreeMap::new();
        // What users changed is known only to whoever looks.
        let may_tell = |spoke: &str| {
            job.reason != Reason::Edits && hub.config.spoke(spoke).is_some_and(|spoke| spoke.two_way)
        };
        let is_new =
            |mailbox: &MailboxId| !state.audience.contains_key(mailbox) || state.unserved.contains(mailbox);
        for (mailbox, spoke) in merged.audience.iter().filter(|(mailbox, _)| !without.contains(*mailbox)) {
            if all || may_tell(spoke) || open.contains(mailbox) || is_new(mailbox) {
                mirror.entry(spoke.clone()).or_default().push(mailbox.clone());
            }
        }
        // Who is missing from an incomplete reading has not left.
        let leaving =
            if merged.snapshot.complete { leaving(hub, merged, state, &open) } else { BTreeSet::new() };
        let leave = if is_too_many(leaving.len(), hub, state) { Aim::CleanIfApproved } else { Aim::Clean };
        let serves = merged.audience.len().saturating_sub(without.len());
        Targets { mirror, leaving, leave, all, open, without, serves }
    }

    /// How many mailboxes are visited.
    pub(super) fn len(&self) -> usize {
        self.mirror.values().map(Vec::len).sum::<usize>() + self.leaving.len()
    }

    /// How many mailboxes the hub serves.
    pub(super) fn serves(&self) -> usize {
        self.serves
    }

    /// A mailbox that leaves is remembered until it is clean, even if its message is lost.
    pub(super) async fn mark_leaving(&self, app: &App, job: &Gather) -> Result<(), Failure> {
        for mailbox in &self.leaving {
            app.tables.put_open(&job.tenant, &job.hub, mailbox, Why::Left).await?;
        }
        Ok(())
    }

    /// The messages of the run.
    pub(super) fn messages(&self, job: &Gather) -> Vec<SyncMailbox> {
        let leaving: Vec<_> = self.leaving.iter().cloned().collect();
        let mirror = self.mirror.iter().flat_map(|(spoke, mailboxes)| {
            mailboxes.chunks(MOST_MAILBOXES).map(move |some| (Aim::Mirror, spoke.clone(), some.to_vec()))
        });
        let leave = leaving.chunks(MOST_MAILBOXES).map(|some| (self.leave, String::new(), some.to_vec()));
        mirror.chain(leave).enumerate().map(|(nth, what)| self.message(job, nth, what)).collect()
    }

    fn message(&self, job: &Gather, nth: usize, what: (Aim, String, Vec<MailboxId>)) -> SyncMailbox {
        let (goal, spoke, mailboxes) = what;
        SyncMailbox {
            tenant: job.tenant.clone(),
            hub: job.hub.clone(),
            run: job.run.clone(),
            part: format!("p{nth:05}"),
            goal,
            spoke,
            retry: job.reason == Reason::Manual,
            open: mailboxes.iter().filter(|mailbox| self.open.contains(*mailbox)).cloned().collect(),
            mailboxes,
            serves: self.serves,
            attempt: 0,
        }
    }

    /// What the hub remembers of this run once its messages are sent.
    pub(super) fn remember(&self, state: &mut HubState, hub: &Hub, merged: &Merged, now: DateTime<Utc>) {
        if self.all {
            state.sent_version = merged.snapshot.version;
            state.sent_config = Some(hub.changed);
            state.visited = Some(now);
        }
        let mut audience = merged.audience.clone();
        // Whoever never was served holds nothing that would have to be cleaned one day.
        audience.retain(|mailbox, _| !self.without.contains(mailbox) || state.audience.contains_key(mailbox));
        if merged.snapshot.complete {
            state.audience.clear();
        }
        state.audience.extend(audience);
        state.unserved.clone_from(&self.without);
    }
}

fn is_check_due(hub: &Hub, state: &HubState, now: DateTime<Utc>) -> bool {
    let every = TimeDelta::hours(hub.config.drift_check_hours.into());
    state.visited.is_none_or(|last| now - last >= every)
}

/// Mailboxes of the last audience that are not in the new one, and those that left before and are not clean yet.
fn leaving(
    hub: &Hub,
    merged: &Merged,
    state: &HubState,
    still_leaving: &BTreeSet<MailboxId>,
) -> BTreeSet<MailboxId> {
    let is_kept = |mailbox: &MailboxId| {
        let receives =
            state.audience.get(mailbox).and_then(|spoke| hub.config.spoke(spoke)?.receives.as_ref());
        receives.is_some_and(|receives| receives.on_leave == OnLeave::Keep)
    };
    let left = state.audience.keys().filter(|mailbox| !is_kept(mailbox));
    left.chain(still_leaving).filter(|mailbox| !merged.audience.contains_key(*mailbox)).cloned().collect()
}

/// The limits of one mailbox's deletes, applied to the audience: a group that is suddenly empty is a mistake.
fn is_too_many(leaving: usize, hub: &Hub, state: &HubState) -> bool {
    let limits = &hub.config.limits;
    leaving > limits.deletes_per_mailbox && leaving * 100 > state.audience.len() * limits.deletes_percent
}

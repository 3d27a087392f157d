//! The copies of an erased person's items in mailboxes: released, or removed and seen to be gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use platform::{Kind, Row, When};
use sync::{Fate, HubId, MailboxId, SourceKey};

use super::Work;
use super::export::AT_ONCE;
use crate::host::Failure;
use crate::messages::{Aim, MOST_MAILBOXES, SyncMailbox};
use crate::tables::{Holds, HubState, MailboxState, Report, Run, Stays, Step, Tables, change};

/// The first and the longest wait for mailboxes; each is twice the one before.
const WAITS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));
/// After so many waits, which are about a week, the request ends with what is left.
const MOST_WAITS: u32 = 175;
/// After so long nothing that began before the person was kept out is still on its way.
const SETTLED: TimeDelta = TimeDelta::minutes(10);

/// One mailbox of a hub that knows the person.
enum Known {
    /// Not at all.
    No,
    /// It was released just now.
    Released,
    /// It holds a copy.
    Holds,
}

impl Work<'_> {
    /// Notes which mailboxes hold copies, before any visit may release or remove them.
    ///
    /// Items that only mailboxes still know, because the hub lost them before, join the others.
    pub(super) async fn note_holders(&self, items: &mut BTreeSet<SourceKey>) -> Result<(), Failure> {
        let mut report = self.report().await?;
        for hub in self.app.tables.hub_ids(self.tenant).await? {
            let mut looks = Vec::new();
            for mailbox in self.mailbox_ids(&hub).await? {
                looks.push(self.held_in(&hub, mailbox, items).boxed());
            }
            for (mailbox, held) in some_at_once(looks).await? {
                // The person's own is cleaned or forgotten, whatever it holds.
                if !held.is_empty() && !self.request.who.is(mailbox.as_str()) {
                    see(&mut report, &hub, &mailbox, self.stays(Holds::Holds));
                }
                items.extend(held);
            }
        }
        self.write(&report).await
    }

    /// The person's items that a mailbox knows.
    async fn held_in(
        &self,
        hub: &HubId,
        mailbox: MailboxId,
        items: &BTreeSet<SourceKey>,
    ) -> Result<(MailboxId, Vec<SourceKey>), Failure> {
        let row = self.app.tables.mailboxes.get(&Tables::mailbox_key(self.tenant, hub, &mailbox)).await?;
        let state = row.map(|row| row.record).unwrap_or_default();
        let is_theirs = |key: &&SourceKey| items.contains(*key) || self.request.who.is(key.as_str());
        let held = known_keys(&state).filter(is_theirs).cloned().collect();
        Ok((mailbox, held))
    }

    /// Releases copies, or sends for the mailboxes that hold one.
    pub(super) async fn mailboxes(&mut self) -> Result<(), Failure> {
        let items = self.own_items().await?;
        let mut report = self.report().await?;
        for hub in self.app.tables.hub_ids(self.tenant).await? {
            let mut looks = Vec::new();
            for mailbox in self.mailbox_ids(&hub).await? {
                looks.push(self.look_at(&hub, mailbox, &items).boxed());
            }
            let mut holders = Vec::new();
            for (mailbox, known) in some_at_once(looks).await? {
                match known {
                    Known::No => {}
                    Known::Released => see(&mut report, &hub, &mailbox, self.stays(Holds::Released)),
                    Known::Holds => {
                        see(&mut report, &hub, &mailbox, self.stays(Holds::Holds));
                        holders.push(mailbox);
                    }
                }
            }
            self.visit(&hub, holders).await?;
        }
        self.release(&mut report);
        self.keep(report).await?;
        self.go_on(Step::Watch);
        Ok(())
    }

    /// Where copies stay, none is held for the hub any more: a visit may have released what was seen before.
    fn release(&self, report: &mut Report) {
        if self.request.fate == Some(Fate::Removed) {
            return;
        }
        let all = report.hubs.values_mut().flat_map(BTreeMap::values_mut);
        all.filter(|stays| stays.state == Holds::Holds)
            .for_each(|stays| *stays = self.stays(Holds::Released));
    }

    async fn mailbox_ids(&self, hub: &HubId) -> Result<Vec<MailboxId>, Failure> {
        let names = self.app.tables.names(&Tables::mailboxes_prefix(self.tenant, hub)).await?;
        Ok(names.into_iter().filter_map(|name| MailboxId::new(name).ok()).collect())
    }

    async fn report(&self) -> Result<Report, Failure> {
        let row = self.app.tables.reports.get(&Tables::report_key(self.tenant, self.id)).await?;
        Ok(row.map(|row| row.record).unwrap_or_default())
    }

    fn stays(&self, state: Holds) -> Stays {
        Stays { state, seen: self.app.now(), why: None }
    }

    async fn keep(&mut self, report: Report) -> Result<(), Failure> {
        let all = || report.hubs.values().flat_map(BTreeMap::values);
        self.request.progress.mailboxes = all().count();
        self.request.progress.cleaned = all().filter(|stays| stays.state == Holds::Cleaned).count();
        self.write(&report).await
    }

    async fn write(&self, report: &Report) -> Result<(), Failure> {
        let key = Tables::report_key(self.tenant, self.id);
        let write = |known: &mut Report| known.hubs.clone_from(&report.hubs);
        Ok(change(&self.app.tables.reports, &key, write).await?)
    }

    /// Whether a mailbox knows one of the items; where they are released it forgets them.
    async fn look_at(
        &self,
        hub: &HubId,
        mailbox: MailboxId,
        items: &[SourceKey],
    ) -> Result<(MailboxId, Known), Failure> {
        let known = self.known(hub, &mailbox, items).await?;
        Ok((mailbox, known))
    }

    async fn known(&self, hub: &HubId, mailbox: &MailboxId, items: &[SourceKey]) -> Result<Known, Failure> {
        let key = Tables::mailbox_key(self.tenant, hub, mailbox);
        let is_removed = self.request.fate == Some(Fate::Removed);
        if self.request.who.is(mailbox.as_str()) {
            if !is_removed {
                self.forget_own(hub, mailbox).await?;
            }
            return Ok(if is_removed { Known::Holds } else { Known::No });
        }
        loop {
            let Some(Row { mut record, etag }) = self.app.tables.mailboxes.get(&key).await? else {
                return Ok(Known::No);
            };
            if !knows(&record, items) {
                return Ok(Known::No);
            }
            if is_removed {
                return Ok(Known::Holds);
            }
            items.iter().for_each(|item| {
                record.base.entries.remove(item);
                record.intents.remove(item);
                record.unlogged.forget(item);
            });
            match self.app.tables.mailboxes.put(&key, &record, When::Match(etag)).await {
                Err(error) if error.kind() == Kind::Conflict => {}
                done => return done.map(|_| Known::Released).map_err(Failure::from),
            }
        }
    }

    /// The person's own mailbox is left as it is, and nothing is known of it.
    async fn forget_own(&self, hub: &HubId, mailbox: &MailboxId) -> Result<(), Failure> {
        let keys = [
            Tables::held_key(self.tenant, hub, mailbox),
            Tables::edits_key(self.tenant, hub, mailbox),
            Tables::open_key(self.tenant, hub, mailbox),
            Tables::mailbox_key(self.tenant, hub, mailbox),
        ];
        for key in keys {
            self.app.store.delete(&key, When::Any).await?;
        }
        Ok(())
    }

    /// Sends for the mailboxes that hold a copy: the ordinary plan removes it. The person's own is cleaned.
    async fn visit(&self, hub: &HubId, holders: Vec<MailboxId>) -> Result<(), Failure> {
        if holders.is_empty() {
            return Ok(());
        }
        let state = self.app.tables.states.get(&Tables::state_key(self.tenant, hub)).await?;
        let state = state.map(|row| row.record).unwrap_or_default();
        let mut visits: BTreeMap<(bool, String), Vec<MailboxId>> = BTreeMap::new();
        for mailbox in holders {
            let is_own = self.request.who.is(mailbox.as_str());
            let spoke = state.audience.get(&mailbox).filter(|_| !is_own).cloned().unwrap_or_default();
            if is_own || !spoke.is_empty() {
                visits.entry((is_own, spoke)).or_default().push(mailbox);
            }
        }
        self.send_visits(hub, &state, visits).await
    }

    async fn send_visits(
        &self,
        hub: &HubId,
        state: &HubState,
        visits: BTreeMap<(bool, String), Vec<MailboxId>>,
    ) -> Result<(), Failure> {
        let (run, mailboxes) = (self.app.new_run(), visits.values().map(Vec::len).sum());
        let serves = state.audience.len();
        let snapshot = self.app.tables.snapshots.get(&Tables::snapshot_key(self.tenant, hub)).await?;
        let mut record = Run { mailboxes, serves, ..Run::begun(self.app.now(), "erase") };
        if let Some(snapshot) = snapshot.map(|row| row.record.0) {
            record.snapshot = snapshot.version;
            record.items = snapshot.items.len();
            record.complete = snapshot.complete;
        }
        self.app.tables.runs.put(&Tables::run_key(self.tenant, hub, &run), &record, When::Any).await?;
        let parts = visits.into_iter().flat_map(|(how, all)| {
            all.chunks(MOST_MAILBOXES).map(|some| (how.clone(), some.to_vec())).collect::<Vec<_>>()
        });
        for (nth, ((is_own, spoke), mailboxes)) in parts.enumerate() {
            let message = SyncMailbox {
                tenant: self.tenant.clone(),
                hub: hub.clone(),
                run: run.clone(),
                part: format!("p{nth:05}"),
                goal: if is_own { Aim::Clean } else { Aim::Mirror },
                spoke,
                retry: true,
                open: Vec::new(),
                mailboxes,
                serves,
                attempt: 0,
            };
            self.app.send(&message, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Looks which mailboxes are clean by now; how long to wait for the others.
    pub(super) async fn watch(&mut self) -> Result<Option<Duration>, Failure> {
        let items = self.own_items().await?;
        let mut report = self.report().await?;
        let mut looks = Vec::new();
        for (hub, mailboxes) in &report.hubs {
            for (mailbox, stays) in mailboxes.iter().filter(|(_, stays)| stays.state == Holds::Holds) {
                looks.push(self.watch_one(hub, mailbox, stays, &items).boxed());
            }
        }
        let mut left = 0;
        for (hub, mailbox, stays) in some_at_once(looks).await? {
            left += usize::from(stays.state == Holds::Holds);
            report.hubs.entry(hub).or_default().insert(mailbox, stays);
        }
        self.keep(report).await?;
        self.after_watching(left).await
    }

    /// How a mailbox stands by now that held a copy.
    async fn watch_one(
        &self,
        hub: &str,
        mailbox: &str,
        before: &Stays,
        items: &[SourceKey],
    ) -> Result<(String, String, Stays), Failure> {
        let named = |stays| Ok((hub.to_owned(), mailbox.to_owned(), stays));
        let (Ok(hub_id), Ok(id)) = (HubId::new(hub), MailboxId::new(mailbox)) else {
            return named(before.clone());
        };
        let key = Tables::mailbox_key(self.tenant, &hub_id, &id);
        let state = self.app.tables.mailboxes.get(&key).await?.map(|row| row.record);
        let is_own = self.request.who.is(mailbox);
        named(match state.filter(|state| is_own || knows(state, items)) {
            Some(state) => Stays { why: state.trouble.map(|trouble| trouble.reason), ..before.clone() },
            None => self.stays(Holds::Cleaned),
        })
    }

    async fn after_watching(&mut self, left: usize) -> Result<Option<Duration>, Failure> {
        let settled = self.request.kept_out.map_or_else(|| self.app.now(), |since| since + SETTLED);
        let early = (settled - self.app.now()).to_std().ok().filter(|early| !early.is_zero());
        if left > 0 && self.request.waited < MOST_WAITS {
            let (first, longest) = WAITS;
            let wait = first.saturating_mul(1 << self.request.waited.min(10)).min(longest);
            self.request.waited += 1;
            return Ok(Some(wait));
        }
        match (early, self.request.checked) {
            (Some(early), false) => return Ok(Some(early)),
            // Whatever had begun before may have written something since: all is gone through once more.
            (None, false) => {
                self.request.checked = true;
                self.go_on(Step::Strike);
            }
            (_, true) => {
                if left > 0 {
                    let trouble = format!("{left} mailboxes still hold a copy; …/report says which and why");
                    self.request.trouble = Some(trouble);
                }
                self.conclude().await?;
            }
        }
        Ok(None)
    }
}

/// Only what is new is noted: what was seen at first stays with its time.
fn see(report: &mut Report, hub: &HubId, mailbox: &MailboxId, stays: Stays) {
    let mailboxes = report.hubs.entry(hub.to_string()).or_default();
    let known = mailboxes.entry(mailbox.to_string()).or_insert_with(|| stays.clone());
    if known.state != stays.state {
        *known = stays;
    }
}

/// Does what there is to do, some of it at a time; the answers are in order.
async fn some_at_once<T>(all: Vec<BoxFuture<'_, Result<T, Failure>>>) -> Result<Vec<T>, Failure> {
    stream::iter(all).buffered(AT_ONCE).try_collect().await
}

/// All items that a mailbox knows, some more than once.
fn known_keys(state: &MailboxState) -> impl Iterator<Item = &SourceKey> {
    state.base.entries.keys().chain(state.intents.keys()).chain(state.unlogged.keys())
}

fn knows(state: &MailboxState, items: &[SourceKey]) -> bool {
    let is_known = |item| state.base.entries.contains_key(item) || state.intents.contains_key(item);
    items.iter().any(|item| is_known(item) || state.unlogged.keys().any(|key| key == item))
}

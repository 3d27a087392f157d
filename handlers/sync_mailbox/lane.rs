//! One mailbox: load, read, plan, guard, write, remember.

use connectors::graph::{FolderReading, Kind, Place};
use platform::{Etag, Row, When};
use sync::two_way::Refusals;
use sync::{Mailbox, MailboxId, Plan, PlanHash, Situation, TwoWay, plan};

use super::Stop;
use super::execute::Then;
use super::outcome::Done;
use super::view::{look, view};
use super::visit::{Read, Stored, Visit};
use crate::lease::{Leased, leased};
use crate::tables::{FolderDeed, MailboxState, Tables};

/// How many steps one visit may take: a series, its exceptions, and what a reading that lags hides of them.
const MOST_ROUNDS: usize = 4;
/// How often a plan may ask for point reads before it must be a plan.
const MOST_LOOKS: usize = 8;

/// One mailbox on its way.
pub(super) struct Lane<'a> {
    pub visit: &'a Visit<'a>,
    pub mailbox: &'a MailboxId,
    pub key: String,
    pub state: MailboxState,
    pub etag: Option<Etag>,
    /// The mark of what was stored last.
    stored: u64,
    pub done: Done,
}

/// A folder as it was read.
pub(super) struct Sight {
    pub place: Place,
    pub mailbox: Mailbox,
    /// Where the next reading goes on, if it may: a folder that was just made was not read.
    pub link: Option<String>,
    /// Somebody made a meeting of an item.
    pub meetings: bool,
    /// What the hub did not take of what users did here.
    pub refused: Refusals,
}

impl<'a> Lane<'a> {
    pub(super) fn new(visit: &'a Visit<'a>, mailbox: &'a MailboxId, stored: Stored) -> Self {
        let key = Tables::mailbox_key(&visit.job.tenant, &visit.job.hub, mailbox);
        let (state, etag) =
            stored.map_or((MailboxState::default(), None), |Row { record, etag }| (record, Some(etag)));
        Lane { visit, mailbox, key, stored: state.mark(), state, etag, done: Done::default() }
    }

    /// Makes the mailbox right, as far as it can be done now; what stopped it is in the lane.
    pub(super) async fn run(mut self, read: Read) -> Self {
        if self.visit.is_quarantined(&self.state) {
            self.done.quarantined = true;
        } else if let Err(stop) = self.sync(read).await {
            self.done.stop = Some(stop);
        }
        self
    }

    async fn sync(&mut self, read: Read) -> Result<(), Stop> {
        match read {
            Some(Err(error)) if error.kind() == Kind::Missing => {
                // The user deleted the folder: nothing of ours is left to know about.
                let MailboxState { trouble, held, unlogged, .. } = std::mem::take(&mut self.state);
                self.state = MailboxState { trouble, held, unlogged, ..MailboxState::default() };
                self.without_folder().await
            }
            Some(Err(error)) if error.kind() == Kind::Resync => {
                self.state.link = None;
                self.with_folder(None).await
            }
            Some(Err(error)) => Err(error.into()),
            Some(Ok(changes)) => self.with_folder(Some(changes)).await,
            None => self.without_folder().await,
        }
    }

    /// No folder is known: it is made, unless there is nothing to put into it.
    async fn without_folder(&mut self) -> Result<(), Stop> {
        let Some(receives) = self.visit.receives else {
            self.done.cleaned = true;
            return Ok(());
        };
        let key = self.lease_key();
        let app = self.visit.app;
        let work = async {
            self.visit.begin_writing().await?;
            let made = match self.visit.writer.ensure_folder(self.mailbox, self.visit.managed(receives)).await
            {
                Ok(made) => made,
                Err(error) => return Ok(Err(error.into())),
            };
            self.state.folder = Some(made.id.clone());
            self.state.unlogged.folder = made.fresh.then_some(FolderDeed::Made);
            let sight = if made.fresh { Ok(self.fresh(made.id)) } else { self.read_now(None).await };
            Ok(match sight {
                Ok(sight) => self.plan_and_write(sight).await,
                Err(stop) => Err(stop),
            })
        };
        match leased(app, &key, work).await? {
            Leased::Done(done) => done,
            Leased::Taken => Err(Stop::Busy),
        }
    }

    fn place(&self, folder: String) -> Place {
        self.visit.place(self.mailbox, folder)
    }

    fn fresh(&self, folder: String) -> Sight {
        let mailbox = Mailbox::unread(sync::Reading::Everything);
        Sight { place: self.place(folder), mailbox, link: None, meetings: false, refused: Refusals::new() }
    }

    pub(super) fn lease_key(&self) -> String {
        format!("{}/lane", self.key)
    }

    async fn with_folder(&mut self, read: Option<connectors::graph::FolderChanges>) -> Result<(), Stop> {
        let sight = self.read_now(read).await?;
        self.begin_scope(&sight);
        let (plan, sight) = self.planned(sight, None).await?;
        if self.has_nothing_to_do(&plan) {
            return self.store_progress(sight, &plan).await;
        }
        let key = self.lease_key();
        let app = self.visit.app;
        match leased(app, &key, async { Ok(self.carry_out_all(plan, sight).await) }).await? {
            Leased::Done(done) => done,
            Leased::Taken => Err(Stop::Busy),
        }
    }

    async fn read_now(&mut self, read: Option<connectors::graph::FolderChanges>) -> Result<Sight, Stop> {
        let visit = self.visit;
        let folder = self.state.folder.clone().unwrap_or_default();
        let link = self.state.link.clone().filter(|_| visit.snapshot.is_some());
        let read = match read {
            Some(read) => read,
            None => {
                let reading = FolderReading { place: self.place(folder.clone()), link: link.clone() };
                visit.reader.changes(vec![reading]).await.pop().ok_or(Stop::Busy)??
            }
        };
        // What could not be understood must be told again.
        let next = read.link.clone().filter(|_| read.unreadable.is_empty());
        let place = self.place(folder);
        let mailbox = view(visit, &place, &self.state, link.as_deref(), read).await?;
        let refused = self.refused(&mailbox).await?;
        Ok(Sight { place, mailbox, link: next, meetings: false, refused })
    }

    async fn plan_and_write(&mut self, sight: Sight) -> Result<(), Stop> {
        self.begin_scope(&sight);
        let (plan, sight) = self.planned(sight, None).await?;
        self.carry_out_all(plan, sight).await
    }

    /// Carries out a plan, and what can only follow once that is done.
    async fn carry_out_all(&mut self, plan: Plan, sight: Sight) -> Result<(), Stop> {
        let mut next = Some((plan, sight));
        for _ in 0..MOST_ROUNDS {
            let Some((plan, sight)) = next.take() else { return Ok(()) };
            if self.carry_out(plan, sight).await? == Then::Nothing {
                return Ok(());
            }
            let sight = self.read_now(None).await?;
            next = Some(self.planned(sight, None).await?);
        }
        self.done.waiting = true;
        Ok(())
    }

    /// Where nothing of ours is, nothing came from another scope.
    fn begin_scope(&mut self, sight: &Sight) {
        let MailboxState { base, intents, .. } = &mut self.state;
        let is_empty = base.entries.is_empty() && intents.is_empty() && sight.mailbox.listed.is_empty();
        if let Some(snapshot) = self.visit.snapshot.filter(|_| is_empty) {
            base.scope = snapshot.scope;
        }
    }

    /// Plans, looks at items where the plan asks for it, and plans again.
    pub(super) async fn planned(
        &self,
        mut sight: Sight,
        approved: Option<PlanHash>,
    ) -> Result<(Plan, Sight), Stop> {
        for looks in 0..=MOST_LOOKS {
            let ids: Vec<_> = match self.plan(&sight, approved) {
                Plan::Look(_) if looks == MOST_LOOKS => break,
                Plan::Look(ids) => ids.into_iter().collect(),
                plan => return Ok((plan, sight)),
            };
            sight.meetings |= look(self.visit, &sight.place, &ids, &mut sight.mailbox).await?;
        }
        Err(Stop::Busy)
    }

    fn plan(&self, sight: &Sight, approved: Option<PlanHash>) -> Plan {
        // A meeting that somebody made of an item looks like its removal, and is none.
        let two_way = self.visit.two_way().map(|two_way| TwoWay {
            removals: two_way.removals && !sight.meetings,
            refused: Some(&sight.refused),
            ..two_way
        });
        plan(&Situation {
            base: &self.state.base,
            intents: &self.state.intents,
            goal: self.visit.goal(),
            mailbox: &sight.mailbox,
            policy: &self.visit.policy,
            two_way,
            erased: Some(&self.visit.erased),
            limits: &self.visit.config.limits,
            mailboxes: self.visit.job.serves,
            approved,
            now: self.visit.app.now(),
        })
    }

    fn has_nothing_to_do(&self, plan: &Plan) -> bool {
        let is_right = matches!(plan, Plan::Run(work) if work.ops.is_empty() && work.proposals.is_empty());
        is_right && !self.state.held && !self.state.told && self.visit.snapshot.is_some()
    }

    /// Remembers how far the reading went, and nothing else.
    async fn store_progress(&mut self, sight: Sight, plan: &Plan) -> Result<(), Stop> {
        self.note_work(plan);
        self.read_through(&sight, plan);
        // Not kept while a turn at writing is waited for.
        drop(sight);
        self.store().await
    }

    /// The next reading goes on from this one, if all that it told is dealt with.
    pub(super) fn read_through(&mut self, sight: &Sight, plan: &Plan) {
        if plan.work().is_some_and(|work| work.read_again) {
            return;
        }
        if let Some(snapshot) = self.visit.snapshot {
            self.state.base.scope = snapshot.scope;
        }
        if sight.link.is_some() {
            self.state.link.clone_from(&sight.link);
            self.state.base.read_through(&sight.mailbox);
        }
    }

    pub(super) fn note_work(&mut self, plan: &Plan) {
        if let Some(work) = plan.work() {
            self.done.tally.kept = work.kept.len();
            self.done.tally.proposed = work.proposals.len();
            self.done.waiting = !work.waiting.is_empty();
        }
    }

    /// Stores what came of the visit, now that the audit log says it, unless nothing is to be kept or somebody was quicker.
    pub(super) async fn conclude(&mut self) {
        let is_lost = matches!(self.done.stop, Some(Stop::Busy | Stop::Platform(_)));
        if self.done.cleaned || is_lost {
            return;
        }
        if let Err(stop) = self.store().await {
            self.done.stop = Some(stop);
        }
    }

    /// Stores what is known, if it is not what was stored; whoever was quicker wins.
    pub(super) async fn store(&mut self) -> Result<(), Stop> {
        let mark = self.state.mark();
        if mark == self.stored {
            return Ok(());
        }
        // The semaphore is never closed; were it, writing without a turn would be right.
        let _turn = self.visit.app.writing.acquire().await.ok();
        let when = self.etag.take().map_or(When::Absent, When::Match);
        self.etag = Some(self.visit.app.tables.mailboxes.put(&self.key, &self.state, when).await?);
        self.stored = mark;
        Ok(())
    }
}

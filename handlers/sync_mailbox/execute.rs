//! Carries a plan out, portion by portion: remember, send, learn, remember.

use connectors::graph::{self, Transactions};
use sync::hub::Kind;
use sync::{Effect, Goal, Op, Outcome, Plan, begin, needs_reading, settle};

use super::Stop;
use super::lane::{Lane, Sight};
use crate::tables::{FolderDeed, MailboxState, Tally};

/// How many operations are intended, sent and remembered at a time.
const PORTION: usize = 500;
/// The most refused items that an outcome names.
const MOST_REFUSED: usize = 20;

/// What became of a plan's operations.
#[derive(Default)]
struct Sent {
    /// Those that did not come to their end.
    undone: Vec<Op>,
    /// One of them is known from the reading alone.
    read_again: bool,
    /// Why the rest was not sent.
    stop: Option<Stop>,
}

/// What follows a plan that was carried out.
#[derive(PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// Steps that had to wait for it.
    Again,
}

impl Lane<'_> {
    /// Carries out what a plan says, once the decision on a held one is known.
    pub(super) async fn carry_out(&mut self, plan: Plan, sight: Sight) -> Result<Then, Stop> {
        let (plan, sight) = self.decided(plan, sight).await?;
        self.note_work(&plan);
        let ops = plan.work().map(|work| work.ops.as_slice()).unwrap_or_default();
        let sent = self.send_all(&sight, ops).await?;
        if !matches!(plan, Plan::Held { .. }) {
            self.after_decision(&sent.undone).await?;
        }
        if !sent.read_again {
            self.read_through(&sight, &plan);
        }
        let is_clean = sent.undone.is_empty() && matches!(plan, Plan::Run(_));
        if is_clean && matches!(self.visit.goal(), Goal::Nothing { .. }) {
            self.clean_up(&sight).await?;
            return Ok(Then::Nothing);
        }
        let proposals = plan.work().map(|work| work.proposals.as_slice()).unwrap_or_default();
        self.tell(proposals, &sight, is_clean).await?;
        let is_unfinished = plan.work().is_some_and(|work| work.unfinished);
        match sent.stop {
            Some(stop) => Err(stop),
            None if is_clean && is_unfinished => Ok(Then::Again),
            None => Ok(Then::Nothing),
        }
    }

    async fn send_all(&mut self, sight: &Sight, ops: &[Op]) -> Result<Sent, Stop> {
        // Asked of the base as it is now: what is about to be sent enters it.
        let stays: Vec<bool> = ops.iter().map(|op| needs_reading(&self.state.base, op)).collect();
        let mut sent = Sent::default();
        for (portion, stays) in ops.chunks(PORTION).zip(stays.chunks(PORTION)) {
            self.done.out_of_time |= self.visit.cx.remaining() < self.visit.portion_time();
            if self.done.out_of_time || sent.stop.is_some() {
                self.done.tally.left += portion.iter().filter(|op| op.is_write()).count();
                sent.undone.extend_from_slice(portion);
                sent.read_again |= stays.contains(&true);
            } else {
                self.send_portion(sight, portion, stays, &mut sent).await?;
            }
        }
        Ok(sent)
    }

    /// Sends one portion. What must be known if this process dies now is stored before the first request.
    async fn send_portion(
        &mut self,
        sight: &Sight,
        ops: &[Op],
        stays: &[bool],
        sent: &mut Sent,
    ) -> Result<(), Stop> {
        let app = self.visit.app;
        if ops.iter().any(Op::is_write) {
            self.visit.begin_writing().await?;
        }
        let state = &mut self.state;
        state.unlogged.note_found(ops, &state.intents);
        begin(&mut state.base, &mut state.intents, ops, app.now(), &mut || app.random.uuid().to_string());
        self.store().await?;
        let transactions = self.transactions();
        // Settled as soon as it is known: the contents that a hundred mailboxes' servers return are not kept together.
        let mut outcomes: Vec<Option<Outcome>> = vec![None; ops.len()];
        let MailboxState { base, intents, .. } = &mut self.state;
        let mut settled = |at: usize, effect| {
            if let (Some(op), Some(outcome)) = (ops.get(at), outcomes.get_mut(at)) {
                *outcome = Some(settle(base, intents, op, effect));
            }
        };
        let deadline = app.later(self.visit.portion_time());
        let writer = &self.visit.writer;
        let written = writer.write(&sight.place, ops, &transactions, deadline, &mut settled).await;
        for ((op, outcome), stays) in ops.iter().zip(outcomes).zip(stays).filter(|((op, _), _)| op.is_write())
        {
            let MailboxState { base, intents, .. } = &mut self.state;
            let outcome = outcome.unwrap_or_else(|| settle(base, intents, op, Effect::Unknown));
            if outcome != Outcome::Done {
                sent.undone.push(op.clone());
                sent.read_again |= stays;
            }
            self.count(op, outcome);
        }
        sent.stop = written.err().map(Stop::from);
        Ok(())
    }

    /// The ids that creates of events carry; contacts have no place for them.
    fn transactions(&self) -> Transactions {
        match self.visit.config.kind {
            Kind::Contacts => Transactions::new(),
            Kind::Events => {
                let intents = self.state.intents.iter();
                intents.map(|(key, intent)| (key.clone(), intent.id.clone())).collect()
            }
        }
    }

    fn count(&mut self, op: &Op, outcome: Outcome) {
        self.state.unlogged.note(op, &outcome);
        let Tally { creates, updates, deletes, left, failed, .. } = &mut self.done.tally;
        match (outcome, op) {
            (Outcome::Done, Op::Create { .. }) => *creates += 1,
            (Outcome::Done, Op::Update { .. }) => *updates += 1,
            (Outcome::Done, _) => *deletes += 1,
            (Outcome::Left, _) => *left += 1,
            (Outcome::Pending, _) => {
                *left += 1;
                self.done.waiting = true;
            }
            (Outcome::Failed(code), _) => {
                *failed += 1;
                if self.done.refused.len() < MOST_REFUSED {
                    self.done.refused.insert(op.key().to_string(), code);
                }
            }
        }
    }

    /// Removes the folder if nothing is left in it, and forgets the mailbox.
    async fn clean_up(&mut self, sight: &Sight) -> Result<(), Stop> {
        self.visit.begin_writing().await?;
        match self.visit.writer.delete_folder(&sight.place).await {
            Ok(_) => self.state.unlogged.folder = Some(FolderDeed::Removed),
            // What the user put into our folder stays, and so does the folder.
            Err(error) if error.kind() == graph::Kind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
        self.done.cleaned = true;
        Ok(())
    }
}

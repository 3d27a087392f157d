//! Carries a plan out, portion by portion: remember, send, learn, remember.

use std::collections::BTreeMap;

use connectors::graph::Kind;
use sync::{Effect, Goal, Op, Outcome, Plan, begin, needs_reading, settle};

use super::Stop;
use super::lane::{Lane, Sight};
use super::visit::PORTION_TIME;
use crate::tables::Tally;

/// How many operations are intended, sent and remembered at a time.
const PORTION: usize = 200;
/// The most refused items that an outcome names.
const MOST_REFUSED: usize = 20;

impl Lane<'_> {
    /// Carries out what a plan says, once the decision on a held one is known.
    pub(super) async fn carry_out(&mut self, plan: Plan, sight: Sight) -> Result<(), Stop> {
        let (plan, sight) = self.decided(plan, sight).await?;
        self.note_work(&plan);
        let ops = plan.work().map(|work| work.ops.clone()).unwrap_or_default();
        let stays: Vec<bool> = ops.iter().map(|op| needs_reading(&self.state.base, op)).collect();
        let (mut through, mut rest) = (true, ops.as_slice());
        let mut told = stays.as_slice();
        let mut stop = None;
        while !rest.is_empty() && stop.is_none() {
            let (portion, later) = rest.split_at(PORTION.min(rest.len()));
            let (needed, needed_later) = told.split_at(portion.len());
            if self.visit.cx.remaining() < PORTION_TIME {
                self.done.tally.left += rest.iter().filter(|op| op.is_write()).count();
                self.done.out_of_time = true;
                through = false;
                break;
            }
            stop = self.portion(&sight, portion, needed, &mut through).await?;
            (rest, told) = (later, needed_later);
        }
        through &= rest.is_empty();
        if through && !matches!(plan, Plan::Held { .. }) {
            self.drop_held().await?;
        }
        if through {
            self.read_through(&sight, &plan);
        }
        if through && stop.is_none() && matches!(self.visit.goal(), Goal::Nothing { .. }) {
            return self.clean_up(&sight, &plan).await;
        }
        self.store().await?;
        stop.map_or(Ok(()), Err)
    }

    /// Sends one portion. What must be known if this process dies now is stored before the first request.
    async fn portion(
        &mut self,
        sight: &Sight,
        ops: &[Op],
        needs_reading: &[bool],
        through: &mut bool,
    ) -> Result<Option<Stop>, Stop> {
        let app = self.visit.app;
        let state = &mut self.state;
        begin(&mut state.base, &mut state.intents, ops, app.now(), &mut || app.random.uuid().to_string());
        self.store().await?;
        let mut effects: BTreeMap<usize, Effect> = BTreeMap::new();
        let mut settled = |at, effect| drop(effects.insert(at, effect));
        let deadline = app.later(PORTION_TIME);
        let written = self.visit.writer.write(&sight.place, ops, deadline, &mut settled).await;
        for (at, op) in ops.iter().enumerate().filter(|(_, op)| op.is_write()) {
            let effect = effects.remove(&at).unwrap_or(Effect::Unknown);
            let outcome = settle(&mut self.state.base, &mut self.state.intents, op, effect);
            if outcome != Outcome::Done && needs_reading.get(at).copied().unwrap_or(true) {
                *through = false;
            }
            self.count(op, outcome);
        }
        Ok(written.err().map(Stop::from))
    }

    fn count(&mut self, op: &Op, outcome: Outcome) {
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
    async fn clean_up(&mut self, sight: &Sight, plan: &Plan) -> Result<(), Stop> {
        let all_gone =
            self.state.base.entries.is_empty() && self.done.tally.left + self.done.tally.failed == 0;
        if !all_gone || matches!(plan, Plan::Held { .. }) {
            return self.store().await;
        }
        match self.visit.writer.delete_folder(&sight.place.mailbox, &sight.place.folder).await {
            // What the user put into our folder stays, and so does the folder.
            Err(error) if error.kind() != Kind::Conflict => return Err(error.into()),
            _ => self.done.cleaned = true,
        }
        Ok(())
    }
}

//! Plans that wait for somebody to agree, as far as one mailbox is concerned.

use platform::{Row, When};
use sync::{Held, Op, Plan, PlanHash};

use super::Stop;
use super::lane::{Lane, Sight};
use crate::tables::{Decision, HeldPlan, Tables, change_existing};

/// The most rows of a held plan that are kept for showing.
const MOST_ROWS: usize = 1000;

impl Lane<'_> {
    /// Takes the decision on a held plan into account: an approved one runs, another is kept for deciding.
    pub(super) async fn decided(&mut self, plan: Plan, sight: Sight) -> Result<(Plan, Sight), Stop> {
        let Plan::Held { held, .. } = &plan else {
            self.drop_held().await?;
            return Ok((plan, sight));
        };
        let key = self.held_key();
        let known = self.visit.app.tables.held.get(&key).await?.map(|Row { record, .. }| record);
        match known.filter(|known| known.hash == held.hash) {
            Some(HeldPlan { decision: Some(Decision::Approved), .. }) => {
                self.done.approved = true;
                self.planned(sight, Some(held.hash)).await
            }
            Some(_) => {
                self.done.tally.held = held.ops.len();
                Ok((plan, sight))
            }
            None => {
                self.keep(&key, held).await?;
                Ok((plan, sight))
            }
        }
    }

    fn held_key(&self) -> String {
        Tables::held_key(&self.visit.job.tenant, &self.visit.job.hub, self.mailbox)
    }

    async fn keep(&mut self, key: &str, held: &Held) -> Result<(), Stop> {
        let record = HeldPlan {
            hash: held.hash,
            why: held.why.clone(),
            since: self.visit.app.now(),
            run: self.visit.job.run.clone(),
            rows: held.ops.iter().take(MOST_ROWS).map(ToString::to_string).collect(),
            decision: None,
        };
        self.visit.app.tables.held.put(key, &record, When::Any).await?;
        self.done.tally.held = held.ops.len();
        self.state.held = true;
        Ok(())
    }

    /// What was approved and could not be finished stays approved, under the hash of what is left; what is finished is
    /// no longer shown.
    pub(super) async fn after_decision(&mut self, undone: &[Op]) -> Result<(), Stop> {
        if undone.is_empty() {
            return self.drop_held().await;
        }
        if self.done.approved {
            let left = PlanHash::of(undone);
            let rest = |plan: &mut HeldPlan| plan.hash = left;
            change_existing(&self.visit.app.tables.held, &self.held_key(), rest).await?;
        }
        Ok(())
    }

    /// What no longer waits is no longer shown.
    pub(super) async fn drop_held(&mut self) -> Result<(), Stop> {
        if std::mem::take(&mut self.state.held) {
            self.visit.app.tables.held.delete(&self.held_key(), When::Any).await?;
        }
        Ok(())
    }
}

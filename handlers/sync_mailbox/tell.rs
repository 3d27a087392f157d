//! What users of a two-way mailbox changed, written down for the hub to judge.

use platform::{Row, When};
use sync::{MailboxId, Proposal, TwoWay};

use super::Stop;
use super::lane::Lane;
use super::visit::Visit;
use crate::tables::{Edits, Tables};

impl Visit<'_> {
    /// What users of this mailbox may tell the hub.
    pub(super) fn two_way(&self, mailbox: &MailboxId) -> Option<TwoWay<'_>> {
        let spoke = self.config.spoke(&self.job.spoke).filter(|spoke| spoke.two_way)?;
        Some(TwoWay {
            removals: spoke.deletes_to_hub,
            private: self.shows_private_events(),
            refused: self.snapshot?.refused.get(mailbox),
        })
    }

    /// What is private goes nowhere, unless every calendar that contributes shows such events to all.
    fn shows_private_events(&self) -> bool {
        use sync::mapping::PrivateEvents;
        let mut options = self.config.contributing().map(|(_, what)| what.events.private_events);
        options.all(|shown| shown == PrivateEvents::AsTheyAre)
    }
}

impl Lane<'_> {
    /// Writes down what the plan proposes, unless it is written down already; what is settled is struck out.
    ///
    /// The state says first that something is told: whoever dies in between leaves no record that nobody strikes out.
    pub(super) async fn tell(&mut self, proposals: &[Proposal], is_clean: bool) -> Result<(), Stop> {
        if proposals.is_empty() {
            return self.strike_out(is_clean).await;
        }
        let known = self.visit.app.tables.edits.get(&self.edits_key()).await?;
        let is_told =
            |row: &Row<Edits>| row.record.spoke == self.visit.job.spoke && row.record.proposals == proposals;
        if known.as_ref().is_some_and(is_told) {
            return Ok(());
        }
        self.state.told = true;
        self.store().await?;
        let edits = Edits {
            spoke: self.visit.job.spoke.clone(),
            mark: self.visit.app.random.uuid().to_string(),
            proposals: proposals.to_vec(),
        };
        let when = known.map_or(When::Absent, |row| When::Match(row.etag));
        self.visit.app.tables.edits.put(&self.edits_key(), &edits, when).await?;
        self.done.told = true;
        Ok(())
    }

    /// What the hub has judged, and the mailbox agrees with, is told no more.
    async fn strike_out(&mut self, is_clean: bool) -> Result<(), Stop> {
        if is_clean && self.may_strike_out() {
            self.visit.app.tables.edits.delete(&self.edits_key(), When::Any).await?;
            self.state.told = false;
        }
        Ok(())
    }

    /// A new item that the hub did not take stays where it is: while that is known, it is not proposed again.
    pub(super) fn may_strike_out(&self) -> bool {
        let refused = self.visit.two_way(self.mailbox).and_then(|two_way| two_way.refused);
        let stays = refused.is_some_and(|refused| refused.values().any(|refusal| refusal.item.is_some()));
        self.state.told && !stays
    }

    fn edits_key(&self) -> String {
        Tables::edits_key(&self.visit.job.tenant, &self.visit.job.hub, self.mailbox)
    }
}

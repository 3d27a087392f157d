//! What users of a two-way mailbox changed, written down for the hub to judge.

use std::collections::BTreeMap;

use platform::{Row, When};
use sync::mapping::PrivateEvents;
use sync::two_way::{Proposed, Refusals};
use sync::{ChangeKey, ItemId, Mailbox, Proposal, TwoWay};

use super::Stop;
use super::lane::{Lane, Sight};
use super::visit::Visit;
use crate::tables::{Edits, Tables};

impl Visit<'_> {
    /// What users of the spoke's mailboxes may tell the hub.
    pub(super) fn two_way(&self) -> Option<TwoWay<'_>> {
        self.snapshot?;
        let spoke = self.config.spoke(&self.job.spoke).filter(|spoke| spoke.two_way)?;
        let private = self.shows_private_events();
        Some(TwoWay { removals: spoke.deletes_to_hub, private, refused: None })
    }

    /// What is private goes nowhere, unless every calendar that contributes shows such events to all.
    fn shows_private_events(&self) -> bool {
        let mut options = self.config.contributing().map(|(_, what)| what.events.private_events);
        options.all(|shown| shown == PrivateEvents::AsTheyAre)
    }
}

impl Lane<'_> {
    /// What the hub did not take of this mailbox; a new item that was changed since is judged anew.
    pub(super) async fn refused(&self, mailbox: &Mailbox) -> Result<Refusals, Stop> {
        let refused = self.visit.snapshot.and_then(|snapshot| snapshot.refused.get(self.mailbox));
        let Some(mut refused) = refused.cloned() else { return Ok(Refusals::new()) };
        if refused.values().all(|refusal| refusal.item.is_none()) {
            return Ok(refused);
        }
        let told = self.visit.app.tables.edits.get(&self.edits_key()).await?;
        let versions = told.map(|row| row.record.versions).unwrap_or_default();
        let has_changed = |id: &ItemId| {
            mailbox.listed.iter().any(|item| {
                item.id == *id && versions.get(id).is_some_and(|version| *version != item.change_key)
            })
        };
        for refusal in refused.values_mut() {
            refusal.item = refusal.item.take().filter(|id| !has_changed(id));
        }
        Ok(refused)
    }

    /// Writes down what the plan proposes, unless it is written down already; what is settled is struck out.
    ///
    /// The state says first that something is told: whoever dies in between leaves no record that nobody strikes out.
    pub(super) async fn tell(
        &mut self,
        proposals: &[Proposal],
        sight: &Sight,
        is_clean: bool,
    ) -> Result<(), Stop> {
        if proposals.is_empty() {
            return if is_clean { self.strike_out(sight).await } else { Ok(()) };
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
            versions: versions(proposals, &sight.mailbox),
        };
        let when = known.map_or(When::Absent, |row| When::Match(row.etag));
        self.visit.app.tables.edits.put(&self.edits_key(), &edits, when).await?;
        self.done.told = true;
        Ok(())
    }

    /// What the hub has judged, and the mailbox agrees with, is told no more.
    ///
    /// A new item that the hub did not take stays where it is: while that is written down, it is not proposed again.
    async fn strike_out(&mut self, sight: &Sight) -> Result<(), Stop> {
        if !self.state.told {
            return Ok(());
        }
        let key = self.edits_key();
        let edits = &self.visit.app.tables.edits;
        if let Some(Row { mut record, etag }) = edits.get(&key).await? {
            let all = record.proposals.len();
            record.proposals.retain(|proposal| is_refused_item(proposal, &sight.refused));
            match record.proposals.len() {
                0 => edits.delete(&key, When::Match(etag)).await?,
                left if left == all => return Ok(()),
                _ => return Ok(edits.put(&key, &record, When::Match(etag)).await.map(drop)?),
            }
        }
        self.state.told = false;
        Ok(())
    }

    fn edits_key(&self) -> String {
        Tables::edits_key(&self.visit.job.tenant, &self.visit.job.hub, self.mailbox)
    }
}

fn is_refused_item(proposal: &Proposal, refused: &Refusals) -> bool {
    let refusal = refused.get(&proposal.key);
    refusal.is_some_and(|refusal| refusal.item.as_ref() == Some(&proposal.id))
}

/// The versions of the new items among what is proposed.
fn versions(proposals: &[Proposal], mailbox: &Mailbox) -> BTreeMap<ItemId, ChangeKey> {
    let items = proposals.iter().filter(|proposal| matches!(proposal.what, Proposed::Item { .. }));
    let version = |id: &ItemId| Some(mailbox.looked.get(id)?.as_ref()?.change_key.clone());
    items.filter_map(|proposal| Some((proposal.id.clone(), version(&proposal.id)?))).collect()
}

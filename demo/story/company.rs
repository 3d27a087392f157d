//! The first act: first run, unchanged run, edits, a source that fails, a source that lost half of its people.

use anyhow::{Context, Result};
use demo::Stage;
use demo::api::field;
use demo::truth::{Expected, expected, mismatches};
use serde_json::json;
use simulator::{Fault, FaultKind};
use uuid::Uuid;

use super::{Play, Scene};

impl Play<'_> {
    /// Plays it.
    pub(super) async fn first_act(&mut self, approve: bool) -> Result<()> {
        self.introduce().await?;
        self.first().await?;
        self.unchanged().await?;
        self.edits().await?;
        self.source_503().await?;
        self.source_halved(approve).await
    }

    async fn introduce(&self) -> Result<()> {
        let Stage { cast, simulator, .. } = self.stage;
        self.teller.line(&format!(
            "A simulated Microsoft 365 tenant {} with {} people, {} of them with a mailbox.",
            simulator.tenant_id(),
            cast.people.len(),
            cast.owners.len()
        ));
        self.stage.open_hub().await?;
        self.teller.line("The tenant has consented; the hub is configured:");
        self.teller.line(&serde_json::to_string_pretty(&self.stage.config())?);
        let owner = cast.owners.first().context("there is no mailbox; ask for one at least")?;
        let preview = self.stage.api.preview(&owner.to_string()).await?;
        self.teller.line("\nPreview: what a run would do in the first mailbox, nothing is written yet:");
        let lines: Vec<&str> = preview.lines().collect();
        lines.iter().take(6).for_each(|line| self.teller.line(&format!("  {line}")));
        self.teller.line(&format!("  … {} lines in all", lines.len()));
        Ok(())
    }

    async fn first(&mut self) -> Result<()> {
        let wanted = expected(self.stage);
        let most = (wanted.len() * self.stage.cast.owners.len()) as u64;
        self.company_step("first", "The first run fills every mailbox.", most, &wanted).await
    }

    async fn unchanged(&mut self) -> Result<()> {
        let wanted = expected(self.stage);
        self.company_step(
            "unchanged",
            "Nothing changed: a second run compares every mailbox and writes nothing.",
            0,
            &wanted,
        )
        .await
    }

    async fn edits(&mut self) -> Result<()> {
        let simulator = &self.stage.simulator;
        let people: Vec<Uuid> = self.someone(4);
        let [one, two, three, leaver] = people.as_slice() else {
            anyhow::bail!("the story needs five people at least")
        };
        simulator.update_user(*one, &json!({ "jobTitle": "Head of everything new" }))?;
        simulator.update_user(*two, &json!({ "businessPhones": ["+43 1 5550199"] }))?;
        simulator.update_user(*three, &json!({ "officeLocation": "Tower 9, floor 3" }))?;
        simulator.add_user(json!({
            "displayName": "Joy Newcomer", "givenName": "Joy", "surname": "Newcomer",
            "mail": "joy.newcomer@contoso.example", "mobilePhone": "+43 660 5550123"
        }))?;
        simulator.purge_user(*leaver)?;
        let wanted = expected(self.stage);
        self.company_step(
            "edits",
            "Three people changed, one joined, one left: exactly five writes a mailbox.",
            0,
            &wanted,
        )
        .await
    }

    /// The last people of the list who still are there; owners of mailboxes come last.
    fn someone(&self, count: usize) -> Vec<Uuid> {
        let here: Vec<String> = self
            .stage
            .simulator
            .users()
            .iter()
            .filter_map(|user| field(user, "id").as_str().map(str::to_owned))
            .collect();
        let is_here = |id: &&Uuid| here.contains(&id.to_string());
        self.stage.cast.people.iter().rev().filter(is_here).take(count).copied().collect()
    }

    async fn source_503(&mut self) -> Result<()> {
        let wanted = expected(self.stage);
        let simulator = &self.stage.simulator;
        let leaver = *self.someone(1).first().context("nobody is left")?;
        simulator.remove_user(leaver)?;
        simulator.add_fault(Fault {
            path: Some("/users/delta*".to_owned()),
            ..Fault::new(FaultKind::Unavailable)
        });
        let text = "The directory answers 503 while somebody is missing from it: nothing is deleted.";
        self.company_step("source-503", text, 0, &wanted).await?;
        simulator.clear_faults();
        simulator.restore_user(leaver)?;
        Ok(())
    }

    async fn source_halved(&mut self, approve: bool) -> Result<()> {
        let wanted = expected(self.stage);
        let simulator = &self.stage.simulator;
        let lost = self.someone(wanted.len() / 2);
        for user in &lost {
            simulator.remove_user(*user)?;
        }
        let text = "The directory suddenly lost half of its people: the plans are held, nothing is deleted.";
        self.company_step("source-halved", text, 0, &wanted).await?;
        for held in self.stage.api.held().await? {
            let (hash, why) = (field(&held, "hash").as_str().unwrap_or_default(), field(&held, "why"));
            self.teller.line(&format!("  held {hash} in {} mailboxes: {why}", field(&held, "mailboxes")));
            self.stage.api.decide(hash, if approve { "approve" } else { "reject" }).await?;
        }
        if approve { self.approved().await } else { self.kept(&lost, &wanted).await }
    }

    async fn approved(&self) -> Result<()> {
        self.stage.settle().await?;
        let wrong = mismatches(self.stage, &expected(self.stage));
        self.teller.line(&format!("Approved: those who left are removed, and {wrong} differences remain."));
        anyhow::ensure!(wrong == 0, "after the approval {wrong} differences remain");
        Ok(())
    }

    async fn kept(&self, lost: &[Uuid], wanted: &Expected) -> Result<()> {
        for user in lost {
            self.stage.simulator.restore_user(*user)?;
        }
        let result = self.stage.run().await?;
        let wrong = mismatches(self.stage, wanted);
        self.teller.line(&format!(
            "Rejected: the contacts stay. The directory is mended, and the next run writes {} contacts; {wrong} differences.",
            result.counts.writes.contacts()
        ));
        anyhow::ensure!(wrong == 0, "after the directory was mended {wrong} differences remain");
        Ok(())
    }

    async fn company_step(
        &mut self,
        name: &'static str,
        text: &str,
        most: u64,
        wanted: &Expected,
    ) -> Result<()> {
        let stage = self.stage;
        self.step(Scene { name, text, most, hubs: &[&stage.api] }, || mismatches(stage, wanted)).await
    }
}

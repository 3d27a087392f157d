//! The third act: another company agrees, its mailboxes are filled; it takes it back, and nothing is done; it agrees anew.

use anyhow::{Context, Result, ensure};
use demo::api::{Api, field};
use simulator::Standing;

use super::Play;
use super::newcomer::Newcomer;

/// The hub of that company.
const HUB: &str = "colleagues";
/// Tokens of so few seconds are renewed at every use: what was taken back shows at once, and not after an hour.
const SHORT: u64 = 240;

impl Play<'_> {
    /// Plays it.
    pub(super) async fn third_act(&mut self) -> Result<()> {
        let newcomer = Newcomer::found(self.stage, 3)?;
        self.stage.simulator.set_token_seconds(SHORT);
        let hub = self.stage.api.at(newcomer.tenant.tenant_id(), HUB);
        self.teller.line(
            "\nThird act. A company that never heard of Wheelhouse; its administrator opens a browser.",
        );
        self.consent(&newcomer, &hub).await?;
        self.withdrawn(&newcomer, &hub).await?;
        self.reconsent(&newcomer, &hub).await
    }

    async fn consent(&mut self, newcomer: &Newcomer, hub: &Api) -> Result<()> {
        self.teller
            .line("\nSign-in, the permissions in words, Microsoft's page, a hub: the mailboxes are filled.");
        let work = async {
            newcomer.agree().await?;
            Ok(vec![(hub, newcomer.start(HUB).await?)])
        };
        let result = self.stage.measured(work).await?;
        let (made, wanted) = (result.counts.writes.contacts(), newcomer.wanted() as u64);
        ensure!(made == wanted, "{made} contacts were written, not {wanted}");
        self.note("consent", &result, newcomer.mismatches());
        Ok(())
    }

    async fn withdrawn(&mut self, newcomer: &Newcomer, hub: &Api) -> Result<()> {
        self.teller.line(
            "\nThe enterprise application is deleted: the next run finds out, and nothing more is done.",
        );
        newcomer.tenant.set_standing(Standing::Missing);
        let result = self.stage.measured(async { Ok(vec![(hub, hub.run().await?)]) }).await?;
        let tenant = hub.tenant().await?;
        let suspended = field(&tenant, "suspended");
        let reason = field(suspended, "reason").as_str().context("the tenant is not suspended")?;
        self.teller.line(&format!("  suspended: {reason}"));
        ensure!(
            *field(suspended, "why") == "consent",
            "it is suspended because of {}",
            field(suspended, "why")
        );
        ensure!(result.counts.writes.contacts() == 0, "something was written without consent");
        self.note("withdrawn", &result, newcomer.mismatches());
        Ok(())
    }

    async fn reconsent(&mut self, newcomer: &Newcomer, hub: &Api) -> Result<()> {
        self.teller.line("\nThe administrator agrees anew: every hub runs, and nothing is there twice.");
        let work = async {
            newcomer.agree().await?;
            Ok(Vec::new())
        };
        let result = self.stage.measured(work).await?;
        ensure!(field(&hub.tenant().await?, "suspended").is_null(), "the tenant is still suspended");
        ensure!(result.counts.graph_requests > 0, "nothing ran");
        ensure!(result.counts.writes.contacts() == 0, "something was written again");
        self.note("reconsent", &result, newcomer.mismatches());
        Ok(())
    }
}

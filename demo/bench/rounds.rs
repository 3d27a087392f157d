//! The rounds: first fill, unchanged with and without a drift check, one person changed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use demo::api::field;
use demo::stage::HUB;
use platform::Queue;
use serde_json::{Value, json};
use simulator::{Command, Counts};

use crate::Options;
use crate::figures::Figures;
use crate::world::World;

/// How long a round may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(900);
/// How many requests of one mailbox Graph works on at a time.
const AT_ONCE: f64 = 4.0;

/// The rounds of one measurement.
pub struct Rounds<'a> {
    world: &'a World,
    people: usize,
    mailboxes: usize,
    latency: f64,
}

/// What starts a run.
#[derive(Clone, Copy)]
enum Start {
    /// Somebody asks for it: every mailbox is compared.
    Asked,
    /// The schedule: only what changed is sent.
    Scheduled(&'static str),
}

impl<'a> Rounds<'a> {
    /// Rounds over a world that is not synced yet.
    pub fn new(world: &'a World, options: &Options) -> Self {
        let Options { people, mailboxes, latency_ms, .. } = *options;
        Rounds { world, people, mailboxes, latency: latency_ms as f64 / 1e3 }
    }

    /// Plays all, prints the figures of each, and fails if one wrote something else than it should.
    pub async fn all(&self) -> Result<()> {
        let all = (self.people * self.mailboxes) as u64;
        let limit = (self.latency > 0.0).then_some(self.people as f64 * self.latency / AT_ONCE);
        self.round("first", Start::Asked, limit, (all, 0)).await?;
        self.round("unchanged", Start::Asked, None, (0, 0)).await?;
        self.round("scheduled", Start::Scheduled("bench-unchanged"), None, (0, 0)).await?;
        self.change_somebody().await?;
        self.round("one-changed", Start::Scheduled("bench-changed"), None, (0, self.mailboxes as u64)).await
    }

    async fn round(
        &self,
        name: &'static str,
        start: Start,
        limit: Option<f64>,
        wanted: (u64, u64),
    ) -> Result<()> {
        let World { control, handler, simulator, host, .. } = self.world;
        control.run::<Value>(&Command::ResetCounts).await?;
        let before = (handler.cpu_seconds(), simulator.cpu_seconds());
        let begun = now();
        self.start(start).await?;
        host.drain(PATIENCE).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let counts: Counts = control.run(&Command::Counts).await?;
        let since = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
        let writes = counts.writes;
        println!(
            "{}",
            Figures {
                name,
                seconds,
                limit,
                counts,
                peak_mb: handler.peak_mb(),
                handler_cpu: since(before.0, handler.cpu_seconds()),
                simulator_cpu: since(before.1, simulator.cpu_seconds()),
            }
        );
        let found = (writes.contact_creates, writes.contact_patches, writes.contact_deletes);
        ensure!(found == (wanted.0, wanted.1, 0), "round {name} should make {wanted:?} creates and patches");
        Ok(())
    }

    async fn start(&self, start: Start) -> Result<()> {
        let World { api, queue, info, .. } = self.world;
        match start {
            Start::Asked => api.run().await.map(drop),
            Start::Scheduled(run) => {
                let message =
                    json!({ "v": 1, "tenant": info.tenant_id, "hub": HUB, "run": run, "reason": "schedule" });
                Ok(queue.send("gather", message.to_string().into(), Duration::ZERO).await?)
            }
        }
    }

    async fn change_somebody(&self) -> Result<()> {
        let users: Vec<Value> = self.world.control.run(&Command::Users).await?;
        let somebody = users.last().map(|user| field(user, "id")).and_then(Value::as_str);
        let id = somebody.context("the tenant has no users")?.parse()?;
        let set = json!({ "jobTitle": "Head of everything new" });
        let changed: bool = self.world.control.run(&Command::UpdateUser { id, set }).await?;
        ensure!(changed, "nothing changed");
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "here time is what is measured")]
fn now() -> Instant {
    Instant::now()
}

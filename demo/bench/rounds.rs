//! One round: start a run, wait until nothing is left to do, count.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use demo::api::Api;
use platform::Queue;
use serde_json::{Value, json};
use simulator::{Command, Counts};

use crate::figures::Figures;
use crate::world::World;

/// How long a round may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(900);
/// How many requests of one mailbox Graph works on at a time.
const AT_ONCE: f64 = 4.0;

/// What starts a run.
#[derive(Clone, Copy)]
pub enum Start {
    /// Somebody asks for it: every mailbox is compared.
    Asked,
    /// The schedule of this hub: only what changed is sent.
    Scheduled(&'static str),
}

/// A round, and what it should write.
#[derive(Clone, Copy)]
pub struct Round {
    /// What it is called.
    pub name: &'static str,
    /// What starts it.
    pub start: Start,
    /// The fewest seconds that it can take, where something bounds it.
    pub limit: Option<f64>,
    /// Items to be created.
    pub creates: usize,
    /// Items to be patched.
    pub patches: usize,
}

impl Round {
    /// A round that somebody asks for, and that should write nothing.
    pub fn of(name: &'static str) -> Self {
        Round { name, start: Start::Asked, limit: None, creates: 0, patches: 0 }
    }
}

/// The fewest seconds that so many writes to one mailbox take: Graph works on four of a mailbox at a time.
pub fn least(writes: usize, latency_ms: u64) -> Option<f64> {
    (latency_ms > 0).then_some(writes as f64 * latency_ms as f64 / 1e3 / AT_ONCE)
}

impl World {
    /// Plays one round and prints its figures; fails if it wrote something else than it should.
    pub async fn play(&self, api: &Api, round: Round) -> Result<Counts> {
        let World { control, handler, simulator, host, .. } = self;
        control.run::<Value>(&Command::ResetCounts).await?;
        let before = (handler.cpu_seconds(), simulator.cpu_seconds());
        let begun = now();
        self.start(api, round).await?;
        host.drain(PATIENCE).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let counts: Counts = control.run(&Command::Counts).await?;
        let since = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
        let figures = Figures {
            name: round.name,
            seconds,
            limit: round.limit,
            counts,
            peak_mb: handler.peak_mb(),
            handler_cpu: since(before.0, handler.cpu_seconds()),
            simulator_cpu: since(before.1, simulator.cpu_seconds()),
        };
        println!("{figures}");
        let wanted = [round.creates as u64, round.patches as u64, 0];
        let found = figures.writes();
        ensure!(
            found == wanted,
            "round {} made {found:?} creates, patches and deletes, not {wanted:?}",
            round.name
        );
        Ok(figures.counts)
    }

    async fn start(&self, api: &Api, round: Round) -> Result<()> {
        match round.start {
            Start::Asked => api.run().await.map(drop),
            Start::Scheduled(hub) => {
                let run = format!("bench-{}", round.name);
                let tenant = &self.info.tenant_id;
                let message =
                    json!({ "v": 1, "tenant": tenant, "hub": hub, "run": run, "reason": "schedule" });
                Ok(self.queue.send("gather", message.to_string().into(), Duration::ZERO).await?)
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "here time is what is measured")]
fn now() -> Instant {
    Instant::now()
}

//! One version after the other: change the directory, run, agree to what is held, compare.

use std::fmt;

use anyhow::{Context, Result, ensure};
use demo::api::field;
use demo::truth::{Expected, expected, mismatches};
use demo::{Setup, Stage};

use crate::Options;
use crate::count::{Score, least};
use crate::history::Version;
use crate::weather;

/// How often a version is run until every mailbox is right; without faults the first run must do.
const MOST_RUNS: usize = 8;
/// How many of these runs have faults.
const FAULTY_RUNS: usize = 2;
/// How often approving brings up further plans to approve.
const MOST_APPROVALS: usize = 5;

/// A replay on its way.
pub struct Replay {
    stage: Stage,
    seed: u64,
    faults: bool,
    held_before: Expected,
    score: Score,
}

/// What came of one version.
pub struct Played {
    date: String,
    score: Score,
    faults: bool,
}

impl Played {
    /// Whether some mailbox is not right, or more was written than needed.
    pub fn is_wrong(&self) -> bool {
        self.score.mismatches > 0 || (!self.faults && self.score.writes != self.score.least)
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Score { mismatches, writes, least, held, runs, faults, .. } = &self.score;
        write!(f, "{} mismatches={mismatches} writes={writes} least={least} held={held}", self.date)?;
        if self.faults { write!(f, " runs={runs} faults={faults}") } else { Ok(()) }
    }
}

impl Replay {
    /// Opens a tenant with nobody in its list.
    pub async fn open(options: &Options) -> Result<Self> {
        let stage = Stage::set(&Setup {
            tenant: simulator::Settings {
                mailboxes: options.mailboxes,
                seed: options.seed,
                ..simulator::Settings::default()
            },
            empty: true,
            port: 0,
            haste: true,
            begin: None,
            sign_in: false,
        })
        .await?;
        stage.open_hub().await?;
        let score = Score { mailboxes: options.mailboxes, ..Score::default() };
        let Options { seed, faults, .. } = *options;
        Ok(Replay { held_before: expected(&stage), stage, seed, faults, score })
    }

    /// Brings one version into every mailbox.
    pub async fn version(&mut self, nth: usize, version: &Version) -> Result<Played> {
        version.apply(&self.stage.simulator)?;
        let wanted = expected(&self.stage);
        let least = least(&self.held_before, &wanted) * self.stage.cast.owners.len() as u64;
        let mut score = Score { versions: 1, least, ..Score::default() };
        if self.faults {
            weather::faults(self.seed, nth)
                .into_iter()
                .for_each(|fault| self.stage.simulator.add_fault(fault));
        }
        let most = if self.faults { MOST_RUNS } else { 1 };
        while score.runs == 0 || (score.mismatches > 0 && score.runs < most) {
            if score.runs == FAULTY_RUNS {
                self.stage.simulator.clear_faults();
            }
            self.run(&mut score).await.with_context(|| format!("version {}", version.date))?;
            score.mismatches = mismatches(&self.stage, &wanted);
        }
        self.stage.simulator.clear_faults();
        self.held_before = wanted;
        self.score += &score;
        Ok(Played { date: version.date.clone(), score, faults: self.faults })
    }

    async fn run(&self, score: &mut Score) -> Result<()> {
        self.stage.run().await?;
        for _ in 0..MOST_APPROVALS {
            let approved = self.approve().await?;
            score.held += approved;
            if approved == 0 {
                break;
            }
            self.stage.settle().await?;
        }
        let counts = self.stage.simulator.counts();
        score.runs += 1;
        score.writes += counts.writes.contacts();
        score.faults += counts.faults;
        Ok(())
    }

    /// Agrees to every plan that waits; how many there were.
    async fn approve(&self) -> Result<u64> {
        let mut approved = 0;
        for plan in self.stage.api.held().await? {
            if !field(&plan, "decision").is_null() {
                continue;
            }
            let hash = field(&plan, "hash").as_str().context("a held plan without a hash")?;
            self.stage.api.decide(hash, "approve").await?;
            let mailboxes = field(&plan, "mailboxes").as_u64().unwrap_or_default();
            ensure!(mailboxes > 0, "plan {hash} is held in no mailbox");
            approved += mailboxes;
        }
        Ok(approved)
    }

    /// Ends the product and sums up.
    pub async fn close(self) -> Score {
        self.stage.strike().await;
        self.score
    }
}

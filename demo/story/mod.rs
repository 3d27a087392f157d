//! The story. First act: a company's directory. Second act: a room's calendar and a shared list, with edits that flow back.
//! Third act: another company agrees, takes it back, and agrees anew.

mod agreement;
mod calendars;
mod company;
mod newcomer;
mod office;
mod sight;
mod step;

use anyhow::Result;
use demo::Stage;
use demo::api::Api;
use demo::stage::RunResult;
use serde::Serialize;

use crate::tell::Teller;
pub use newcomer::invite;
use step::Step;

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub struct Told {
    /// How many people the list has at first.
    pub people: usize,
    /// How many mailboxes hold it.
    pub mailboxes: usize,
    /// What happened, step by step.
    pub steps: Vec<Step>,
}

/// Plays all steps.
pub async fn tell(stage: &Stage, teller: &Teller, approve: bool) -> Result<Told> {
    let mut play = Play { stage, teller, steps: Vec::new() };
    let people = stage.cast.people.len();
    let mailboxes = stage.cast.owners.len();
    play.first_act(approve).await?;
    play.second_act().await?;
    play.third_act().await?;
    Ok(Told { people, mailboxes, steps: play.steps })
}

/// A story on its way.
struct Play<'a> {
    stage: &'a Stage,
    teller: &'a Teller,
    steps: Vec<Step>,
}

/// What happens in a step.
struct Scene<'a> {
    name: &'static str,
    text: &'a str,
    /// How many items will be written, as far as that is known; for the progress bar.
    most: u64,
    /// The hubs that run.
    hubs: &'a [&'a Api],
}

impl Play<'_> {
    /// Plays a step: the hubs run, then `mismatches` counts what is not as it should be.
    async fn step(&mut self, scene: Scene<'_>, mismatches: impl FnOnce() -> usize) -> Result<()> {
        self.teller.line(&format!("\n{}", scene.text));
        let result = self.teller.watch(self.stage, scene.most, self.stage.run_hubs(scene.hubs)).await?;
        self.note(scene.name, &result, mismatches());
        Ok(())
    }

    /// Notes a step's figures.
    fn note(&mut self, name: &'static str, result: &RunResult, mismatches: usize) {
        let mut step = Step::of(name, result);
        step.mismatches = mismatches;
        step.invitations = self.stage.simulator.outbox().len();
        self.teller.line(&format!("  {step}"));
        self.steps.push(step);
    }
}

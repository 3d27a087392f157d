//! `bench contacts`: a company's directory in many mailboxes.

use anyhow::{Context, Result, ensure};
use clap::Args;
use demo::api::field;
use demo::stage::{HUB, hub_config};
use serde_json::{Value, json};
use simulator::Command;

use crate::rounds::{Round, Start, least};
use crate::world::{Handler, World};

/// How large the company is, and how slow Graph.
#[derive(Args, Debug)]
pub struct Options {
    /// How many mailboxes there are.
    #[arg(long, default_value_t = 100)]
    mailboxes: usize,
    /// How many people the list has.
    #[arg(long, default_value_t = 500)]
    people: usize,
    /// How long Graph takes for one request, in milliseconds.
    #[arg(long, default_value_t = 50)]
    latency_ms: u64,
    /// Chooses the made-up people and all ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    handler: Handler,
}

/// Plays all rounds, prints the figures of each, and fails if one wrote something else than it should.
pub async fn run(options: &Options) -> Result<()> {
    let Options { mailboxes, people, latency_ms, seed, .. } = *options;
    ensure!(mailboxes <= people, "--mailboxes {mailboxes}: there are only {people} people");
    println!("bench=contacts mailboxes={mailboxes} people={people} latency_ms={latency_ms}");
    let tenant = simulator::Settings {
        company: people,
        mailboxes,
        latency_ms,
        seed,
        ..simulator::Settings::default()
    };
    let world = World::open(&options.handler, &tenant).await?;
    let group = world.info.group_id.clone().context("the tenant has no group of mailboxes")?;
    let api = world.api(HUB);
    api.configure(&hub_config(group.parse()?, &[])).await?;
    let first = Round { creates: people * mailboxes, limit: least(people, latency_ms), ..Round::of("first") };
    world.play(&api, first).await?;
    world.play(&api, Round::of("unchanged")).await?;
    world.play(&api, Round { start: Start::Scheduled(HUB), ..Round::of("scheduled") }).await?;
    change_somebody(&world).await?;
    let changed = Round { start: Start::Scheduled(HUB), patches: mailboxes, ..Round::of("one-changed") };
    world.play(&api, changed).await.map(drop)
}

async fn change_somebody(world: &World) -> Result<()> {
    let users: Vec<Value> = world.control.run(&Command::Users).await?;
    let somebody = users.last().map(|user| field(user, "id")).and_then(Value::as_str);
    let id = somebody.context("the tenant has no users")?.parse()?;
    let set = json!({ "jobTitle": "Head of everything new" });
    let changed: bool = world.control.run(&Command::UpdateUser { id, set }).await?;
    ensure!(changed, "nothing changed");
    Ok(())
}

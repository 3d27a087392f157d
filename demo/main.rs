//! `cargo demo`: the main job, told as a story.

mod story;
mod tell;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use demo::directory::People;
use demo::{Setup, Stage};

/// Shows a company's directory arrive in its colleagues' mailboxes, in a simulated Microsoft 365 tenant.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// The company's people: JSON lines, or CSV if it is named *.csv (default: 200 made-up people).
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// How many of the first people have a mailbox.
    #[arg(long, default_value_t = 25)]
    mailboxes: usize,
    /// How long Graph takes for one request, in milliseconds.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Chooses the made-up people and all ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Exit after the story instead of serving the API.
    #[arg(long)]
    once: bool,
    /// Print one JSON document instead of the story (with --once).
    #[arg(long, requires = "once")]
    json: bool,
    /// Approve the held plan instead of keeping the contacts.
    #[arg(long)]
    approve: bool,
    /// The port of the API on 127.0.0.1 (with --once a free one is taken).
    #[arg(long, default_value_t = 7071)]
    port: u16,
}

fn main() -> ExitCode {
    let options = Options::parse();
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(play(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => failed(&anyhow::anyhow!("a mailbox does not hold what it should: see mismatches above")),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("demo: {error:#}");
    ExitCode::FAILURE
}

/// Plays the story; false if some mailbox did not hold what it should.
async fn play(options: &Options) -> anyhow::Result<bool> {
    let stage = Stage::set(&Setup {
        people: options.people.clone().map_or(People::MadeUp(200), People::File),
        mailboxes: options.mailboxes,
        latency: Duration::from_millis(options.latency_ms),
        seed: options.seed,
        port: if options.once { 0 } else { options.port },
        haste: false,
    })
    .await?;
    let teller = tell::Teller::new(options.json);
    let told = story::tell(&stage, &teller, options.approve).await?;
    if options.json {
        println!("{}", serde_json::to_string(&told)?);
    }
    if !options.once {
        teller.line(&format!("\nThe API answers at {} until Ctrl-C.", stage.api.hub_url()));
        tokio::signal::ctrl_c().await?;
    }
    stage.strike().await;
    Ok(told.steps.iter().all(|step| step.mismatches == 0))
}

//! `cargo demo`: the main job, told as a story.

mod story;
mod tell;

use std::process::ExitCode;

use clap::Parser;
use demo::{Setup, Stage};

/// Shows a company's directory arrive in its colleagues' mailboxes, in a simulated Microsoft 365 tenant.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    #[command(flatten)]
    tenant: simulator::Settings,
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
    demo::program::run("demo", play(Options::parse()))
}

/// Plays the story; fails if some mailbox did not hold what it should.
async fn play(options: Options) -> anyhow::Result<()> {
    let stage = Stage::set(&Setup {
        tenant: options.tenant,
        empty: false,
        port: if options.once { 0 } else { options.port },
        haste: false,
        begin: None,
        sign_in: true,
    })
    .await?;
    let teller = tell::Teller::new(options.json);
    let told = story::tell(&stage, &teller, options.approve).await?;
    if options.json {
        println!("{}", serde_json::to_string(&told)?);
    }
    if !options.once {
        teller.line(&format!("\nThe API answers at {} until Ctrl-C.", stage.api.hub_url()));
        story::invite(&stage, &teller)?;
        tokio::signal::ctrl_c().await?;
    }
    stage.strike().await;
    let wrong = told.steps.iter().find(|step| step.mismatches > 0 || step.invitations > 0);
    anyhow::ensure!(
        wrong.is_none(),
        "a mailbox does not hold what it should: see mismatches and invitations above"
    );
    Ok(())
}

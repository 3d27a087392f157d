//! `cargo xtask simulator`: a Microsoft 365 tenant to try any Graph client on.

use anyhow::Result;
use clap::Args;
use simulator::Settings;

/// Where it is, and what lives in it.
#[derive(Args)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    tenant: Settings,
}

/// Runs the simulator until Ctrl-C, after printing what a client needs to know.
///
/// # Errors
/// The port is taken, or the file of people is broken.
pub fn run(options: &Options) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let (_simulator, info) = simulator::serve_cli(options.port, &options.tenant).await?;
        println!("{info}\n\nCtrl-C ends it.");
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}

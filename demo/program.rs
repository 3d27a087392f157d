//! Programs of this package, from their start to their exit code.

use std::process::ExitCode;

use anyhow::{Context, Result};

/// Runs a program to its end; what went wrong becomes one line on the error stream.
pub fn run(name: &str, work: impl Future<Output = Result<()>>) -> ExitCode {
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = tokio::runtime::Runtime::new().context("no runtime");
    match runtime.and_then(|runtime| runtime.block_on(work)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! The deployed binary: started by the Functions host, killed by it, and never ending on its own.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use platform::RealClock;
use wheelhouse::config::Settings;
use wheelhouse::{host, logging, router};

/// One thread does what there is between waiting for Graph and for the store, as on an instance with one processor;
/// every further one takes memory from a heap of its own, a tenth more in all, and makes a first fill no faster.
const WORKERS: usize = 1;

/// Ends only by an error, and never with 0: older hosts do not start a handler again that ended well.
fn main() -> ExitCode {
    if let Err(error) = run() {
        tracing::error!(error = format!("{error:#}"), "cannot go on");
    }
    ExitCode::FAILURE
}

fn run() -> Result<()> {
    logging::start(env::var("RUST_LOG").ok().as_deref()).context("cannot start the log")?;
    host::log_panics();
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow!("another TLS provider is installed already"))?;
    let settings = Settings::from_vars(env::vars_os())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(answer_calls(settings))
}

async fn answer_calls(settings: Settings) -> Result<()> {
    let port = env::var("FUNCTIONS_CUSTOMHANDLER_PORT").ok();
    let listener = host::bind(port.as_deref()).await?;
    host::serve(listener, router(settings, Arc::new(RealClock::new()))).await.context("the port broke")
}

//! The deployed binary: started by the Functions host, killed by it, and never ending on its own; and `wheelhouse audit …`
//! for people.

use std::env;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use platform::RealClock;
use wheelhouse::audit::command::{Command, USAGE, Verdict};
use wheelhouse::config::Settings;
use wheelhouse::{App, host, logging, router};

/// One thread does what there is between waiting for Graph and for the store, as on an instance with one processor;
/// every further one takes memory from a heap of its own, a tenth more in all, and makes a first fill no faster.
const WORKERS: usize = 1;

fn main() -> ExitCode {
    match Command::parse(lexopt::Parser::from_env()) {
        Ok(None) => serve(),
        Ok(Some(command)) => do_once(command),
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            Verdict::Unknown.into()
        }
    }
}

/// Ends only by an error, and never with 0: older hosts do not start a handler again that ended well.
fn serve() -> ExitCode {
    if let Err(error) = answer_calls() {
        tracing::error!(error = format!("{error:#}"), "cannot go on");
    }
    ExitCode::FAILURE
}

fn answer_calls() -> Result<()> {
    logging::start(env::var("RUST_LOG").ok().as_deref()).context("cannot start the log")?;
    host::log_panics();
    let settings = prepare()?;
    let port = env::var("FUNCTIONS_CUSTOMHANDLER_PORT").ok();
    runtime()?.block_on(async {
        let listener = host::bind(port.as_deref()).await?;
        host::serve(listener, router(settings, Arc::new(RealClock::new()))).await.context("the port broke")
    })
}

/// A command of a person: its answer on standard output, trouble on standard error.
fn do_once(command: Command) -> ExitCode {
    let verdict = command.alone(&mut io::stdout()).map_or_else(|| in_store(command), Ok);
    let verdict = verdict.unwrap_or_else(|error| {
        eprintln!("nothing can be said: {error:#}");
        Verdict::Unknown
    });
    verdict.into()
}

fn in_store(command: Command) -> Result<Verdict> {
    let settings = prepare()?;
    runtime()?.block_on(async {
        let app = App::open(settings, Arc::new(RealClock::new())).await.map_err(|error| anyhow!(error))?;
        Ok(command.run(&app, &mut io::stdout()).await)
    })
}

fn prepare() -> Result<Settings> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow!("another TLS provider is installed already"))?;
    Ok(Settings::from_vars(env::vars_os())?)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()
}

//! `cargo xtask sdk …`: Microsoft's own Graph SDKs, unchanged, against the simulator.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use simulator::{Info, Settings};

use crate::job::{Job, Lines};
use crate::{npm, places};

/// Which of them.
#[derive(Clone, Copy, ValueEnum)]
pub enum Language {
    /// `@microsoft/microsoft-graph-client`, which `cargo verify` drives too.
    Javascript,
    /// `msgraph-sdk`; large, so by hand only.
    Python,
}

/// Starts a simulator of its own, installs the SDK and runs its drive.
///
/// # Errors
/// Node.js or Python is missing, an installation failed, or the SDK saw a difference.
pub fn run(language: Language, lines: Lines<'_>) -> Result<()> {
    let folder = places::root().join("simulator/sdk").canonicalize().context("simulator/sdk")?;
    let drive = match language {
        Language::Javascript => javascript(&folder.join("javascript"), lines)?,
        Language::Python => python(&folder.join("python"), lines)?,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let (_simulator, info) = runtime.block_on(simulator::serve_cli(0, &Settings::default()))?;
    against(drive, &info).run(lines)
}

fn against(drive: Job, info: &Info) -> Job {
    drive.env("GRAPH_URL", &info.graph_url).env("GRAPH_TOKEN", &info.token)
}

fn javascript(folder: &Path, lines: Lines<'_>) -> Result<Job> {
    npm::install(folder, lines)?;
    Ok(Job::new("node", &["drive.mjs"]).folder(folder))
}

fn python(folder: &Path, lines: Lines<'_>) -> Result<Job> {
    if !Job::new("python3", &["-m", "venv", "--help"]).succeeds() {
        bail!(
            "python3 with venv is missing: install Python 3.10 or later (Debian: apt-get install python3-venv)"
        );
    }
    let environment = places::target().join("sdk-python");
    let environment = environment.to_string_lossy();
    Job::new("python3", &["-m", "venv", &environment]).run(lines)?;
    let python = format!("{environment}/bin/python");
    let pip = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"];
    Job::new(&python, &pip).folder(folder).run(lines)?;
    Ok(Job::new(&python, &["drive.py"]).folder(folder))
}

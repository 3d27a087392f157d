//! cargo-deny: licences, bans and sources of every dependency.

use anyhow::Result;

use crate::job::{Job, Lines};
use crate::places;

const VERSION: &str = "0.20.2";

/// Runs `cargo deny check` with these checks, installing cargo-deny where it is missing.
///
/// # Errors
/// The installation failed, or a check did.
pub fn check(checks: &[&str], lines: Lines<'_>) -> Result<()> {
    let program = places::tools().join("bin/cargo-deny");
    if !Job::new(&program, &["--version"]).output(&mut |_| ()).is_ok_and(|text| text.contains(VERSION)) {
        install(lines)?;
    }
    Job::new(&program, &[&["check"], checks].concat()).run(lines)
}

/// Without optimisation it is built in a fifth of the time, and checks this project in two seconds all the same.
fn install(lines: Lines<'_>) -> Result<()> {
    let root = places::tools();
    let root = root.to_string_lossy();
    let arguments = ["install", "--locked", "--debug", "--root", &root, "cargo-deny", "--version", VERSION];
    Job::cargo(&arguments)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", places::tools().join("build"))
        .run(lines)
}

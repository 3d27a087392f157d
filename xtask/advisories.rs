//! `cargo xtask advisories`: known weaknesses of the dependencies.

use anyhow::Result;

use crate::deny;

/// Asks the advisory database, which cargo-deny brings up to date from the network first.
///
/// # Errors
/// The database could not be reached, or a dependency has an advisory.
pub fn run() -> Result<()> {
    deny::check(&["advisories"], &mut |line| println!("{line}"))
}

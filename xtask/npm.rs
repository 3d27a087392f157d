//! Packages of npm, for the programs that only exist there.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::job::{Job, Lines};

/// Installs what the folder's lock file names, unless that is there already.
///
/// # Errors
/// Node.js or npm is missing, or the installation failed.
pub fn install(folder: &Path, lines: Lines<'_>) -> Result<()> {
    for program in ["node", "npm"] {
        if !Job::new(program, &["--version"]).succeeds() {
            bail!(
                "{program} is missing: install Node.js 18 or later with npm (Debian: apt-get install nodejs npm)"
            );
        }
    }
    let lock = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed-package-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        lines(&format!("{}: the packages of its lock file are installed", folder.display()));
        return Ok(());
    }
    Job::new("npm", &["ci", "--no-audit", "--no-fund"]).folder(folder).run(lines)?;
    fs::write(stamp, lock)?;
    Ok(())
}

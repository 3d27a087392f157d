//! Packages of Python, for the programs that only exist there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::job::{Job, Lines};
use crate::places;

/// Installs the `requirements.txt` of a folder below the target folder, unless that was done before; returns its Python.
///
/// # Errors
/// Python is missing, or its packages can't be had.
pub fn install(name: &str, folder: &Path, options: &[&str], lines: Lines<'_>) -> Result<PathBuf> {
    let home = places::target().join(name);
    let python = home.join("bin/python");
    let requirements = folder.join("requirements.txt");
    let wanted = fs::read(&requirements).with_context(|| requirements.display().to_string())?;
    let installed = home.join("installed.txt");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    if !Job::new("python3", &["-m", "venv", "--help"]).succeeds() {
        bail!(
            "python3 with venv is missing: install Python 3.11 or later (Debian: apt-get install python3-venv)"
        );
    }
    Job::new("python3", &["-m".as_ref(), "venv".as_ref(), home.as_os_str()]).run(lines)?;
    let pip = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"];
    Job::new(&python, &[&pip, options].concat()).folder(folder).run(lines)?;
    fs::write(installed, wanted)?;
    Ok(python)
}

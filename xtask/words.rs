//! Commands that are programs of their own: they know their options themselves, `--help` among them.

use std::env;
use std::ffi::OsString;

use anyhow::Result;
use clap::Args;

use crate::job::Job;
use crate::places;

/// What is handed on to the program, word for word.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Words {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    words: Vec<OsString>,
}

impl Words {
    /// Builds a program of the demo's package and runs it on the developer's own terminal.
    ///
    /// # Errors
    /// The build failed, or the program did.
    pub fn run(&self, program: &str) -> Result<()> {
        self.job(program)?.show()
    }

    /// A program of the demo's package with these words, where the developer stands.
    ///
    /// # Errors
    /// The developer's folder is gone.
    pub fn job(&self, program: &str) -> Result<Job> {
        let manifest = places::root().join("Cargo.toml");
        let manifest = manifest.to_string_lossy();
        let cargo =
            ["run", "--quiet", "--manifest-path", &manifest, "--package", "demo", "--bin", program, "--"];
        Ok(Job::cargo(&cargo).words(&self.words).folder(&env::current_dir()?))
    }

    /// The words themselves.
    pub fn all(&self) -> &[OsString] {
        &self.words
    }
}

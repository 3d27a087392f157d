//! Whether the static program can be built here.

use crate::job::Job;

/// The target of everything that is deployed.
pub const MUSL: &str = "x86_64-unknown-linux-musl";

/// Whether the target and its C compiler are installed.
pub fn is_there() -> bool {
    let installed = Job::new("rustup", &["target", "list", "--installed"]).output(&mut |_| ());
    installed.is_ok_and(|targets| targets.lines().any(|target| target == MUSL))
        && Job::new("musl-gcc", &["--version"]).succeeds()
}

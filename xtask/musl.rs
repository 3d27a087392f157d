//! Whether the static program can be built here.

use crate::job::Job;

/// The target of everything that is deployed.
pub const MUSL: &str = "x86_64-unknown-linux-musl";

/// Whether the target and its C compiler are installed.
pub fn is_there() -> bool {
    missing().is_empty()
}

/// What is missing, each with what to type to get it.
pub fn missing() -> Vec<String> {
    let installed = Job::new("rustup", &["target", "list", "--installed"]).output(&mut |_| ());
    let target = installed.is_ok_and(|targets| targets.lines().any(|target| target == MUSL));
    let compiler = Job::new("musl-gcc", &["--version"]).succeeds();
    said(target, compiler)
}

fn said(has_target: bool, has_compiler: bool) -> Vec<String> {
    let target = format!("the Rust target {MUSL}: `rustup target add {MUSL}`");
    let compiler = "the C compiler musl-gcc: `apt-get install musl-tools` (Debian, Ubuntu), `dnf install musl-gcc` (Fedora), \
                    `pacman -S musl` (Arch); elsewhere build in a container of debian"
        .to_owned();
    let all = [(has_target, target), (has_compiler, compiler)];
    all.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_comes_with_what_to_type() {
        assert_eq!(said(true, true), Vec::<String>::new());
        assert_eq!(said(false, true), [format!("the Rust target {MUSL}: `rustup target add {MUSL}`")]);
        assert!(said(false, false)[1].contains("`apt-get install musl-tools` (Debian, Ubuntu)"));
    }
}

//! The scripts of `infra/` with stand-ins for az and curl: for whom the deployment site opens, and which package is taken.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Knows the name of the site, and says what else it is asked to do.
const AZ: &str = "#!/bin/sh\ncase \"$*\" in *\" show \"*) echo app.scm.example ;; *) echo \"$*\" ;; esac\n";
/// Answers as the site does.
const SITE: &str = "#!/bin/sh\nprintf '%b' \"$SITE_SAYS\"\n";
/// Brings what a release holds: a package, and the sum that it should have.
const RELEASE: &str = "#!/bin/sh\n\
    while [ \"$1\" != --output ]; do shift; done\n\
    case $2 in *.zip) printf package > \"$2\" ;; *) echo \"$SUM  wheelhouse-linux-x64.zip\" > \"$2\" ;; esac\n\
    echo \"$3\"\n";

/// Runs a script of ours in a folder of its own.
fn run(script: &str, words: &[&str], curl: &str, vars: &[(&str, &str)]) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("az", AZ), ("curl", curl)] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra").join(script);
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(script);
    command.args(words).current_dir(folder.path()).env("PATH", path).envs(vars.iter().copied());
    let output = command.output().unwrap();
    (folder, output)
}

fn site(words: &[&str], says: &str) -> Output {
    run("deployment-site.sh", words, SITE, &[("SITE_SAYS", says)]).1
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_site_is_opened_for_the_address_that_it_refuses() {
    for (answer, range) in [
        (
            "HTTP/1.1 403 Ip Forbidden\\r\\nDate: now\\r\\nx-ms-forbidden-ip: 203.0.113.7\\r\\n\\r\\n",
            "203.0.113.7/32",
        ),
        ("HTTP/2 403 \\r\\nX-Ms-Forbidden-Ip: [2001:db8::7]\\r\\n\\r\\n", "2001:db8::7/128"),
    ] {
        let output = site(&["open", "group", "app"], answer);
        assert!(
            output.status.success() && said(&output).contains(&format!("--ip-address {range} ")),
            "{output:?}"
        );
        assert!(said(&output).contains("--scm-site true"), "{output:?}");
    }
    let output = site(&["open", "group", "app", "198.51.100.1"], "");
    assert!(said(&output).contains("--ip-address 198.51.100.1/32 "), "{output:?}");
}

#[test]
fn nobody_is_let_in_whose_address_is_not_known() {
    for answer in ["HTTP/1.1 403 Forbidden\\r\\n\\r\\n", ""] {
        let output = site(&["open", "group", "app"], answer);
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(1), ""), "{answer}");
    }
    let output = site(&["open", "group", "app"], "HTTP/1.1 401 Unauthorized\\r\\n\\r\\n");
    assert!(output.status.success() && said(&output).contains("already"), "{output:?}");
}

#[test]
fn it_is_closed_by_the_rule_that_opened_it() {
    let output = site(&["close", "group", "app"], "");
    assert!(
        said(&output).contains("access-restriction remove")
            && said(&output).contains("--rule-name deployment")
    );
    for words in [&["open", "group"][..], &["shut", "group", "app"]] {
        assert_eq!(site(words, "").status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn a_package_is_taken_if_its_sum_is_that_of_its_release() {
    let right = "bc4a71180870f7945155fbb02f4b0a2e3faa2a62d6d31b7039013055ed19869a";
    let take = |sum| run("package.sh", &[], RELEASE, &[("WHEELHOUSE_RELEASE", "v1.2.0"), ("SUM", sum)]);
    let (folder, output) = take(right);
    assert!(output.status.success(), "{output:?}");
    assert!(said(&output).contains("/releases/download/v1.2.0/wheelhouse-linux-x64.zip"), "{output:?}");
    assert_eq!(fs::read_to_string(folder.path().join("dist/wheelhouse-linux-x64.zip")).unwrap(), "package");
    let (folder, output) = take(&"0".repeat(64));
    assert!(!output.status.success(), "{output:?}");
    assert!(!folder.path().join("dist/wheelhouse-linux-x64.zip").exists());
}

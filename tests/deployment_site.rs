//! `infra/deployment-site.sh` with stand-ins for az and curl: for whom it opens the deployment site.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Knows the name of the site, and says what else it is asked to do.
const AZ: &str = "#!/bin/sh\ncase \"$*\" in *\" show \"*) echo app.scm.example ;; *) echo \"$*\" ;; esac\n";
/// Answers as the site does.
const CURL: &str = "#!/bin/sh\nprintf '%b' \"$SITE_SAYS\"\n";

fn run(words: &[&str], site_says: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("az", AZ), ("curl", CURL)] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/deployment-site.sh");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    Command::new(script).args(words).env("PATH", path).env("SITE_SAYS", site_says).output().unwrap()
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
        let output = run(&["open", "group", "app"], answer);
        assert!(
            output.status.success() && said(&output).contains(&format!("--ip-address {range} ")),
            "{output:?}"
        );
        assert!(said(&output).contains("--scm-site true"), "{output:?}");
    }
    let output = run(&["open", "group", "app", "198.51.100.1"], "");
    assert!(said(&output).contains("--ip-address 198.51.100.1/32 "), "{output:?}");
}

#[test]
fn nobody_is_let_in_whose_address_is_not_known() {
    for answer in ["HTTP/1.1 403 Forbidden\\r\\n\\r\\n", ""] {
        let output = run(&["open", "group", "app"], answer);
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(1), ""), "{answer}");
    }
    let output = run(&["open", "group", "app"], "HTTP/1.1 401 Unauthorized\\r\\n\\r\\n");
    assert!(output.status.success() && said(&output).contains("already"), "{output:?}");
}

#[test]
fn it_is_closed_by_the_rule_that_opened_it() {
    let output = run(&["close", "group", "app"], "");
    assert!(
        said(&output).contains("access-restriction remove")
            && said(&output).contains("--rule-name deployment")
    );
    for words in [&["open", "group"][..], &["shut", "group", "app"]] {
        assert_eq!(run(words, "").status.code(), Some(2), "{words:?}");
    }
}
